"""The point of a border that is nearest some spots, by the logs of both."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from margin.names.contour import ContourLine
from margin.piecewise import PiecewiseCubic

__all__ = ["nearest_point"]

Floats = NDArray[np.float64]
Pair = tuple[PiecewiseCubic, PiecewiseCubic]

# Newton steps from a chord of the border to the border.
STEPS = 4


def nearest_point(
    borders: Sequence[ContourLine],
    pairs: Sequence[Pair],
    spots: tuple[float, float],
    *,
    units: Floats,
) -> tuple[float, float] | None:
    """The point of some borders that is nearest two spots; None if there is no border.

    Parameters
    ----------
    borders : sequence of ContourLine
        Where the least of the pairs is zero.
    pairs : sequence of tuple of PiecewiseCubic
        Sums of two functions, whose least is the excess.
    spots : tuple of float
        The two spots, in quote currency.
    units : (2,) array
        What one unit of distance is in the log of each.

    Returns
    -------
    tuple of float or None
        In quote currency.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.names.contour import contour_lines
    >>> from margin.names.nearest import nearest_point
    >>> from margin.piecewise import line
    >>> pair = [line(0.0, slope, lowest=1.0, highest=99.0) for slope in (1.0, -4.0)]
    >>> borders = contour_lines(*pair, ((2.0, 90.0), (2.0, 90.0)))
    >>> nearest_point(borders, [tuple(pair)], (16.0, 1.0), units=np.ones(2))
    (8.0, 2.0)
    """
    feet = []
    for border in borders:
        logs = np.log(np.stack([border.first, border.second], axis=1) / spots) / units
        feet.append(_foot(logs[:-1], np.diff(logs, axis=0)))
    if not feet:
        return None
    nearest = min(feet, key=lambda point: float(np.hypot(*point)))
    first, second = _on_border(np.exp(nearest * units) * spots, pairs).tolist()
    return first, second


def _foot(starts: Floats, chords: Floats) -> Floats:
    """The point nearest the origin on a line of chords, (2,)."""
    lengths = np.maximum((chords**2).sum(axis=1), np.finfo(np.float64).tiny)
    shares = np.clip(-(starts * chords).sum(axis=1) / lengths, 0.0, 1.0)
    feet = starts + shares[:, None] * chords
    found: Floats = feet[(feet**2).sum(axis=1).argmin()]
    return found


def _on_border(point: Floats, pairs: Sequence[Pair]) -> Floats:
    """The border next to a point of its chord, straight up or down the excess."""
    for _ in range(STEPS):
        values = [float(one(point[0]) + two(point[1])) for one, two in pairs]
        binding = pairs[int(np.argmin(values))]
        slopes = np.array([float(f.derivative(at)) for f, at in zip(binding, point, strict=True)])
        steepness = float(np.sum((slopes * point) ** 2))
        if steepness == 0.0:
            break
        point = point * (1.0 - min(values) * slopes * point / steepness)
    return point
