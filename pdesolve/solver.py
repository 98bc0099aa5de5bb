"""Contract and model in; price surface out."""

from dataclasses import replace
from typing import overload

import numpy as np

from pdesolve.batch.many import Scheme
from pdesolve.claim import Claim
from pdesolve.contract import Option
from pdesolve.grid import N_STEPS, Grid
from pdesolve.heston.model import Heston
from pdesolve.heston.solver import solve_heston
from pdesolve.heston.surface import HestonSurface
from pdesolve.march.default_grid import default_grid
from pdesolve.march.marched import March
from pdesolve.march.marching import march
from pdesolve.march.problem import Dividends, Problem, pose
from pdesolve.march.reading import Marches
from pdesolve.march.unfit import refuse_unfit, refuse_unfit_grid, refuse_unfit_range
from pdesolve.model import Model
from pdesolve.spot_nodes import N_CELLS
from pdesolve.surface import PriceSurface

__all__ = ["solve"]

# Grids tried one after the other until a tolerance is met, each of twice the cells and steps; by
# default from a quarter of the cells and steps.
REFINEMENTS = 5
FIRST_SHARE = 4


@overload
def solve(
    contract: Option | Claim, model: Heston, *, tolerance: float | None = None
) -> HestonSurface: ...
@overload
def solve(
    contract: Option | Claim,
    model: Model,
    *,
    dividends: Dividends = (),
    grid: Grid | None = None,
    between: tuple[float, float] | None = None,
    scheme: Scheme = Scheme.TR_BDF2,
    tolerance: float | None = None,
) -> PriceSurface: ...
def solve(
    contract: Option | Claim,
    model: Model | Heston,
    *,
    dividends: Dividends = (),
    grid: Grid | None = None,
    between: tuple[float, float] | None = None,
    scheme: Scheme = Scheme.TR_BDF2,
    tolerance: float | None = None,
) -> PriceSurface | HestonSurface:
    """Value a contract at every spot of a grid and every time to its expiry.

    Marches

        dV/dtau = sigma^2 S^2 / 2 V_SS + (r - q) S V_S - r V,    tau time to expiry,

    from the payoff to today in log spot, on the grid and on the coarser one of every second node
    and level, and extrapolates the two; their difference gives the estimated error.  Coefficients
    that depend on time enter a step by their means over it.  At dividends, dates of exercise and
    looks at a barrier the march stops, takes the values across, and starts again with short steps.
    Nodes end at barriers that are watched at every instant.  A knock-in is marched after what it
    becomes, whose values it has at the barrier.

    Early exercise is solved exactly in every step: for vanilla options in one substitution, with
    the exercise boundary between nodes; for all else, and where it pays between two boundaries, by
    policy iteration.  Each march is of second order in the largest cell and step.

    The defaults are chosen by measurement (`validation/american_references.py`).  The grid of 640
    cells and 112 steps, closest at the strike and at expiry, spans a factor of five and six
    deviations around the strike and where it drifts.  With a strike of 100 its largest error today
    over 200 contracts is 8e-6 in price and 3e-7 in delta by TR-BDF2, in some 3 ms a contract.
    Crank–Nicolson takes three quarters of the time and is as good before extrapolation, but rings
    at the exercise boundary: 2e-4 in price, 1e-3 in delta.  Under a drift of more than some twenty
    deviations cells are too wide for European contracts, as the estimated error says; `solve_many`
    follows the drift instead.

    Parameters
    ----------
    contract : Option or Claim
        What is valued.
    model : Model or Heston
        How the underlying moves: `BlackScholes`, `BlackScholesCurves`, or another.  Under `Heston`
        this is `solve_heston`, which takes a grid of its own.
    dividends : sequence of Dividend, or EscrowedDividends
        What the underlying pays on dates; those after the expiry do not matter.
    grid : Grid, optional
        Nodes in quote currency and levels in years, both odd in number; the last level is the
        expiry.  Dates of events must be levels of even number, as restarts of `time_grid` are, and
        barriers that are watched at every instant nodes of even number.  So should kinks be, as
        `spot_grid` places them: elsewhere nothing is extrapolated.
    between : tuple of float, optional
        The lowest and the highest spot that will be read, in quote currency, for a grid that goes
        on only as far as it must.  It serves lives that are short, or calm, beside a factor of
        five.
    scheme : Scheme
        Time stepping.
    tolerance : float, optional
        Largest estimated error today at any spot of the grid, or ``between`` two, in quote
        currency.  Cells and steps are doubled until it is met, five times at most;
        `PriceSurface.converged` tells.

    Returns
    -------
    PriceSurface, or HestonSurface under that model

    Raises
    ------
    ValueError
        If no kink or barrier is between the ends of the grid, the grid does not end at the expiry,
        has an even number of nodes or levels or lacks a date or a barrier, the tolerance is not
        positive, a dividend falls on the expiry, escrowed dividends meet a barrier, or a contract
        other than a vanilla option without dividends has no volatility.

    References
    ----------
    Brennan and Schwartz, *J. Finance* 32 (1977); Reisinger and Witte, *SIAM J. Sci. Comput.* 34
    (2012); Bank et al., *IEEE Trans. CAD* 4 (1985);
    Rannacher, *Numer. Math.* 43 (1984); Pooley, Vetzal and Forsyth, *J. Comput. Finance* 6 (2003);
    in 't Hout, arXiv:2401.13361 (2024), for the gamma of American options.

    Examples
    --------
    >>> from pdesolve import BlackScholes, Exercise, Option, Right, solve
    >>> put = Option(Right.PUT, strike=100.0, expiry=1.0, exercise=Exercise.AMERICAN)
    >>> surface = solve(put, BlackScholes(volatility=0.2, rate=0.05))
    >>> surface.value([90.0, 100.0, 110.0]).round(3), round(surface.delta(100.0, time=0.5), 3)
    (array([11.493,  6.09 ,  2.987]), -0.432)
    >>> round(surface.exercise_boundary(), 2)
    80.88
    """
    if isinstance(model, Heston):
        _refuse_beyond_heston(dividends, grid or between, scheme)
        return solve_heston(contract, model, tolerance=tolerance)
    problem = pose(contract, model, dividends)
    refuse_unfit(problem, grid, tolerance)
    refuse_unfit_range(grid, between)
    if grid is not None:
        refuse_unfit_grid(problem, grid)
    share = 1 if tolerance is None else FIRST_SHARE
    first = grid or default_grid(problem, N_CELLS // share, N_STEPS // share, between)
    if tolerance is None:
        return _surface_on(first, contract, problem, scheme)
    surface = _surface_on(first, contract, problem, scheme)
    for _ in range(REFINEMENTS):
        if surface.marches is None or _largest_error(surface, between) <= tolerance:
            break
        coarse = surface.marches.fine
        surface = _surface_on(surface.grid.finer(), contract, problem, scheme, coarse)
    return replace(surface, converged=_largest_error(surface, between) <= tolerance)


def _refuse_beyond_heston(
    dividends: Dividends, grid: Grid | tuple[float, float] | None, scheme: Scheme
) -> None:
    """Refuse what belongs to one dimension."""
    given = {
        "dividends": bool(dividends),
        "grid, or the spots between which it lies,": grid is not None,
        "scheme": scheme is not Scheme.TR_BDF2,
    }
    for name in (name for name, here in given.items() if here):
        raise ValueError(f"{name} must be left out under Heston's model; see solve_heston")


def _surface_on(
    grid: Grid,
    contract: Option | Claim,
    problem: Problem,
    scheme: Scheme,
    coarse: March | None = None,
) -> PriceSurface:
    """March a contract on a grid and on the coarser one, unless that is at hand.

    Without volatility or life nothing is marched.
    """
    if contract.expiry == 0.0 or problem.deviation == 0.0:
        return PriceSurface(contract, problem, grid, scheme, None)
    if coarse is None:
        coarse = march(problem, grid.coarser(), scheme)
    fine = march(problem, grid, scheme)
    return PriceSurface(contract, problem, grid, scheme, Marches(fine, coarse))


def _largest_error(surface: PriceSurface, between: tuple[float, float] | None) -> float:
    """Largest estimated error today at any node, or at those between two spots, quote currency."""
    spots = surface.grid.spots + surface.problem.escrow(np.array(surface.contract.expiry))
    return float(np.max(surface.error(spots if between is None else np.clip(spots, *between))))
