"""European options under Heston's stochastic variance, by one integral.

The variance ``v`` of spot follows a square-root process:

    dS = (r - q) S dt + sqrt(v) S dW1,
    dv = kappa (theta - v) dt + eta sqrt(v) dW2,        dW1 dW2 = rho dt.

The moments of spot at expiry are known (Heston 1993), and are integrated along a line through
their saddle point that bends to where they decay (`pdesolve.kernels.transform`).  Nothing cancels:
neither far in a wing, nor as ``eta`` vanishes, nor where ``2 kappa theta < eta**2`` and the
variance reaches zero (Feller's condition is not needed), nor at correlations of -1 and 1.

References
----------
Heston, *Review of Financial Studies* 6 (1993); Albrecher, Mayer, Schoutens and Tistaert, "The
little Heston trap", *Wilmott* (January 2007); Andersen and Piterbarg, "Moment explosions in
stochastic volatility models", *Finance and Stochastics* 11 (2007).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Array, Rights
from pdesolve.formulas import transform
from pdesolve.formulas.columns import filled, within
from pdesolve.formulas.transform import Law, ModelGreeks
from pdesolve.kernels import laws

__all__ = ["SquareRootVariance", "heston"]

LARGEST_BEND = np.pi / 8.0


@dataclass(frozen=True, slots=True, eq=False)
class SquareRootVariance:
    """A variance that reverts to a level and moves with its own root; numbers or arrays.

    Parameters
    ----------
    initial : array-like
        ``v`` today, decimals squared per year: 0.04 is a volatility of 20 %.
    speed : array-like
        ``kappa``, per year.
    level : array-like
        ``theta``, to which the variance reverts, decimals squared per year.
    vol_of_vol : array-like
        ``eta``, decimals per year.
    correlation : array-like
        ``rho`` between spot and variance, -1 to 1.

    Raises
    ------
    ValueError
        If a number is not finite, a correlation is outside -1 to 1, or another number is
        negative.

    Examples
    --------
    >>> variance = SquareRootVariance(0.04, 2.0, 0.04, vol_of_vol=0.3, correlation=-0.7)
    >>> variance.level
    0.04
    """

    initial: ArrayLike
    speed: ArrayLike
    level: ArrayLike
    vol_of_vol: ArrayLike
    correlation: ArrayLike

    def __post_init__(self) -> None:
        self.columns()

    def columns(self) -> dict[str, Array]:
        """Checked arrays by field, in the order of the fields."""
        names = ("initial", "speed", "level", "vol_of_vol")
        columns = {name: arguments.not_negative(name, getattr(self, name)) for name in names}
        return columns | {"correlation": within("correlation", self.correlation, -1.0, 1.0)}


def heston(
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    *,
    variance: SquareRootVariance,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
) -> ModelGreeks:
    """Price and Greeks of European options under Heston's stochastic variance.

    Parameters
    ----------
    spot, strike : array-like
        ``S`` and ``K`` in quote currency, both positive.
    expiry : array-like
        ``T`` in years of 365 days; zero is allowed.
    variance : SquareRootVariance
        How the variance moves.
    rate, div_yield : array-like
        ``r`` and ``q``, continuously compounded per year.
    right : str, Right or array of them
        "call", "c", "put", "p" in any case, or a `Right`.

    Returns
    -------
    ModelGreeks
        In the shape to which the arguments broadcast.  Vega is that of the volatility today,
        ``sqrt(v)``, and vanishes with it.

    Raises
    ------
    ValueError
        If a spot or strike is not positive, an expiry is negative, a number is not finite, a rate
        or yield times expiry is beyond 500 either way, a right is unknown, the shapes do not
        broadcast, or an integral does not settle.

    Examples
    --------
    BENCHOP problem 4:

    >>> variance = SquareRootVariance(0.0225, 2.0, 0.0225, vol_of_vol=0.25, correlation=-0.5)
    >>> round(heston(100.0, 100.0, 1.0, variance=variance, rate=0.03).price, 12)
    7.379832496149
    """
    ends = {
        "spot": arguments.positive("spot", spot),
        "strike": arguments.positive("strike", strike),
        "expiry": arguments.not_negative("expiry", expiry),
        "rate": arguments.finite("rate", rate),
        "div_yield": arguments.finite("div_yield", div_yield),
    }
    shape, columns = filled(ends | variance.columns() | {"right": arguments.signs(right)})
    inflow = columns["speed"] * columns["level"]
    uncertain = (columns["initial"] + inflow) * columns["expiry"] > 0.0
    return transform.greeks(columns, shape, uncertain, _law(columns))


def _law(columns: dict[str, Array]) -> Callable[[NDArray[np.intp], Array], Law]:
    """Return the `Law` of some options, by their positions, from columns of arguments."""

    def law(rows: NDArray[np.intp], x: Array) -> Law:
        of = {name: column[rows, None] for name, column in columns.items()}
        names = ("initial", "speed", "level", "vol_of_vol", "correlation")
        variance = tuple(of[name] for name in names)
        shocks = of["speed"], of["vol_of_vol"], of["correlation"]
        return Law(
            partial(laws.square_root_law, expiry=of["expiry"], variance=variance),
            lambda p: laws.explosion_time(p, *shocks) > of["expiry"],
            _bend(of, x),
        )

    return law


def _bend(of: dict[str, Array], x: Array) -> Array:
    """Return the angle of steepest decay of large moments, held where a diffusion decays too."""
    total = of["initial"] + of["speed"] * of["level"] * of["expiry"]
    correlation = of["correlation"]
    shift = of["vol_of_vol"] * x - correlation * total
    decay = total * np.sqrt((1.0 - correlation) * (1.0 + correlation))
    return np.clip(np.arctan2(shift, decay), -LARGEST_BEND, LARGEST_BEND)
