"""Gomory's mixed-integer cuts on the tableau of the simplex method.

A row of the tableau whose basic variable must be whole and is not says, for the free variables x,

    sum g_j x_j >= 1,   g_j = f_j / f0         if x_j is whole and f_j <= f0,
                              (1 - f_j) / (1 - f0)  if x_j is whole and f_j > f0,
                              t_j / f0              if t_j >= 0, else  -t_j / (1 - f0),

where t_j are the entries of the row, f_j their fractions and f0 that of its amount (Gomory, RAND
RM-2597, 1960).  Every whole solution obeys it, and the present one does not.  A variable may be
whole in a unit of its own, its grain: a loss, for one, is a multiple of the step of the strikes.
"""

import numpy as np

from margin.kernels.simplex import OPTIMAL, restore
from pdesolve._jit import inner, njit

# Fractions nearer to a whole number than this make no cut: it would be rounding.
CLEAR = 0.02
# Entries below this are rounding; the largest of a cut may be so many times the least.
LEAST, RATIO = 1e-7, 1e6


@inner
def strength(entry, f0, whole):
    """Coefficient of a free variable in the cut."""
    if not whole:
        return entry / f0 if entry >= 0.0 else -entry / (1.0 - f0)
    part = entry - np.floor(entry)
    return part / f0 if part <= f0 else (1.0 - part) / (1.0 - f0)


@inner
def write_cut(tableau, row, f0, grain, basic, free, out):
    """Write a cut as a row of the tableau; whether its entries are of one order."""
    least, most = np.inf, 0.0
    for j in range(free.size):
        unit = grain[free[j]] if free[j] < grain.size else 0.0
        whole = unit > 0.0
        entry = tableau[row, j] * (unit if whole else 1.0) / grain[basic[row]]
        found = strength(entry, f0, whole)
        if found < LEAST:
            out[j] = 0.0
            continue
        out[j] = -found / (unit if whole else 1.0)
        least, most = min(least, -out[j]), max(most, -out[j])
    return 0.0 < most < RATIO * least


@inner
def fraction(amount, grain):
    """How far an amount is above a whole multiple of its grain."""
    share = amount / grain
    return share - np.floor(share)


@inner
def clearest(amounts, basic, grain, used):
    """The row whose variable is furthest from whole, of those not used; -1 if none is."""
    found, furthest = -1, CLEAR
    for i in range(basic.size):
        if basic[i] < grain.size and grain[basic[i]] > 0.0 and not used[i]:
            part = fraction(amounts[i], grain[basic[i]])
            if min(part, 1.0 - part) > furthest:
                found, furthest = i, min(part, 1.0 - part)
    return found


@inner
def drop_idle(tableau, amounts, basic, first, n):
    """Remove the cuts whose slack is basic, which do not bind; the number of rows left."""
    i = 0
    while i < n:
        if basic[i] >= first:
            n -= 1
            tableau[i], amounts[i], basic[i] = tableau[n], amounts[n], basic[n]
        else:
            i += 1
    return n


@inner
def add_round(levels, n, grain):
    """Write a cut for every row that is not whole while there is room; the number of rows."""
    tableau, amounts, _, basic, free = levels
    used, before = np.zeros(n, dtype=np.bool_), n
    while n < tableau.shape[0]:
        row = clearest(amounts[:before], basic[:before], grain, used)
        if row < 0:
            break
        used[row] = True
        f0 = fraction(amounts[row], grain[basic[row]])
        if write_cut(tableau, row, f0, grain, basic, free, tableau[n]):
            amounts[n], basic[n] = -1.0, free.size + n
            n += 1
    return n


@njit
def add_cuts(levels, n, grain, limits):
    """Cut the solution of a node some rounds; the number of rows after it, or -1 if that fails.

    ``levels`` are tableau, amounts, reduced costs, basic and free variables of one node, with room
    for more than its ``n`` rows; ``grain`` (v,) is the unit in which each variable, slacks
    included, is whole, 0 if it need not be.  ``limits`` are rounds, and pivots of each.
    """
    tableau, amounts, reduced, basic, free = levels
    rounds, most = limits
    for _ in range(rounds):
        before = n
        n = add_round(levels, n, grain)
        if n == before:
            break
        if restore(tableau[:n], amounts[:n], reduced, most, basic[:n], free) != OPTIMAL:
            return -1
        n = drop_idle(tableau, amounts, basic, grain.size, n)
    return n
