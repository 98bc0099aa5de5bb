"""How two underlyings move together."""

import math
from dataclasses import dataclass

from pdesolve import arguments
from pdesolve.formulas.columns import within

__all__ = ["TwoAssets"]


@dataclass(frozen=True, slots=True)
class TwoAssets:
    """Two geometric Brownian motions, correlated.

    Under the pricing measure ``dS_i = (r - q_i) S_i dt + sigma_i S_i dW_i``, ``dW1 dW2 = rho dt``.

    Parameters
    ----------
    volatilities : pair of float
        ``sigma1`` and ``sigma2``, decimals per root year.
    correlation : float
        ``rho``, -1 to 1.
    rate : float
        ``r``, continuously compounded per year.
    dividend_yields : pair of float
        ``q1`` and ``q2``, continuously compounded per year.

    Raises
    ------
    ValueError
        If a volatility is negative, not finite or above 5, a correlation is outside -1 to 1, a rate
        or a yield is not finite, or something is no pair.

    Examples
    --------
    >>> TwoAssets((0.15, 0.15), correlation=0.5, rate=0.03).dividend_yields
    (0.0, 0.0)
    """

    volatilities: tuple[float, float]
    correlation: float
    rate: float = 0.0
    dividend_yields: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        for name in ("volatilities", "dividend_yields"):
            if len(getattr(self, name)) != 2:
                raise ValueError(f"{name} must be a pair, got {getattr(self, name)}")
        arguments.volatility("volatilities", self.volatilities)
        within("correlation", self.correlation, -1.0, 1.0)
        if not math.isfinite(self.rate):
            raise ValueError(f"rate must be finite, got {self.rate}")
        arguments.finite("dividend_yields", self.dividend_yields)

    def growths(self, life: float) -> tuple[float, float]:
        """Forwards over spots for delivery after ``life`` years."""
        first, second = (math.exp((self.rate - each) * life) for each in self.dividend_yields)
        return first, second

    @property
    def slope(self) -> float:
        """Regression of the second log spot on the first, ``rho sigma2 / sigma1``."""
        first, second = self.volatilities
        return self.correlation * second / first if first > 0.0 else 0.0

    @property
    def rest(self) -> float:
        """Volatility of what the first log spot leaves of the second, decimals per root year."""
        left = (1.0 - self.correlation) * (1.0 + self.correlation)
        return self.volatilities[1] * (math.sqrt(left) if self.volatilities[0] > 0.0 else 1.0)

    @property
    def rest_drift(self) -> float:
        """Drift of what the first log spot leaves of the second, on forwards, per year.

        ``-sigma2**2 / 2 + rho sigma1 sigma2 / 2``.
        """
        first, second = self.volatilities
        return 0.5 * second * (self.correlation * first - second)
