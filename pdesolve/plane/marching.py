"""A contract marched on the nodes of a plane, and its dense output in time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdesolve.kernels.adi import DAMPING, adi_march
from pdesolve.plane.operator import PlaneOperator

__all__ = ["PlaneMarch", "march_plane"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PlaneMarch:
    """The values of a contract on every node and level of one grid.

    Attributes
    ----------
    operator : PlaneOperator
        What was marched.
    times : (n + 1,) array
        Years to expiry.
    levels : (n + 1, m, w) array
        Values in quote currency, at events just before them; level 0 is the payoff.
    """

    operator: PlaneOperator
    times: Floats
    levels: Floats

    def values(self, left: float) -> Floats:
        """Return the values (m, w) with ``left`` years to expiry, above 0.

        A time between levels is reached by a step of its own from the level before.
        """
        j = int(np.searchsorted(self.times, left))
        if left == self.times[j]:
            return np.asarray(self.levels[j])
        restart = max((k for k in self._events() if k < j), default=0)
        levels = np.empty((2, *self.levels.shape[1:]))
        levels[0] = self.levels[j - 1]
        times = np.array([self.times[j - 1], left])
        _fill(self.operator, times, DAMPING - (j - 1 - restart), levels)
        return np.asarray(levels[1])

    def _events(self) -> list[int]:
        """Levels of events."""
        return [int(np.searchsorted(self.times, left)) for left, _ in self.operator.events]


def march_plane(operator: PlaneOperator, times: Floats) -> PlaneMarch:
    """March a contract from its payoff over ``times`` (n + 1,) in years to expiry."""
    levels, start = np.empty((times.size, *operator.payoff.shape)), 0
    levels[0] = operator.payoff
    for left, happening in operator.events:
        stop = int(np.searchsorted(times, left))
        _fill(operator, times[start : stop + 1], DAMPING, levels[start : stop + 1])
        levels[stop] = happening(levels[stop])
        start = stop
    _fill(operator, times[start:], DAMPING, levels[start:])
    return PlaneMarch(operator, times, levels)


def _fill(operator: PlaneOperator, times: Floats, damping: int, levels: Floats) -> None:
    """Fill ``levels[1:]`` (n, m, w) from the values at the first of ``times`` (n + 1,)."""
    adi_march(operator.rows, operator.floor, times, operator.ends(times), damping, levels)
