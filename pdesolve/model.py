"""How the underlying moves."""

import math
from dataclasses import dataclass

__all__ = ["LARGEST_VOLATILITY", "BlackScholes"]

LARGEST_VOLATILITY = 5.0  # 500 % a year; above it, percent were meant


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
