"""The requirement of the cheapest grouping as a function of spot, proven on whole cells.

At one spot the requirement is ``min c(S) x`` over the groupings ``x``, which do not depend on the
spot.  On a cell every cost is a cubic with Bernstein coefficients ``c0`` to ``c3``.  Since the
Bernstein polynomials are not negative,

    c(S) y = sum of B_k(S) (c_k y) >= sum of B_k(S) min over groupings of c_k x,

so a grouping that is cheapest for each of the four coefficient vectors is cheapest on the whole
cell.  Cells for which no grouping is are divided where the two at their ends cost the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from margin.account import Account, Position
from margin.piecewise import PiecewiseCubic, combine
from margin.revaluation import Revaluation
from margin.rules.strategy.book import Book
from margin.rules.strategy.cheapest import Cheapest
from margin.rules.strategy.costs import Costs, costs_at, kinks_of, pair_lead
from margin.rules.strategy.option_terms import Terms
from margin.rules.strategy.program import Program
from margin.rules.strategy.stock_terms import StockTerms

__all__ = ["cheapest_excess", "cheapest_values", "lot_values"]

Floats = NDArray[np.float64]

# Cells are not divided below this share of their spot; what is not known there is error.
NARROWEST = 1e-10
# Share of the spot below which a lead is rounding.
LEAST = 1e-12
# Share of the requirement of the lots apart that is not called a difference.
SAME = 1e-11
# A straddle is undecided where the lead of one side is within so many times its error.
BLURRED = 4.0
# Time for one search in a book so large that it is not solved at once.
SECONDS = 10.0
# Where on a cell the Bernstein coefficients of a line are read.
THIRDS = np.array([0.0, 1.0, 2.0, 3.0]) / 3.0


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """Ends, Bernstein coefficients (1 + s + l, 4) of balance and lots, and their errors."""

    left: float
    right: float
    rows: Floats
    error: Floats

    def divided(self, at: float) -> tuple["_Cell", "_Cell"]:
        """The two parts to either side of ``at``, a share of the width (de Casteljau)."""
        steps = [self.rows]
        for _ in range(3):
            last = steps[-1]
            steps.append((1.0 - at) * last[:, :-1] + at * last[:, 1:])
        first = np.stack([step[:, 0] for step in steps], axis=1)
        second = np.stack([step[:, -1] for step in reversed(steps)], axis=1)
        middle = self.left + at * (self.right - self.left)
        return (
            _Cell(self.left, middle, first, self.error),
            _Cell(middle, self.right, second, self.error),
        )


def cheapest_excess(
    program: Program,
    terms: tuple[Terms, StockTerms],
    revaluation: Revaluation,
    balance: PiecewiseCubic,
    values: Sequence[PiecewiseCubic],
) -> PiecewiseCubic:
    """Balance less the requirement of the cheapest grouping, against spot.

    Parameters
    ----------
    program : Program
        All groupings.
    terms : OptionTerms or CashTerms, and StockTerms
        What they require.
    revaluation : Revaluation
        Gives the range of spots.
    balance : PiecewiseCubic
        Cash and stock.
    values : sequence of PiecewiseCubic
        Values of the short lots, then of the long lots, per unit.

    Returns
    -------
    PiecewiseCubic
        In quote currency.  It jumps where the side of a straddle that requires more changes.
    """
    kinks = kinks_of(program, terms)
    inside = kinks[(kinks > revaluation.lowest) & (kinks < revaluation.highest)]
    ends = np.array([revaluation.lowest, *inside, revaluation.highest])
    nothing = PiecewiseCubic(ends, np.zeros((ends.size - 1, 4)), np.zeros(ends.size - 1))
    total = combine([1.0] * (len(values) + 2), [nothing, balance, *values])
    level = PiecewiseCubic(total.knots, np.zeros_like(total.bernstein), np.zeros_like(total.error))
    curves = [combine([1.0, 1.0], [level, curve]) for curve in (balance, *values)]
    rows = np.stack([curve.bernstein for curve in curves], axis=1)
    errors = np.stack([curve.error for curve in curves], axis=1)
    waiting = [
        _Cell(*ends, *parts)
        for ends, parts in zip(
            zip(total.knots[:-1], total.knots[1:], strict=True),
            zip(rows, errors, strict=True),
            strict=True,
        )
    ][::-1]
    return _followed(program, terms, waiting)


def _followed(
    program: Program, terms: tuple[Terms, StockTerms], waiting: list[_Cell]
) -> PiecewiseCubic:
    """The excess on cells, the first one last in the list, each divided until it is proven."""
    solver = Cheapest(program, SECONDS)
    knots, bernstein, error = [waiting[-1].left], [], []
    while waiting:
        cell = waiting.pop()
        costs, blur = _costs(program, terms, cell)
        chosen, gap, where = _chosen(solver, costs)
        allowed = SAME * max(1.0, float(np.abs(costs.apart).max()))
        narrow = cell.right - cell.left <= NARROWEST * cell.right
        if gap > allowed and not narrow:
            waiting += cell.divided(where)[::-1]
            continue
        knots.append(cell.right)
        bernstein.append(cell.rows[0] - costs.apart - costs.high.T @ chosen)
        error.append(_error(program, cell) + max(gap, 0.0) + blur)
    return PiecewiseCubic(np.array(knots), np.array(bernstein), np.array(error))


def _costs(program: Program, terms: tuple[Terms, StockTerms], cell: _Cell) -> tuple[Costs, float]:
    """Bernstein coefficients of all costs on a cell, and what they leave undecided.

    Where option values are not exact enough to tell which side of a straddle requires more, the
    dearer is taken, and the difference is left as an error.
    """
    n_short = len(program.book.short.contracts)
    spots = cell.left + (cell.right - cell.left) * THIRDS
    premiums = cell.rows[1 : 1 + n_short], cell.rows[1 + n_short :]
    lead = pair_lead(program, terms[0], spots, premiums[0])
    calls, puts = program.columns.straddles
    unsure = cell.error[1 + calls] + cell.error[1 + puts] + LEAST * cell.right
    sign = 1.0 * (lead > unsure[:, None]).all(axis=1) - 1.0 * (lead < -unsure[:, None]).all(axis=1)
    leads = np.broadcast_to(sign[:, None], lead.shape)
    costs = costs_at(program, terms, spots, premiums, leads)
    blurred = (sign == 0.0) & (np.abs(lead).max(axis=1, initial=0.0) <= BLURRED * unsure)
    pairs = np.flatnonzero(blurred)
    count = np.minimum(
        program.book.short.count[calls[pairs]], program.book.short.count[puts[pairs]]
    )
    blur = count @ (costs.high[pairs] - costs.low[pairs]).max(axis=1, initial=0.0)
    costs.low[pairs] = costs.high[pairs]
    return costs, float(blur)


def _chosen(solver: Cheapest, costs: Costs) -> tuple[Floats, float, float]:
    """The best grouping on a cell, by how much it may not be, and where to divide the cell."""
    order = (0, 3, 1, 2)
    found = {k: solver.solve(np.ascontiguousarray(costs.low[:, k])) for k in order}
    least = np.array([costs.low[:, k] @ found[k] for k in range(4)])
    gaps = [float((found[k] @ costs.high - least).max()) for k in order]
    best = order[int(np.argmin(gaps))]
    return found[best], min(gaps), _equal((found[0] - found[3]) @ costs.high)


def _equal(difference: Floats) -> float:
    """Where a cubic that grows from below to above zero crosses it; the middle if it does not."""
    if not difference[0] < 0.0 < difference[3]:
        return 0.5
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        weights = np.array(
            [
                (1.0 - middle) ** 3,
                3.0 * middle * (1.0 - middle) ** 2,
                3.0 * middle**2 * (1.0 - middle),
                middle**3,
            ]
        )
        low, high = (middle, high) if difference @ weights < 0.0 else (low, middle)
    return min(max(0.5 * (low + high), 1e-3), 1.0 - 1e-3)


def _error(program: Program, cell: _Cell) -> float:
    """Bound on the error of the excess from those of balance and option values."""
    book = program.book
    units = np.concatenate([lots.count * lots.multiplier for lots in (book.short, book.long)])
    return float(cell.error[0] + units @ cell.error[1:])


def cheapest_values(
    program: Program, terms: tuple[Terms, StockTerms], spots: Floats, values: Floats
) -> Floats:
    """Requirement of the cheapest grouping at single spots: (k,).

    Parameters
    ----------
    program : Program
        All groupings.
    terms : OptionTerms or CashTerms, and StockTerms
        What they require.
    spots : (k,) array
        In quote currency.
    values : (s + l, k) array
        Values of the short lots, then of the long lots, per unit.

    Returns
    -------
    (k,) array
        In quote currency.
    """
    n_short = len(program.book.short.contracts)
    premiums = values[:n_short], values[n_short:]
    lead = pair_lead(program, terms[0], spots, premiums[0])
    costs = costs_at(program, terms, spots, premiums, lead)
    solver, needed = Cheapest(program, SECONDS), costs.apart.copy()
    for k in range(spots.size):
        chosen = solver.solve(np.ascontiguousarray(costs.low[:, k]))
        needed[k] += costs.low[:, k] @ chosen
    return needed


def lot_values(
    revaluation: Revaluation, book: Book, date_index: int, vol_move: float
) -> list[PiecewiseCubic]:
    """Value of one unit of every lot against spot: short lots, then long ones."""
    empty = replace(revaluation.account, cash=0.0, positions=(), collateral=())
    single: list[Account] = [
        replace(empty, positions=(Position(contract, 1.0),))
        for contract in (*book.short.contracts, *book.long.contracts)
    ]
    return [revaluation.with_account(one).moving(date_index, vol_move) for one in single]
