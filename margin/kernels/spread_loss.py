"""The largest loss of covered sets at expiry, and the longs that they can do without.

Lots are tables (8, l) as in `margin.kernels.pairing`; counts are contracts of each lot.
"""

import numpy as np

from margin.kernels.pairing import MULTIPLIER, RIGHT, STRIKE
from pdesolve._jit import inner, njit


@inner
def paid(table, count, spot):
    """Payoff of some lots."""
    total = 0.0
    for i in range(count.size):
        if count[i] > 0.0:
            inside = table[RIGHT, i] * (spot - table[STRIKE, i])
            total += count[i] * table[MULTIPLIER, i] * max(inside, 0.0)
    return total


@inner
def uncovered(short, long, right, counts):
    """How many more units are short than long in one right."""
    total = 0.0
    for table, count, sign in ((short, counts[0], 1.0), (long, counts[1], -1.0)):
        for i in range(count.size):
            if table[RIGHT, i] == right:
                total += sign * count[i] * table[MULTIPLIER, i]
    return total


@njit
def largest_loss(short, long, counts):
    """Return the largest loss at expiry, premiums left out; infinite if calls are not covered.

    ``short`` (8, s), ``long`` (8, l), ``counts`` (s,) and (l,).
    """
    if uncovered(short, long, 1.0, counts) > 0.0:
        return np.inf
    worst = max(0.0, paid(short, counts[0], 0.0) - paid(long, counts[1], 0.0))
    for table, count in ((short, counts[0]), (long, counts[1])):
        for i in range(count.size):
            if count[i] > 0.0:
                spot = table[STRIKE, i]
                loss = paid(short, counts[0], spot) - paid(long, counts[1], spot)
                worst = max(worst, loss)
    return worst


@njit
def trim(short, long, counts, rounding):
    """Take every long away that the set does not need, and return its largest loss.

    Arguments as for `largest_loss`; ``counts[1]`` is overwritten, and the loss stays as it is to a
    share ``rounding`` of itself.
    """
    loss = largest_loss(short, long, counts)
    longs = counts[1]
    for i in range(longs.size):
        right = long[RIGHT, i]
        while longs[i] > 0.0:
            longs[i] -= 1.0
            bare = uncovered(short, long, right, counts) > 0.0
            if bare or largest_loss(short, long, counts) > loss + rounding * max(1.0, loss):
                longs[i] += 1.0
                break
    return loss


@njit
def round_solution(matrix, bounds, n_whole, values):
    """Round the first ``n_whole`` values, write the losses of sets that they have; the miss.

    ``matrix`` (m, n), ``bounds`` (m,), ``values`` (n,), overwritten.  The miss is the most by which
    a row is not met.
    """
    for j in range(values.size):
        values[j] = np.rint(values[j]) if j < n_whole else 0.0
    worst = 0.0
    for i in range(bounds.size):
        over = -bounds[i]
        for j in range(n_whole):
            over += matrix[i, j] * values[j]
        free = False
        for j in range(n_whole, values.size):
            if matrix[i, j] < 0.0:
                values[j] = max(values[j], over)
                free = True
        if not free:
            worst = max(worst, over)
    return worst
