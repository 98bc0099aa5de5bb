"""Curves over one coordinate at some times, smooth between their knots and linear in time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.kernels.splines import natural_bends, read_splines

__all__ = ["SplineReading", "Splines", "natural_splines", "read"]

Floats = NDArray[np.float64]


class Splines(NamedTuple):
    """Natural cubic splines at ``n`` times, one after the other.

    Attributes
    ----------
    times : (n,) array
        Ascending, two or more.
    starts : (n + 1,) array
        Where the knots of each begin.
    rows : (3, k) array
        Knots, values and second derivatives.
    """

    times: Floats
    starts: NDArray[np.intp]
    rows: Floats


class SplineReading(NamedTuple):
    """A value and its derivatives, each of the shape asked for.

    Attributes
    ----------
    value, slope, bend : array
        With its first and second derivative by the coordinate.
    growth : array
        Derivative by time.
    """

    value: Floats
    slope: Floats
    bend: Floats
    growth: Floats


def natural_splines(times: Floats, knots: Sequence[Floats], values: Sequence[Floats]) -> Splines:
    """Return the natural cubic splines through the values at each time.

    Parameters
    ----------
    times : (n,) array
        Ascending.
    knots, values : sequence of n arrays
        Ascending knots, two or more at each time, and the values there.

    Returns
    -------
    Splines
    """
    rows = []
    for at, value in zip(knots, values, strict=True):
        bends = np.empty(at.size)
        natural_bends(at, value, bends)
        rows.append(np.stack([at, value, bends]))
    starts = np.cumsum([0] + [row.shape[1] for row in rows])
    return Splines(times, starts, np.ascontiguousarray(np.concatenate(rows, axis=1)))


def read(splines: Splines, places: Floats, times: Floats) -> SplineReading:
    """Read splines at places and times, which broadcast.

    Beyond its knots a spline goes on along its tangent; times are held between the first and the
    last.
    """
    at, when = np.broadcast_arrays(places, times)
    asked = np.stack([at.ravel(), when.ravel()])
    out = np.empty((len(SplineReading._fields), at.size))
    read_splines(splines.times, splines.starts, splines.rows, asked, out)
    return SplineReading(*(row.reshape(at.shape) for row in out))
