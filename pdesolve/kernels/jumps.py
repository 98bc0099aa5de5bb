"""Merton's series: options under a diffusion with jumps whose logarithms are normal."""

import math

from pdesolve._jit import njit
from pdesolve.kernels.closed_form import log_moneyness, present_price


@njit
def poisson(n, mean):
    """Return the probability of ``n`` events where ``mean`` are expected."""
    if mean == 0.0:
        return 1.0 if n == 0 else 0.0
    return math.exp(n * math.log(mean) - mean - math.lgamma(n + 1.0))


@njit
def merton(market, option, jumps):
    """Return the value of one option.

    Given ``n`` jumps spot is log-normal; the probability of ``n`` multiplies both present values,
    that of spot with the growth by the jumps, which makes it a probability under more jumps.
    Terms beyond twelve deviations are below 1e-20.  ``market`` holds spot, expiry, vol, rate and
    yield, ``option`` strike and sign, ``jumps`` intensity, mean and deviation.
    """
    spot, expiry, vol, rate, div_yield = market
    strike, sign = option
    intensity, log_mean, log_sd = jumps
    growth = log_mean + 0.5 * log_sd * log_sd
    plain = intensity * expiry
    grown = plain * math.exp(growth)
    spot_value = spot * math.exp(-div_yield * expiry)
    strike_value = strike * math.exp(-rate * expiry)
    x = log_moneyness(spot, strike, (rate - div_yield) * expiry - (grown - plain))
    most = max(plain, grown)
    total = 0.0
    for n in range(int(most + 12.0 * math.sqrt(most) + 30.0)):
        s = math.sqrt(vol * vol * expiry + n * log_sd * log_sd)
        received, given = poisson(n, grown) * spot_value, poisson(n, plain) * strike_value
        total += present_price(received, given, x + n * growth, s, sign)
    return total


@njit
def merton_many(columns, out):
    """`merton` of ``c`` options.

    ``columns`` holds spot, expiry, vol, rate, yield, strike, sign, intensity, mean and deviation;
    every array is (c,).
    """
    spot, expiry, vol, rate, div_yield, strike, sign, intensity, log_mean, log_sd = columns
    for c in range(out.size):
        market = spot[c], expiry[c], vol[c], rate[c], div_yield[c]
        jumps = intensity[c], log_mean[c], log_sd[c]
        out[c] = merton(market, (strike[c], sign[c]), jumps)
