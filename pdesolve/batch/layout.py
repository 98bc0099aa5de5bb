"""How contracts become lanes: the coordinates and the life of each march, and what reads it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.batch.scaled_grid import HALF_WIDTH
from pdesolve.contracts import Contracts
from pdesolve.kernels.batch import (
    AMERICAN,
    DECAY,
    DIFFUSION,
    DISCOUNT,
    DRIFT,
    LONGEST,
    RIGHT,
    SCALE,
    SHIFT,
    STRIKE,
    YIELD,
)
from pdesolve.kernels.lanes import NARROW, WIDE, rows_of
from pdesolve.kernels.read import BLOCK

__all__ = ["Layout", "lay_out", "two_sided"]

Floats = NDArray[np.float64]

# A date with less than this share of a march's life left is read from a shorter march of its own,
# whose nodes lie closer to the strike.
SHORTEST_SHARE = 0.1
# If the drift of the log spot outweighs its deviation by this factor, the value of an American
# option bends within a fraction of the deviation, and the nodes are drawn together in proportion.
STRONG_DRIFT = 2.0
# Deviations kept between the strike as it drifts to the forward and the end of the nodes.
MARGIN = 5.5
FOREVER = 1e300
# Where waiting pays deep in the money, the nodes reach a little beyond the exercise boundary, but
# are not drawn apart by more than this.
BEYOND, WIDEST = 1.02, 4.0


class Layout(NamedTuple):
    """Blocks of lanes and the jobs that read them.

    ``terms`` (b, 11) of lanes hold their numbers as the kernels name them; ``jobs`` (5, j), sorted
    by block, name block, lane, contract, date and share of life elapsed.
    """

    terms: NDArray[np.void]
    jobs: Floats


def exercisable(contracts: Contracts) -> NDArray[np.bool_]:
    """Whether exercise before expiry can ever pay, (c,).

    An American put with ``r <= 0`` and ``q >= r``, and a call with rate and yield exchanged, is
    never exercised early: holding the strike earns nothing and holding the spot loses nothing.
    """
    gain, loss = _put_rates(contracts)
    return contracts.american & ((gain > 0.0) | (loss < gain))


def two_sided(contracts: Contracts) -> NDArray[np.bool_]:
    """Whether early exercise pays between two boundaries only: a put with ``q < r < 0``, (c,)."""
    gain, loss = _put_rates(contracts)
    return contracts.american & (gain < 0.0) & (loss < gain)


def _put_rates(contracts: Contracts) -> tuple[Floats, Floats]:
    """Rate and yield of the put that a contract is marched as."""
    call = contracts.right > 0.0
    return (
        np.where(call, contracts.dividend_yield, contracts.rate),
        np.where(call, contracts.rate, contracts.dividend_yield),
    )


def lay_out(contracts: Contracts, left: Floats) -> Layout:
    """Lay out what is needed to read contracts with ``left`` (c, d) years of life at each date.

    A date is read from the march over the longest life of its contract, or from a shorter one if it
    falls into the last tenth of that.  Dates with no life left are not read.
    """
    marched, jobs, n_lanes = [], [], 0
    while True:
        life = left.max(axis=1, initial=0.0)
        (rows,) = life.nonzero()
        if not rows.size:
            break
        lane = np.zeros(life.size)
        lane[rows] = np.arange(n_lanes, n_lanes + rows.size)
        n_lanes += rows.size
        marched.append((rows, life[rows]))
        served = (left > 0.0) & (left >= SHORTEST_SHARE * life[:, None])
        c, d = served.nonzero()
        jobs.append((lane[c], c, d, left[c, d] / life[c]))
        left = np.where(served, 0.0, left)
    width = NARROW if n_lanes <= NARROW else WIDE
    if not n_lanes:
        return Layout(np.empty((0, 11), rows_of(width)), np.empty((5, 0)))
    rows, lives = (np.concatenate(column) for column in zip(*marched, strict=True))
    lane, *rest = (np.concatenate(column) for column in zip(*jobs, strict=True))
    table = np.array([lane // width, lane % width, *rest])
    in_order = table if len(marched) == 1 else table[:, np.argsort(table[BLOCK], kind="stable")]
    return Layout(_lanes(contracts, rows, lives, width), in_order)


def _lanes(
    contracts: Contracts, rows: NDArray[np.int64], lives: Floats, width: int
) -> NDArray[np.void]:
    """Return the terms of every block, (b, 11) of lanes; the last lane fills up the last block."""
    n_blocks = -(-rows.size // width)
    pick = np.minimum(np.arange(n_blocks * width), rows.size - 1)
    table = np.empty((n_blocks, 11, width))
    every = _terms(contracts.take(rows), lives)[:, pick]
    table[...] = every.reshape(11, n_blocks, width).transpose(1, 0, 2)
    lanes: NDArray[np.void] = table.view(rows_of(width))[..., 0]
    return lanes


def _terms(contracts: Contracts, life: Floats) -> Floats:
    """Return the numbers of one lane for each contract, (11, c)."""
    gain, loss = (rates * life for rates in _put_rates(contracts))
    early, deviation = exercisable(contracts), contracts.volatility * np.sqrt(life)
    drift = (gain - loss - 0.5 * deviation**2) / deviation
    unit = _width(drift, deviation, early)
    longest = np.full(life.size, FOREVER)
    waits = early & (gain > 0.0) & (loss > gain)
    if waits.any():
        terms = gain[waits], loss[waits], deviation[waits]
        unit[waits] = _reaching(*terms, unit[waits])
        longest[waits] = _longest_wait(*terms[:2], np.exp(-HALF_WIDTH * (unit * deviation)[waits]))
    table = np.zeros((11, life.size))
    table[DIFFUSION], table[SCALE] = 0.5 / unit**2, unit * deviation
    table[DRIFT], table[DECAY], table[YIELD] = drift / unit, gain, loss
    table[AMERICAN], table[LONGEST] = early, longest
    table[RIGHT], table[STRIKE] = contracts.right, contracts.strike
    if not early.all():
        # A European lane follows the undiscounted forward: no drift, no decay, and the asset grows
        # in the scaled coordinate by half its variance.
        table[SHIFT], table[DISCOUNT] = (np.where(early, 0.0, table[row]) for row in (DRIFT, DECAY))
        table[DRIFT], table[DECAY] = (np.where(early, table[row], 0.0) for row in (DRIFT, DECAY))
        table[YIELD] = np.where(early, loss, -0.5 * deviation**2)
    return table


def _width(drift: Floats, deviation: Floats, early: NDArray[np.bool_]) -> Floats:
    """Unit of the scaled coordinate, in deviations.

    With a drift to the side of no exercise the value of an American option settles within
    ``1 / drift`` deviations of the strike; with a drift to the other side its bend travels
    ``-drift`` deviations away.  A European lane follows the forward, but the part of its value
    that is in the asset lies one deviation lower than the part in money.
    """
    together = STRONG_DRIFT / np.maximum(drift, STRONG_DRIFT)
    reach = MARGIN + np.where(early, np.maximum(-drift, 0.0), deviation)
    apart = np.maximum(reach / HALF_WIDTH, 1.0)
    return np.where(early & (drift > STRONG_DRIFT), together, apart)


def _reaching(gain: Floats, loss: Floats, deviation: Floats, width: Floats) -> Floats:
    """Width with which the lowest node lies below the exercise boundary, where waiting pays.

    Longer lives have lower boundaries; that of an endless one is ``beta / (beta - 1)`` strikes,
    with the negative root of ``variance beta (beta - 1) / 2 + (gain - loss) beta = gain``.
    """
    variance = deviation**2
    middle = gain - loss - 0.5 * variance
    beta = -(middle + np.sqrt(middle**2 + 2.0 * variance * gain)) / variance
    needed = BEYOND * -np.log(beta / (beta - 1.0)) / (HALF_WIDTH * deviation)
    return np.maximum(width, np.minimum(needed, WIDEST * width))


def _longest_wait(gain: Floats, loss: Floats, asset: Floats) -> Floats:
    """Share of life after which a put deep in the money is best exercised, where waiting pays.

    The spot, ``asset`` strikes, falls faster than the strike is discounted, but what it falls by
    dwindles.  ``FOREVER`` if it is best exercised at once.
    """
    turning = np.log(loss * asset / gain) / (loss - gain)
    return np.where(turning > 0.0, turning, FOREVER)
