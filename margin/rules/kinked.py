"""Curves that change where their sign does: amounts that count differently above and below zero.

Most margin formulas are sums of terms such as ``max(a, b)``, ``abs(a)`` or "a gain counts at 95 %".
Each is a piecewise cubic again once the crossings are knots, and those are isolated with proof.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from margin.kernels.kinks import MOST_CROSSINGS, choose_by_sign
from margin.piecewise import PiecewiseCubic, combine, from_hermite, unchecked
from margin.readings import on_shared_knots

__all__ = ["broken_line", "by_sign", "greater", "lesser", "negated"]

Floats = NDArray[np.float64]


def by_sign(curve: PiecewiseCubic, above: float, below: float) -> PiecewiseCubic:
    """The curve times ``above`` where it is positive and times ``below`` where it is negative.

    Parameters
    ----------
    curve : PiecewiseCubic
        A function of spot.
    above, below : float
        Factors.

    Returns
    -------
    PiecewiseCubic
        Knots at the crossings are added.  The error grows by the larger factor.

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.rules.kinked import by_sign
    >>> distance = by_sign(line(-100.0, 1.0, lowest=50.0, highest=150.0), 1.0, -1.0)
    >>> float(distance(80.0)), float(distance(100.0)), float(distance(130.0))
    (20.0, 0.0, 30.0)
    """
    if above == below:
        return combine([above], [curve])
    cells = np.stack([above * curve.bernstein, below * curve.bernstein])
    error = max(abs(above), abs(below)) * curve.error
    return _chosen(curve.knots, curve.bernstein, cells, error)


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
    >>> from margin.rules.kinked import lesser
    >>> falling, level = line(9.0, -1.0, lowest=1, highest=9), line(3.0, 0.0, lowest=1, highest=9)
    >>> lesser(falling, level)([2.0, 5.0, 8.0]), lesser(falling, level).knots
    (array([3., 3., 1.]), array([1., 6., 9.]))
    """
    knots, cells, errors = on_shared_knots((first, second))
    return _chosen(knots, cells[0] - cells[1], cells[::-1].copy(), np.maximum(*errors))


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
    >>> from margin.rules.kinked import greater
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
    >>> from margin.rules.kinked import negated
    >>> float(negated(line(1.0, 2.0, lowest=0, highest=9))(3.0))
    -7.0
    """
    return unchecked(curve.knots, -curve.bernstein, curve.error)


def broken_line(
    formula: Callable[[Floats], Floats], kinks: Iterable[float], *, lowest: float, highest: float
) -> PiecewiseCubic:
    """A function of spot that is straight between its kinks.

    Parameters
    ----------
    formula : callable
        The function; takes and returns an array.
    kinks : iterable of float
        Spots at which its slope may change; those outside the range do not matter.
    lowest, highest : float
        Ends of the range, in quote currency.

    Returns
    -------
    PiecewiseCubic

    Examples
    --------
    >>> import numpy as np
    >>> from margin.rules.kinked import broken_line
    >>> payoff = broken_line(lambda s: np.maximum(s - 100, 0), [100], lowest=50, highest=150)
    >>> payoff([90.0, 130.0]).tolist()
    [0.0, 30.0]
    """
    inside = [kink for kink in kinks if lowest < kink < highest]
    knots = np.unique([lowest, *inside, highest])
    values = np.asarray(formula(knots), dtype=np.float64)
    chords = np.diff(values) / np.diff(knots)
    return from_hermite(knots, values, chords, right_slopes=chords, error=0.0)


def _chosen(knots: Floats, gap: Floats, choices: Floats, bound: Floats) -> PiecewiseCubic:
    """The first of two functions where a gap is not negative, the second elsewhere."""
    for choice, least in ((0, gap.min()), (1, -gap.max())):
        if least > 0.0 or (choice == 0 and least == 0.0):
            return unchecked(knots, choices[choice], bound)
    room = (MOST_CROSSINGS + 1) * gap.shape[0]
    pieces, ends, error = np.empty((room, 4)), np.empty(room + 1), np.empty(room)
    count = choose_by_sign(knots, gap, choices, bound, pieces, ends, error)
    return unchecked(ends[: count + 1], pieces[:count], error[:count])
