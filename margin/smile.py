"""A smile: total variance against log-moneyness at one expiry."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import _check

__all__ = ["NODES", "ButterflyCheck", "Smile"]

Floats = NDArray[np.float64]

NODES = np.sinh(np.linspace(-8.0, 8.0, 801))
"""Where a slice is looked at, in widths from its centre: close where it bends, and 1,500 widths
out, where its slopes are those of its wings."""


@dataclass(frozen=True, slots=True)
class ButterflyCheck:
    """Whether a slice gives every butterfly spread a price that is not negative.

    Attributes
    ----------
    least_density : float
        Least value of Durrleman's function ``g``, to which the density of the log price is
        proportional; no butterfly is worth less than nothing where it is not negative.
    at : float
        Log-moneyness of that value; infinite for a wing.

    Examples
    --------
    >>> from margin.smile import Smile
    >>> Smile(0.5, 100.0, a=0.02, b=0.1, rho=-0.3, m=0.0, sigma=0.2).butterfly().holds
    True
    """

    least_density: float
    at: float

    @property
    def holds(self) -> bool:
        """Whether there is no such arbitrage."""
        return self.least_density >= 0.0


@dataclass(frozen=True, slots=True)
class Smile:
    """One expiry's slice: total variance is a hyperbola in log-moneyness (raw SVI).

    With ``k = ln(strike / forward)``::

        volatility ** 2 * years = a + b (rho (k - m) + sqrt((k - m) ** 2 + sigma ** 2))

    Attributes
    ----------
    years : float
        Years of 365 days to the expiry.
    forward : float
        In quote currency.
    a, b, rho, m, sigma : float
        Level, slope, tilt, centre and width; ``b = 0`` is a flat slice.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or the least total variance is not positive.

    References
    ----------
    Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces", *Quant. Finance* 14 (2014).

    Examples
    --------
    >>> from margin.smile import Smile
    >>> smile = Smile(0.25, 100.0, a=0.01, b=0.1, rho=-0.5, m=0.0, sigma=0.1)
    >>> smile.volatility([90.0, 100.0, 110.0]).round(4)
    array([0.3452, 0.2828, 0.276 ])
    """

    years: float
    forward: float
    a: float
    b: float = 0.0
    rho: float = 0.0
    m: float = 0.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        for name in ("years", "forward", "sigma"):
            object.__setattr__(self, name, _check.positive(name, getattr(self, name)))
        for name in ("a", "m"):
            object.__setattr__(self, name, _check.finite(name, getattr(self, name)))
        object.__setattr__(self, "b", _check.within("b", self.b, 0.0, 1e6))
        object.__setattr__(self, "rho", _check.within("rho", self.rho, -1.0, 1.0))
        if self.least_variance <= 0.0:
            raise ValueError(
                f"least total variance must be positive, got {self.least_variance:g}; raise a"
            )

    @property
    def least_variance(self) -> float:
        """Least total variance over all strikes."""
        return self.a + self.b * self.sigma * float(np.sqrt(1.0 - self.rho**2))

    def total_variance(self, log_moneyness: ArrayLike) -> Floats:
        """``volatility ** 2 * years`` at ``ln(strike / forward)``, of the same shape."""
        offset = np.asarray(log_moneyness, dtype=float) - self.m
        return self.a + self.b * (self.rho * offset + np.hypot(offset, self.sigma))

    def volatility(self, strike: ArrayLike) -> Floats:
        """Implied volatility at strikes in quote currency, decimals per root year."""
        log_moneyness = np.log(np.asarray(strike, dtype=float) / self.forward)
        return np.sqrt(self.total_variance(log_moneyness) / self.years)

    def density(self, log_moneyness: ArrayLike) -> Floats:
        """Durrleman's ``g = (1 - k w'/(2w))**2 - w'**2/4 (1/w + 1/4) + w''/2``."""
        k = np.asarray(log_moneyness, dtype=float)
        offset, width = k - self.m, np.hypot(k - self.m, self.sigma)
        w = self.total_variance(k)
        slope = self.b * (self.rho + offset / width)
        bend = self.b * self.sigma**2 / width**3
        level = (1.0 - 0.5 * k * slope / w) ** 2
        return level - 0.25 * slope**2 * (1.0 / w + 0.25) + 0.5 * bend

    def butterfly(self) -> ButterflyCheck:
        """Look for butterfly arbitrage, on 801 log-moneynesses and in both wings.

        Returns
        -------
        ButterflyCheck
        """
        nodes = self.m + self.sigma * NODES
        found = self.density(nodes)
        # Far out w grows as slope * abs(k), and g tends to (4 - slope ** 2) / 16.
        slopes = self.b * np.array([1.0 - self.rho, 1.0 + self.rho])
        wings = np.where(slopes > 0.0, 0.25 - slopes**2 / 16.0, 1.0)
        values = np.concatenate([found, wings])
        places = np.concatenate([nodes, [-np.inf, np.inf]])
        worst = int(np.argmin(values))
        return ButterflyCheck(float(values[worst]), float(places[worst]))
