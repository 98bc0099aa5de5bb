"""Exact solutions of the equation, and of the exercise problem, that are no option prices.

Claim   The marches are of second order on solutions made for the purpose, by both schemes; and the
        march of an American put leaves the perpetual put as it is, but for an error of second
        order, with its exercise boundary in the right place to within a tenth of a cell.
Method  Sympy finds the growth ``lambda`` of the solution ``S^(a + i k) exp(lambda tau)``, whose
        real part is a wave in log spot, and the perpetual put ``(K - B)(S / B)^-g`` from value and
        slope at its boundary ``B``; both are put back into the equation.  They give the first
        level and the edges of marches on halved cells and steps, a year long; the order is fitted
        to the largest error at the end.
Writes  nothing

    python -m validation.manufactured_solution
"""

import sys
from collections.abc import Callable

import numpy as np
import sympy as sp

from pdesolve import BlackScholes, Exercise, Option, Right, Scheme, spot_grid, time_grid
from pdesolve.kernels.march import FLOOR, ROOM, crank_nicolson, tr_bdf2
from pdesolve.march.filling import stage_times
from pdesolve.march.operator import exercise_region, operator_over
from pdesolve.march.problem import pose
from pdesolve.march.rows import lay_rows

SPOT, TAU, STRIKE = sp.symbols("S tau K", positive=True)
VOL, RATE, YIELD, POWER, WAVE = sp.symbols("sigma r q a k", real=True)

K = 100.0
MODEL = BlackScholes(volatility=0.3, rate=0.05, dividend_yield=0.02)
A, WAVES = -0.5, 4.0
LOWEST, HIGHEST = 20.0, 500.0
N_CELLS = np.array([80, 160, 320, 640])
CELLS_PER_STEP = 40 / 7

LEAST_ORDER = 1.95
LARGEST_SHIFT = 0.1  # of a cell

Solution = Callable[[np.ndarray, np.ndarray], np.ndarray]


def residual(value: sp.Expr) -> sp.Expr:
    """Return what a function of spot and time to expiry leaves of the equation."""
    diffusion = VOL**2 * SPOT**2 * sp.diff(value, SPOT, 2) / 2
    drift = (RATE - YIELD) * SPOT * sp.diff(value, SPOT)
    return sp.simplify(sp.diff(value, TAU) - diffusion - drift + RATE * value)


def wave() -> sp.Expr:
    """Return the real part of ``S^(a + i k) exp(lambda tau)``, a wave in log spot."""
    exponent = POWER + sp.I * WAVE
    growth = VOL**2 * exponent * (exponent - 1) / 2 + (RATE - YIELD) * exponent - RATE
    real, imaginary = sp.expand(growth).as_real_imag()
    phase = WAVE * sp.log(SPOT) + imaginary * TAU
    return SPOT**POWER * sp.exp(real * TAU) * sp.cos(phase)


def perpetual_put() -> tuple[sp.Expr, sp.Expr]:
    """Return the value above the boundary, and the boundary, of a put without expiry."""
    g, boundary = sp.symbols("g B", positive=True)
    value = (STRIKE - boundary) * (SPOT / boundary) ** -g
    touching = sp.diff(value, SPOT).subs(SPOT, boundary) + 1  # the slope of the payoff is -1
    found = sp.solve(touching, boundary)[0]
    half = (RATE - YIELD - VOL**2 / 2) / VOL**2
    root = half + sp.sqrt(half**2 + 2 * RATE / VOL**2)
    return value.subs(boundary, found).subs(g, root), found.subs(g, root)


def evaluated(value: sp.Expr) -> Solution:
    """Return an expression as a function of spots and times, for the numbers of this script."""
    numbers = {
        VOL: MODEL.volatility,
        RATE: MODEL.rate,
        YIELD: MODEL.dividend_yield,
        POWER: A,
        WAVE: WAVES,
        STRIKE: K,
    }
    return sp.lambdify((SPOT, TAU), value.subs(numbers), "numpy")


def marched(
    solution: Solution, scheme: Scheme, n_cells: int, exercise: Exercise
) -> tuple[float, float]:
    """Return the largest error after a year, and how far the boundary moved, in cells."""
    spots = spot_grid(K, MODEL.volatility, lowest=LOWEST, highest=HIGHEST, n_cells=n_cells)
    times = time_grid(1.0, 2 * round(0.5 * n_cells / CELLS_PER_STEP))
    problem, year = pose(Option(Right.PUT, K, 1.0, exercise), MODEL, ()), (np.zeros(1), np.ones(1))
    region = exercise_region(problem, *year)
    operator = operator_over(problem, lay_rows(problem, spots), region, *year)
    bound, stages = operator.bound[0], np.empty((1, spots.size))
    left = stage_times(scheme, times)
    ends = np.stack([solution(spots[i], left) / K for i in (0, -1)], axis=2)
    levels = np.empty((times.size, spots.size))
    levels[0] = solution(spots, np.zeros(spots.size)) / K
    if exercise is Exercise.AMERICAN:  # to the last digit, or exercise would not start
        levels[0, spots < K] = np.maximum(levels[0], bound[FLOOR])[spots < K]
        ends[..., 0] = bound[FLOOR, 0]
    if scheme is Scheme.TR_BDF2:
        tr_bdf2(operator.bands, operator.bound, times, ends, stages, levels)
    else:
        crank_nicolson(operator.bands, operator.bound, times, ends, 0, stages, levels)
    exact = solution(spots, np.ones(spots.size)) / K
    error = float(K * np.abs(levels[-1] - exact).max())
    if exercise is Exercise.EUROPEAN:
        return error, 0.0
    places = [boundary_cells(bound, level) for level in (levels[0], levels[-1])]
    return error, abs(places[1] - places[0])


def boundary_cells(bound: np.ndarray, level: np.ndarray) -> float:
    """Return where exercise ends, as a number of a node."""
    free = int(np.argmax(level > bound[FLOOR] * (1.0 + 1e-14)))
    return free - float(np.sqrt((level[free] - bound[FLOOR, free]) / bound[ROOM, free]))


def main() -> int:
    value, boundary = perpetual_put()
    derived = residual(wave()) == 0 and residual(value) == 0
    print(f"both solve the equation: {derived}")
    limit = float(evaluated(boundary)(1.0, 0.0))
    above = evaluated(value)

    def perpetual(spots: np.ndarray, times: np.ndarray) -> np.ndarray:
        held = np.where(spots > limit, above(np.maximum(spots, limit), 0.0), K - spots)
        return held + 0.0 * times

    cases = {"wave": (evaluated(wave()), Exercise.EUROPEAN)}
    cases["perpetual put"] = (perpetual, Exercise.AMERICAN)
    holds = derived
    print(f"{'solution':>15}{'scheme':>15}", *(f"{n:>9}" for n in N_CELLS), "  order  cells moved")
    for label, (solution, exercise) in cases.items():
        for scheme in Scheme:
            errors, shifts = np.array(
                [marched(solution, scheme, n, exercise) for n in N_CELLS.tolist()]
            ).T
            order = -np.polyfit(np.log(N_CELLS), np.log(errors), 1)[0]
            numbers = (f"{error:>9.1e}" for error in errors)
            print(f"{label:>15}{scheme.value:>15}", *numbers, f"{order:>7.2f}{shifts.max():>13.3f}")
            holds = holds and bool(order >= LEAST_ORDER and shifts.max() <= LARGEST_SHIFT)
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
