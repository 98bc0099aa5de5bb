"""The lesser and the greater of two functions of spot, their slopes, and products with the spot."""

import numpy as np
from numpy.typing import NDArray

from margin.danger import danger_set
from margin.piecewise import PiecewiseCubic, combine

__all__ = ["greater", "lesser", "negated", "slope_curve", "times_spot"]

DERIVATIVE = 0.4
"""Error of a slope in errors of the curve per width of a cell.  Interpolation with exact ends and
slopes strays by ``h**4 M / 384``, and its slope by ``sqrt(3) h**3 M / 216``, 3.1 / h times as much;
knots are so dense that it is a tenth of the error.  The rest comes from the solver and changes over
a standard deviation, twenty cells wide."""


def lesser(first: PiecewiseCubic, second: PiecewiseCubic) -> PiecewiseCubic:
    """The lesser of two functions, exactly: where they cross is made a knot.

    Parameters
    ----------
    first, second : PiecewiseCubic
        Two functions that share a range.

    Returns
    -------
    PiecewiseCubic

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.rules.envelope import lesser
    >>> falling, level = line(9.0, -1.0, lowest=1, highest=9), line(3.0, 0.0, lowest=1, highest=9)
    >>> lesser(falling, level)([2.0, 5.0, 8.0]), lesser(falling, level).knots
    (array([3., 3., 1.]), array([1., 6., 9.]))
    """
    gap = combine((1.0, -1.0), (first, second))
    exact = PiecewiseCubic(gap.knots, gap.bernstein, np.zeros(gap.error.size))
    found = danger_set([exact], lowest=gap.lowest, highest=gap.highest).intervals
    ends = [end for run in found for end in (run.lower, run.upper)]
    knots = np.union1d(gap.knots, ends)
    middle = 0.5 * (knots[:-1] + knots[1:])
    below = np.zeros(middle.size, dtype=bool)
    for run in found:
        below |= (middle > run.lower) & (middle < run.upper)
    one, other = (_on(curve, knots) for curve in (first, second))
    cells = np.where(below[:, None], one.bernstein, other.bernstein)
    return PiecewiseCubic(knots, cells, np.maximum(one.error, other.error))


def greater(first: PiecewiseCubic, second: PiecewiseCubic) -> PiecewiseCubic:
    """The greater of two functions, exactly.

    Parameters
    ----------
    first, second : PiecewiseCubic
        Two functions that share a range.

    Returns
    -------
    PiecewiseCubic

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.rules.envelope import greater
    >>> zero, rising = line(0.0, 0.0, lowest=1, highest=9), line(-5.0, 1.0, lowest=1, highest=9)
    >>> greater(rising, zero)([2.0, 7.0])
    array([0., 2.])
    """
    return negated(lesser(negated(first), negated(second)))


def negated(curve: PiecewiseCubic) -> PiecewiseCubic:
    """The function with the other sign.

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.rules.envelope import negated
    >>> float(negated(line(1.0, 2.0, lowest=0, highest=9))(3.0))
    -7.0
    """
    return PiecewiseCubic(curve.knots, -curve.bernstein, curve.error)


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
    >>> from margin.piecewise import PiecewiseCubic
    >>> from margin.rules.envelope import slope_curve
    >>> slope_curve(PiecewiseCubic([0.0, 3.0], [[0.0, 0.0, 3.0, 9.0]], [0.0]))([1.0, 2.0])
    array([2., 4.])
    """
    width = np.diff(curve.knots)
    low, middle, high = (3.0 * np.diff(curve.bernstein) / width[:, None]).T
    cells = np.stack([low, (low + 2.0 * middle) / 3.0, (2.0 * middle + high) / 3.0, high], axis=1)
    return PiecewiseCubic(curve.knots, cells, DERIVATIVE * curve.error / width)


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
    >>> from margin.rules.envelope import times_spot
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
    return PiecewiseCubic(curve.knots, cells, curve.error * right)


def _on(curve: PiecewiseCubic, knots: NDArray[np.float64]) -> PiecewiseCubic:
    """The function on more knots, which hold its own within their range."""
    cells = knots.size - 1
    zero = PiecewiseCubic(knots, np.zeros((cells, 4)), np.zeros(cells))
    return combine((1.0, 1.0), (curve, zero))
