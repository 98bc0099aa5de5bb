"""The grid that a contract is solved on unless one is given."""

import math

import numpy as np
from numpy.typing import NDArray

from pdesolve.grid import N_STEPS, Grid, time_grid
from pdesolve.march.operator import Region, exercise_rates, exercise_region
from pdesolve.march.problem import Problem
from pdesolve.spot_nodes import FURTHEST, N_CELLS, REACH, apart, spot_grid

__all__ = ["default_grid"]

Floats = NDArray[np.float64]

# Deviations by which the strike drifts over the life above which nodes gather where it arrives too.
STRONG_DRIFT = 2.0
# Under a strong drift, the distance in deviations between points at which nodes gather.
SPACING, MOST_POINTS = 4.0, 24
# Without volatility nothing is marched, and the nodes only say where the surface may be read.
SMALLEST_DEVIATION = 1e-6


def default_grid(
    problem: Problem,
    n_cells: int = N_CELLS,
    n_steps: int = N_STEPS,
    between: tuple[float, float] | None = None,
) -> Grid:
    """Grid of `solve`, or one of the same shape with other numbers of cells and steps.

    Parameters
    ----------
    problem : Problem
        What is valued.
    n_cells, n_steps : int
        Even; dates may add to the steps.
    between : tuple of float, optional
        The lowest and the highest spot that will be read, in quote currency.  Then the grid goes
        on only as far as what is left out cannot matter there.

    Returns
    -------
    Grid
    """
    expiry = problem.claim.expiry
    deviation = max(problem.deviation, SMALLEST_DEVIATION)
    sign = -1.0 if problem.mirrored else 1.0
    gain, loss = _totals(problem)
    drift = _drift(problem, deviation, gain - loss)
    early, turn = _turn(problem, gain, loss)
    points, spread = _gathering(drift, deviation, early)
    first, last = _range(drift, deviation, turn, math.log(FURTHEST) if between is None else 0.0)
    further = _further(problem, deviation)
    away = np.exp(sign * np.array([first - further, last + further]))
    levels, (lowest, highest) = _levels_and_ends(problem, away, between)
    along = np.outer(levels, np.exp(sign * points)).ravel()
    along = along[(along > lowest) & (along < highest)]
    marks = np.concatenate([levels, along])
    nodes = apart(marks, spread, lowest=lowest, highest=highest, n_cells=n_cells)
    spots = spot_grid(nodes, spread, lowest=lowest, highest=highest, n_cells=n_cells)
    restarts = [date for date in problem.model.dates if date < expiry]
    restarts += [expiry - left for left in problem.dates()]
    return Grid(spots, time_grid(expiry, _enough(problem, n_steps), restarts=restarts))


def _levels_and_ends(
    problem: Problem, away: Floats, between: tuple[float, float] | None
) -> tuple[Floats, tuple[float, float]]:
    """Levels and seams on the grid, and its ends; ``away`` (2,) are those over a level."""
    levels = np.array(problem.levels or (1.0,))
    shrunk, grown = float(away.min()), float(away.max())
    first, last = float(levels.min()), float(levels.max())
    if between is not None:
        levels = _seen(levels, between, shrunk, grown)
        first, last = min(float(levels.min()), between[0]), max(float(levels.max()), between[1])
    low, high = _walls(problem)
    lowest, highest = max(low, shrunk * first), min(high, grown * last)
    levels = np.array([*levels, *(seam for seam in problem.seams if seam not in levels)])
    return levels[(levels >= lowest) & (levels <= highest)], (lowest, highest)


def _seen(levels: Floats, between: tuple[float, float], shrunk: float, grown: float) -> Floats:
    """Levels that spots may come near to, or the next of them.

    Spots move, over the life, by factors from ``shrunk`` to ``grown``, and so does what a level
    changes.
    """
    low, high = between
    near = (levels >= low * shrunk / grown) & (levels <= high * grown / shrunk)
    if near.any():
        return levels[near]
    return levels[[np.argmin(np.abs(np.log(levels / math.sqrt(low * high))))]]


def _drift(problem: Problem, deviation: float, carry: float) -> float:
    """Drift of ``z`` over the life, dividends included; ``carry`` is what rates give to it."""
    expiry, sign = problem.claim.expiry, -1.0 if problem.mirrored else 1.0
    drift = carry - 0.5 * deviation**2
    if problem.jumps is not None:
        drift -= problem.jumps.intensity * problem.jumps.mean_jump * expiry
    if problem.drops:
        start = problem.levels[len(problem.levels) // 2] if problem.levels else 1.0
        reached = problem.forward(np.array([start]), np.array([expiry]), np.zeros(1))[0]
        smooth = start * math.exp(sign * carry)
        drift += sign * math.log(max(reached / smooth, 1.0 / FURTHEST))
    return drift


def _totals(problem: Problem) -> tuple[float, float]:
    """Gain and loss of early exercise over the whole life."""
    expiry = problem.claim.expiry
    rates = exercise_rates(problem, np.zeros(1), np.array([expiry]))
    gain, loss = (float(each[0]) * expiry for each in rates)
    return gain, loss


def _turn(problem: Problem, gain: float, loss: float) -> tuple[bool, float]:
    """Whether exercise before expiry can pay, and the place where it no longer does."""
    now = np.zeros(1)
    early = exercise_region(problem, now, now + problem.claim.expiry) is not Region.NOWHERE
    bounded = early and problem.option is not None and gain * loss > 0.0
    return early, math.log(gain / loss) if bounded and abs(gain) < abs(loss) else 0.0


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


def _range(drift: float, deviation: float, turn: float, least: float) -> tuple[float, float]:
    """Return the first and the last place of the nodes about a kink, ``least`` away or further.

    Beyond them the outcome is as good as certain.  It is not around ``turn``, where exercise no
    longer pays, if the contract can come there at all.
    """
    reach = max(REACH * deviation, least)
    first, last = min(-drift, 0.0) - reach, max(-drift, 0.0) + reach
    if turn > first - abs(drift) - REACH * deviation:
        first = min(first, turn - REACH * deviation)
    return first, last


def _further(problem: Problem, deviation: float) -> float:
    """Return how much further jumps take spot than deviations of the diffusion do."""
    jumps = problem.jumps
    if jumps is None:
        return 0.0
    whole = math.hypot(deviation, jumps.deviation(problem.claim.expiry))
    return max(jumps.reach, REACH * (whole - deviation))


def _enough(problem: Problem, n_steps: int) -> int:
    """Return a number of steps, or more, such that a coarse one expects one jump at most.

    The longest of ``n`` steps is less than ``2 / n`` of the life, and a coarse one twice as long.
    """
    jumps = problem.jumps
    expected = 0.0 if jumps is None else jumps.intensity * problem.claim.expiry
    return max(n_steps, 2 * math.ceil(2.0 * expected))


def _walls(problem: Problem) -> tuple[float, float]:
    """Return the barriers at which the nodes end."""
    barrier = problem.watched
    if barrier is None or problem.alive is not None:
        return 0.0, math.inf
    lower, upper = barrier.lower, barrier.upper
    return 0.0 if lower is None else lower, math.inf if upper is None else upper
