"""The market at one instant: spots, rates, yields and implied volatilities."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from margin import _check
from margin.carry import Carry, years_between
from margin.claim_contract import ClaimContract
from margin.dividends import Dividend
from margin.instrument import OptionContract, Solvable

__all__ = ["HIGHEST_VOLATILITY", "Market", "Underlying", "VolatilitySurface"]

HIGHEST_VOLATILITY = 5.0
"""A volatility above 500 % is taken for one that was written in percent."""


@dataclass(frozen=True, slots=True)
class Underlying:
    """An underlying now: its spot, and the carry to every date.

    Attributes
    ----------
    spot : float
        Price now, in quote currency.
    rate, dividend_yield : float
        Continuously compounded per year; they hold for every date if there is no curve.
    curve : tuple of Carry
        Carry to single dates, kept in the order of their dates.
    dividends : tuple of Dividend
        What it pays on dates besides the yield, kept in their order; those in the past do not
        matter.

    Raises
    ------
    ValueError
        If the spot is not positive, a number is not finite, or two dates of the curve or of the
        dividends are equal.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.carry import Carry
    >>> from margin.market import Underlying
    >>> near, far = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
    >>> index = Underlying(6_900.0, curve=(Carry(near, 0.04, 0.012), Carry(far, 0.039, 0.013)))
    >>> index.carry(near, asof=datetime(2026, 11, 20, tzinfo=UTC))
    (0.04, 0.012)
    """

    spot: float
    rate: float = 0.0
    dividend_yield: float = 0.0
    curve: tuple[Carry, ...] = ()
    dividends: tuple[Dividend, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "spot", _check.positive("spot", self.spot))
        object.__setattr__(self, "rate", _check.finite("rate", self.rate))
        dividend_yield = _check.finite("dividend_yield", self.dividend_yield)
        object.__setattr__(self, "dividend_yield", dividend_yield)
        for index, carry in enumerate(self.curve):
            _check.instance(f"curve[{index}]", carry, Carry)
        curve = tuple(sorted(self.curve, key=lambda carry: carry.expiry))
        for earlier, later in pairwise(curve):
            if earlier.expiry == later.expiry:
                raise ValueError(f"curve must hold a date once, got {later.expiry} twice")
        object.__setattr__(self, "curve", curve)
        for index, dividend in enumerate(self.dividends):
            _check.instance(f"dividends[{index}]", dividend, Dividend)
        dividends = tuple(sorted(self.dividends, key=lambda dividend: dividend.date))
        for first, second in pairwise(dividends):
            if first.date == second.date:
                raise ValueError(f"dividends must hold a date once, got {second.date} twice")
        object.__setattr__(self, "dividends", dividends)

    def paying(self, start: datetime, end: datetime) -> tuple[Dividend, ...]:
        """The dividends whose ex-date lies after a start and before an end, ascending."""
        return tuple(each for each in self.dividends if start < each.date < end)

    def refuse_dividends(self, start: datetime, end: datetime, *, what: str) -> None:
        """Refuse what has no forward in proportion to the spot.

        Parameters
        ----------
        start, end : datetime
            Between which a dividend is refused.
        what : str
            What cannot be done with one.

        Raises
        ------
        ValueError
            If an ex-date lies between.
        """
        paying = self.paying(start, end)
        if paying:
            raise ValueError(
                f"{what} needs a forward in proportion to the spot, got a dividend of {paying[0]}; "
                "state a dividend yield instead"
            )

    def carry(self, expiry: datetime, asof: datetime) -> tuple[float, float]:
        """Rate and dividend yield from now to a date.

        Exact at the dates of the curve.  Between them ``rate * T`` and ``dividend_yield * T``
        are linear in ``T``; before the first and after the last date the rate and the yield
        themselves stay as they are there.

        Parameters
        ----------
        expiry : datetime
            The date.
        asof : datetime
            Now.

        Returns
        -------
        tuple of float
            Rate and dividend yield, continuously compounded per year.

        Raises
        ------
        ValueError
            If a date of the curve is not after ``asof``.
        """
        if not self.curve:
            return self.rate, self.dividend_yield
        self.refuse_past_dates(asof)
        later = bisect_left(self.curve, expiry, key=lambda carry: carry.expiry)
        right = self.curve[min(later, len(self.curve) - 1)]
        if later == 0 or later == len(self.curve) or right.expiry == expiry:
            return right.rate, right.dividend_yield
        left = self.curve[later - 1]
        start, years, end = (years_between(asof, at) for at in (left.expiry, expiry, right.expiry))
        near = start / years * (end - years) / (end - start)
        far = 1.0 - near  # what rate * T linear in T leaves to the later date
        return (
            near * left.rate + far * right.rate,
            near * left.dividend_yield + far * right.dividend_yield,
        )

    def refuse_past_dates(self, asof: datetime) -> None:
        """Refuse a curve that does not lie in the future.

        Parameters
        ----------
        asof : datetime
            Now.

        Raises
        ------
        ValueError
            If a date of the curve is not after ``asof``.
        """
        if self.curve and self.curve[0].expiry <= asof:
            raise ValueError(
                f"curve must begin after asof {asof}, got {self.curve[0].expiry}; remove that date"
            )


class VolatilitySurface(Protocol):
    """Implied volatility at every strike and expiry, such as a `margin.SmileSurface`."""

    def volatility(self, strike: float, years: float) -> Any:
        """Implied volatility, a decimal per root year.

        Parameters
        ----------
        strike : float
            In quote currency.
        years : float
            Years of 365 days to the expiry.
        """


@dataclass(frozen=True, slots=True)
class Market:
    """Everything that prices an account, at one instant.

    Attributes
    ----------
    asof : datetime
        The instant, kept in UTC.
    underlyings : mapping of str to Underlying
        Spot and carry by name.
    vols : mapping of OptionContract or ClaimContract to float
        Implied volatility of each contract, a decimal per root year.
    smiles : mapping of str to VolatilitySurface
        By the name of the underlying, for contracts that have no volatility of their own.

    Raises
    ------
    ValueError
        If a volatility is not positive, or so large that it looks like percent; or a contract or
        a smile is on an underlying that is not there.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from pdesolve import Exercise, Right
    >>> from margin.instrument import OptionContract
    >>> from margin.market import Market, Underlying
    >>> now, expiry = datetime(2026, 11, 20, 21, tzinfo=UTC), datetime(2027, 2, 1, 21, tzinfo=UTC)
    >>> put = OptionContract("AAPL", Right.PUT, 250.0, expiry, Exercise.AMERICAN)
    >>> market = Market(now, {"AAPL": Underlying(268.0, rate=0.04)}, {put: 0.31})
    >>> market.years(expiry), market.volatility(put)
    (0.2, 0.31)
    """

    asof: datetime
    underlyings: Mapping[str, Underlying]
    vols: Mapping[OptionContract, float] | Mapping[Solvable, float]
    smiles: Mapping[str, VolatilitySurface] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "asof", _check.instant("asof", self.asof))
        object.__setattr__(self, "underlyings", dict(self.underlyings))
        for name, underlying in self.underlyings.items():
            _check.instance(f"underlyings[{name!r}]", underlying, Underlying)
            underlying.refuse_past_dates(self.asof)
        vols = {contract: _volatility(contract, vol) for contract, vol in self.vols.items()}
        object.__setattr__(self, "vols", vols)
        object.__setattr__(self, "smiles", dict(self.smiles))
        named = {contract.underlying for contract in vols} | set(self.smiles)
        missing = named - set(self.underlyings)
        if missing:
            raise ValueError(f"underlyings must hold {', '.join(sorted(missing))}")

    def volatility(self, contract: Solvable) -> float:
        """Implied volatility of a contract.

        Parameters
        ----------
        contract : OptionContract or ClaimContract
            The contract.

        Returns
        -------
        float
            A decimal per root year: its own, or else that of the smile of its underlying.

        Raises
        ------
        ValueError
            If there is none for this contract.
        """
        vols: Mapping[Any, float] = self.vols
        if contract in vols:
            return vols[contract]
        if isinstance(contract, ClaimContract):
            raise ValueError(
                f"the market has no volatility for {contract!s}, which no smile gives for want of "
                "a strike; give one in vols"
            )
        if contract.underlying not in self.smiles:
            raise ValueError(
                f"the market has no volatility for {contract!s} "
                f"({contract.exercise.name.lower()}, {contract.settlement.value}, "
                f"expiry {contract.expiry:%Y-%m-%d %H:%M} UTC); "
                "give one in vols, or solve it from the mark with volatilities_from_marks"
            )
        smile = self.smiles[contract.underlying]
        return _volatility(
            contract, float(smile.volatility(contract.strike, self.years(contract.expiry)))
        )

    def years(self, date: datetime) -> float:
        """Years of 365 days from now to a date, to the second and finer.

        Parameters
        ----------
        date : datetime
            A date that knows its time zone.

        Returns
        -------
        float
            Years, negative for a date in the past.
        """
        return years_between(self.asof, _check.instant("date", date))


def _volatility(contract: Solvable, volatility: float) -> float:
    """The volatility, if it is one."""
    if not isinstance(contract, Solvable):
        raise ValueError(
            f"contract must be of type OptionContract or ClaimContract, got {contract!r}"
        )
    volatility = _check.positive(f"volatility of {contract}", volatility)
    if volatility > HIGHEST_VOLATILITY:
        raise ValueError(
            f"volatility of {contract} must be at most {HIGHEST_VOLATILITY:g}, got {volatility!r}, "
            f"which looks like percent; write {volatility / 100.0:g}"
        )
    return volatility
