"""The order of the march for every kind of contract, dividend and curve of time.

Claim   Before any extrapolation a march is of an order of at least 1.9 in price for each kind:
        digitals, touches, barriers of all kinds, watched always or on dates, Bermudans, strategies,
        dividends, curves of time and two exercise boundaries, European and American; and of 1.8 for
        barriers under jumps.  On the default grid the error is at most 1e-4 with a strike of 100.
Method  Halve cells and steps of the default grid together and compare at seven spots with the
        extrapolated values of a grid twice as fine as the last; fit the order.
Writes  nothing

    python -m validation.contracts_order
"""

import sys
from dataclasses import dataclass

import numpy as np

from pdesolve import (
    Barrier,
    BlackScholes,
    BlackScholesCurves,
    Claim,
    Dividend,
    EscrowedDividends,
    Exercise,
    JumpDiffusion,
    Knock,
    NormalJumps,
    Option,
    Paid,
    Payoff,
    PiecewiseConstant,
    Right,
    Scheme,
    Shortfall,
    SmoothCurve,
    forward_volatilities,
    one_touch,
    solve,
)
from pdesolve.march.default_grid import default_grid
from pdesolve.march.marching import march
from pdesolve.march.problem import Dividends, pose
from pdesolve.model import Model

MODEL = BlackScholes(volatility=0.3, rate=0.05, dividend_yield=0.02)
NEGATIVE = BlackScholes(volatility=0.2, rate=-0.01, dividend_yield=-0.04)
CURVES = BlackScholesCurves(
    forward_volatilities([0.25, 0.5, 1.0], [0.4, 0.35, 0.3]),
    SmoothCurve(lambda t: 0.02 + 0.03 * t),
    PiecewiseConstant([0.3], [0.0, 0.04]),
)
JUMPING = JumpDiffusion(MODEL, NormalJumps(intensity=0.8, log_mean=-0.1, log_sd=0.2))
SPOTS = np.array([87.0, 92.0, 96.0, 100.0, 104.0, 109.0, 118.0])
N_CELLS = np.array([160, 320, 640, 1280])
CELLS_PER_STEP = 40 / 7

LEAST_ORDER, LEAST_UNDER_JUMPS = 1.9, 1.8
LARGEST_DEFAULT_ERROR = 1e-4

AMERICAN = Exercise.AMERICAN
CALL, PUT = (Payoff.vanilla(right, 100.0) for right in Right)
BUTTERFLY = Payoff.vanilla(Right.CALL, 85.0) - 2.0 * CALL + Payoff.vanilla(Right.CALL, 115.0)
QUARTERS = (0.25, 0.5, 0.75)
CASH = (Dividend(0.2, cash=2.0), Dividend(0.6, cash=3.0))
CORRIDOR = {"lower": 80.0, "upper": 125.0}
ESCROWED = EscrowedDividends(CASH)
MIXED = (Dividend(0.2, cash=2.0), Dividend(0.6, share=0.03))
SKIPPED = (Dividend(0.5, cash=70.0, shortfall=Shortfall.SKIP),)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    name: str
    contract: Option | Claim
    model: Model = MODEL
    dividends: Dividends = ()


DIGITAL_CALL, DIGITAL_PUT = (
    Payoff.cash_digital(right, strike, cash=10.0)
    for right, strike in ((Right.CALL, 100.0), (Right.PUT, 80.0))
)


def knocked(payoff: Payoff, *, exercise: Exercise = Exercise.EUROPEAN, **barrier: object) -> Claim:
    return Claim(payoff, 1.0, exercise, barrier=Barrier(**barrier))


CASES = [
    Case("cash digital", Claim(DIGITAL_CALL, 1.0)),
    Case("asset digital", Claim(Payoff.asset_digital(Right.PUT, 100.0), 1.0)),
    Case("cash digital, American", Claim(DIGITAL_PUT, 1.0, AMERICAN)),
    Case("one touch at hit", one_touch(1.0, upper=125.0, cash=10.0)),
    Case("one touch at expiry", one_touch(1.0, lower=80.0, cash=10.0, paid=Paid.AT_EXPIRY)),
    Case("up and out", knocked(CALL, upper=125.0)),
    Case("down and in, rebate", knocked(PUT, lower=80.0, knock=Knock.IN, rebate=3.0)),
    Case("double out, rebate", knocked(CALL, **CORRIDOR, rebate=3.0)),
    Case("up and out, American", knocked(CALL, exercise=AMERICAN, upper=130.0)),
    Case("down and out, American", knocked(PUT, exercise=AMERICAN, lower=75.0, rebate=5.0)),
    Case("down and in, American", knocked(PUT, exercise=AMERICAN, lower=80.0, knock=Knock.IN)),
    Case("up and out on dates", knocked(CALL, upper=125.0, dates=QUARTERS)),
    Case("double in on dates", knocked(PUT, **CORRIDOR, knock=Knock.IN, dates=QUARTERS)),
    Case("Bermudan", Claim(PUT, 1.0, exercise_dates=QUARTERS)),
    Case("butterfly", Claim(BUTTERFLY, 1.0)),
    Case("butterfly, American", Claim(BUTTERFLY, 1.0, AMERICAN)),
    Case("straddle, American", Claim(CALL + PUT, 1.0, AMERICAN)),
    Case("two boundaries", Option(Right.PUT, 100.0, 1.0, AMERICAN), NEGATIVE),
    Case("cash dividends", Option(Right.PUT, 100.0, 1.0), dividends=CASH),
    Case("cash, American put", Option(Right.PUT, 100.0, 1.0, AMERICAN), dividends=CASH),
    Case("mixed, American call", Option(Right.CALL, 100.0, 1.0, AMERICAN), dividends=MIXED),
    Case("escrow, American put", Option(Right.PUT, 100.0, 1.0, AMERICAN), dividends=ESCROWED),
    Case("cash, down and out", knocked(PUT, lower=80.0), dividends=CASH),
    Case("cash that may fall short", Option(Right.PUT, 100.0, 1.0), dividends=SKIPPED),
    Case("jumps, up and out", knocked(CALL, upper=125.0), JUMPING),
    Case("jumps, double in", knocked(PUT, **CORRIDOR, knock=Knock.IN), JUMPING),
    Case(
        "jumps, up and in, American",
        knocked(CALL, exercise=AMERICAN, upper=125.0, knock=Knock.IN),
        JUMPING,
    ),
    Case("jumps, in on dates", knocked(PUT, lower=80.0, knock=Knock.IN, dates=QUARTERS), JUMPING),
    Case("jumps, Bermudan", Claim(PUT, 1.0, exercise_dates=QUARTERS), JUMPING),
    Case("curves", Option(Right.CALL, 100.0, 1.0), CURVES),
    Case("curves, American put", Option(Right.PUT, 100.0, 1.0, AMERICAN), CURVES),
    Case("curves, American call", Option(Right.CALL, 100.0, 1.0, AMERICAN), CURVES),
]


def marched(case: Case, n_cells: int) -> np.ndarray:
    """Return the values of one march at ``SPOTS``."""
    problem = pose(case.contract, case.model, case.dividends)
    steps = 2 * round(0.5 * n_cells / CELLS_PER_STEP)
    march_ = march(problem, default_grid(problem, n_cells, steps), Scheme.TR_BDF2)
    inside = SPOTS - problem.escrow(np.array(1.0))
    return march_.read(march_.column(1.0), 1.0, inside)


def errors(case: Case) -> tuple[np.ndarray, float]:
    """Return the largest error of each march, and that of the default grid."""
    problem = pose(case.contract, case.model, case.dividends)
    finest = 2 * int(N_CELLS[-1])
    grid = default_grid(problem, finest, 2 * round(0.5 * finest / CELLS_PER_STEP))
    truth = solve(case.contract, case.model, dividends=case.dividends, grid=grid).value(SPOTS)
    default = solve(case.contract, case.model, dividends=case.dividends).value(SPOTS)
    found = [np.abs(marched(case, n) - truth).max() for n in N_CELLS.tolist()]
    return np.array(found), float(np.abs(default - truth).max())


def main() -> int:
    holds = True
    print(f"{'contract':<26}", *(f"{n:>9}" for n in N_CELLS), f"{'order':>7}{'default':>10}")
    for case in CASES:
        found, default = errors(case)
        order = -np.polyfit(np.log(N_CELLS), np.log(found), 1)[0]
        numbers = (f"{error:>9.1e}" for error in found)
        print(f"{case.name:<26}", *numbers, f"{order:>7.2f}{default:>10.1e}")
        least = LEAST_ORDER if case.model.jumps is None else LEAST_UNDER_JUMPS
        holds = holds and bool(order >= least and default <= LARGEST_DEFAULT_ERROR)
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
