"""The cheapest whole solution of a program, for one objective after the other.

A dense simplex keeps its basis from one objective to the next, and branches where its answer is
not whole.  Programs that are large, or need much branching, go to the integer program of HiGHS.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from margin.kernels.branching import branch
from margin.kernels.simplex import OPTIMAL, optimise
from margin.rules.strategy.program import Program

__all__ = ["Cheapest", "by_highs"]

Floats = NDArray[np.float64]

# Entries of the tableau above which HiGHS is faster.
LARGEST_TABLEAU = 12_000
# Reduced costs above this, relative to the largest cost, are not negative.
TOLERANCE = 1e-11
# Rows of the program may be missed by this much, in contracts.
FEASIBLE = 1e-7
PIVOTS_PER_ROW = 50
# Branching goes this deep, and to this many nodes, before HiGHS is asked.
DEPTH, NODES = 24, 2_000


@dataclass(slots=True, eq=False)
class Cheapest:
    """Solver of one program; keeps its basis between calls.

    Attributes
    ----------
    program : Program
        What is solved.
    gap : float
        Share of the savings that HiGHS may leave; 0 proves that there are none.
    left : float
        What the last solution may leave, in money.
    """

    program: Program
    gap: float = 0.0
    left: float = field(default=0.0, init=False)
    _levels: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._start()

    def solve(self, costs: Floats) -> Floats:
        """The cheapest solution (n,) for the costs (n,), which are money per unit of a column."""
        self.left = 0.0
        if not costs.size:
            return np.zeros(0)
        if self.program.matrix.size <= LARGEST_TABLEAU:
            for _ in range(2):
                found = self._by_branching(costs)
                if found is not None:
                    return found
                self._start()
        found, self.left = by_highs(self.program, costs, gap=self.gap)
        return found

    def _start(self) -> None:
        """Levels of tableau, amounts, reduced costs, and basic and free variables."""
        rows, columns = self.program.matrix.shape
        if self.program.matrix.size > LARGEST_TABLEAU:
            self._levels = ()
            return
        tableau = np.empty((DEPTH + 1, rows + DEPTH, columns))
        amounts = np.empty((DEPTH + 1, rows + DEPTH))
        basic = np.empty((DEPTH + 1, rows + DEPTH), dtype=np.int64)
        free = np.empty((DEPTH + 1, columns), dtype=np.int64)
        tableau[0, :rows], amounts[0, :rows] = self.program.matrix, self.program.bounds
        basic[0, :rows], free[0] = np.arange(columns, columns + rows), np.arange(columns)
        self._levels = (tableau, amounts, np.empty((DEPTH + 1, columns)), basic, free)

    def _by_branching(self, costs: Floats) -> Floats | None:
        """The cheapest whole solution; None if it was not found, or rounding has spoilt it."""
        rows, columns = self.program.matrix.shape
        tableau, amounts, reduced, basic, free = self._levels
        scaled = np.zeros(columns + rows)
        scaled[:columns] = costs / max(1.0, float(np.abs(costs).max()))
        pivots = PIVOTS_PER_ROW * rows
        root = (tableau[0, :rows], amounts[0, :rows])
        names = (basic[0, :rows], free[0], reduced[0])
        if optimise(*root, scaled, TOLERANCE, pivots, *names) != OPTIMAL:
            return None
        whole = columns - self.program.columns.sizes[-1]
        found, limits = np.full(columns, np.nan), (rows, pivots, NODES)
        status = branch(scaled, whole, limits, self._levels, found)
        if status != OPTIMAL or np.isnan(found[0]):
            return None
        return _made_whole(self.program, found)


def _made_whole(program: Program, values: Floats) -> Floats | None:
    """The solution without rounding: whole contracts, and the losses of sets that they have."""
    whole = values.size - program.columns.sizes[-1]
    values[:whole] = np.rint(values[:whole])
    values[whole:] = 0.0
    over = program.matrix @ values - program.bounds
    losses = -program.matrix[:, whole:]
    values[whole:] = np.max(losses * np.maximum(over, 0.0)[:, None], axis=0, initial=0.0)
    missed = (program.matrix @ values - program.bounds).max(initial=0.0)
    return None if missed > FEASIBLE else values


def by_highs(program: Program, costs: Floats, *, gap: float = 0.0) -> tuple[Floats, float]:
    """The cheapest solution (n,) by the integer program of HiGHS, and how much it may leave.

    ``gap`` is the share of its objective that it may leave.

    Raises
    ------
    ArithmeticError
        If HiGHS does not find it.
    """
    # scipy takes longer to load than all other work of a small account.
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    whole = np.ones(costs.size, dtype=np.int64)
    whole[costs.size - program.columns.sizes[-1] :] = 0
    rows: Any = LinearConstraint(csr_array(program.matrix), -np.inf, program.bounds)
    found = milp(
        costs,
        constraints=rows,
        integrality=whole,
        bounds=Bounds(0.0, np.inf),
        options={"mip_rel_gap": gap},
    )
    values = None if found.x is None else _made_whole(program, found.x)
    if not found.success or values is None:
        raise ArithmeticError(f"the cheapest grouping was not found: {found.message}")
    return values, max(0.0, float(costs @ values) - float(found.mip_dual_bound))
