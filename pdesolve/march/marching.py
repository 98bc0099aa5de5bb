"""The march of a contract on one grid, from its payoff to today and from date to date."""

import numpy as np
from numpy.typing import NDArray

from pdesolve.batch.many import Scheme
from pdesolve.grid import Grid
from pdesolve.march.events import before_event
from pdesolve.march.marched import March
from pdesolve.march.operator import exercise_region, operator_over
from pdesolve.march.problem import Event, Problem
from pdesolve.march.rows import lay_rows, smoothed_payoff

__all__ = ["march"]

Floats = NDArray[np.float64]


def march(problem: Problem, grid: Grid, scheme: Scheme) -> March:
    """March a contract with volatility from its payoff to today.

    Parameters
    ----------
    problem : Problem
        What is valued, and how.
    grid : Grid
        ``m`` spots and ``n + 1`` times, all events among them.
    scheme : Scheme
        Time stepping.

    Returns
    -------
    March
    """
    if problem.alive is None:
        return _marched(problem, grid, scheme, None, 1)
    alive = _marched(problem.alive, grid, scheme, None, grid.times.size - 1)
    return _marched(problem, grid, scheme, alive, 1)


def _marched(
    problem: Problem, grid: Grid, scheme: Scheme, alive: March | None, n_stages: int
) -> March:
    """March from event to event, keeping the values midway of the last ``n_stages`` steps."""
    rows = lay_rows(problem, _alive_spots(problem, grid.spots))
    times, m = grid.times, rows.spots.size
    now, constant = problem.claim.expiry - times, None
    starts, stops = now[1:], now[:-1]
    if problem.model.constant:
        starts, stops = now[-1:], now[:1]
    region = exercise_region(problem, starts, stops)
    if problem.model.constant:
        constant = operator_over(problem, rows, region, starts, stops)
    law = problem.jumps
    jumps = None if law is None else law.weights(rows.places)
    levels, stages = np.empty((times.size, m)), np.empty((n_stages, m))
    marched = March(
        problem, rows, region, constant, jumps, scheme, times, levels, stages, {}, alive
    )
    levels[0] = _first_level(marched)
    start = 0
    for event in (*problem.events, None):
        stop = times.size - 1 if event is None else int(np.searchsorted(times, event.left))
        own = stages[start:stop] if n_stages > 1 else stages
        if stop > start:
            marched.fill(start, times[start : stop + 1], own, levels[start : stop + 1])
        if event is not None:
            marched.arrivals[stop] = levels[stop].copy()
            levels[stop] = before_event(marched.happening(event), levels[stop])
        start = stop
    return marched


def _first_level(marched: March) -> Floats:
    """Return the payoff at the nodes, and a look at the barrier if there is one at expiry."""
    problem, rows = marched.problem, marched.rows
    payoff = smoothed_payoff(rows.places, rows.pieces)
    if marched.alive is not None and problem.jumps_in:
        payoff = marched.beyond_barrier(marched.alive.levels[0], payoff)
    barrier = problem.claim.barrier
    if barrier is None or problem.claim.expiry not in barrier.dates:
        return payoff
    marched.levels[0] = payoff
    return before_event(marched.happening(Event(0.0, (), False, True)), payoff)


def _alive_spots(problem: Problem, spots: Floats) -> Floats:
    """Return the nodes between the barriers if they are watched at every instant.

    All of them where jumps lead past a barrier to what is alive there.
    """
    barrier = problem.watched
    if barrier is None or problem.jumps_in:
        return spots
    lower = 0.0 if barrier.lower is None else barrier.lower
    upper = np.inf if barrier.upper is None else barrier.upper
    return spots[(spots >= lower) & (spots <= upper)].copy()
