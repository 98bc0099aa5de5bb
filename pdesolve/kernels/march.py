"""The marches of one contract, row by row: the reference of the marches on lanes.

Each step moves ``dV/dtau = L V``, ``V >= floor``, by a theta rule, where ``tau`` is time to expiry
and ``L`` has three bands.  Rows run over ``m`` spots, away from exercise: the first row is the spot
deepest in the money, and exercise, where it pays, is one run of rows from the first.  Row 0 and the
last row are given, as edges.
"""

import math

import numpy as np

from pdesolve._jit import inner, njit

# The rows of ``bound``.  FLOOR is the exercise value, minus infinity where there is no early
# exercise; ROOM how far above it the value of a row is if exercise ends at the row before, negative
# where exercise cannot pay; FLATTER, 1 or more, by how much a drift towards exercise flattens the
# continuation of the value to the row before.
FLOOR, ROOM, FLATTER = range(3)
ALPHA = 2.0 - math.sqrt(2.0)  # both stages of TR-BDF2 share one matrix for this split


@njit
def multiply(bands, values, out):
    """Write ``out = L @ values``; 0 in the first and the last row.

    ``bands`` (3, m): the weights of the row before, the row, the row after; ``values``, ``out``
    (m,).
    """
    last = values.size - 1
    out[0] = out[last] = 0.0
    for i in range(1, last):
        before, after = values[i - 1], values[i + 1]
        out[i] = bands[0, i] * before + bands[1, i] * values[i] + bands[2, i] * after


@inner
def eliminate(bands, step, known, work, after):
    """Eliminate, from the last row to the first, the rows of ``(I - step L) after = known``.

    ``work[:2]`` (2, m) receives, per row, the multiplier of the row before and the right-hand side.
    The last row of ``after`` (m,) is given.
    """
    last = known.size - 1
    multiplier, right = 0.0, after[last]
    for i in range(last - 1, 0, -1):
        lower, upper = step * bands[0, i], step * bands[2, i]
        inverse = 1.0 / (1.0 - step * bands[1, i] - upper * multiplier)
        right = (known[i] + upper * right) * inverse
        multiplier = lower * inverse
        work[0, i], work[1, i] = multiplier, right


@inner
def above_boundary(ratio, room, free):
    """Height above the floor of the first row above the exercise boundary, which lies between rows.

    Held at the floor, the row before would enter the equation ``height = free + ratio
    height_before`` as if the boundary were there.  The smooth continuation of the value stands
    ``room (1 - e)**2`` above the floor there, and ``room e**2`` here, with ``e`` cells between the
    boundary and this row.
    """
    root = math.sqrt(max(room * (ratio * room + (1.0 - ratio) * free), 0.0))
    e = min((free + ratio * room) / (ratio * room + root), 1.0)
    return max(free, room * e * e)


@inner
def substitute(bound, bend, before, work, after):
    """Substitute from row 0 of ``after``, which is given, and hold every row above the floor.

    Holding each value before the next row uses it solves the early-exercise problem exactly where
    exercise is one run of rows from the first (Brennan and Schwartz, *J. Finance* 32, 1977).
    `above_boundary` keeps the boundary between rows.  ``bend`` is 2 in a trapezoidal step, which
    bends the sum of the level ``before`` and of this one, else 1.
    """
    held = after[0] <= bound[FLOOR, 0]
    for i in range(1, after.size - 1):
        floor, ratio = bound[FLOOR, i], work[0, i]
        value = ratio * after[i - 1] + work[1, i]
        if held:
            room, flatter = bend * bound[ROOM, i], bound[FLATTER, i]
            gone = (bend - 1.0) * max(before[i] - floor, 0.0)
            free = value - floor + gone
            held = max(free * flatter + ratio * room, -room) <= 0.0
            if held:
                value = floor
            elif room > 0.0:
                value = floor + above_boundary(ratio / flatter, room, free) - gone
        after[i] = max(value, floor)


@njit
def theta_step(bands, bound, step, explicit, before, work, after):
    """Write ``after`` from ``(I - step L) after = (I + explicit step L) before``.

    ``explicit`` is 1 for the trapezoidal rule (Crank–Nicolson), whose step is half the time moved,
    and 0 for implicit Euler.  ``bands`` (3, m) per year, ``bound`` (3, m), ``step`` in years,
    ``work`` (3, m) overwritten; the first and the last of ``after`` (m,) are given.
    """
    known = work[2]
    multiply(bands, before, known)
    for i in range(before.size):
        known[i] = before[i] + explicit * step * known[i]
    eliminate(bands, step, known, work, after)
    substitute(bound, 1.0 + explicit, before, work, after)


@inner
def second_stage(bands, bound, step, before, stage, work, after):
    """Write ``after`` of the BDF2 stage, ``(I - step L) after = p stage - q before``.

    Arguments as in `theta_step`; ``stage`` (m,) is the result of the trapezoidal stage.
    """
    known = work[2]
    p, q = 1.0 / (ALPHA * (2.0 - ALPHA)), (1.0 - ALPHA) ** 2 / (ALPHA * (2.0 - ALPHA))
    for i in range(before.size):
        known[i] = p * stage[i] - q * before[i]
    eliminate(bands, step, known, work, after)
    substitute(bound, 1.0, before, work, after)


@njit
def crank_nicolson(bands, bound, times, edges, damping, stages, levels):
    """Fill ``levels[1:]`` from ``levels[0]`` by Crank–Nicolson with a damped start.

    Each of the first ``damping`` steps is two implicit half steps, which keep the kink of the
    payoff from ringing (Rannacher, *Numer. Math.* 43, 1984).

    ``bands``, ``bound`` (s, 3, m), the first per year: of every step, or with s = 1 of all alike;
    ``times`` (n + 1,) in years; ``edges`` (n, 2, 2): of each step, midway and at its end, the first
    and the last row; ``stages`` (n, m), or (1, m) where they are not kept: values midway, where a
    step has any; ``levels`` (n + 1, m).
    """
    work, kept = np.empty((3, levels.shape[1])), stages.shape[0] - 1
    last, final = bands.shape[0] - 1, bound.shape[0] - 1
    for j in range(times.size - 1):
        before, after, dt = levels[j], levels[j + 1], times[j + 1] - times[j]
        own, floor, half = bands[min(j, last)], bound[min(j, final)], stages[min(j, kept)]
        half[0], half[-1] = edges[j, 0]
        after[0], after[-1] = edges[j, 1]
        if j < damping:
            theta_step(own, floor, 0.5 * dt, 0.0, before, work, half)
            theta_step(own, floor, 0.5 * dt, 0.0, half, work, after)
        else:
            theta_step(own, floor, 0.5 * dt, 1.0, before, work, after)


@njit
def tr_bdf2(bands, bound, times, edges, stages, levels):
    """Fill ``levels[1:]`` from ``levels[0]`` by TR-BDF2.

    A step is a trapezoidal stage over ``ALPHA`` of it and a BDF2 stage; both have the matrix
    ``I - ALPHA dt L / 2`` (Bank et al., *IEEE Trans. CAD* 4, 1985; Hosea and Shampine, *Appl.
    Numer. Math.* 20, 1996).  Arguments as in `crank_nicolson`, with the edges and the values of
    both stages.
    """
    work, kept = np.empty((3, levels.shape[1])), stages.shape[0] - 1
    last, final = bands.shape[0] - 1, bound.shape[0] - 1
    for j in range(times.size - 1):
        before, after = levels[j], levels[j + 1]
        own, floor, stage = bands[min(j, last)], bound[min(j, final)], stages[min(j, kept)]
        step = 0.5 * ALPHA * (times[j + 1] - times[j])
        stage[0], stage[-1] = edges[j, 0]
        after[0], after[-1] = edges[j, 1]
        theta_step(own, floor, step, 1.0, before, work, stage)
        second_stage(own, floor, step, before, stage, work, after)
