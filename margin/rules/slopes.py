"""The slope of a function of spot, and its product with the spot: deltas as curves."""

import numpy as np

from margin.piecewise import PiecewiseCubic, unchecked

__all__ = ["slope_curve", "times_spot"]

DERIVATIVE = 4.0
"""Error of a slope in errors of the curve per width of a cell.  Interpolation with exact ends and
slopes strays by ``h**4 M / 384`` and its slope by ``sqrt(3) h**3 M / 216``, which is 3.1 / h as
much.  What the solver leaves changes over a standard deviation, twenty cells, and counts less."""


def slope_curve(curve: PiecewiseCubic) -> PiecewiseCubic:
    """The derivative by spot as a function of spot: parabolas, which may jump at knots.

    Its error bound follows from that of the curve as if the function were smooth.

    Parameters
    ----------
    curve : PiecewiseCubic
        A function of spot.

    Returns
    -------
    PiecewiseCubic

    Examples
    --------
    >>> from margin.piecewise import PiecewiseCubic, unchecked
    >>> from margin.rules.slopes import slope_curve
    >>> slope_curve(PiecewiseCubic([0.0, 3.0], [[0.0, 0.0, 3.0, 9.0]], [0.0]))([1.0, 2.0])
    array([2., 4.])
    """
    width = np.diff(curve.knots)
    b0, b1, b2, b3 = curve.bernstein.T
    low, middle, high = (b1 - b0) / width, (b2 - b1) / width, (b3 - b2) / width
    cells = np.empty_like(curve.bernstein)
    cells[:, 0], cells[:, 1] = 3.0 * low, low + 2.0 * middle
    cells[:, 2], cells[:, 3] = 2.0 * middle + high, 3.0 * high
    return unchecked(curve.knots, cells, DERIVATIVE * curve.error / width)


def times_spot(curve: PiecewiseCubic) -> PiecewiseCubic:
    """``S f(S)`` of a function that is at most a parabola on every cell.

    Parameters
    ----------
    curve : PiecewiseCubic
        A sum of slopes and lines.

    Returns
    -------
    PiecewiseCubic

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.rules.slopes import times_spot
    >>> times_spot(line(1.0, 2.0, lowest=0, highest=9))([1.0, 3.0])
    array([ 3., 21.])
    """
    left, right = curve.knots[:-1], curve.knots[1:]
    low, high = curve.bernstein[:, 0], curve.bernstein[:, 3]
    middle = 0.5 * (3.0 * curve.bernstein[:, 1] - low)
    cells = np.stack(
        [
            low * left,
            (low * right + 2.0 * middle * left) / 3.0,
            (2.0 * middle * right + high * left) / 3.0,
            high * right,
        ],
        axis=1,
    )
    return unchecked(curve.knots, cells, curve.error * right)
