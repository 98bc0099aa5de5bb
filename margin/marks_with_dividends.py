"""Implied volatilities of options whose life holds an ex-date: the solver inverted."""

from collections.abc import Callable
from math import log, sqrt
from typing import NamedTuple

import numpy as np

from margin.chains.inversion import inverted
from margin.dividends import forward_line
from margin.instrument import OptionContract
from margin.market import HIGHEST_VOLATILITY, Market
from margin.solved_alone import surface_of
from pdesolve import black_scholes

__all__ = ["Unattainable", "volatility_with_dividends"]

LOWEST = 0.005
"""The least volatility that is looked for; below it an option has no value but the certain one."""
ROUGH, FINE = 1e-5, 1e-6
"""Steps at which the search ends, on a coarse grid and on that of `solve`.  What a step leaves is
its size times the relative error of the slope it was taken by, about a hundredth."""
MOST_STEPS = 60
TYPICAL = 0.3
"""Where the search starts if a yield in the place of the dividends gives no volatility."""


class Unattainable(ValueError):
    """A mark that no volatility gives; says between which values a mark must lie."""


class _Start(NamedTuple):
    """A volatility and a slope to start from."""

    vol: float
    slope: float


def volatility_with_dividends(contract: OptionContract, price: float, market: Market) -> float:
    """The volatility at which an option has a price, with the dividends on their dates.

    Values are those of `pdesolve.solve`.  The search starts at the volatility that a continuous
    yield in the place of the dividends gives, goes on a coarse grid and ends on the default one.

    Parameters
    ----------
    contract : OptionContract
        Not expired.
    price : float
        Per unit, in quote currency.
    market : Market
        Spot, carry and dividends.

    Returns
    -------
    float
        A decimal per root year, to about 1e-8.

    Raises
    ------
    Unattainable
        If no volatility between 0.5 % and 500 % gives the price.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.dividends import Dividend
    >>> from margin.instrument import OptionContract
    >>> from margin.market import Market, Underlying
    >>> from margin.marks_with_dividends import volatility_with_dividends
    >>> from pdesolve import Exercise, Right
    >>> now, ex, expiry = (datetime(2014, month, 7, tzinfo=UTC) for month in (6, 8, 10))
    >>> market = Market(now, {"AAPL": Underlying(94.0, dividends=(Dividend(ex, 0.47),))}, {})
    >>> put = OptionContract("AAPL", Right.PUT, 95.0, expiry, Exercise.AMERICAN)
    >>> round(volatility_with_dividends(put, 5.8, market), 4)
    0.231
    """
    spot, start = market.underlyings[contract.underlying].spot, market.asof

    def value(vol: float, tolerance: float | None) -> float:
        surface = surface_of(contract, market, start, vol, tolerance=tolerance)
        return float(surface.value(spot))

    # A tolerance that any grid meets is met by the first, which is the coarsest.
    rough = _root(lambda vol: value(vol, spot) - price, _start(contract, price, market), ROUGH)
    found = rough and _root(lambda vol: value(vol, None) - price, rough, FINE)
    if found:
        return found.vol
    least, most = (value(vol, None) for vol in (LOWEST, HIGHEST_VOLATILITY))
    raise Unattainable(
        f"{contract}: mark {price:.10g} must lie between {least:.10g} and {most:.10g}"
    )


def _start(contract: OptionContract, price: float, market: Market) -> _Start:
    """Volatility and vega with a yield that takes from the forward what the dividends take."""
    underlying, years = market.underlyings[contract.underlying], market.years(contract.expiry)
    rate, dividend_yield = underlying.carry(contract.expiry, market.asof)
    intercept, slope = forward_line(
        underlying.dividends, market.asof, contract.expiry, growth=rate - dividend_yield
    )
    spot, sign = underlying.spot, float(contract.right)
    forward = max(intercept + slope * spot, 0.01 * spot)
    terms = {"expiry": years, "rate": rate, "div_yield": rate - log(forward / spot) / years}
    row = {"price": price, "spot": spot, "strike": contract.strike, "right": sign, **terms}
    found = inverted({name: np.array([x]) for name, x in row.items()}, contract.exercise)[0]
    vol = float(found) if LOWEST < found < HIGHEST_VOLATILITY else TYPICAL
    vega = black_scholes(spot, contract.strike, vol=vol, right=contract.right, **terms).vega
    return _Start(vol, max(float(vega), 1e-6 * spot))


def _root(excess: Callable[[float], float], start: _Start, enough: float) -> _Start | None:
    """The root of a rising function by secants inside a bracket, with the last slope.

    None if there is none between the least and the largest volatility.
    """
    low, high = LOWEST, HIGHEST_VOLATILITY
    (vol, slope), before = start, None
    for _ in range(MOST_STEPS):
        here = excess(vol)
        if before is not None and vol != before[0] and (here - before[1]) / (vol - before[0]) > 0:
            slope = (here - before[1]) / (vol - before[0])
        before = vol, here
        low, high = (low, vol) if here > 0.0 else (vol, high)
        new = vol - here / slope
        if low < new < high and abs(new - vol) <= enough:
            return _Start(new, slope)
        vol = new if low < new < high else sqrt(low * high)
        if high - low <= enough * low:
            break
    return None
