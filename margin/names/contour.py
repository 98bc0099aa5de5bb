"""Where a sum of two functions, each of its own spot, is zero: curves in the plane, all of them.

Between the spots at which they turn, both functions are monotone.  In a box of two such stretches
the sum is monotone in either spot, so its zeros are one falling or rising arc, or none, and the
signs at the corners tell which.  So no arc is missed, however small.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin.curve_shape import error_at, turning_spots
from margin.piecewise import PiecewiseCubic

__all__ = ["ContourLine", "contour_lines"]

Floats = NDArray[np.float64]
Edge = tuple[int, int, int]

# Points of an arc at even steps of the log of either spot.
POINTS = 33
# Halvings of a stretch: to the last bit of a double.
HALVINGS = 60


@dataclass(frozen=True, slots=True, eq=False)
class ContourLine:
    """A curve in the plane of two spots on which the excess is zero.

    Attributes
    ----------
    first, second : (n,) array
        Spots of both underlyings along it, in quote currency.
    error : (n,) array
        Relative distance, in the log of both spots, by which the true curve may lie off; infinite
        where the excess is flat.
    closed : bool
        Whether it returns to its start; else it ends where the range searched does, or where
        another branch of the excess takes over.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.names.contour import ContourLine
    >>> ends = np.array([40.0, 80.0]), np.array([10.0, 20.0])
    >>> float(ContourLine(*ends, error=np.zeros(2), closed=False).first.max())
    80.0
    """

    first: Floats
    second: Floats
    error: Floats
    closed: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Stretches:
    """A curve with the spots at which it turns, and its values there."""

    curve: PiecewiseCubic
    spots: Floats
    values: Floats

    def inverse(self, stretch: NDArray[np.int64], targets: Floats) -> Floats:
        """Spots on given stretches at which the curve has given values, by bisection."""
        low, high = (self.spots[stretch + side] + 0.0 * targets for side in (0, 1))
        rising = (self.values[stretch + 1] > self.values[stretch]) | np.zeros(targets.shape, bool)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            beyond = (self.curve(middle) > targets) == rising
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        found: Floats = 0.5 * (low + high)
        return found


def contour_lines(
    first: PiecewiseCubic,
    second: PiecewiseCubic,
    spans: tuple[tuple[float, float], tuple[float, float]],
) -> tuple[ContourLine, ...]:
    """All curves on which ``first(A) + second(B)`` is zero, within a range of both spots.

    Parameters
    ----------
    first, second : PiecewiseCubic
        Functions of the two spots, in quote currency.
    spans : tuple of tuple of float
        Lowest and highest spot of each.

    Returns
    -------
    tuple of ContourLine

    Examples
    --------
    >>> from margin.names.contour import contour_lines
    >>> from margin.piecewise import line
    >>> ends = {"lowest": 1.0, "highest": 9.0}
    >>> two = line(-10.0, 1.0, **ends), line(0.0, 1.0, **ends)
    >>> (found,) = contour_lines(*two, ((2.0, 8.0), (2.0, 8.0)))
    >>> found.first[[0, -1]], found.second[[0, -1]]
    (array([2., 8.]), array([8., 2.]))
    """
    sides = [_stretches(curve, *span) for curve, span in zip((first, second), spans, strict=True)]
    arcs = _arcs(*sides)
    return tuple(_line(sides, points, closed) for points, closed in _joined(arcs))


def _stretches(curve: PiecewiseCubic, lowest: float, highest: float) -> _Stretches:
    spots = turning_spots(curve, lowest, highest)
    return _Stretches(curve, spots, curve(spots))


@dataclass(frozen=True, slots=True, eq=False)
class _Arc:
    """Points (n, 2) by ascending first spot, and the edges of boxes where they begin and end."""

    points: Floats
    start: Edge
    stop: Edge


def _arcs(first: _Stretches, second: _Stretches) -> list[_Arc]:
    """The arcs of all boxes whose corners differ in sign."""
    short = first.values[:, None] + second.values[None, :] < 0.0
    left, bottom = short[:, :-1] != short[:, 1:], short[:-1] != short[1:]
    row, column = np.nonzero(left[:-1] | left[1:] | bottom[:, :-1] | bottom[:, 1:])
    if not row.size:
        return []
    points = _points(first, second, row, column)
    return [
        _arc(points[box], left, i=i, k=k)
        for box, (i, k) in enumerate(zip(row.tolist(), column.tolist(), strict=True))
    ]


def _arc(points: Floats, left: NDArray[np.bool_], *, i: int, k: int) -> _Arc:
    """The arc of box ``(i, k)``; ``left`` tells which edges across the first spot it crosses."""
    rising = points[-1, 1] > points[0, 1]
    start = (0, i, k) if left[i, k] else (1, i, k if rising else k + 1)
    stop = (0, i + 1, k) if left[i + 1, k] else (1, i, k + 1 if rising else k)
    return _Arc(points, start, stop)


def _points(
    first: _Stretches, second: _Stretches, i: NDArray[np.int64], k: NDArray[np.int64]
) -> Floats:
    """Points of the arcs of boxes, (boxes, 2 POINTS, 2), by ascending first spot."""
    along = _followed(first, second, i, k)
    across = _followed(second, first, k, i)[..., ::-1]
    points = np.concatenate([along, across], axis=1)
    order = points[..., 0].argsort(axis=1, kind="stable")
    return np.take_along_axis(points, order[..., None], axis=1)


def _followed(
    leading: _Stretches, other: _Stretches, i: NDArray[np.int64], k: NDArray[np.int64]
) -> Floats:
    """Points at even steps of the log of one spot: (boxes, POINTS, 2)."""
    lowest, highest = (
        choose(-other.values[k], -other.values[k + 1]) for choose in (np.minimum, np.maximum)
    )
    reached = np.sort([leading.values[i], leading.values[i + 1]], axis=0)
    start, stop = (leading.inverse(i, np.clip(bound, *reached)) for bound in (lowest, highest))
    spots = np.geomspace(start, stop, POINTS, axis=1)
    partners = other.inverse(k[:, None], -leading.curve(spots))
    return np.stack([spots, partners], axis=-1)


def _joined(arcs: list[_Arc]) -> Iterator[tuple[Floats, bool]]:
    """Arcs that share an edge, one after the other, and whether they close."""
    at_edge: dict[Edge, list[int]] = {}
    for index, arc in enumerate(arcs):
        for edge in (arc.start, arc.stop):
            at_edge.setdefault(edge, []).append(index)
    left = dict.fromkeys(range(len(arcs)))
    open_ends = [edge for edge, around in at_edge.items() if len(around) == 1]
    for edge in (*open_ends, *at_edge):
        if any(index in left for index in at_edge[edge]):
            pieces, stop = _walk(edge, arcs, at_edge, left)
            yield np.concatenate(pieces), stop == edge and len(pieces) > 1


def _walk(
    edge: Edge, arcs: list[_Arc], at_edge: dict[Edge, list[int]], left: dict[int, None]
) -> tuple[list[Floats], Edge]:
    """The arcs that follow one another from an edge, taken from those that are left."""
    pieces: list[Floats] = []
    while following := [index for index in at_edge[edge] if index in left]:
        arc = arcs[following[0]]
        del left[following[0]]
        forward = arc.start == edge
        pieces.append(arc.points if forward else arc.points[::-1])
        edge = arc.stop if forward else arc.start
    return pieces, edge


def _line(sides: list[_Stretches], points: Floats, closed: bool) -> ContourLine:
    """A line with its errors; points that repeat are left out."""
    apart = np.append(True, np.any(np.diff(points, axis=0) != 0.0, axis=1))
    first, second = points[apart].T
    spread = error_at(sides[0].curve, first) + error_at(sides[1].curve, second)
    slope = np.hypot(
        first * sides[0].curve.derivative(first), second * sides[1].curve.derivative(second)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(spread == 0.0, 0.0, spread / slope)
    return ContourLine(first, second, error, closed)
