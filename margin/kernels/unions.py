"""Unions of intervals of one line, kept as rows of two ends, ascending and apart."""

from pdesolve._jit import inner, njit


@njit
def unite(pieces, count):
    """Unite the first ``count`` rows of ``pieces`` (m, 2) in place; return how many are left.

    Rows that touch become one.
    """
    for i in range(1, count):
        lower, upper, j = pieces[i, 0], pieces[i, 1], i
        while j > 0 and pieces[j - 1, 0] > lower:
            pieces[j, 0], pieces[j, 1] = pieces[j - 1, 0], pieces[j - 1, 1]
            j -= 1
        pieces[j, 0], pieces[j, 1] = lower, upper
    found = 0
    for i in range(count):
        if found > 0 and pieces[i, 0] <= pieces[found - 1, 1]:
            pieces[found - 1, 1] = max(pieces[found - 1, 1], pieces[i, 1])
        else:
            pieces[found, 0], pieces[found, 1] = pieces[i, 0], pieces[i, 1]
            found += 1
    return found


@inner
def within(pieces, count, lower, upper):
    """Return the first row that lies within two ends, and the one after the last such."""
    first = 0
    while first < count and pieces[first, 0] < lower:
        first += 1
    last = first
    while last < count and pieces[last, 1] <= upper:
        last += 1
    return first, last
