"""Value and derivatives of a contract at spots: off its marches, or where they are certain."""

from dataclasses import asdict
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pdesolve.certain import certain_greeks
from pdesolve.closed_form import black_scholes
from pdesolve.contract import Option, Right
from pdesolve.grid import interleaved, midway
from pdesolve.kernels.between import BEND, ERROR, EXERCISED, SLOPE, VALUE, read_rows
from pdesolve.kernels.march import FLOOR
from pdesolve.layout import exercisable
from pdesolve.marching import Column, March
from pdesolve.model import BlackScholes
from pdesolve.operator import Operator, alone

__all__ = ["Marches", "Reading", "read_certain", "read_column"]

Floats = NDArray[np.float64]

NEIGHBOURHOOD = 0.05  # share of the nodes, to either side, whose changes count for the error at one


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

    If the strike is a node of both, the error of either falls with the square of its steps, and a
    third of their difference is added to the finer (Richardson).  The estimated error is the
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
        if 0.0 in self.coarse.operator.places:
            return Column(fine.values + change, fine.free), _largest_around(change)
        return fine, 3.0 * _largest_around(change)


def read_column(
    rows: Operator,
    column: Column,
    errors: Floats,
    option: Option,
    model: BlackScholes,
    spots: Floats,
) -> Reading:
    """Read values at the nodes (m,), with their estimated errors, at spots (k,) between them.

    Theta follows from the equation, ``theta = r V - (r - q) S delta - sigma^2 S^2 gamma / 2``, and
    is 0 where exercise is due.
    """
    out = np.empty((5, spots.size))
    at = -option.right * np.log(spots / option.strike)
    read_rows(rows.places, column.values, errors, column.free, at, out)
    call = option.right is Right.CALL
    units = spots if call else np.full(spots.size, option.strike)
    value, due = units * out[VALUE], out[EXERCISED] == 1.0
    delta = out[VALUE] - out[SLOPE] if call else units * out[SLOPE] / spots
    gamma = units * (out[BEND] - out[SLOPE]) / spots**2
    if np.isfinite(rows.bound[FLOOR, 0]):  # exercise to the last digit, and no rounding below it
        exercise = option.right * (spots - option.strike)
        value = np.where(due, exercise, np.maximum(value, exercise))
        delta, gamma = np.where(due, option.right, delta), np.where(due, 0.0, gamma)
    carry = model.rate * value - (model.rate - model.dividend_yield) * spots * delta
    theta = carry - 0.5 * (model.volatility * spots) ** 2 * gamma
    return Reading(value, delta, gamma, np.where(due, 0.0, theta), units * out[ERROR])


def _largest_around(change: Floats) -> Floats:
    """Largest size of a change (m,) among the rows within `NEIGHBOURHOOD` of each."""
    reach = int(NEIGHBOURHOOD * change.size)
    sizes = np.pad(np.abs(change), reach)
    return np.asarray(sliding_window_view(sizes, 2 * reach + 1).max(axis=1))


def read_certain(
    option: Option, model: BlackScholes, spots: Floats, left: Floats
) -> dict[str, Floats]:
    """Value and Greeks by name where the outcome is certain: at expiry, or without volatility.

    ``spots``, ``left`` (k,), the latter years to expiry.  Greeks are NaN at a kink.
    """
    if exercisable(alone(option, model))[0] and np.all(left > 0.0):
        terms = (model.rate, model.dividend_yield, float(option.right))
        columns = [np.full(spots.shape, number) for number in terms]
        greeks = certain_greeks(spots, np.full(spots.shape, option.strike), left, *columns)
        greeks["vega"] = np.zeros(spots.shape)
    else:
        greeks = asdict(
            black_scholes(
                spots,
                option.strike,
                left,
                vol=0.0,
                rate=model.rate,
                div_yield=model.dividend_yield,
                right=option.right,
            )
        )
    value = np.where(left == 0.0, option.payoff(spots), greeks["price"])
    return {**greeks, "value": value, "error": np.zeros(spots.shape)}
