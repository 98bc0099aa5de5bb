"""Where the nodes of a contract under Heston's model lie."""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pdesolve.claim import Claim
from pdesolve.contract import Exercise
from pdesolve.grid import SHARE_POWER, TIME_POWER, time_grid
from pdesolve.heston.events import dates_left
from pdesolve.heston.model import Heston, VarianceNumbers
from pdesolve.plane.grid import PlaneGrid, even_in_sinh
from pdesolve.plane.points import Window
from pdesolve.spot_nodes import CLOSEST, spot_grid

__all__ = ["follows_forward", "heston_grid", "heston_window"]

Floats = NDArray[np.float64]

# Cells and steps to expiry at a refinement of one.  Early exercise is of an order between one and
# two in time, and takes more steps.
N_SPOT_CELLS, N_VARIANCE_CELLS = 48, 16
N_STEPS = {Exercise.EUROPEAN: 12, Exercise.AMERICAN: 24}
REFINEMENT = 4  # by default
# Deviations of log spot beyond the kinks, for the variance expected and for the highest in the
# window, after which a contract is as good as its asymptote.
REACH, HIGHEST_REACH = 6.0, 4.5
FURTHEST = 5.0  # the nodes reach at least to this multiple of the kinks, and to its inverse
# Without life nothing is marched, and nodes only say where the surface may be read.
SMALLEST_DEVIATION = 1e-6
# The window ends where variance gets from its initial value with a probability of some exp(-3);
# the nodes end where it gets from there with exp(-10).
WINDOW_DOUBT, NODES_DOUBT = 3.0, 10.0
MARGIN = 1.25  # the highest variance over the window and over the level to which it reverts
MOST_STRETCH = 1e3  # the highest variance over the scale within which variances are nearly even
N_DATES = 32  # at which the reach of variance is looked at


def follows_forward(claim: Claim) -> bool:
    """Whether nodes are forwards, and values not discounted: European, and no barrier.

    Then nothing drifts, whatever the rates, and end values do not change.
    """
    early = claim.exercise is Exercise.AMERICAN or bool(claim.exercise_dates)
    return claim.barrier is None and not early


def heston_grid(claim: Claim, model: Heston, refinement: int = REFINEMENT) -> PlaneGrid:
    """Nodes and levels for a contract, cells and steps in proportion to the refinement.

    Spots are closest at the kinks of the payoff and end at barriers; variances are closest at zero.
    """
    numbers, life = model.numbers, claim.expiry
    readable = _highest(numbers, numbers.initial, life, WINDOW_DOUBT)
    settled = max(readable, numbers.level)  # above it, the drift at the highest points inwards
    highest = max(_highest(numbers, readable, life, NODES_DOUBT), MARGIN * settled)
    expected = _expected(numbers, numbers.initial, life)
    scale = max(expected / life, highest / MOST_STRETCH) if life else highest
    variances = even_in_sinh(0.0, 0.0, highest, scale, N_VARIANCE_CELLS * refinement)
    times = _times(claim, N_STEPS[claim.exercise] * refinement)
    deviation = max(math.sqrt(expected), SMALLEST_DEVIATION)
    reach = max(REACH * deviation, math.log(FURTHEST))
    reach = max(reach, HIGHEST_REACH * math.sqrt(_expected(numbers, readable, life)))
    spots = _spots(claim, model, deviation, reach, N_SPOT_CELLS * refinement)
    return PlaneGrid(spots, variances, times)


def _times(claim: Claim, n_steps: int) -> Floats:
    """Levels that start again, with short steps, at every date; each of a number divided by four.

    So it is a level of both coarser grids.
    """
    life, levels = claim.expiry, [np.zeros(1)]
    if not claim.exercise_dates and (claim.barrier is None or not claim.barrier.dates):
        return time_grid(life, n_steps)
    for start, stop in pairwise([0.0, *dates_left(claim), life]):
        n = 4 * max(round(0.25 * n_steps * ((stop - start) / life) ** SHARE_POWER), 1)
        levels.append(start + (stop - start) * (np.arange(1.0, n + 1.0) / n) ** TIME_POWER)
        levels[-1][-1] = stop
    return np.concatenate(levels)


def heston_window(claim: Claim, model: Heston, grid: PlaneGrid) -> Window:
    """Spots whose forwards stay on the grid until expiry, and variances far from its highest."""
    numbers, (low, high) = model.numbers, grid.spots[[0, -1]].tolist()
    readable = _highest(numbers, numbers.initial, claim.expiry, WINDOW_DOUBT)
    growth = math.exp((model.rate - model.dividend_yield) * claim.expiry)
    if follows_forward(claim):
        low, high = low / min(growth, 1.0), high / max(growth, 1.0)
    return (low, high), (float(grid.others[0]), min(readable, float(grid.others[-1])))


def _spots(claim: Claim, model: Heston, deviation: float, reach: float, n_cells: int) -> Floats:
    """Nodes along spot."""
    growth = math.exp((model.rate - model.dividend_yield) * claim.expiry)
    swing = math.exp(reach) * max(growth, 1.0 / growth)
    barrier, marks = claim.barrier, np.array(claim.levels)
    watched = barrier is not None and not barrier.dates
    lower = barrier.lower if barrier is not None and watched else None
    upper = barrier.upper if barrier is not None and watched else None
    if not marks.size:
        raise ValueError("a payoff without a kink, and no barrier, is worth its forward")
    low = float(marks.min()) / swing if lower is None else lower
    high = float(marks.max()) * swing if upper is None else upper
    inside = _apart(marks[(marks > low) & (marks < high)], low, high, deviation, n_cells)
    return spot_grid(inside, deviation, lowest=low, highest=high, n_cells=n_cells)


def _apart(kinks: Floats, low: float, high: float, deviation: float, n_cells: int) -> Floats:
    """Kinks that nodes can be drawn to: not too close to one another, nor to an end."""
    nearest = 2.0 * CLOSEST * min(deviation, math.log(high / low) / n_cells)
    kept: list[float] = []
    for kink in kinks.tolist():
        if math.log(kink / (kept[-1] if kept else low)) > nearest < math.log(high / kink):
            kept.append(kink)
    return np.array(kept or [math.sqrt(low * high)])


def _expected(numbers: VarianceNumbers, start: float, life: float) -> float:
    """Variance expected over a life, summed, from ``start`` today."""
    settled = _settled(numbers.speed, np.array([life]))[0]
    rest = 0.5 * life**2 if numbers.speed == 0.0 else (life - settled) / numbers.speed
    return float(start * settled + numbers.speed * numbers.level * rest)


def _settled(speed: float, lives: Floats) -> Floats:
    """``(1 - exp(-speed t)) / speed``."""
    return lives if speed == 0.0 else -np.expm1(-speed * lives) / speed


def _highest(numbers: VarianceNumbers, start: float, life: float, doubt: float) -> float:
    """Variance that is exceeded at a date of a life with a probability of ``exp(-doubt)`` at most.

    By the bound of Birge for a non-central chi-square law, ``mean + sqrt(2 x) deviation + 2 x c``,
    with ``c`` the unit of variance in which the law is of chi-square.
    """
    lives = np.linspace(0.0, life, N_DATES + 1)
    settled, kept = _settled(numbers.speed, lives), np.exp(-numbers.speed * lives)
    shocks, inflow = numbers.vol_of_vol**2, numbers.speed * numbers.level
    mean = start * kept + inflow * settled
    square = shocks * settled * (start * kept + 0.5 * inflow * settled)
    unit = 0.25 * shocks * settled
    return float(np.max(mean + np.sqrt(2.0 * doubt * square) + 2.0 * doubt * unit))
