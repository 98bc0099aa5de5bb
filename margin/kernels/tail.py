"""The lowest of many readings of one function, cut into pieces on which the same ones are lowest.

A piecewise cubic ``f`` is read at multiples of the spot: reading ``j`` is ``w_j f(x_j S)``.  On one
cell of spots every reading is carried by one cubic, at a proven distance (`carry`).  The cubics are
then compared by their Bernstein coefficients.  About the middle ``m`` of a stretch, let reading
``r`` have rank ``k`` among the values at ``m``.  As far as all that were not above ``r`` stay
below ``r + slack``, and all others above ``r - slack``, the value of rank ``k`` is that of ``r``
and the mean of the ``k`` lowest is that of the same ones, both within ``2 slack``.  `certify`
proves how far that is; what is left on both sides is treated the same way.
"""

import numpy as np

from margin.kernels.bernstein import ROUNDING, cell_at, restrict, root, sign_changes, value
from pdesolve._jit import njit

# Shares of the spread of the readings: what two readings may differ by and still count as tied,
# and how far the cubics that carry them may stray before a cell is halved.
TIED = 1e-8
STRAY = 1e-7
# The same as a share of the error that the function itself has; both are part of the error.
OF_ERROR = 0.01
# Several operations on coefficients of this relative size cannot be told from rounding.
NOISE = 2.0**-44
# A cell is halved at most so often; no piece is narrower than a share of it, or of the spot.
HALVINGS = 8
NARROWEST = 2.0**-30
NEXT_SPOT = 2.0**-48
SEARCHES = 60
STACK = 256

# Columns of a piece: where it starts, the cubic of rank k, the mean of the k lowest, the error.
LEFT, RANKED, MEAN, ERROR = 0, 1, 5, 9
COLUMNS = 10


@njit
def row(coefficients, c):
    """Return row ``c`` of (n, 4) as a tuple."""
    return coefficients[c, 0], coefficients[c, 1], coefficients[c, 2], coefficients[c, 3]


@njit
def largest_size(b):
    """Return the largest of four sizes."""
    return max(max(abs(b[0]), abs(b[1])), max(abs(b[2]), abs(b[3])))


@njit
def within(knots, coefficients, c, ends):
    """Return the cubic of cell ``c`` on the part of it between ``ends``."""
    width = knots[c + 1] - knots[c]
    start = max((ends[0] - knots[c]) / width, 0.0)
    return restrict(row(coefficients, c), start, min((ends[1] - knots[c]) / width, 1.0))


@njit
def carry(function, c, ends):
    """Return the cubic that carries a function between ``ends``, how far it strays, and the error.

    It has the values and the slopes of the function at both ends.  ``function`` is ``knots``
    (n + 1,), ``coefficients`` (n, 4) and ``error`` (n,); ``c`` the cell in which ``ends`` start.
    """
    knots, coefficients, error = function
    span, left = ends[1] - ends[0], within(knots, coefficients, c, ends)
    if ends[1] <= knots[c + 1]:
        return left, ROUNDING * largest_size(left), error[c]
    last = c + 1
    while knots[last + 1] < ends[1]:
        last += 1
    right = within(knots, coefficients, last, ends)
    before, after = span / (knots[c + 1] - ends[0]), span / (ends[1] - knots[last])
    start, stop = before * (left[1] - left[0]), after * (right[3] - right[2])
    cubic = left[0], left[0] + start, right[3] - stop, right[3]
    stray, own = 0.0, 0.0
    for i in range(c, last + 1):
        part = max(knots[i], ends[0]), min(knots[i + 1], ends[1])
        true = within(knots, coefficients, i, ends)
        ours = restrict(cubic, (part[0] - ends[0]) / span, (part[1] - ends[0]) / span)
        gap = ours[0] - true[0], ours[1] - true[1], ours[2] - true[2], ours[3] - true[3]
        stray = max(stray, largest_size(gap) + ROUNDING * largest_size(true))
        own = max(own, error[i])
    return cubic, stray, own


@njit
def resample(function, factors, weights, ends, cubics):
    """Write the cubics that carry all readings between two spots; return stray and error at most.

    ``factors`` ascending and ``weights`` (j,), ``ends`` two spots, ``cubics`` (j, 4).
    """
    knots = function[0]
    c, far, worst = cell_at(knots, max(ends[0] * factors[0], knots[0])), 0.0, 0.0
    for j in range(factors.size):
        left = max(ends[0] * factors[j], knots[0])
        right = min(ends[1] * factors[j], knots[-1])
        while knots[c + 1] <= left:
            c += 1
        cubic, stray, own = carry(function, c, (left, right))
        far, worst = max(far, weights[j] * stray), max(worst, weights[j] * own)
        for k in range(4):
            cubics[j, k] = weights[j] * cubic[k]
    return far, worst


@njit
def select(values, rank, order):
    """Permute ``order`` so that the ``rank`` lowest values come first, the largest of them last.

    ``values`` and ``order`` (j,); Hoare's selection.
    """
    low, high = 0, order.size - 1
    while low < high:
        pivot = values[order[(low + high) // 2]]
        i, j = low, high
        while i <= j:
            while values[order[i]] < pivot:
                i += 1
            while values[order[j]] > pivot:
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                i, j = i + 1, j - 1
        if rank - 1 > j and rank - 1 < i:
            return
        low, high = (low, j) if rank - 1 <= j else (i, high)


@njit
def reach(d, middle, end):
    """Return how far from ``middle`` to ``end`` a cubic that is negative at ``middle`` is so."""
    for _ in range(SEARCHES):
        piece = restrict(d, middle, end)
        changes, first, _ = sign_changes(piece)
        if changes == 0:
            return end
        if changes == 1:
            return middle + root(piece, first) * (end - middle)
        end = 0.5 * (middle + end)
    return end


@njit
def certify(cubics, order, rank, slack, span):
    """Return the stretch about the middle of ``span`` on which the lowest stay the lowest."""
    middle, (low, high) = 0.5 * (span[0] + span[1]), span
    r = row(cubics, order[rank - 1])
    for i in range(order.size):
        sign = 1.0 if i < rank else -1.0
        b = row(cubics, order[i])
        d = (
            sign * (b[0] - r[0]) - slack,
            sign * (b[1] - r[1]) - slack,
            sign * (b[2] - r[2]) - slack,
            sign * (b[3] - r[3]) - slack,
        )
        if max(max(d[0], d[1]), max(d[2], d[3])) > 0.0:
            low, high = reach(d, middle, low), reach(d, middle, high)
    return low, high


@njit
def write_piece(cubics, order, rank, span, piece):
    """Write the cubic of rank ``rank`` and the mean of the lowest on a stretch of the cell."""
    ranked = restrict(row(cubics, order[rank - 1]), span[0], span[1])
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    for i in range(rank):
        b = row(cubics, order[i])
        s0, s1, s2, s3 = s0 + b[0], s1 + b[1], s2 + b[2], s3 + b[3]
    mean = restrict((s0 / rank, s1 / rank, s2 / rank, s3 / rank), span[0], span[1])
    for k in range(4):
        piece[RANKED + k] = ranked[k]
        piece[MEAN + k] = mean[k]


@njit
def cut_cell(cubics, rank, ends, bound, work, pieces):
    """Write the pieces of one cell; return how many, or -1 if there is no room for them.

    ``ends`` of the cell; ``bound`` the distance of the cubics from the truth, the slack and the
    spread; ``work`` values and ``order`` (j,), overwritten; ``pieces`` (p, COLUMNS).
    """
    far, slack, spread = bound
    values, order = work
    narrowest = max(NARROWEST, NEXT_SPOT * ends[1] / (ends[1] - ends[0]))
    stack = np.empty((STACK, 2))
    stack[0, 0], stack[0, 1] = 0.0, 1.0
    top, count = 0, 0
    while top >= 0:
        span = stack[top, 0], stack[top, 1]
        top -= 1
        if count == pieces.shape[0]:
            return -1
        for j in range(order.size):
            values[j] = value(row(cubics, j), 0.5 * (span[0] + span[1]))
        select(values, rank, order)
        low, high = certify(cubics, order, rank, slack, span)
        extra = 0.0
        if low - span[0] < narrowest or top + 2 >= STACK:
            extra, low = max(extra, low - span[0]), span[0]
        if span[1] - high < narrowest or top + 2 >= STACK:
            extra, high = max(extra, span[1] - high), span[1]
        piece = pieces[count]
        write_piece(cubics, order, rank, (low, high), piece)
        piece[LEFT] = ends[0] + low * (ends[1] - ends[0])
        # A cubic moves by at most three times the range of its coefficients over a whole cell.
        piece[ERROR] = far + 2.0 * slack + 6.0 * spread * extra
        count += 1
        if high < span[1]:
            top += 1
            stack[top, 0], stack[top, 1] = high, span[1]
        if low > span[0]:
            top += 1
            stack[top, 0], stack[top, 1] = span[0], low
    return count


@njit
def measure(cubics):
    """Return the range of the coefficients and the largest of their sizes."""
    low, high = cubics[0, 0], cubics[0, 0]
    for j in range(cubics.shape[0]):
        for k in range(4):
            low, high = min(low, cubics[j, k]), max(high, cubics[j, k])
    return high - low, max(-low, high)


@njit
def tail_pieces(function, factors, weights, rank, spots, pieces):
    """Write the pieces of all cells between ``spots``; return how many, or -1 if there is no room.

    Cells in which a cubic strays too far are halved.  ``function`` is ``knots`` (n + 1,),
    ``coefficients`` (n, 4), ``error`` (n,); ``factors`` ascending and ``weights`` (j,); ``spots``
    (m + 1,); ``pieces`` (p, COLUMNS).  Pieces of one cell are in no order.
    """
    cubics = np.empty((factors.size, 4))
    work = np.empty(factors.size), np.arange(factors.size)
    stack, total = np.empty((HALVINGS + 2, 3)), 0
    for m in range(spots.size - 1):
        stack[0, 0], stack[0, 1], stack[0, 2] = spots[m], spots[m + 1], HALVINGS
        top = 0
        while top >= 0:
            left, right, depth = stack[top, 0], stack[top, 1], stack[top, 2]
            top -= 1
            far, own = resample(function, factors, weights, (left, right), cubics)
            spread, size = measure(cubics)
            noise = NOISE * size
            if far > STRAY * spread + OF_ERROR * own + noise and depth > 0:
                middle = 0.5 * (left + right)
                stack[top + 1, 0], stack[top + 1, 1], stack[top + 1, 2] = middle, right, depth - 1
                stack[top + 2, 0], stack[top + 2, 1], stack[top + 2, 2] = left, middle, depth - 1
                top += 2
                continue
            slack = TIED * spread + OF_ERROR * own + noise
            bound = far + own + noise, slack, spread
            found = cut_cell(cubics, rank, (left, right), bound, work, pieces[total:])
            if found < 0:
                return -1
            total += found
    return total
