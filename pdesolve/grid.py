"""Nodes in spot and levels in time that a contract is solved on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments

__all__ = ["Grid", "time_grid"]

Floats = NDArray[np.float64]

FEWEST_NODES = 7  # one more than interpolation between them runs through
TIME_POWER = 2.0  # levels at (j / n)**2 resolve the payoff's kink and the exercise boundary
N_STEPS = 112
SHARE_POWER = 0.75  # steps between restarts go with this power of the time between


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Spot nodes and time levels.

    Attributes
    ----------
    spots : (m,) array
        Nodes in quote currency, positive, ascending.
    times : (n + 1,) array
        Levels in years to expiry, ascending from 0.

    Raises
    ------
    ValueError
        If nodes or levels are not such.

    Examples
    --------
    >>> import numpy as np
    >>> from pdesolve import Grid, time_grid
    >>> Grid(np.geomspace(50.0, 200.0, 101), time_grid(0.5, 40))
    Grid of 101 spots from 50 to 200 and 41 times to 0.5 years
    """

    spots: Floats
    times: Floats

    def __post_init__(self) -> None:
        spots = np.array(arguments.positive("spots", self.spots))
        times = np.array(arguments.not_negative("times", self.times))
        _refuse_disorder("spots", spots)
        _refuse_disorder("times", times)
        if spots.size < FEWEST_NODES:
            raise ValueError(f"spots must be at least {FEWEST_NODES}, got {spots.size}")
        if times[0] != 0.0:
            raise ValueError(f"times must start at expiry, at 0, got {times[0]}")
        spots.flags.writeable = times.flags.writeable = False
        object.__setattr__(self, "spots", spots)
        object.__setattr__(self, "times", times)

    def coarser(self) -> Self:
        """Return the grid of every second node and level, with the same ends.

        Returns
        -------
        Grid

        Raises
        ------
        ValueError
            If the number of nodes or levels is even, or fewer than seven nodes would be left.
        """
        if self.spots.size % 2 == 0 or self.times.size % 2 == 0:
            raise ValueError(
                "spots and times must be odd in number for every second to make a grid, "
                f"got {self.spots.size} and {self.times.size}"
            )
        return type(self)(self.spots[::2], self.times[::2])

    def finer(self) -> Self:
        """Return the grid with a node between each two, and a level between each two.

        New nodes continue the spacing smoothly; new levels lie midway in the square root of time.

        Returns
        -------
        Grid
        """
        roots = np.sqrt(self.times)
        times = interleaved(self.times, (0.5 * (roots[1:] + roots[:-1])) ** 2)
        middles = np.exp(midway(np.log(self.spots)))
        return type(self)(interleaved(self.spots, middles), times)

    def __repr__(self) -> str:
        return (
            f"Grid of {self.spots.size} spots from {self.spots[0]:g} to {self.spots[-1]:g} "
            f"and {self.times.size} times to {self.times[-1]:g} years"
        )


def time_grid(
    expiry: float,
    n_steps: int = N_STEPS,
    *,
    dates: ArrayLike = (),
    restarts: ArrayLike = (),
) -> Floats:
    """Levels in time, closer towards expiry, some of them at given dates.

    The times to expiry are ``expiry (j / n)**2`` for whole ``j``.  With dates, the steps between
    two neighbouring dates are even in the square root of time, and a date has an even number, so
    that it is a level of the coarser grid as well.  Steps are of similar length as without, unless
    dates lie closer than two of them.  Before a restart, where the value is bent anew, the march
    starts as at expiry, with short steps again.

    Parameters
    ----------
    expiry : float
        Years from today, zero or more.
    n_steps : int
        Steps, even and positive; dates may add to them.
    dates, restarts : array-like
        Years from today, from 0 to the expiry, in any order.

    Returns
    -------
    (n + 1,) array
        Years to expiry, ascending from 0.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> from pdesolve import time_grid
    >>> time_grid(0.5, 4, dates=[0.25, 0.375]).round(3)
    array([0.   , 0.031, 0.125, 0.182, 0.25 , 0.364, 0.5  ])
    >>> time_grid(0.5, 4, restarts=[0.25]).round(3)
    array([0.   , 0.062, 0.25 , 0.312, 0.5  ])
    """
    life = float(arguments.not_negative("expiry", expiry))
    if n_steps < 2 or n_steps % 2:
        raise ValueError(f"n_steps must be even and at least 2, got {n_steps}")
    marks, starts = (
        life - _dates(name, at, life) for name, at in (("dates", dates), ("restarts", restarts))
    )
    if life == 0.0:
        return np.zeros(1)
    starts = np.unique(np.concatenate([[0.0, life], starts]))
    levels = [np.zeros(1)]
    for start, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        inside = marks[(marks > start) & (marks < stop)] - start
        share = ((stop - start) / life) ** SHARE_POWER
        levels.append(_graded(start, stop - start, share * n_steps, inside))
        levels[-1][-1] = stop
    return np.concatenate(levels)


def _dates(name: str, at: ArrayLike, life: float) -> Floats:
    dates = arguments.not_negative(name, at).ravel()
    if np.any(dates > life):
        raise ValueError(f"{name} must not be after the expiry, {life}, got {dates.max()}")
    return dates


def _graded(start: float, length: float, n_steps: float, marks: Floats) -> Floats:
    """Levels after ``start``, closer towards it, with marks (k,) beyond it at even numbers."""
    inside = np.unique(np.concatenate([[0.0, length], marks]))
    roots = np.sqrt(inside / length)
    pairs = np.maximum(np.rint(0.5 * n_steps * np.diff(roots)), 1.0)
    numbers = 2.0 * np.concatenate([[0.0], np.cumsum(pairs)])
    levels = length * np.interp(np.arange(numbers[-1] + 1.0), numbers, roots) ** TIME_POWER
    levels[numbers.astype(int)] = inside
    return np.asarray(start + levels[1:])


def _refuse_disorder(name: str, row: Floats) -> None:
    if row.ndim != 1 or row.size == 0:
        raise ValueError(f"{name} must be a row of numbers, got shape {row.shape}")
    steps = np.diff(row)
    if np.any(steps <= 0.0):
        i = int(np.argmax(steps <= 0.0))
        raise ValueError(f"{name} must ascend, got {row[i + 1]} after {row[i]}")


def midway(row: Floats) -> Floats:
    """Numbers between each two of a row (k,), which is even in some coordinate, by cubics.

    Of an array, along its first axis.
    """
    middles, bends = 0.5 * (row[1:] + row[:-1]), np.diff(row, 2, axis=0)
    middles[1:-1] -= (bends[1:] + bends[:-1]) / 16.0
    middles[[0, -1]] -= bends[[0, -1]] / 8.0
    return middles


def interleaved(row: Floats, between: Floats) -> Floats:
    """One row (2 k + 1,) of the numbers of another (k + 1,) and those between them (k,).

    Of arrays, along their first axis.
    """
    out = np.empty((len(row) + len(between), *row.shape[1:]))
    out[::2], out[1::2] = row, between
    return out
