"""European prices and Greeks from the moments of spot under a model.

What is out of the money is integrated, with no cancellation, so that far in a wing a price keeps
its digits; what is in the money follows by parity (`pdesolve.kernels.transform`).  The trapezoidal
rule is halved until its change, squared by the next halving, is below rounding; a price that does
not settle is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pdesolve import arguments
from pdesolve.arguments import Array, Number
from pdesolve.kernels import transform as kernels

__all__ = ["Complex", "Law", "ModelGreeks", "greeks"]

Complex = NDArray[np.complex128]
"""Points in the complex plane, and functions of them."""
BLOCK = 32
# Larger a last change and rounding is not all the error.
LARGEST_CHANGE = 1e-6


@dataclass(frozen=True, slots=True)
class ModelGreeks:
    """Price of an option under a model with jumps or stochastic variance, and its derivatives.

    Each is a float or an array, per unit of the underlying; ``S`` is the spot, ``t`` is calendar
    time in years, and whatever else the model holds stays fixed.

    Parameters
    ----------
    price : float or array
        ``V`` in quote currency.
    delta : float or array
        ``dV/dS``, units of the underlying.
    gamma : float or array
        ``d2V/dS2``, units of the underlying per unit of quote currency.
    theta : float or array
        ``dV/dt``, quote currency per year.
    vega : float or array
        ``dV/dsigma``, quote currency per 1.00 of volatility: of the diffusion, or the square root
        of the initial variance.
    rho : float or array
        ``dV/dr`` at fixed spot, quote currency per 1.00 of rate.
    dividend_rho : float or array
        ``dV/dq``, quote currency per 1.00 of yield.
    """

    price: Number
    delta: Number
    gamma: Number
    theta: Number
    vega: Number
    rho: Number
    dividend_rho: Number


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """The law of log spot at expiry for some options, in the terms of `kernels.transform`.

    Parameters
    ----------
    moments : callable
        Complex points (c, k) to ``log M`` and its derivatives to expiry and to volatility.
    finite : callable
        Real points (c, k) to whether the moment is finite.
    bend : array
        Angle (c, 1) by which the line of integration bends.
    """

    moments: Callable[[Complex], tuple[Complex, Complex, Complex]]
    finite: Callable[[Array], NDArray[np.bool_]]
    bend: Array


def greeks(
    columns: dict[str, Array],
    shape: tuple[int, ...],
    uncertain: NDArray[np.bool_],
    law: Callable[[NDArray[np.intp], Array], Law],
) -> ModelGreeks:
    """Price and Greeks of options from the law of log spot.

    Parameters
    ----------
    columns : dict of array
        ``spot``, ``strike``, ``expiry``, ``rate``, ``div_yield`` and the sign ``right``, (c,) each.
    shape : tuple of int
        Shape of the result.
    uncertain : array of bool
        Where spot at expiry has a law at all, (c,); elsewhere it is its forward.
    law : callable
        Positions (b,) of some options and their ``log(F / K)``, (b, 1), to their `Law`.

    Raises
    ------
    ValueError
        If an integral does not settle.
    """
    x = np.log(columns["spot"] / columns["strike"])
    x += (columns["rate"] - columns["div_yield"]) * columns["expiry"]
    sums, rights = np.zeros((5, x.size)), np.where(x > 0.0, -1.0, 1.0)
    live = np.flatnonzero(uncertain)
    for start in range(0, live.size, BLOCK):
        rows = live[start : start + BLOCK]
        block = law(rows, x[rows, None])
        sums[:, rows], rights[rows] = _integrals(block, x[rows, None], rows, shape)
    out = _time_value(columns, sums) + _exercise(columns, rights)
    out[1:, ~uncertain & (x == 0.0)] = np.nan
    return ModelGreeks(*(arguments.shaped(row, shape) for row in out))


def _integrals(
    law: Law, x: Array, rows: NDArray[np.intp], shape: tuple[int, ...]
) -> tuple[Array, Array]:
    """Return the five integrals of a block of options, (5, b), and whether of calls or puts."""
    with np.errstate(all="ignore"):
        sums, changes, rights = kernels.integrals(law.moments, law.finite, law.bend, x)
    settled = changes < LARGEST_CHANGE
    if not settled.all():
        first = int(np.argmin(settled))
        where = arguments.place(int(rows[first]), shape)
        raise ValueError(
            f"the price integral did not settle{where}, its last halving changed it by "
            f"{changes[first]:.1e}: the law of spot at expiry has too little spread"
        )
    return sums, rights


def _time_value(columns: dict[str, Array], sums: Array) -> Array:
    """Return the price and Greeks of the options integrated, (7, c)."""
    spot, expiry, rate = columns["spot"], columns["expiry"], columns["rate"]
    price, moved, curved, aged, shaken = columns["strike"] * np.exp(-rate * expiry) * sums
    theta = rate * price - (rate - columns["div_yield"]) * moved - aged
    rho = expiry * (moved - price)
    return np.array([price, moved / spot, curved / spot**2, theta, shaken, rho, -expiry * moved])


def _exercise(columns: dict[str, Array], rights: Array) -> Array:
    """Return what the right asked for is worth beyond the one integrated, (7, c)."""
    expiry, rate, div_yield = columns["expiry"], columns["rate"], columns["div_yield"]
    sign = np.where(columns["right"] == rights, 0.0, columns["right"])
    spot_value = sign * columns["spot"] * np.exp(-div_yield * expiry)
    strike_value = sign * columns["strike"] * np.exp(-rate * expiry)
    out = np.zeros((len(fields(ModelGreeks)), sign.size))
    out[0] = spot_value - strike_value
    out[1] = sign * np.exp(-div_yield * expiry)
    out[3] = div_yield * spot_value - rate * strike_value
    out[5], out[6] = expiry * strike_value, -expiry * spot_value
    return out
