"""Reading of marches: value, delta, gamma and error of each contract at spots and dates.

A lane is one contract over one life.  It is solved as a put of strike one: a call of spot ``S`` and
strike ``K`` under ``(rate, yield)`` is a put of spot ``K`` and strike ``S`` under ``(yield, rate)``
(McDonald and Schroder, *J. Comput. Finance* 1, 1998).
"""

import math

import numpy as np

from pdesolve._jit import inner, njit
from pdesolve.kernels.batch import (
    AMERICAN,
    DECAY,
    DIFFUSION,
    DISCOUNT,
    DRIFT,
    RIGHT,
    SCALE,
    SHIFT,
    STRIKE,
    YIELD,
)
from pdesolve.kernels.dense import between_nodes, column, equation, extrapolate

# The rows of ``jobs``: block, lane, contract, date, and the share of the lane's life elapsed.
BLOCK, LANE, CONTRACT, DATE, ELAPSED = range(5)
# The error that extrapolation leaves, as a share of what it changed: of fourth order without early
# exercise, so that on the coarsest grids in use it is a fiftieth.
REGULAR = 0.1
# What the choice of the time of exercise adds below the nodes, as a share of the variance of the
# spot and of its value: it is left out there, and stated as an error.
TIMING = 0.25
# Drift towards exercise in nodes' units over the life, from which a bend of the value travels, with
# the errors made there; two grids may agree where it has passed.
CARRYING = 2.0
# A value is above that of exercise at the best certain time by far more than its error where the
# spot is within some deviations of the strike and grows by less than a share of one.
STRONG, DEEP = 0.05, -3.0


@inner
def below_nodes(own, theta, y):
    """Value, d/dy, d2/dy2, error of a put that will surely pay: exercise at the best time."""
    scale, gain, loss = own[SCALE], own[DECAY], own[YIELD]
    asset, at, waits, error = math.exp(y * scale), theta, 0.0, 0.0
    early = own[AMERICAN] == 1.0
    if early and gain > 0.0 and loss > gain and loss * asset > gain:
        turning = math.log(loss * asset / gain) / (loss - gain)
        if turning < theta:
            at, waits = turning, loss / (loss - gain)
            error = TIMING * asset * 2.0 * own[DIFFUSION] * scale * scale * theta
    later = asset * math.exp(-loss * at)
    value = math.exp(-gain * at) - later
    if early and 1.0 - asset > value:
        return 1.0 - asset, -scale * asset, -scale * scale * asset, 0.0
    # The best time moves with the spot; by the envelope theorem only the bend feels it.
    return value, -scale * later, scale * scale * later * (waits - 1.0), error


@inner
def carry_along(own, change):
    """Raise every correction to the largest, if errors of one place are carried to others."""
    if own[DRIFT] > -CARRYING or own[YIELD] < own[DECAY]:
        return
    largest = 0.0
    for i in range(change.size):
        largest = max(largest, abs(change[i]))
    for i in range(change.size):
        change[i] = largest


@inner
def may_wait(own, theta, y):
    """Whether exercise at a certain later time may be worth as much as the value."""
    x, fall = y * own[SCALE], own[YIELD] - own[DECAY]
    if fall <= 0.0 <= own[DECAY] or x > max(fall, 0.0) * theta:
        return False
    deviation = own[SCALE] * math.sqrt(2.0 * own[DIFFUSION])
    return abs(fall) > STRONG * deviation or x < DEEP * deviation


@inner
def exercise_place(spacing, own, free, values):
    """Place of the exercise boundary among the nodes, 0 to ``n``; -1 where there is none.

    Above the boundary the value leaves the payoff by a parabola, so that the root of their
    difference is straight; it is followed down from the two nodes above the first free one.
    """
    (stretch, step), n = spacing, values.size - 1
    if own[AMERICAN] == 0.0 or free == 0:
        return -1.0
    if free > n - 3:
        return float(free)
    near_y = stretch * math.sinh(step * (free + 1 - 0.5 * n))
    far_y = stretch * math.sinh(step * (free + 2 - 0.5 * n))
    near = values[free + 1] - 1.0 + math.exp(near_y * own[SCALE])
    far = values[free + 2] - 1.0 + math.exp(far_y * own[SCALE])
    if not 0.0 < near < far:
        return float(free)
    y = near_y - math.sqrt(near) * (far_y - near_y) / (math.sqrt(far) - math.sqrt(near))
    place = math.asinh(y / stretch) / step + 0.5 * n
    return min(max(place, free - 1.0), free + 1.0)


@inner
def unit_put(spacing, own, theta, asset, exercised, columns):
    """Value, d/dy, d2/dy2 and error of the put of strike one at spot ``asset``, as marched.

    The nodes are ``stretch sinh(step (i - n / 2))``, with both in ``spacing``; ``own`` holds the
    terms of the lane, ``columns`` (2, n + 1) its values and the corrections that extrapolation
    made; up to the place ``exercised`` the put is exercised.
    """
    (stretch, step), scale, n = spacing, own[SCALE], columns.shape[1] - 1
    y = math.log(asset) / scale + own[SHIFT] * theta
    place = math.asinh(y / stretch) / step + 0.5 * n
    if place >= n:
        return 0.0, 0.0, 0.0, 0.0
    if place <= 0.0:
        return below_nodes(own, theta, y)
    free = max(math.ceil(exercised), 0)
    value, slope, bend, error = between_nodes(stretch, step, y, place, free, columns)
    if own[AMERICAN] == 0.0:
        return max(min(value, 1.0), 0.0), slope, bend, REGULAR * error
    if place <= exercised:
        error = 0.0
    if place <= exercised or value <= 1.0 - asset:
        value, slope, bend = 1.0 - asset, -scale * asset, -scale * scale * asset
    if may_wait(own, theta, y):
        sure, steep, curved, _ = below_nodes(own, theta, y)
        if value < sure:
            return sure, steep, curved, max(error, sure - value)
    highest = 1.0 if own[DECAY] >= 0.0 else math.inf
    return max(min(value, highest), 0.0), slope, bend, error


@inner
def read(spacing, own, theta, exercised, columns, spots, out):
    """Fill ``out`` (4, k): value, delta, gamma and estimated error at ``spots`` (k,)."""
    scale, strike, call = own[SCALE], own[STRIKE], own[RIGHT] > 0.0
    discount = math.exp(-own[DISCOUNT] * theta)
    for i in range(spots.size):
        spot = spots[i]
        asset = strike / spot if call else spot / strike
        value, slope, bend, error = unit_put(spacing, own, theta, asset, exercised, columns)
        unit = discount * (spot if call else strike)
        slope, bend = slope / scale, bend / (scale * scale)
        out[0, i] = unit * value
        out[1, i] = discount * (value - slope) if call else unit * slope / spot
        out[2, i] = unit * (bend - slope) / (spot * spot)
        out[3, i] = unit * error


@njit
def columns_at(grid, terms, jobs, floors, levels, columns):
    """Fill row ``j`` of ``columns`` (j, n + 1) with the values at the nodes at the date of job j.

    Numbers of lanes: ``terms`` (b, 11, w), ``floors`` (b, n + 1, w), ``levels`` (b, m + 1, n + 1,
    w).  ``jobs`` (5, j); what the dates of one lane share is made once if they follow one another.
    """
    equations, work = np.empty((6, columns.shape[1])), np.empty((5, columns.shape[1]))
    for j in range(jobs.shape[1]):
        b, lane = int(jobs[BLOCK, j]), int(jobs[LANE, j])
        own, floor = terms[b, :, lane], floors[b, :, lane]
        if j == 0 or jobs[BLOCK, j - 1] != b or jobs[LANE, j - 1] != lane:
            equation(grid, own, floor, equations[:3], equations[3:])
        theta, lane_levels = jobs[ELAPSED, j], levels[b, :, :, lane]
        column(grid, own, floor, theta, lane_levels, equations, work, columns[j])


@njit
def read_columns(spacing, terms, jobs, floors, coarse, fine, spots, out):
    """Extrapolate the columns of each job and read them.

    ``spacing`` is the stretch and the step of the fine grid.  Numbers of lanes: ``terms`` (b, 11,
    w), ``floors`` (b, 2 n + 1, w) of the fine grid, ``coarse`` (b, n + 1, w) and ``fine`` (b, 2 n +
    1, w); or the last two from `columns_at`, (j, n + 1, 1) and (j, 2 n + 1, 1).  ``jobs`` (5, j);
    ``spots`` (c, d, k); ``out`` (4, c, d, k) receives value, delta, gamma and estimated error.
    """
    n, by_job = fine.shape[1], fine.shape[2] == 1
    low, high, columns = np.empty(coarse.shape[1]), np.empty(n), np.empty((2, n))
    for j in range(jobs.shape[1]):
        b, lane = int(jobs[BLOCK, j]), int(jobs[LANE, j])
        row, side = (j, 0) if by_job else (b, lane)
        for i in range(low.size):
            low[i] = coarse[row, i, side]
        free = n  # the first node that is not exercised
        for i in range(n - 1, -1, -1):
            high[i] = fine[row, i, side]
            if high[i] > floors[b, i, lane]:
                free = i
        own, theta = terms[b, :, lane], jobs[ELAPSED, j]
        c, d = int(jobs[CONTRACT, j]), int(jobs[DATE, j])
        extrapolate(low, high, columns)
        carry_along(own, columns[1])
        exercised = exercise_place(spacing, own, free, columns[0])
        read(spacing, own, theta, exercised, columns, spots[c, d], out[:, c, d])
