"""What an account can hold: options, claims, futures, perpetuals and the underlying itself.

An instrument is a contract without quantity or sign; those belong to `margin.Position`.
"""

from dataclasses import dataclass
from datetime import datetime

from margin import _check
from margin.claim_contract import ClaimContract
from margin.settlement import Settlement
from pdesolve import Exercise, Right

__all__ = [
    "Asset",
    "Future",
    "Instrument",
    "OptionContract",
    "Perpetual",
    "Settlement",
    "Solvable",
]


@dataclass(frozen=True, slots=True)
class OptionContract:
    """A vanilla option on one unit of an underlying.

    Attributes
    ----------
    underlying : str
        Name of the underlying, as in the market.
    right : Right
        Call or put.
    strike : float
        Strike in quote currency.
    expiry : datetime
        The instant of expiry, kept in UTC.
    exercise : Exercise
        European or American.
    settlement : Settlement
        How the contract pays.

    Raises
    ------
    ValueError
        If the strike is not positive and finite, the expiry has no time zone, or a field is of
        another type.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from pdesolve import Exercise, Right
    >>> from margin.instrument import OptionContract, Settlement
    >>> expiry = datetime(2026, 3, 27, 8, tzinfo=UTC)
    >>> put = OptionContract(
    ...     "BTC", Right.PUT, 80_000, expiry, Exercise.EUROPEAN, Settlement.INVERSE
    ... )
    >>> print(put)
    BTC 2026-03-27 80000 put
    """

    underlying: str
    right: Right
    strike: float
    expiry: datetime
    exercise: Exercise
    settlement: Settlement = Settlement.CASH

    def __post_init__(self) -> None:
        object.__setattr__(self, "underlying", _check.text("underlying", self.underlying))
        _check.instance("right", self.right, Right)
        object.__setattr__(self, "strike", _check.positive("strike", self.strike))
        object.__setattr__(self, "expiry", _check.instant("expiry", self.expiry))
        _check.instance("exercise", self.exercise, Exercise)
        _check.instance("settlement", self.settlement, Settlement)

    def __str__(self) -> str:
        strike = repr(self.strike).removesuffix(".0")
        return f"{self.underlying} {self.expiry:%Y-%m-%d} {strike} {self.right.name.lower()}"


@dataclass(frozen=True, slots=True)
class Future:
    """A dated future on one unit of an underlying, valued off its forward.

    Attributes
    ----------
    underlying : str
        Name of the underlying.
    expiry : datetime
        The instant of expiry, kept in UTC.
    settlement : Settlement
        How the contract pays; an inverse future is denominated in quote currency and pays coin.

    Raises
    ------
    ValueError
        If the expiry has no time zone, or a field is of another type.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.instrument import Future
    >>> print(Future("ES", datetime(2027, 3, 19, 13, 30, tzinfo=UTC)))
    ES 2027-03-19 future
    """

    underlying: str
    expiry: datetime
    settlement: Settlement = Settlement.CASH

    def __post_init__(self) -> None:
        object.__setattr__(self, "underlying", _check.text("underlying", self.underlying))
        object.__setattr__(self, "expiry", _check.instant("expiry", self.expiry))
        _check.instance("settlement", self.settlement, Settlement)

    def __str__(self) -> str:
        return f"{self.underlying} {self.expiry:%Y-%m-%d} future"


@dataclass(frozen=True, slots=True)
class Perpetual:
    """A future without expiry, valued at spot.

    Attributes
    ----------
    underlying : str
        Name of the underlying.
    settlement : Settlement
        How the contract pays; an inverse perpetual is denominated in quote currency and pays
        coin.

    Raises
    ------
    ValueError
        If a field is of another type.

    Examples
    --------
    >>> from margin.instrument import Perpetual, Settlement
    >>> print(Perpetual("BTC", Settlement.INVERSE))
    BTC perpetual
    """

    underlying: str
    settlement: Settlement = Settlement.CASH

    def __post_init__(self) -> None:
        object.__setattr__(self, "underlying", _check.text("underlying", self.underlying))
        _check.instance("settlement", self.settlement, Settlement)

    def __str__(self) -> str:
        return f"{self.underlying} perpetual"


@dataclass(frozen=True, slots=True)
class Asset:
    """One unit of an underlying itself: a share, a coin.

    Attributes
    ----------
    underlying : str
        Name of the underlying.

    Raises
    ------
    ValueError
        If the name is empty.

    Examples
    --------
    >>> from margin.instrument import Asset
    >>> print(Asset("AAPL"))
    AAPL
    """

    underlying: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "underlying", _check.text("underlying", self.underlying))

    def __str__(self) -> str:
        return self.underlying


Solvable = OptionContract | ClaimContract
"""What is solved on a grid, and has a volatility."""

Instrument = Solvable | Future | Perpetual | Asset
"""Whatever a position can be in."""
