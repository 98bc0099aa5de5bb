"""A contract marched on one grid, and its dense output in time."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.batch import Scheme
from pdesolve.contract import Option
from pdesolve.grid import Grid
from pdesolve.kernels.march import ALPHA, FLOOR, ROOM, crank_nicolson, tr_bdf2
from pdesolve.model import BlackScholes
from pdesolve.operator import Operator, black_scholes_operator, edges, smoothed_payoff

__all__ = ["Column", "March", "march"]

Floats = NDArray[np.float64]

# Steps of Crank–Nicolson taken as two implicit half steps.  The first steps of graded levels are so
# short that fewer leave gamma ringing at the strike.
DAMPING_STEPS = 6


class Column(NamedTuple):
    """Values at the nodes at one time, in the units of an `Operator`, and the first free row.

    Rows run away from exercise; those before ``free`` are exercised.
    """

    values: Floats
    free: int


@dataclass(frozen=True, slots=True, eq=False)
class March:
    """The values of a contract on every node and level of one grid.

    Attributes
    ----------
    operator : Operator
        The rows that were marched.
    scheme : Scheme
        Time stepping.
    times : (n + 1,) array
        Years to expiry.
    levels : (n + 1, m) array
        Values in the units of the operator; row 0 is the payoff.
    """

    operator: Operator
    scheme: Scheme
    times: Floats
    levels: Floats

    def column(self, left: float) -> Column:
        """Return the values at the nodes with ``left`` years to expiry, above 0.

        A time between levels is reached by a step of its own from the level before.  It keeps the
        exercise boundary in its place, which a polynomial in time through the levels does not.
        """
        j = int(np.searchsorted(self.times, left))
        values = self.levels[j] if left == self.times[j] else self._stepped(j - 1, left)
        free = np.flatnonzero(values > self.operator.bound[FLOOR])
        return Column(values, int(free[0]) if free.size else values.size)

    def boundary(self, left: float) -> float:
        """Return the place of the exercise boundary with ``left`` years to expiry; NaN if none.

        Inside its cell, from the height of the first free row above the floor, which is ``ROOM``
        times the square of its distance from the boundary in cells.
        """
        values, free = self.column(left)
        places, bound = self.operator.places, self.operator.bound
        if not 0 < free < values.size:
            return np.nan
        room = max(float(bound[ROOM, free]), 0.0)
        height = min(float(values[free] - bound[FLOOR, free]), room)
        cells = math.sqrt(height / room) if room > 0.0 else 1.0
        return float(places[free] - cells * (places[free] - places[free - 1]))

    def _stepped(self, start: int, left: float) -> Floats:
        """Return the values at ``left``, one step beyond level ``start``."""
        levels = np.empty((2, self.operator.places.size))
        levels[0] = self.levels[start]
        damping = max(DAMPING_STEPS - start, 0)
        _fill(self.operator, self.scheme, np.array([self.times[start], left]), damping, levels)
        after: Floats = levels[1]
        return after


def march(option: Option, model: BlackScholes, grid: Grid, scheme: Scheme) -> March:
    """March a contract with volatility from its payoff to today.

    Parameters
    ----------
    option, model
        What is valued, and how.
    grid : Grid
        ``m`` spots and ``n + 1`` times.
    scheme : Scheme
        Time stepping.

    Returns
    -------
    March
    """
    rows = black_scholes_operator(option, model, grid.spots)
    levels = np.empty((grid.times.size, grid.spots.size))
    levels[0] = smoothed_payoff(rows.places)
    _fill(rows, scheme, grid.times, DAMPING_STEPS, levels)
    return March(rows, scheme, grid.times, levels)


def _fill(rows: Operator, scheme: Scheme, times: Floats, damping: int, levels: Floats) -> None:
    """March from ``levels[0]`` over all ``times``."""
    share = 0.5 if scheme is Scheme.CRANK_NICOLSON else ALPHA
    steps = np.diff(times)
    ends = edges(rows, times[:-1, None] + np.stack([share * steps, steps], axis=1))
    if scheme is Scheme.CRANK_NICOLSON:
        crank_nicolson(rows.bands, rows.bound, times, ends, damping, levels)
    else:
        tr_bdf2(rows.bands, rows.bound, times, ends, levels)
