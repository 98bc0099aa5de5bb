"""Where cubics of an option are joined, and their coefficients, cell by cell."""

import math

import numpy as np

from pdesolve._jit import inner, njit


@njit
def knot_counts(lowest, highest, places, widths, total):
    """Write how many units of density lie below each point of an even mesh of the log spot.

    The density is ``1 / hypot(width, x - place)``, the largest of all places, and at least one
    over the whole range.  ``places`` and ``widths`` (l,), ``total`` (m,).
    """
    size = total.size
    start, step = math.log(lowest), (math.log(highest) - math.log(lowest)) / (size - 1)
    nearest = np.full(size, ((size - 1) * step) ** 2)
    for place in range(places.size):
        offset, square = start - places[place], widths[place] ** 2
        for i in range(size):
            away = offset + i * step
            nearest[i] = min(nearest[i], square + away * away)
    total[0], before = 0.0, 1.0 / math.sqrt(nearest[0])
    for i in range(1, size):
        density = 1.0 / math.sqrt(nearest[i])
        total[i] = total[i - 1] + 0.5 * (before + density) * step
        before = density


@njit
def spread_knots(lowest, highest, total, even):
    """Write knots with equally many units between them: ``total`` (m,) as `knot_counts`.

    ``even`` (n + 1,) begins and ends at the ends of the range.
    """
    size, cells, i = total.size, even.size - 1, 0
    start, step = math.log(lowest), (math.log(highest) - math.log(lowest)) / (size - 1)
    for k in range(1, cells):
        wanted = total[size - 1] * k / cells
        while i < size - 2 and total[i + 1] < wanted:
            i += 1
        part = (wanted - total[i]) / (total[i + 1] - total[i])
        even[k] = math.exp(start + step * (i + part))
    even[0], even[cells] = lowest, highest


@njit
def join_levels(even, levels, sliver, knots):
    """Write levels and the knots that are further from each than a share of their cells.

    ``even`` (n + 1,) and ``levels`` (l,) ascend, the levels inside; the share is ``sliver``;
    ``knots`` has room for both, and how many were written is returned.
    """
    count, level, last = 0, 0, even.size - 1
    for i in range(last + 1):
        while level < levels.size and levels[level] <= even[i]:
            knots[count] = levels[level]
            count, level = count + 1, level + 1
        low, high = max(i - 1, 0), min(i + 1, last)
        room = sliver * (even[high] - even[low]) / (high - low)
        far = level == 0 or even[i] - levels[level - 1] > room
        far = far and (level == levels.size or levels[level] - even[i] > room)
        if far or i == 0 or i == last:
            knots[count] = even[i]
            count += 1
    return count


@inner
def add_strays(knots, third, bound):
    """Add what a cubic may stray: ``knots`` (n + 1,), ``third`` derivatives and ``bound`` (n,)."""
    n, before = third.size, 0.0
    for i in range(n):
        h = knots[i + 1] - knots[i]
        after = before
        if i + 1 < n:
            after = abs(third[i + 1] - third[i]) / (0.5 * (knots[i + 2] - knots[i]))
        before = after if i == 0 else before
        bound[i] += max(before, after) * (h * h * h * h) / 384.0
        before = after


@njit
def option_cells(knots, solved, alive, cells, bound):
    """Write the cubics with the values and slopes of options at their knots, and their errors.

    ``solved`` are values, slopes and errors (l, n + 1); where ``alive`` (l,) does not hold, an
    option is straight between its knots.  ``cells`` (l, n, 4), ``bound`` (l, n): the error at the
    ends, and ``h**4 max |f''''| / 384`` with the fourth derivative between the third derivatives
    of neighbouring cells.
    """
    values, slopes, errors = solved
    n = knots.size - 1
    third = np.empty(n)
    for j in range(values.shape[0]):
        for i in range(n):
            h, low, high = knots[i + 1] - knots[i], values[j, i], values[j, i + 1]
            chord = (high - low) / h
            left, right = (slopes[j, i], slopes[j, i + 1]) if alive[j] else (chord, chord)
            b1, b2 = low + left * (h / 3.0), high - right * (h / 3.0)
            cells[j, i, 0], cells[j, i, 1], cells[j, i, 2], cells[j, i, 3] = low, b1, b2, high
            third[i] = 6.0 * ((high - low) - 3.0 * (b2 - b1)) / (h * h * h)
            bound[j, i] = max(errors[j, i], errors[j, i + 1])
        if alive[j]:
            add_strays(knots, third, bound[j])
