"""A contract under models that differ a little from its own, for derivatives by parameters."""

import numpy as np

from pdesolve.march.operator import Region, exercise_region
from pdesolve.march.problem import Problem
from pdesolve.model import LARGEST_VOLATILITY

__all__ = ["neighbours"]

# Bumps that balance the curvature of the value against the error of a solve: a share of the
# volatility, and of its size per root year for rates.
VOLATILITY_BUMP = 0.005
RATE_BUMP = 0.001


def neighbours(problem: Problem, parameter: str) -> list[tuple[Problem, float]]:
    """Return the problem with one parameter of its model up, and down, and how far each.

    Where one side would have its exercise solved otherwise, or leave the volatilities allowed, that
    side stays.

    Parameters
    ----------
    problem : Problem
        What is valued.
    parameter : str
        "volatility", "rate" or "dividend_yield".

    Returns
    -------
    list of (Problem, float)
    """
    life, deviation = problem.claim.expiry, problem.deviation
    bump, room = RATE_BUMP * deviation / life, np.inf
    if parameter == "volatility":
        size = deviation / np.sqrt(life)
        bump, room = VOLATILITY_BUMP * size, max(LARGEST_VOLATILITY - size, 0.0)
    now, sides = np.zeros(1), []
    anywhere = exercise_region(problem, now, now + life) is Region.ANYWHERE
    for by in (min(bump, room), -bump):
        side = problem.under(problem.model.moved(parameter, by))
        moved_away = exercise_region(side, now, now + life) is Region.ANYWHERE and not anywhere
        sides.append((problem, 0.0) if moved_away else (side, by))
    return sides
