"""Liquidation thresholds of a book of accounts that hold the same contracts."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from margin.account import Account
from margin.book_families import Family, families_of
from margin.book_rows import Rows, holding_all, rows_of
from margin.book_thresholds import LEVELS, STATES, BookThresholds, typed
from margin.kernels.bernstein import SIDES
from margin.kernels.book import (
    INTERVALS,
    LOWER_OPEN,
    REPORTED,
    ROOM,
    STATE,
    UNDECIDED,
    UPPER_OPEN,
    add_negative,
    describe_many,
)
from margin.liquidation import searched_range, thresholds_of
from margin.market import Market
from margin.revaluation import Revaluation, moving_underlying
from margin.rules import Rule, ScenarioRule, revalue_for
from margin.threshold import Thresholds

__all__ = ["BookThresholds", "thresholds_of_book"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Accounts valued by one matrix product: enough to be worth it, few enough to stay in the cache.
CHUNK = 64


def thresholds_of_book(
    accounts: Iterable[Account],
    market: Market,
    rule: Rule,
    *,
    underlying: str | None = None,
    lowest: float | None = None,
    highest: float | None = None,
    threads: int = 1,
) -> BookThresholds:
    """The thresholds of many accounts today, each contract solved once for all of them.

    The values of an account are its quantities times those of the contracts, a matrix product for
    many accounts.  Under a `ScenarioRule` the roots of all accounts are then isolated, with the
    same proofs as by `thresholds`, in compiled loops; under other rules account by account.

    Parameters
    ----------
    accounts : iterable of Account
        Kept in one currency, and in positions on one underlying.
    market : Market
        Spot, carry and volatilities.
    rule : Rule
        Whose requirement it is.
    underlying : str, optional
        Whose spot moves; needed only if nothing that is held tells.
    lowest, highest : float, optional
        Range searched, in quote currency; a fifth of and five times the spot if not given.
    threads : int
        Threads that look at accounts; results are the same for any number.

    Returns
    -------
    BookThresholds
        One row per account, in their order.

    Raises
    ------
    ValueError
        If there is no account, they differ in currency or underlying, the range does not hold the
        spot, or one cannot be valued in this market or under this rule.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.book import thresholds_of_book
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> shares = Position(Asset("AAPL"), 100)
    >>> loans = [Account("loan", "USD", cash, (shares,)) for cash in (-4_000.0, -7_500.0)]
    >>> found = thresholds_of_book(loans, market, TEN_POINT_EQUITY)
    >>> found.below.round(4), found.state
    (array([47.0588,     nan]), array(['safe', 'liquidated'], dtype='<U10'))
    """
    held = tuple(accounts)
    everything = holding_all(held)
    name = moving_underlying(everything, market, underlying)
    span = searched_range(market.underlyings[name].spot, lowest, highest)
    known = revalue_for(rule, everything, market, underlying=name, spots=span)
    if isinstance(rule, ScenarioRule) and not any(curves.touched for curves in known.curves):
        told, alone = _together(held, known, rule, span=span, threads=threads)
    else:
        told, alone = np.empty((len(held), REPORTED)), list(range(len(held)))
    for index in alone:
        found = known.with_account(held[index])
        told[index] = _row(thresholds_of(found, rule, lowest=span[0], highest=span[1]))
    names = tuple(account.name for account in held)
    return typed(told, rule.name, known.underlying, accounts=names, spot=known.spot, span=span)


def _together(
    accounts: Sequence[Account],
    known: Revaluation,
    rule: ScenarioRule,
    *,
    span: tuple[float, float],
    threads: int,
) -> tuple[Floats, list[int]]:
    """What is reported of each account (a, REPORTED), and which are to be looked at alone."""
    rows, families = rows_of(accounts, known, rule), families_of(rule, known)
    told, overflow = np.empty((len(accounts), REPORTED)), np.zeros(len(accounts), dtype=bool)

    def look(first: int) -> None:
        part = slice(first, first + CHUNK)
        found = _lists(families, rows, part, span=span, overflow=overflow[part])
        describe_many(*found, known.spot, span, told[part])

    firsts = range(0, len(accounts), CHUNK)
    if threads == 1:
        for first in firsts:
            look(first)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(look, firsts))
    return told, np.flatnonzero(overflow).tolist()


def _lists(
    families: Sequence[Family],
    rows: Rows,
    part: slice,
    *,
    span: tuple[float, float],
    overflow: Flags,
) -> tuple[Floats, NDArray[np.int64]]:
    """Where some accounts are short: their lists and the lengths of these, as the kernel has it."""
    units, lines = rows.units[part], (rows.moving[part], rows.settled[part], rows.minimum[part])
    zones = np.empty((len(units), SIDES, ROOM, 2))
    counts = np.zeros((len(units), SIDES), dtype=np.int64)
    for family in families:
        cells = units @ family.cells.reshape(units.shape[1], 4 * family.errors.shape[1])
        valued = family.knots, cells.reshape(len(units), -1, 4), np.abs(units) @ family.errors
        straight = np.stack([member.lines(*lines) for member in family.members], axis=1)
        factors = np.array([member.factor for member in family.members])
        add_negative(valued, straight, factors, span, (zones, counts), overflow)
    return zones, counts


def _row(found: Thresholds) -> Floats:
    """What is reported of an account that was looked at alone."""
    told = np.full(REPORTED, np.nan)
    for name, column in LEVELS.items():
        level = getattr(found, name)
        if level is not None:
            told[column], told[column + 1] = level.spot, level.error
    proof = found.certificate
    told[INTERVALS], told[UNDECIDED] = len(found.intervals), len(proof.undecided)
    told[STATE] = STATES.index(found.state)
    told[LOWER_OPEN], told[UPPER_OPEN] = proof.lower_open, proof.upper_open
    return told
