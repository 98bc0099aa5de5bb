"""A contract and Heston's model on the nodes of a plane."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pdesolve.claim import Barrier, Claim
from pdesolve.contract import Exercise
from pdesolve.heston.events import heston_events, looked_at, rebate
from pdesolve.heston.grid import follows_forward
from pdesolve.heston.model import Heston
from pdesolve.kernels.stencil import first_derivative
from pdesolve.march.rows import Pieces, smoothed_payoff
from pdesolve.plane.grid import PlaneGrid
from pdesolve.plane.operator import (
    PlaneOperator,
    across_rows,
    rate_rows,
    spot_weights,
    variance_bands,
)

__all__ = ["heston_operator"]

Floats = NDArray[np.float64]


def heston_operator(claim: Claim, model: Heston, grid: PlaneGrid) -> PlaneOperator:
    """Put a contract and a model on the nodes of a plane.

        dV/dtau = v S^2 / 2 V_SS + rho eta v S V_Sv + eta^2 v / 2 V_vv
                  + (r - q) S V_S + kappa (theta - v) V_v - r V

    Where nodes are forwards, ``r`` and ``q`` are zero.
    """
    numbers, variances = model.numbers, grid.others
    drifts = not follows_forward(claim)
    derivative = np.zeros((3, variances.size))
    first_derivative(variances, derivative)
    inflow = numbers.speed * numbers.level
    bands, third = variance_bands(variances, numbers.speed, inflow, numbers.vol_of_vol)
    mixed = numbers.correlation * numbers.vol_of_vol * variances
    drift, decay = (model.rate - model.dividend_yield, model.rate) if drifts else (0.0, 0.0)
    rates = rate_rows(0.5 * variances, drift, mixed, decay)
    rows = spot_weights(grid.spots), rates, across_rows(derivative, bands, third)
    ends = partial(_end_values, claim, model, grid.spots[[0, -1]])
    kinks, pays = np.log(claim.payoff.kinks), claim.payoff
    payoff = smoothed_payoff(np.log(grid.spots), Pieces(kinks, pays.intercepts, pays.slopes))
    if claim.barrier is not None and not claim.barrier.dates:
        payoff[[0, -1]] = ends(np.zeros(1))[0]
    payoff = looked_at(claim, model, grid.spots, 0.0, payoff[:, None])
    floor = np.full(grid.spots.size, -np.inf)
    if claim.exercise is Exercise.AMERICAN:
        floor = claim.payoff(grid.spots)
    shape = grid.spots.size, variances.size
    return PlaneOperator(
        rows,
        np.broadcast_to(payoff, shape).copy(),
        np.broadcast_to(floor[:, None], shape).copy(),
        ends if drifts else _still,
        heston_events(claim, model, grid.spots),
    )


def _still(times: Floats) -> Floats:
    """Ends whose values do not change."""
    return np.zeros((times.size, 2))


def _end_values(claim: Claim, model: Heston, ends: Floats, times: Floats) -> Floats:
    """Values (n, 2) at the lowest and the highest spot, with ``times`` (n,) years to expiry.

    At a barrier the rebate; elsewhere the payoff of the outer piece, which is as good as certain,
    unless a look at the barrier comes before.  What may be exercised is so at the best time.
    """
    early, barrier = claim.exercise is Exercise.AMERICAN, claim.barrier
    values = np.empty((times.size, 2))
    levels = (None, None) if barrier is None else (barrier.lower, barrier.upper)
    for column, (spot, level) in enumerate(zip(ends, levels, strict=True)):
        cash, asset = claim.payoff.intercepts[-column], claim.payoff.slopes[-column] * spot
        if barrier is None or level is None:
            values[:, column] = _certain(claim, (cash, asset), model, times)
        elif barrier.dates:
            values[:, column] = _until_look(claim, barrier, (cash, asset), model, times)
        else:
            values[:, column] = rebate(barrier, model, times)
    return np.maximum(values, claim.payoff(ends)) if early else values


def _until_look(
    claim: Claim, barrier: Barrier, paid: tuple[float, float], model: Heston, times: Floats
) -> Floats:
    """Value of cash and assets beyond a barrier that is looked at on dates."""
    ahead = [claim.expiry - date for date in barrier.dates if claim.expiry - date <= times[0]]
    if not ahead:
        return _certain(claim, paid, model, times)
    lost = rebate(barrier, model, np.array(max(ahead))) * np.exp(-model.rate * (times - max(ahead)))
    return np.maximum(lost, _certain(claim, paid, model, times, after=max(ahead)))


def _certain(
    claim: Claim, paid: tuple[float, float], model: Heston, times: Floats, after: float = -1.0
) -> Floats:
    """Value of cash and assets at expiry, or at the best time before.

    With more than ``after`` years to expiry only, if any; minus infinity where there is no time.
    """
    cash, asset = paid

    def worth(at: Floats) -> Floats:
        grown = asset * np.exp(-model.dividend_yield * at)
        return np.asarray(cash * np.exp(-model.rate * at) + grown)

    if claim.exercise is not Exercise.AMERICAN:
        dates = [0.0, *(claim.expiry - date for date in claim.exercise_dates)]
        dated = [worth(times - left) for left in dates if after < left <= times[0]]
        return np.asarray(np.max([np.full(times.size, -np.inf), *dated], axis=0))
    lives = times - max(after, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.log(np.float64(-model.rate * cash) / (model.dividend_yield * asset))
        turn /= model.rate - model.dividend_yield
    best = np.clip(np.nan_to_num(turn, nan=0.0), 0.0, lives)
    choices = np.stack([worth(lives), worth(np.zeros(times.size)), worth(best)])
    return np.asarray(choices.max(axis=0))
