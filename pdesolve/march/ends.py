"""Values at the first and the last row of a march, and beyond them.

A row ends at a barrier that is watched at every instant, where the contract is worth what a touch
leaves of it, or so far out that the outcome is as good as certain: then it is worth what is paid if
spot moves along its forward, exercised at the best time.
"""

import numpy as np
from numpy.typing import NDArray

from pdesolve.certain import best_exercise
from pdesolve.claim import Barrier, Paid
from pdesolve.contract import Right
from pdesolve.march.operator import Region
from pdesolve.march.problem import Problem
from pdesolve.march.rows import Rows

__all__ = ["beyond", "end_values"]

Floats = NDArray[np.float64]

# Shares of the time left at which exercise is tried where it has no formula.
TRIED = np.linspace(1.0, 0.0, 17)
BEFORE, AFTER = 1.0 + 1e-12, 1.0 - 1e-12  # a date of payment, of its time to expiry
INSIDE = np.array([1e-12, -1e-12])  # steps in log spot from a barrier to its living side
ROUNDING = 1e-13  # of an exercise value, below which a value is no more than it


def end_values(problem: Problem, rows: Rows, region: Region, left: Floats) -> Floats:
    """Values at the end rows, in the units of the rows.

    Parameters
    ----------
    problem : Problem
        What is valued.
    rows : Rows
        Of ``m`` nodes.
    region : Region
        Where exercise can pay.
    left : array
        Times to expiry in years.

    Returns
    -------
    array
        Of the first and the last row, of the shape of ``left`` with one more axis of length two.
    """
    ends = rows.places[[0, -1]]
    if _has_formula(problem):
        return _certain_put(problem, rows, region, ends, left)
    spots, units = rows.spots[[0, -1]], rows.units[[0, -1]]
    found = beyond(problem, spots, left.ravel()) / units
    if region is not Region.NOWHERE:
        # A barrier is met from the side on which exercise is still allowed.
        floor = rows.pieces(ends + INSIDE if problem.watched is not None else ends)
        if problem.escrowed:
            floor = problem.exercised(spots, left.ravel()[:, None]) / units
        found = np.where(found <= floor + ROUNDING * np.abs(floor), floor, found)
    return np.asarray(found.reshape(*left.shape, 2))


def beyond(problem: Problem, spots: Floats, left: Floats) -> Floats:
    """Values at spots (k,) outside the nodes and times to expiry (n,), (n, k), quote currency."""
    touched = problem.touched(spots)
    out = np.empty((left.size, spots.size))
    out[:, ~touched] = _certain(problem, spots[~touched], left)
    if problem.watched is not None and problem.alive is not None:
        out[:, touched] = _certain(problem.alive, spots[touched], left)
    elif problem.watched is not None:
        out[:, touched] = problem.rebate(left)[:, None]
    elif problem.claim.barrier is not None:
        out[:, touched] = _to_be_touched(problem, problem.claim.barrier, spots[touched], left)
    return out


def _has_formula(problem: Problem) -> bool:
    plain = problem.option is not None and problem.model.constant
    return plain and not problem.drops and not problem.escrowed and problem.model.jumps is None


def _certain_put(
    problem: Problem, rows: Rows, region: Region, ends: Floats, left: Floats
) -> Floats:
    """Value of a put of strike one, or of the mirror of a call, at the ends."""
    rate, dividend_yield = (
        float(curve.at(0.0)) for curve in (problem.model.rates, problem.model.yields)
    )
    call = problem.option is not None and problem.option.right is Right.CALL
    gain, loss = (dividend_yield, rate) if call else (rate, dividend_yield)
    place, at = np.broadcast_arrays(ends, left[..., None])
    if region is not Region.NOWHERE:
        one = np.ones(at.shape)
        at = best_exercise(np.exp(place), one, at, gain * one, loss * one, -one)
    worth = -np.exp(-gain * at) * np.expm1(place + (gain - loss) * at)
    return np.asarray(np.maximum(worth, 0.0))


def _certain(problem: Problem, spots: Floats, left: Floats) -> Floats:
    """Values if spot moves along its forward, exercised at the best time, (n, k).

    ``spots`` (k,) or (n, k), ``left`` (n,).
    """
    now, dates = left[:, None, None], _exercise_times(problem, left)[..., None]
    until = np.minimum(dates, now)
    reached = problem.forward(np.atleast_2d(spots)[:, None], now, until)
    paid = problem.discount(now, until) * problem.exercised(reached, until)
    return np.asarray(np.where(dates <= now, paid, -np.inf).max(axis=1))


def _exercise_times(problem: Problem, left: Floats) -> Floats:
    """Times to expiry at which exercise is tried, (n, c); those beyond ``left`` (n,) are past."""
    expiry = problem.claim.expiry
    if not problem.american:
        dates = expiry - np.array([expiry, *problem.claim.exercise_dates])
        return np.where(dates < left[:, None], dates, np.where(dates == 0.0, 0.0, np.inf))
    drops = np.array([expiry - each.time for each in problem.drops])
    paid = np.array([expiry - each.time for each in problem.escrowed])
    around = np.concatenate([drops, AFTER * drops, BEFORE * paid, paid])
    return np.hstack([left[:, None] * TRIED, np.broadcast_to(around, (left.size, around.size))])


def _to_be_touched(problem: Problem, barrier: Barrier, spots: Floats, left: Floats) -> Floats:
    """Values beyond a barrier that is looked at on dates: as good as touched on the next."""
    now = left[:, None]
    looks = problem.claim.expiry - np.array(barrier.dates)
    ahead = np.where(looks < now, looks, -1.0).max(axis=1, keepdims=True)
    to_come, then = ahead >= 0.0, np.maximum(ahead, 0.0)
    if problem.alive is None:
        pays = then if barrier.paid is Paid.AT_HIT else np.zeros(then.shape)
        worth = barrier.rebate * problem.discount(now, pays)
    else:
        reached = problem.forward(spots, now, then)
        worth = problem.discount(now, then) * _certain(problem.alive, reached, then[:, 0])
    return np.where(to_come, worth, _certain(problem, spots, left))
