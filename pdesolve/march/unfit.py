"""What `solve` refuses: contracts, models, tolerances and grids that do not fit together."""

import math

import numpy as np

from pdesolve.grid import Grid
from pdesolve.march.problem import Problem

__all__ = ["refuse_unfit", "refuse_unfit_grid", "refuse_unfit_range"]


def refuse_unfit(problem: Problem, grid: Grid | None, tolerance: float | None) -> None:
    """Refuse a contract and model that cannot be marched, and a tolerance that is none."""
    if tolerance is not None and not 0.0 < tolerance < math.inf:
        raise ValueError(f"tolerance must be positive and finite, got {tolerance}")
    if problem.jumps_in and problem.rebate(np.zeros(1))[0] != 0.0:
        raise ValueError(
            "rebate of a knock-in must be 0 where spot jumps: what is paid if it is never touched "
            "is worth as much as no_touch, apart"
        )
    if problem.claim.expiry > 0.0 and problem.deviation == 0.0 and not _has_certain_value(problem):
        raise ValueError(
            "volatility must be positive, got 0: without it only vanilla options without "
            "dividends are valued"
        )
    if grid is None and not problem.levels:
        raise ValueError(
            "grid must be given for a payoff without kinks or barriers: nothing else says where "
            "spots are"
        )


def refuse_unfit_grid(problem: Problem, grid: Grid) -> None:
    """Refuse a grid that does not hold what a contract and its model need."""
    expiry, (low, high) = problem.claim.expiry, grid.spots[[0, -1]].tolist()
    if problem.levels and not any(low <= level <= high for level in problem.levels):
        name = "strike" if problem.option is not None else "one of kinks and barriers"
        raise ValueError(
            f"{name} must lie between the ends of the grid, {low} and {high}, "
            f"got {', '.join(str(level) for level in problem.levels)}"
        )
    if not math.isclose(grid.times[-1], expiry, rel_tol=1e-12):
        raise ValueError(
            f"times of the grid must end at the expiry, {expiry}, got {grid.times[-1]}"
        )
    _refuse_misplaced(problem, grid, (low, high))
    jumps, longest = problem.jumps, float(np.diff(grid.times[::2]).max(initial=0.0))
    if jumps is not None and jumps.intensity * longest > 1.0:
        raise ValueError(
            f"every second level of the grid must be less than {1.0 / jumps.intensity} years from "
            f"the next, in which one jump is expected, got {longest}"
        )


def refuse_unfit_range(grid: Grid | None, between: tuple[float, float] | None) -> None:
    """Refuse a range of spots that is none, or that a grid leaves nothing to say."""
    if between is None:
        return
    if grid is not None:
        raise ValueError(
            "between must be left out where a grid is given, which has ends of its own"
        )
    low, high = between
    if not 0.0 < low <= high < math.inf:
        raise ValueError(
            f"between must be two spots, positive, finite and in order, got {low} and {high}"
        )


def _has_certain_value(problem: Problem) -> bool:
    """Whether a contract is valued without volatility."""
    pays = problem.drops or problem.escrowed
    model = problem.model
    return problem.option is not None and model.constant and model.jumps is None and not pays


def _refuse_misplaced(problem: Problem, grid: Grid, ends: tuple[float, float]) -> None:
    """Refuse a grid whose even levels lack an event, or even nodes a barrier."""
    for left in problem.dates():
        if left not in grid.times[::2]:
            raise ValueError(
                f"times of the grid must hold {left}, the time to expiry of an event, at an even "
                "number: give its date to time_grid as a restart"
            )
    barrier = problem.watched
    for level in () if barrier is None else barrier.levels:
        if ends[0] <= level <= ends[1] and level not in grid.spots[::2]:
            raise ValueError(f"spots of the grid must hold the barrier, {level}, at an even number")
