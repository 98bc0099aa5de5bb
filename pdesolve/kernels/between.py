"""Reading of rows between nodes of any spacing, where holding pays and where exercise does."""

import numpy as np

from pdesolve._jit import inner, njit

MOST_NODES = 6
# The rows of what `read_rows` writes: value, its first two derivatives, estimated error, and 1
# where exercise is due, else 0.
VALUE, SLOPE, BEND, ERROR, EXERCISED = range(5)


@inner
def polynomial_through(places, values, first, count, at):
    """Value and first two derivatives at ``at`` of the polynomial through ``count`` nodes.

    Newton's form; ``places``, ``values`` (m,), the nodes are those from ``first``.
    """
    d = values[first : first + count].copy()
    for order in range(1, count):
        for i in range(count - 1, order - 1, -1):
            d[i] = (d[i] - d[i - 1]) / (places[first + i] - places[first + i - order])
    value, slope, bend = d[count - 1], 0.0, 0.0
    for i in range(count - 2, -1, -1):
        t = at - places[first + i]
        bend = bend * t + 2.0 * slope
        slope = slope * t + value
        value = value * t + d[i]
    return value, slope, bend


@inner
def run_around(held, cell):
    """First row and number of rows that serve a cell: six, or as many as are free in one run.

    ``held`` (m,) marks exercised rows.  None of them is used for what is free: the second
    derivative jumps at the exercise boundary, and the value goes on smoothly from the free side.
    """
    last = held.size - 1
    inside = cell + 1 if held[cell] else cell
    start, stop = inside, inside + 1
    while start > 0 and not held[start - 1] and start > cell + 2 - MOST_NODES:
        start -= 1
    while stop <= last and not held[stop] and stop <= cell + MOST_NODES:
        stop += 1
    first = max(min(cell - 2, stop - MOST_NODES), start)
    return first, min(MOST_NODES, stop - first)


@inner
def read_row(places, values, errors, held, at, floor):
    """Value, its first two derivatives, estimated error and whether exercise is due at ``at``.

    ``places``, ``values``, ``errors``, ``held`` (m,); ``floor`` (2,): the exercise value at ``at``
    and its derivative.
    """
    cell = min(max(np.searchsorted(places, at, side="right") - 1, 0), places.size - 2)
    if not (held[cell] and held[cell + 1]):
        first, count = run_around(held, cell)
        value, slope, bend = polynomial_through(places, values, first, count, at)
        # In the cell of a boundary the continuation is a parabola that touches the payoff there.
        rise = slope - floor[1]
        touches = (held[cell] and rise <= 0.0) or (held[cell + 1] and rise >= 0.0)
        at_boundary = held[cell] or held[cell + 1]
        if not at_boundary or (value > floor[0] and not touches):
            return value, slope, bend, max(errors[cell], errors[cell + 1]), 0.0
    return floor[0], floor[1], 0.0, 0.0, 1.0


@njit
def read_rows(places, values, errors, held, at, floors, out):
    """`read_row` at each of ``at`` (k,), all of them within the nodes, into ``out`` (5, k).

    ``floors`` (2, k): the exercise value at each and its derivative.
    """
    for k in range(at.size):
        out[:, k] = read_row(places, values, errors, held, at[k], floors[:, k])
