"""Where the excess of many accounts over the same contracts is negative.

Accounts are valued on the same knots: the excess of each is its options at ``factor`` times the
spot, and a straight line.  What is negative is kept in three lists per account, each ascending:
certainly, nominally and possibly negative, as `negative_sets` tells them apart.
"""

import numpy as np

from margin.kernels.bernstein import (
    COLUMNS,
    DEPTH,
    FOUND,
    ROUNDING,
    SIDES,
    clipped,
    follow_cell,
    proven_sign,
    rounded,
    turn,
)
from margin.kernels.unions import unite, within
from pdesolve._jit import inner, njit

# Rows of the lists; an account whose lists would be longer is left to be looked at alone.
ROOM = 48
# What is reported of an account, by column.
BELOW, ABOVE, FALLING, RISING = 0, 2, 4, 6  # nearest ends and, one column on, their errors
INTERVALS, UNDECIDED, STATE, LOWER_OPEN, UPPER_OPEN = 8, 9, 10, 11, 12
REPORTED = 13
SAFE, LIQUIDATED, UNCERTAIN = 0.0, 1.0, 2.0


@inner
def line_on(line, left, right):
    """Return a straight line, intercept and slope, as a cubic on a cell."""
    start, third = line[0] + line[1] * left, line[1] * (right - left) / 3.0
    return start, start + third, start + 2.0 * third, line[0] + line[1] * right


@inner
def isolate(knots, cells, error, line, span, stack, tally, intervals):
    """Write where options and a line together are negative within ``span``, as `negative_sets`.

    ``cells`` (n, 4) and ``error`` (n,) are of the options; ``tally`` is set to zero before.
    """
    tally[:] = 0
    before, last = 0, knots.size - 1
    for c in range(last):
        left, right = knots[c], knots[c + 1]
        ends = max(left, span[0]), min(right, span[1])
        if ends[0] >= ends[1]:
            continue
        straight = line_on(line, left, right)
        option = cells[c, 0], cells[c, 1], cells[c, 2], cells[c, 3]
        high = max(max(abs(option[0]), abs(option[1])), max(abs(option[2]), abs(option[3])))
        high += max(abs(straight[0]), abs(straight[3]))
        b = option[0] + straight[0], option[1] + straight[1], option[2] + straight[2], 0.0
        b = clipped((b[0], b[1], b[2], option[3] + straight[3]), left, right, ends)
        bound = rounded(b, error[c] + 2.0 * ROUNDING * high)
        sign = proven_sign(b, bound)
        if sign == 0 or sign != before:
            follow_cell(b, bound, ends, stack, tally, intervals)
        before = sign
    for side in range(SIDES):
        turn(side, min(knots[last], span[1]), 0, tally, intervals)


@inner
def keep(tally, intervals, factor, span, zones, counts):
    """Add intervals at ``factor`` times the spot to the lists of an account; whether they fit.

    ``zones`` (SIDES, ROOM, 2), ``counts`` (SIDES,).
    """
    for side in range(SIDES):
        for i in range(tally[side, FOUND]):
            if counts[side] == ROOM:
                return False
            lower = max(intervals[side, i, 0] / factor, span[0])
            upper = min(intervals[side, i, 1] / factor, span[1])
            if lower < upper:
                zones[side, counts[side], 0], zones[side, counts[side], 1] = lower, upper
                counts[side] += 1
        counts[side] = unite(zones[side], counts[side])
    return True


@njit
def add_negative(valued, lines, factors, span, found, overflow):
    """Add to the lists of accounts where options and one of some lines are negative.

    ``valued`` are the knots (n + 1,), and coefficients (a, n, 4) and errors (a, n) of the options
    of the accounts; ``lines`` (a, m, 2) and ``factors`` (m,) belong together: the options are read
    at ``factors[m]`` times the spot, at which the line is read too.  ``found`` are the lists (a,
    SIDES, ROOM, 2) and their lengths (a, SIDES); ``overflow`` (a,) tells which do not fit.
    """
    knots, cells, errors = valued
    zones, counts = found
    stack, tally = np.empty((DEPTH, 6)), np.zeros((SIDES, COLUMNS), dtype=np.int64)
    intervals = np.empty((SIDES, 2 * errors.shape[1] + 1, 2))
    whole = knots[0], knots[-1]
    for a in range(lines.shape[0]):
        for m in range(factors.size):
            line = lines[a, m, 0], lines[a, m, 1]
            same = m > 0 and line[0] == lines[a, m - 1, 0] and line[1] == lines[a, m - 1, 1]
            if not same:  # else its signs are known, and only where they are read has changed
                isolate(knots, cells[a], errors[a], line, whole, stack, tally, intervals)
            if not keep(tally, intervals, factors[m], span, zones[a], counts[a]):
                overflow[a] = True


@inner
def note(spot, span, interval, errors, told):
    """Note an interval: the nearest end on either side, or both if it holds the spot."""
    lower, upper = interval
    told[INTERVALS] += 1.0
    if lower <= span[0]:
        told[LOWER_OPEN] = 1.0
    if upper >= span[1]:
        told[UPPER_OPEN] = 1.0
    if upper < spot:
        told[BELOW], told[BELOW + 1] = upper, errors[1]
    elif lower > spot:
        if np.isnan(told[ABOVE]):
            told[ABOVE], told[ABOVE + 1] = lower, errors[0]
    else:
        told[STATE] = LIQUIDATED
        if lower > span[0]:
            told[FALLING], told[FALLING + 1] = lower, errors[0]
        if upper < span[1]:
            told[RISING], told[RISING + 1] = upper, errors[1]


@inner
def describe(zones, counts, spot, span, told):
    """Write what is reported of an account, (REPORTED,), from its three lists.

    An interval is what is nominally negative within a possible one, and its errors reach to the
    ends of that, and of what is certain; without the latter it is undecided.
    """
    certain, nominal, possible = zones[0], zones[1], zones[2]
    told[:] = 0.0
    told[:INTERVALS] = np.nan
    for z in range(counts[2]):
        low, high = possible[z, 0], possible[z, 1]
        first, last = within(nominal, counts[1], low, high)
        lost, after = within(certain, counts[0], low, high)
        if last > first:
            lower, upper = nominal[first, 0], nominal[last - 1, 1]
            near, far = upper, lower
            if after > lost:
                near, far = certain[lost, 0], certain[after - 1, 1]
            errors = max(lower - low, near - lower), max(high - upper, upper - far)
            note(spot, span, (lower, upper), errors, told)
        told[UNDECIDED] += after - lost - 1 if after > lost else 1
    if told[STATE] == LIQUIDATED:
        told[BELOW], told[BELOW + 1], told[ABOVE], told[ABOVE + 1] = np.nan, np.nan, np.nan, np.nan


@inner
def state_at(zones, counts, spot):
    """Return what is known at a spot: certainly negative, not even possibly, or neither."""
    for i in range(counts[0]):
        if zones[0, i, 0] < spot < zones[0, i, 1]:
            return LIQUIDATED
    for i in range(counts[2]):
        if zones[2, i, 0] <= spot <= zones[2, i, 1]:
            return UNCERTAIN
    return SAFE


@njit
def describe_many(zones, counts, spot, span, told):
    """Unite the three lists of every account and write what is reported of it.

    ``zones`` (a, SIDES, ROOM, 2), ``counts`` (a, SIDES); ``told`` (a, REPORTED).  What is certain
    is nominal too, and what is nominal is possible.
    """
    room = np.empty((SIDES, SIDES * ROOM, 2))
    lengths = np.zeros(SIDES, dtype=np.int64)
    for a in range(told.shape[0]):
        for side in range(SIDES):
            n = 0
            for i in range(counts[a, side]):
                room[side, n, 0], room[side, n, 1] = zones[a, side, i, 0], zones[a, side, i, 1]
                n += 1
            for i in range(lengths[side - 1] if side > 0 else 0):
                room[side, n, 0], room[side, n, 1] = room[side - 1, i, 0], room[side - 1, i, 1]
                n += 1
            lengths[side] = unite(room[side], n)
        describe(room, lengths, spot, span, told[a])
        told[a, STATE] = state_at(room, lengths, spot)
