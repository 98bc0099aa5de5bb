"""The fields of a native account file, one model for each kind of map.

Every field describes what it accepts; the description completes the sentence "use ..." when
something else was given.
"""

from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from margin.files.explain import LARGEST
from margin.files.moments import END_OF_DAY, moment, time_of_day

__all__ = [
    "DEFAULT_RULE",
    "BarrierEntry",
    "CarryEntry",
    "ClaimEntry",
    "CollateralEntry",
    "DividendEntry",
    "Entries",
    "Entry",
    "ForwardEntry",
    "FutureEntry",
    "Header",
    "HoldingEntry",
    "Name",
    "Number",
    "OptionEntry",
    "PayoffEntry",
    "PerpetualEntry",
    "Share",
    "SpotEntry",
    "UnderlyingEntry",
    "VolEntry",
]


DEFAULT_RULE = "ten_point_equity"
"""The rule of a file that names none."""


def _word(value: object) -> object:
    """A name may be a number in the file, and fits into a line."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and not value.isprintable():
        raise ValueError("must be printable")
    return value.strip() if isinstance(value, str) else value


def _lower(value: object) -> object:
    """A keyword may be in capitals."""
    return value.strip().lower() if isinstance(value, str) else value


def _right(value: object) -> object:
    """``c`` and ``p`` are short for call and put."""
    return {"c": "call", "p": "put"}.get(str(value).strip().lower(), _lower(value))


def _bounded(value: float) -> float:
    """A number whose products with others stay finite."""
    if abs(value) > LARGEST:
        raise ValueError(f"must be at most {LARGEST:g}")
    return value


Number = Annotated[float, AfterValidator(_bounded), Field(description="a finite number")]
Positive = Annotated[
    float, AfterValidator(_bounded), Field(gt=0.0, description="a positive number")
]
Yearly = Annotated[
    float, Field(ge=-1.0, le=1.0, description="a decimal per year, such as 0.04 for 4 %")
]
Share = Annotated[float, Field(ge=0.0, le=1.0, description="a decimal from 0 to 1")]
Name = Annotated[
    str, BeforeValidator(_word), Field(min_length=1, max_length=100, description="a short text")
]
Moment = Annotated[
    date,
    PlainValidator(moment),
    Field(description="a date such as 2027-01-15, or an instant such as 2027-01-15T21:00Z"),
]
RightWord = Annotated[
    Literal["call", "put"], BeforeValidator(_right), Field(description='"call" or "put"')
]
StyleWord = Annotated[
    Literal["american", "european"],
    BeforeValidator(_lower),
    Field(description='"american" or "european"'),
]
SettleWord = Annotated[
    Literal["cash", "physical", "inverse"],
    BeforeValidator(_lower),
    Field(description='"cash", "physical" or "inverse"'),
]
NotNegative = Annotated[
    float, AfterValidator(_bounded), Field(ge=0.0, description="a number, not negative")
]
KnockWord = Annotated[
    Literal["in", "out"], BeforeValidator(_lower), Field(description='"in" or "out"')
]
PaidWord = Annotated[
    Literal["at hit", "at expiry"],
    BeforeValidator(_lower),
    Field(description='"at hit" or "at expiry"'),
]
PaysWord = Annotated[
    Literal["cash", "asset"], BeforeValidator(_lower), Field(description='"cash" or "asset"')
]
Entries = Annotated[list[Any], Field(description="a list")]
Numbers = Annotated[list[Number], Field(description="a list of finite numbers")]
Moments = Annotated[list[Moment], Field(description="a list of dates or instants")]


class Entry(BaseModel):
    """A map of the file: no field but those stated, no text for a number, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Header(Entry):
    """The account file itself; what its lists and maps hold is read by the other models."""

    version: Literal[1] = Field(alias="schema", description="1, the version of this file format")
    account: Name | None = None
    currency: Name = Field(
        description="the quote currency, such as USD, or the name of the coin for a coin account"
    )
    asof: Moment
    expiry_time: Annotated[time, PlainValidator(time_of_day)] = Field(
        END_OF_DAY, description='a time of day in UTC such as "08:00"'
    )
    cash: Number
    rate: Yearly = 0.0
    vol_unit: Annotated[Literal["decimal", "percent"], BeforeValidator(_lower)] = Field(
        "decimal", description='"decimal" or "percent"'
    )
    underlyings: dict[str, Any] = Field(
        min_length=1, description="a map of each underlying's name to its spot and carry"
    )
    positions: Entries
    collateral: Entries = Field(default_factory=list)
    rules: Any = DEFAULT_RULE


class UnderlyingEntry(Entry):
    """One entry of ``underlyings``."""

    spot: Positive
    vol: Any = None
    rate: Yearly | None = None
    div_yield: Yearly | None = None
    forwards: Entries = Field(default_factory=list)
    curve: Entries = Field(default_factory=list)
    dividends: Entries = Field(default_factory=list)


class VolEntry(Entry):
    """One volatility of an underlying, by expiry and strike."""

    expiry: Moment
    strike: Positive
    vol: Positive


class ForwardEntry(Entry):
    """One forward of an underlying."""

    expiry: Moment
    forward: Positive


class CarryEntry(Entry):
    """Rate and yield of an underlying to one date; short dates may have large ones."""

    expiry: Moment
    rate: Number
    div_yield: Number


class DividendEntry(Entry):
    """One dividend of an underlying."""

    date: Moment
    cash: NotNegative = 0.0
    share: Share = 0.0


class HoldingEntry(Entry):
    """What every position states."""

    kind: str
    underlying: Name
    quantity: Number = Field(description="a signed number of contracts, short is negative")


class OptionEntry(HoldingEntry):
    """A position in an option."""

    multiplier: Positive = Field(
        description="a positive number of units per contract, 100 for a listed equity option"
    )
    right: RightWord
    strike: Positive
    expiry: Moment
    style: StyleWord | None = None
    settle: SettleWord | None = None
    vol: Positive | None = None
    mark_price: Positive | None = None


class BarrierEntry(Entry):
    """The barrier of a claim."""

    lower: Positive | None = None
    upper: Positive | None = None
    knock: KnockWord
    rebate: NotNegative = 0.0
    paid: PaidWord = "at hit"
    dates: Moments = Field(default_factory=list)
    touched: bool = Field(False, description="true or false")


class ClaimEntry(HoldingEntry):
    """A position in a claim: vanilla by right and strike, digital, or a payoff piece by piece."""

    multiplier: Positive = Field(description="a positive number of units per contract")
    expiry: Moment
    right: RightWord | None = None
    strike: Positive | None = None
    pays: PaysWord | None = None
    cash: Positive = 1.0
    payoff: Any = None
    style: StyleWord = "european"
    exercise_dates: Moments = Field(default_factory=list)
    barrier: Any = None
    settle: SettleWord = "cash"
    vol: Positive


class PayoffEntry(Entry):
    """A payoff of straight pieces."""

    kinks: Numbers = Field(default_factory=list)
    intercepts: Numbers
    slopes: Numbers


class FutureEntry(HoldingEntry):
    """A position in a future."""

    multiplier: Positive = Field(
        description="a positive number of units per contract (inverse: quote currency)"
    )
    expiry: Moment
    entry_price: Positive
    settle: SettleWord = "cash"


class PerpetualEntry(HoldingEntry):
    """A position in a perpetual."""

    multiplier: Positive = Field(
        description="a positive number of units per contract (inverse: quote currency)"
    )
    entry_price: Positive
    settle: SettleWord = "cash"


class SpotEntry(HoldingEntry):
    """A holding of the underlying itself."""

    multiplier: Positive = 1.0


class CollateralEntry(Entry):
    """One entry of ``collateral``."""

    asset: Name
    amount: Number = Field(ge=0.0, description="a number of units, not negative")
    haircut: Share = 0.0
    price: Positive | None = None
