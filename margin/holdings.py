"""What an account holds, as units of options and as straight lines in the spot."""

from dataclasses import dataclass
from datetime import datetime
from math import exp

from margin.account import Account, Collateral, Position
from margin.instrument import Asset, Future, OptionContract, Settlement
from margin.market import Market

__all__ = ["Line", "fixed_line", "moving_line", "option_units"]


@dataclass(frozen=True, slots=True)
class Line:
    """``intercept + slope * spot``, in quote currency."""

    intercept: float = 0.0
    slope: float = 0.0

    def plus(self, other: "Line", times: float = 1.0) -> "Line":
        """Return the sum of this line and so many times the other."""
        return Line(self.intercept + times * other.intercept, self.slope + times * other.slope)

    def at(self, spot: float) -> "Line":
        """The level line of this line's value at a spot."""
        return Line(self.intercept + self.slope * spot)


def option_units(account: Account, underlying: str) -> dict[OptionContract, float]:
    """Signed units of the underlying held through each option on it.

    Raises
    ------
    ValueError
        If the account holds options on another underlying, which has no curve against this spot.
    """
    units: dict[OptionContract, float] = {}
    for position in account.positions:
        contract = position.instrument
        if not isinstance(contract, OptionContract):
            continue
        if contract.underlying != underlying:
            raise ValueError(
                f"options must be on {underlying}, whose spot moves, got {contract}; "
                "keep options on other underlyings in an account of their own"
            )
        held = units.get(contract, 0.0)
        units[contract] = held + position.quantity * position.multiplier
    return units


def moving_line(account: Account, market: Market, underlying: str, date: datetime) -> Line:
    """Living futures, perpetuals, holdings and coin in the underlying, at a date."""
    total = Line()
    for position in account.positions:
        if position.instrument.underlying == underlying and not _expired(position, date):
            total = total.plus(_position_line(position, market, date))
    coin = account.cash if account.currency == underlying else 0.0
    for pledged in account.collateral:
        if pledged.price is None and pledged.asset == underlying:
            coin += _eligible(pledged)
        elif pledged.price is not None and account.currency == underlying:
            coin += _eligible(pledged) * pledged.price
    return total.plus(Line(slope=coin))


def fixed_line(account: Account, market: Market, underlying: str, date: datetime) -> Line:
    """Cash, collateral of fixed price, other underlyings at their marks, and expired futures."""
    in_coin = account.currency == underlying
    total = Line(0.0 if in_coin else account.cash)
    for position in account.positions:
        name = position.instrument.underlying
        if name != underlying:
            marked = _position_line(position, market, market.asof)
            total = total.plus(marked.at(market.underlyings[name].spot))
        elif _expired(position, date):
            total = total.plus(_position_line(position, market, date))
    for pledged in account.collateral:
        if pledged.price is None and pledged.asset != underlying:
            total = total.plus(Line(_eligible(pledged) * market.underlyings[pledged.asset].spot))
        elif pledged.price is not None and not in_coin:
            total = total.plus(Line(_eligible(pledged) * pledged.price))
    return total


def _position_line(position: Position, market: Market, date: datetime) -> Line:
    """Value of a position against its own spot; nothing for an option."""
    instrument, held = position.instrument, position.quantity * position.multiplier
    if isinstance(instrument, OptionContract):
        return Line()
    if isinstance(instrument, Asset):
        return Line(slope=held)
    growth = _growth(instrument, market, date) if isinstance(instrument, Future) else 1.0
    entry = position.entry_price
    assert entry is not None  # a position checks that
    if instrument.settlement is Settlement.INVERSE:  # coin of 1/entry - 1/forward, times spot
        return Line(-held / growth, held / entry)
    return Line(-held * entry, held * growth)


def _growth(future: Future, market: Market, date: datetime) -> float:
    """Forward over spot at a date, ``exp((rate - yield) T)``; 1 from expiry on."""
    left = max(market.years(future.expiry) - market.years(date), 0.0)
    rate, dividend_yield = market.underlyings[future.underlying].carry(future.expiry, market.asof)
    return exp((rate - dividend_yield) * left)


def _expired(position: Position, date: datetime) -> bool:
    instrument = position.instrument
    return isinstance(instrument, Future) and instrument.expiry <= date


def _eligible(pledged: Collateral) -> float:
    """Units of collateral that count after the haircut."""
    return pledged.amount * (1.0 - pledged.haircut)
