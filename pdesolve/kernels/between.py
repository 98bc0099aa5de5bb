"""Reading of rows between nodes of any spacing, above the exercise boundary and below."""

import math

import numpy as np

from pdesolve._jit import inner, njit

MOST_NODES = 6
# The rows of what `read_rows` writes: value, its first two derivatives, estimated error, and 1
# where exercise is due, else 0.
VALUE, SLOPE, BEND, ERROR, EXERCISED = range(5)


@inner
def polynomial_through(places, values, first, count, at):
    """Value and first two derivatives at ``at`` of the polynomial through ``count`` nodes.

    Newton's form; ``places``, ``values`` (m,), the nodes are those from ``first``.
    """
    d = values[first : first + count].copy()
    for order in range(1, count):
        for i in range(count - 1, order - 1, -1):
            d[i] = (d[i] - d[i - 1]) / (places[first + i] - places[first + i - order])
    value, slope, bend = d[count - 1], 0.0, 0.0
    for i in range(count - 2, -1, -1):
        t = at - places[first + i]
        bend = bend * t + 2.0 * slope
        slope = slope * t + value
        value = value * t + d[i]
    return value, slope, bend


@inner
def read_row(places, values, errors, free, at):
    """Value, its first two derivatives, estimated error and whether exercise is due at ``at``.

    ``places``, ``values``, ``errors`` (m,).  Rows before ``free`` are exercised, worth
    ``1 - exp(place)``.  None of them is used for what is above: the second derivative jumps at the
    exercise boundary, and the value above it goes on smoothly from the nodes above.
    """
    last = places.size - 1
    cell = min(max(np.searchsorted(places, at, side="right") - 1, 0), last - 1)
    asset = math.exp(at)
    if cell + 1 >= free:
        first = max(min(max(cell - 2, free), last + 1 - MOST_NODES), free)
        count = min(MOST_NODES, last + 1 - first)
        value, slope, bend = polynomial_through(places, values, first, count, at)
        # In the cell of the boundary the continuation is a parabola that touches the payoff there.
        touches = cell < free and slope + asset <= 0.0
        if free == 0 or (value > 1.0 - asset and not touches):
            return value, slope, bend, max(errors[cell], errors[cell + 1]), 0.0
    return 1.0 - asset, -asset, -asset, 0.0, 1.0


@njit
def read_rows(places, values, errors, free, at, out):
    """`read_row` at each of ``at`` (k,), all of them within the nodes, into ``out`` (5, k)."""
    for k in range(at.size):
        out[:, k] = read_row(places, values, errors, free, at[k])
