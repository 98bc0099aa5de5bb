"""The generator of a model on the nodes of a plane, and what holds at its ends."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdesolve.kernels.adi import DECAY, DRIFT, HALF, MIXED
from pdesolve.kernels.stencil import first_derivative, second_derivative

__all__ = ["PlaneOperator", "across_rows", "rate_rows", "spot_weights", "variance_bands"]

Floats = NDArray[np.float64]
Rows = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class PlaneOperator:
    """A model and a contract on the nodes of a plane.

    Attributes
    ----------
    rows : triple of arrays
        The generator, as `pdesolve.kernels.adi` names its parts.
    payoff : (m, w) array
        What is paid at expiry, averaged over cells where it bends, in quote currency.
    floor : (m, w) array
        What early exercise pays; minus infinity where there is none.
    ends : callable
        Times to expiry in years (n,) to values of the first and the last row (n, 2), up to a number
        each that does not change between events.
    events : tuple
        Times to expiry, ascending, and what takes the values (m, w) across each.
    """

    rows: Rows
    payoff: Floats
    floor: Floats
    ends: Callable[[Floats], Floats]
    events: tuple[tuple[float, Callable[[Floats], Floats]], ...] = ()


def spot_weights(spots: Floats) -> Floats:
    """Weights of ``S d/dS`` and of ``S^2 d2/dS2`` at ``spots`` (m,), (m, 6).

    They are exact for cash and for the asset itself, so that parity holds to rounding.
    """
    first, second = np.zeros((3, spots.size)), np.zeros((3, spots.size))
    first_derivative(spots, first)
    second_derivative(spots, second)
    return np.ascontiguousarray(np.concatenate([first * spots, second * spots**2]).T)


def rate_rows(half: Floats, drift: float, mixed: Floats, decay: float) -> Floats:
    """Coefficients (4, w) along the first axis, per year, at each node of the second."""
    rates = np.empty((4, half.size))
    rates[HALF], rates[DRIFT], rates[MIXED], rates[DECAY] = half, drift, mixed, decay
    return rates


def across_rows(derivative: Floats, bands: Floats, third: float) -> Floats:
    """Rows (7, w) across, of a derivative (3, w), bands (3, w), and the weight of the third node.

    The last is what the first node takes from the third.
    """
    last = np.zeros((1, bands.shape[1]))
    last[0, 0] = third
    return np.concatenate([derivative, bands, last])


def variance_bands(
    variances: Floats, speed: float, inflow: float, vol_of_vol: float
) -> tuple[Floats, float]:
    """Bands (3, w) of a square-root variance, and what the first row takes from the third node.

        eta^2 v / 2 d2/dv2 + (inflow - speed v) d/dv

    At ``v = 0``, where the diffusion vanishes, the equation itself holds, whether Feller's
    condition does or not; its drift, which points inwards, is differenced from the first three
    nodes.  In the last row the drift is differenced from the last two if it points inwards, and
    the value is flat otherwise.
    """
    first, second = np.zeros((3, variances.size)), np.zeros((3, variances.size))
    first_derivative(variances, first)
    second_derivative(variances, second)
    drift = inflow - speed * variances
    bands = 0.5 * vol_of_vol**2 * variances * second + drift * first
    one, two = np.diff(variances[:3]).cumsum()
    bands[1, 0] = -drift[0] * (one + two) / (one * two)
    bands[2, 0] = drift[0] * two / (one * (two - one))
    outflow = min(float(drift[-1]), 0.0) / (variances[-1] - variances[-2])
    bands[0, -1], bands[1, -1] = -outflow, outflow
    return bands, -float(drift[0]) * one / (two * (two - one))
