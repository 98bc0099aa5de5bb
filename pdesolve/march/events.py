"""What the values at the nodes become at a date: dividends, exercise, a look at the barrier."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.dividends import ex_spots, shortfalls
from pdesolve.march.problem import Event, Problem
from pdesolve.march.rows import Rows, share_of_cell, smoothed_maximum

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
    event, problem, rows, _, touched = happening
    if event.dividends:
        values = _paid(happening, rows.spots) / rows.units
        for spot in shortfalls(event.dividends):
            _average(happening, float(rows.places_of(np.array(spot))), values)
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


def _paid(happening: Happening, spots: Floats) -> Floats:
    """Value at spots (k,) just before dividends, in quote currency."""
    return happening.after(ex_spots(happening.event.dividends, spots)[0])


def _average(happening: Happening, wall: float, values: Floats) -> None:
    """Replace a value (m,) by the average of the two sides of a wall that divides its cell."""
    rows = happening.rows
    cells = [share_of_cell(rows.places, wall, below=below) for below in (True, False)]
    k = cells[0][0]
    if 0 < k < rows.places.size - 1:
        spots = rows.spots_at(np.array([middle for _, _, middle in cells]))
        sides = _paid(happening, spots) / rows.units_of(spots)
        values[k] = sum(share * side for (_, share, _), side in zip(cells, sides, strict=True))


def _looked_at(happening: Happening, values: Floats) -> Floats:
    """Replace values beyond the barrier, with the average over a cell that it divides."""
    _, problem, rows, _, touched = happening
    places, barrier = rows.places, problem.claim.barrier
    gone = problem.touched(rows.spots)
    out = values.copy()
    out[gone] = touched(rows.spots[gone]) / rows.units[gone]
    assert barrier is not None
    for level in barrier.levels:
        wall, lives_below = float(np.log(level / rows.scale)), level == barrier.upper
        k, share, living = share_of_cell(places, wall, below=lives_below)
        dead = share_of_cell(places, wall, below=not lives_below)[2]
        if 0 < k < places.size - 1:
            alive = float(np.interp(living, places, values))
            lost = float(touched(np.array([rows.scale * np.exp(dead)]))[0]) / rows.scale
            out[k] = share * alive + (1.0 - share) * lost
    return out
