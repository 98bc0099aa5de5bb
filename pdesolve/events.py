"""What the values at the nodes become at a date: dividends, exercise, a look at the barrier."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.dividends import ex_spots
from pdesolve.problem import Event, Problem
from pdesolve.rows import Rows, smoothed_maximum

__all__ = ["Happening", "before_event"]

Floats = NDArray[np.float64]


class Happening(NamedTuple):
    """An event on the rows of a march.

    Attributes
    ----------
    event : Event
        What happens.
    problem : Problem
        To what.
    rows : Rows
        On what nodes.
    after : callable
        Value in quote currency at spots, just after the event.
    touched : callable
        Value in quote currency at spots at a barrier or beyond it, just before the event.
    """

    event: Event
    problem: Problem
    rows: Rows
    after: Callable[[Floats], Floats]
    touched: Callable[[Floats], Floats]


def before_event(happening: Happening, values: Floats) -> Floats:
    """Values at the nodes (m,) just before an event, from those just after, in units of the rows.

    Kinks and jumps that it makes are averaged over their cells, as those of a payoff.
    """
    event, problem, rows, after, touched = happening
    if event.dividends:
        values = after(ex_spots(event.dividends, rows.spots)[0]) / rows.units
    if event.exercise:
        floor = rows.payoff
        if problem.escrowed:
            whole = rows.spots + problem.escrow_before(np.array(event.left))
            floor = problem.claim.payoff.best(whole) / rows.units
        values = smoothed_maximum(rows.places, values, floor)
    if event.monitored:
        return _looked_at(happening, values)
    ends = problem.touched(rows.spots) if problem.watched is not None else np.zeros(1, dtype=bool)
    if ends.any():
        values = values.copy()
        values[ends] = touched(rows.spots[ends]) / rows.units[ends]
    return values


def _looked_at(happening: Happening, values: Floats) -> Floats:
    """Replace values beyond the barrier, with the average over a cell that it divides."""
    _, problem, rows, _, touched = happening
    places, barrier = rows.places, problem.claim.barrier
    gone = problem.touched(rows.spots)
    out = values.copy()
    out[gone] = touched(rows.spots[gone]) / rows.units[gone]
    middles = 0.5 * (places[1:] + places[:-1])
    assert barrier is not None
    for level in barrier.levels:
        wall = float(np.log(level / rows.scale))
        k = int(np.searchsorted(middles, wall))
        if 0 < k < middles.size:
            low, high = float(middles[k - 1]), float(middles[k])
            below, above = 0.5 * (low + wall), 0.5 * (wall + high)
            living, dead = (above, below) if level == barrier.lower else (below, above)
            alive = float(np.interp(living, places, values))
            lost = float(touched(np.array([rows.scale * np.exp(dead)]))[0]) / rows.scale
            share = 2.0 * abs(wall - living) / (high - low)
            out[k] = share * alive + (1.0 - share) * lost
    return out
