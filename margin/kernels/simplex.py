"""The simplex method on a dense tableau that is kept from one objective to the next.

The programs are ``min costs x`` subject to ``A x <= b, x >= 0`` with ``b >= 0``, so that the slacks
are a first basis.  Only the columns that are not in the basis are stored.  Constraints do not
change, so after a change of the costs the last basis is feasible still and few pivots are left.
"""

import numpy as np

from pdesolve._jit import inner, njit

# Below this an entry of the tableau is rounding.  Entries are of order one.
NOTHING = 1e-8
# Rows may be missed by this much, in contracts, for the sake of a larger pivot.
SLACK = 1e-9
# Reduced costs, of which the largest is of order one, that differ by this much are the same.
EVEN = 1e-12
# Below this an entry that was computed is zero, which keeps the tableau sparse.
DROPPED = 1e-12
# Pivots in a row that gain nothing before the choice falls back to Bland's, which cannot cycle.
PATIENCE = 400
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
def entering(reduced, weights, free, tolerance, careful):
    """Return the column to enter, -1 if none gains: the steepest, or Bland's first if careful."""
    found, most = -1, 0.0
    for j in range(free.size):
        if reduced[j] < -tolerance:
            gain = reduced[j] * reduced[j] / weights[j]
            if careful:
                found = j if found < 0 or free[j] < free[found] else found
            elif gain > most:
                found, most = j, gain
    return found


@njit
def reweigh(tableau, row, column, weights):
    """Update the weights of columns for a pivot that is about to be made.

    They approach the squared lengths of edges (devex; Forrest and Goldfarb, *Mathematical
    Programming* 57, 1992).
    """
    pivot, weight = tableau[row, column], weights[column]
    for j in range(weights.size):
        if tableau[row, j] != 0.0:
            share = tableau[row, j] / pivot
            weights[j] = max(weights[j], share * share * weight)
    weights[column] = max(weight / (pivot * pivot), 1.0)


@njit
def leaving(tableau, amounts, basic, column, careful):
    """Return the row that binds first as ``column`` grows, -1 if none does.

    Among rows that bind within `SLACK` of one another the one of the largest entry is taken
    (Harris, *Mathematical Programming* 5, 1973), or Bland's first if careful.
    """
    step = np.inf
    for i in range(basic.size):
        if tableau[i, column] > NOTHING:
            step = min(step, (max(amounts[i], 0.0) + SLACK) / tableau[i, column])
    found = -1
    for i in range(basic.size):
        entry = tableau[i, column]
        if entry > NOTHING and max(amounts[i], 0.0) <= step * entry:
            if found < 0:
                found = i
            elif careful:
                found = i if basic[i] < basic[found] else found
            elif entry > tableau[found, column]:
                found = i
    return found


@njit
def exchange(tableau, amounts, reduced, row, column, basic, free):
    """Swap the variables of ``row`` and ``column``; all arrays but the indices are overwritten.

    Most entries are zero, so that only those of the row that are not are visited.
    """
    pivot = tableau[row, column]
    tableau[row, column] = 1.0
    filled = np.empty(free.size, dtype=np.int64)
    n = 0
    for j in range(free.size):
        if tableau[row, j] != 0.0:
            tableau[row, j] /= pivot
            filled[n] = j
            n += 1
    amounts[row] /= pivot
    for i in range(basic.size):
        entry = tableau[i, column]
        if i == row or entry == 0.0:
            continue
        tableau[i, column] = 0.0
        for k in range(n):
            j = filled[k]
            after = tableau[i, j] - entry * tableau[row, j]
            tableau[i, j] = after if abs(after) > DROPPED else 0.0
        amounts[i] -= entry * amounts[row]
    entry = reduced[column]
    reduced[column] = 0.0
    for k in range(n):
        reduced[filled[k]] -= entry * tableau[row, filled[k]]
    basic[row], free[column] = free[column], basic[row]


@njit
def optimise(tableau, amounts, costs, tolerance, most, basic, free, reduced):
    """Pivot until no reduced cost is below ``-tolerance``; the status is returned.

    ``tableau`` (m, n), ``amounts`` (m,) the values of the basic variables, ``costs`` (n + m,),
    ``basic`` (m,), ``free`` (n,), ``reduced`` (n,); all but the costs are overwritten.
    """
    price(tableau, costs, basic, free, reduced)
    idle, weights = 0, np.ones(free.size)
    for _ in range(most):
        careful = idle > PATIENCE
        column = entering(reduced, weights, free, tolerance, careful)
        if column < 0:
            return OPTIMAL
        row = leaving(tableau, amounts, basic, column, careful)
        if row < 0:
            return UNBOUNDED
        idle = idle + 1 if amounts[row] <= NOTHING else 0
        reweigh(tableau, row, column, weights)
        exchange(tableau, amounts, reduced, row, column, basic, free)
    return UNFINISHED


@inner
def lowest(amounts):
    """The row of the amount furthest below zero, -1 if none is."""
    row = -1
    for i in range(amounts.size):
        if amounts[i] < -SLACK and (row < 0 or amounts[i] < amounts[row]):
            row = i
    return row


@inner
def raising(tableau, reduced, row):
    """The column that raises the amount of a row at the least cost, -1 if none does.

    Among columns that cost the same the one of the largest entry is taken.
    """
    least = np.inf
    for j in range(reduced.size):
        if tableau[row, j] < -NOTHING:
            least = min(least, (max(reduced[j], 0.0) + EVEN) / -tableau[row, j])
    found = -1
    for j in range(reduced.size):
        entry = -tableau[row, j]
        if entry > NOTHING and max(reduced[j], 0.0) <= least * entry:
            if found < 0 or entry > -tableau[row, found]:
                found = j
    return found


@njit
def restore(tableau, amounts, reduced, most, basic, free):
    """Pivot until no amount is negative, reduced costs staying so (dual simplex); the status.

    Arguments as in `optimise`.  `UNBOUNDED` says that there is no solution.
    """
    for _ in range(most):
        row = lowest(amounts)
        if row < 0:
            return OPTIMAL
        column = raising(tableau, reduced, row)
        if column < 0:
            return UNBOUNDED
        exchange(tableau, amounts, reduced, row, column, basic, free)
    return UNFINISHED
