"""What a file of a venue, a broker or a spreadsheet says of an account, gaps and all."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from statistics import median

from margin.account import Collateral
from margin.files.errors import Report
from margin.files.readers.notes import Notes
from margin.instrument import Settlement
from margin.rules import Rule
from pdesolve import Exercise, Right

__all__ = ["Draft", "Kind", "Leg", "PriceSource"]


class Kind(Enum):
    """What a position is in."""

    OPTION = "option"
    FUTURE = "future"
    PERPETUAL = "perpetual"
    SPOT = "spot"


class PriceSource(Enum):
    """Where the price of an underlying stands in a file, the best first."""

    STATED = ""
    PERPETUAL = "the mark of its perpetual"
    FUTURE = "the mark of its nearest future"
    FORWARD = "its nearest forward"
    ENTRY = "the price at which it was entered"


@dataclass(frozen=True, slots=True)
class Leg:
    """A position as a file states it; None where the file says nothing.

    Attributes
    ----------
    report : Report
        Where it stands.
    kind : Kind
        What it is in.
    underlying : str
        Name of the underlying.
    quantity : float
        Signed contracts; a quote without a position has none.
    multiplier : float or None
        Units per contract; quote currency per contract for inverse futures.
    right, strike, expiry, style, settle
        Of the contract; an expiry may lack its time of day.
    mark : float or None
        Price per unit, in quote currency; in coin for an inverse option.
    vol : float or None
        A decimal per root year.
    entry : float or None
        Price from which the profit of a future counts.
    """

    report: Report
    kind: Kind
    underlying: str
    quantity: float
    multiplier: float | None = None
    right: Right | None = None
    strike: float | None = None
    expiry: date | None = None
    style: Exercise | None = None
    settle: Settlement | None = None
    mark: float | None = None
    vol: float | None = None
    entry: float | None = None


@dataclass(slots=True)
class Draft:
    """What a file says of an account; a reader fills it, `assembled` makes the account of it.

    Attributes
    ----------
    format : str
        What the file is, such as ``Deribit``.
    report : Report
        Grows by what is wrong.
    notes : Notes
        Grows by what is taken for granted.
    legs : list of Leg
        What is held.
    quotes : list of Leg
        Contracts that are quoted and not held.
    prices : dict
        Prices of underlyings by name and source; several count as their median.
    forwards : dict
        Forwards by name and expiry; several count as their median.
    collateral : list of Collateral
        What is pledged.
    name, currency, asof, cash, rule
        Of the account.
    equity : float or None
        With the profit of futures but not the value of options, in the place of ``cash``.
    rate, dividend_yield : float or None
        For all underlyings, per year.
    """

    format: str
    report: Report = field(default_factory=Report)
    notes: Notes = field(default_factory=Notes)
    legs: list[Leg] = field(default_factory=list)
    quotes: list[Leg] = field(default_factory=list)
    prices: dict[str, dict[PriceSource, list[float]]] = field(default_factory=dict)
    forwards: dict[tuple[str, datetime], list[float]] = field(default_factory=dict)
    collateral: list[Collateral] = field(default_factory=list)
    name: str | None = None
    currency: str | None = None
    asof: datetime | None = None
    cash: float | None = None
    equity: float | None = None
    rule: Rule | None = None
    rate: float | None = None
    dividend_yield: float | None = None

    def price(
        self, name: str, value: float | None, source: PriceSource = PriceSource.STATED
    ) -> None:
        """Note a price of an underlying, if there is one."""
        if value is not None:
            self.prices.setdefault(name, {}).setdefault(source, []).append(value)

    def stated_price(self, name: str) -> float | None:
        """Median price of an underlying from the best source that has one."""
        prices = self.prices.get(name, {})
        return next((median(prices[source]) for source in PriceSource if source in prices), None)

    def forward(self, name: str, expiry: datetime, value: float | None) -> None:
        """Note a forward of an underlying, if there is one."""
        if value is not None:
            self.forwards.setdefault((name, expiry), []).append(value)

    def known(self, day: date | None) -> None:
        """Note an instant at which the file was true; the last one counts."""
        if isinstance(day, datetime) and (self.asof is None or day > self.asof):
            self.asof = day
