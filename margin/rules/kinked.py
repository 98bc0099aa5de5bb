"""Curves that change where their sign does: amounts that count differently above and below zero.

Most margin formulas are sums of terms such as ``max(a, b)``, ``abs(a)`` or "a gain counts at 95 %".
Each is a piecewise cubic again once the crossings are knots, and those are isolated with proof.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from margin.danger import danger_set
from margin.piecewise import PiecewiseCubic, combine, from_hermite

__all__ = ["broken_line", "by_sign", "spot_times_slope"]

Floats = NDArray[np.float64]

# A cubic with exact values and slopes at its ends strays in slope by at most this many times what
# it strays in value, over the width of the cell: sqrt(3) / 216 against 1 / 384, and room.
SLOPE_ERROR = 4.0


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
        Knots at the crossings are added.  The error grows by the larger factor, and by the
        difference of both where the sign is not certain.

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
    lowest, highest = curve.lowest, curve.highest
    if curve.bernstein.min() >= 0.0 or curve.bernstein.max() <= 0.0:
        ends: list[tuple[float, float]] = []
    else:
        found = danger_set([curve], lowest=lowest, highest=highest).intervals
        ends = [(interval.lower, interval.upper) for interval in found]
    cut = _with_knots(curve, [end for pair in ends for end in pair])
    middle = 0.5 * (cut.knots[:-1] + cut.knots[1:])
    if ends:
        lower, upper = np.array(ends).T
        index = np.searchsorted(lower, middle, side="right") - 1
        negative = (index >= 0) & (middle < upper[index])
    else:
        negative = np.full(middle.size, bool(curve.bernstein.max() <= 0.0))
    factor = np.where(negative, below, above)
    size = np.abs(cut.bernstein).min(axis=1)
    wrong = np.where(size <= 2.0 * cut.error, abs(above - below), 0.0)
    error = (max(abs(above), abs(below)) + wrong) * cut.error
    return PiecewiseCubic(cut.knots, factor[:, None] * cut.bernstein, error)


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


def spot_times_slope(curve: PiecewiseCubic) -> PiecewiseCubic:
    """``S dV / dS``: the delta of a value, in quote currency.

    The derivative of a cubic is a parabola, so that the product is a cubic again.

    Parameters
    ----------
    curve : PiecewiseCubic
        Value against spot.

    Returns
    -------
    PiecewiseCubic
        Its error follows from that of the value over the width of a cell.

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.rules.kinked import spot_times_slope
    >>> float(spot_times_slope(line(-90.0, 2.0, lowest=50.0, highest=150.0))(60.0))
    120.0
    """
    left, right = curve.knots[:-1], curve.knots[1:]
    width = right - left
    slope = 3.0 * np.diff(curve.bernstein, axis=1) / width[:, None]  # parabola, three coefficients
    start, middle, end = slope.T
    bernstein = np.stack(
        [
            left * start,
            (2.0 * left * middle + right * start) / 3.0,
            (left * end + 2.0 * right * middle) / 3.0,
            right * end,
        ],
        axis=1,
    )
    return PiecewiseCubic(curve.knots, bernstein, SLOPE_ERROR * curve.error * right / width)


def _with_knots(curve: PiecewiseCubic, spots: list[float]) -> PiecewiseCubic:
    """The same curve with further knots."""
    if not spots:
        return curve
    knots = np.unique([curve.lowest, *spots, curve.highest])
    nothing = PiecewiseCubic(knots, np.zeros((knots.size - 1, 4)), np.zeros(knots.size - 1))
    return combine([1.0, 1.0], [curve, nothing])
