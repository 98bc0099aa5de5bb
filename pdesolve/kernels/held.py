"""The march of one contract whose early exercise may pay anywhere.

Elimination from one side cannot know where exercise begins, so that each stage is solved by policy
iteration: guess the rows that are exercised, solve for the others, and correct the guess until it
stands.  Every round raises the value, and a handful suffice (Reisinger and Witte, *SIAM J. Sci.
Comput.* 34, 2012).  Arguments as in `pdesolve.kernels.march`, but for ``floors`` (f, 2, m): the
exercise value at the two stages of every step, or with f = 1 of all alike.
"""

import numpy as np

from pdesolve._jit import inner, njit
from pdesolve.kernels.march import ALPHA, multiply

# Rounds after which a guess counts as settled: what still changes then is rounding.
MOST_ROUNDS = 60


@inner
def solve_rest(bands, floor, step, known, held, work, after):
    """Solve ``(I - step L) after = known`` with the rows that ``held`` (m,) marks at the floor."""
    last = known.size - 1
    multiplier, right = 0.0, after[last]
    for i in range(last - 1, 0, -1):
        if held[i]:
            multiplier, right = 0.0, floor[i]
        else:
            lower, upper = step * bands[0, i], step * bands[2, i]
            inverse = 1.0 / (1.0 - step * bands[1, i] - upper * multiplier)
            right = (known[i] + upper * right) * inverse
            multiplier = lower * inverse
        work[0, i], work[1, i] = multiplier, right
    for i in range(1, last):
        after[i] = work[0, i] * after[i - 1] + work[1, i]


@inner
def correct(bands, floor, step, known, held, after):
    """Mark the rows where exercising is worth more than holding; tell whether a mark changed."""
    changed = False
    for i in range(1, after.size - 1):
        flow = bands[0, i] * after[i - 1] + bands[1, i] * after[i] + bands[2, i] * after[i + 1]
        loss = after[i] - step * flow - known[i]  # of holding, over this step
        marked = loss > after[i] - floor[i]
        changed = changed or marked != held[i]
        held[i] = marked
    return changed


@njit
def held_stage(bands, floor, step, known, held, work, after):
    """Write the ``after >= floor`` that solves ``(I - step L) after = known`` where it is above.

    ``bands`` (3, m); ``floor``, ``known`` (m,); ``held`` (m,) of truth values, the first guess and
    the last; ``work`` (2, m) overwritten; the first and the last of ``after`` (m,) are given.
    """
    for _ in range(MOST_ROUNDS):
        solve_rest(bands, floor, step, known, held, work, after)
        if not correct(bands, floor, step, known, held, after):
            break
    for i in range(1, after.size - 1):
        after[i] = max(after[i], floor[i])


@inner
def held_theta(bands, floor, step, explicit, before, held, work, after):
    """Write ``after`` from ``(I - step L) after = (I + explicit step L) before``, held above."""
    known = work[2]
    multiply(bands, before, known)
    for i in range(before.size):
        known[i] = before[i] + explicit * step * known[i]
    held_stage(bands, floor, step, known, held, work, after)


@njit
def held_crank_nicolson(bands, floors, times, edges, damping, stages, levels):
    """Fill ``levels[1:]`` as `pdesolve.kernels.march.crank_nicolson`, exercised anywhere."""
    work, held = np.empty((3, levels.shape[1])), np.zeros(levels.shape[1], dtype=np.bool_)
    last, final, kept = bands.shape[0] - 1, floors.shape[0] - 1, stages.shape[0] - 1
    for j in range(times.size - 1):
        before, after, dt = levels[j], levels[j + 1], times[j + 1] - times[j]
        own, floor, half = bands[min(j, last)], floors[min(j, final)], stages[min(j, kept)]
        half[0], half[-1] = edges[j, 0]
        after[0], after[-1] = edges[j, 1]
        if j < damping:
            held_theta(own, floor[0], 0.5 * dt, 0.0, before, held, work, half)
            held_theta(own, floor[1], 0.5 * dt, 0.0, half, held, work, after)
        else:
            held_theta(own, floor[1], 0.5 * dt, 1.0, before, held, work, after)


@njit
def held_tr_bdf2(bands, floors, times, edges, stages, levels):
    """Fill ``levels[1:]`` as `pdesolve.kernels.march.tr_bdf2`, exercised anywhere."""
    work, held = np.empty((3, levels.shape[1])), np.zeros(levels.shape[1], dtype=np.bool_)
    last, final, kept = bands.shape[0] - 1, floors.shape[0] - 1, stages.shape[0] - 1
    p, q = 1.0 / (ALPHA * (2.0 - ALPHA)), (1.0 - ALPHA) ** 2 / (ALPHA * (2.0 - ALPHA))
    for j in range(times.size - 1):
        before, after = levels[j], levels[j + 1]
        own, floor, stage = bands[min(j, last)], floors[min(j, final)], stages[min(j, kept)]
        step, known = 0.5 * ALPHA * (times[j + 1] - times[j]), work[2]
        stage[0], stage[-1] = edges[j, 0]
        after[0], after[-1] = edges[j, 1]
        held_theta(own, floor[0], step, 1.0, before, held, work, stage)
        for i in range(before.size):
            known[i] = p * stage[i] - q * before[i]
        held_stage(own, floor[1], step, known, held, work, after)
