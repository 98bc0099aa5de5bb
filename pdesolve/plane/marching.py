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
        Values in quote currency; level 0 is the payoff.
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
        times, start = np.array([self.times[j - 1], left]), self.levels[j - 1]
        return np.asarray(_marched(self.operator, times, DAMPING - j + 1, start)[1])


def march_plane(operator: PlaneOperator, times: Floats) -> PlaneMarch:
    """March a contract from its payoff over ``times`` (n + 1,) in years to expiry."""
    return PlaneMarch(operator, times, _marched(operator, times, DAMPING, operator.payoff))


def _marched(operator: PlaneOperator, times: Floats, damping: int, start: Floats) -> Floats:
    """Levels (n + 1, m, w) from the values at the first of ``times``."""
    levels = np.empty((times.size, *start.shape))
    levels[0] = start
    adi_march(operator.rows, operator.floor, times, operator.ends(times), damping, levels)
    return levels
