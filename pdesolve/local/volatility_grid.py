"""Local volatilities given as numbers: on a grid of spots and times, or in steps over spot."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.local.splines import Splines, natural_splines, read

__all__ = ["VolatilityGrid", "VolatilitySteps"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class VolatilityGrid:
    """Local volatility from numbers on a grid of spots and times.

    Between spots it is the natural cubic spline in log spot, between times it is linear; beyond
    the grid it stays what it is at its edge.

    Parameters
    ----------
    spots : (m,) array-like
        Quote currency, ascending, two or more.
    times : (n,) array-like
        Years from today, ascending, two or more.
    volatilities : (n, m) array-like
        Decimals per root year.

    Raises
    ------
    ValueError
        If a spot or volatility is not positive, a time is negative, spots or times do not ascend,
        or the shapes do not fit.

    Examples
    --------
    >>> from pdesolve import LocalVolatility, VolatilityGrid
    >>> grid = VolatilityGrid([80.0, 100.0, 120.0], [0.0, 1.0], [[0.3, 0.2, 0.2], [0.25, 0.2, 0.2]])
    >>> grid([100.0, 200.0], 0.5)
    array([0.2, 0.2])
    >>> model = LocalVolatility(grid, rate=0.03)
    """

    spots: Floats
    times: Floats
    volatilities: Floats
    _splines: Splines = field(init=False, repr=False)

    def __post_init__(self) -> None:
        spots = np.array(arguments.positive("spots", self.spots), ndmin=1)
        times = np.array(arguments.not_negative("times", self.times), ndmin=1)
        vols = np.array(arguments.positive("volatilities", self.volatilities), ndmin=2)
        for name, row in (("spots", spots), ("times", times)):
            if row.size < 2 or np.any(np.diff(row) <= 0.0):
                raise ValueError(f"{name} must be two or more and ascend, got {row}")
        if vols.shape != (times.size, spots.size):
            raise ValueError(
                f"volatilities must be of shape ({times.size}, {spots.size}), a row for each time, "
                f"got {vols.shape}"
            )
        splines = natural_splines(times, [np.log(spots)] * times.size, list(vols))
        object.__setattr__(self, "spots", spots)
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "volatilities", vols)
        object.__setattr__(self, "_splines", splines)

    def __call__(self, spots: ArrayLike, times: ArrayLike) -> Floats:
        """Return volatilities at spots and times, which broadcast."""
        held = np.clip(arguments.positive("spots", spots), self.spots[0], self.spots[-1])
        return read(self._splines, np.log(held), arguments.not_negative("times", times)).value


@dataclass(frozen=True, slots=True, eq=False)
class VolatilitySteps:
    """Local volatility that is constant between some spots and jumps there.

    Parameters
    ----------
    levels : (k,) array-like
        Spots in quote currency, ascending.
    volatilities : (k + 1,) array-like
        Below the first level, from each to the next, and above the last; decimals per root year.

    Raises
    ------
    ValueError
        If a number is not positive, levels do not ascend, or there is not one volatility more than
        levels.

    Examples
    --------
    >>> from pdesolve import LocalVolatility, VolatilitySteps
    >>> steps = VolatilitySteps([95.0], [0.3, 0.15])
    >>> steps([90.0, 100.0], 0.0)
    array([0.3 , 0.15])
    >>> model = LocalVolatility(steps, levels=steps.levels, rate=0.03)
    """

    levels: tuple[float, ...]
    volatilities: tuple[float, ...]

    def __post_init__(self) -> None:
        levels = np.array(arguments.positive("levels", self.levels), ndmin=1)
        vols = np.array(arguments.volatility("volatilities", self.volatilities), ndmin=1)
        arguments.positive("volatilities", vols)
        if np.any(np.diff(levels) <= 0.0):
            raise ValueError(f"levels must ascend, got {levels}")
        if vols.size != levels.size + 1:
            raise ValueError(
                f"volatilities must be one more than levels, got {vols.size} and {levels.size}"
            )
        object.__setattr__(self, "levels", tuple(levels.tolist()))
        object.__setattr__(self, "volatilities", tuple(vols.tolist()))

    def __call__(self, spots: ArrayLike, times: ArrayLike) -> Floats:
        """Return volatilities at spots and times, which broadcast."""
        step = np.searchsorted(self.levels, np.asarray(spots, dtype=float), side="right")
        vols = np.asarray(self.volatilities)[step]
        return np.broadcast_to(vols, np.broadcast_shapes(vols.shape, np.shape(times)))
