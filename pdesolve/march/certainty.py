"""Value and Greeks where the outcome is certain: at expiry, or of an option without volatility."""

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from pdesolve.certain import certain_greeks
from pdesolve.closed_form import black_scholes
from pdesolve.contract import Option
from pdesolve.march.problem import Problem

__all__ = ["at_expiry", "without_volatility"]

Floats = NDArray[np.float64]


def at_expiry(problem: Problem, spots: Floats) -> dict[str, Floats]:
    """Payoff and Greeks by name at spots (k,); derivatives are NaN at kinks and jumps.

    Parameters
    ----------
    problem : Problem
        What expires.
    spots : (k,) array
        Quote currency.

    Returns
    -------
    dict
        Each (k,), in quote currency per unit of what it is the derivative by.
    """
    claim, zero = problem.claim, np.zeros(spots.shape)
    value, delta = claim.payoff(spots), claim.payoff.slope(spots)
    gone = problem.touched(spots)
    if gone.any() and (problem.watched is not None or claim.expiry in _dates(problem)):
        paid = (problem.rebate(zero), zero) if problem.alive is None else _vanilla(problem, spots)
        value, delta = np.where(gone, paid[0], value), np.where(gone, paid[1], delta)
    model, now = problem.model, np.array(claim.expiry)
    rate, carry = model.rates.at(now), model.rates.at(now) - model.yields.at(now)
    still = problem.american | gone
    theta = np.where(still & (value > 0.0), 0.0, rate * value - carry * spots * delta)
    bend = np.where(np.isnan(delta), np.nan, 0.0)
    return {"value": value, "delta": delta, "gamma": bend, "theta": theta, "error": zero} | {
        name: zero for name in ("vega", "rho", "dividend_rho")
    }


def without_volatility(problem: Problem, spots: Floats, left: Floats) -> dict[str, Floats]:
    """Value and Greeks by name of a vanilla option whose spot moves along its forward.

    Parameters
    ----------
    problem : Problem
        Of a vanilla option under constant coefficients.
    spots, left : (k,) array
        Quote currency, and years to expiry.

    Returns
    -------
    dict
        Each (k,); NaN at kinks.
    """
    option, zero = problem.option, np.zeros(spots.shape)
    assert isinstance(option, Option)
    rate, dividend_yield = (
        float(curve.at(0.0)) for curve in (problem.model.rates, problem.model.yields)
    )
    if problem.american and np.all(left > 0.0):
        terms = (option.strike, left, rate, dividend_yield, float(option.right))
        strike, years, *rest = (zero + number for number in terms)
        greeks = certain_greeks(spots, strike, years, *rest)
        greeks["vega"] = zero
    else:
        market = {"vol": 0.0, "rate": rate, "div_yield": dividend_yield}
        found = black_scholes(spots, option.strike, left, **market, right=option.right)
        greeks = asdict(found)
    return {**greeks, "value": greeks["price"], "error": zero}


def _dates(problem: Problem) -> tuple[float, ...]:
    barrier = problem.claim.barrier
    return () if barrier is None else barrier.dates


def _vanilla(problem: Problem, spots: Floats) -> tuple[Floats, Floats]:
    """Payoff and its slope of what a knock-in becomes."""
    payoff = (problem if problem.alive is None else problem.alive).claim.payoff
    return payoff(spots), payoff.slope(spots)
