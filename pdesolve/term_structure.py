"""Rates, yields and volatilities as functions of time.

A curve answers what it is at a time, and what it adds up to over a period.  Times are in years
from today.  There are three: the same at all times, constant between dates, and any smooth
function.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Curve", "Flat", "PiecewiseConstant", "SmoothCurve"]

Floats = NDArray[np.float64]

# Gauss–Legendre nodes in each of as many panels of a period: beyond rounding for what is smooth.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
PANELS = 4


@dataclass(frozen=True, slots=True)
class Flat:
    """A number that does not change with time.

    Parameters
    ----------
    level : float
        Per year, or per root year for a volatility.

    Examples
    --------
    >>> float(Flat(0.03).integral(0.5, 2.5))
    0.06
    """

    level: float

    @property
    def dates(self) -> tuple[float, ...]:
        """Times at which the curve jumps: none."""
        return ()

    def at(self, time: ArrayLike) -> Floats:
        """Return the level at ``time``, in its shape."""
        return np.full(np.shape(time), self.level)

    def integral(self, start: ArrayLike, stop: ArrayLike) -> Floats:
        """Return the integral from ``start`` to ``stop``, in the shape they broadcast to."""
        return np.asarray(self.level * (np.asarray(stop, dtype=float) - start))

    def mean(self, start: ArrayLike, stop: ArrayLike) -> Floats:
        """Return the mean from ``start`` to ``stop``, in the shape they broadcast to."""
        return np.full(np.broadcast_shapes(np.shape(start), np.shape(stop)), self.level)

    def squared(self) -> Self:
        """Return the curve of the squares: of the variance, for a volatility."""
        return type(self)(self.level**2)

    def plus(self, by: float) -> Self:
        """Return the curve moved in parallel by ``by``."""
        return type(self)(self.level + by)


@dataclass(frozen=True, slots=True, eq=False)
class PiecewiseConstant:
    """A number that is constant between dates.

    Parameters
    ----------
    times : (k,) array-like
        Years from today, positive, ascending.
    levels : (k + 1,) array-like
        ``levels[0]`` until the first time, ``levels[i]`` from ``times[i - 1]`` on.

    Raises
    ------
    ValueError
        If times do not ascend from above 0, a number is not finite, or there is not one level more
        than times.

    Examples
    --------
    >>> curve = PiecewiseConstant([0.5], [0.02, 0.04])
    >>> curve.at([0.2, 0.7]), float(curve.integral(0.0, 1.0))
    (array([0.02, 0.04]), 0.03)
    """

    times: Floats
    levels: Floats

    def __post_init__(self) -> None:
        times, levels = np.array(self.times, dtype=float), np.array(self.levels, dtype=float)
        if times.ndim != 1 or levels.shape != (times.size + 1,):
            raise ValueError(
                f"levels must be one more than times, got {levels.shape} and {times.shape}"
            )
        if not (np.all(np.isfinite(times)) and np.all(np.diff(times, prepend=0.0) > 0.0)):
            raise ValueError(f"times must be finite and ascend from above 0, got {times}")
        if not np.all(np.isfinite(levels)):
            raise ValueError(f"levels must be finite, got {levels}")
        times.flags.writeable = levels.flags.writeable = False
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "levels", levels)

    @property
    def dates(self) -> tuple[float, ...]:
        """Times at which the curve jumps, in years from today."""
        return tuple(self.times.tolist())

    def at(self, time: ArrayLike) -> Floats:
        """Return the level from ``time`` on, in its shape."""
        return np.asarray(self.levels[np.searchsorted(self.times, time, side="right")])

    def integral(self, start: ArrayLike, stop: ArrayLike) -> Floats:
        """Return the integral from ``start`` to ``stop``, in the shape they broadcast to."""
        return np.asarray(self._from_today(stop) - self._from_today(start))

    def mean(self, start: ArrayLike, stop: ArrayLike) -> Floats:
        """Return the mean from ``start`` to ``stop``, or the level there if they are the same."""
        return _mean(self, start, stop)

    def squared(self) -> Self:
        """Return the curve of the squares: of the variance, for a volatility."""
        return type(self)(self.times, self.levels**2)

    def plus(self, by: float) -> Self:
        """Return the curve moved in parallel by ``by``."""
        return type(self)(self.times, self.levels + by)

    def _from_today(self, time: ArrayLike) -> Floats:
        until = np.asarray(time, dtype=float)
        past = np.maximum(until[..., None] - self.times, 0.0)
        return np.asarray(self.levels[0] * until + past @ np.diff(self.levels))


@dataclass(frozen=True, slots=True)
class SmoothCurve:
    """A smooth function of time.

    Parameters
    ----------
    function : callable
        Takes an array of times in years from today and returns the levels in its shape; it is
        integrated by Gauss–Legendre quadrature, exact to rounding where it is smooth.

    Examples
    --------
    >>> curve = SmoothCurve(lambda t: 0.02 + 0.01 * t)
    >>> round(float(curve.integral(0.0, 2.0)), 12)
    0.06
    """

    function: Callable[[Floats], ArrayLike]

    @property
    def dates(self) -> tuple[float, ...]:
        """Times at which the curve jumps: none."""
        return ()

    def at(self, time: ArrayLike) -> Floats:
        """Return the level at ``time``, in its shape."""
        times = np.asarray(time, dtype=float)
        return np.broadcast_to(np.asarray(self.function(times), dtype=float), times.shape)

    def integral(self, start: ArrayLike, stop: ArrayLike) -> Floats:
        """Return the integral from ``start`` to ``stop``, in the shape they broadcast to."""
        first, last = np.broadcast_arrays(np.asarray(start, dtype=float), stop)
        width = (last - first)[..., None, None] / PANELS
        middles = first[..., None, None] + width * (np.arange(PANELS)[:, None] + 0.5)
        levels = self.at(middles + 0.5 * width * NODES)
        return np.asarray(0.5 * width[..., 0, 0] * (levels @ WEIGHTS).sum(axis=-1))

    def mean(self, start: ArrayLike, stop: ArrayLike) -> Floats:
        """Return the mean from ``start`` to ``stop``, or the level there if they are the same."""
        return _mean(self, start, stop)

    def squared(self) -> Self:
        """Return the curve of the squares: of the variance, for a volatility."""
        return type(self)(lambda times: self.at(times) ** 2)

    def plus(self, by: float) -> Self:
        """Return the curve moved in parallel by ``by``."""
        return type(self)(lambda times: self.at(times) + by)


Curve = Flat | PiecewiseConstant | SmoothCurve
"""A rate, a yield or a volatility as a function of time."""


def _mean(curve: "PiecewiseConstant | SmoothCurve", start: ArrayLike, stop: ArrayLike) -> Floats:
    spans = np.asarray(stop, dtype=float) - start
    lasts = spans > 0.0
    return np.where(
        lasts, curve.integral(start, stop) / np.where(lasts, spans, 1.0), curve.at(start)
    )
