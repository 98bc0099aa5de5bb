"""The marches on lanes: puts of strike one in scaled coordinates, many at once.

With ``y = ln(S / K) / scale`` and ``theta`` = elapsed time over life, the value of every vanilla
contract obeys

    dV/dtheta = diffusion V_yy + drift V_y - decay V,    V(y, 0) = max(1 - exp(scale y), 0),

so that contracts share nodes and steps and differ by the few numbers in ``terms``.  ``c`` contracts
stand side by side as lanes; rows of lanes run over the ``n + 1`` nodes, the lowest spot first.
"""

import math

from pdesolve._jit import inner, njit
from pdesolve.kernels.lanes import (
    any_positive,
    exp,
    larger,
    load,
    select,
    spread,
    square_root,
    store,
)

# The rows of ``terms``, the numbers in which lanes differ: of the march, with AMERICAN 1 for early
# exercise, else 0, and LONGEST the share of life up to which waiting pays at the lowest node; and
# of its reading: 1 call or -1 put, strike, and for lanes that follow the forward its drift in ``y``
# over the life and the exponent of the discount left out.
DIFFUSION, DRIFT, DECAY, YIELD, SCALE, AMERICAN, LONGEST = range(7)
RIGHT, STRIKE, SHIFT, DISCOUNT = range(7, 11)
NO_FLOOR = -1e100  # of lanes without early exercise; finite, so that products with it are
ALPHA = 2.0 - math.sqrt(2.0)  # both stages of TR-BDF2 share one matrix for this split


@inner
def exp_remainder(a):
    """``(e**a - 1 - a) / a**2`` by its Taylor polynomial, to rounding for ``|a| <= 1``."""
    series, factorial = spread(0.0, a), 6402373705728000.0  # of 18
    for order in range(18, 1, -1):
        series = series * a + 1.0 / factorial
        factorial /= order
    return series


@inner
def begin(nodes, terms, floor, values):
    """Fill ``floor`` and, averaged over the cell of the strike, ``values``, (n + 1,) lanes each.

    The floor is the exercise value, ``1 - exp(scale y)``, for American lanes and `NO_FLOOR` for
    others.

    The strike is node ``n / 2``.  The average of ``max(1 - e**x, 0)`` over the cell from ``a < 0``
    to ``b > 0`` is ``(e**a - 1 - a) / (b - a)`` (Pooley, Vetzal and Forsyth, *J. Comput. Finance*
    6, 2003).
    """
    early, scale = load(terms, AMERICAN), load(terms, SCALE)
    for i in range(nodes.size):
        payoff = 1.0 - exp(nodes[i] * scale)
        store(values, i, larger(payoff, 0.0))
        store(floor, i, select(early, payoff, NO_FLOOR))
    k = nodes.size // 2
    low, high = 0.5 * (nodes[k - 1] + nodes[k]), 0.5 * (nodes[k] + nodes[k + 1])
    a = low * scale
    store(values, k, a * a * exp_remainder(a) / ((high - low) * scale))


@inner
def low_edge(nodes, terms, floor, theta, values):
    """Write row 0: the larger of the floor and the best payoff on the forward up to ``theta``."""
    t = -larger(-theta, -load(terms, LONGEST))
    exponent = nodes[0] * load(terms, SCALE) - t * load(terms, YIELD)
    store(values, 0, larger(exp(-(t * load(terms, DECAY))) - exp(exponent), load(floor, 0)))


@inner
def eliminate(weights, terms, step, explicit, before, work):
    """Eliminate, from the highest node down, the rows of one theta step.

    The step is ``(I - g L) after = (I + explicit g L) before`` with ``g = step``; ``explicit`` is
    1 for the trapezoidal rule and 0 for implicit Euler.  ``work`` (2, n + 1) receives, per
    row, the multiplier of the node below and the right-hand side.  ``weights`` (4, n + 1).
    """
    diffusion, drift = step * load(terms, DIFFUSION), step * load(terms, DRIFT)
    decay = step * load(terms, DECAY) + 1.0
    multiplier, right = spread(0.0, decay), spread(0.0, decay)
    top = before.shape[0] - 1
    above, here = load(before, top), load(before, top - 1)
    for i in range(top - 1, 0, -1):
        below = load(before, i - 1)
        lower = diffusion * weights[0, i] + drift * weights[1, i]
        upper = diffusion * weights[2, i] + drift * weights[3, i]
        diagonal = (lower + upper) + decay
        known = here + explicit * ((lower * below + upper * above) - (diagonal - 1.0) * here)
        inverse = 1.0 / (upper * multiplier + diagonal)
        right = (upper * right + known) * inverse
        multiplier = -(lower * inverse)
        store(work[0], i, multiplier)
        store(work[1], i, right)
        above, here = here, below


@inner
def eliminate_second(weights, terms, step, before, stage, work):
    """Eliminate the rows of TR-BDF2's second stage, ``(I - g L) after = p stage - q before``."""
    diffusion, drift = step * load(terms, DIFFUSION), step * load(terms, DRIFT)
    decay = step * load(terms, DECAY) + 1.0
    p, q = 1.0 / (ALPHA * (2.0 - ALPHA)), (1.0 - ALPHA) ** 2 / (ALPHA * (2.0 - ALPHA))
    multiplier, right = spread(0.0, decay), spread(0.0, decay)
    for i in range(before.shape[0] - 2, 0, -1):
        lower = diffusion * weights[0, i] + drift * weights[1, i]
        upper = diffusion * weights[2, i] + drift * weights[3, i]
        known = p * load(stage, i) - q * load(before, i)
        inverse = 1.0 / (upper * multiplier + ((lower + upper) + decay))
        right = (upper * right + known) * inverse
        multiplier = -(lower * inverse)
        store(work[0], i, multiplier)
        store(work[1], i, right)


@inner
def room_below(nodes, terms, bend, floor, i):
    """How far above the floor node ``i`` is if exercise ends exactly at the node below.

    At the exercise boundary the second derivative jumps from that of the floor by
    ``bend (decay - yield exp(scale y)) / diffusion``; a parabola of that bend grows over one cell.
    ``bend`` is 2 in a trapezoidal step, whose known side holds the loss of the floor once more,
    else 1.
    """
    h = nodes[i] - nodes[i - 1]
    carry = load(terms, YIELD)
    loss = (load(terms, DECAY) - carry) + carry * load(floor, i)
    return (0.5 * bend * h * h) * loss / load(terms, DIFFUSION)


@inner
def above_boundary(ratio, room, free, floor):
    """Value at the first node above the exercise boundary, with the boundary between two nodes.

    Held at the floor ``F``, the node below would enter its equation ``V = F + free + ratio
    (V_below - F_below)`` as if the boundary were there.  The smooth continuation of the value
    stands ``room (1 - e)**2`` above the floor there, and ``V - F = room e**2`` here, with ``e``
    cells between the boundary and this node.
    """
    root = square_root(larger(room * (ratio * room + (1.0 - ratio) * free), 0.0))
    e = (free + ratio * room) / (ratio * room + root)
    e = -larger(-e, -1.0)
    return floor + larger(free, room * (e * e))


@inner
def substitute(nodes, terms, bend, work, floor, before, after):
    """Substitute upwards from row 0 of ``after``, held at the floor up to the exercise boundary.

    Holding each value before the next row uses it solves the early-exercise problem exactly where
    exercise is one run of nodes from the lowest (Brennan and Schwartz, *J. Finance* 32, 1977).  The
    boundary itself lies between nodes: `above_boundary` keeps its place, without which the error
    depends on where among the nodes it falls and extrapolation fails.
    """
    value, last = load(after, 0), after.shape[0] - 1
    held = select(load(terms, AMERICAN), 1.0 - select(value - load(floor, 0), 1.0, 0.0), 0.0)
    above = last
    slant = load(terms, DRIFT) / load(terms, DIFFUSION)
    for i in range(1, last):
        if not any_positive(held):
            above = i
            break
        ratio, bottom = -load(work[0], i), load(floor, i)
        plain = ratio * value + load(work[1], i)
        room = room_below(nodes, terms, bend, floor, i)
        # What the level before stands above the floor shares the bend of a trapezoidal step.
        gone = (bend - 1.0) * larger(load(before, i) - bottom, 0.0)
        free = plain - bottom + gone
        # Drift towards exercise flattens the continuation below the boundary.
        shrink = 1.0 + larger(((nodes[i - 1] - nodes[i]) / 3.0) * slant, 0.0)
        leaves = select(held, select(larger(free * shrink + ratio * room, -room), 1.0, 0.0), 0.0)
        value = larger(plain, bottom)
        if any_positive(leaves):
            freed = above_boundary(ratio / shrink, room, free, bottom) - gone
            freed = select(room, larger(freed, bottom), value)
            value = select(leaves, freed, value)
            held = held - leaves
        value = select(held, bottom, value)
        store(after, i, value)
    for i in range(above, last):
        value = larger(load(work[1], i) - load(work[0], i) * value, load(floor, i))
        store(after, i, value)


@njit
def crank_nicolson(grid, damping, terms, floors, levels, work):
    """Fill the levels of every block by Crank-Nicolson with a damped start.

    Each of the first ``damping`` steps is two implicit half steps, which keep the kink of the
    payoff from ringing (Rannacher, *Numer. Math.* 43, 1984).  Arguments as in `tr_bdf2`.
    """
    nodes, times = grid.nodes, grid.times
    last, top = levels.shape[1] - 1, nodes.size - 1
    for b in range(terms.shape[0]):
        begin(nodes, terms[b], floors[b], levels[b, 0])
        for j in range(times.size - 1):
            before, after = levels[b, min(j, last)], levels[b, min(j + 1, last)]
            store(after, top, 0.0)
            parts = 2 if j < damping else 1
            share, bend = (0.0, 1.0) if j < damping else (1.0, 2.0)
            step = 0.5 * (times[j + 1] - times[j])
            for part in range(parts):
                eliminate(grid.weights, terms[b], step, share, before, work)
                theta = times[j + 1] - (parts - 1 - part) * step
                low_edge(nodes, terms[b], floors[b], theta, after)
                substitute(nodes, terms[b], bend, work, floors[b], before, after)
                before = after


@njit
def tr_bdf2(grid, terms, floors, levels, work):
    """Fill the levels of every block by TR-BDF2: a Crank-Nicolson and a BDF2 stage in each step.

    Both stages have the matrix ``I - ALPHA dt L / 2`` (Bank et al., *IEEE Trans. CAD* 4, 1985;
    Hosea and Shampine, *Appl. Numer. Math.* 20, 1996), and fast modes are damped in every step.

    Arrays of lanes: ``terms`` (b, 11), ``floors`` (b, n + 1); ``levels`` (b, m + 1, n + 1), or
    (b, 1, n + 1) to keep the last one only; ``work`` (3, n + 1) is overwritten.
    """
    nodes, times = grid.nodes, grid.times
    last, top = levels.shape[1] - 1, nodes.size - 1
    middle = work[2]
    store(middle, top, 0.0)
    for b in range(terms.shape[0]):
        begin(nodes, terms[b], floors[b], levels[b, 0])
        for j in range(times.size - 1):
            before, after = levels[b, min(j, last)], levels[b, min(j + 1, last)]
            store(after, top, 0.0)
            dt = times[j + 1] - times[j]
            for stage in range(2):
                if stage == 0:
                    filled, theta, bend = middle, times[j] + ALPHA * dt, 2.0
                    eliminate(grid.weights, terms[b], 0.5 * ALPHA * dt, 1.0, before, work)
                else:
                    filled, theta, bend = after, times[j + 1], 1.0
                    eliminate_second(grid.weights, terms[b], 0.5 * ALPHA * dt, before, middle, work)
                low_edge(nodes, terms[b], floors[b], theta, filled)
                substitute(nodes, terms[b], bend, work, floors[b], before, filled)
