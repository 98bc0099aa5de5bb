"""Black–Scholes prices and Greeks from the closed form, without cancellation.

Everything is read off the present values of spot and strike, ``S exp(-q T)`` and
``K exp(-r T)``, the log of their ratio ``x`` and the total volatility ``s = sigma sqrt(T)``.  A
price is the intrinsic value plus the time value, which call and put share: the value of the
option that is out of the money.  With ``h = |x| / s`` and the smaller present value ``L`` it is

    L n(a) (M(a) - M(b)),    a = h - s / 2,    b = h + s / 2,

where ``n`` is the normal density and ``M`` the Mills ratio.  Where ``s`` is small the two ratios
nearly agree, and their difference is summed from positive terms instead.
"""

import math

from pdesolve._jit import njit
from pdesolve.kernels.normal import cdf, mills, pdf

# Total volatility, as a share of max(h, 1), below which the difference of two Mills ratios would
# lose more than a digit; the series then shrinks by 256 or more from term to term.
NARROW = 0.125
NEAR_TERMS = 7
# Moments climb by recurrence below this h and descend by continued fraction above it, where the
# climb would lose more than the square of h in units of rounding.
FAR_MONEYNESS = 4.5
FAR_TERMS = 24
# Stands for an infinite distance to the strike; its products are finite.
BEYOND = 1e8


@njit
def narrow(h, s):
    """Whether ``s`` is so small that the difference of the two Mills ratios is summed."""
    return s < NARROW * max(h, 1.0)


@njit
def near_gap(h, s):
    """Return ``M(h - s / 2) - M(h + s / 2)`` for small ``s`` and ``h`` below `FAR_MONEYNESS`.

    The sum over ``k`` of ``I(2 k + 1) s**(2 k + 1) / (4**k (2 k + 1)!)`` with the moments
    ``I(n) = int_0^inf t**n exp(-t**2 / 2 - h t) dt``, where ``I(0) = M(h)``,
    ``I(1) = 1 - h I(0)`` and ``I(n + 1) = n I(n - 1) - h I(n)``.
    """
    before = mills(h)
    moment = 1.0 - h * before
    weight = s
    total = 0.0
    for n in range(1, 2 * NEAR_TERMS, 2):
        total += weight * moment
        weight *= 0.25 * s * s / ((n + 1) * (n + 2))
        even = n * before - h * moment
        before, moment = even, (n + 1) * moment - h * even
    return total


@njit
def far_gap(h, s):
    """Return ``M(h - s / 2) - M(h + s / 2)`` for small ``s`` and ``h`` above `FAR_MONEYNESS`.

    The sum of `near_gap` from its last term to its first, with ``I(n) / I(n - 1)`` from the
    continued fraction ``n / (h + I(n + 1) / I(n))``: positive terms only.
    """
    ratio = 0.5 * (math.sqrt(h * h + 4.0 * (FAR_TERMS + 1)) - h)
    total = 1.0
    for n in range(FAR_TERMS, 1, -2):
        above = (n + 1) / (h + ratio)
        ratio = n / (h + above)
        total = 1.0 + 0.25 * s * s * above * ratio / (n * (n + 1)) * total
    first = 1.0 / (h + ratio)
    return s * first / (h + first) * total


@njit
def mills_gap(h, s):
    """Return ``M(h - s / 2) - M(h + s / 2)``, where ``s / 2 <= h`` or `narrow`."""
    if not narrow(h, s):
        return mills(h - 0.5 * s) - mills(h + 0.5 * s)
    return near_gap(h, s) if h < FAR_MONEYNESS else far_gap(h, s)


@njit
def shortfall(h, s):
    """Return what the time value lacks to its bound ``L``, as a share of it, for ``s >= 2 h``."""
    return pdf(h - 0.5 * s) * (mills(0.5 * s - h) + mills(h + 0.5 * s))


@njit
def time_value_share(h, s):
    """Return the time value as a share of its bound ``L``, the smaller of the present values."""
    if narrow(h, s) or s < 2.0 * h:
        return pdf(h - 0.5 * s) * mills_gap(h, s)
    return 1.0 - shortfall(h, s)


@njit
def log_moneyness(spot, strike, carry):
    """Return ``x = log(S / K) + carry``, minus infinity where ``S / K`` is zero."""
    if 0.5 * strike < spot < 2.0 * strike:
        return math.log1p((spot - strike) / strike) + carry
    ratio = spot / strike
    return math.log(ratio) + carry if ratio > 0.0 else -math.inf


@njit
def distance(x, s):
    """Return ``x / s``, held within `BEYOND`; positive where both are zero."""
    return x / s if abs(x) < BEYOND * s else math.copysign(BEYOND, x)


@njit
def intrinsic(spot_value, strike_value, x, sign):
    """Return the present value of exercise at expiry along the forward, 0 out of the money."""
    if sign * x <= 0.0:
        return 0.0
    if abs(x) < 0.5:  # the present values nearly agree, and so would lose digits
        return sign * strike_value * math.expm1(x)
    return sign * (spot_value - strike_value)


@njit
def present_price(spot_value, strike_value, x, s, sign):
    """Return the price from present values; ``sign`` is 1 for a call and -1 for a put."""
    share = time_value_share(abs(distance(x, s)), s)
    time_value = min(spot_value, strike_value) * share
    return intrinsic(spot_value, strike_value, x, sign) + time_value


@njit
def price(spot, strike, expiry, vol, rate, div_yield, sign):
    """Return the Black–Scholes price of one option."""
    return present_price(
        spot * math.exp(-div_yield * expiry),
        strike * math.exp(-rate * expiry),
        log_moneyness(spot, strike, (rate - div_yield) * expiry),
        vol * math.sqrt(expiry),
        sign,
    )


@njit
def greeks(spot, strike, expiry, vol, rate, div_yield, sign, out):
    """Write the price and nine derivatives of one option, in the order of `add_density_terms`.

    On the kink, where the total volatility is zero and the forward is the strike, all but the
    price are NaN.  ``out`` (10,).
    """
    s = vol * math.sqrt(expiry)
    x = log_moneyness(spot, strike, (rate - div_yield) * expiry)
    d1, d2 = distance(x, s) + 0.5 * s, distance(x, s) - 0.5 * s
    spot_discount = math.exp(-div_yield * expiry)
    strike_value = strike * math.exp(-rate * expiry)
    delta = sign * spot_discount * cdf(sign * d1)
    strike_part = sign * strike_value * cdf(sign * d2)
    density = spot_discount * pdf(d1)

    out[:] = math.nan if s == 0.0 and x == 0.0 else 0.0
    out[0] = present_price(spot * spot_discount, strike_value, x, s, sign)
    out[1] += delta
    out[3] += div_yield * spot * delta - rate * strike_part
    out[5] += expiry * strike_part
    out[6] -= expiry * spot * delta
    out[9] += div_yield * delta
    if density > 0.0:
        add_density_terms(spot, expiry, vol, rate - div_yield, density, d1, d2, out)


@njit
def add_density_terms(spot, expiry, vol, carry, density, d1, d2, out):
    """Add what the normal density gives to the Greeks; ``density`` is ``exp(-q T) n(d1)``.

    ``out`` (10,) holds price, delta, gamma, theta, vega, rho, dividend rho, vanna, volga, charm.
    """
    root = math.sqrt(expiry)
    vega = spot * density * root
    out[2] += density / (spot * vol * root)
    out[3] -= 0.5 * vega * vol / expiry
    out[4] += vega
    out[7] -= density * d2 / vol
    out[8] += vega * d1 * d2 / vol
    out[9] -= density * (carry / (vol * root) - 0.5 * d2 / expiry)


@njit
def price_many(spot, strike, expiry, vol, rate, div_yield, sign, out):
    """`price` of ``c`` options: every array is (c,)."""
    for c in range(out.size):
        out[c] = price(spot[c], strike[c], expiry[c], vol[c], rate[c], div_yield[c], sign[c])


@njit
def greeks_many(spot, strike, expiry, vol, rate, div_yield, sign, out):
    """`greeks` of ``c`` options: ``out`` (10, c), the rest (c,)."""
    for c in range(spot.size):
        greeks(spot[c], strike[c], expiry[c], vol[c], rate[c], div_yield[c], sign[c], out[:, c])
