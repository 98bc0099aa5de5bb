"""The integer program of HiGHS, for programs that are large: a solution, and what it may leave.

The linear program bounds every solution from below.  Its own solution rounded, each variable up or
down as a small integer program chooses, is nearly the cheapest; the rest of the time goes to the
whole integer program, which proves that nothing is left or finds what is.
"""

from collections.abc import Iterator
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from margin.kernels.spread_loss import round_solution
from margin.rules.strategy.program import Program

__all__ = ["FEASIBLE", "search"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

# Rows of the program may be missed by this much, in contracts.
FEASIBLE = 1e-7
# A value this near to a whole number is one.
WHOLE = 1e-6
# Share of the savings below which a bound is met: HiGHS works to about as much.
MET = 1e-9
# Share of the savings that the choice of roundings may leave.
ROUGH = 1e-3
# A last search of less than this many seconds finds nothing.
SHORTEST = 0.3


def search(program: Program, costs: Floats, *, seconds: float) -> tuple[Floats, float]:
    """The cheapest solution (n,) for the costs (n,), and how much it may leave, in money.

    Parameters
    ----------
    program : Program
        Columns and rows.
    costs : (n,) array
        Money per unit of a column.
    seconds : float
        Time after which the search stops; the linear program and one choice of roundings are made
        in any case.

    Returns
    -------
    tuple of array and float
        What it leaves is 0 if it is proven cheapest.

    Raises
    ------
    ArithmeticError
        If HiGHS finds no bound.
    """
    start = monotonic()
    whole = np.ones(costs.size, dtype=np.int64)
    whole[costs.size - program.columns.sets.size :] = 0
    best, value, bound = np.zeros(costs.size), 0.0, -np.inf
    for found, least in _steps(program, costs, whole, start + seconds):
        bound = max(bound, least)
        missed = round_solution(program.matrix, program.bounds, int(whole.sum()), found)
        if missed <= FEASIBLE and float(costs @ found) < value:
            best, value = found, float(costs @ found)
        if value - bound <= MET * max(1.0, abs(bound)):
            return best, 0.0
    if not np.isfinite(bound):
        raise ArithmeticError("the cheapest grouping was not found: HiGHS gave no bound")
    return best, value - bound


def _steps(
    program: Program, costs: Floats, whole: Whole, until: float
) -> Iterator[tuple[Floats, float]]:
    """Solutions, to be rounded, and bounds: linear, of roundings, and of the integer program."""
    # scipy takes longer to load than all other work of a small account.
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array

    rows: Any = LinearConstraint(csr_array(program.matrix), -np.inf, program.bounds)
    free = (np.zeros(costs.size), np.full(costs.size, np.inf))
    linear, bound = _solved(rows, costs, 0 * whole, free, {})
    yield linear.copy(), bound
    low, high = np.floor(linear + WHOLE), np.ceil(linear - WHOLE)
    low[whole == 0], high[whole == 0] = 0.0, np.inf
    yield _solved(rows, costs, whole, (low, high), {"mip_rel_gap": ROUGH})[0], -np.inf
    rest = until - monotonic()
    if rest > SHORTEST:
        yield _solved(rows, costs, whole, free, {"mip_rel_gap": 0.0, "time_limit": rest})


def _solved(
    rows: Any, costs: Floats, whole: Whole, limits: tuple[Floats, Floats], options: Any
) -> tuple[Floats, float]:
    """A solution of HiGHS and its bound; nothing, and no bound, where it has none."""
    from scipy.optimize import Bounds, milp

    found = milp(
        costs, constraints=rows, integrality=whole, bounds=Bounds(*limits), options=options
    )
    values = np.zeros(costs.size) if found.x is None else found.x
    bound = found.fun if not whole.any() else found.mip_dual_bound
    return values, -np.inf if bound is None else float(bound)
