"""The cheapest grouping of an account at one spot, from flat positions and prices."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np

from margin import _check
from margin.account import Position
from margin.instrument import OptionContract
from margin.rules.strategy.book import book_of, premiums_of
from margin.rules.strategy.cheapest import Cheapest
from margin.rules.strategy.costs import costs_at, pair_lead
from margin.rules.strategy.groups import Grouping
from margin.rules.strategy.option_terms import OptionTerms
from margin.rules.strategy.program import lent_lots, program_of
from margin.rules.strategy.solution import Solution
from margin.rules.strategy.stock_terms import StockTerms

__all__ = ["group_positions"]


def group_positions(
    positions: Iterable[Position],
    prices: Mapping[OptionContract, float],
    terms: tuple[OptionTerms, StockTerms],
    *,
    spot: float,
    asof: datetime,
    gap: float = 0.0,
) -> Grouping:
    """The cheapest grouping of flat positions at given prices.

    Parameters
    ----------
    positions : iterable of Position
        Options and stock of one underlying, in any order.
    prices : mapping of OptionContract to float
        Market price of every option, per unit of the underlying in quote currency.
    terms : OptionTerms and StockTerms
        What is required.
    spot : float
        Price of the underlying, in quote currency.
    asof : datetime
        Now.
    gap : float
        Share of what grouping saves that the search may leave in a large book; 0 leaves nothing.

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
    program = program_of(book, lent_lots(book.long, terms[0].long_months, asof))
    spots, columns = np.array([spot]), (premiums[0][:, None], premiums[1][:, None])
    lead = pair_lead(program, terms[0], spots, columns[0])
    costs = costs_at(program, terms, spots, columns, lead)
    solver = Cheapest(program, _check.within("gap", gap, 0.0, 1.0))
    chosen = solver.solve(costs.low[:, 0])
    parts = program.columns.split(chosen), program.columns.split(costs.low[:, 0])
    groups = Solution(program, terms, spot, premiums, *parts).groups()
    paid = sum(
        sign * float((lots.count * lots.multiplier) @ values)
        for sign, lots, values in ((-1.0, book.short, premiums[0]), (1.0, book.long, premiums[1]))
    )
    return Grouping(spot, tuple(groups), float(costs.apart[0]), paid, solver.left)
