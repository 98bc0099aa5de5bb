"""Cubics that change where the sign of another one does, cell by cell, in Bernstein form."""

import numpy as np

from margin.kernels.bernstein import (
    DEPTH,
    FLAT,
    NARROWEST,
    ROUNDING,
    push,
    restrict,
    root,
    sign_changes,
    value,
)
from pdesolve._jit import njit

# A cubic changes its sign in a cell at most so often.
MOST_CROSSINGS = 3


@njit
def crossings(b, stack, found):
    """Write where a cubic changes sign inside its cell, ascending from 0 to 1; return how many.

    Pieces on which signs cannot be told from rounding count as one change if their ends differ.
    ``stack`` (DEPTH, 6) is overwritten; ``found`` (MOST_CROSSINGS,).
    """
    flat = FLAT * max(max(abs(b[0]), abs(b[1])), max(abs(b[2]), abs(b[3])))
    top, count, before = 0, 0, 0
    push(b, 0.0, 1.0, top, stack)
    while top >= 0:
        b = stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3]
        start, width = stack[top, 4], stack[top, 5]
        changes, first, last = sign_changes(b)
        if first * before < 0 and count < MOST_CROSSINGS:
            found[count] = start
            count += 1
        before = first if first != 0 else before
        largest = max(max(abs(b[0]), abs(b[1])), max(abs(b[2]), abs(b[3])))
        if changes > 1 and width > NARROWEST and largest > flat:
            push(restrict(b, 0.5, 1.0), start + 0.5 * width, 0.5 * width, top, stack)
            push(restrict(b, 0.0, 0.5), start, 0.5 * width, top + 1, stack)
            top += 1
            continue
        if last * first < 0 and count < MOST_CROSSINGS:
            found[count] = start + width * (root(b, first) if changes == 1 else 0.5)
            count += 1
        before = last if last != 0 else before
        top -= 1
    return count


@njit
def turning_points(knots, slopes, turns):
    """Write the spots at which cubics change their sign, ascending; return how many.

    ``knots`` (n + 1,), ``slopes`` (n, 4), ``turns`` (4 n,).
    """
    stack, found = np.empty((DEPTH, 6)), np.empty(MOST_CROSSINGS)
    total, before = 0, 0
    for c in range(slopes.shape[0]):
        b = slopes[c, 0], slopes[c, 1], slopes[c, 2], slopes[c, 3]
        _, first, last = sign_changes(b)
        if first * before < 0:
            turns[total] = knots[c]
            total += 1
        for i in range(crossings(b, stack, found)):
            turns[total] = knots[c] + found[i] * (knots[c + 1] - knots[c])
            total += 1
        before = last if last != 0 else before
    return total


@njit
def choose_by_sign(knots, gap, choices, bound, pieces, ends, error):
    """Write the cubics of one function where a gap is not negative, of another elsewhere.

    ``knots`` (n + 1,), ``gap`` (n, 4), ``choices`` (2, n, 4), ``bound`` (n,) their error;
    ``pieces`` (4 n, 4), their ``ends`` (4 n + 1,) and ``error`` (4 n,), rounding included.
    Returns how many were written.
    """
    stack, found = np.empty((DEPTH, 6)), np.empty(MOST_CROSSINGS)
    total = 0
    for c in range(gap.shape[0]):
        g = gap[c, 0], gap[c, 1], gap[c, 2], gap[c, 3]
        left, right = knots[c], knots[c + 1]
        count = crossings(g, stack, found)
        start, begun = 0.0, left
        for i in range(count + 1):
            stop = found[i] if i < count else 1.0
            ended = left + stop * (right - left) if i < count else right
            if ended <= begun or (i < count and ended >= right):
                continue  # a crossing within rounding of an end
            b = choices[1 if value(g, 0.5 * (start + stop)) < 0.0 else 0, c]
            piece = restrict((b[0], b[1], b[2], b[3]), start, stop)
            for k in range(4):
                pieces[total, k] = piece[k]
            largest = max(max(abs(b[0]), abs(b[1])), max(abs(b[2]), abs(b[3])))
            ends[total], error[total] = begun, bound[c] + ROUNDING * largest
            start, begun, total = stop, ended, total + 1
    ends[total] = knots[-1]
    return total
