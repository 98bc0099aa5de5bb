"""Borders of the least of several sums: each border is cut where another sum is lower."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from margin.names.contour import ContourLine
from margin.piecewise import PiecewiseCubic

__all__ = ["clipped"]

Floats = NDArray[np.float64]
Pair = tuple[PiecewiseCubic, PiecewiseCubic]

# Newton steps to the point where two borders meet: the digits double in each.
STEPS = 8


def clipped(whole: ContourLine, own: Pair, others: Sequence[Pair]) -> list[ContourLine]:
    """The parts of a border on which no other sum is negative.

    Parameters
    ----------
    whole : ContourLine
        Border of one sum of two functions.
    own : tuple of PiecewiseCubic
        That sum.
    others : sequence of tuple of PiecewiseCubic
        The other sums, whose least counts too.

    Returns
    -------
    list of ContourLine

    Examples
    --------
    >>> from margin.names.clip import clipped
    >>> from margin.names.contour import contour_lines
    >>> from margin.piecewise import line
    >>> ends = {"lowest": 1.0, "highest": 9.0}
    >>> own = line(-10.0, 1.0, **ends), line(0.0, 1.0, **ends)
    >>> other = line(-4.0, 1.0, **ends), line(0.0, 0.0, **ends)
    >>> (whole,) = contour_lines(*own, ((2.0, 8.0), (2.0, 8.0)))
    >>> (part,) = clipped(whole, own, [other])
    >>> part.first[[0, -1]], part.second[[0, -1]]
    (array([4., 8.]), array([6., 2.]))
    """
    if not others:
        return [whole]
    heights = np.array([one(whole.first) + two(whole.second) for one, two in others])
    kept = heights.min(axis=0) >= 0.0
    if kept.all():
        return [whole]
    points = np.stack([whole.first, whole.second, whole.error], axis=1)
    if whole.closed:  # begin where the line is cut
        shift = int(np.flatnonzero(~kept)[0])
        points, kept = np.roll(points[:-1], -shift, axis=0), np.roll(kept[:-1], -shift)
        heights = np.roll(heights[:, :-1], -shift, axis=1)
        points, kept = np.append(points, points[:1], axis=0), np.append(kept, kept[:1])
        heights = np.append(heights, heights[:, :1], axis=1)
    cuts = np.flatnonzero(np.diff(kept)) + 1
    runs = pairwise([0, *cuts.tolist(), kept.size])
    return [
        _part(points, run, own, [others[k] for k in _lowest(heights, run)])
        for run in runs
        if kept[run[0]]
    ]


def _lowest(heights: Floats, run: tuple[int, int]) -> tuple[int, int]:
    """Which other sum is lowest just before and just after a run of points."""
    before, after = max(run[0] - 1, 0), min(run[1], heights.shape[1] - 1)
    return int(heights[:, before].argmin()), int(heights[:, after].argmin())


def _part(points: Floats, run: tuple[int, int], own: Pair, others: list[Pair]) -> ContourLine:
    """A run of points, with the points where the border meets those of the others."""
    part = points[run[0] : run[1]]
    if run[0] > 0:
        part = np.insert(part, 0, _met(points[run[0] - 1], points[run[0]], own, others[0]), axis=0)
    if run[1] < len(points):
        met = _met(points[run[1]], points[run[1] - 1], own, others[1])
        part = np.append(part, met[None], axis=0)
    return ContourLine(part[:, 0], part[:, 1], part[:, 2], closed=False)


def _met(outside: Floats, inside: Floats, own: Pair, other: Pair) -> Floats:
    """Where two borders meet between two points of one, by Newton's method from the chord."""
    ends = [float(other[0](at[0]) + other[1](at[1])) for at in (outside, inside)]
    share = ends[0] / (ends[0] - ends[1])
    point = start = outside + share * (inside - outside)
    for _ in range(STEPS):
        values = [float(pair[0](point[0]) + pair[1](point[1])) for pair in (own, other)]
        slopes = [[float(pair[k].derivative(point[k])) for k in (0, 1)] for pair in (own, other)]
        if abs(np.linalg.det(slopes)) == 0.0:
            return start
        step = np.linalg.solve(slopes, values)
        point = np.append(point[:2] - step, point[2])
        if np.any(np.abs(point[:2] - start[:2]) > np.abs(outside - inside)[:2].max()):
            return start  # borders that nearly touch: the chord is as good
    return point
