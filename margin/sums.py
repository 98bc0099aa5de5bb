"""Weighted sums of curves at multiples of the spot, many at once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from margin.kernels.sums import add_sums
from margin.piecewise import PiecewiseCubic, unchecked

__all__ = ["Term", "weighted_sums"]


class Term(NamedTuple):
    """A part of a sum: ``weight`` times a curve read at ``factor`` times the spot.

    Attributes
    ----------
    curve : int
        Index of the curve.
    weight : float
        Finite.
    factor : float
        One plus the relative move of the spot; positive.

    Examples
    --------
    >>> from margin.sums import Term
    >>> Term(0, weight=0.5)
    Term(curve=0, weight=0.5, factor=1.0)
    """

    curve: int
    weight: float = 1.0
    factor: float = 1.0


def weighted_sums(
    curves: Sequence[PiecewiseCubic], sums: Sequence[Sequence[Term]]
) -> tuple[PiecewiseCubic, ...]:
    """The sums as `combine` of `PiecewiseCubic.stretched` curves makes them, in one pass.

    Parameters
    ----------
    curves : sequence of PiecewiseCubic
        At least one.
    sums : sequence of sequences of Term
        The terms of each sum, at least one; the curves of a sum share a range.

    Returns
    -------
    tuple of PiecewiseCubic
        One for each sum, on all knots of its curves.

    Raises
    ------
    ValueError
        If the curves of a sum share no range.

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.sums import Term, weighted_sums
    >>> cash, shares = (line(at, slope, lowest=1, highest=90) for at, slope in ((9, 0), (0, 2)))
    >>> moved = [[Term(0), Term(1, 1.0, factor)] for factor in (0.5, 2.0)]
    >>> down, up = weighted_sums([cash, shares], moved)
    >>> float(down(10.0)), float(up(10.0)), up.highest
    (19.0, 49.0, 45.0)
    """
    terms = [term for each in sums for term in each]
    starts = np.cumsum([0, *map(len, sums)])
    columns = zip(*terms, strict=True)
    which, weights, factors = (
        np.array(column, dtype=kind)
        for column, kind in zip(columns, (np.int64, np.float64, np.float64), strict=True)
    )
    sizes = np.array([curve.error.size for curve in curves])
    laid = (
        np.concatenate([curve.knots for curve in curves]),
        np.concatenate([curve.bernstein for curve in curves]),
        np.concatenate([curve.error for curve in curves]),
        np.concatenate([[0], np.cumsum(sizes)]),
    )
    room = int(sizes[which].sum())
    knots, cells, error = np.empty(room + len(sums)), np.empty((room, 4)), np.empty(room)
    counts = np.empty(len(sums) + 1, dtype=np.int64)
    add_sums(laid, starts, (which, weights, factors), (knots, cells, error), counts)
    found = []
    for s, (first, last) in enumerate(zip(counts[:-1].tolist(), counts[1:].tolist(), strict=True)):
        if first == last:
            raise ValueError(f"curves must share a range, got none for sum {s}")
        ends = knots[first + s : last + s + 1]
        found.append(unchecked(ends, cells[first:last], error[first:last]))
    return tuple(found)
