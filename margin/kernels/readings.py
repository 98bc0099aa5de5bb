"""Many readings of piecewise cubics at multiples of the same spots.

Curves share their knots and are told apart by ``which``; reading ``j`` of curve ``which[j]`` is
taken at ``factors[j]`` times every spot.  Nothing is checked: all readings lie inside the knots.
"""

import numpy as np

from margin.kernels.bernstein import cell_at, value
from pdesolve._jit import njit


@njit
def powers_of(knots, coefficients, powers):
    """Write the cubics by powers of the distance from their left knot: both (v, n, 4)."""
    for v in range(coefficients.shape[0]):
        for c in range(coefficients.shape[1]):
            b, inverse = coefficients[v, c], 1.0 / (knots[c + 1] - knots[c])
            powers[v, c, 0] = b[0]
            powers[v, c, 1] = 3.0 * (b[1] - b[0]) * inverse
            powers[v, c, 2] = 3.0 * ((b[2] - b[1]) - (b[1] - b[0])) * inverse**2
            powers[v, c, 3] = ((b[3] - b[0]) - 3.0 * (b[2] - b[1])) * inverse**3


@njit
def next_cell(knots, c, spot):
    """Return the cell of ``spot``, which is most often that of the last one or the next."""
    if knots[c] <= spot < knots[c + 1]:
        return c
    if c + 2 < knots.size and knots[c + 1] <= spot < knots[c + 2]:
        return c + 1
    return cell_at(knots, spot)


@njit
def horner(a, distance):
    """Return a cubic given by its powers (4,)."""
    return ((a[3] * distance + a[2]) * distance + a[1]) * distance + a[0]


@njit
def read_many(knots, coefficients, which, factors, spots, values):
    """Write all readings.

    ``knots`` (n + 1,), ``coefficients`` (v, n, 4), ``which`` and ``factors`` (j,), ``spots`` (k,),
    ``values`` (j, k).
    """
    powers = np.empty(coefficients.shape)
    powers_of(knots, coefficients, powers)
    for j in range(factors.size):
        cells, c = powers[which[j]], 0
        for k in range(spots.size):
            spot = factors[j] * spots[k]
            c = next_cell(knots, c, spot)
            values[j, k] = horner(cells[c], spot - knots[c])


@njit
def add_gains(curves, readings, spots, present, kept, gains):
    """Add what every part gains in each reading over its present value, counted by its sign.

    A positive reading of part ``e`` counts ``kept[e, 0]`` times, a negative one ``kept[e, 1]``.

    ``curves`` is ``knots`` (n + 1,) and ``coefficients`` (e v, n, 4), those of a part together;
    ``readings`` are ``rows`` of ``gains``, ``which`` of the ``v`` and ``factors`` (j,); ``spots``
    (k,), ``present`` (e, k), ``kept`` (e, 2), ``gains`` (r, k).
    """
    knots, coefficients = curves
    rows, which, factors = readings
    powers = np.empty(coefficients.shape)
    powers_of(knots, coefficients, powers)
    each = coefficients.shape[0] // present.shape[0]
    for e in range(present.shape[0]):
        for j in range(factors.size):
            cells, c = powers[e * each + which[j]], 0
            for k in range(spots.size):
                spot = factors[j] * spots[k]
                c = next_cell(knots, c, spot)
                after = horner(cells[c], spot - knots[c])
                after *= kept[e, 0] if after > 0.0 else kept[e, 1]
                gains[rows[j], k] += after - present[e, k]


@njit
def runs_of(turns, factors, spot, starts):
    """Write where runs of factors begin between which a function has no turn; return how many.

    ``turns`` (t,) ascending, ``factors`` (j,) ascending, ``starts`` (t + 2,): the last is ``j``.
    """
    count = 0
    starts[0] = 0
    for t in range(turns.size):
        low, high = starts[count], factors.size
        while low < high:
            middle = (low + high) // 2
            if factors[middle] * spot < turns[t]:
                low = middle + 1
            else:
                high = middle
        if starts[count] < low < factors.size:
            count += 1
            starts[count] = low
    starts[count + 1] = factors.size
    return count + 1


@njit
def read_lowest(curve, turns, factors, power, spots, lowest):
    """Write the lowest readings ``f(x_j S) / x_j ** power`` at every spot, ascending.

    Between two ``turns`` the weighted function rises or falls throughout, so the lowest readings
    are taken from the ends of such runs, one by one.

    ``curve`` is ``knots`` (n + 1,) and ``coefficients`` (n, 4); ``turns`` (t,) and ``factors`` (j,)
    ascending; ``power`` 0 or 1; ``spots`` (k,); ``lowest`` (k, m) with m at most j.
    """
    knots, coefficients = curve
    starts = np.empty(turns.size + 2, np.int64)
    heads, steps, left = np.empty(turns.size + 1, np.int64), starts.copy(), starts.copy()
    values = np.empty(turns.size + 1)
    for k in range(spots.size):
        runs = runs_of(turns, factors, spots[k], starts)
        for r in range(runs):
            first, last = starts[r], starts[r + 1] - 1
            at_first = weighted(knots, coefficients, factors[first], power, spots[k])
            at_last = weighted(knots, coefficients, factors[last], power, spots[k])
            rising = at_first <= at_last
            heads[r], steps[r] = (first, 1) if rising else (last, -1)
            values[r], left[r] = min(at_first, at_last), last - first
        for m in range(lowest.shape[1]):
            r = values[:runs].argmin()
            lowest[k, m] = values[r]
            if left[r] == 0:
                values[r] = np.inf
            else:
                heads[r] += steps[r]
                left[r] -= 1
                values[r] = weighted(knots, coefficients, factors[heads[r]], power, spots[k])


@njit
def weighted(knots, coefficients, factor, power, spot):
    """Return one reading over a power, 0 or 1, of its factor."""
    moved = factor * spot
    c = cell_at(knots, moved)
    b = coefficients[c, 0], coefficients[c, 1], coefficients[c, 2], coefficients[c, 3]
    found = value(b, (moved - knots[c]) / (knots[c + 1] - knots[c]))
    return found / factor if power == 1 else found
