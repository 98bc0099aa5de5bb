"""The cheapest grouping of an account at one spot, from flat positions and prices."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.account import Position
from margin.instrument import OptionContract
from margin.rules.strategy.book import Book, book_of, premiums_of
from margin.rules.strategy.cheapest import Cheapest
from margin.rules.strategy.costs import costs_at, pair_lead
from margin.rules.strategy.groups import Grouping
from margin.rules.strategy.option_terms import Terms
from margin.rules.strategy.program import lent_lots, program_of
from margin.rules.strategy.solution import Solution
from margin.rules.strategy.stock_terms import StockTerms

__all__ = ["SECONDS", "group_positions"]

Floats = NDArray[np.float64]
# Up to so many straddles each is a column of its own.
FEW_PAIRS = 16

SECONDS = 10.0
"""Time after which the search for the cheapest grouping of a large book stops."""


def group_positions(
    positions: Iterable[Position],
    prices: Mapping[OptionContract, float],
    terms: tuple[Terms, StockTerms],
    *,
    spot: float,
    asof: datetime,
    seconds: float = SECONDS,
) -> Grouping:
    """The cheapest grouping of flat positions at given prices.

    Parameters
    ----------
    positions : iterable of Position
        Options and stock of one underlying, in any order.
    prices : mapping of OptionContract to float
        Market price of every option, per unit of the underlying in quote currency.
    terms : OptionTerms or CashTerms, and StockTerms
        What is required.
    spot : float
        Price of the underlying, in quote currency.
    asof : datetime
        Now.
    seconds : float
        Time after which the search in a large book stops; what it may leave is told.

    Returns
    -------
    Grouping

    Raises
    ------
    ValueError
        If a position is of a kind that strategy rules do not know, an option has expired or has no
        price, or the positions are on several underlyings.
    """
    spot, asof = _check.positive("spot", spot), _check.instant("asof", asof)
    book = book_of(positions)
    premiums = premiums_of(book.short, prices, asof), premiums_of(book.long, prices, asof)
    lent = lent_lots(book.long, terms[0].long_months, asof)
    program = program_of(book, lent, terms[0].admitted, _totals(book, terms[0], spot, premiums[0]))
    spots, columns = np.array([spot]), (premiums[0][:, None], premiums[1][:, None])
    lead = pair_lead(program, terms[0], spots, columns[0])
    costs = costs_at(program, terms, spots, columns, lead)
    solver = Cheapest(program, _check.positive("seconds", seconds))
    chosen = solver.solve(costs.low[:, 0])
    alone = costs.naked[:, 0], float(costs.alone[0])
    found = Solution(program, terms, spot, premiums, *alone, chosen, costs.low[:, 0])
    paid = sum(
        sign * float((lots.count * lots.multiplier) @ values)
        for sign, lots, values in ((-1.0, book.short, premiums[0]), (1.0, book.long, premiums[1]))
    )
    return Grouping(spot, tuple(found.groups()), float(costs.apart[0]), paid, solver.left)


def _totals(book: Book, options: Terms, spot: float, premiums: Floats) -> Floats | None:
    """Requirement of a unit of every short lot, if there are so many pairs that it is of use."""
    right, strike = book.short.right, book.short.strike
    calls = int((right > 0.0).sum())
    if calls * (right.size - calls) <= FEW_PAIRS:
        return None
    return options.uncovered(right, strike, np.array(spot), premiums)
