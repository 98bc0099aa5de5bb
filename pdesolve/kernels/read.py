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
from pdesolve.kernels.dense import (
    between_nodes,
    column,
    equation,
    extrapolate,
    nearby,
    node_at,
    place_of,
)

# The rows of ``jobs``: block, lane, contract, date, and the share of the lane's life elapsed.
BLOCK, LANE, CONTRACT, DATE, ELAPSED = range(5)
# The error that extrapolation leaves, as a share of what it changed: of fourth order without early
# exercise, so that on the coarsest grids in use it is a fiftieth.
REGULAR = 0.1
# What the choice of the time of exercise adds below the nodes, as a share of the variance of the
# spot and of its value: it is left out there, and stated as an error.
TIMING = 0.25
# Nodes on either side of those in use whose corrections count as well: two grids agree by chance
# where their difference changes sign.
AROUND = 6
# Drift towards exercise, in the unit of the nodes over the life, from which a bend of the value
# travels where waiting pays, with the errors made there: then all nodes count.
CARRYING = 2.0
# A value is above that of exercise at the best certain time by far more than its error where the
# spot is within some deviations of the strike and grows by less than a share of one.
STRONG, DEEP = 0.05, -3.0


@inner
def below_nodes(terms, theta, y):
    """Value, d/dy, d2/dy2, error of a put that will surely pay: exercise at the best time.

    ``terms`` are scale, decay and yield of the lane, whether exercise may pay, and its diffusion.
    """
    scale, gain, loss, early, diffusion = terms
    asset, at, waits, error = math.exp(y * scale), theta, 0.0, 0.0
    if early and gain > 0.0 and loss > gain and loss * asset > gain:
        turning = math.log(loss * asset / gain) / (loss - gain)
        if turning < theta:
            at, waits = turning, loss / (loss - gain)
            error = TIMING * asset * 2.0 * diffusion * scale * scale * theta
    later = asset * math.exp(-loss * at)
    value = math.exp(-gain * at) - later
    if early and 1.0 - asset > value:
        return 1.0 - asset, -scale * asset, -scale * scale * asset, 0.0
    # The best time moves with the spot; by the envelope theorem only the bend feels it.
    return value, -scale * later, scale * scale * later * (waits - 1.0), error


@inner
def may_wait(terms, theta, y):
    """Whether exercise at a certain later time may be worth as much as the value."""
    scale, gain, loss, _, diffusion = terms
    x, fall = y * scale, loss - gain
    if fall <= 0.0 <= gain or x > max(fall, 0.0) * theta:
        return False
    deviation = scale * math.sqrt(2.0 * diffusion)
    return abs(fall) > STRONG * deviation or x < DEEP * deviation


@inner
def exercise_place(spacing, own, free, values):
    """Place of the exercise boundary among the nodes, 0 to ``n``; -1 where there is none.

    Above the boundary the value leaves the payoff by a parabola, so that the root of their
    difference is straight; it is followed down from the two nodes above the first free one.
    """
    n = values.size - 1
    if own[AMERICAN] == 0.0 or free == 0:
        return -1.0
    if free > n - 3:
        return float(free)
    near_y, far_y = node_at(spacing, free + 1, n), node_at(spacing, free + 2, n)
    near = values[free + 1] - 1.0 + math.exp(near_y * own[SCALE])
    far = values[free + 2] - 1.0 + math.exp(far_y * own[SCALE])
    if not 0.0 < near < far:
        return float(free)
    y = near_y - math.sqrt(near) * (far_y - near_y) / (math.sqrt(far) - math.sqrt(near))
    place = place_of(spacing, y, math.hypot(y, spacing[0]), n)
    return min(max(place, free - 1.0), free + 1.0)


@inner
def held_to(terms, asset, sure, marched):
    """What early exercise leaves of value, d/dy, d2/dy2 and error as marched above its boundary.

    Below the boundary 0 is marched; ``sure`` is what exercise at the best certain time is worth.
    """
    (value, slope, bend, error), scale = marched, terms[0]
    if value <= 1.0 - asset:
        value, slope, bend = 1.0 - asset, -scale * asset, -scale * scale * asset
    if value < sure[0]:
        return sure[0], sure[1], sure[2], max(error, sure[0] - value)
    highest = 1.0 if terms[1] >= 0.0 else math.inf
    return max(min(value, highest), 0.0), slope, bend, error


@inner
def quoted(terms, call, unit, spot, put):
    """Value, delta, gamma and error in quote currency of a put of strike one, or as a call."""
    (value, slope, bend, error), steepness = put, 1.0 / terms[0]
    slope, bend, per_spot = slope * steepness, bend * steepness * steepness, 1.0 / spot
    delta = unit * per_spot * (value - slope if call else slope)
    return unit * value, delta, unit * (bend - slope) * per_spot * per_spot, unit * error


@inner
def read(spacing, own, theta, boundary, columns, spots, out):
    """Fill ``out`` (4, k): value, delta, gamma and estimated error at ``spots`` (k,).

    The contract is read as the put of strike one that was marched, ``own`` its terms.  ``boundary``
    is the place of its exercise boundary, up to which it is exercised; ``columns`` are its values
    (n + 1,) at the nodes and the corrections that extrapolation made near them.  For a spot only
    functions of numbers are called: handing over an array costs as much as what is done with it.
    """
    strike, call, (values, near), n = own[STRIKE], own[RIGHT] > 0.0, columns, columns[0].size - 1
    early, discount = own[AMERICAN] == 1.0, math.exp(-own[DISCOUNT] * theta)
    terms = own[SCALE], own[DECAY], own[YIELD], early, own[DIFFUSION]
    shift, steepness, free = own[SHIFT] * theta, 1.0 / own[SCALE], max(math.ceil(boundary), 0)
    exercise, last = node_at(spacing, boundary, n), node_at(spacing, float(n), n)
    for i in range(spots.size):
        asset = strike / spots[i] if call else spots[i] / strike
        y = math.log(asset) * steepness + shift
        put, sure = (0.0, 0.0, 0.0, 0.0), (-1.0, 0.0, 0.0, 0.0)
        if y <= -last or (early and y < last and may_wait(terms, theta, y)):
            sure = below_nodes(terms, theta, y)
        if -last < y < last and (not early or y > exercise):
            radius = math.sqrt(y * y + spacing[0] * spacing[0])
            place = place_of(spacing, y, radius, n)
            k = min(max(int(place) - 2, free), n - 5)
            lower, upper = (values[k], values[k + 1]), (values[k + 4], values[k + 5])
            six = lower[0], lower[1], values[k + 2], values[k + 3], upper[0], upper[1]
            value, slope, bend = between_nodes(spacing, y, radius, place - k, six)
            put = value, slope, bend, near[k]
        if y <= -last:
            put = sure
        elif y < last and early:
            put = held_to(terms, asset, sure, put)
        elif y < last:
            put = max(min(put[0], 1.0), 0.0), put[1], put[2], REGULAR * put[3]
        unit = discount * (spots[i] if call else strike)
        out[0, i], out[1, i], out[2, i], out[3, i] = quoted(terms, call, unit, spots[i], put)


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


@inner
def corrections_near(own, change, near):
    """Fill ``near`` (n + 1,) with the largest correction near the nodes that serve from each on."""
    if own[DRIFT] > -CARRYING or own[YIELD] < own[DECAY]:
        nearby(change, AROUND, near)
        return
    largest = 0.0
    for i in range(change.size):
        largest = max(largest, abs(change[i]))
    near[:] = largest


@njit
def read_columns(spacing, terms, jobs, coarse, fine, free, spots, out):
    """Extrapolate the columns of each job and read them.

    ``spacing`` is the stretch and the step of the fine grid; ``coarse`` (j, n + 1), ``fine`` (j,
    2 n + 1), ``free`` (j,) the first nodes of the latter that are not exercised; ``terms``
    (b, 11, w); ``jobs`` (5, j).  ``spots`` are spots (c, k), those of date ``d`` in the columns
    ``starts[d]`` to ``starts[d + 1]``, and ``starts`` (d + 1,); ``out`` (4, c, k) receives value,
    delta, gamma and estimated error.
    """
    values, change, near = np.empty((3, fine.shape[1]))
    at, starts = spots
    for j in range(jobs.shape[1]):
        extrapolate(coarse[j], fine[j], values, change)
        own, theta = terms[int(jobs[BLOCK, j]), :, int(jobs[LANE, j])], jobs[ELAPSED, j]
        corrections_near(own, change, near)
        c, d = int(jobs[CONTRACT, j]), int(jobs[DATE, j])
        boundary = exercise_place(spacing, own, free[j], values)
        part = slice(starts[d], starts[d + 1])
        read(spacing, own, theta, boundary, (values, near), at[c, part], out[:, c, part])


@njit
def read_payoffs(rights, strikes, expired, spots, out):
    """Fill in value and delta of contracts that have expired: NaN is the delta at the strike.

    ``rights`` and ``strikes`` (c,), ``expired`` (c, d); ``spots`` and ``out`` as `read_columns`
    takes them.
    """
    at, starts = spots
    for c in range(expired.shape[0]):
        for d in range(expired.shape[1]):
            if not expired[c, d]:
                continue
            for i in range(starts[d], starts[d + 1]):
                worth = rights[c] * (at[c, i] - strikes[c])
                out[0, c, i] = max(worth, 0.0)
                out[1, c, i] = rights[c] if worth > 0.0 else 0.0
                if worth == 0.0:
                    out[1, c, i] = np.nan
