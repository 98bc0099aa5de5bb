"""Value and derivatives of a contract at spots: off its marches, or where they are certain."""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pdesolve.claim import Paid
from pdesolve.dividends import ex_spots
from pdesolve.grid import interleaved, midway
from pdesolve.jumping.jump_integral import expected
from pdesolve.kernels.between import BEND, ERROR, EXERCISED, SLOPE, VALUE, read_rows
from pdesolve.march.ends import beyond
from pdesolve.march.marched import Column, March
from pdesolve.march.operator import Region
from pdesolve.march.problem import Event, Problem

__all__ = ["Marches", "Reading", "read_column", "read_marches"]

Floats = NDArray[np.float64]

NEIGHBOURHOOD = 0.05  # share of the nodes, to either side, whose changes count for the error at one
BUMP = 1e-4  # of spot, over which the value beyond the nodes is differenced


class Reading(NamedTuple):
    """Value and derivatives of a contract at ``k`` spots and one time, each (k,).

    In quote currency per unit of the underlying, per unit of spot, per year.
    """

    value: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    error: Floats


class Marches(NamedTuple):
    """A contract marched on a grid and on the coarser grid of every second node and level.

    If kinks and barriers are nodes of both, the error of either falls with the square of its steps,
    and a third of their difference is added to the finer (Richardson).  The estimated error is the
    largest such change in the neighbourhood, since changes pass through zero where errors need not.
    Elsewhere the finer is left as it is, and the whole difference counts as its error.
    """

    fine: March
    coarse: March

    def column(self, left: float) -> tuple[Column, Floats]:
        """Return values at the nodes with ``left`` years to expiry, and their estimated errors."""
        fine, coarse = self.fine.column(left), self.coarse.column(left)
        differences = fine.values[::2] - coarse.values
        change = interleaved(differences, midway(differences)) / 3.0
        if self.coarse.aligned:
            return Column(fine.values + change, fine.held), _largest_around(change)
        return fine, 3.0 * _largest_around(change)

    def alive(self) -> "Marches | None":
        """Return the marches of what a knock-in becomes."""
        fine, coarse = self.fine.alive, self.coarse.alive
        return None if fine is None or coarse is None else Marches(fine, coarse)


def read_marches(marches: Marches, spots: Floats, left: float) -> Reading:
    """Read value and derivatives off marches, at an event just before it.

    Parameters
    ----------
    marches : Marches
        Of a contract.
    spots : (k,) array
        Quote currency, on the nodes or at a barrier or beyond it.
    left : float
        Years to expiry, above 0.

    Returns
    -------
    Reading
    """
    fine = marches.fine
    inside = spots - fine.problem.escrow_before(np.array(left))
    event = next((each for each in fine.problem.events if each.left == left), None)
    if event is None:
        found = _read_anywhere(marches, inside, left)
    else:
        found = _before(marches, event, inside)
    ahead, model = spots - inside, fine.problem.model  # what is in escrow grows as the forward
    now = fine.problem.claim.expiry - left
    carry = model.rates.at(now) - model.yields.at(now)
    return found._replace(theta=found.theta - carry * ahead * found.delta)


def read_column(
    march: March,
    column: Column,
    errors: Floats,
    left: float,
    spots: Floats,
    *,
    coarse: March | None = None,
) -> Reading:
    """Read a column of values at the nodes (m,), with their errors, at spots (k,) between them.

    Theta follows from the equation, ``theta = r V - (r - q) S delta - v S^2 gamma / 2`` less what
    jumps bring, and is 0 where exercise is due.  What they bring is an integral over the cells, of
    second order in them; with the march on the ``coarse`` grid it is extrapolated as values are.
    """
    rows, out = march.rows, np.empty((5, spots.size))
    at, floors = rows.places_of(spots), march.floors(spots, left)
    read_rows(rows.places, column.values, errors, column.held, at, floors, out)
    units, due = rows.units_of(spots), out[EXERCISED] == 1.0
    value, slope, bend = units * out[VALUE], out[SLOPE], out[BEND]
    delta = out[VALUE] - slope if rows.mirrored else units * slope / spots
    gamma = units * (bend - slope) / spots**2
    if march.region is not Region.NOWHERE:  # exercise to the last digit, and no rounding below it
        problem, ahead = march.problem, float(march.problem.escrow(np.array(left)))
        payoff = problem.claim.payoff
        exercise = payoff.best(spots + ahead)
        value = np.where(due, exercise, np.maximum(value, exercise))
        slopes = payoff.slopes[np.searchsorted(payoff.kinks, spots + ahead, side="right")]
        delta, gamma = np.where(due, slopes, delta), np.where(due, 0.0, gamma)
    brought = _brought_by_jumps(march, coarse, column, left, spots)
    theta = _theta(march.problem, left, spots, Reading(value, delta, gamma, brought, value))
    return Reading(value, delta, gamma, np.where(due, 0.0, theta), units * out[ERROR])


def _theta(problem: Problem, left: float, spots: Floats, found: Reading) -> Floats:
    """Return theta by the equation; ``found.theta`` is what jumps bring to the value, per year."""
    now, model = np.array([problem.claim.expiry - left]), problem.model
    rate, carry = model.rates.at(now), model.rates.at(now) - model.yields.at(now)
    if model.jumps is not None:
        rate = rate + model.jumps.intensity
        carry = carry - model.jumps.intensity * model.jumps.mean_jump
    variance = model.variances(spots, now, now)[0]
    drift = rate * found.value - carry * spots * found.delta - found.theta
    return np.asarray(drift - 0.5 * variance * spots**2 * found.gamma)


def _brought_by_jumps(
    march: March, coarse: March | None, column: Column, left: float, spots: Floats
) -> Floats:
    """Intensity times the expected value after a jump from each spot, quote currency per year."""
    law, rows = march.problem.jumps, march.rows
    if law is None or march.jumps is None:
        return np.zeros(spots.size)
    after = expected(march.jumps, column.values, march.tails(np.array([left]))[0])
    if coarse is not None and coarse.jumps is not None and coarse.aligned:
        tails = coarse.tails(np.array([left]))[0]
        differences = after[::2] - expected(coarse.jumps, column.values[::2], tails)
        after = after + interleaved(differences, midway(differences)) / 3.0
    brought = law.intensity * rows.units * after
    out, free = np.empty((5, spots.size)), np.zeros(brought.size, dtype=bool)
    never = np.full((2, spots.size), -np.inf)
    read_rows(rows.places, brought, brought, free, rows.places_of(spots), never, out)
    found: Floats = out[VALUE]
    return found


def _read_anywhere(marches: Marches, spots: Floats, left: float) -> Reading:
    """Read at spots on the nodes, at a barrier, or beyond either, just after an event."""
    fine, problem = marches.fine, marches.fine.problem
    low, high = np.sort(fine.rows.spots[[0, -1]])
    gone = problem.touched(spots) if problem.watched is not None else np.zeros(spots.size, bool)
    inside = ~gone & (spots >= low) & (spots <= high)
    column, errors = marches.column(left)
    if inside.all():
        return read_column(fine, column, errors, left, spots, coarse=marches.coarse)
    out = Reading(*np.empty((5, spots.size)))
    beyond_nodes = ~inside & ~gone
    within = read_column(fine, column, errors, left, spots[inside], coarse=marches.coarse)
    parts = (
        (inside, within),
        (gone, _touched(marches, spots[gone], left)),
        (beyond_nodes, _certain(problem, spots[beyond_nodes], left)),
    )
    for where, part in parts:
        for whole, own in zip(out, part, strict=True):
            whole[where] = own
    return out


def _before(marches: Marches, event: Event, spots: Floats) -> Reading:
    """Read just before an event, from what is read just after it."""
    problem, left = marches.fine.problem, event.left
    after, slopes = ex_spots(event.dividends, spots)
    found = _read_anywhere(marches, after, left)
    delta, gamma = slopes * found.delta, slopes**2 * found.gamma
    found = found._replace(delta=delta, gamma=gamma, theta=np.zeros(spots.size))
    theta = _theta(problem, left, spots, found)
    if event.exercise:
        payoff, whole = problem.claim.payoff, spots + problem.escrow_before(np.array(left))
        due = payoff.best(whole) > found.value
        paid = Reading(payoff.best(whole), payoff.slope(whole), *np.zeros((3, spots.size)))
        found = found._replace(theta=theta)
        found = Reading(*(np.where(due, p, f) for p, f in zip(paid, found, strict=True)))
    else:
        found = found._replace(theta=theta)
    if event.monitored or problem.watched is not None:
        gone = problem.touched(spots)
        lost = _touched(marches, spots, left)
        found = Reading(*(np.where(gone, t, f) for t, f in zip(lost, found, strict=True)))
    return found


def _touched(marches: Marches, spots: Floats, left: float) -> Reading:
    """Read what a touch of a barrier leaves."""
    alive, problem = marches.alive(), marches.fine.problem
    if alive is not None:
        return read_marches(alive, spots, left)
    value = np.broadcast_to(problem.rebate(np.array(left)), spots.shape)
    barrier = problem.claim.barrier
    rate = problem.model.rates.at(problem.claim.expiry - left)
    grows = barrier is not None and barrier.paid is Paid.AT_EXPIRY
    zero = np.zeros(spots.shape)
    return Reading(value, zero, zero, rate * value if grows else zero, zero)


def _certain(problem: Problem, spots: Floats, left: float) -> Reading:
    """Read beyond the nodes, where the outcome is as good as certain."""
    at, bump = np.array([left]), BUMP * np.maximum(spots, np.finfo(float).tiny)
    value, up, down = (beyond(problem, spots + b, at)[0] for b in (0.0, bump, -bump))
    delta, zero = (up - down) / (2.0 * bump), np.zeros(spots.shape)
    theta = _theta(problem, left, spots, Reading(value, delta, zero, zero, zero))
    return Reading(value, delta, zero, theta, zero)


def _largest_around(change: Floats) -> Floats:
    """Largest size of a change (m,) among the rows within `NEIGHBOURHOOD` of each."""
    reach = int(NEIGHBOURHOOD * change.size)
    sizes = np.zeros(change.size + 2 * reach)
    sizes[reach : reach + change.size] = np.abs(change)
    return np.asarray(sliding_window_view(sizes, 2 * reach + 1).max(axis=1))
