"""Curves whose volatilities move with the spot, from curves at fixed volatilities.

The account is solved at the volatilities of some spots, evenly spread in the log.  At each spot
the curves of the six nearest are interpolated by a polynomial of degree five.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.polynomial.polynomial import polyder, polyfromroots
from numpy.typing import NDArray

from margin.kernels.bernstein import evaluate
from margin.maps.moving_kinks import kink_error
from margin.piecewise import PiecewiseCubic, from_hermite, unchecked
from margin.rules import Branch

__all__ = ["BEYOND", "diagonal"]

Floats = NDArray[np.float64]

BEYOND = 2
"""Spots that are needed beyond each end of a range."""

NODES = np.arange(-2, 4)
# Points of a cell at which it is compared, its ends included, and how much further off it may be
# between them.
LOOKS, ROOM = 5, 2.0


def _basis(nodes: NDArray[np.int64]) -> Floats:
    """Lagrange's polynomials on nodes: coefficients of ascending powers in columns, (6, n)."""
    columns = np.zeros((NODES.size, nodes.size))
    for column, node in enumerate(nodes):
        others = nodes[nodes != node]
        columns[: nodes.size, column] = polyfromroots(others) / np.prod(float(node) - others)
    return columns


FIFTH = _basis(NODES)
THIRD = np.pad(_basis(NODES[1:-1]), ((0, 0), (1, 1)))
SLOPES = np.pad(polyder(FIFTH), ((0, 1), (0, 0)))


def diagonal(
    curves: Sequence[PiecewiseCubic], spots: Floats, span: tuple[float, float]
) -> PiecewiseCubic:
    """The function that takes, at every spot, the curve of the volatilities at that spot.

    Its error holds those of the curves; the distance of the polynomials of degree five and three;
    twice the distance of each cubic from the polynomial at three points of its cell; and what kinks
    that move with volatility may add.

    Parameters
    ----------
    curves : sequence of PiecewiseCubic
        One for each of ``spots``, all covering ``span``.
    spots : (n,) array
        Spots to whose volatilities they belong, evenly spread in the log; `BEYOND` of them lie
        beyond either end of the span.
    span : tuple of float
        Range, in quote currency.

    Returns
    -------
    PiecewiseCubic

    Examples
    --------
    >>> import numpy as np
    >>> from margin.maps.diagonal import diagonal
    >>> from margin.piecewise import line
    >>> spots = np.geomspace(50.0, 200.0, 29)
    >>> levels = [line(spot, 1.0, lowest=60.0, highest=170.0) for spot in spots]
    >>> float(diagonal(levels, spots, (60.0, 170.0))(100.0))  # twice the spot
    200.0
    """
    knots = _knots(curves, spots, span)
    left, right = knots[:-1], np.nextafter(knots[1:], 0.0)
    at = left[:, None] + (right - left)[:, None] * np.linspace(0.0, 1.0, LOOKS)
    at[:, -1] = right
    cell = np.searchsorted(spots, at[:, 1], side="right") - 1
    read = _read(curves, spots, np.repeat(cell, LOOKS), at.ravel())
    values, slopes, errors = (row.reshape(-1, LOOKS) for row in read)
    ends = np.append(values[:, 0], values[-1, -1])
    found = from_hermite(knots, ends, slopes[:, 0], right_slopes=slopes[:, -1], error=0.0)
    bend = np.abs(found(at[:, 1:-1]) - values[:, 1:-1]).max(axis=1)
    error = errors.max(axis=1) + ROOM * bend + kink_error(curves, knots)
    return unchecked(knots, found.bernstein, error)


def _knots(curves: Sequence[PiecewiseCubic], spots: Floats, span: tuple[float, float]) -> Floats:
    """Between two spots the knots of both their curves, and the spots themselves."""
    rows = [np.array(span), spots[(spots > span[0]) & (spots < span[1])]]
    for k, (low, high) in enumerate(pairwise(spots)):
        for curve in curves[k : k + 2]:
            rows.append(curve.knots[(curve.knots > low) & (curve.knots < high)])
    every = np.unique(np.concatenate(rows))
    every = every[(every >= span[0]) & (every <= span[1])]
    apart = np.diff(every, prepend=-np.inf) > 1e-9 * every  # rounding of one knot in two curves
    apart[-1] = True
    found: Floats = every[apart]
    return found


def _read(
    curves: Sequence[PiecewiseCubic], spots: Floats, cell: NDArray[np.int64], at: Floats
) -> tuple[Floats, Floats, Floats]:
    """Value, slope and error bound where the stretch between two spots is known."""
    step = np.log(spots[-1] / spots[0]) / (spots.size - 1)
    powers = np.vander(np.log(at / spots[cell]) / step, NODES.size, increasing=True)
    weights = np.stack([powers @ basis for basis in (FIFTH, SLOPES, THIRD)])
    values, slopes, errors, third = np.zeros((4, at.size))
    for level in range(max(cell[0] - 2, 0), min(cell[-1] + 3, spots.size - 1) + 1):
        near = slice(*np.searchsorted(cell, [level - 3, level + 3]))
        where, offset = at[near], level - cell[near] + 2
        weight, slope, lower = weights[:, np.arange(near.start, near.stop), offset]
        height, tilt = np.empty(where.size), np.empty(where.size)
        evaluate(curves[level].knots, curves[level].bernstein, where, height, tilt)
        values[near] += weight * height
        slopes[near] += weight * tilt + slope * height / (step * where)
        third[near] += lower * height
        errors[near] += np.abs(weight) * Branch("", curves[level]).error(where)
    return values, slopes, errors + np.abs(values - third)
