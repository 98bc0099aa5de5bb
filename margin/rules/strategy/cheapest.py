"""The cheapest whole solution of a program, for one objective after the other.

A dense simplex keeps its basis and its cuts from one objective to the next, and branches where its
answer is not whole yet.  Programs that are large, or need much branching, go to `search`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from margin.kernels.branching import branch
from margin.kernels.cuts import add_cuts
from margin.kernels.simplex import OPTIMAL, optimise
from margin.kernels.spread_loss import round_solution
from margin.rules.strategy.integer_search import FEASIBLE, search
from margin.rules.strategy.program import Program

__all__ = ["Cheapest"]

Floats = NDArray[np.float64]

# Entries of the tableau above which HiGHS is faster.
LARGEST_TABLEAU = 30_000
# Reduced costs above this, relative to the largest cost, are not negative.
TOLERANCE = 1e-11
PIVOTS_PER_ROW = 50
# Rounds of cuts, and how many may stand at a time.
ROUNDS, CUTS = 10, 40
# Branching goes this deep, and to this many nodes, before HiGHS is asked.
DEPTH, NODES = 24, 500


@dataclass(slots=True, eq=False)
class Cheapest:
    """Solver of one program; keeps its basis between calls.

    Attributes
    ----------
    program : Program
        What is solved.
    seconds : float
        Time after which a large search stops with the best solution that it has.
    left : float
        What the last solution may leave, in money; 0 is proof that there is no better one.
    """

    program: Program
    seconds: float
    left: float = field(default=0.0, init=False)
    _levels: tuple[Any, ...] = field(init=False)
    _rows: int = field(init=False)

    def __post_init__(self) -> None:
        self._start()

    def solve(self, costs: Floats) -> Floats:
        """The cheapest solution (n,) for the costs (n,), which are money per unit of a column."""
        self.left = 0.0
        if not costs.size:
            return np.zeros(0)
        if self._levels:
            for _ in range(2):
                found = self._by_branching(costs)
                if found is not None:
                    return found
                self._start()
        found, self.left = search(self.program, costs, seconds=self.seconds)
        return found

    def _start(self) -> None:
        """Levels of tableau, amounts, reduced costs, and basic and free variables."""
        rows, columns = self.program.matrix.shape
        self._rows, self._levels = rows, ()
        if self.program.matrix.size > LARGEST_TABLEAU:
            return
        room = rows + CUTS + DEPTH
        tableau = np.empty((DEPTH + 1, room, columns))
        amounts = np.empty((DEPTH + 1, room))
        basic = np.empty((DEPTH + 1, room), dtype=np.int64)
        free = np.empty((DEPTH + 1, columns), dtype=np.int64)
        tableau[0, :rows], amounts[0, :rows] = self.program.matrix, self.program.bounds
        basic[0, :rows], free[0] = np.arange(columns, columns + rows), np.arange(columns)
        self._levels = (tableau, amounts, np.empty((DEPTH + 1, columns)), basic, free)

    def _by_branching(self, costs: Floats) -> Floats | None:
        """The cheapest whole solution; None if it was not found, or rounding has spoilt it."""
        columns, room = costs.size, self._levels[1].shape[1]
        scaled = np.zeros(columns + room)
        scaled[:columns] = costs / max(1.0, float(np.abs(costs).max()))
        n, pivots = self._rows, PIVOTS_PER_ROW * room
        tableau, amounts, reduced, basic, free = (part[0] for part in self._levels)
        names = (basic[:n], free, reduced)
        if optimise(tableau[:n], amounts[:n], scaled, TOLERANCE, pivots, *names) != OPTIMAL:
            return None
        most = room - DEPTH
        root = (tableau[:most], amounts[:most], reduced, basic[:most], free)
        n = add_cuts(root, n, self.program.grain, (ROUNDS, pivots))
        if n < 0:
            return None
        self._rows = n
        whole = columns - self.program.columns.sets.size
        found = np.full(columns, np.nan)
        status = branch(scaled, whole, (n, pivots, NODES), self._levels, found)
        if status != OPTIMAL or np.isnan(found[0]):
            return None
        missed = round_solution(self.program.matrix, self.program.bounds, whole, found)
        return None if missed > FEASIBLE else found
