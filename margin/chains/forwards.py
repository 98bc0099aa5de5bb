"""The forward of every expiry of a chain: from its column, or by put-call parity."""

from dataclasses import dataclass, replace
from datetime import datetime
from math import exp, log

import numpy as np
from numpy.typing import NDArray

import pdesolve
from margin.carry import years_between
from margin.chains.inversion import inside_bounds, solved
from margin.chains.parity import FEWEST_TO_DISCOUNT, ParityFit, parity_fit
from margin.chains.quotes import Chain
from pdesolve import Exercise

__all__ = ["ExpiryForward", "expiry_forwards"]

Floats = NDArray[np.float64]

NEAR = 0.10
"""Strikes within this share of the spot tell the forward, and the nearest eight in any case; of
American options those eight alone, whose right to early exercise is worth little."""

ROUNDS = 3
"""Of taking early exercise off at the last carry; it settles in two."""

HIGHEST_RATE = 0.25
"""A fitted rate beyond this comes from too few days; the forward alone is fitted then."""


@dataclass(frozen=True, slots=True)
class ExpiryForward:
    """The forward of one expiry, and the carry that follows from it.

    Attributes
    ----------
    expiry : datetime
        In UTC.
    forward : float
        In quote currency.
    rate, dividend_yield : float
        Continuously compounded per year, so that ``forward = spot exp((rate - yield) T)``.
    pairs : int
        Strikes with both a call and a put; 0 if it was not fitted.
    rms : float
        Root mean square error of parity, in quote currency.
    stated : bool
        Whether the chain states the forward itself.
    fitted_rate : bool
        Whether the rate was fitted together with the forward.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.chains.forwards import ExpiryForward
    >>> ExpiryForward(datetime(2027, 1, 15, 21, tzinfo=UTC), 101.0, 0.04, 0.01, 12, 0.02).stated
    False
    """

    expiry: datetime
    forward: float
    rate: float
    dividend_yield: float
    pairs: int
    rms: float
    stated: bool = False
    fitted_rate: bool = False


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Calls and puts of one expiry at the same strikes, nearest to the spot."""

    strikes: Floats
    calls: Floats
    puts: Floats


def expiry_forwards(
    chain: Chain,
    price: Floats,
    *,
    spot: float,
    asof: datetime,
    rate: float | None,
    inverse: bool,
    style: Exercise,
) -> tuple[ExpiryForward, ...]:
    """Forward and carry of every expiry with a usable quote, in the order of time.

    Parameters
    ----------
    chain : Chain
        Quotes.
    price : (n,) array
        In quote currency, NaN where a quote does not count.
    spot : float
        In quote currency.
    asof : datetime
        Now.
    rate : float or None
        None is fitted for European options and 0 for American ones.
    inverse : bool
        Whether the options pay in coin: the discount factor is then spot over forward.
    style : Exercise
        Of all contracts.

    Returns
    -------
    tuple of ExpiryForward
    """
    terms = _Terms(spot, asof, rate, inverse, style)
    usable = ~np.isnan(price)
    found: list[ExpiryForward] = []
    bare: list[datetime] = []
    for expiry in sorted(set(chain.expiries[usable].tolist())):
        rows = usable & (chain.expiries == np.array(expiry, dtype=object))
        one = _stated(chain, rows, expiry, terms) or _by_parity(chain, price, rows, expiry, terms)
        if one is None:
            bare.append(expiry)
        else:
            found.append(one)
    found += [_borrowed(expiry, found, terms) for expiry in bare]
    return tuple(sorted(found, key=lambda one: one.expiry))


@dataclass(frozen=True, slots=True)
class _Terms:
    spot: float
    asof: datetime
    rate: float | None
    inverse: bool
    style: Exercise

    def of(self, expiry: datetime, fit: ParityFit, *, stated: bool = False) -> ExpiryForward:
        """The carry of a forward and a discount factor."""
        years = years_between(self.asof, expiry)
        growth = log(fit.forward / self.spot) / years
        rate = growth if self.inverse else -log(fit.discount) / years
        yielded = 0.0 if self.inverse else rate - growth
        return ExpiryForward(expiry, fit.forward, rate, yielded, fit.pairs, fit.rms, stated)


def _stated(
    chain: Chain, rows: NDArray[np.bool_], expiry: datetime, terms: _Terms
) -> ExpiryForward | None:
    stated = chain.numbers["forward"][rows]
    stated = stated[stated > 0.0]
    if not stated.size:
        return None
    discount = exp(-(terms.rate or 0.0) * years_between(terms.asof, expiry))
    fit = ParityFit(float(np.median(stated)), discount, 0, 0.0)
    return terms.of(expiry, fit, stated=True)


def _by_parity(
    chain: Chain, price: Floats, rows: NDArray[np.bool_], expiry: datetime, terms: _Terms
) -> ExpiryForward | None:
    pairs = _pairs(chain, price, rows, terms)
    if not pairs.strikes.size:
        return None
    if terms.style is Exercise.EUROPEAN:
        return _european(pairs, expiry, terms)
    found = None
    for _ in range(ROUNDS):
        european = pairs if found is None else _without_exercise(pairs, found, terms)
        fixed = replace(terms, rate=terms.rate or 0.0)
        after = _european(european, expiry, fixed) if european.strikes.size else None
        found = after or found
    return found


def _european(pairs: _Pairs, expiry: datetime, terms: _Terms) -> ExpiryForward | None:
    gaps, years = pairs.calls - pairs.puts, years_between(terms.asof, expiry)
    if terms.inverse:  # call - put = spot (1 - strike / forward)
        fits = pairs.strikes / (1.0 - gaps / terms.spot)
        forward = float(np.median(fits))
        return terms.of(expiry, ParityFit(forward, terms.spot / forward, fits.size, 0.0))
    if terms.rate is None and gaps.size >= FEWEST_TO_DISCOUNT:
        fit = _fitted(pairs.strikes, gaps, None)
        if fit is not None and abs(log(fit.discount) / years) <= HIGHEST_RATE:
            return replace(terms.of(expiry, fit), fitted_rate=True)
    fit = _fitted(pairs.strikes, gaps, exp(-(terms.rate or 0.0) * years))
    return None if fit is None else terms.of(expiry, fit)


def _fitted(strikes: Floats, gaps: Floats, discount: float | None) -> ParityFit | None:
    try:
        return parity_fit(strikes, gaps, discount=discount)
    except ValueError:
        return None


def _pairs(chain: Chain, price: Floats, rows: NDArray[np.bool_], terms: _Terms) -> _Pairs:
    strikes = chain.numbers["strike"]
    calls, puts = (
        dict(zip(strikes[part].tolist(), price[part].tolist(), strict=True))
        for part in (rows & (chain.rights > 0), rows & (chain.rights < 0))
    )
    both = sorted(calls.keys() & puts.keys(), key=lambda strike: abs(strike - terms.spot))
    near = sum(abs(strike / terms.spot - 1.0) <= NEAR for strike in both)
    american = terms.style is Exercise.AMERICAN
    both = both[: FEWEST_TO_DISCOUNT if american else max(near, FEWEST_TO_DISCOUNT)]
    return _Pairs(
        np.array(both, dtype=float),
        np.array([calls[strike] for strike in both], dtype=float),
        np.array([puts[strike] for strike in both], dtype=float),
    )


def _without_exercise(pairs: _Pairs, carry: ExpiryForward, terms: _Terms) -> _Pairs:
    """The pairs as European options of the same volatilities; those that have none are dropped."""
    count = pairs.strikes.size
    columns = {
        "price": np.concatenate([pairs.calls, pairs.puts]),
        "spot": np.full(2 * count, terms.spot),
        "strike": np.tile(pairs.strikes, 2),
        "expiry": np.full(2 * count, years_between(terms.asof, carry.expiry)),
        "rate": np.full(2 * count, carry.rate),
        "div_yield": np.full(2 * count, carry.dividend_yield),
        "right": np.repeat([1.0, -1.0], count),
    }
    tried = inside_bounds(columns, Exercise.AMERICAN)
    found = solved(pdesolve.european_equivalent, columns, tried).reshape(2, count)
    kept = ~np.isnan(found).any(axis=0)
    return _Pairs(pairs.strikes[kept], found[0, kept], found[1, kept])


def _borrowed(expiry: datetime, known: list[ExpiryForward], terms: _Terms) -> ExpiryForward:
    """The carry of the nearest expiry that has one; none at all if there is none."""
    years = years_between(terms.asof, expiry)
    rate, yielded = terms.rate or 0.0, 0.0
    if known:
        nearest = min(known, key=lambda one: abs(one.expiry - expiry))
        rate, yielded = nearest.rate, nearest.dividend_yield
    return ExpiryForward(expiry, terms.spot * exp((rate - yielded) * years), rate, yielded, 0, 0.0)
