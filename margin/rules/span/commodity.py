"""Parameters of SPAN besides risk arrays: tiers, spreads, charges and minimum of a commodity."""

from dataclasses import dataclass
from enum import Enum
from math import inf

from margin import _check

__all__ = [
    "CalendarSpread",
    "Delivery",
    "InterSpread",
    "MonthTier",
    "OptionStyle",
    "ShortCount",
    "SpanCommodity",
    "SpreadLeg",
]


class OptionStyle(Enum):
    """How the options of a commodity are paid for."""

    PREMIUM = "premium"
    """At once, so that their value is set against the risk."""
    FUTURES = "futures"
    """Day by day, so that their value is in the balance already."""


class ShortCount(Enum):
    """Which short options the short-option minimum counts."""

    SUM = "sum"
    """Calls and puts together."""
    LARGER = "larger"
    """The larger number of the two."""


@dataclass(frozen=True, slots=True)
class MonthTier:
    """A run of contract months whose deltas are spread together.

    Attributes
    ----------
    number : int
        What the legs of spreads call it.
    first, last : int
        Months as 202703, both included.

    Examples
    --------
    >>> from margin.rules.span.charges import MonthTier
    >>> 202704 in MonthTier(1, 202703, 202705)
    True
    """

    number: int
    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 < self.first <= self.last:
            raise ValueError(f"tier {self.number} must ascend, got {self.first} to {self.last}")

    def __contains__(self, month: int) -> bool:
        return self.first <= month <= self.last


@dataclass(frozen=True, slots=True)
class SpreadLeg:
    """One leg of a spread.

    Attributes
    ----------
    of : int or str
        Number of a tier in a calendar spread, name of a commodity in a spread between them.
    ratio : float
        Deltas that one spread uses up.
    side : int
        1 or -1: legs of unlike sides need deltas of unlike signs.

    Examples
    --------
    >>> from margin.rules.span.charges import SpreadLeg
    >>> SpreadLeg(1, 1.0, 1).side
    1
    """

    of: int | str
    ratio: float
    side: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", _check.positive("ratio", self.ratio))
        if self.side not in (1, -1):
            raise ValueError(f"side must be 1 or -1, got {self.side!r}")


@dataclass(frozen=True, slots=True)
class CalendarSpread:
    """A spread between contract months, and what each costs.

    Attributes
    ----------
    legs : tuple of SpreadLeg
        Two or more, of tiers.
    charge : float
        Currency per spread.
    rate : float
        Share of the price of the underlying per spread, on top.

    Examples
    --------
    >>> from margin.rules.span.charges import CalendarSpread
    >>> CalendarSpread.between(1, 2, charge=60.0).legs[1].side
    -1
    """

    legs: tuple[SpreadLeg, ...]
    charge: float = 0.0
    rate: float = 0.0

    def __post_init__(self) -> None:
        _refuse_one_sided(self.legs)
        for name in ("charge", "rate"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))

    @classmethod
    def between(
        cls, first: int, second: int, *, charge: float = 0.0, rate: float = 0.0
    ) -> "CalendarSpread":
        """One delta of a tier against one of another, or of the same."""
        return cls((SpreadLeg(first, 1.0, 1), SpreadLeg(second, 1.0, -1)), charge, rate)


@dataclass(frozen=True, slots=True)
class InterSpread:
    """A spread between commodities, and the share of their price risk that it takes off.

    Attributes
    ----------
    legs : tuple of SpreadLeg
        Two or more, of commodities by name.
    credit : float
        Share of the price risk that is credited, from 0 to 1.

    Examples
    --------
    >>> from margin.rules.span.charges import InterSpread, SpreadLeg
    >>> InterSpread((SpreadLeg("A", 1.0, 1), SpreadLeg("B", 1.0, -1)), credit=0.6).credit
    0.6
    """

    legs: tuple[SpreadLeg, ...]
    credit: float

    def __post_init__(self) -> None:
        _refuse_one_sided(self.legs)
        object.__setattr__(self, "credit", _check.within("credit", self.credit, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a contract month near its delivery costs.

    Attributes
    ----------
    tier : int
        Tier that holds the month, and no other.
    spread_charge, outright_charge : float
        Currency per delta that a calendar spread has used, and per delta that is left.

    Examples
    --------
    >>> from margin.rules.span.charges import Delivery
    >>> Delivery(1, spread_charge=10.0, outright_charge=25.0).tier
    1
    """

    tier: int
    spread_charge: float = 0.0
    outright_charge: float = 0.0

    def __post_init__(self) -> None:
        for name in ("spread_charge", "outright_charge"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))


@dataclass(frozen=True, slots=True)
class SpanCommodity:
    """All parameters of one combined commodity besides its risk arrays.

    Attributes
    ----------
    name : str
        What spreads between commodities call it.
    tiers : tuple of MonthTier
        For calendar spreads; a month that is in none is not spread.
    calendar : tuple of CalendarSpread
        In the order of their priority.
    deliveries : tuple of Delivery
        Months near delivery.
    short_option_minimum : float
        Currency per short option.
    short_option_rate : float
        Share of the price of the underlying per short option, on top.
    short_count : ShortCount
        Which short options count.
    style : OptionStyle
        How options are paid for.
    initial_factor : float
        Initial risk as a multiple of the maintenance risk, at least 1.  Option value is not
        multiplied.
    currency : str
        Of all amounts; "" if it is not said.

    Raises
    ------
    ValueError
        If a number is out of its range, or a spread or delivery names a tier that is not there.

    Examples
    --------
    >>> from margin.rules.span.charges import CalendarSpread, MonthTier, SpanCommodity
    >>> tiers = MonthTier(1, 202703, 202703), MonthTier(2, 202706, 202706)
    >>> SpanCommodity("A", tiers, (CalendarSpread.between(1, 2, charge=60.0),)).initial_factor
    1.0
    """

    name: str
    tiers: tuple[MonthTier, ...] = ()
    calendar: tuple[CalendarSpread, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    short_option_minimum: float = 0.0
    short_option_rate: float = 0.0
    short_count: ShortCount = ShortCount.SUM
    style: OptionStyle = OptionStyle.PREMIUM
    initial_factor: float = 1.0
    currency: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _check.text("name", self.name))
        for name in ("short_option_minimum", "short_option_rate"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))
        factor = _check.within("initial_factor", self.initial_factor, 1.0, inf)
        object.__setattr__(self, "initial_factor", factor)
        known = {tier.number for tier in self.tiers}
        named = {leg.of for spread in self.calendar for leg in spread.legs}
        missing = sorted(map(str, (named | {each.tier for each in self.deliveries}) - known))
        if missing:
            raise ValueError(f"tiers of {self.name} must hold {', '.join(missing)}")


def _refuse_one_sided(legs: tuple[SpreadLeg, ...]) -> None:
    """Refuse a spread whose legs do not stand against each other."""
    if {leg.side for leg in legs} != {1, -1}:
        raise ValueError("legs of a spread must have both sides, 1 and -1")
