"""The lowest values that a function of spot takes over many moves of the spot, as curves."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin.kernels.kinks import MOST_CROSSINGS, turning_points
from margin.kernels.readings import read_lowest
from margin.kernels.tail import COLUMNS, ERROR, LEFT, MEAN, RANKED, tail_pieces
from margin.piecewise import PiecewiseCubic
from margin.readings import refuse_outside
from margin.rules.slopes import slope_curve, times_spot

__all__ = ["lowest_values", "mean_of_lowest", "ranked_value"]

Floats = NDArray[np.float64]

# Slopes of this size, as a share of the largest value per width of a cell, are rounding.
NOISE = 2.0**-44
# Pieces for which there is room at first, per cell of the function.
PIECES_PER_CELL = 8


def lowest_values(
    curve: PiecewiseCubic, factors: ArrayLike, count: int, *, spots: Floats, power: int = 0
) -> Floats:
    """The ``count`` lowest values among ``f(x_j S) / x_j ** power`` at single spots, ascending.

    Parameters
    ----------
    curve : PiecewiseCubic
        The function ``f``, in quote currency, without jumps.
    factors : (n,) array-like
        What the spot is multiplied by in each scenario, positive.
    count : int
        How many, from 1 to ``n``.
    spots : (k,) array
        In quote currency.
    power : int
        0, or 1 for amounts that are counted in coin.

    Returns
    -------
    (k, count) array

    Raises
    ------
    ValueError
        If a spot that is read lies outside the range of the curve.

    Notes
    -----
    Between two turning points of the function its values over ascending factors rise or fall, so
    that the lowest lie at the ends of such runs: a few readings do, however many scenarios.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.piecewise import line
    >>> from margin.rules.tail.curve import lowest_values
    >>> shares = line(0.0, 1.0, lowest=1.0, highest=300.0)
    >>> lowest_values(shares, (1.2, 0.9, 0.95, 1.0), 2, spots=np.array([100.0])).round(6)
    array([[90., 95.]])
    """
    moved = np.sort(np.asarray(factors, dtype=np.float64))
    refuse_outside(curve.knots, moved, spots)
    slope = slope_curve(curve).bernstein
    size = np.abs(curve.bernstein).max() / np.diff(curve.knots)
    if power:
        slope = times_spot(slope_curve(curve)).bernstein - curve.bernstein
        size *= curve.highest
    slope = np.where(np.abs(slope) > NOISE * size[:, None], slope, 0.0)
    turns = np.empty((1 + MOST_CROSSINGS) * slope.shape[0])
    turns = turns[: turning_points(curve.knots, slope, turns)]
    lowest = np.empty((spots.size, count))
    read_lowest((curve.knots, curve.bernstein), turns, moved, power, spots, lowest)
    return lowest


def ranked_value(
    curve: PiecewiseCubic, factors: ArrayLike, rank: int, *, weights: ArrayLike = 1.0
) -> PiecewiseCubic:
    """The value of rank ``k`` from below among ``w_j f(x_j S)``, at every spot.

    Parameters
    ----------
    curve : PiecewiseCubic
        The function ``f``, in quote currency.
    factors : (n,) array-like
        What the spot is multiplied by in each scenario, positive.
    rank : int
        ``k``, from 1 to ``n``.
    weights : array-like
        ``w_j``, positive, one per factor or one for all.

    Returns
    -------
    PiecewiseCubic
        On the spots at which all readings lie in the range of the curve.  Its error bounds the
        distance from the value of this rank among the true readings.

    Raises
    ------
    ValueError
        If a factor or a weight is not positive, the rank is none, or the range is left empty.

    Notes
    -----
    Ranks are compared by Bernstein coefficients on whole stretches of spots, so no exchange of two
    scenarios is stepped over; scenarios whose values differ by less than 1e-8 of the spread of all
    may stand for one another, which the error includes.

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.rules.tail.curve import ranked_value
    >>> shares = line(0.0, 1.0, lowest=1.0, highest=300.0)
    >>> round(float(ranked_value(shares, (0.9, 0.95, 1.0, 1.2), 2)(100.0)), 6)
    95.0
    """
    return _cut(curve, factors, rank, weights, RANKED)


def mean_of_lowest(
    curve: PiecewiseCubic, factors: ArrayLike, count: int, *, weights: ArrayLike = 1.0
) -> PiecewiseCubic:
    """The mean of the ``count`` lowest values among ``w_j f(x_j S)``, at every spot.

    Parameters, errors and notes as for `ranked_value`.

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.rules.tail.curve import mean_of_lowest
    >>> shares = line(0.0, 1.0, lowest=1.0, highest=300.0)
    >>> round(float(mean_of_lowest(shares, (0.9, 0.95, 1.0, 1.2), 2)(100.0)), 6)
    92.5
    """
    return _cut(curve, factors, count, weights, MEAN)


def _cut(
    curve: PiecewiseCubic, factors: ArrayLike, rank: int, weights: ArrayLike, column: int
) -> PiecewiseCubic:
    """The pieces of all cells, in order, as a curve."""
    moved = np.asarray(factors, dtype=np.float64)
    if moved.ndim != 1 or not 1 <= rank <= moved.size:
        raise ValueError(f"rank must lie from 1 to the number of factors, {moved.size}, got {rank}")
    counted = np.broadcast_to(np.asarray(weights, dtype=np.float64), moved.shape)
    for name, values in (("factors", moved), ("weights", counted)):
        if not np.all((values > 0.0) & np.isfinite(values)):
            raise ValueError(f"{name} must be positive and finite, got {values.min()}")
    ascending = np.argsort(moved, kind="stable")
    spots = _cells(curve, float(moved.min()), float(moved.max()))
    function = curve.knots, curve.bernstein, curve.error
    room, count = PIECES_PER_CELL * spots.size, -1
    while count < 0:
        pieces: Floats = np.empty((room, COLUMNS))
        count = tail_pieces(function, moved[ascending], counted[ascending], rank, spots, pieces)
        room *= 2
    pieces = pieces[:count]
    pieces = pieces[np.argsort(pieces[:, LEFT], kind="stable")]
    return PiecewiseCubic(
        np.append(pieces[:, LEFT], spots[-1]), pieces[:, column : column + 4], pieces[:, ERROR]
    )


def _cells(curve: PiecewiseCubic, least: float, largest: float) -> Floats:
    """Knots of the curve between the spots whose readings all lie in its range."""
    lowest = curve.lowest / min(least, 1.0)
    highest = curve.highest / max(largest, 1.0)
    if not lowest < highest:
        raise ValueError(
            f"factors must leave a range of spots, got {least} to {largest} for a curve from "
            f"{curve.lowest} to {curve.highest}"
        )
    inside = curve.knots[(curve.knots > lowest) & (curve.knots < highest)]
    return np.concatenate([[lowest], inside, [highest]])
