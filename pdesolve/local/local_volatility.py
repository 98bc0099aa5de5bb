"""Volatility that depends on spot and time."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.model import LARGEST_VOLATILITY, as_curve
from pdesolve.term_structure import Curve

__all__ = ["LocalVolatility"]

Floats = NDArray[np.float64]

# Gauss–Legendre places in a period: the mean of a smooth variance over a step is then of fourth
# order in the step.
PLACES = 0.5 + np.array([-0.5, 0.5]) / math.sqrt(3.0)
# To either side of a level, as a share of it, stand the volatilities that meet there.
ASIDE = 1e-9
# Periods into which a life is cut to find the deviation that sizes grids.
PERIODS = 8


@dataclass(frozen=True, slots=True, eq=False)
class LocalVolatility:
    """Diffusion whose volatility is a function of spot and time.

    Under the pricing measure ``dS = (r - q) S dt + sigma(S, t) S dW``.

    Across a spot at which the volatility jumps, value and delta are continuous and gamma jumps, so
    that ``sigma^2 S^2 gamma`` is the same on both sides.  A node there has the harmonic mean of the
    two variances.  Named as ``levels``, such spots are nodes of the grid, and marches keep their
    second order.

    Parameters
    ----------
    volatility : callable
        Takes arrays of spots, in quote currency, and times, in years from today, which broadcast,
        and returns ``sigma`` there, a decimal per root year: a function of your own, a
        `VolatilityGrid`, `VolatilitySteps`, or what `dupire` finds in an implied surface.
    rate, dividend_yield : float or Curve
        ``r`` and ``q``, continuously compounded per year.
    levels : tuple of float
        Spots at which the volatility jumps, quote currency.
    dates : tuple of float
        Times at which it jumps, years from today.
    shift : float
        Added to the volatility everywhere, a decimal.

    Raises
    ------
    ValueError
        If a level or date is not positive, or a number is not finite; later, where a volatility is
        not positive or above 5.

    References
    ----------
    Dupire, "Pricing with a smile", *Risk* 7 (1994).

    Examples
    --------
    >>> from pdesolve import LocalVolatility, Option, Right, solve
    >>> model = LocalVolatility(lambda spots, times: 0.2 * (spots / 100.0) ** -0.5, rate=0.03)
    >>> surface = solve(Option(Right.CALL, strike=100.0, expiry=1.0), model)
    >>> round(surface.value(100.0), 3)
    9.417
    """

    volatility: Callable[[Floats, Floats], ArrayLike]
    rate: float | Curve = 0.0
    dividend_yield: float | Curve = 0.0
    levels: tuple[float, ...] = ()
    dates: tuple[float, ...] = ()
    shift: float = 0.0

    def __post_init__(self) -> None:
        for name in ("levels", "dates"):
            numbers = np.unique(arguments.positive(name, getattr(self, name)))
            object.__setattr__(self, name, tuple(numbers.tolist()))
        arguments.finite("shift", self.shift)
        for name in ("rate", "dividend_yield"):
            as_curve(name, getattr(self, name))

    @property
    def rates(self) -> Curve:
        """Rate over time."""
        return as_curve("rate", self.rate)

    @property
    def yields(self) -> Curve:
        """Dividend yield over time."""
        return as_curve("dividend_yield", self.dividend_yield)

    @property
    def constant(self) -> bool:
        """Whether no coefficient depends on time: not known of a function."""
        return False

    @property
    def nodes(self) -> tuple[float, ...]:
        """Spots that must be nodes of a grid."""
        return self.levels

    @property
    def jumps(self) -> None:
        """Spot does not jump."""
        return None

    def variances(self, spots: Floats, starts: Floats, stops: Floats) -> Floats:
        """Return the mean local variance over periods of time.

        Parameters
        ----------
        spots : (m,) array
            Quote currency.
        starts, stops : (s,) array
            Ends of each period in years from today; where both are the same, its value then.

        Returns
        -------
        (s, m) array
            Per year.
        """
        for date in self.dates:
            if np.any((starts < date) & (date < stops)):
                middles, spans = np.clip(date, starts, stops), stops - starts
                lasts = spans > 0.0
                share = np.where(lasts, middles - starts, 1.0) / np.where(lasts, spans, 1.0)
                before = self.variances(spots, starts, middles)
                after = self.variances(spots, middles, stops)
                return share[:, None] * before + (1.0 - share[:, None]) * after
        times = starts[:, None] + (stops - starts)[:, None] * PLACES
        squares = self._squares(spots, times.ravel())
        return np.asarray(0.5 * (squares[::2] + squares[1::2]))

    def deviation(self, expiry: float, spot: float) -> float:
        """Return a deviation of log spot over a life, of the volatility at one spot.

        Parameters
        ----------
        expiry : float
            Years.
        spot : float
            Quote currency.

        Returns
        -------
        float
        """
        times = expiry * (np.arange(PERIODS) + 0.5) / PERIODS
        return math.sqrt(expiry * float(self._squares(np.array([spot]), times).mean()))

    def moved(self, parameter: str, by: float) -> Self:
        """Return the model with one parameter moved in parallel.

        Parameters
        ----------
        parameter : str
            "volatility", "rate" or "dividend_yield".
        by : float
            How far.

        Returns
        -------
        LocalVolatility
        """
        if parameter == "volatility":
            return replace(self, shift=self.shift + by)
        if parameter == "rate":
            return replace(self, rate=self.rates.plus(by))
        return replace(self, dividend_yield=self.yields.plus(by))

    def _squares(self, spots: Floats, times: Floats) -> Floats:
        """Return squared volatilities at spots (m,) and times (t,), (t, m)."""
        squares = self._sigma(spots, times) ** 2
        for level in self.levels:
            here = spots == level
            if here.any():
                sides = self._sigma(level * np.array([1.0 - ASIDE, 1.0 + ASIDE]), times) ** 2
                squares[:, here] = 1.0 / np.mean(1.0 / sides, axis=1, keepdims=True)
        return squares

    def _sigma(self, spots: Floats, times: Floats) -> Floats:
        """Return volatilities at spots (m,) and times (t,), (t, m), all of them sensible."""
        found = np.asarray(self.volatility(spots[None, :], times[:, None]), dtype=float)
        sigma = np.broadcast_to(found, (times.size, spots.size)) + self.shift
        wrong = ~((sigma > 0.0) & (sigma <= LARGEST_VOLATILITY))
        if wrong.any():
            t, s = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
            raise ValueError(
                f"volatility must be positive and at most {LARGEST_VOLATILITY:g} in decimals, got "
                f"{sigma[t, s]:g} at spot {spots[s]:g} and time {times[t]:g}"
            )
        return sigma
