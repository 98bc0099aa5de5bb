"""Cubic splines over one coordinate, one at each of some times, and linear in time between them."""

import numpy as np

from pdesolve._jit import inner, njit


@njit
def natural_bends(knots, values, bends):
    """Write the second derivatives of the natural cubic spline at its knots.

    ``knots`` ascending, ``values``, ``bends`` (k,), ``k`` two or more; the end bends are 0.
    """
    last = knots.size - 1
    multiplier = np.empty(knots.size)
    bends[0] = bends[last] = multiplier[0] = 0.0
    for i in range(1, last):
        below, above = knots[i] - knots[i - 1], knots[i + 1] - knots[i]
        turn = (values[i + 1] - values[i]) / above - (values[i] - values[i - 1]) / below
        pivot = 2.0 * (below + above) - below * multiplier[i - 1]
        multiplier[i] = above / pivot
        bends[i] = (6.0 * turn - below * bends[i - 1]) / pivot
    for i in range(last - 1, 0, -1):
        bends[i] -= multiplier[i] * bends[i + 1]


@inner
def spline(knots, values, bends, x):
    """Return value, slope and second derivative of a natural spline, on its tangent beyond it."""
    last = knots.size - 1
    j = min(max(np.searchsorted(knots, x, side="right") - 1, 0), last - 1)
    width = knots[j + 1] - knots[j]
    secant = (values[j + 1] - values[j]) / width
    at = min(max(x, knots[0]), knots[last])
    t, rest = at - knots[j], knots[j + 1] - at
    bend = (bends[j] * rest + bends[j + 1] * t) / width
    slope = secant + (3.0 * t * t / width - width) * bends[j + 1] / 6.0
    slope -= (3.0 * rest * rest / width - width) * bends[j] / 6.0
    value = (values[j] * rest + values[j + 1] * t) / width
    value += (t * t * t / width - t * width) * bends[j + 1] / 6.0
    value += (rest * rest * rest / width - rest * width) * bends[j] / 6.0
    return value + slope * (x - at), slope, bend


@njit
def read_splines(times, starts, splines, places, out):
    """Write value, slope, bend and derivative by time at ``q`` places and times.

    ``times`` (n,) ascending; ``starts`` (n + 1,) where the knots of each begin; ``splines`` (3, k)
    knots, values and bends of all, one after the other; ``places`` (2, q) coordinates and times,
    held between the first time and the last; ``out`` (4, q).
    """
    for i in range(places.shape[1]):
        x, t = places[0, i], places[1, i]
        j = min(max(np.searchsorted(times, t, side="right") - 1, 0), times.size - 2)
        before = splines[:, starts[j] : starts[j + 1]]
        after = splines[:, starts[j + 1] : starts[j + 2]]
        span = times[j + 1] - times[j]
        share = min(max((t - times[j]) / span, 0.0), 1.0)
        value0, slope0, bend0 = spline(before[0], before[1], before[2], x)
        value1, slope1, bend1 = spline(after[0], after[1], after[2], x)
        out[0, i] = value0 + share * (value1 - value0)
        out[1, i] = slope0 + share * (slope1 - slope0)
        out[2, i] = bend0 + share * (bend1 - bend0)
        out[3, i] = (value1 - value0) / span
