"""Dense output: value and slopes of one lane of a march at any elapsed time and any spot.

From the level before a date one more step of the march leads to it, of one lane alone.  Between
nodes the value runs on the quintic through six of them, in the coordinate ``xi`` in which the nodes
``y = stretch sinh(step xi)`` are evenly spaced.
"""

import math

import numpy as np

from pdesolve._jit import inner
from pdesolve.kernels.batch import DECAY, DIFFUSION, DRIFT, LONGEST, SCALE, YIELD
from pdesolve.kernels.march import ALPHA, FLATTER, FLOOR, ROOM, second_stage, theta_step


@inner
def equation(grid, own, floor, bands, bound):
    """Fill ``bands`` and ``bound``, both (3, n + 1), of a lane, per life, as a march needs them.

    ``own`` holds the terms of the lane, ``floor`` (n + 1,) its exercise values.
    """
    nodes, weights = grid.nodes, grid.weights
    diffusion, drift, carry = own[DIFFUSION], own[DRIFT], own[YIELD]
    for i in range(1, nodes.size - 1):
        h = nodes[i] - nodes[i - 1]
        bands[0, i] = diffusion * weights[0, i] + drift * weights[1, i]
        bands[2, i] = diffusion * weights[2, i] + drift * weights[3, i]
        bands[1, i] = -(bands[0, i] + bands[2, i]) - own[DECAY]
        bound[FLOOR, i] = floor[i]
        bound[ROOM, i] = 0.5 * h * h * (own[DECAY] - carry + carry * floor[i]) / diffusion
        bound[FLATTER, i] = 1.0 + max(-h * drift / (3.0 * diffusion), 0.0)
    bound[FLOOR, 0] = floor[0]


@inner
def edge(grid, own, floor, theta):
    """Value at the lowest node: the floor, or the best payoff on the forward up to ``theta``."""
    t = min(theta, own[LONGEST])
    asset = math.exp(grid.nodes[0] * own[SCALE] - t * own[YIELD])
    return max(math.exp(-t * own[DECAY]) - asset, floor)


@inner
def column(grid, own, floor, theta, levels, equations, work, values):
    """Fill ``values`` (n + 1,) of one lane at ``theta`` from its ``levels`` (m + 1, n + 1).

    ``floor`` (n + 1,); ``equations`` (6, n + 1) as `equation` fills them, bands first; ``work``
    (5, n + 1) is overwritten.
    """
    times, last = grid.times, values.size - 1
    j = times.size - 2
    while j > 0 and times[j] >= theta:
        j -= 1
    bands, bound, before, stage = equations[:3], equations[3:], work[0], work[1]
    for i in range(last + 1):
        before[i] = levels[j, i]
    dt = theta - times[j]
    stage[0], stage[last] = edge(grid, own, floor[0], times[j] + ALPHA * dt), 0.0
    values[0], values[last] = edge(grid, own, floor[0], theta), 0.0
    theta_step(bands, bound, 0.5 * ALPHA * dt, 1.0, before, work[2:], stage)
    second_stage(bands, bound, 0.5 * ALPHA * dt, before, stage, work[2:], values)


@inner
def extrapolate(coarse, fine, values, change):
    """Fill ``values`` (2 n + 1,) with the extrapolated values, ``change`` with what that changed.

    A third of the difference between ``fine`` and ``coarse``, known on every second node, is added;
    it is carried to the nodes between by a cubic.
    """
    last = values.size - 1
    for i in range(0, last + 1, 2):
        change[i] = (fine[i] - coarse[i // 2]) / 3.0
    change[1] = 0.5 * (change[0] + change[2])
    change[last - 1] = 0.5 * (change[last - 2] + change[last])
    for i in range(3, last - 1, 2):
        inside, outside = change[i - 1] + change[i + 1], change[i - 3] + change[i + 3]
        change[i] = 0.5625 * inside - 0.0625 * outside
    for i in range(last + 1):
        values[i] = fine[i] + change[i]


@inner
def nearby(change, around, near):
    """Fill ``near`` (n + 1,): the largest size of a correction at the six nodes from each on.

    ``change`` (n + 1,); ``around`` more nodes on both sides count.  Runs of 2, 4, 8 nodes are made
    of two shorter ones, and the run that is wanted of two that overlap.
    """
    n, run = change.size, 6 + 2 * around
    size, length = np.zeros(n + run), 1
    for i in range(n):
        size[i + around] = abs(change[i])
    while 2 * length <= run:
        for i in range(n + run - length):
            size[i] = max(size[i], size[i + length])
        length *= 2
    for i in range(n):
        near[i] = max(size[i], size[i + run - length])


@inner
def place_of(spacing, y, radius, n):
    """Place of ``y`` among the nodes ``stretch sinh(step (i - n / 2))``, 0 to ``n``.

    ``radius`` is the root of the squares of ``y`` and the stretch.
    """
    stretch, step = spacing
    return math.copysign(math.log((abs(y) + radius) / stretch) / step, y) + 0.5 * n


@inner
def node_at(spacing, place, n):
    """Coordinate at a place among the nodes; the inverse of `place_of`."""
    return spacing[0] * math.sinh(spacing[1] * (place - 0.5 * n))


@inner
def quintic(six, t):
    """Value and first two derivatives at ``t`` of the quintic through six even nodes, 0 to 5."""
    a, b, c, d, e, f = six
    d1, d2, d3 = b - a, c - 2.0 * b + a, d - 3.0 * c + 3.0 * b - a
    d4 = e - 4.0 * d + 6.0 * c - 4.0 * b + a
    d5 = f - 5.0 * e + 10.0 * d - 10.0 * c + 5.0 * b - a
    value, slope, bend = d5, 0.0, 0.0
    for order, part, difference in (
        (5.0, 1.0 / 5.0, d4),
        (4.0, 1.0 / 4.0, d3),
        (3.0, 1.0 / 3.0, d2),
        (2.0, 1.0 / 2.0, d1),
        (1.0, 1.0, a),
    ):
        ratio = (t - (order - 1.0)) * part
        bend = ratio * bend + 2.0 * slope * part
        slope = ratio * slope + value * part
        value = ratio * value + difference
    return value, slope, bend


@inner
def between_nodes(spacing, y, radius, t, six):
    """Value, d/dy and d2/dy2 at ``y``, which is ``t`` nodes after the first of ``six`` values.

    ``spacing`` and ``radius`` as `place_of` takes them.
    """
    value, slope, bend = quintic(six, t)
    per_node, flatter = 1.0 / (spacing[1] * radius), 1.0 / (radius * radius)
    slope *= per_node  # dy / d(place) = step radius
    return value, slope, bend * per_node * per_node - slope * y * flatter
