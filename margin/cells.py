"""Cubics between knots from values and slopes at their ends, and how far they stray."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["bernstein_cells", "interpolation_error"]

Floats = NDArray[np.float64]


def bernstein_cells(
    knots: Floats, left: tuple[Floats, Floats], right: tuple[Floats, Floats]
) -> Floats:
    """Coefficients of the cubics with given values and slopes at both ends of each cell.

    Parameters
    ----------
    knots : (n + 1,) array
        In quote currency.
    left, right : tuple of (..., n) array
        Values and slopes at the left and at the right end of the cells.

    Returns
    -------
    (..., n, 4) array

    Examples
    --------
    >>> import numpy as np
    >>> from margin.cells import bernstein_cells
    >>> ends = np.zeros(1), np.ones(1)
    >>> bernstein_cells(np.array([0.0, 3.0]), ends, (3.0 * np.ones(1), np.ones(1)))
    array([[0., 1., 2., 3.]])
    """
    third = np.diff(knots) / 3.0
    inner = left[0] + left[1] * third, right[0] - right[1] * third
    return np.stack([left[0], *inner, right[0]], axis=-1)


def interpolation_error(bernstein: Floats, width: Floats) -> Floats:
    """Distance of cubics with exact ends and slopes from the function, ``h**4 max |f''''| / 384``.

    The fourth derivative is that between the third derivatives of neighbouring cells.

    Parameters
    ----------
    bernstein : (..., n, 4) array
        Coefficients, in quote currency.
    width : (n,) array
        Of the cells.

    Returns
    -------
    (..., n) array

    Examples
    --------
    >>> import numpy as np
    >>> from margin.cells import interpolation_error
    >>> interpolation_error(np.ones((2, 4)), np.ones(2))
    array([0., 0.])
    """
    b0, b1, b2, b3 = np.moveaxis(bernstein, -1, 0)
    third = 6.0 * ((b3 - b0) - 3.0 * (b2 - b1)) / width**3
    between = np.abs(np.diff(third)) / (0.5 * (width[1:] + width[:-1]))
    ends = np.concatenate([between[..., :1], between, between[..., -1:]], axis=-1)
    bound: Floats = np.maximum(ends[..., :-1], ends[..., 1:]) * width**4 / 384.0
    return bound
