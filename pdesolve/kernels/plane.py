"""Reading of a plane between nodes of any spacing."""

import numpy as np

from pdesolve._jit import njit
from pdesolve.kernels.between import polynomial_through

# The rows of what `read_plane` writes: the value, its first two derivatives by the first coordinate
# and by the second, that by both, and the estimated error.
VALUE, SLOPE, BEND, SIDE, SIDE_BEND, CROSS, ERROR = range(7)


@njit
def read_plane(places, heights, values, errors, count, at, out):
    """Read a plane at points by polynomials through ``count`` nodes along each axis.

    ``places`` (m,), ``heights`` (w,) ascend; ``values``, ``errors`` (w, m); ``at`` (2, k) within
    the nodes; ``out`` (7, k).
    """
    through = np.empty((3, heights.size))
    for k in range(at.shape[1]):
        x, y = at[0, k], at[1, k]
        i = min(max(np.searchsorted(places, x, side="right") - 1, 0), places.size - 2)
        j = min(max(np.searchsorted(heights, y, side="right") - 1, 0), heights.size - 2)
        left = max(min(i + 1 - count // 2, places.size - count), 0)
        low = max(min(j + 1 - count // 2, heights.size - count), 0)
        for row in range(low, low + count):
            found = polynomial_through(places, values[row], left, count, x)
            through[0, row], through[1, row], through[2, row] = found
        value, side, side_bend = polynomial_through(heights, through[0], low, count, y)
        slope, cross, _ = polynomial_through(heights, through[1], low, count, y)
        bend, _, _ = polynomial_through(heights, through[2], low, count, y)
        out[VALUE, k], out[SIDE, k], out[SIDE_BEND, k] = value, side, side_bend
        out[SLOPE, k], out[CROSS, k], out[BEND, k] = slope, cross, bend
        out[ERROR, k] = errors[j : j + 2, i : i + 2].max()
