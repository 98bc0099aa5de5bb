"""Branch and bound on the tableau of the simplex method: whole solutions, depth first.

A variable that is not whole is rounded down, and up, by one more row each; the dual simplex
method then takes a few pivots from the solution of the node above (Land and Doig,
*Econometrica* 28, 1960).
"""

import numpy as np

from margin.kernels.simplex import OPTIMAL, UNFINISHED, restore
from pdesolve._jit import njit

# A variable is whole if it is this near to a whole number.
WHOLE = 1e-6
# What one solution must gain on another, in units of the costs, which are at most one.
SAME = 1e-11


@njit
def value(costs, amounts, basic):
    """Return the objective of the basic solution; variables beyond the costs are free."""
    total = 0.0
    for i in range(basic.size):
        if basic[i] < costs.size:
            total += costs[basic[i]] * amounts[i]
    return total


@njit
def broken(amounts, basic, n_whole):
    """Return the row whose variable is furthest from the whole number it should be, else -1."""
    found, furthest = -1, WHOLE
    for i in range(basic.size):
        if basic[i] < n_whole:
            off = abs(amounts[i] - np.rint(amounts[i]))
            if off > furthest:
                found, furthest = i, off
    return found


@njit
def divide(level, rows, row, upwards, levels):
    """Copy a node to the next level, with the variable of ``row`` rounded by one more row."""
    tableau, amounts, reduced, basic, free = levels
    after = level + 1
    tableau[after, :rows] = tableau[level, :rows]
    amounts[after, :rows] = amounts[level, :rows]
    basic[after, :rows] = basic[level, :rows]
    reduced[after], free[after] = reduced[level], free[level]
    sign = 1.0 if upwards else -1.0
    tableau[after, rows] = sign * tableau[level, row]
    part = amounts[level, row] - np.floor(amounts[level, row])
    amounts[after, rows] = part - 1.0 if upwards else -part
    basic[after, rows] = free.shape[1] + rows


@njit
def restored(level, rows, most, levels):
    """Solve the node at a level again after a row was added to it; the status."""
    tableau, amounts, reduced, basic, free = levels
    return restore(
        tableau[level, :rows],
        amounts[level, :rows],
        reduced[level],
        most,
        basic[level, :rows],
        free[level],
    )


@njit
def keep(level, rows, levels, found):
    """Write the solution at a level."""
    amounts, basic = levels[1], levels[3]
    found[:] = 0.0
    for i in range(rows):
        if basic[level, i] < found.size:
            found[basic[level, i]] = amounts[level, i]


@njit
def branch(costs, n_whole, limits, levels, found):
    """Write the cheapest solution whose first ``n_whole`` variables are whole; the status.

    Depth first from the optimal node at level 0.  ``levels`` are the arrays of `optimise` but the
    costs, each with a leading axis, and with room for one row more per level; all but level 0 are
    overwritten.  ``limits`` are the rows of level 0, pivots per node, and nodes.  ``found`` (n,)
    is left alone if there is no solution.
    """
    rows, most, n_nodes = limits
    tableau, amounts, _, basic, _ = levels
    bound = np.inf
    depth = tableau.shape[0] - 1
    tried = np.zeros(depth + 1, dtype=np.int64)
    level, nodes = 0, 0
    while level >= 0:
        m = rows + level
        row = broken(amounts[level, :m], basic[level, :m], n_whole)
        total = value(costs, amounts[level, :m], basic[level, :m])
        dear = total >= bound - SAME
        if not dear and row < 0:
            bound = total
            keep(level, m, levels, found)
        if dear or row < 0 or tried[level] == 2:
            level -= 1
            continue
        if level == depth or nodes == n_nodes:
            return UNFINISHED
        part = amounts[level, row] - np.floor(amounts[level, row])
        upwards = (part > 0.5) == (tried[level] == 0)
        divide(level, m, row, upwards, levels)
        tried[level] += 1
        nodes += 1
        status = restored(level + 1, m + 1, most, levels)
        if status == UNFINISHED:
            return UNFINISHED
        if status == OPTIMAL:
            level += 1
            tried[level] = 0
    return OPTIMAL
