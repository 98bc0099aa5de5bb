"""Cubics in Bernstein form: restriction, evaluation, and the sets where they are negative.

On a cell the cubic is ``b0 (1-t)^3 + 3 b1 t (1-t)^2 + 3 b2 t^2 (1-t) + b3 t^3`` with ``t`` from 0
to 1.  It has at most as many roots inside the cell as its coefficients have changes of sign, and
the two numbers differ by an even one (Descartes' rule in Bernstein form; Basu, Pollack and Roy,
*Algorithms in Real Algebraic Geometry*, 2006, section 10.2).  So no change proves that there is no
root, one proves that there is exactly one, and more are split until one of the two holds.

A cubic is passed about as the tuple of its four coefficients.  Functions of several cells are laid
one behind the other: those of function ``f`` are ``offsets[f]`` to ``offsets[f + 1]``, and the
knots at the ends of cell ``c`` are ``c + f`` and ``c + f + 1``.
"""

import numpy as np

from pdesolve._jit import njit

# A bound on the rounding of one restriction or evaluation, relative to the largest coefficient.
ROUNDING = 2.0**-49
# Below this share of its cell's largest coefficient a piece is not split any further: rounding
# hides its signs.
FLAT = 2.0**-50
# Pieces are not split below this share of their cell.
NARROWEST = 2.0**-50
DEPTH = 52
# Keeps a cell that is zero throughout among the undecided ones.
SMALLEST = 1e-300

# Rows of the answer: f + bound < 0 (certain), f < 0 (nominal), f - bound < 0 (possible).
SIDES = 3
# Columns of the tally.
FOUND, SIGN, CELLS, SEARCHED, SPLITS = 0, 1, 2, 3, 4
COLUMNS = 5


@njit
def between(a, b, t):
    """Return ``(1 - t) a + t b``, exactly ``a`` at 0 and ``b`` at 1."""
    return (1.0 - t) * a + t * b


@njit
def restrict(b, start, stop):
    """Return the cubic on the part ``start`` to ``stop`` of its cell (de Casteljau)."""
    at_start = between(b[0], b[1], start), between(b[1], b[2], start), between(b[2], b[3], start)
    at_stop = between(b[0], b[1], stop), between(b[1], b[2], stop), between(b[2], b[3], stop)
    low = between(at_start[0], at_start[1], start), between(at_start[1], at_start[2], start)
    mixed = between(at_start[0], at_start[1], stop), between(at_start[1], at_start[2], stop)
    high = between(at_stop[0], at_stop[1], stop), between(at_stop[1], at_stop[2], stop)
    return (
        between(low[0], low[1], start),
        between(low[0], low[1], stop),
        between(mixed[0], mixed[1], stop),
        between(high[0], high[1], stop),
    )


@njit
def value(b, t):
    """Return the cubic at ``t``."""
    first, second, third = between(b[0], b[1], t), between(b[1], b[2], t), between(b[2], b[3], t)
    return between(between(first, second, t), between(second, third, t), t)


@njit
def slope(b, t):
    """Return the derivative of the cubic by ``t``."""
    return 3.0 * between(
        between(b[1] - b[0], b[2] - b[1], t), between(b[2] - b[1], b[3] - b[2], t), t
    )


@njit
def cell_at(knots, spot):
    """Return the last cell that starts at or below ``spot``."""
    low, high = 0, knots.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if knots[middle] <= spot:
            low = middle
        else:
            high = middle
    return low


@njit
def evaluate(knots, coefficients, spots, values, slopes):
    """Write value and derivative at each spot: ``knots`` (n + 1,), ``spots`` to ``slopes`` (k,)."""
    c = 0
    for k in range(spots.size):
        if not knots[c] <= spots[k] < knots[c + 1]:
            c = cell_at(knots, spots[k])
        b = coefficients[c, 0], coefficients[c, 1], coefficients[c, 2], coefficients[c, 3]
        width = knots[c + 1] - knots[c]
        t = (spots[k] - knots[c]) / width
        values[k] = value(b, t)
        slopes[k] = slope(b, t) / width


@njit
def merge_knots(first, second, merged):
    """Write the ascending union of two ascending arrays within the range that they share.

    ``merged`` has room for both; how many were written is returned.
    """
    lowest, highest = max(first[0], second[0]), min(first[-1], second[-1])
    i, j, count = 0, 0, 0
    while i < first.size and j < second.size:
        knot = min(first[i], second[j])
        i += first[i] == knot
        j += second[j] == knot
        if lowest <= knot <= highest:
            merged[count] = knot
            count += 1
    return count


@njit
def add_restricted(knots, coefficients, error, weight, merged, total, bound):
    """Add ``weight`` times a function to ``total``, whose finer cells end at ``merged``.

    ``knots`` (n + 1,), ``coefficients`` (n, 4), ``error`` (n,); ``merged`` (m + 1,) contains all
    knots within its range; ``total`` (m, 4), and ``bound`` (m,) grows by error and rounding.
    """
    c = cell_at(knots, merged[0])
    for m in range(total.shape[0]):
        c += merged[m] >= knots[c + 1]
        b = coefficients[c, 0], coefficients[c, 1], coefficients[c, 2], coefficients[c, 3]
        largest = max(max(abs(b[0]), abs(b[1])), max(abs(b[2]), abs(b[3])))
        if merged[m] > knots[c] or merged[m + 1] < knots[c + 1]:
            width = knots[c + 1] - knots[c]
            b = restrict(b, (merged[m] - knots[c]) / width, (merged[m + 1] - knots[c]) / width)
        for k in range(4):
            total[m, k] += weight * b[k]
        bound[m] += abs(weight) * (error[c] + ROUNDING * largest)


@njit
def sign_changes(b):
    """Return how often the coefficients change sign (zeros left out), the first and last sign."""
    changes, first, last = 0, 0, 0
    for k in range(4):
        sign = int(b[k] > 0.0) - int(b[k] < 0.0)
        if sign != 0:
            changes += last == -sign
            first = sign if first == 0 else first
            last = sign
    return changes, first, last


@njit
def root(b, first):
    """Return the only root in the cell, before which the cubic has the sign ``first``.

    Newton's method, held in a bracket that is halved where a step would leave it.
    """
    low, high, t = 0.0, 1.0, 0.5
    for _ in range(200):
        height, slant = value(b, t), slope(b, t)
        if first * height > 0.0:
            low = t
        else:
            high = t
        step = t - height / slant if slant != 0.0 else low
        before, t = t, step if low < step < high else 0.5 * (low + high)
        if abs(t - before) <= 2.0**-53 or high - low <= 2.0**-53:
            break
    return t


@njit
def turn(side, spot, sign, tally, intervals):
    """Record that a function has ``sign`` from ``spot`` on."""
    before = tally[side, SIGN]
    if sign == before:
        return
    if sign < 0:
        intervals[side, tally[side, FOUND], 0] = spot
    elif before < 0:
        intervals[side, tally[side, FOUND], 1] = spot
        tally[side, FOUND] += 1
    tally[side, SIGN] = sign


@njit
def push(b, start, width, top, stack):
    """Put a piece of a cell, and where it lies in the cell, into row ``top`` of the stack."""
    for k in range(4):
        stack[top, k] = b[k]
    stack[top, 4] = start
    stack[top, 5] = width


@njit
def follow(side, b, ends, stack, tally, intervals):
    """Record all changes of sign of a cubic on the cell between ``ends``, from left to right.

    A piece that is neither proven nor can be split has |f| below rounding: it counts as one
    crossing if its end signs differ, else as none.  ``stack`` (DEPTH, 6) is overwritten.
    """
    left, right = ends
    flat = FLAT * max(max(abs(b[0]), abs(b[1])), max(abs(b[2]), abs(b[3])))
    top = 0
    push(b, 0.0, 1.0, top, stack)
    while top >= 0:
        b = stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3]
        start, width = stack[top, 4], stack[top, 5]
        changes, first, last = sign_changes(b)
        turn(side, left + start * (right - left), first, tally, intervals)
        largest = max(max(abs(b[0]), abs(b[1])), max(abs(b[2]), abs(b[3])))
        if changes > 1 and width > NARROWEST and largest > flat:
            push(restrict(b, 0.5, 1.0), start + 0.5 * width, 0.5 * width, top, stack)
            push(restrict(b, 0.0, 0.5), start, 0.5 * width, top + 1, stack)
            tally[side, SPLITS] += 1
            top += 1
            continue
        if changes > 0:
            t = root(b, first) if changes == 1 else 0.5
            spot = min(left + (start + t * width) * (right - left), right)
            turn(side, spot, last, tally, intervals)
        top -= 1


@njit
def rounded(b, error):
    """Return the error with the rounding of these coefficients added."""
    low, high = min(min(b[0], b[1]), min(b[2], b[3])), max(max(b[0], b[1]), max(b[2], b[3]))
    return error + ROUNDING * max(-low, high) + SMALLEST


@njit
def proven_sign(b, bound):
    """Return the sign that all coefficients have by more than ``bound``, 0 if there is none."""
    above = b[0] > bound and b[1] > bound and b[2] > bound and b[3] > bound
    below = b[0] < -bound and b[1] < -bound and b[2] < -bound and b[3] < -bound
    return int(above) - int(below)


@njit
def follow_cell(b, bound, ends, stack, tally, intervals):
    """Record the signs of ``f + bound``, ``f`` and ``f - bound`` on one cell."""
    sign = proven_sign(b, bound)
    for side in range(SIDES):
        if sign != 0:
            turn(side, ends[0], sign, tally, intervals)
        else:
            shift = (1 - side) * bound
            shifted = b[0] + shift, b[1] + shift, b[2] + shift, b[3] + shift
            follow(side, shifted, ends, stack, tally, intervals)
            tally[side, SEARCHED] += 1


@njit
def clipped(b, left, right, ends):
    """Return the cubic on the part of its cell between ``ends``."""
    if ends[0] == left and ends[1] == right:
        return b
    width = right - left
    return restrict(b, (ends[0] - left) / width, (ends[1] - left) / width)


@njit
def negative_sets(knots, coefficients, error, offsets, span, tally, intervals):
    """Write the intervals on which functions are negative: certainly, nominally, possibly.

    One list per row of ``intervals``, function after function, each ascending.  A zero at which
    the function is negative on both sides does not divide an interval.  Cells whose sign is
    proven and has not changed are passed over without a call.

    ``knots`` (n + functions,), ``coefficients`` (n, 4), ``error`` (n,), ``offsets``
    (functions + 1,), ``span`` (2,) the range searched; ``tally`` (SIDES, COLUMNS) of zeros,
    ``intervals`` (SIDES, 2 n + functions, 2).
    """
    stack = np.empty((DEPTH, 6))
    cells = 0
    for f in range(offsets.size - 1):
        before = 0
        for c in range(offsets[f], offsets[f + 1]):
            left, right = knots[c + f], knots[c + f + 1]
            ends = max(left, span[0]), min(right, span[1])
            if ends[0] >= ends[1]:
                continue
            b = coefficients[c, 0], coefficients[c, 1], coefficients[c, 2], coefficients[c, 3]
            b = clipped(b, left, right, ends)
            bound = rounded(b, error[c])
            sign = proven_sign(b, bound)
            cells += 1
            if sign == 0 or sign != before:
                follow_cell(b, bound, ends, stack, tally, intervals)
            before = sign
        for side in range(SIDES):
            turn(side, min(knots[offsets[f + 1] + f], span[1]), 0, tally, intervals)
    tally[:, CELLS] = cells
