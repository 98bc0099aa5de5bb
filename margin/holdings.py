"""What an account holds, as units of options and as straight lines in the spot."""

from dataclasses import dataclass
from datetime import datetime

from margin.account import Account, Collateral, Position
from margin.dividends import forward_line, paid_line
from margin.instrument import Asset, Future, Settlement, Solvable
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


def option_units(account: Account, underlying: str) -> dict[Solvable, float]:
    """Signed units of the underlying held through each option and claim on it.

    Raises
    ------
    ValueError
        If the account holds options on another underlying, which has no curve against this spot.
    """
    units: dict[Solvable, float] = {}
    for position in account.positions:
        contract = position.instrument
        if not isinstance(contract, Solvable):
            continue
        if contract.underlying != underlying:
            raise ValueError(
                f"options must be on {underlying}, whose spot moves, got {contract}; for several "
                "underlyings use thresholds_along or plane_map (--along or --plane)"
            )
        held = units.get(contract, 0.0)
        units[contract] = held + position.quantity * position.multiplier
    return units


def moving_line(account: Account, market: Market, underlying: str, date: datetime) -> Line:
    """Living futures, perpetuals, holdings and coin in the underlying, at a date."""
    total = Line()
    for position in _straight(account):
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
    """What a shock of the spot leaves alone, at a date.

    Cash, dividends that holdings have been paid, collateral of fixed price, other underlyings at
    their marks, and expired futures.
    """
    in_coin = account.currency == underlying
    total = Line(0.0 if in_coin else account.cash)
    total = total.plus(_paid(account, market, underlying, date))
    for position in _straight(account):
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


def _straight(account: Account) -> list[Position]:
    """Positions that are worth a straight line in the spot: all but options and claims."""
    return [each for each in account.positions if not isinstance(each.instrument, Solvable)]


def _paid(account: Account, market: Market, underlying: str, date: datetime) -> Line:
    """What units held have been paid in dividends until a date; units that are short have paid."""
    gone = [
        each for each in market.underlyings[underlying].dividends if market.asof < each.date <= date
    ]
    if not gone:
        return Line()
    units = account.cash if account.currency == underlying else 0.0
    for position in account.positions:
        if position.instrument == Asset(underlying):
            units += position.quantity * position.multiplier
    for pledged in account.collateral:
        if pledged.price is None and pledged.asset == underlying:
            units += pledged.amount
    return Line().plus(Line(*paid_line(gone)), units)


def _position_line(position: Position, market: Market, date: datetime) -> Line:
    """Value of a position against its own spot."""
    instrument, held = position.instrument, position.quantity * position.multiplier
    if isinstance(instrument, Asset):
        return Line(slope=held)
    future = (
        _forward(instrument, market, date) if isinstance(instrument, Future) else Line(0.0, 1.0)
    )
    entry = position.entry_price
    assert entry is not None  # a position checks that
    if instrument.settlement is not Settlement.INVERSE:
        return Line(held * (future.intercept - entry), held * future.slope)
    if future.intercept:
        raise ValueError(
            f"{instrument} is inverse, which needs a forward in proportion to the spot; state the "
            f"dividends of {instrument.underlying} as shares"
        )
    # coin of 1/entry - 1/forward, times spot
    return Line(-held / future.slope, held / entry)


def _forward(future: Future, market: Market, date: datetime) -> Line:
    """Forward against spot at a date; the spot itself from expiry on."""
    if date >= future.expiry:
        return Line(0.0, 1.0)
    underlying = market.underlyings[future.underlying]
    rate, dividend_yield = underlying.carry(future.expiry, market.asof)
    growth = rate - dividend_yield
    return Line(*forward_line(underlying.dividends, date, future.expiry, growth=growth))


def _expired(position: Position, date: datetime) -> bool:
    instrument = position.instrument
    return isinstance(instrument, Future) and instrument.expiry <= date


def _eligible(pledged: Collateral) -> float:
    """Units of collateral that count after the haircut."""
    return pledged.amount * (1.0 - pledged.haircut)
