"""Spots at which early exercise begins or ends."""

import numpy as np
from numpy.typing import NDArray

from pdesolve.contract import Option
from pdesolve.dividends import ex_spots
from pdesolve.march.marched import March
from pdesolve.march.operator import Region, exercise_rates, exercise_region
from pdesolve.march.problem import Problem

__all__ = ["boundaries", "boundary_at_expiry", "next_to_strike"]

Floats = NDArray[np.float64]


def boundaries(march: March, left: float) -> Floats:
    """Spots at which early exercise begins or ends with ``left`` years to expiry, ascending.

    On a date of exercise just before it.  Where nothing is paid, nothing counts as exercised.

    Parameters
    ----------
    march : March
        Of a contract.
    left : float
        Years to expiry, above 0.

    Returns
    -------
    (b,) array
        Quote currency.
    """
    problem, rows = march.problem, march.rows
    event = next((each for each in problem.events if each.left == left), None)
    if event is not None and event.exercise:
        held = march.read(march.column(left), left, ex_spots(event.dividends, rows.spots)[0])
        places = _crossings(march, held, left)
    elif march.region is Region.NOWHERE:
        return np.empty(0)
    elif march.region is Region.FROM_FIRST and march.jumps is None:
        places = np.array([march.boundary(left)])
    else:
        places = _touching(march, left)
    logs = -places if rows.mirrored else places
    ahead = float(problem.escrow_before(np.array(left)))
    return np.sort(rows.scale * np.exp(logs[np.isfinite(logs)]) + ahead)


def next_to_strike(march: March, option: Option, left: float) -> float:
    """Return the exercise boundary of a vanilla option that is next to its strike; NaN if none."""
    found = boundaries(march, left)
    beyond = found[option.right * (found - option.strike) >= 0.0]
    return float(beyond[np.argmin(abs(beyond - option.strike))]) if beyond.size else np.nan


def boundary_at_expiry(problem: Problem, option: Option, left: float) -> float:
    """Return the limit of the exercise boundary of a vanilla option just before its expiry.

    It is the boundary throughout where nothing is uncertain.  NaN if early exercise never pays.
    """
    now = np.array([option.expiry - left])
    if exercise_region(problem, now, now) is Region.NOWHERE:
        return np.nan
    gain, loss = (float(each[0]) for each in exercise_rates(problem, now, now))
    share = gain / loss if 0.0 < gain < loss else 1.0
    return float(option.strike * share ** -float(option.right))


def _crossings(march: March, held: Floats, left: float) -> Floats:
    """Places at which holding, worth ``held`` (m,), becomes worth as much as exercise."""
    rows = march.rows
    whole = rows.spots + march.problem.escrow_before(np.array(left))
    paid = march.problem.claim.payoff(whole)
    gaps = np.where(paid == 0.0, np.abs(held), held - paid)
    i = np.flatnonzero(gaps[:-1] * gaps[1:] < 0.0)
    share = gaps[i] / (gaps[i] - gaps[i + 1])
    return np.asarray(rows.places[i] + share * np.diff(rows.places)[i])


def _touching(march: March, left: float) -> Floats:
    """Places at which the value touches the payoff, from the heights of the next two free rows.

    The value leaves the payoff as a parabola, so that the root of its height runs straight.
    """
    rows, (values, held) = march.rows, march.column(left)
    floor = march.floors(rows.spots, left)[0]
    held = held & (floor != 0.0)
    found = []
    for i in np.flatnonzero(held[1:] != held[:-1]).tolist():
        step = -1 if held[i + 1] else 1
        near, far = (i, i - 1) if held[i + 1] else (i + 1, i + 2)
        if not 0 <= far < values.size or held[far]:
            found.append(0.5 * (rows.places[i] + rows.places[i + 1]))
            continue
        roots = np.sqrt(np.maximum(values[[near, far]] - floor[[near, far]], 0.0))
        span = abs(rows.places[near] - rows.places[far])
        cell = rows.places[i + 1] - rows.places[i]
        back = min(span * roots[0] / max(roots[1] - roots[0], np.finfo(float).tiny), cell)
        found.append(rows.places[near] - step * back)
    return np.array(found)
