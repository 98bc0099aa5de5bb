"""A contract and a model on spot nodes: the rows that a march runs on.

A put is valued in units of its strike, a call in units of the spot.  In these units and in

    z = ln(S / K) for a put,    z = ln(K / S) for a call,

both are worth ``max(1 - exp(z), 0)`` at expiry and obey

    dV/dtau = sigma^2 / 2 V_zz + (gain - loss - sigma^2 / 2) V_z - gain V,

where ``gain``, what early exercise earns on what is paid out, is ``r`` for a put and ``q`` for a
call, and ``loss`` is the other (McDonald and Schroder, *J. Comput. Finance* 1, 1998).  Values stay
below one however far the nodes reach, and exercise pays on rows from the first.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdesolve.certain import best_exercise
from pdesolve.contract import Exercise, Option, Right
from pdesolve.contracts import Contracts
from pdesolve.kernels.march import FLOOR
from pdesolve.kernels.stencil import first_derivative, second_derivative
from pdesolve.layout import exercisable
from pdesolve.model import BlackScholes

__all__ = [
    "Operator",
    "alone",
    "black_scholes_operator",
    "edges",
    "exercise_rates",
    "smoothed_payoff",
]

Floats = NDArray[np.float64]

NEVER = -1.0  # the room of rows out of the money, where exercise cannot pay


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """The generator of a model on the nodes of a contract, and the bound that exercise sets.

    Attributes
    ----------
    spots : (m,) array
        Nodes in quote currency, the one deepest in the money first.
    places : (m,) array
        ``z`` of the nodes, ascending.
    units : (m,) array
        Quote currency per unit of value: the strike for a put, the spot for a call.
    gain, loss : float
        What early exercise earns on what is paid out, and loses on what is given up, per year.
    bands : (3, m) array
        Weights of the row before, the row, the row after, per year; 0 in the end rows.
    bound : (3, m) array
        What early exercise needs, in the rows that `pdesolve.kernels.march` names: the exercise
        value, minus infinity where it is not allowed or never pays, and two about the boundary.
    """

    spots: Floats
    places: Floats
    units: Floats
    gain: float
    loss: float
    bands: Floats
    bound: Floats


def black_scholes_operator(option: Option, model: BlackScholes, spots: Floats) -> Operator:
    """Put a contract and a model on spot nodes.

    Parameters
    ----------
    option : Option
        What is valued.
    model : BlackScholes
        Volatility above zero, rate and dividend yield.
    spots : (m,) array
        Nodes in quote currency, ascending.

    Returns
    -------
    Operator
    """
    call = option.right is Right.CALL
    outwards = spots[::-1].copy() if call else spots
    places = -option.right * np.log(outwards / option.strike)
    gain, loss = exercise_rates(option, model)
    diffusion = 0.5 * model.volatility**2
    second, first = np.zeros((3, places.size)), np.zeros((3, places.size))
    second_derivative(places, second)
    first_derivative(places, first)
    bands = diffusion * second + (gain - loss - diffusion) * first
    bands[1, 1:-1] -= gain
    bound = np.ones((3, places.size))
    bound[FLOOR] = -np.inf
    if exercisable(alone(option, model))[0]:
        bound = _bound(places, gain, loss, diffusion)
    units = outwards if call else np.full(outwards.size, option.strike)
    return Operator(outwards, places, units, gain, loss, bands, bound)


def exercise_rates(option: Option, model: BlackScholes) -> tuple[float, float]:
    """Return what early exercise earns on what is paid out, and loses on what is given up."""
    if option.right is Right.CALL:
        return model.dividend_yield, model.rate
    return model.rate, model.dividend_yield


def _bound(places: Floats, gain: float, loss: float, diffusion: float) -> Floats:
    """Floor, room and flattening of each row, (3, m), as the kernels name them.

    At the exercise boundary the second derivative jumps by ``(gain - loss exp(z)) / diffusion``.
    Out of the money exercise cannot pay.
    """
    cells, z = np.diff(places, prepend=places[0]), places
    room = 0.5 * cells**2 * (gain - loss * np.exp(z)) / diffusion
    slant = (gain - loss - diffusion) / diffusion
    flatter = 1.0 + np.maximum(-slant * cells / 3.0, 0.0)
    return np.stack([-np.expm1(z), np.where(z < 0.0, room, NEVER), flatter])


def smoothed_payoff(places: Floats) -> Floats:
    """Payoff ``max(1 - exp(z), 0)`` at ``places`` (m,), averaged over the cell of the strike.

    The cell of a node ends midway to its neighbours.  The average over a cell from ``a < 0`` to
    ``b > 0`` is ``(exp(a) - 1 - a) / (b - a)`` (Pooley, Vetzal and Forsyth, *J. Comput. Finance* 6,
    2003).
    """
    payoff = np.maximum(-np.expm1(places), 0.0)
    middles = 0.5 * (places[1:] + places[:-1])
    k = int(np.searchsorted(middles, 0.0))
    if 0 < k < middles.size:
        a, b = middles[k - 1], middles[k]
        payoff[k] = _exp_remainder(a) / (b - a)
    return payoff


def _exp_remainder(a: float) -> float:
    """``exp(a) - 1 - a``, by its series where the difference would lose digits."""
    if abs(a) > 1.0:
        return float(np.expm1(a) - a)
    total = 0.0
    for order in range(18, 1, -1):
        total = (total + 1.0) * a / order
    return total * a


def edges(rows: Operator, times: Floats) -> Floats:
    """Values at the end nodes, so far from the strike that the outcome is as good as certain.

    Parameters
    ----------
    rows : Operator
        Of ``m`` nodes.
    times : array
        Times to expiry in years, of any shape.

    Returns
    -------
    array
        Values of the first and the last row in the units of the operator, of the shape of ``times``
        with one more axis of length two.
    """
    place, left = np.broadcast_arrays(rows.places[[0, -1]], times[..., None])
    gain, loss = np.full(left.shape, rows.gain), np.full(left.shape, rows.loss)
    one = np.ones(left.shape)
    floor = rows.bound[FLOOR, [0, -1]]
    waits = best_exercise(np.exp(place), one, left, gain, loss, -one)
    at = np.where(np.isfinite(floor), waits, left)
    worth = -np.exp(-gain * at) * np.expm1(place + (gain - loss) * at)
    return np.asarray(np.maximum(worth, 0.0))


def alone(option: Option, model: BlackScholes) -> Contracts:
    """Return a contract under a model as a table of one row."""
    return Contracts(
        np.array([float(option.right)]),
        np.array([option.strike]),
        np.array([option.expiry]),
        np.array([model.volatility]),
        np.array([model.rate]),
        np.array([model.dividend_yield]),
        np.array([option.exercise is Exercise.AMERICAN]),
    )
