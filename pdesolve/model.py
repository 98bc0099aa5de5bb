"""How the underlying moves."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.term_structure import Curve, Flat

if TYPE_CHECKING:
    from pdesolve.jumping.spot_jumps import SpotJumps

__all__ = ["LARGEST_VOLATILITY", "BlackScholes", "BlackScholesCurves", "Model", "as_curve"]

LARGEST_VOLATILITY = 5.0  # 500 % a year; above it, percent were meant

Floats = NDArray[np.float64]


class Model(Protocol):
    """The coefficients that a model gives to the operator."""

    @property
    def rates(self) -> Curve:
        """Rate over time, continuously compounded per year."""

    @property
    def yields(self) -> Curve:
        """Dividend yield over time, continuously compounded per year."""

    @property
    def constant(self) -> bool:
        """Whether no coefficient depends on time."""

    @property
    def nodes(self) -> tuple[float, ...]:
        """Spots at which coefficients jump, in quote currency."""

    @property
    def dates(self) -> tuple[float, ...]:
        """Times at which coefficients jump, in years from today."""

    @property
    def jumps(self) -> "SpotJumps | None":
        """Jumps of spot, if there are any."""

    def variances(self, spots: Floats, starts: Floats, stops: Floats) -> Floats:
        """Mean of the local variance per year over periods (s,) at spots (m,).

        Returns (s, m), or (s, 1) where it does not depend on spot.  Over a period of no length it
        is the variance at that time.
        """

    def deviation(self, expiry: float, spot: float) -> float:
        """Deviation of log spot over a life in years, about a spot; grids are sized by it."""

    def moved(self, parameter: str, by: float) -> Self:
        """Return the model with its "volatility", "rate" or "dividend_yield" moved in parallel."""


@dataclass(frozen=True, slots=True)
class BlackScholes:
    """Geometric Brownian motion with constant coefficients.

    Under the pricing measure ``dS = (r - q) S dt + sigma S dW``.

    Parameters
    ----------
    volatility : float
        ``sigma``, a decimal per root year: 0.2 is 20 %.
    rate : float
        ``r``, continuously compounded per year: 0.05 is 5 %.
    dividend_yield : float
        ``q``, continuously compounded per year; for a currency its own rate, for a future ``r``.

    Raises
    ------
    ValueError
        If the volatility is negative, not finite or above 5, or a rate is not finite.

    Examples
    --------
    >>> BlackScholes(volatility=0.2, rate=0.05)
    BlackScholes(volatility=0.2, rate=0.05, dividend_yield=0.0)
    """

    volatility: float
    rate: float = 0.0
    dividend_yield: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.volatility < math.inf:
            raise ValueError(f"volatility must be finite and not negative, got {self.volatility}")
        if self.volatility > LARGEST_VOLATILITY:
            raise ValueError(
                f"volatility must be at most {LARGEST_VOLATILITY:g}, got {self.volatility}: that "
                f"looks like percent; write {self.volatility / 100.0:g}"
            )
        if not math.isfinite(self.rate):
            raise ValueError(f"rate must be finite, got {self.rate}")
        if not math.isfinite(self.dividend_yield):
            raise ValueError(f"dividend_yield must be finite, got {self.dividend_yield}")

    @property
    def rates(self) -> Curve:
        """Rate over time."""
        return Flat(self.rate)

    @property
    def yields(self) -> Curve:
        """Dividend yield over time."""
        return Flat(self.dividend_yield)

    @property
    def constant(self) -> bool:
        """Always true."""
        return True

    @property
    def nodes(self) -> tuple[float, ...]:
        """Spots at which coefficients jump: none."""
        return ()

    @property
    def dates(self) -> tuple[float, ...]:
        """Times at which coefficients jump: none."""
        return ()

    @property
    def jumps(self) -> None:
        """There are no jumps."""
        return None

    def variances(self, spots: Floats, starts: Floats, stops: Floats) -> Floats:
        """Variance per year over each period, (s, 1)."""
        return np.full((starts.size, 1), self.volatility**2)

    def deviation(self, expiry: float, spot: float) -> float:
        """Deviation of log spot over a life in years, ``sigma sqrt(T)``, about any spot."""
        return self.volatility * math.sqrt(expiry)

    def moved(self, parameter: str, by: float) -> Self:
        """Return the model with one parameter moved."""
        return replace(self, **{parameter: getattr(self, parameter) + by})


@dataclass(frozen=True, slots=True)
class BlackScholesCurves:
    """Geometric Brownian motion with coefficients that depend on time.

    Under the pricing measure ``dS = (r(t) - q(t)) S dt + sigma(t) S dW``.

    Parameters
    ----------
    volatility : float or Curve
        ``sigma(t)`` per root year; `forward_volatilities` makes it of implied volatilities.
    rate : float or Curve
        ``r(t)``, continuously compounded per year; `forward_rates` makes it of zero rates.
    dividend_yield : float or Curve
        ``q(t)``, continuously compounded per year; `forward_yields` makes it of forwards.

    Raises
    ------
    ValueError
        If a volatility is negative or above 5 today or later.

    Examples
    --------
    >>> from pdesolve.forward_curves import forward_volatilities
    >>> model = BlackScholesCurves(forward_volatilities([0.25, 1.0], [0.3, 0.24]), rate=0.02)
    >>> round(model.deviation(1.0, 100.0), 6)
    0.24
    """

    volatility: float | Curve
    rate: float | Curve = 0.0
    dividend_yield: float | Curve = 0.0

    def __post_init__(self) -> None:
        for name in ("volatility", "rate", "dividend_yield"):
            object.__setattr__(self, name, as_curve(name, getattr(self, name)))
        for sigma in self.volatilities.at([0.0, *self.volatilities.dates]).tolist():
            if not 0.0 <= sigma <= LARGEST_VOLATILITY:
                raise ValueError(
                    f"volatility must be from 0 to {LARGEST_VOLATILITY:g} in decimals, got {sigma}"
                )

    @property
    def volatilities(self) -> Curve:
        """Volatility over time."""
        return as_curve("volatility", self.volatility)

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
        """Whether all curves are flat."""
        return all(isinstance(c, Flat) for c in (self.volatilities, self.rates, self.yields))

    @property
    def nodes(self) -> tuple[float, ...]:
        """Spots at which coefficients jump: none."""
        return ()

    @property
    def dates(self) -> tuple[float, ...]:
        """Times at which a curve jumps, in years from today."""
        curves = (self.volatilities, self.rates, self.yields)
        return tuple(sorted({date for curve in curves for date in curve.dates}))

    @property
    def jumps(self) -> None:
        """There are no jumps."""
        return None

    def variances(self, spots: Floats, starts: Floats, stops: Floats) -> Floats:
        """Mean variance per year over each period, (s, 1)."""
        return self.volatilities.squared().mean(starts, stops)[:, None]

    def deviation(self, expiry: float, spot: float) -> float:
        """Deviation of log spot over a life in years, about any spot."""
        return math.sqrt(float(self.volatilities.squared().integral(0.0, expiry)))

    def moved(self, parameter: str, by: float) -> Self:
        """Return the model with one curve moved in parallel."""
        return replace(self, **{parameter: as_curve(parameter, getattr(self, parameter)).plus(by)})


def as_curve(name: str, number: ArrayLike | Curve) -> Curve:
    """Return a number as a flat curve, and a curve as it is."""
    if isinstance(number, Curve):
        return number
    level = number if isinstance(number, float) else float(np.asarray(number, dtype=float))
    if not math.isfinite(level):
        raise ValueError(f"{name} must be finite, got {level}")
    return Flat(level)
