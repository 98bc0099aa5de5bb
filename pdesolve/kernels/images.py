"""A drifting normal variable, and its images in a barrier or between two.

Log spot runs from zero and after the life of the option is normal, with mean ``m s`` and
deviation ``s``.  Paths that have met a barrier count as the density that starts from an image of
zero, weighted so that both densities agree on the barrier (method of images; Harrison,
*Brownian Motion and Stochastic Flow Systems*, 1985, chapter 1).  With the image at ``a`` the ratio
of its density to that of the path is

    exp(a m / s) n(y / s - a / s - m) / n(y / s - m) = exp(-a (a - 2 y) / (2 s**2)),

at most 1 on the side of the barrier where the option lives.  Everything is formed from the right
hand side, so that nothing overflows or cancels however small ``s`` is.
"""

import math

from pdesolve._jit import njit
from pdesolve.kernels.closed_form import mills_gap, narrow, present_price
from pdesolve.kernels.normal import cdf, mills, pdf


@njit
def ratio(edge, image, s):
    """Return the density of an image over that of the path, at ``edge``."""
    return math.exp(-0.5 * max((image / s) * ((image - 2.0 * edge) / s), 0.0))


@njit
def tail(edge, image, m, s, side):
    """Return the weighted mass of an image above ``edge``, or below it where ``side`` is -1."""
    depth = side * (m + (image - edge) / s)
    if depth < 0.0:
        return pdf(m - edge / s) * ratio(edge, image, s) * mills(-depth)
    return math.exp(image * m / s) * cdf(depth)


@njit
def mass(low, high, image, m, s):
    """Return the weighted mass of an image between two edges."""
    centre = image + m * s
    if centre <= low:
        return tail(low, image, m, s, 1.0) - tail(high, image, m, s, 1.0)
    if centre >= high:
        return tail(high, image, m, s, -1.0) - tail(low, image, m, s, -1.0)
    weight = math.exp(image * m / s)
    return weight - tail(low, image, m, s, -1.0) - tail(high, image, m, s, 1.0)


@njit
def vanilla(edge, image, spot_value, strike_value, m, s, sign):
    """Return the weighted value of a vanilla option under the density of an image.

    ``edge`` is the log of strike over spot, ``spot_value`` and ``strike_value`` are present
    values, ``m`` is the drift of log spot in deviations.
    """
    x = s * (m + 0.5 * s) - edge + image
    h = abs(x) / s
    if sign * x < 0.0 and (narrow(h, s) or s < 2.0 * h):
        return strike_value * pdf(m - edge / s) * ratio(edge, image, s) * mills_gap(h, s)
    weight = math.exp(image * m / s)
    return weight * present_price(spot_value * math.exp(image), strike_value, x, s, sign)
