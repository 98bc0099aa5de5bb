"""Grids refined for each option until its estimated error is within a tolerance."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.batch.many import Resolution, solve_many
from pdesolve.contracts import Contracts
from pdesolve.progress import Progress

__all__ = ["LADDER", "Refined", "refined"]

Floats = NDArray[np.float64]

# Grids tried one after the other until the tolerance is met.
LADDER = tuple(Resolution(32 * 2**k, 6 * 2**k) for k in range(6))
# From one grid of the ladder to the next the error falls by five for American options and by eight
# for European ones.  So a share of their difference bounds the error of the finer with room to
# spare; where two grids agree by chance, what the two differences before have come down to does.
SHARE = {False: 0.25, True: 0.4}
FALL = {False: 0.16, True: 0.25}


class Refined(NamedTuple):
    """Values, deltas, gammas and estimated errors (c,), and the place in the ladder they are of."""

    value: Floats
    delta: Floats
    gamma: Floats
    error: Floats
    level: NDArray[np.int64]


def refined(
    contracts: Contracts, spots: Floats, tolerance: float, *, threads: int, progress: Progress
) -> Refined:
    """Refine the grid of each option until its estimated error is within the tolerance."""
    early = contracts.american
    share, fall = (np.where(early, both[True], both[False]) for both in (SHARE, FALL))
    rows, place = np.arange(spots.size), np.zeros(spots.size, dtype=np.int64)
    found, apart = np.empty((4, spots.size)), np.zeros((3, spots.size))
    for level, resolution in enumerate(LADDER):
        solved = solve_many(
            contracts.take(rows),
            spots=spots[rows, None, None],
            resolution=resolution,
            threads=threads,
            progress=progress,
        )
        value, estimate = solved.values[:, 0, 0], solved.errors[:, 0, 0]
        if level:
            estimate = share[rows] * np.abs(value - found[0, rows])
        apart[1:, rows] = fall[rows] * apart[:2, rows]
        apart[0, rows] = estimate
        estimate = apart[:, rows].max(axis=0)
        found[:, rows] = value, solved.deltas[:, 0, 0], solved.gammas[:, 0, 0], estimate
        place[rows] = level
        rows = rows[estimate > tolerance]
        if not rows.size:
            break
    return Refined(found[0], found[1], found[2], found[3], place)
