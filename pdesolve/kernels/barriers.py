"""Knock-outs and knock-ins in one barrier.

A knock-in is what the option pays beyond the barrier, plus what it pays on the living side under
the image of the path; a knock-out is the rest.  What is paid on one side is put together from
options of the right that lives there, which are small far away.
``side`` is 1 for a barrier below the spot and -1 for one above it, ``sign`` 1 for a call and -1
for a put.
"""

import math

from pdesolve._jit import njit
from pdesolve.kernels.closed_form import log_moneyness, price
from pdesolve.kernels.digitals import touch, touches, untouched
from pdesolve.kernels.images import tail, vanilla


@njit
def paid(strike, barrier, image, side, sign, present):
    """Return the value of what is paid where spot ends on one side of the barrier.

    ``present`` holds spot, its discount factor, that of cash, the drift and the deviation of log
    spot; ``image`` is where the path starts, 0 or its image in the barrier.
    """
    spot, spot_discount, discount, m, s = present
    value = spot * spot_discount
    h = -log_moneyness(spot, barrier, 0.0)
    edge = -log_moneyness(spot, strike, 0.0)
    within = side * (strike - barrier)
    if sign == side and within >= 0.0:
        return vanilla(edge, image, value, strike * discount, m, s, side)
    if sign != side and within <= 0.0:
        return 0.0
    beyond_barrier = vanilla(h, image, value, barrier * discount, m, s, side)
    step = within * discount * tail(h, image, m, s, side)
    if sign == side:
        return beyond_barrier - step
    return vanilla(edge, image, value, strike * discount, m, s, side) - beyond_barrier + step


@njit
def presence(spot, expiry, vol, rate, div_yield):
    """Return what `paid` needs to know of spot and time; the volatility is not zero."""
    s = vol * math.sqrt(expiry)
    m = (rate - div_yield) * expiry / s - 0.5 * s
    return spot, math.exp(-div_yield * expiry), math.exp(-rate * expiry), m, s


@njit
def at_expiry(spot, strike, expiry, rate, div_yield, sign):
    """Return the value of an option on a path that is certain."""
    spot_value = spot * math.exp(-div_yield * expiry)
    return max(sign * (spot_value - strike * math.exp(-rate * expiry)), 0.0)


@njit
def knock_in(market, option):
    """Return the value of an option that lives once the barrier is touched, which it is not.

    ``market`` holds spot, expiry, vol, rate and yield; ``option`` strike, barrier, side and sign.
    """
    spot, expiry, vol, rate, div_yield = market
    strike, barrier, side, sign = option
    h = -log_moneyness(spot, barrier, 0.0)
    if vol * expiry == 0.0:
        alive = touches(h, (rate - div_yield) * expiry)
        return at_expiry(spot, strike, expiry, rate, div_yield, sign) if alive else 0.0
    present = presence(spot, expiry, vol, rate, div_yield)
    beyond = paid(strike, barrier, 0.0, -side, sign, present)
    return max(beyond + paid(strike, barrier, 2.0 * h, side, sign, present), 0.0)


@njit
def knock_out(market, option):
    """Return the value of an option that dies when the barrier is touched, which it is not.

    The arguments are those of `knock_in`.
    """
    spot, expiry, vol, rate, div_yield = market
    strike, barrier, side, sign = option
    if sign != side and side * (strike - barrier) <= 0.0:
        return 0.0
    vanilla_price = price(spot, strike, expiry, vol, rate, div_yield, sign)
    return max(vanilla_price - knock_in(market, option), 0.0)


@njit
def knock_out_many(columns, out):
    """Knock-outs of ``c`` options, the rebate paid at the touch.

    ``columns`` holds spot, expiry, vol, rate, yield, strike, barrier, side, sign and rebate; every
    array is (c,).
    """
    spot, expiry, vol, rate, div_yield, strike, barrier, side, sign, rebate = columns
    for c in range(out.size):
        market = spot[c], expiry[c], vol[c], rate[c], div_yield[c]
        out[c] = 0.0
        if side[c] * (spot[c] - barrier[c]) > 0.0:
            out[c] = knock_out(market, (strike[c], barrier[c], side[c], sign[c]))
        if rebate[c] > 0.0:
            hit = touch(spot[c], barrier[c], expiry[c], vol[c], rate[c], div_yield[c], side[c])
            out[c] += rebate[c] * hit


@njit
def knock_in_many(columns, out):
    """Knock-ins of ``c`` options, the rebate paid at expiry; as `knock_out_many`."""
    spot, expiry, vol, rate, div_yield, strike, barrier, side, sign, rebate = columns
    for c in range(out.size):
        terms = expiry[c], vol[c], rate[c], div_yield[c]
        if side[c] * (spot[c] - barrier[c]) > 0.0:
            option = strike[c], barrier[c], side[c], sign[c]
            out[c] = knock_in((spot[c], *terms), option)
        else:
            out[c] = price(spot[c], strike[c], *terms, sign[c])
        if rebate[c] > 0.0:
            out[c] += rebate[c] * untouched(spot[c], barrier[c], *terms, side[c])
