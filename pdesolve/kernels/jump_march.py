"""The marches of one contract under jumps.

The diffusion is implicit and the expected change by a jump explicit, both of second order, so that
every stage is one of `pdesolve.kernels.march` with more on its known side.  Taken as a whole,
what a jump brings less what it takes is small where the value is smooth, and so is its error; it
is stable up to one jump expected in a step.

Arguments as there, with the drift against jumps in the matrices; in the bound one more row,
``CURB``; and the ``jumps``: their intensity per year; weights and work space of
`pdesolve.kernels.jump_integral.integrate`; two rows (2, m), overwritten; and tails (n, 2, 2, 2), of
each step at its start and midway.
"""

import numpy as np

from pdesolve._jit import inner, njit
from pdesolve.kernels.jump_integral import integrate
from pdesolve.kernels.march import ALPHA, FLATTER, FLOOR, ROOM, eliminate, multiply, substitute

# By how much a change of one by jumps, per year, takes from the room above the exercise boundary.
CURB = 3
P, Q = 1.0 / (ALPHA * (2.0 - ALPHA)), (1.0 - ALPHA) ** 2 / (ALPHA * (2.0 - ALPHA))
# Shares of a step in which the last stage of TR-BDF2 takes the change at the start of the step, of
# which the middle stage holds some already, and at the middle stage.
SECOND = 0.5 / ALPHA
FIRST = 1.0 - SECOND - P * ALPHA


@inner
def change(weights, intensity, values, tails, scratch, out):
    """Write the expected change per year of the values (m,) by jumps from each row."""
    integrate(weights, values, tails, scratch, out)
    for i in range(out.size):
        out[i] = intensity * (out[i] - values[i])


@inner
def stage(bands, bound, step, bend, change_per_year, before, work, after):
    """Solve a stage for ``after``, with ``known`` in ``work[2]``.

    What jumps bring where exercise is due makes the value leave the floor more slowly.  ``work``
    (6, m) overwritten.
    """
    known, own = work[2], work[3:]
    for i in range(known.size):
        own[FLOOR, i], own[FLATTER, i] = bound[FLOOR, i], bound[FLATTER, i]
        own[ROOM, i] = bound[ROOM, i] - bound[CURB, i] * change_per_year[i]
    eliminate(bands, step, known, work, after)
    substitute(own, bend, before, work, after)


@njit
def jump_tr_bdf2(bands, bound, times, edges, jumps, stages, levels):
    """Fill ``levels[1:]`` by TR-BDF2, with jumps at the start and at the middle stage.

    An implicit-explicit Runge-Kutta method: the middle stage takes the change at the start for all
    of its part, the last combines both to second order (Ascher, Ruuth and Spiteri, *Appl. Numer.
    Math.* 25, 1997).
    """
    intensity, weights, scratch, (now, then), tails = jumps
    work, kept = np.empty((6, levels.shape[1])), stages.shape[0] - 1
    last, final, known = bands.shape[0] - 1, bound.shape[0] - 1, work[2]
    for j in range(times.size - 1):
        before, after, dt = levels[j], levels[j + 1], times[j + 1] - times[j]
        own, bounds, middle = bands[min(j, last)], bound[min(j, final)], stages[min(j, kept)]
        step = 0.5 * ALPHA * dt
        middle[0], middle[-1] = edges[j, 0]
        after[0], after[-1] = edges[j, 1]
        change(weights, intensity, before, tails[j, 0], scratch, now)
        multiply(own, before, known)
        for i in range(known.size):
            known[i] = before[i] + step * (known[i] + 2.0 * now[i])
        stage(own, bounds, step, 2.0, now, before, work, middle)
        change(weights, intensity, middle, tails[j, 1], scratch, then)
        for i in range(known.size):
            then[i] = (FIRST * now[i] + SECOND * then[i]) / (0.5 * ALPHA)
            known[i] = P * middle[i] - Q * before[i] + step * then[i]
        stage(own, bounds, step, 1.0, then, before, work, after)


@njit
def jump_crank_nicolson(bands, bound, times, edges, damping, jumps, stages, levels):
    """Fill ``levels[1:]`` by Crank–Nicolson, with jumps by Adams and Bashforth.

    Each of the first ``damping`` steps is two implicit half steps; the others carry the change on
    from its last two values (IMEX-CNAB: Salmi and Toivanen, *Appl. Numer. Math.* 84, 2014).
    """
    intensity, weights, scratch, (now, then), tails = jumps
    work, kept = np.empty((6, levels.shape[1])), stages.shape[0] - 1
    last, final, known = bands.shape[0] - 1, bound.shape[0] - 1, work[2]
    for j in range(times.size - 1):
        before, after, dt = levels[j], levels[j + 1], times[j + 1] - times[j]
        own, bounds, half = bands[min(j, last)], bound[min(j, final)], stages[min(j, kept)]
        step = 0.5 * dt
        half[0], half[-1] = edges[j, 0]
        after[0], after[-1] = edges[j, 1]
        then[:] = now
        change(weights, intensity, before, tails[j, 0], scratch, now)
        if j < damping:
            for i in range(known.size):
                known[i] = before[i] + step * now[i]
            stage(own, bounds, step, 1.0, now, before, work, half)
            change(weights, intensity, half, tails[j, 1], scratch, then)
            for i in range(known.size):
                known[i] = half[i] + step * then[i]
            stage(own, bounds, step, 1.0, then, half, work, after)
        else:
            ratio = step / (times[j] - times[j - 1]) if j > 0 else 0.0
            multiply(own, before, known)
            for i in range(known.size):
                then[i] = now[i] + ratio * (now[i] - then[i])
                known[i] = before[i] + step * (known[i] + 2.0 * then[i])
            stage(own, bounds, step, 2.0, then, before, work, after)
