"""Contract and Heston's model in; values at every spot and variance out."""

import math
from dataclasses import replace
from functools import partial

from pdesolve.claim import Claim, Knock, as_claim
from pdesolve.contract import Exercise, Option
from pdesolve.heston.events import dates_left
from pdesolve.heston.grid import REFINEMENT, heston_grid, heston_window
from pdesolve.heston.model import Heston
from pdesolve.heston.operator import heston_operator
from pdesolve.heston.surface import HestonSurface
from pdesolve.payoff import Payoff
from pdesolve.plane.grid import PlaneGrid
from pdesolve.plane.reading import marches_on

__all__ = ["solve_heston"]

REFINEMENTS = (2, 4, 8)  # of the grid, tried one after the other until a tolerance is met


def solve_heston(
    contract: Option | Claim,
    model: Heston,
    *,
    grid: PlaneGrid | None = None,
    tolerance: float | None = None,
) -> HestonSurface:
    """Value a contract at every spot, every variance and every time to its expiry.

    Marches

        dV/dtau = v S^2 / 2 V_SS + rho eta v S V_Sv + eta^2 v / 2 V_vv
                  + (r - q) S V_S + kappa (theta - v) V_v - r V,    tau time to expiry,

    from the payoff to today by the modified Craig-Sneyd scheme, which solves one direction at a
    time, on the grid and on the coarser ones of every second and fourth node and level, and
    extrapolates each two; what that changed is the estimated error.  At ``v = 0`` the equation
    itself holds, with one-sided differences, whether ``2 kappa theta >= eta**2`` (Feller) or not.
    Early exercise is paid for by a multiplier that is corrected in both stages of a step.

    Parameters
    ----------
    contract : Option or Claim
        What is valued: any payoff of straight pieces, European, American or Bermudan, to expiry or
        to a barrier, watched always or on dates.  A European contract that knocks in is the one
        without the barrier less one that knocks out.
    model : Heston
        Variance, rate and dividend yield.
    grid : PlaneGrid, optional
        Nodes and levels, all odd in number; dates are levels of a number divided by four.  European
        contracts without a barrier are marched on forwards: their spots are those of delivery at
        expiry.
    tolerance : float, optional
        Largest estimated error today at any spot and the initial variance, in quote currency.
        Cells and steps are doubled until it is met, from half of the default up to twice as many;
        `HestonSurface.converged` tells.

    Returns
    -------
    HestonSurface

    Raises
    ------
    ValueError
        If the grid does not end at the expiry or at the barriers, lacks a date, or is even in
        number; if a contract that knocks in may be exercised before expiry; or if the tolerance is
        not positive.

    References
    ----------
    In 't Hout and Foulon, "ADI finite difference schemes for option pricing in the Heston model
    with correlation", *Int. J. Numer. Anal. Model.* 7 (2010); Ikonen and Toivanen, "Operator
    splitting methods for pricing American options under stochastic volatility", *Numer. Math.* 113
    (2009).

    Examples
    --------
    BENCHOP problem 4:

    >>> from pdesolve import Option, Right
    >>> from pdesolve.formulas.heston_integral import SquareRootVariance
    >>> variance = SquareRootVariance(0.0225, 2.0, 0.0225, vol_of_vol=0.25, correlation=-0.5)
    >>> call = Option(Right.CALL, strike=100.0, expiry=1.0)
    >>> surface = solve_heston(call, Heston(variance, rate=0.03))
    >>> surface.value([90.0, 100.0, 110.0]).round(4)
    array([ 2.3025,  7.3798, 14.974 ])
    """
    claim = as_claim(contract)
    _refuse_unfit(claim, grid, tolerance)
    refinements = (REFINEMENT,) if grid is not None or tolerance is None else REFINEMENTS
    for refinement in refinements:
        surface = _surface_on(grid, claim, model, refinement)
        met = tolerance is None or surface.largest_error() <= tolerance
        if met:
            break
    return replace(surface, converged=met)


def _surface_on(
    grid: PlaneGrid | None, claim: Claim, model: Heston, refinement: int
) -> HestonSurface:
    """March a contract on a grid, by default one of a refinement, and on the coarser ones.

    Without life nothing is marched.  A knock-in is the whole less what it is until the touch.
    """
    whole, barrier = None, claim.barrier
    if barrier is not None and barrier.knock is Knock.IN:
        whole = _surface_on(None, replace(claim, barrier=None), model, refinement)
        out = replace(barrier, knock=Knock.OUT, rebate=0.0)
        unpaid = claim.payoff - Payoff.linear(barrier.rebate, 0.0)
        claim = replace(claim, payoff=unpaid, barrier=out)
    own = grid or heston_grid(claim, model, refinement)
    window = heston_window(claim, model, own)
    if whole is not None:
        (low, high), (least, most) = whole.window
        spots = max(low, window[0][0]), min(high, window[0][1])
        window = spots, (max(least, window[1][0]), min(most, window[1][1]))
    marches = None
    if claim.expiry > 0.0:
        marches = marches_on(own, partial(heston_operator, claim, model))
    return HestonSurface(claim, model, own, window, marches, whole)


def _refuse_unfit(claim: Claim, grid: PlaneGrid | None, tolerance: float | None) -> None:
    if tolerance is not None and not 0.0 < tolerance < math.inf:
        raise ValueError(f"tolerance must be positive and finite, got {tolerance}")
    barrier, early = claim.barrier, claim.exercise is Exercise.AMERICAN or claim.exercise_dates
    if barrier is not None and barrier.knock is Knock.IN and early:
        raise ValueError(
            "what knocks in must be European under Heston's model: only then is it worth the "
            "contract without the barrier less that which knocks out"
        )
    if grid is not None:
        _refuse_unfit_grid(claim, grid)


def _refuse_unfit_grid(claim: Claim, grid: PlaneGrid) -> None:
    if not math.isclose(grid.times[-1], claim.expiry, rel_tol=1e-12):
        raise ValueError(
            f"times of the grid must end at the expiry, {claim.expiry}, got {grid.times[-1]}"
        )
    for left in dates_left(claim):
        if left not in grid.times[::4]:
            raise ValueError(
                f"times of the grid must hold {left}, the time to expiry of a date, at a number "
                "divided by four"
            )
    if grid.others[0] != 0.0:
        raise ValueError(f"others of the grid must start at 0, got {grid.others[0]}")
    barrier = claim.barrier
    ends = barrier is not None and not barrier.dates
    levels = (barrier.lower, barrier.upper) if barrier is not None and ends else (None, None)
    for level, end in zip(levels, grid.spots[[0, -1]], strict=True):
        if level is not None and level != end:
            raise ValueError(f"spots of the grid must end at the barrier, {level}, got {end}")
