"""The simplex method on a dense tableau that is kept from one objective to the next.

The programs are ``min costs x`` subject to ``A x <= b, x >= 0`` with ``b >= 0``, so that the slacks
are a first basis.  Only the columns that are not in the basis are stored.  Constraints do not
change, so after a change of the costs the last basis is feasible still and few pivots are left.
"""

import numpy as np

from pdesolve._jit import njit

# Below this an entry of the tableau is rounding.  Entries are of order one.
NOTHING = 1e-9
# Pivots in a row that gain nothing before the choice falls back to Bland's, which cannot cycle.
PATIENCE = 40
# Status of `optimise`.
OPTIMAL, UNFINISHED, UNBOUNDED = 0, 1, 2


@njit
def price(tableau, costs, basic, free, reduced):
    """Write the reduced costs of the free columns.

    ``tableau`` (m, n); ``costs`` (n + m,) by variable, slacks last; ``basic`` (m,) and ``free``
    (n,) name the variable of each row and column; ``reduced`` (n,).
    """
    for j in range(free.size):
        reduced[j] = costs[free[j]]
    for i in range(basic.size):
        weight = costs[basic[i]]
        if weight != 0.0:
            for j in range(free.size):
                reduced[j] -= weight * tableau[i, j]


@njit
def entering(reduced, free, tolerance, careful):
    """Return the column to enter, -1 if none gains: the steepest, or Bland's first if careful."""
    found = -1
    for j in range(free.size):
        if reduced[j] < -tolerance:
            if found < 0:
                found = j
            elif careful and free[j] < free[found]:
                found = j
            elif not careful and reduced[j] < reduced[found]:
                found = j
    return found


@njit
def leaving(tableau, amounts, basic, column, careful):
    """Return the row that binds first as ``column`` grows, -1 if none does."""
    found, least = -1, np.inf
    for i in range(basic.size):
        entry = tableau[i, column]
        if entry <= NOTHING:
            continue
        ratio = max(amounts[i], 0.0) / entry
        if found < 0 or ratio < least - NOTHING:
            found, least = i, ratio
        elif ratio <= least + NOTHING:
            first = basic[i] < basic[found] if careful else entry > tableau[found, column]
            if first:
                found, least = i, min(ratio, least)
    return found


@njit
def exchange(tableau, amounts, reduced, row, column, basic, free):
    """Swap the variables of ``row`` and ``column``; all arrays but the indices are overwritten."""
    pivot = tableau[row, column]
    tableau[row, column] = 1.0
    for j in range(free.size):
        tableau[row, j] /= pivot
    amounts[row] /= pivot
    for i in range(basic.size):
        entry = tableau[i, column]
        if i == row or entry == 0.0:
            continue
        tableau[i, column] = 0.0
        for j in range(free.size):
            tableau[i, j] -= entry * tableau[row, j]
        amounts[i] -= entry * amounts[row]
    entry = reduced[column]
    reduced[column] = 0.0
    for j in range(free.size):
        reduced[j] -= entry * tableau[row, j]
    basic[row], free[column] = free[column], basic[row]


@njit
def optimise(tableau, amounts, costs, tolerance, most, basic, free, reduced):
    """Pivot until no reduced cost is below ``-tolerance``; the status is returned.

    ``tableau`` (m, n), ``amounts`` (m,) the values of the basic variables, ``costs`` (n + m,),
    ``basic`` (m,), ``free`` (n,), ``reduced`` (n,); all but the costs are overwritten.
    """
    price(tableau, costs, basic, free, reduced)
    idle = 0
    for _ in range(most):
        careful = idle > PATIENCE
        column = entering(reduced, free, tolerance, careful)
        if column < 0:
            return OPTIMAL
        row = leaving(tableau, amounts, basic, column, careful)
        if row < 0:
            return UNBOUNDED
        idle = idle + 1 if amounts[row] <= NOTHING else 0
        exchange(tableau, amounts, reduced, row, column, basic, free)
    return UNFINISHED


@njit
def restore(tableau, amounts, reduced, most, basic, free):
    """Pivot until no amount is negative, reduced costs staying so (dual simplex); the status.

    Arguments as in `optimise`.  `UNBOUNDED` says that there is no solution.
    """
    for _ in range(most):
        row = -1
        for i in range(basic.size):
            if amounts[i] < -NOTHING and (row < 0 or amounts[i] < amounts[row]):
                row = i
        if row < 0:
            return OPTIMAL
        column, least = -1, np.inf
        for j in range(free.size):
            if tableau[row, j] < -NOTHING:
                ratio = max(reduced[j], 0.0) / -tableau[row, j]
                if ratio < least:
                    column, least = j, ratio
        if column < 0:
            return UNBOUNDED
        exchange(tableau, amounts, reduced, row, column, basic, free)
    return UNFINISHED
