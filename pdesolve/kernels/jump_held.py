"""The marches of one contract under jumps, whose early exercise may pay anywhere.

As those of `pdesolve.kernels.jump_march`, but every stage is a problem of `pdesolve.kernels.held`.
"""

import numpy as np

from pdesolve._jit import njit
from pdesolve.kernels.held import held_stage
from pdesolve.kernels.jump_march import FIRST, SECOND, P, Q, change
from pdesolve.kernels.march import ALPHA, multiply


@njit
def held_jump_tr_bdf2(bands, floors, times, edges, jumps, stages, levels):
    """Fill ``levels[1:]`` as `jump_tr_bdf2`; ``floors`` as for `held_tr_bdf2`."""
    intensity, weights, work, (now, then), tails = jumps
    rows, held = np.empty((3, levels.shape[1])), np.zeros(levels.shape[1], dtype=np.bool_)
    last, final, kept = bands.shape[0] - 1, floors.shape[0] - 1, stages.shape[0] - 1
    known = rows[2]
    for j in range(times.size - 1):
        before, after, dt = levels[j], levels[j + 1], times[j + 1] - times[j]
        own, floor, stage = bands[min(j, last)], floors[min(j, final)], stages[min(j, kept)]
        step = 0.5 * ALPHA * dt
        stage[0], stage[-1] = edges[j, 0]
        after[0], after[-1] = edges[j, 1]
        change(weights, intensity, before, tails[j, 0], work, now)
        multiply(own, before, known)
        for i in range(known.size):
            known[i] = before[i] + step * (known[i] + 2.0 * now[i])
        held_stage(own, floor[0], step, known, held, rows, stage)
        change(weights, intensity, stage, tails[j, 1], work, then)
        for i in range(known.size):
            jumped = FIRST * now[i] + SECOND * then[i]
            known[i] = P * stage[i] - Q * before[i] + dt * jumped
        held_stage(own, floor[1], step, known, held, rows, after)


@njit
def held_jump_crank_nicolson(bands, floors, times, edges, damping, jumps, stages, levels):
    """Fill ``levels[1:]`` as `jump_crank_nicolson`; ``floors`` as for `held_tr_bdf2`."""
    intensity, weights, work, (now, then), tails = jumps
    rows, held = np.empty((3, levels.shape[1])), np.zeros(levels.shape[1], dtype=np.bool_)
    last, final, kept = bands.shape[0] - 1, floors.shape[0] - 1, stages.shape[0] - 1
    known = rows[2]
    for j in range(times.size - 1):
        before, after, dt = levels[j], levels[j + 1], times[j + 1] - times[j]
        own, floor, half = bands[min(j, last)], floors[min(j, final)], stages[min(j, kept)]
        step = 0.5 * dt
        half[0], half[-1] = edges[j, 0]
        after[0], after[-1] = edges[j, 1]
        then[:] = now
        change(weights, intensity, before, tails[j, 0], work, now)
        if j < damping:
            for i in range(known.size):
                known[i] = before[i] + step * now[i]
            held_stage(own, floor[0], step, known, held, rows, half)
            change(weights, intensity, half, tails[j, 1], work, then)
            for i in range(known.size):
                known[i] = half[i] + step * then[i]
        else:
            ratio = step / (times[j] - times[j - 1]) if j > 0 else 0.0
            multiply(own, before, known)
            for i in range(known.size):
                jumped = now[i] + ratio * (now[i] - then[i])
                known[i] = before[i] + step * (known[i] + 2.0 * jumped)
        held_stage(own, floor[1], step, known, held, rows, after)
