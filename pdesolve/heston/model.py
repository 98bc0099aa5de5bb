"""Heston's model of one underlying."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from pdesolve.formulas.heston_integral import SquareRootVariance

__all__ = ["Heston", "VarianceNumbers"]


class VarianceNumbers(NamedTuple):
    """The fields of a `SquareRootVariance` of single numbers."""

    initial: float
    speed: float
    level: float
    vol_of_vol: float
    correlation: float


@dataclass(frozen=True, slots=True)
class Heston:
    """A spot whose variance moves with a random process of its own.

    Under the pricing measure

        dS = (r - q) S dt + sqrt(v) S dW1,
        dv = kappa (theta - v) dt + eta sqrt(v) dW2,        dW1 dW2 = rho dt.

    Parameters
    ----------
    variance : SquareRootVariance
        How the variance moves, of single numbers; ``initial`` is where surfaces are read unless
        they are asked for another variance.
    rate : float
        ``r``, continuously compounded per year.
    dividend_yield : float
        ``q``, continuously compounded per year.

    Raises
    ------
    ValueError
        If a rate is not finite, the variance holds arrays, or it stays at zero.

    Examples
    --------
    >>> from pdesolve.formulas.heston_integral import SquareRootVariance
    >>> variance = SquareRootVariance(0.0225, 2.0, 0.0225, vol_of_vol=0.25, correlation=-0.5)
    >>> Heston(variance, rate=0.03).numbers.vol_of_vol
    0.25
    """

    variance: SquareRootVariance
    rate: float = 0.0
    dividend_yield: float = 0.0

    def __post_init__(self) -> None:
        for name in ("rate", "dividend_yield"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be finite, got {getattr(self, name)}")
        columns = self.variance.columns()
        for name, column in columns.items():
            if column.ndim:
                raise ValueError(f"{name} must be a single number, got {column}")
        if self.numbers.initial + self.numbers.speed * self.numbers.level == 0.0:
            raise ValueError(
                "initial and speed times level must not both be zero, got a variance that stays "
                "there: BlackScholes(volatility=0.0) is that model"
            )

    @property
    def numbers(self) -> VarianceNumbers:
        """The fields of the variance as floats."""
        return VarianceNumbers(*(float(column) for column in self.variance.columns().values()))
