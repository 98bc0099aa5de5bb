"""European options from the moments of spot, by one integral in the complex plane.

With the moments ``M(p) = E (S_T / F)**p`` of spot over its forward ``F``, and ``x = log(F / K)``,
the undiscounted value of an option that is out of the money is

    K / (2 pi i) int exp(p x) M(p) / (p (p - 1)) dp

along a line from below to above that crosses the real axis at ``c > 1`` for a call and at
``c < 0`` for a put (Lewis, *Option Valuation under Stochastic Volatility*, 2000, chapter 2).
The crossing is where the integrand is least on the axis, the saddle point, so that nothing
cancels.  The line is the curve

    p(y) = c + b (sin w + i sinh(i w + y)),

which leaves the saddle point with its own width ``b cos w``, spans all scales as ``y`` grows, and
bends by the angle ``w`` to where the integrand decays (Boyarchenko and Levendorskii, *Int. J.
Theoretical and Applied Finance* 22, 2019).  The trapezoidal rule in ``y`` then converges
geometrically: each halving of the step about doubles the digits.

Arrays are (c, k): ``c`` options, ``k`` points.  A law is a function of such points that returns
``log M`` and its derivatives to expiry and to volatility.
"""

import numpy as np

COARSEST = 0.5
HALVINGS = 7
FARTHEST = 40.0
# Integrand, over its largest, that weighs nothing, and change that halving then squares.
NEGLIGIBLE = 1e-19
SETTLED = 1e-8
# Log of the integrand at the saddle point below which an option has no value in double precision.
WORTHLESS = -700.0
# Logarithms of the distance from the pole at 0 or 1 to where the saddle point is sought.
NEAREST, REMOTEST = -18.0, 40.0
CANDIDATES = 41
# Room between the pole and the farthest moment below which the other side is taken, if better.
CROWDED = 1e-2
ROUNDS = 4
SCALES = 2.0 ** np.arange(-24.0, 1.0)


def log_integrand(law, p, x):
    """Return the log of the integrand and the two derivatives of the law's ``log M``."""
    log_moment, by_expiry, by_vol = law(p)
    return p * x + log_moment - np.log(p * (p - 1.0)), by_expiry, by_vol


def order(distance, side):
    """Return the real point at a distance from its pole, above 1 or below 0."""
    return np.where(side > 0.0, 1.0 + distance, -distance)


def zoom(position, like):
    """Return the log of a distance, by a grid that closes in on it.

    ``position`` takes distances (c, k) and returns the place of the best of them (c, 1).
    """
    low, high = np.full_like(like, NEAREST), np.full_like(like, REMOTEST)
    for _ in range(ROUNDS):
        grid = low + (high - low) * np.linspace(0.0, 1.0, CANDIDATES)
        best = position(np.exp(grid))
        centre = np.take_along_axis(grid, best, axis=1)
        step = (high - low) / (CANDIDATES - 1)
        low, high = centre - step, centre + step
    return centre


def limit(finite, side):
    """Return the distance from the pole up to which the moments are finite, (c, 1)."""

    def last(distance):
        holds = np.broadcast_to(finite(order(distance, side)), distance.shape)
        return np.maximum(holds.cumprod(axis=1).sum(axis=1) - 1, 0)[:, None]

    reached = zoom(last, side)
    return np.where(reached < REMOTEST - 1.0, np.exp(reached), np.inf)


def roomier(finite, side):
    """Return the side on which to integrate and its limit: the given one, if it has room."""
    far, other = limit(finite, side), limit(finite, -side)
    crowded = (far < CROWDED) & (other > far)
    return np.where(crowded, -side, side), np.where(crowded, other, far)


def saddle(law, far, side, x):
    """Return the distance of the saddle point from its pole.

    A logarithm keeps off the farthest, as the pole itself does on the other side.
    """

    def least(distance):
        size = log_integrand(law, order(distance, side) + 0j, x)[0].real
        size = size - np.log1p(-np.minimum(distance / far, 1.0))
        return np.where(np.isfinite(size), size, np.inf).argmin(axis=1)[:, None]

    return np.exp(zoom(least, x))


def width(law, crossing, room, x):
    """Return how far above the axis the integrand has fallen by a half, within a factor 2.

    It is at most the ``room`` to the nearest singular point.
    """
    heights = room * SCALES
    here = log_integrand(law, crossing + 0j, x)[0].real
    size = log_integrand(law, crossing + 1j * heights, x)[0].real
    fallen = ~(size > here - np.log(2.0))
    first = np.where(fallen.any(axis=1), fallen.argmax(axis=1), SCALES.size - 1)
    return np.take_along_axis(heights, first[:, None], axis=1)


def terms(law, curve, x, y):
    """Return the integrands of `integrals` at ``y``, (5, c, k), less the scale of the saddle."""
    crossing, spread, bend, scale = curve
    p = crossing + spread * (np.sin(bend) + 1j * np.sinh(1j * bend + y))
    log_size, by_expiry, by_vol = log_integrand(law, p, x)
    value = np.exp(log_size - scale) * spread * np.cosh(1j * bend + y)
    value = np.where(np.isneginf(log_size.real), 0.0, value)
    factors = np.stack([np.ones_like(p), p, p * (p - 1.0), by_expiry, by_vol])
    return np.where(scale < WORTHLESS, 0.0, factors * value)


def integrals(law, finite, bend, x):
    """Return five integrals for each of ``c`` options, their last changes, and their rights.

    The integrals (5, c) are of the integrand itself, and of it times ``p``, ``p (p - 1)`` and the
    two derivatives of ``log M``; the changes (c,) by the last halving are relative; the rights
    (c,) are 1 for a call and -1 for a put.  ``bend``, ``x`` (c, 1).
    """
    side, far = roomier(finite, np.where(x > 0.0, -1.0, 1.0))
    distance = saddle(law, far, side, x)
    crossing = order(distance, side)
    scale = log_integrand(law, crossing + 0j, x)[0].real
    spread = width(law, crossing, np.minimum(distance, far - distance), x) / np.cos(bend)
    curve = crossing, spread, bend, scale
    values, changes = trapezoids(law, curve, x)
    return values * np.exp(np.maximum(scale[:, 0], 2.0 * WORTHLESS)) / np.pi, changes, side[:, 0]


def trapezoids(law, curve, x):
    """Return the real parts of the integrals of `terms` over ``y > 0``, and their last change."""
    step = COARSEST
    y = np.arange(0.0, FARTHEST, step)
    sizes = terms(law, curve, x, y)
    reach = farthest(sizes, y)
    total, bulk = sizes.real.sum(axis=2), abs(sizes).sum(axis=2)
    start = 0.5 * sizes[:, :, 0].real
    total -= start
    change = np.full(x.shape[0], np.inf)
    for _ in range(HALVINGS):
        between = terms(law, curve, x, np.arange(0.5 * step, reach, step))
        before = total * step
        step *= 0.5
        total, bulk = total + between.real.sum(axis=2), bulk + abs(between).sum(axis=2)
        weight = np.where(bulk > 0.0, bulk * step, 1.0)  # nothing at all has settled
        change = (abs(total * step - before) / weight).max(axis=0)
        change[curve[-1][:, 0] < WORTHLESS] = 0.0
        if np.all(change < SETTLED):
            break
    return total * step, change


def farthest(sizes, y):
    """Return the ``y`` beyond which no integrand of any option weighs anything."""
    light = abs(sizes) <= NEGLIGIBLE * abs(sizes).max(axis=2, keepdims=True)
    weighty = np.flatnonzero(~light.all(axis=(0, 1)))
    return y[min(weighty.max(initial=0) + 1, y.size - 1)]
