"""Many weighted sums of piecewise cubics at multiples of the spot, each on the knots of its parts.

Curves are laid one behind the other: the cells of curve ``p`` are ``offsets[p]`` to
``offsets[p + 1]``, and the knots at the ends of its cell ``c`` are ``c + p`` and ``c + p + 1``.
"""

import numpy as np

from margin.kernels.bernstein import ROUNDING, restrict
from pdesolve._jit import inner, njit


@inner
def begin(curves, which, factors, at, ends):
    """Write the first cell of every part and its two ends; the range that the parts share.

    ``at`` (t,), ``ends`` (t, 2) in the spot of the sum; otherwise as `add_sum`.
    """
    knots, _, _, offsets = curves
    low, high = 0.0, np.inf
    for t in range(which.size):
        p = which[t]
        at[t] = offsets[p]
        ends[t, 0], ends[t, 1] = knots[at[t] + p] / factors[t], knots[at[t] + p + 1] / factors[t]
        low, high = max(low, ends[t, 0]), min(high, knots[offsets[p + 1] + p] / factors[t])
    return low, high


@inner
def add_sum(curves, which, weights, factors, sums, start):
    """Write the cells of a sum and its knots, both from ``start`` on; return how many cells.

    ``curves`` are knots, coefficients, errors and offsets, ``sums`` knots, coefficients and errors
    of sums; part ``t`` is ``weights[t]`` times curve ``which[t]`` at ``factors[t]`` times the spot.
    """
    knots, cells, errors, _ = curves
    found, total, bound = sums
    at, ends = np.empty(which.size, dtype=np.int64), np.empty((which.size, 2))
    low, high = begin(curves, which, factors, at, ends)
    m = start
    while low < high:
        stop = high
        for t in range(which.size):
            while ends[t, 1] <= low:
                at[t] += 1
                ends[t, 0], ends[t, 1] = ends[t, 1], knots[at[t] + which[t] + 1] / factors[t]
            stop = min(stop, ends[t, 1])
        b0, b1, b2, b3, error = 0.0, 0.0, 0.0, 0.0, 0.0
        for t in range(which.size):
            c, w = at[t], weights[t]
            b = cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3]
            largest = max(max(abs(b[0]), abs(b[1])), max(abs(b[2]), abs(b[3])))
            if low > ends[t, 0] or stop < ends[t, 1]:
                left, share = ends[t, 0], 1.0 / (ends[t, 1] - ends[t, 0])
                b = restrict(b, (low - left) * share, (stop - left) * share)
            b0, b1, b2, b3 = b0 + w * b[0], b1 + w * b[1], b2 + w * b[2], b3 + w * b[3]
            error += abs(w) * (errors[c] + ROUNDING * largest)
        total[m, 0], total[m, 1], total[m, 2], total[m, 3] = b0, b1, b2, b3
        bound[m], found[m], found[m + 1] = error, low, stop
        low, m = stop, m + 1
    return m - start


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
