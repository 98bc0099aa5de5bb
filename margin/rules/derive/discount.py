"""What the value of an expiry counts after a Derive scenario."""

from dataclasses import dataclass
from math import exp, inf

from margin import _check

__all__ = ["DeriveDiscount"]


@dataclass(frozen=True, slots=True)
class DeriveDiscount:
    """What the value of an expiry counts in a scenario: ``static exp(-t (max(r, 0) mult + add))``.

    Attributes
    ----------
    static : float
        Factor at expiry; at most 1 for expiries of positive value, at least 1 for negative ones.
    rate_mult, rate_add : float
        How fast it changes with the years left; negative values count more as time grows.

    Examples
    --------
    >>> from margin.rules import DeriveDiscount
    >>> round(DeriveDiscount(0.95, 1.0, 0.08).factor(0.21, 3_214_052 / 31_536_000), 6)
    0.922333
    """

    static: float
    rate_mult: float
    rate_add: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "static", _check.within("static", self.static, 0.0, inf))
        for name in ("rate_mult", "rate_add"):
            object.__setattr__(self, name, _check.finite(name, getattr(self, name)))

    def factor(self, rate: float, years: float) -> float:
        """The factor for an expiry, at its rate per year and with ``years`` left."""
        return self.static * exp(-years * (max(rate, 0.0) * self.rate_mult + self.rate_add))

    def burden(self, rate: float, years: float) -> float:
        """The factor for an expiry of negative value, which does not exceed one over discount."""
        grown = self.static * exp(years * (max(rate, 0.0) * self.rate_mult + self.rate_add))
        return min(grown, exp(max(rate, 0.0) * years))
