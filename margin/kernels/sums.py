"""Many weighted sums of piecewise cubics at multiples of the spot, each on the knots of its parts.

Curves are laid one behind the other: the cells of curve ``p`` are ``offsets[p]`` to
``offsets[p + 1]``, and the knots at the ends of its cell ``c`` are ``c + p`` and ``c + p + 1``.
"""

import numpy as np

from margin.kernels.bernstein import ROUNDING, restrict
from pdesolve._jit import njit


@njit
def add_sum(curves, which, weights, factors, sum_of, start):
    """Write the cells of one sum from cell ``start`` on, knots from ``start`` too; their number.

    ``curves`` are knots, coefficients, errors and offsets, ``sum_of`` those of the sums but the
    offsets; ``which``, ``weights`` and ``factors`` (t,): part ``t`` is curve ``which[t]`` read at
    ``factors[t]`` times the spot.
    """
    knots, cells, errors, offsets = curves
    ends, total, bound = sum_of
    at = np.empty(which.size, dtype=np.int64)
    low, high = 0.0, np.inf
    for t in range(which.size):
        p = which[t]
        at[t] = offsets[p]
        low = max(low, knots[offsets[p] + p] / factors[t])
        high = min(high, knots[offsets[p + 1] + p] / factors[t])
    count = 0
    while low < high:
        stop = high
        for t in range(which.size):
            p = which[t]
            while knots[at[t] + p + 1] / factors[t] <= low:
                at[t] += 1
            stop = min(stop, knots[at[t] + p + 1] / factors[t])
        m = start + count
        b0, b1, b2, b3, error = 0.0, 0.0, 0.0, 0.0, 0.0
        for t in range(which.size):
            c, p = at[t], which[t]
            left, right = knots[c + p] / factors[t], knots[c + p + 1] / factors[t]
            b = cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3]
            largest = max(max(abs(b[0]), abs(b[1])), max(abs(b[2]), abs(b[3])))
            if low > left or stop < right:
                width = right - left
                b = restrict(b, (low - left) / width, (stop - left) / width)
            w = weights[t]
            b0, b1, b2, b3 = b0 + w * b[0], b1 + w * b[1], b2 + w * b[2], b3 + w * b[3]
            error += abs(w) * (errors[c] + ROUNDING * largest)
        total[m, 0], total[m, 1], total[m, 2], total[m, 3] = b0, b1, b2, b3
        bound[m], ends[m], ends[m + 1] = error, low, stop
        low, count = stop, count + 1
    return count


@njit
def add_sums(curves, starts, terms, sums, counts):
    """Write many sums; sum ``s`` has the terms ``starts[s]`` to ``starts[s + 1]``.

    ``terms`` are curves, weights and factors (t,) as `add_sum` takes them; the cells of sum ``s``
    begin where ``counts[s]``, and its knots ``s`` later, which are filled in: ``counts`` (s + 1,).
    """
    which, weights, factors = terms
    ends, total, bound = sums
    counts[0] = 0
    for s in range(starts.size - 1):
        part, first = slice(starts[s], starts[s + 1]), counts[s]
        rest = ends[s:], total, bound
        found = add_sum(curves, which[part], weights[part], factors[part], rest, first)
        counts[s + 1] = first + found
