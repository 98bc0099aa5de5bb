"""A function of one spot read along a power of another: cubics again, with their error."""

import numpy as np
from numpy.typing import NDArray

from margin.curve_shape import error_at
from margin.piecewise import PiecewiseCubic, from_hermite, line

__all__ = ["composed"]

Floats = NDArray[np.float64]

# Widest cell in the log of either spot: a line along a power strays by its fourth power, about
# 1e-11 of the notional.
FINEST = 0.01


def composed(
    curve: PiecewiseCubic,
    spot: float,
    lead: float,
    *,
    exponent: float,
    span: tuple[float, float],
) -> PiecewiseCubic:
    """The function ``s -> f(spot (s / lead)**exponent)``.

    Exact for the exponents 0 and 1.  For others it is the cubic with exact ends and slopes on
    cells that lie within one of ``f``; its distance from the function, at most
    ``h**4 max |g''''| / 384``, is bounded by the derivatives of the cubic and of the power, and
    added to the error.

    Parameters
    ----------
    curve : PiecewiseCubic
        ``f``, which covers the spots reached.
    spot, lead : float
        Present spots of its underlying and of the one that leads, in quote currency.
    exponent : float
        Log move per log move of the one that leads.
    span : tuple of float
        Lowest and highest spot of the one that leads, in quote currency.

    Returns
    -------
    PiecewiseCubic
        Against the spot of the one that leads.

    Examples
    --------
    >>> from margin.names.compose import composed
    >>> from margin.piecewise import line
    >>> holding = line(0.0, 2.0, lowest=1.0, highest=90.0)
    >>> squared = composed(holding, 10.0, 100.0, exponent=2.0, span=(50.0, 200.0))
    >>> float(squared(150.0))
    45.0
    """
    if exponent == 0.0:
        level = line(float(curve(spot)), 0.0, lowest=span[0], highest=span[1])
        return PiecewiseCubic(level.knots, level.bernstein, np.atleast_1d(error_at(curve, spot)))
    if exponent == 1.0:
        return curve.stretched(spot / lead)
    knots = _knots(curve, spot, lead, exponent=exponent, span=span)
    factor = spot / lead**exponent
    middle = np.sqrt(knots[:-1] * knots[1:])
    cell = np.searchsorted(curve.knots, factor * middle**exponent, side="right") - 1
    cell = np.clip(cell, 0, curve.error.size - 1)
    ends = [
        _read(curve, cell, knots[side], factor, exponent) for side in (slice(-1), slice(1, None))
    ]
    values = np.append(ends[0][0], ends[1][0][-1])
    error = curve.error[cell] + _distance(curve, cell, knots, factor, exponent)
    jumps = np.abs(ends[0][0][1:] - ends[1][0][:-1])  # rounding, or a jump of the function
    error[1:] += jumps
    return from_hermite(knots, values, ends[0][1], right_slopes=ends[1][1], error=error)


def _knots(
    curve: PiecewiseCubic, spot: float, lead: float, *, exponent: float, span: tuple[float, float]
) -> Floats:
    """Knots of the function along the power, and more where cells would be wide."""
    own = lead * (curve.knots / spot) ** (1.0 / exponent)
    width = FINEST / max(1.0, abs(exponent))
    count = int(np.ceil(np.log(span[1] / span[0]) / width)) + 1
    even = np.geomspace(*span, count)
    even[0], even[-1] = span
    return np.union1d(even, own[(own > span[0]) & (own < span[1])])


def _read(
    curve: PiecewiseCubic, cell: NDArray[np.int64], at: Floats, factor: float, exponent: float
) -> tuple[Floats, Floats]:
    """Values of the cubics of given cells along the power, and slopes by the spot that leads."""
    left, width = curve.knots[cell], np.diff(curve.knots)[cell]
    there = factor * at**exponent
    t = (there - left) / width
    b = curve.bernstein[cell].T
    once = b[:-1] + t * np.diff(b, axis=0)
    twice = once[:-1] + t * np.diff(once, axis=0)
    values = twice[0] + t * (twice[1] - twice[0])
    slopes = 3.0 * (twice[1] - twice[0]) / width * exponent * there / at
    return values, slopes


def _distance(
    curve: PiecewiseCubic,
    cell: NDArray[np.int64],
    knots: Floats,
    factor: float,
    exponent: float,
) -> Floats:
    """Bound on the distance of the interpolant: the chain rule four times, term by term."""
    width = np.diff(curve.knots)[cell]
    b = curve.bernstein[cell]
    first, second, third = (
        scale * np.abs(np.diff(b, n, axis=1)).max(axis=1) / width**n
        for n, scale in ((1, 3.0), (2, 6.0), (3, 6.0))
    )
    one, two, three, four = (_power(knots, factor, exponent, order) for order in (1, 2, 3, 4))
    fourth = 6.0 * third * one**2 * two + second * (4.0 * one * three + 3.0 * two**2) + first * four
    bound: Floats = np.diff(knots) ** 4 * fourth / 384.0
    return bound


def _power(knots: Floats, factor: float, exponent: float, order: int) -> Floats:
    """Largest size of a derivative of ``factor s**exponent`` on each cell; it is monotone."""
    falling = np.prod(exponent - np.arange(order))
    sizes: Floats = np.abs(factor * falling * knots ** (exponent - order))
    return np.maximum(sizes[:-1], sizes[1:])
