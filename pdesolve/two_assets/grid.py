"""Where the nodes of a contract on two assets lie."""

import math

import numpy as np
from numpy.typing import NDArray

from pdesolve.contract import Exercise
from pdesolve.grid import time_grid
from pdesolve.plane.grid import PlaneGrid, even_in_sinh
from pdesolve.plane.points import Window
from pdesolve.two_assets.contract import BasketOption
from pdesolve.two_assets.model import TwoAssets

__all__ = ["follows_forwards", "log_drifts", "placed", "two_asset_grid", "two_asset_window"]

Floats = NDArray[np.float64]

# Cells along each axis and steps to expiry at a refinement of one.  Early exercise is of an order
# between one and two in time, and takes more steps.
N_CELLS = 32
N_STEPS = {Exercise.EUROPEAN: 8, Exercise.AMERICAN: 16}
REFINEMENT = 4  # by default
STRETCH = 1.0  # deviations around the spots within which nodes are nearly even
# Deviations of each log spot to the ends of the window, at least a quarter up and down; and
# deviations from there to the ends of the nodes, where values are guessed.
WINDOW, LEAST_WINDOW, MARGIN = 2.5, math.log(1.25), 5.0
# Of nodes along an axis on which little or nothing moves, in the half width of the axis.
SMALLEST_SCALE = 0.1


def follows_forwards(contract: BasketOption) -> bool:
    """Whether nodes are forwards, and values not discounted: European contracts.

    Then nothing drifts, whatever the rates.
    """
    return contract.exercise is Exercise.EUROPEAN


def two_asset_window(
    contract: BasketOption, model: TwoAssets, spots: tuple[float, float]
) -> Window:
    """Spots of both assets around a pair that may be read."""
    half = [
        math.exp(max(WINDOW * vol * math.sqrt(contract.expiry), LEAST_WINDOW))
        for vol in model.volatilities
    ]
    first, second = ((spot / up, spot * up) for spot, up in zip(spots, half, strict=True))
    return first, second


def placed(
    contract: BasketOption, model: TwoAssets, spots: Floats, others: Floats, left: float
) -> Floats:
    """Coordinates (2, k) of spots (k,) of both assets with ``left`` years to expiry.

    The first spot, and ``ln S2 - slope ln S1``, which moves on its own; both as expected at expiry
    where nodes are forwards.
    """
    if not follows_forwards(contract):
        return np.stack([spots, np.log(others) - model.slope * np.log(spots)])
    first, second = model.growths(left)
    logs = np.log(second * others) - model.slope * np.log(first * spots)
    return np.stack([first * spots, logs + model.rest_drift * left])


def two_asset_grid(
    contract: BasketOption,
    model: TwoAssets,
    spots: tuple[float, float],
    refinement: int = REFINEMENT,
) -> PlaneGrid:
    """Nodes around a pair of spots, cells and steps in proportion to the refinement."""
    life = contract.expiry
    deviations = np.array([model.volatilities[0], model.rest]) * math.sqrt(life)
    first, second = (
        each.ravel() for each in np.meshgrid(*two_asset_window(contract, model, spots))
    )
    ends = np.concatenate(
        [placed(contract, model, first, second, left) for left in (0.0, life)], axis=1
    )
    centre = placed(contract, model, np.array(spots[:1]), np.array(spots[1:]), life)
    ends[0], centre[0] = np.log(ends[0]), np.log(centre[0])
    if not follows_forwards(contract):
        ends = np.concatenate([ends, ends + log_drifts(model)[:, None] * life], axis=1)
    axes = [
        _axis(float(middle[0]), row, float(deviation), N_CELLS * refinement)
        for middle, row, deviation in zip(centre, ends, deviations, strict=True)
    ]
    times = time_grid(life, N_STEPS[contract.exercise] * refinement)
    return PlaneGrid(np.exp(axes[0]), axes[1], times)


def log_drifts(model: TwoAssets) -> Floats:
    """Drifts of both coordinates, of the first in log spot, per year."""
    first, second = (model.rate - each for each in model.dividend_yields)
    return np.array([first, second - model.slope * first + model.rest_drift])


def _axis(centre: float, ends: Floats, deviation: float, n_cells: int) -> Floats:
    """Nodes along one axis around a centre, to a margin beyond all of ``ends``."""
    # The value of what grows with spot weighs outcomes one deviation squared further up.
    margin = (MARGIN + deviation) * deviation
    low, high = float(ends.min()) - margin, float(ends.max()) + margin
    scale = max(STRETCH * deviation, SMALLEST_SCALE * 0.5 * (high - low))
    return even_in_sinh(low, centre, high, scale, n_cells)
