"""Implied volatilities of the contracts of an account from their marks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, isfinite

import numpy as np
from numpy.typing import NDArray

import pdesolve
from margin import _check
from margin.carry import years_between
from margin.instrument import OptionContract, Settlement
from margin.market import HIGHEST_VOLATILITY, Market, Underlying
from margin.marks_with_dividends import Unattainable, volatility_with_dividends
from margin.solved_alone import together
from pdesolve import Exercise

__all__ = ["volatilities_from_marks"]


def volatilities_from_marks(
    marks: Mapping[OptionContract, float],
    asof: datetime,
    underlyings: Mapping[str, Underlying],
) -> dict[OptionContract, float]:
    """Implied volatility of every contract from its price.

    European contracts invert the closed form, American ones the solver, and those whose life holds
    an ex-date the solver with the dividends on their dates.

    Parameters
    ----------
    marks : mapping of OptionContract to float
        Price per unit of the underlying: in quote currency, or in coin if the contract is
        inverse.
    asof : datetime
        Now.
    underlyings : mapping of str to Underlying
        Spot and carry by name.

    Returns
    -------
    dict of OptionContract to float
        Volatilities, decimals per root year, in the order of the marks.

    Raises
    ------
    ValueError
        If a contract has expired, or no volatility gives its mark.  All such contracts are
        named, each with its mark and the bounds between which a mark must lie.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from pdesolve import Exercise, Right
    >>> from margin.instrument import OptionContract
    >>> from margin.market import Underlying
    >>> from margin.marks import volatilities_from_marks
    >>> now, expiry = datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 11, 20, tzinfo=UTC)
    >>> call = OptionContract("SPX", Right.CALL, 100.0, expiry, Exercise.EUROPEAN)
    >>> underlyings = {"SPX": Underlying(100.0, rate=0.05)}
    >>> found = volatilities_from_marks({call: 10.450583572185565}, now, underlyings)
    >>> round(found[call], 6)
    0.2
    """
    asof = _check.instant("asof", asof)
    every = [_quote(contract, mark, asof, underlyings) for contract, mark in marks.items()]
    market = Market(asof, underlyings, {})
    quotes = [quote for quote in every if together(quote.contract, market)]
    paying = [quote for quote in every if not together(quote.contract, market)]
    _refuse([quote.complaint for quote in quotes])
    found = _with_dividends(paying, market)
    for exercise in Exercise:
        found.update(_solve(quotes, exercise))
    _refuse([_doubt(quote, found[quote.contract]) for quote in quotes])
    return {contract: found[contract] for contract in marks}


@dataclass(frozen=True, slots=True)
class _Quote:
    """One mark with all that its volatility depends on; prices in quote currency."""

    contract: OptionContract
    mark: float
    unit: float
    spot: float
    years: float
    rate: float
    dividend_yield: float

    @property
    def bounds(self) -> tuple[float, float]:
        """Values at volatility zero and at volatility without end."""
        spot, strike = self.spot, self.contract.strike
        spot_later = spot * exp(-self.dividend_yield * self.years)
        strike_later = strike * exp(-self.rate * self.years)
        sign = self.contract.right.value
        lowest = max(0.0, sign * (spot_later - strike_later))
        highest = spot_later if sign > 0 else strike_later
        if self.contract.exercise is Exercise.AMERICAN:
            lowest = max(lowest, sign * (spot - strike))
            highest = max(highest, spot if sign > 0 else strike)
        return lowest, highest

    @property
    def complaint(self) -> str | None:
        """Why no volatility gives this mark, if so."""
        if self.years <= 0.0:
            return f"{self.contract} has expired"
        lowest, highest = (bound / self.unit for bound in self.bounds)
        if isfinite(self.mark) and lowest < self.mark < highest:
            return None
        coin = f" {self.contract.underlying}" if self.unit != 1.0 else ""
        return (
            f"{self.contract}: mark {self.mark!r}{coin} must lie between {lowest:.10g} and "
            f"{highest:.10g}{coin}"
        )


def _quote(
    contract: OptionContract,
    mark: float,
    asof: datetime,
    underlyings: Mapping[str, Underlying],
) -> _Quote:
    if not isinstance(contract, OptionContract):
        raise ValueError(
            f"{contract} must be given a volatility: marks of claims need not rise with it"
        )
    if contract.underlying not in underlyings:
        raise ValueError(f"underlyings must hold {contract.underlying}, for the mark of {contract}")
    underlying = underlyings[contract.underlying]
    rate, dividend_yield = underlying.carry(contract.expiry, asof)
    unit = underlying.spot if contract.settlement is Settlement.INVERSE else 1.0
    years = years_between(asof, contract.expiry)
    return _Quote(contract, mark, unit, underlying.spot, years, rate, dividend_yield)


def _solve(quotes: Sequence[_Quote], exercise: Exercise) -> dict[OptionContract, float]:
    """Volatilities of the contracts of one exercise style."""
    chosen = [quote for quote in quotes if quote.contract.exercise is exercise]
    if not chosen:
        return {}
    american = exercise is Exercise.AMERICAN
    invert = pdesolve.american_implied_volatility if american else pdesolve.implied_volatility
    volatilities = invert(
        price=np.array([quote.mark * quote.unit for quote in chosen]),
        spot=_column(chosen, "spot"),
        strike=np.array([quote.contract.strike for quote in chosen]),
        expiry=_column(chosen, "years"),
        rate=_column(chosen, "rate"),
        div_yield=_column(chosen, "dividend_yield"),
        right=[quote.contract.right for quote in chosen],
    )
    contracts = (quote.contract for quote in chosen)
    return dict(zip(contracts, np.asarray(volatilities).tolist(), strict=True))


def _with_dividends(quotes: Sequence[_Quote], market: Market) -> dict[OptionContract, float]:
    """Volatilities of contracts whose life holds an ex-date."""
    found, complaints = {}, []
    for quote in quotes:
        try:
            price = quote.mark * quote.unit
            found[quote.contract] = volatility_with_dividends(quote.contract, price, market)
        except Unattainable as reason:
            complaints.append(str(reason))
    _refuse(complaints)
    return found


def _column(quotes: Sequence[_Quote], field: str) -> NDArray[np.float64]:
    return np.array([getattr(quote, field) for quote in quotes])


def _doubt(quote: _Quote, volatility: float) -> str | None:
    """Why the volatility that was found cannot be used, if so."""
    if 0.0 < volatility <= HIGHEST_VOLATILITY:
        return None
    return (
        f"{quote.contract}: mark {quote.mark!r} needs a volatility of {volatility:.6g}, "
        f"which is not between 0 and {HIGHEST_VOLATILITY:g}"
    )


def _refuse(complaints: Sequence[str | None]) -> None:
    """Raise if there is any complaint, with all of them."""
    told = [complaint for complaint in complaints if complaint is not None]
    if told:
        raise ValueError("; ".join(told) + "; correct the mark, or give a volatility instead")
