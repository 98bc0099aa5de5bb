"""The excess and the explanation of a revalued account whose requirement is a cheapest grouping."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from margin.account import Position
from margin.instrument import Asset, OptionContract
from margin.revaluation import Revaluation
from margin.rules.rule import Branch
from margin.rules.staged import RequirementLine
from margin.rules.strategy.book import Book, book_of
from margin.rules.strategy.envelope import (
    cheapest_excess,
    cheapest_values,
    lot_values,
)
from margin.rules.strategy.grouping import group_positions
from margin.rules.strategy.groups import Grouping
from margin.rules.strategy.option_terms import Terms
from margin.rules.strategy.program import Program, lent_lots, program_of
from margin.rules.strategy.stock_terms import StockTerms

__all__ = ["LABELS", "branches_of", "grouping_now", "lines_of", "values_of"]

Floats = NDArray[np.float64]
AllTerms = tuple[Terms, StockTerms]

LABELS = ("no requirement", "cheapest grouping")


def branches_of(
    terms: AllTerms, revaluation: Revaluation, date_index: int, move: float
) -> tuple[Branch, ...]:
    """Equity, and the balance less what the cheapest grouping requires, against spot."""
    program, balance = _program(terms, revaluation, date_index)
    values = lot_values(revaluation, program.book, date_index, move)
    curve = balance.equity(date_index, move)
    excess = cheapest_excess(program, terms, revaluation, curve, values)
    equity = revaluation.equity(date_index, move)
    return Branch(LABELS[0], equity), Branch(LABELS[1], excess)


def values_of(
    terms: AllTerms, revaluation: Revaluation, spots: Floats, at: tuple[int, float]
) -> Floats:
    """The same two at spots: (2, k); ``at`` is the index of a date and a move of volatilities."""
    program, balance = _program(terms, revaluation, at[0])
    values = [curve(spots) for curve in lot_values(revaluation, program.book, *at)]
    needed = cheapest_values(program, terms, spots, np.array(values).reshape(-1, spots.size))
    return np.stack([revaluation.equity(*at)(spots), balance.equity(*at)(spots) - needed])


def grouping_now(terms: AllTerms, revaluation: Revaluation) -> Grouping:
    """The cheapest grouping today, at the present spot and at present values."""
    asof, spot = revaluation.dates[0], revaluation.spot
    _, held = _settled(revaluation, asof)
    book = book_of(held)
    contracts = (*book.short.contracts, *book.long.contracts)
    values = [float(curve(spot)) for curve in lot_values(revaluation, book, 0, 0.0)]
    prices = dict(zip(contracts, np.maximum(values, 0.0), strict=True))
    return group_positions(held, prices, terms, spot=spot, asof=asof)


def lines_of(grouping: Grouping) -> Iterator[RequirementLine]:
    """What every group would require apart, what grouping it saves, and what options are worth.

    The last is part of a requirement from present marks, where equity counts options: see
    `StrategyRule`.
    """
    for group in grouping.groups:
        members = ", ".join(f"{count:+g} {member}" for member, count in group.members)
        needed = group.requirement + group.withheld - group.lent
        if needed or group.saved:
            yield RequirementLine(f"{group.name}: {members}", needed + group.saved)
        if group.saved:
            yield RequirementLine("  saved by grouping them", -group.saved)
    if grouping.paid:
        yield RequirementLine("value of all options, which no balance holds", grouping.paid)


def _program(
    terms: AllTerms, revaluation: Revaluation, date_index: int
) -> tuple[Program, Revaluation]:
    """The program of an account on a date, and the account without options that live."""
    account, asof = revaluation.account, revaluation.dates[date_index]
    settled, held = _settled(revaluation, asof)
    book: Book = book_of(held)
    lent = lent_lots(book.long, terms[0].long_months, asof)
    stock = tuple(one for one in held if isinstance(one.instrument, Asset))
    balance = revaluation.with_account(replace(account, positions=(*settled, *stock)))
    return program_of(book, lent, terms[0].admitted), balance


def _settled(
    revaluation: Revaluation, asof: datetime
) -> tuple[tuple[Position, ...], tuple[Position, ...]]:
    """Positions in options that have been settled, and all others.

    Raises
    ------
    ValueError
        If the account is kept in coin.
    """
    account = revaluation.account
    if revaluation.in_coin:
        raise ValueError(
            f"a strategy rule needs an account in quote currency, got one in {account.currency}; "
            "use a scenario rule"
        )
    settled: list[Position] = []
    held: list[Position] = []
    for one in account.positions:
        contract = one.instrument
        over = isinstance(contract, OptionContract) and contract.expiry <= asof
        (settled if over else held).append(one)
    return tuple(settled), tuple(held)
