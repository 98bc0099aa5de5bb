"""The book of Derive's portfolio managers, read off the solved surfaces of an account."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp

import numpy as np
from numpy.typing import NDArray

from margin.account import Collateral, Position
from margin.instrument import Asset, OptionContract, Perpetual, Settlement
from margin.piecewise import PiecewiseCubic, combine, line
from margin.revaluation import Revaluation
from margin.rules.claims import vanilla
from margin.rules.derive.book import DeriveBook, ExpiryBook, Pledged, naked_shorts
from margin.rules.derive.scenario import Feeds, Haircut, VolDirection
from margin.rules.rule import compounded
from margin.rules.skew import SkewShock, skewed_value
from margin.vol_move import VolMove
from pdesolve import Exercise

__all__ = [
    "DeriveMarks",
    "alive_options",
    "derive_book",
    "venue_weight",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DeriveMarks:
    """How a Derive manager values options and trusts its feeds.

    ``shocks`` by direction of volatilities (none and skews left out), ``skew`` if there are skew
    scenarios, ``haircuts`` of collateral; ``discounting`` is 1 if options are discounted at rates
    that are not below zero, and 0 if they are not.
    """

    feeds: Feeds
    shocks: Mapping[VolDirection, VolMove]
    haircuts: Mapping[str, Haircut]
    discounting: float = 0.0
    skew: SkewShock | None = None


def derive_book(
    revaluation: Revaluation,
    marks: DeriveMarks,
    directions: Iterable[VolDirection],
    *,
    date_index: int = 0,
    vol_move: float = 0.0,
) -> DeriveBook:
    """An account as a Derive portfolio manager sees it.

    Parameters
    ----------
    revaluation : Revaluation
        The account, at the volatility moves of the marks.
    marks : DeriveMarks
        How the venue values.
    directions : iterable of VolDirection
        Moves of volatilities that are asked for, besides none.
    date_index : int
        Which of the dates of the revaluation.
    vol_move : float
        Relative move of all volatilities that has happened before.

    Returns
    -------
    DeriveBook

    Raises
    ------
    ValueError
        If the account holds what Derive has no requirement for, or collateral without a haircut.
    """
    _refuse_foreign(revaluation)
    ways = tuple(dict.fromkeys([VolDirection.NONE, *directions]))
    expiries = tuple(_expiry_books(revaluation, marks, ways, (date_index, vol_move)))
    perpetual = sum(held.quantity * held.multiplier for held in perpetuals(revaluation))
    pledged = tuple(_pledged(revaluation, marks))
    confidence = min(marks.feeds.spot, marks.feeds.perpetual)
    parts = [settled_cash(revaluation, date_index), *(one.value for one in pledged)]
    parts += [expiry.present for expiry in expiries]
    return DeriveBook(
        spot=_line(revaluation, 0.0, 1.0),
        perpetual=perpetual,
        perpetual_value=_line(revaluation, 0.0, perpetual),
        perpetual_confidence=confidence,
        pledged=pledged,
        expiries=expiries,
        total=combine([1.0] * len(parts), parts),
    )


def _refuse_foreign(revaluation: Revaluation) -> None:
    """Refuse an account that Derive could not hold.

    Raises
    ------
    ValueError
        For a coin account, American or inverse contracts, dated futures, other underlyings and
        collateral that carries a haircut of its own.
    """
    account = revaluation.account
    if revaluation.in_coin:
        raise ValueError(f"Derive accounts are kept in quote currency, got {account.currency}")
    for held in account.positions:
        if held.quantity:
            _refuse_instrument(held, revaluation.underlying)
    for pledged in account.collateral:
        if pledged.haircut:
            raise ValueError(
                f"haircut of {pledged.asset} must be 0 under a Derive rule, which has haircuts of "
                f"its own, got {pledged.haircut}"
            )


def venue_weight(revaluation: Revaluation, expiry: datetime, years: float, *, on: float) -> float:
    """What undoes the market's discounting, but for rates above zero times ``on``."""
    carry = revaluation.market.underlyings[revaluation.underlying]
    rate, _ = carry.carry(expiry, revaluation.market.asof)
    return exp((rate - on * max(rate, 0.0)) * years)


def _refuse_instrument(held: Position, underlying: str) -> None:
    instrument = held.instrument
    if instrument.underlying != underlying:
        raise ValueError(
            f"a Derive rule moves {underlying} only, got {instrument}; "
            "keep positions in other underlyings in an account of their own"
        )
    if isinstance(instrument, OptionContract):
        if instrument.exercise is Exercise.AMERICAN:
            raise ValueError(
                f"Derive lists European options only, got American {instrument}; "
                "take it out of the account or use a scenario rule"
            )
        if instrument.settlement is Settlement.INVERSE:
            raise ValueError(f"Derive settles in quote currency, got inverse {instrument}")
    elif isinstance(instrument, Perpetual):
        if instrument.settlement is Settlement.INVERSE:
            raise ValueError(f"Derive settles in quote currency, got inverse {instrument}")
    elif not isinstance(instrument, Asset) or held.quantity < 0.0:
        raise ValueError(f"Derive has no requirement for {held}; close it or use another rule")


def alive_options(revaluation: Revaluation, date_index: int) -> dict[datetime, list[int]]:
    """Indices of the contracts that are held and have not expired, by expiry."""
    groups: dict[datetime, list[int]] = defaultdict(list)
    alive = revaluation.curves[date_index].alive
    for index in np.flatnonzero(alive & (revaluation.units != 0.0)).tolist():
        groups[revaluation.contracts[index].expiry].append(index)
    return dict(sorted(groups.items()))


def _expiry_books(
    revaluation: Revaluation,
    marks: DeriveMarks,
    directions: Iterable[VolDirection],
    at: tuple[int, float],
) -> Iterator[ExpiryBook]:
    """The options of every expiry, at all directions of volatilities."""
    market, (date_index, vol_move) = revaluation.market, at
    groups = alive_options(revaluation, date_index)
    today = market.years(revaluation.dates[date_index])
    years = {expiry: market.years(expiry) - today for expiry in groups}
    rows = np.zeros((len(groups), revaluation.units.size))
    for row, (expiry, held) in zip(rows, groups.items(), strict=True):
        weight = venue_weight(revaluation, expiry, years[expiry], on=marks.discounting)
        row[held] = weight * revaluation.units[held]
    curves: dict[VolDirection, Sequence[PiecewiseCubic]] = {}
    for way in directions:
        if way.skewed:
            assert marks.skew is not None  # skew scenarios come with their parameters
            curves[way] = [
                skewed_value(revaluation, row, (expiry, marks.skew, way), at=at)
                for row, expiry in zip(rows, groups, strict=True)
            ]
        else:
            move = compounded(vol_move, marks.shocks.get(way, 0.0))
            curves[way] = revaluation.options(rows, date_index, move)
    confidence = _options_confidence(revaluation, marks.feeds)
    for index, (expiry, held) in enumerate(groups.items()):
        rate, _ = market.underlyings[revaluation.underlying].carry(expiry, market.asof)
        yield ExpiryBook(
            years=years[expiry],
            rate=rate,
            size=float(np.abs(revaluation.units[held]).sum()),
            naked=naked_shorts(_by_strike(revaluation, held)),
            confidence=confidence,
            ways={way: found[index] for way, found in curves.items()},
        )


def _by_strike(revaluation: Revaluation, held: Sequence[int]) -> dict[float, list[float]]:
    """Units of some contracts by strike."""
    strikes: dict[float, list[float]] = defaultdict(list)
    for index in held:
        strikes[vanilla(revaluation.contracts[index]).strike].append(
            float(revaluation.units[index])
        )
    return strikes


def _options_confidence(revaluation: Revaluation, feeds: Feeds) -> float:
    held = [feeds.perpetual] if any(perpetuals(revaluation)) else []
    return min([feeds.spot, feeds.options, *held])


def perpetuals(revaluation: Revaluation) -> list[Position]:
    positions = revaluation.account.positions
    return [held for held in positions if isinstance(held.instrument, Perpetual) and held.quantity]


def _pledged(revaluation: Revaluation, marks: DeriveMarks) -> Iterable[Pledged]:
    """Collateral and coin held, each with its haircut."""
    feeds = marks.feeds
    for asset, intercept, slope in _pledges(revaluation):
        if asset not in marks.haircuts:
            raise ValueError(
                f"the rule admits no {asset} as collateral; take it out of the account, or use a "
                f"rule that has a Haircut({asset!r}, ...)"
            )
        haircut = marks.haircuts[asset]
        yield Pledged(
            _line(revaluation, intercept / feeds.stable_price, slope / feeds.stable_price),
            haircut.maintenance,
            haircut.initial,
            haircut.cancelling,
            min(feeds.collateral, feeds.spot),
        )


def _pledges(revaluation: Revaluation) -> Iterable[tuple[str, float, float]]:
    """Name and value, ``intercept + slope S``, of each holding of an asset."""
    for held in revaluation.account.positions:
        if isinstance(held.instrument, Asset) and held.quantity:
            yield held.instrument.underlying, 0.0, held.quantity * held.multiplier
    for pledged in revaluation.account.collateral:
        if pledged.amount:
            yield (pledged.asset, *_collateral_line(revaluation, pledged))


def _collateral_line(revaluation: Revaluation, pledged: Collateral) -> tuple[float, float]:
    if pledged.price is not None:
        return pledged.amount * pledged.price, 0.0
    if pledged.asset == revaluation.underlying:
        return 0.0, pledged.amount
    return pledged.amount * revaluation.market.underlyings[pledged.asset].spot, 0.0


def settled_cash(revaluation: Revaluation, date_index: int) -> PiecewiseCubic:
    """Cash, profit of perpetuals, and the payoff of options that have expired."""
    living = perpetuals(revaluation)
    units = [held.quantity * held.multiplier for held in living]
    paid = sum(q * (held.entry_price or 0.0) for q, held in zip(units, living, strict=True))
    fixed = _line(revaluation, revaluation.account.cash - paid, sum(units))
    expired = np.where(revaluation.curves[date_index].alive, 0.0, revaluation.units)
    (payoff,) = revaluation.options(expired[None, :], date_index)
    return combine([1.0, 1.0], [fixed, payoff])


def _line(revaluation: Revaluation, intercept: float, slope: float) -> PiecewiseCubic:
    return line(intercept, slope, lowest=revaluation.lowest, highest=revaluation.highest)
