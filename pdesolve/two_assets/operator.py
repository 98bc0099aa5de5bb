"""A contract on two assets and their model on the nodes of a plane."""

import numpy as np
from numpy.typing import NDArray

from pdesolve.contract import Exercise
from pdesolve.kernels.stencil import first_derivative, second_derivative
from pdesolve.plane.grid import PlaneGrid
from pdesolve.plane.operator import PlaneOperator, across_rows, rate_rows, spot_weights
from pdesolve.two_assets.contract import BasketOption
from pdesolve.two_assets.grid import follows_forwards, log_drifts
from pdesolve.two_assets.model import TwoAssets

__all__ = ["averaged_payoff", "two_asset_operator"]

Floats = NDArray[np.float64]

N_POINTS = 8  # of Gauss and Legendre, per cell in which the payoff bends


def two_asset_operator(contract: BasketOption, model: TwoAssets, grid: PlaneGrid) -> PlaneOperator:
    """Put a contract and a model on the nodes of a plane.

    With ``y = ln S2 - b ln S1`` and ``b = rho sigma2 / sigma1``, the two coordinates move on their
    own, and the equation has no mixed derivative:

        dV/dtau = sigma1^2 S1^2 / 2 V_11 + (r - q1) S1 V_1 - r V
                  + (1 - rho^2) sigma2^2 / 2 V_yy + m V_y,
        m = r - q2 - b (r - q1) - sigma2^2 / 2 + rho sigma1 sigma2 / 2.

    Where nodes are forwards, nothing but the two second derivatives is left.  At all ends the
    payoff stays.
    """
    still, heights = follows_forwards(contract), grid.others
    derivative, bends = np.zeros((3, heights.size)), np.zeros((3, heights.size))
    first_derivative(heights, derivative)
    second_derivative(heights, bends)
    drifts = np.zeros(2) if still else log_drifts(model)
    bands = 0.5 * model.rest**2 * bends + drifts[1] * derivative
    half = np.full(heights.size, 0.5 * model.volatilities[0] ** 2)
    decay = 0.0 if still else model.rate
    rates = rate_rows(half, drifts[0], np.zeros(heights.size), decay)
    rates[:, [0, -1]] = 0.0
    payoff = averaged_payoff(contract, model.slope, grid.spots, heights)
    floor = np.full(payoff.shape, -np.inf)
    if contract.exercise is Exercise.AMERICAN:
        others = np.exp(heights + model.slope * np.log(grid.spots)[:, None])
        floor = contract.payoff(grid.spots[:, None], others)
    rows = spot_weights(grid.spots), rates, across_rows(derivative, bands, 0.0)
    return PlaneOperator(rows, payoff, floor, _still)


def _still(times: Floats) -> Floats:
    """Ends whose values do not change."""
    return np.zeros((times.size, 2))


def averaged_payoff(contract: BasketOption, slope: float, spots: Floats, heights: Floats) -> Floats:
    """Payoff (m, w) at ``S1`` and ``S2 = exp(y) S1**slope``, averaged over cells where it bends.

    The cell of a node ends midway to its neighbours in ``ln S1`` and ``y``.  The average along the
    second axis is exact, that along the first by Gauss and Legendre.
    """
    logs, sign = np.log(spots), float(contract.right)
    payoff = contract.payoff(spots[:, None], np.exp(heights + slope * logs[:, None]))
    along, across = _cell_ends(logs), _cell_ends(heights)
    first, second = contract.weights
    worth = first * np.exp(along)[:, None] + second * np.exp(across + slope * along[:, None])
    inside = (worth > contract.strike).astype(np.int64)
    corners = inside[1:, 1:] + inside[:-1, 1:] + inside[1:, :-1] + inside[:-1, :-1]
    i, j = np.nonzero((corners > 0) & (corners < 4))
    points, shares = np.polynomial.legendre.leggauss(N_POINTS)
    low, high = across[j, None], across[j + 1, None]
    places = along[i, None] + 0.5 * (along[i + 1, None] - along[i, None]) * (1.0 + points)
    paid = contract.strike - first * np.exp(places)
    unit = second * np.exp(slope * places)
    with np.errstate(divide="ignore"):
        bend = np.clip(np.log(np.maximum(paid / unit, 0.0)), low, high)
    start, stop = (bend, high) if sign * second > 0.0 else (low, bend)
    sums = sign * (unit * (np.exp(stop) - np.exp(start)) - paid * (stop - start))
    payoff[i, j] = 0.5 * (sums @ shares) / (high - low)[:, 0]
    return payoff


def _cell_ends(logs: Floats) -> Floats:
    """Where the cells of nodes (m,) end, (m + 1,); the outer cells end at their node."""
    return np.concatenate([logs[:1], 0.5 * (logs[1:] + logs[:-1]), logs[-1:]])
