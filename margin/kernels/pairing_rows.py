"""Rows of the program of pairing: no lot is used twice, stock covers, sets lose what they say.

Columns, tables of lots and families as in `margin.kernels.pairing`.
"""

import numpy as np

from margin.kernels.pairing import (
    BOXES,
    COLLARS,
    COUNT,
    COVERED,
    HEDGES,
    LESSER,
    LONGS,
    MULTIPLIER,
    RIGHT,
    SHORTS,
    SPREAD_LONGS,
    SPREAD_SHORTS,
    STRADDLES,
    STRIKE,
)
from pdesolve._jit import inner, njit

# Strikes are looked at as multiples of this, to this share of it.
FINEST, ROUNDING = 0.01, 1e-6
# Losses in steps that are a smaller share of the strikes are as good as any number.
LEAST_GRAIN = 1e-3


@inner
def used_lots(family, n_short, members, lots):
    """Write the rows of the lots that a column uses, longs after shorts; how many."""
    shorts, longs = SHORTS[family], LONGS[family]
    for k in range(shorts):
        lots[k] = members[k]
    for k in range(shorts, shorts + longs):
        lots[k] = n_short + members[k]
    return shorts + longs


@inner
def lot_rows(short, long, columns, ends, matrix, bounds):
    """Write the rows that say how many contracts of every lot are used; how many rows."""
    n_short = short.shape[1]
    row = np.full(n_short + long.shape[1], -1)
    lots, n = np.empty(4, dtype=np.int64), 0
    family = 0
    for column in range(columns.shape[0]):
        while ends[family] <= column:
            family += 1
        for k in range(used_lots(family, n_short, columns[column], lots)):
            lot = lots[k]
            if row[lot] < 0:
                row[lot] = n
                bounds[n] = short[COUNT, lot] if lot < n_short else long[COUNT, lot - n_short]
                n += 1
            matrix[row[lot], column] += 1.0
    return n


@inner
def stock_row(short, long, columns, ends, shares, matrix, bounds, n):
    """Write the row that says how much stock is used, if any can be; the number of rows after it.

    It counts contracts, and shares if contracts are of several sizes.
    """
    first, last = ends[LESSER], ends[COLLARS]
    if first == last:
        return n
    size = short[MULTIPLIER, 0] if short.shape[1] else long[MULTIPLIER, 0]
    equal = np.all(short[MULTIPLIER] == size) and np.all(long[MULTIPLIER] == size)
    for column in range(first, last):
        of_long = ends[COVERED] <= column < ends[HEDGES]
        lot = columns[column, 0]
        units = long[MULTIPLIER, lot] if of_long else short[MULTIPLIER, lot]
        matrix[n, column] = 1.0 if equal else units
    bounds[n] = np.floor(abs(shares) / size + 1e-9) if equal else abs(shares)
    return n + 1


@inner
def same_kind(short, one, other):
    """Whether two short lots may be the same side of a straddle."""
    same = short[MULTIPLIER, one] == short[MULTIPLIER, other]
    return same and short[RIGHT, one] == short[RIGHT, other]


@inner
def could_pair(short, totals, lesser, greater):
    """Whether two short lots make a straddle of which the second side requires no less."""
    same = short[MULTIPLIER, lesser] == short[MULTIPLIER, greater]
    return (
        same
        and short[RIGHT, lesser] != short[RIGHT, greater]
        and (totals[greater] >= totals[lesser])
    )


@inner
def is_repeated(short, totals, lot):
    """Whether an earlier lot has the same chain."""
    for before in range(lot):
        if totals[before] == totals[lot] and same_kind(short, before, lot):
            return True
    return False


@inner
def chain_row(short, totals, lot, columns, ends, row):
    """Write how often each column uses up what could be the greater side to a lot.

    Columns that use such a lot do, and those that make another lot of the same side, which
    requires no less, the lesser one.
    """
    lots, family = np.empty(4, dtype=np.int64), 0
    for column in range(columns.shape[0]):
        while ends[family] <= column:
            family += 1
        first = columns[column, 0]
        for k in range(min(SHORTS[family], used_lots(family, 0, columns[column], lots))):
            if could_pair(short, totals, lot, lots[k]):
                row[column] += 1.0
        if family == LESSER and same_kind(short, lot, first) and totals[first] >= totals[lot]:
            row[column] += 1.0


@inner
def chain_rows(short, totals, columns, ends, matrix, bounds, n):
    """Write the rows that leave a greater side to every lesser one; the number of rows after them.

    Lots that may be the greater side to one lot may be so to all that require less, so that a
    matching exists if for every lot those that require no less leave enough of them (Hall's
    condition on nested sets).
    """
    if ends[LESSER] == ends[STRADDLES]:
        return n
    for lot in range(short.shape[1]):
        if is_repeated(short, totals, lot):
            continue
        chain_row(short, totals, lot, columns, ends, matrix[n])
        for other in range(short.shape[1]):
            if could_pair(short, totals, lot, other):
                bounds[n] += short[COUNT, other]
        n += 1
    return n


@inner
def payoff(table, lot, spot):
    """Payoff of one unit of a lot."""
    return max(table[RIGHT, lot] * (spot - table[STRIKE, lot]), 0.0)


@inner
def list_strikes(long, columns, ends, given, index):
    """Strikes of all longs of a set, ascending and each once."""
    found = np.empty(ends[SPREAD_LONGS] - ends[SPREAD_SHORTS] + given.shape[0])
    n = 0
    for column in range(ends[SPREAD_SHORTS], ends[SPREAD_LONGS]):
        if columns[column, 1] == index:
            found[n] = long[STRIKE, columns[column, 0]]
            n += 1
    for k in range(given.shape[0]):
        if given[k, 1] == index:
            found[n] = long[STRIKE, given[k, 0]]
            n += 1
    found = np.sort(found[:n])
    kept = 0
    for k in range(n):
        if k == 0 or found[k] != found[k - 1]:
            found[kept] = found[k]
            kept += 1
    return found[:kept]


@inner
def fill_set(table, columns, span, index, strikes, weights, block):
    """Add payoffs at the strikes, then whether it is a call and whether a put, of one side."""
    sign, unit = weights
    for column in range(span[0], span[1]):
        if columns[column, 1] != index:
            continue
        lot = columns[column, 0]
        for k in range(strikes.size):
            block[k, column] = sign * payoff(table, lot, strikes[k]) / unit
        block[strikes.size, column] = sign * (table[RIGHT, lot] > 0.0)
        block[strikes.size + 1, column] = sign * (table[RIGHT, lot] < 0.0)


@inner
def set_rows(lots, columns, ends, sets, matrix, bounds, n):
    """Write loss at each long strike and counts of calls and puts of every set; rows after them."""
    (short, long), (given, money) = lots, sets
    shorts = (ends[BOXES], ends[SPREAD_SHORTS])
    longs = (ends[SPREAD_SHORTS], ends[SPREAD_LONGS])
    for index in range(money.size):
        first = shorts[0]
        while columns[first, 1] != index:
            first += 1
        unit = money[index] / short[MULTIPLIER, columns[first, 0]]
        strikes = list_strikes(long, columns, ends, given, index)
        block = matrix[n : n + strikes.size + 2]
        fill_set(short, columns, shorts, index, strikes, (1.0, unit), block)
        fill_set(long, columns, longs, index, strikes, (-1.0, unit), block)
        block[: strikes.size, ends[SPREAD_LONGS] + index] = -1.0
        for k in range(given.shape[0]):
            if given[k, 1] == index:
                lot = given[k, 0]
                for row in range(strikes.size):
                    bounds[n + row] += long[COUNT, lot] * payoff(long, lot, strikes[row]) / unit
                of_put = 1 if long[RIGHT, lot] < 0.0 else 0
                bounds[n + strikes.size + of_put] += long[COUNT, lot]
        n += strikes.size + 2
    return n


@njit
def list_rows(short, long, columns, ends, given, money, totals, shares):
    """Return rows ``matrix @ x <= bounds``: (m, n + i) and (m,), sets after the columns.

    ``short`` (8, s), ``long`` (8, l), ``columns`` (n, 4), ``ends`` (9,), ``given`` (j, 4),
    ``money`` (i,); ``totals`` (s,) are requirements of shorts by themselves, for chains only.
    """
    n_lots, n_sets = short.shape[1] + long.shape[1], money.size
    room = n_lots + 1 + n_sets * (long.shape[1] + 2)
    if ends[LESSER] > ends[STRADDLES]:
        room += short.shape[1]
    matrix, bounds = np.zeros((room, columns.shape[0] + n_sets)), np.zeros(room)
    n = lot_rows(short, long, columns, ends, matrix, bounds)
    n = stock_row(short, long, columns, ends, shares, matrix, bounds, n)
    n = chain_rows(short, totals, columns, ends, matrix, bounds, n)
    n = set_rows((short, long), columns, ends, (given, money), matrix, bounds, n)
    return matrix[:n], bounds[:n]


@inner
def common_step(table, before):
    """What all strikes of lots, and an amount before them, are multiples of; 0 if nothing is."""
    step = before
    for i in range(table.shape[1]):
        share = table[STRIKE, i] / FINEST
        other = np.int64(np.rint(share))
        if abs(share - other) > ROUNDING:
            return np.int64(0)
        while other != 0:
            step, other = other, step % other
    return step


@inner
def step_of_losses(short, long):
    """The money of which all losses of spreads are multiples, 0 if there is none."""
    if not short.shape[1] * long.shape[1]:
        return 0.0
    size = short[MULTIPLIER, 0]
    if np.any(short[MULTIPLIER] != size) or np.any(long[MULTIPLIER] != size):
        return 0.0
    step = common_step(short, np.int64(0))
    return size * FINEST * (common_step(long, step) if step > 0 else 0)


@njit
def list_grain(short, long, matrix, bounds, money):
    """Return the unit in which each column, then what each row leaves, is whole; 0 if in none.

    ``short`` (8, s), ``long`` (8, l), ``matrix`` (m, n + i), ``bounds`` (m,), ``money`` (i,).
    Columns count contracts but those of sets, whose losses are money.
    """
    m, n = matrix.shape[0], matrix.shape[1] - money.size
    step = step_of_losses(short, long)
    grain = np.zeros(n + money.size + m)
    grain[:n] = 1.0
    for index in range(money.size):
        share = step / money[index]
        grain[n + index] = share if share > LEAST_GRAIN else 0.0
    for i in range(m):
        whole = bounds[i] == np.rint(bounds[i])
        for j in range(n):
            whole = whole and matrix[i, j] == np.rint(matrix[i, j])
        grain[n + money.size + i] = 1.0 if whole else 0.0
        for index in range(money.size):
            if matrix[i, n + index] != 0.0:
                grain[n + money.size + i] = grain[n + index]
    return grain
