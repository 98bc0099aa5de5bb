"""Gamma and theta around the strike one day from expiry, where a damped start is needed.

Claim   One day from expiry gamma is free of ringing: over three deviations to either side of the
        strike it rises to one peak and falls.  This holds by TR-BDF2 for European and American
        options, and by Crank–Nicolson for European ones; against the closed form gamma and theta
        err by at most 1e-4 of their peaks by TR-BDF2 and 5e-3 by Crank–Nicolson.  Crank–Nicolson
        without a damped start rings.  American options by Crank–Nicolson ring at the exercise
        boundary (in 't Hout, arXiv:2401.13361, 2024): reported, not claimed.
Method  Solve options of one day, and of a month read one day before expiry; compare at 241 spots;
        count the turns of gamma.  A turn counts if gamma moves back by more than 1e-6 of its peak.
Writes  nothing

    python -m validation.greeks_at_strike
"""

import sys

import numpy as np

from pdesolve import (
    BlackScholes,
    Exercise,
    Grid,
    Option,
    Right,
    Scheme,
    black_scholes,
    solve,
    spot_grid,
    time_grid,
)
from pdesolve.kernels.march import crank_nicolson
from pdesolve.march.ends import end_values
from pdesolve.march.filling import stage_times
from pdesolve.march.operator import Region, operator_over
from pdesolve.march.problem import pose
from pdesolve.march.rows import lay_rows, smoothed_payoff

STRIKE = 100.0
MODEL = BlackScholes(volatility=0.3, rate=0.05, dividend_yield=0.02)
DAY = 1.0 / 365.0
MONTH = 30.0 * DAY
DEVIATION = MODEL.volatility * DAY**0.5
SPOTS = STRIKE * np.exp(np.linspace(-3.0, 3.0, 241) * DEVIATION)

SMALLEST_TURN = 1e-6
LARGEST_ERRORS = {Scheme.TR_BDF2: 1e-4, Scheme.CRANK_NICOLSON: 5e-3}


def turns(gamma: np.ndarray) -> int:
    """Return how often gamma turns back by more than a rounding, the peak included."""
    count, direction, extreme = 0, 1.0, gamma[0]
    for value in gamma:
        if direction * (value - extreme) > 0.0:
            extreme = value
        elif direction * (extreme - value) > SMALLEST_TURN * gamma.max():
            count, direction, extreme = count + 1, -direction, value
    return count


def undamped_gamma() -> np.ndarray:
    """Return the gamma of a European put by Crank–Nicolson with no damped step, at the nodes."""
    put = Option(Right.PUT, STRIKE, DAY)
    spots, times = spot_grid(STRIKE, DEVIATION), time_grid(DAY)
    problem = pose(put, MODEL, ())
    rows = lay_rows(problem, spots)
    operator = operator_over(problem, rows, Region.NOWHERE, np.zeros(1), np.array([DAY]))
    levels = np.empty((times.size, spots.size))
    levels[0] = smoothed_payoff(rows.places)
    ends = end_values(problem, rows, Region.NOWHERE, stage_times(Scheme.CRANK_NICOLSON, times))
    stages = np.empty((1, spots.size))
    crank_nicolson(operator.bands, operator.bound, times, ends, 0, stages, levels)
    slopes = STRIKE * np.diff(levels[-1]) / np.diff(spots)
    gamma = 2.0 * np.diff(slopes) / (spots[2:] - spots[:-2])
    near = np.abs(np.log(spots[1:-1] / STRIKE)) < 3.0 * DEVIATION
    return gamma[near]


def largest_error(right: Right, gamma: np.ndarray, theta: np.ndarray) -> float:
    """Return the largest difference from the closed form, as a share of the peak of each."""
    exact = black_scholes(SPOTS, STRIKE, DAY, vol=0.3, rate=0.05, div_yield=0.02, right=right)
    pairs = ((gamma, exact.gamma), (theta, exact.theta))
    return float(max(np.abs(found - true).max() / np.abs(true).max() for found, true in pairs))


def report(option: Option, scheme: Scheme, grid: Grid | None) -> bool:
    """Print one line on an option a day before its expiry, and tell whether the claim holds."""
    surface = solve(option, MODEL, grid=grid, scheme=scheme)
    time = option.expiry - DAY
    gamma, theta = (np.asarray(read(SPOTS, time)) for read in (surface.gamma, surface.theta))
    n_turns, line = turns(gamma), f"{option.exercise.value} {option.right.name.lower()}"
    line = f"{option.expiry / DAY:>5.0f} days{scheme.value:>15}  {line:<14}{n_turns:>6}"
    if option.exercise is Exercise.AMERICAN:
        print(line)
        return n_turns == 1 or scheme is Scheme.CRANK_NICOLSON
    error = largest_error(option.right, gamma, theta)
    print(f"{line}{error:>10.1e}")
    return n_turns == 1 and error <= LARGEST_ERRORS[scheme]


def main() -> int:
    month_grid = Grid(spot_grid(STRIKE, DEVIATION), time_grid(MONTH, dates=[MONTH - DAY]))
    print(f"{'solved':>10}{'scheme':>15}  {'option':<14}{'turns':>6}{'error':>10}")
    held = [
        report(Option(right, STRIKE, life, exercise), scheme, grid)
        for life, grid in ((DAY, None), (MONTH, month_grid))
        for scheme in Scheme
        for exercise in Exercise
        for right in Right
    ]
    ringing = turns(undamped_gamma())
    print(f"{1:>5} days{'no damped step':>15}  {'european put':<14}{ringing:>6}")
    holds = all(held) and ringing > 1
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
