"""The march on lanes where early exercise pays between two boundaries.

Elimination from one side cannot know where exercise begins, so that each stage is solved by policy
iteration: guess the nodes that are exercised, solve for the others, and correct the guess until it
stands.  Every round raises the value, and a handful suffice (Reisinger and Witte, *SIAM J. Sci.
Comput.* 34, 2012).  Arguments as in `pdesolve.kernels.batch`.
"""

from pdesolve._jit import inner, njit
from pdesolve.kernels.batch import ALPHA, DECAY, DIFFUSION, DRIFT, begin, low_edge
from pdesolve.kernels.lanes import any_positive, load, select, spread, store

# Rounds after which a guess counts as settled: what still changes then is rounding.
MOST_ROUNDS = 24
# The rows of ``work``: multiplier, right-hand side, known side, exercise (1 or 0), middle stage.
MULTIPLIER, RIGHT_SIDE, KNOWN, HELD, MIDDLE = range(5)


@inner
def row(weights, terms, step, i):
    """Weights of the node below and above and of the node itself in row ``i`` of ``I - step L``."""
    diffusion, drift = step * load(terms, DIFFUSION), step * load(terms, DRIFT)
    lower = diffusion * weights[0, i] + drift * weights[1, i]
    upper = diffusion * weights[2, i] + drift * weights[3, i]
    return lower, upper, (lower + upper) + (step * load(terms, DECAY) + 1.0)


@inner
def know_trapezoid(weights, terms, step, before, known):
    """Write ``known = (I + step L) before``."""
    for i in range(1, before.shape[0] - 1):
        lower, upper, diagonal = row(weights, terms, step, i)
        here = load(before, i)
        flow = lower * load(before, i - 1) + upper * load(before, i + 1)
        store(known, i, flow + (2.0 - diagonal) * here)


@inner
def know_second(before, middle, known):
    """Write the known side of the second stage of TR-BDF2."""
    p, q = 1.0 / (ALPHA * (2.0 - ALPHA)), (1.0 - ALPHA) ** 2 / (ALPHA * (2.0 - ALPHA))
    for i in range(1, before.shape[0] - 1):
        store(known, i, p * load(middle, i) - q * load(before, i))


@inner
def solve_held(weights, terms, step, floor, work, after):
    """Solve for ``after`` with the nodes that `HELD` marks at the floor."""
    last = after.shape[0] - 1
    right = load(after, last)
    multiplier = spread(0.0, right)
    for i in range(last - 1, 0, -1):
        lower, upper, diagonal = row(weights, terms, step, i)
        held = load(work[HELD], i)
        inverse = 1.0 / (diagonal - upper * multiplier)
        right = select(held, load(floor, i), (load(work[KNOWN], i) + upper * right) * inverse)
        multiplier = select(held, 0.0, lower * inverse)
        store(work[MULTIPLIER], i, multiplier)
        store(work[RIGHT_SIDE], i, right)
    value = load(after, 0)
    for i in range(1, last):
        value = load(work[MULTIPLIER], i) * value + load(work[RIGHT_SIDE], i)
        store(after, i, value)


@inner
def correct_guess(weights, terms, step, floor, work, after):
    """Mark the nodes where exercising is worth more than holding; tell whether a mark changed."""
    changed = spread(0.0, load(after, 0))
    for i in range(1, after.shape[0] - 1):
        lower, upper, diagonal = row(weights, terms, step, i)
        here, held = load(after, i), load(work[HELD], i)
        flow = lower * load(after, i - 1) + upper * load(after, i + 1)
        loss = diagonal * here - flow - load(work[KNOWN], i)  # of holding, over this step
        marked = select(loss - (here - load(floor, i)), 1.0, 0.0)
        store(work[HELD], i, marked)
        changed = changed + (marked - held) * (marked - held)
    return any_positive(changed)


@inner
def stage(weights, terms, step, floor, work, after):
    """Solve ``(I - step L) after = KNOWN`` with early exercise wherever it pays."""
    for _ in range(MOST_ROUNDS):
        solve_held(weights, terms, step, floor, work, after)
        if not correct_guess(weights, terms, step, floor, work, after):
            break


@njit
def tr_bdf2_policy(grid, terms, floors, levels, work):
    """Fill the levels of every block by TR-BDF2 with policy iteration in each stage.

    ``work`` (5, n + 1) lanes is overwritten.
    """
    nodes, weights, times = grid.nodes, grid.weights, grid.times
    last, top = levels.shape[1] - 1, nodes.size - 1
    middle = work[MIDDLE]
    for b in range(terms.shape[0]):
        own, floor = terms[b], floors[b]
        begin(nodes, own, floor, levels[b, 0])
        for i in range(nodes.size):
            store(work[HELD], i, 0.0)
        for j in range(times.size - 1):
            before, after = levels[b, min(j, last)], levels[b, min(j + 1, last)]
            dt = times[j + 1] - times[j]
            step = 0.5 * ALPHA * dt
            for part in range(2):
                if part == 0:
                    know_trapezoid(weights, own, step, before, work[KNOWN])
                    filled, theta = middle, times[j] + ALPHA * dt
                else:
                    know_second(before, middle, work[KNOWN])
                    filled, theta = after, times[j + 1]
                store(filled, top, 0.0)
                low_edge(nodes, own, floor, theta, filled)
                stage(weights, own, step, floor, work, filled)
