"""Contract on two assets and their model in; values at all pairs of spots out."""

import math
from dataclasses import replace
from functools import partial

from pdesolve import arguments
from pdesolve.plane.grid import PlaneGrid
from pdesolve.plane.points import Window
from pdesolve.plane.reading import marches_on
from pdesolve.two_assets.contract import BasketOption
from pdesolve.two_assets.grid import two_asset_grid, two_asset_window
from pdesolve.two_assets.model import TwoAssets
from pdesolve.two_assets.operator import two_asset_operator
from pdesolve.two_assets.surface import TwoAssetSurface

__all__ = ["solve_two_assets"]

REFINEMENTS = (2, 4, 8)  # of the grid, tried one after the other until a tolerance is met


def solve_two_assets(
    contract: BasketOption,
    model: TwoAssets,
    spots: tuple[float, float],
    *,
    grid: PlaneGrid | None = None,
    tolerance: float | None = None,
) -> TwoAssetSurface:
    """Value a contract on two assets at all spots around a pair, and every time to its expiry.

    Marches

        dV/dtau = sigma1^2 S1^2 / 2 V_11 + rho sigma1 sigma2 S1 S2 V_12 + sigma2^2 S2^2 / 2 V_22
                  + (r - q1) S1 V_1 + (r - q2) S2 V_2 - r V,    tau time to expiry,

    from the payoff to today as `solve_heston` does, one direction at a time.  The coordinates are
    the first spot and ``ln S2 - (rho sigma2 / sigma1) ln S1``, which move on their own: there is no
    mixed derivative, and a correlation of 1 or -1 is nothing special.  The payoff is averaged over
    the cells in which it bends.

    Parameters
    ----------
    contract : BasketOption
        What is valued, as `spread_option` or `exchange_option` make it too.
    model : TwoAssets
        Volatilities, correlation, rate and yields.
    spots : pair of float
        ``S1`` and ``S2`` in quote currency, around which nodes gather.  The surface spans 2.5
        deviations, and at least a quarter, to either side.
    grid : PlaneGrid, optional
        Nodes and levels, all odd in number.  European contracts are marched on forwards: their
        nodes are those of delivery at expiry.
    tolerance : float, optional
        Largest estimated error today on the surface, in quote currency.  Cells and steps are
        doubled until it is met, from half of the default up to twice as many;
        `TwoAssetSurface.converged` tells.

    Returns
    -------
    TwoAssetSurface

    Raises
    ------
    ValueError
        If a spot or the tolerance is not positive, or the grid does not end at the expiry or is
        even in number.

    References
    ----------
    Pooley, Vetzal and Forsyth, *J. Comput. Finance* 6 (2003); Ikonen and Toivanen, *Numer. Math.*
    113 (2009).

    Examples
    --------
    BENCHOP problem 6:

    >>> from pdesolve.two_assets.contract import exchange_option
    >>> model = TwoAssets((0.15, 0.15), correlation=0.5, rate=0.03)
    >>> surface = solve_two_assets(exchange_option(1.0), model, (100.0, 100.0))
    >>> surface.value([100.0, 100.0, 90.0], [90.0, 100.0, 100.0]).round(3)
    array([12.022,  5.979,  2.022])
    """
    around = arguments.positive("spots", spots)
    if around.shape != (2,):
        raise ValueError(f"spots must be a pair, got {spots}")
    _refuse_unfit(contract, grid, tolerance)
    window = two_asset_window(contract, model, spots)
    if grid is not None or tolerance is None:
        nodes = grid or two_asset_grid(contract, model, spots)
        return _surface_on(nodes, window, contract, model, tolerance)
    for refinement in REFINEMENTS:
        nodes = two_asset_grid(contract, model, spots, refinement)
        surface = _surface_on(nodes, window, contract, model, tolerance)
        if surface.converged:
            break
    return surface


def _surface_on(
    grid: PlaneGrid,
    window: Window,
    contract: BasketOption,
    model: TwoAssets,
    tolerance: float | None,
) -> TwoAssetSurface:
    """March a contract on a grid and its coarser ones; without life nothing is marched."""
    if contract.expiry == 0.0:
        return TwoAssetSurface(contract, model, grid, window, None)
    marches = marches_on(grid, partial(two_asset_operator, contract, model))
    surface = TwoAssetSurface(contract, model, grid, window, marches)
    met = tolerance is None or surface.largest_error() <= tolerance
    return replace(surface, converged=met)


def _refuse_unfit(contract: BasketOption, grid: PlaneGrid | None, tolerance: float | None) -> None:
    if tolerance is not None and not 0.0 < tolerance < math.inf:
        raise ValueError(f"tolerance must be positive and finite, got {tolerance}")
    if grid is not None and not math.isclose(grid.times[-1], contract.expiry, rel_tol=1e-12):
        raise ValueError(
            f"times of the grid must end at the expiry, {contract.expiry}, got {grid.times[-1]}"
        )
