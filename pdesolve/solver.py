"""Contract and model in; price surface out."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pdesolve.batch import Scheme
from pdesolve.contract import Option
from pdesolve.grid import N_STEPS, Grid, time_grid
from pdesolve.layout import exercisable, two_sided
from pdesolve.model import BlackScholes
from pdesolve.operator import alone, exercise_rates
from pdesolve.spot_grid import FURTHEST, N_CELLS, REACH, spot_grid
from pdesolve.surface import PriceSurface, surface_on

__all__ = ["solve"]

Floats = NDArray[np.float64]

# Grids tried one after the other until a tolerance is met, each of twice the cells and steps; by
# default from a quarter of the cells and steps.
REFINEMENTS = 5
FIRST_SHARE = 4
# Deviations by which the strike drifts over the life above which nodes gather where it arrives too.
STRONG_DRIFT = 2.0
# Under a strong drift, the distance in deviations between points at which nodes gather.
SPACING, MOST_POINTS = 4.0, 24
# Without volatility nothing is marched, and the nodes only say where the surface may be read.
SMALLEST_DEVIATION = 1e-6


def solve(
    option: Option,
    model: BlackScholes,
    *,
    grid: Grid | None = None,
    scheme: Scheme = Scheme.TR_BDF2,
    tolerance: float | None = None,
) -> PriceSurface:
    """Value a contract at every spot of a grid and every time to its expiry.

    Marches

        dV/dtau = sigma^2 S^2 / 2 V_SS + (r - q) S V_S - r V,    tau time to expiry,

    from the payoff to today in log spot, on the grid and on the coarser one of every second node
    and level, and extrapolates the two; their difference gives the estimated error.  Early exercise
    is solved exactly in every step, with the exercise boundary between nodes.  Each march is of
    second order in the largest cell and step.

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
    option : Option
        What is valued.
    model : BlackScholes
        Volatility, rate and dividend yield, all per year.
    grid : Grid, optional
        Nodes in quote currency and levels in years, both odd in number; the last level is the
        expiry.  The strike should be a node of even number, as `spot_grid` places it: elsewhere
        nothing is extrapolated.
    scheme : Scheme
        Time stepping.
    tolerance : float, optional
        Largest estimated error today at any spot of the grid, in quote currency.  Cells and steps
        are doubled until it is met, five times at most; `PriceSurface.converged` tells.

    Returns
    -------
    PriceSurface

    Raises
    ------
    ValueError
        If the strike is not between the ends of the grid, the grid does not end at the expiry or
        has an even number of nodes or levels, the tolerance is not positive, or an American
        contract has two exercise boundaries (a put with ``q < r < 0``, a call with ``r < q < 0``),
        which `solve_many` values.

    References
    ----------
    Brennan and Schwartz, *J. Finance* 32 (1977); Bank et al., *IEEE Trans. CAD* 4 (1985);
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
    _refuse_unfit(option, model, grid, tolerance)
    if tolerance is None:
        return surface_on(grid or default_grid(option, model), option, model, scheme)
    surface = surface_on(grid or default_grid(option, model, FIRST_SHARE), option, model, scheme)
    for _ in range(REFINEMENTS):
        if surface.marches is None or _largest_error(surface) <= tolerance:
            break
        surface = surface_on(surface.grid.finer(), option, model, scheme, surface.marches.fine)
    return replace(surface, converged=_largest_error(surface) <= tolerance)


def default_grid(option: Option, model: BlackScholes, share: int = 1) -> Grid:
    """Grid of `solve`, or with the ``share``-th part of its cells and steps."""
    deviation = max(model.volatility * math.sqrt(option.expiry), SMALLEST_DEVIATION)
    gain, loss = exercise_rates(option, model)
    drift = (gain - loss - 0.5 * model.volatility**2) * option.expiry
    early = bool(exercisable(alone(option, model))[0])
    points, spread = _gathering(drift, deviation, early)
    first, last = _range(
        drift, deviation, math.log(gain / loss) if early and 0 < gain < loss else 0.0
    )
    lowest, highest = sorted(option.strike * np.exp(-option.right * np.array([first, last])))
    spots = spot_grid(
        option.strike * np.exp(-option.right * points),
        spread,
        lowest=lowest,
        highest=highest,
        n_cells=N_CELLS // share,
    )
    return Grid(spots, time_grid(option.expiry, N_STEPS // share))


def _gathering(drift: float, deviation: float, early: bool) -> tuple[Floats, float]:
    """Places at which nodes gather, and how closely.

    From earlier the kink of the payoff, at place 0, is seen at minus the drift; under a strong one
    nodes gather along its way.  But if the drift leads away from exercise, the value of an American
    contract settles within a fraction of the deviation, and nodes gather at the strike more
    closely.
    """
    strength = abs(drift) / deviation
    if strength <= STRONG_DRIFT:
        return np.zeros(1), deviation
    if early and drift > 0.0:
        return np.zeros(1), deviation * STRONG_DRIFT / strength
    n_points = min(math.ceil(strength / SPACING) + 1, MOST_POINTS)
    return -drift * np.linspace(0.0, 1.0, n_points), deviation


def _range(drift: float, deviation: float, turn: float) -> tuple[float, float]:
    """Return the first and the last place of the nodes.

    Beyond them the outcome is as good as certain.  It is not around ``turn``, where exercise no
    longer pays, if the contract can come there at all.
    """
    reach = max(REACH * deviation, math.log(FURTHEST))
    first, last = min(-drift, 0.0) - reach, max(-drift, 0.0) + reach
    if turn > first - abs(drift) - REACH * deviation:
        first = min(first, turn - REACH * deviation)
    return first, last


def _refuse_unfit(
    option: Option, model: BlackScholes, grid: Grid | None, tolerance: float | None
) -> None:
    if tolerance is not None and not 0.0 < tolerance < math.inf:
        raise ValueError(f"tolerance must be positive and finite, got {tolerance}")
    if two_sided(alone(option, model))[0]:
        raise ValueError(
            "rate and dividend_yield must leave one exercise boundary, "
            f"got {model.rate} and {model.dividend_yield}, "
            f"for which early exercise of a {option.right.name.lower()} pays only between two; "
            "solve_many values it"
        )
    if grid is None:
        return
    if not grid.spots[0] < option.strike < grid.spots[-1]:
        raise ValueError(
            f"strike must lie between the ends of the grid, {grid.spots[0]} and "
            f"{grid.spots[-1]}, got {option.strike}"
        )
    if not math.isclose(grid.times[-1], option.expiry, rel_tol=1e-12):
        raise ValueError(
            f"times of the grid must end at the expiry, {option.expiry}, got {grid.times[-1]}"
        )


def _largest_error(surface: PriceSurface) -> float:
    """Largest estimated error today at any node, in quote currency."""
    return float(np.max(surface.error(surface.grid.spots)))
