"""What is asked of whole curves: the least of several, where one turns, its error at a spot."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin.piecewise import PiecewiseCubic
from margin.rules.kinked import lesser

__all__ = ["error_at", "least_of", "turning_spots"]

Floats = NDArray[np.float64]


def least_of(curves: Sequence[PiecewiseCubic]) -> PiecewiseCubic:
    """The least of several curves as one, exactly: where two of them cross is a knot.

    They are halved again and again, so that no curve is merged often.

    Parameters
    ----------
    curves : sequence of PiecewiseCubic
        At least one; they share a range.

    Returns
    -------
    PiecewiseCubic

    Examples
    --------
    >>> from margin.curve_shape import least_of
    >>> from margin.piecewise import line
    >>> rising, falling = (line(at, slope, lowest=1, highest=9) for at, slope in ((0, 1), (9, -1)))
    >>> least_of([rising, falling])([2.0, 4.0, 8.0])
    array([2., 4., 1.])
    """
    if len(curves) == 1:
        return curves[0]
    middle = len(curves) // 2
    return lesser(least_of(curves[:middle]), least_of(curves[middle:]))


def turning_spots(curve: PiecewiseCubic, lowest: float, highest: float) -> Floats:
    """Spots of a range between which a curve is monotone, and the ends of the range.

    Parameters
    ----------
    curve : PiecewiseCubic
        Covers the range.
    lowest, highest : float
        Range, in quote currency.

    Returns
    -------
    (m,) array
        Ascending, in quote currency.

    Examples
    --------
    >>> from margin.curve_shape import turning_spots
    >>> from margin.piecewise import PiecewiseCubic
    >>> bowl = PiecewiseCubic([0.0, 3.0], [[1.0, 0.0, 0.0, 1.0]], [0.0])
    >>> turning_spots(bowl, 0.5, 2.5)
    array([0.5, 1.5, 2.5])
    """
    first, second, third = np.diff(curve.bernstein, axis=1).T
    a, b = first - 2.0 * second + third, second - first
    root = np.sqrt(np.maximum(b * b - a * first, 0.0))
    q = -(b + np.copysign(root, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.concatenate([q / a, first / q])
    cells = np.tile(np.arange(first.size), 2)
    real = (inside > 0.0) & (inside < 1.0)
    at = curve.knots[cells] + inside * np.diff(curve.knots)[cells]
    every = np.unique(np.concatenate([curve.knots, at[real], [lowest, highest]]))
    every = every[(every >= lowest) & (every <= highest)]
    rises = np.sign(np.diff(curve(every)))
    turns = np.append(True, np.append(rises[1:] != rises[:-1], True))
    found: Floats = every[turns]
    return found


def error_at(curve: PiecewiseCubic, spots: ArrayLike) -> Floats:
    """Bound on the error of a curve at spots inside its knots, in quote currency.

    Examples
    --------
    >>> from margin.curve_shape import error_at
    >>> from margin.piecewise import from_hermite
    >>> curve = from_hermite([0, 9], [0, 9], [1], right_slopes=[1], error=0.01)
    >>> float(error_at(curve, 4.0))
    0.01
    """
    cell = np.searchsorted(curve.knots, spots, side="right") - 1
    found: Floats = curve.error[np.clip(cell, 0, curve.error.size - 1)]
    return found
