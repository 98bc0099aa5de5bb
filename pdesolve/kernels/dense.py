"""Dense output: value and slopes of one lane of a march at any elapsed time and any spot.

Between two levels the value runs on the cubic that has, at both, the value and the time derivative
that the equation itself gives.  Between nodes it runs on the quintic through six of them, in
the coordinate ``xi`` in which the nodes ``y = stretch sinh(step xi)`` are evenly spaced.
"""

import math

from pdesolve._jit import inner
from pdesolve.kernels.batch import DECAY, DIFFUSION, DRIFT


@inner
def rate_of_change(weights, terms, lane, floor, level, rate):
    """Fill ``rate`` (n + 1,) with dV/dtheta of a level; it is 0 on the floor and at the edges."""
    diffusion, drift = terms[DIFFUSION, lane], terms[DRIFT, lane]
    decay = terms[DECAY, lane]
    last = level.shape[0] - 1
    rate[0] = rate[last] = 0.0
    for i in range(1, last):
        here = level[i, lane]
        rate[i] = 0.0
        if here > floor[i, lane]:
            lower = diffusion * weights[0, i] + drift * weights[1, i]
            upper = diffusion * weights[2, i] + drift * weights[3, i]
            flow = lower * (level[i - 1, lane] - here) + upper * (level[i + 1, lane] - here)
            rate[i] = flow - decay * here


@inner
def column(grid, terms, lane, floor, theta, levels, work, values):
    """Fill ``values`` (n + 1,) of one lane at ``theta`` between ``levels`` (m + 1, n + 1, WIDTH).

    ``work`` (2, n + 1) is overwritten.
    """
    last, times = values.size - 1, grid.times
    j = times.size - 2
    while j > 0 and times[j] >= theta:
        j -= 1
    rate_of_change(grid.weights, terms, lane, floor, levels[j], work[0])
    rate_of_change(grid.weights, terms, lane, floor, levels[j + 1], work[1])
    dt = times[j + 1] - times[j]
    x = (theta - times[j]) / dt
    weight = x * x * (3.0 - 2.0 * x)
    slope_before, slope_after = dt * x * (1.0 - x) ** 2, dt * x * x * (x - 1.0)
    for i in range(last + 1):
        before, after = levels[j, i, lane], levels[j + 1, i, lane]
        values[i] = before + weight * (after - before)
        values[i] += slope_before * work[0, i] + slope_after * work[1, i]
    values[0] = (1.0 - x) * levels[j, 0, lane] + x * levels[j + 1, 0, lane]
    values[last] = (1.0 - x) * levels[j, last, lane] + x * levels[j + 1, last, lane]


@inner
def extrapolate(coarse, fine, columns):
    """Fill row 0 of ``columns`` (2, 2 n + 1) with the extrapolated values, row 1 with what changed.

    A third of the difference between ``fine`` and ``coarse``, known on every second node, is added;
    it is carried to the nodes between by a cubic.
    """
    values, change = columns[0], columns[1]
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
def quintic(values, first, t):
    """Value and first two derivatives at ``first + t`` of the quintic through six even nodes."""
    a, b, c = values[first], values[first + 1], values[first + 2]
    d, e, f = values[first + 3], values[first + 4], values[first + 5]
    d1, d2, d3 = b - a, c - 2.0 * b + a, d - 3.0 * c + 3.0 * b - a
    d4 = e - 4.0 * d + 6.0 * c - 4.0 * b + a
    d5 = f - 5.0 * e + 10.0 * d - 10.0 * c + 5.0 * b - a
    value, slope, bend = d5, 0.0, 0.0
    for order, difference in ((5.0, d4), (4.0, d3), (3.0, d2), (2.0, d1), (1.0, a)):
        ratio = (t - (order - 1.0)) / order
        bend = ratio * bend + 2.0 * slope / order
        slope = ratio * slope + value / order
        value = ratio * value + difference
    return value, slope, bend


@inner
def between_nodes(stretch, step, place, free, columns):
    """Value, d/dy, d2/dy2 and error at ``place`` among the nodes, counted from 0 to ``n``.

    ``columns`` (2, n + 1) holds values and corrections; the error is the largest correction at the
    six nodes that serve.  No node below ``free`` is used: the second derivative jumps at the
    exercise boundary, and the value above it goes on smoothly from the nodes above.
    """
    n = columns.shape[1] - 1
    first = min(max(int(place) - 2, free), n - 5)
    value, slope, bend = quintic(columns[0], first, place - first)
    xi = step * (place - 0.5 * n)
    stride = step * stretch * math.cosh(xi)  # dy / d(place)
    slope /= stride
    bend = bend / (stride * stride) - slope * math.tanh(xi) / (stretch * math.cosh(xi))
    error = 0.0
    for k in range(first, first + 6):
        error = max(error, abs(columns[1, k]))
    return value, slope, bend, error
