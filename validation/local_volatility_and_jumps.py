"""Orders of marches under local volatility and jumps, and the way back to an implied surface.

Claim   Before any extrapolation a march is of an order of at least 1.9 under local volatility,
        smooth or with a jump at a spot, and at least 1.8 under normal and exponential jumps,
        European and American, by both schemes.  European prices under Dupire's volatility of an
        implied surface have its implied volatilities to within 1e-6, and those of `solve` under
        smooth local volatility and jumps are within 1e-5 of the closed forms, with a strike of 100.
Method  Halve cells and steps together on the default grid and compare at five spots: with the
        closed form where there is one (constant elasticity of variance, Schroder 1989; Merton's
        and Kou's models by a transform), else from grid to grid; fit the order.  The surface is a
        smooth one of three expiries; options expire on and between them.
Writes  nothing

    python -m validation.local_volatility_and_jumps
"""

import sys
from dataclasses import dataclass

import numpy as np
from scipy.stats import ncx2

from pdesolve import (
    BlackScholes,
    Exercise,
    ExponentialJumps,
    ImpliedSurface,
    JumpDiffusion,
    LocalVolatility,
    NormalJumps,
    Option,
    Right,
    Scheme,
    VolatilitySteps,
    dupire,
    implied_volatility,
    solve,
)
from pdesolve.formulas.jumps import kou, merton
from pdesolve.march.default_grid import default_grid
from pdesolve.march.marching import march
from pdesolve.march.problem import pose
from pdesolve.model import Model

STRIKE, EXPIRY, RATE, YIELD = 100.0, 1.0, 0.05, 0.02
SPOTS = np.array([70.0, 90.0, 100.0, 115.0, 150.0])
N_CELLS = np.array([160, 320, 640, 1280, 2560])
CELLS_PER_STEP = 5
VOLATILITY = 0.2

LEAST_ORDER, LEAST_ORDER_UNDER_JUMPS = 1.9, 1.8
LARGEST_VOLATILITY_ERROR, LARGEST_PRICE_ERROR = 1e-6, 1e-5

NORMAL = NormalJumps(intensity=0.4, log_mean=-0.5, log_sd=0.4)
KOU = ExponentialJumps(intensity=1.0, up_share=0.4, up_rate=10.0, down_rate=5.0)
STEPS = VolatilitySteps([95.0], [0.35, 0.15])


@dataclass(frozen=True, slots=True)
class Case:
    """A model, the order it should have, and exact values of European puts, if known."""

    name: str
    model: Model
    least_order: float
    exact: np.ndarray | None


def cases() -> list[Case]:
    cev = LocalVolatility(lambda spots, times: VOLATILITY * (spots / 100.0) ** -0.5, RATE, YIELD)
    diffusion = BlackScholes(VOLATILITY, RATE, YIELD)
    terms = {"vol": VOLATILITY, "rate": RATE, "div_yield": YIELD, "right": "put"}
    normal = merton(SPOTS, STRIKE, EXPIRY, jumps=NORMAL, **terms).price
    exponential = kou(SPOTS, STRIKE, EXPIRY, jumps=KOU, **terms).price
    steps = LocalVolatility(STEPS, RATE, YIELD, levels=STEPS.levels)
    return [
        Case("local, smooth", cev, LEAST_ORDER, cev_puts()),
        Case("local, jumps at 95", steps, LEAST_ORDER, None),
        Case("normal jumps", JumpDiffusion(diffusion, NORMAL), LEAST_ORDER_UNDER_JUMPS, normal),
        Case("Kou's jumps", JumpDiffusion(diffusion, KOU), LEAST_ORDER_UNDER_JUMPS, exponential),
    ]


def cev_puts() -> np.ndarray:
    """Puts where volatility falls with the root of spot (Schroder, *J. Finance* 44, 1989)."""
    mu, delta = RATE - YIELD, VOLATILITY * 10.0
    k = 2.0 * mu / (delta**2 * np.expm1(mu * EXPIRY))
    x, y = k * SPOTS * np.exp(mu * EXPIRY), k * STRIKE
    received = STRIKE * np.exp(-RATE * EXPIRY) * ncx2.sf(2.0 * x, 2.0, 2.0 * y)
    return received - SPOTS * np.exp(-YIELD * EXPIRY) * ncx2.cdf(2.0 * y, 4.0, 2.0 * x)


def errors(case: Case, exercise: Exercise, scheme: Scheme) -> np.ndarray:
    """Return the largest error of each grid, or, where nothing is exact, each change."""
    option = Option(Right.PUT, STRIKE, EXPIRY, exercise)
    problem, found = pose(option, case.model, ()), []
    for n_cells in N_CELLS.tolist():
        grid = default_grid(problem, n_cells, n_cells // CELLS_PER_STEP)
        marched = march(problem, grid, scheme)
        found.append(marched.read(marched.column(EXPIRY), EXPIRY, SPOTS))
    if exercise is Exercise.EUROPEAN and case.exact is not None:
        return np.abs(np.array(found) - case.exact).max(axis=1)
    return np.abs(np.diff(found, axis=0)).max(axis=1)


def smile(places: np.ndarray, time: float) -> np.ndarray:
    """Total variance over log-moneyness."""
    total = 0.05 * time + 0.01 * time**2
    return total * (0.6 - 0.15 * places + np.sqrt(0.1 * places**2 + 0.16))


def round_trip() -> float:
    """Return the largest change of implied volatility from a surface through prices and back."""
    places, expiries = np.linspace(-1.2, 1.2, 49), [0.25, 0.5, 1.0]
    surface = ImpliedSurface(expiries, [places] * 3, [smile(places, each) for each in expiries])
    model, worst = dupire(surface, spot=100.0, rate=RATE, dividend_yield=YIELD), 0.0
    for expiry in (0.1, 0.25, 0.4, 0.5, 0.8, 1.0):
        forward = 100.0 * np.exp((RATE - YIELD) * expiry)
        for strike in (80.0, 100.0, 125.0):
            price = solve(Option(Right.CALL, strike, expiry), model).value(100.0)
            terms = {"expiry": expiry, "rate": RATE, "div_yield": YIELD}
            found = implied_volatility(price, 100.0, strike, **terms)
            implied = surface.volatility(np.log(strike / forward), expiry)
            worst = max(worst, abs(float(found) - float(implied)))
    return worst


def main() -> int:
    holds = True
    print(f"{'model':>19}{'exercise':>10}{'scheme':>15}", *(f"{n:>9}" for n in N_CELLS), " order")
    for case in cases():
        for exercise in Exercise:
            for scheme in Scheme:
                found = errors(case, exercise, scheme)
                order = -np.polyfit(np.log(N_CELLS[-found.size :]), np.log(found), 1)[0]
                words = "".join(f"{each:>10.1e}" for each in found).rjust(10 * N_CELLS.size)
                print(f"{case.name:>19}{exercise.value:>10}{scheme.value:>15}{words}{order:>7.2f}")
                holds = holds and bool(order >= case.least_order)
    worst = round_trip()
    print(f"implied volatility, through Dupire's formula and prices and back: {worst:.1e}")
    prices = [
        np.abs(solve(Option(Right.PUT, STRIKE, EXPIRY), case.model).value(SPOTS) - case.exact).max()
        for case in cases()
        if case.exact is not None
    ]
    print(f"price, by solve, against the closed forms: {max(prices):.1e}")
    holds = holds and worst <= LARGEST_VOLATILITY_ERROR and max(prices) <= LARGEST_PRICE_ERROR
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
