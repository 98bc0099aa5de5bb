"""Columns and rows of the program that finds the cheapest grouping of options and stock.

Lots are tables (8, l) with one row per constant below.  A column is up to four lots that are
margined together, of which the first belong to shorts; what each family groups stands in
`margin.rules.strategy.program`.  Families are written one after the other: each function takes the
number of columns so far and returns the number after it, and writes only where there is room.
"""

import numpy as np

from pdesolve._jit import inner, njit

RIGHT, STRIKE, COUNT, MULTIPLIER, EXPIRY, SERIES, EUROPEAN, CASH = range(8)
"""Rows of a table of lots: right (1 call, -1 put), strike, contracts, units per contract, rank of
the expiry, what may be spread together, and whether it is European and settled in cash."""

FAMILIES = 9
STRADDLES, LESSER, COVERED, HEDGES, COLLARS, LOANS, BOXES, SPREAD_SHORTS, SPREAD_LONGS = range(9)
# Lots that a column uses by family: shorts, then longs.
SHORTS = np.array([2, 1, 1, 0, 1, 0, 2, 1, 0])
LONGS = np.array([0, 0, 0, 1, 1, 1, 2, 0, 1])


@inner
def add(out, n, first, second, third, fourth):
    """Write a column if there is room; the number of columns after it."""
    if n < out.shape[0]:
        out[n, 0], out[n, 1], out[n, 2], out[n, 3] = first, second, third, fourth
    return n + 1


@inner
def add_straddles(short, out, n):
    """Pairs of a short call and a short put of one multiplier."""
    for i in range(short.shape[1]):
        for j in range(short.shape[1]):
            if short[RIGHT, i] > 0.0 > short[RIGHT, j]:
                if short[MULTIPLIER, i] == short[MULTIPLIER, j]:
                    n = add(out, n, i, j, -1, -1)
    return n


@inner
def add_lots(table, side, out, n):
    """Every lot whose right has the sign of ``side``; none if it is 0."""
    for i in range(table.shape[1]):
        if side * table[RIGHT, i] > 0.0:
            n = add(out, n, i, -1, -1, -1)
    return n


@inner
def add_marked(marked, out, n):
    """Every lot that is marked."""
    for i in range(marked.size):
        if marked[i]:
            n = add(out, n, i, -1, -1, -1)
    return n


@inner
def add_collars(short, long, side, out, n):
    """Short and long of one expiry and multiplier on either side of stock.

    Around long stock the strike of the call is no lower; around short stock both are the same.
    """
    for i in range(short.shape[1]):
        for j in range(long.shape[1]):
            if not (side * short[RIGHT, i] > 0.0 > side * long[RIGHT, j]):
                continue
            same = short[EXPIRY, i] == long[EXPIRY, j]
            same = same and short[MULTIPLIER, i] == long[MULTIPLIER, j]
            apart = short[STRIKE, i] - long[STRIKE, j]
            if same and (apart == 0.0 or (apart > 0.0 and side > 0.0)):
                n = add(out, n, i, j, -1, -1)
    return n


@inner
def twins(short, i, long, j):
    """Whether a short and a long share series, expiry and strike, and not their right."""
    same = short[SERIES, i] == long[SERIES, j] and short[EXPIRY, i] == long[EXPIRY, j]
    return same and short[STRIKE, i] == long[STRIKE, j] and short[RIGHT, i] != long[RIGHT, j]


@inner
def add_boxes(short, long, out, n):
    """European long boxes: short call and long put above, long call and short put below."""
    for i in range(short.shape[1]):
        if not (short[EUROPEAN, i] > 0.0 and short[RIGHT, i] > 0.0):
            continue
        for j in range(short.shape[1]):
            fits = short[SERIES, i] == short[SERIES, j] and short[EXPIRY, i] == short[EXPIRY, j]
            if not (fits and short[RIGHT, j] < 0.0 and short[STRIKE, j] < short[STRIKE, i]):
                continue
            for above in range(long.shape[1]):
                if twins(short, i, long, above):
                    for below in range(long.shape[1]):
                        if twins(short, j, long, below):
                            n = add(out, n, i, j, below, above)
    return n


@inner
def covers(short, i, long, j, concurrent):
    """Whether a long lot may stand in one spread with a short one."""
    if short[SERIES, i] != long[SERIES, j]:
        return False
    if concurrent:
        return long[EXPIRY, j] == short[EXPIRY, i]
    return long[EXPIRY, j] >= short[EXPIRY, i]


@inner
def set_of(short, i, firsts):
    """The set of a short lot among those with these first shorts; -1 if it is not there yet."""
    for index in range(firsts.size):
        first = firsts[index]
        if short[SERIES, i] == short[SERIES, first] and short[EXPIRY, i] == short[EXPIRY, first]:
            return index
    return -1


@inner
def list_sets(short, long, spreads, concurrent, member, firsts):
    """Write the set of every short that a long can cover, else -1; the number of sets.

    ``spreads`` (s,) says which shorts may be spread; ``member`` and ``firsts`` (s,).
    """
    n = 0
    for i in range(short.shape[1]):
        member[i] = -1
        found = False
        for j in range(long.shape[1]):
            found = found or (
                short[RIGHT, i] == long[RIGHT, j] and covers(short, i, long, j, concurrent)
            )
        if not (found and spreads[i]):
            continue
        member[i] = set_of(short, i, firsts[:n])
        if member[i] < 0:
            member[i], firsts[n] = n, i
            n += 1
    return n


@inner
def add_spread_longs(short, long, firsts, concurrent, uses, single, out, n):
    """Lot and set of longs, those with ``uses`` other than one set, or ``single`` ones.

    The first pass counts sets into ``uses`` (l,): call with ``single`` below 0.
    """
    for index in range(firsts.size):
        for j in range(long.shape[1]):
            if covers(short, firsts[index], long, j, concurrent):
                if single < 0:
                    uses[j] += 1
                elif (uses[j] == 1) == (single == 1):
                    n = add(out, n, j, index, -1, -1)
    return n


@inner
def count_uses(short, long, lent, choices, firsts, uses):
    """Write how many uses every long has, sets counted once and all others twice."""
    side, _, _, concurrent, lends = choices
    nowhere = np.empty((0, 4), dtype=np.int64)
    add_spread_longs(short, long, firsts, concurrent, uses, -1, nowhere, 0)
    boxes = np.empty((lends * add_boxes(short, long, nowhere, 0), 4), dtype=np.int64)
    add_boxes(short, long, boxes, 0)
    for index in range(boxes.shape[0]):
        uses[boxes[index, 2]] += 2
        uses[boxes[index, 3]] += 2
    for j in range(long.shape[1]):
        if lent[j] or side * long[RIGHT, j] < 0.0:
            uses[j] += 2


@inner
def fill_columns(short, long, lent, choices, lists, ends, out):
    """Write all columns (n, 4) and where every family ends (9,); the number of columns."""
    side, pairs, chains, concurrent, lends = choices
    member, firsts, uses = lists
    n = 0
    if pairs:
        n = add_straddles(short, out, n)
    ends[STRADDLES] = n
    if chains:
        n = add_lots(short, 1.0, out, n)
        n = add_lots(short, -1.0, out, n)
    ends[LESSER] = n
    ends[COVERED] = n = add_lots(short, side, out, n)
    ends[HEDGES] = n = add_lots(long, -side, out, n)
    ends[COLLARS] = n = add_collars(short, long, side, out, n)
    ends[LOANS] = n = add_marked(lent, out, n)
    if lends:
        n = add_boxes(short, long, out, n)
    ends[BOXES] = n
    for i in range(member.size):
        if member[i] >= 0:
            n = add(out, n, i, member[i], -1, -1)
    ends[SPREAD_SHORTS] = n
    ends[SPREAD_LONGS] = n = add_spread_longs(short, long, firsts, concurrent, uses, 0, out, n)
    return n


@njit
def list_columns(short, long, lent, spreads, choices):
    """Return columns (n, 4), ends of families (9,), longs given (j, 4), and money of sets (i,).

    ``short`` (8, s), ``long`` (8, l), ``lent`` (l,) and ``spreads`` (s,) flags, ``choices`` are the
    side of the stock and, 1 or 0, whether there are pairs, chains, only spreads of one expiry, and
    loans against boxes.
    """
    member = np.empty(short.shape[1], dtype=np.int64)
    firsts = np.empty(short.shape[1], dtype=np.int64)
    concurrent = choices[3]
    n_sets = list_sets(short, long, spreads, concurrent, member, firsts)
    firsts = firsts[:n_sets]
    uses, ends = np.zeros(long.shape[1], dtype=np.int64), np.empty(FAMILIES, dtype=np.int64)
    count_uses(short, long, lent, choices, firsts, uses)
    lists, nowhere = (member, firsts, uses), np.empty((0, 4), dtype=np.int64)
    out = np.empty((fill_columns(short, long, lent, choices, lists, ends, nowhere), 4), np.int64)
    fill_columns(short, long, lent, choices, lists, ends, out)
    n_given = add_spread_longs(short, long, firsts, concurrent, uses, 1, nowhere, 0)
    given = np.empty((n_given, 4), dtype=np.int64)
    add_spread_longs(short, long, firsts, concurrent, uses, 1, given, 0)
    money, n = np.zeros(n_sets), np.zeros(n_sets)
    for i in range(member.size):
        if member[i] >= 0:
            money[member[i]] += short[MULTIPLIER, i] * short[STRIKE, i]
            n[member[i]] += 1.0
    return out, ends, given, money / n
