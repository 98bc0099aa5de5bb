"""What the values on a plane become at a date: exercise, and a look at the barrier."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pdesolve.claim import Barrier, Claim, Paid
from pdesolve.heston.model import Heston
from pdesolve.march.rows import share_of_cell, smoothed_maximum

__all__ = ["dates_left", "heston_events", "looked_at", "rebate"]

Floats = NDArray[np.float64]
Happening = Callable[[Floats], Floats]


def dates_left(claim: Claim) -> tuple[float, ...]:
    """Times to expiry of the dates before it, ascending."""
    looks = () if claim.barrier is None else claim.barrier.dates
    return tuple(sorted({*_left(claim, claim.exercise_dates), *_left(claim, looks)} - {0.0}))


def heston_events(
    claim: Claim, model: Heston, spots: Floats
) -> tuple[tuple[float, Happening], ...]:
    """Return, by time to expiry, what takes values (m, w) on ``spots`` (m,) across each date."""
    return tuple((left, partial(_before, claim, model, spots, left)) for left in dates_left(claim))


def looked_at(claim: Claim, model: Heston, spots: Floats, left: float, values: Floats) -> Floats:
    """Values (m, w) before a look at the barrier: beyond it what a touch leaves.

    A cell that the barrier divides has the average of its two sides.
    """
    barrier = claim.barrier
    if barrier is None or left not in _left(claim, barrier.dates):
        return values
    out, lost = values.copy(), float(rebate(barrier, model, np.array(left)))
    out[barrier.touched(spots)] = lost
    places = np.log(spots)
    for level in barrier.levels:
        k, share, alive = share_of_cell(places, float(np.log(level)), below=level == barrier.upper)
        if 0 < k < places.size - 1:
            i = int(np.searchsorted(places, alive)) - 1
            t = (alive - places[i]) / (places[i + 1] - places[i])
            between = (1.0 - t) * values[i] + t * values[i + 1]
            out[k] = share * between + (1.0 - share) * lost
    return out


def rebate(barrier: Barrier, model: Heston, left: Floats) -> Floats:
    """Value of what a touch pays, with ``left`` years to expiry."""
    late = barrier.paid is Paid.AT_EXPIRY
    return np.asarray(barrier.rebate * np.exp(-model.rate * left * late))


def _left(claim: Claim, dates: tuple[float, ...]) -> list[float]:
    """Times to expiry of dates."""
    return [claim.expiry - date for date in dates]


def _before(claim: Claim, model: Heston, spots: Floats, left: float, values: Floats) -> Floats:
    """Values (m, w) just before a date, from those just after."""
    if left in _left(claim, claim.exercise_dates):
        places, floor = np.log(spots), claim.payoff.best(spots)
        values = np.stack([smoothed_maximum(places, row, floor) for row in values.T], axis=1)
    return looked_at(claim, model, spots, left, values)
