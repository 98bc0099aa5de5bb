"""Kinks of a curve that move with volatility: there no polynomial between volatilities is exact."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from margin.piecewise import PiecewiseCubic

__all__ = ["kink_error"]

Floats = NDArray[np.float64]

# A change of slope below this share of the largest slope is rounding, and so is a relative move.
ROUNDING = 1e-9
# A stencil of six levels reaches so many moves to either side.
REACH = 3.0


def kink_error(curves: Sequence[PiecewiseCubic], knots: Floats) -> Floats:
    """What kinks that move from level to level may add to the error, by cell of ``knots``.

    A change of slope ``J`` that moves by ``D`` from one level to the next adds at most ``J D``, at
    spots that it passes on the levels of a stencil.

    Parameters
    ----------
    curves : sequence of PiecewiseCubic
        The levels.
    knots : (n + 1,) array
        Ends of the cells, in quote currency.

    Returns
    -------
    (n,) array
        In quote currency.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.maps.moving_kinks import kink_error
    >>> from margin.piecewise import from_hermite
    >>> levels = [
    ...     from_hermite([0, end, 90], [0, 0, 90 - end], [0, 1], right_slopes=[0, 1], error=0.0)
    ...     for end in (40.0, 42.0)
    ... ]
    >>> kink_error(levels, np.array([10.0, 30.0, 50.0, 90.0]))
    array([0., 2., 0.])
    """
    found = np.zeros(knots.size - 1)
    every = [_kinks(curve) for curve in curves]
    for one, other in pairwise(every):
        for (spots, jumps), (others, _) in ((one, other), (other, one)):
            if not spots.size:
                continue
            moves = _distance(spots, others)
            for spot, jump, move in zip(spots, jumps, moves, strict=True):
                if move > ROUNDING * spot:
                    low, high = np.searchsorted(knots, [spot - REACH * move, spot + REACH * move])
                    near = slice(max(low - 1, 0), high)
                    found[near] = np.maximum(found[near], jump * move)
    return found


def _kinks(curve: PiecewiseCubic) -> tuple[Floats, Floats]:
    """Knots at which the slope changes, and by how much."""
    width = np.diff(curve.knots)
    slopes = 3.0 * np.diff(curve.bernstein, axis=1)[:, [0, 2]] / width[:, None]
    jumps = np.abs(slopes[1:, 0] - slopes[:-1, 1])
    real = jumps > ROUNDING * max(1.0, float(np.abs(slopes).max()))
    return curve.knots[1:-1][real], jumps[real]


def _distance(spots: Floats, others: Floats) -> Floats:
    """From each spot to the nearest of the others; the spot itself if there is none."""
    if not others.size:
        return spots
    found: Floats = np.abs(spots[:, None] - others).min(axis=1)
    return found
