"""Curves read at many multiples of the same spots at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin.kernels.bernstein import add_restricted
from margin.kernels.readings import read_many
from margin.knots import merged_knots
from margin.piecewise import PiecewiseCubic

__all__ = ["on_shared_knots", "read_shifted", "refuse_outside", "stacked"]

Floats = NDArray[np.float64]


def on_shared_knots(curves: Sequence[PiecewiseCubic]) -> tuple[Floats, Floats, Floats]:
    """Curves on all their knots within the range that they share.

    Parameters
    ----------
    curves : sequence of PiecewiseCubic
        ``m`` curves, at least one.

    Returns
    -------
    tuple of arrays
        Knots (n + 1,), coefficients (m, n, 4) and errors (m, n), rounding included.

    Raises
    ------
    ValueError
        If the curves share no range.

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.readings import on_shared_knots
    >>> near, far = (line(0, 1, lowest=low, highest=9) for low in (1, 3))
    >>> on_shared_knots([near, far])[0]
    array([3., 9.])
    """
    knots = merged_knots([curve.knots for curve in curves])
    shape = len(curves), knots.size - 1
    bernstein, error = np.zeros((*shape, 4)), np.zeros(shape)
    for curve, cells, bound in zip(curves, bernstein, error, strict=True):
        add_restricted(curve.knots, curve.bernstein, curve.error, 1.0, knots, cells, bound)
    return knots, bernstein, error


def stacked(curves: Sequence[PiecewiseCubic]) -> tuple[Floats, Floats]:
    """Knots (n + 1,) and coefficients (m, n, 4) of curves, which mostly share their knots.

    Parameters
    ----------
    curves : sequence of PiecewiseCubic
        ``m`` curves, at least one.

    Returns
    -------
    tuple of arrays

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.readings import stacked
    >>> [part.shape for part in stacked([line(0, 1, lowest=1, highest=9)] * 3)]
    [(2,), (3, 1, 4)]
    """
    knots = curves[0].knots
    if all(curve.knots is knots or np.array_equal(curve.knots, knots) for curve in curves):
        return knots, np.stack([curve.bernstein for curve in curves])
    knots, cells, _ = on_shared_knots(curves)
    return knots, cells


def read_shifted(
    curves: Sequence[PiecewiseCubic],
    which: ArrayLike,
    factors: ArrayLike,
    spots: Floats,
) -> Floats:
    """Values of curve ``which[j]`` at ``factors[j]`` times every spot.

    Parameters
    ----------
    curves : sequence of PiecewiseCubic
        At least one.
    which : (j,) array-like of int
        Indices of curves.
    factors : (j,) array-like
        One plus the relative move of the spot; positive.
    spots : (k,) array
        In quote currency; ascending ones are read fastest.

    Returns
    -------
    (j, k) array

    Raises
    ------
    ValueError
        If a spot that is read lies outside the range that the curves share.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.piecewise import line
    >>> from margin.readings import read_shifted
    >>> shares = line(0.0, 2.0, lowest=10.0, highest=300.0)
    >>> read_shifted([shares], [0, 0], [0.5, 1.1], np.array([50.0, 100.0]))
    array([[ 50., 100.],
           [110., 220.]])
    """
    knots, cells = stacked(curves)
    moved = np.asarray(factors, dtype=np.float64)
    refuse_outside(knots, moved, spots)
    values = np.empty((moved.size, spots.size))
    read_many(knots, cells, np.asarray(which, dtype=np.int64), moved, spots, values)
    return values


def refuse_outside(knots: Floats, factors: Floats, spots: Floats) -> None:
    """Refuse spots of which a multiple lies outside the knots.

    Raises
    ------
    ValueError
        With the range that could be asked about.
    """
    lowest, highest = float(knots[0] / factors.min()), float(knots[-1] / factors.max())
    if spots.size and not (lowest <= spots.min() and spots.max() <= highest):
        outside = spots[~((spots >= lowest) & (spots <= highest))][0]
        raise ValueError(f"spots must lie in [{lowest}, {highest}], got {outside}")
