"""Value at risk and expected shortfall: which of the lowest profits count, and how much."""

from dataclasses import dataclass
from enum import Enum
from math import ceil, floor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import _check
from margin.piecewise import PiecewiseCubic, combine
from margin.rules.tail.curve import lowest_values, mean_of_lowest, ranked_value

__all__ = ["ExpectedShortfall", "Quantile", "TailMeasure", "ValueAtRisk"]

Floats = NDArray[np.float64]

# Digits to which the expected number of scenarios in the tail is taken, so that 1 % of 1,000 is 10.
TAIL_DIGITS = 9


class Quantile(Enum):
    """Which order statistic stands for a quantile; the values are the names of `numpy.quantile`.

    With ``n`` profits in ascending order, ``p = 1 - level`` and ranks counted from 1, the profit
    taken has the rank

    - ``INVERTED_CDF``: ``n p`` rounded up, the quantile of the empirical distribution;
    - ``LOWER``: ``(n - 1) p + 1`` rounded down, never a smaller loss than the linear one;
    - ``LINEAR``: ``(n - 1) p + 1``, between two profits on the straight line (type 7);
    - ``WEIBULL``: ``(n + 1) p``, between two profits on the straight line (type 6).

    References
    ----------
    Hyndman and Fan, "Sample quantiles in statistical packages", *Am. Stat.* 50 (1996).

    Examples
    --------
    >>> from margin.rules.tail.measure import Quantile, ValueAtRisk
    >>> [ValueAtRisk(0.99, each).terms(250) for each in (Quantile.INVERTED_CDF, Quantile.LOWER)]
    [((3, 1.0),), ((3, 1.0),)]
    """

    INVERTED_CDF = "inverted_cdf"
    LOWER = "lower"
    LINEAR = "linear"
    WEIBULL = "weibull"

    def rank(self, count: int, share: float) -> float:
        """Rank from 1 to ``count``, perhaps between two, of the quantile at ``share``."""
        if self is Quantile.INVERTED_CDF:
            rank: float = ceil(round(count * share, TAIL_DIGITS))
        elif self is Quantile.WEIBULL:
            rank = round((count + 1) * share, TAIL_DIGITS)
        else:
            rank = round((count - 1) * share, TAIL_DIGITS) + 1.0
            rank = float(floor(rank)) if self is Quantile.LOWER else rank
        return min(max(rank, 1.0), float(count))


@dataclass(frozen=True, slots=True)
class ValueAtRisk:
    """The loss that is exceeded with probability ``1 - level``: an order statistic of profits.

    Attributes
    ----------
    level : float
        Confidence, above 0 and below 1.
    quantile : Quantile
        Convention for the order statistic.

    Raises
    ------
    ValueError
        If the level is no confidence.

    Examples
    --------
    >>> from margin.rules.tail.measure import ValueAtRisk
    >>> ValueAtRisk(0.8).loss([-5.0, 3.0, -1.0, 2.0, 0.0])
    5.0
    """

    level: float = 0.99
    quantile: Quantile = Quantile.INVERTED_CDF

    def __post_init__(self) -> None:
        _check.instance("quantile", self.quantile, Quantile)
        object.__setattr__(self, "level", _level(self.level))

    def __str__(self) -> str:
        return f"VaR {100.0 * self.level:.6g} %"

    def terms(self, count: int) -> tuple[tuple[int, float], ...]:
        """Ranks of ``count`` profits that are read, and their weights.

        Raises
        ------
        ValueError
            If there are too few scenarios for the level.
        """
        _tail_size(count, self.level)
        rank = self.quantile.rank(count, 1.0 - self.level)
        whole = min(floor(rank), count)
        part = rank - whole
        return ((whole, 1.0 - part), (whole + 1, part)) if part > 0.0 else ((whole, 1.0),)

    def lowest(
        self, curve: PiecewiseCubic, factors: ArrayLike, weights: ArrayLike = 1.0
    ) -> PiecewiseCubic:
        """The quantile of ``w_j f(x_j S)`` against spot; parameters as for `ranked_value`."""
        terms = self.terms(np.size(factors))
        curves = [ranked_value(curve, factors, rank, weights=weights) for rank, _ in terms]
        return combine([weight for _, weight in terms], curves)

    def lowest_at(
        self, curve: PiecewiseCubic, factors: ArrayLike, spots: Floats, power: int = 0
    ) -> Floats:
        """The quantile of ``f(x_j S) / x_j ** power`` at spots (k,); as for `lowest_values`."""
        terms = self.terms(np.size(factors))
        values = lowest_values(curve, factors, terms[-1][0], spots=spots, power=power)
        return sum((weight * values[:, rank - 1] for rank, weight in terms), np.zeros_like(spots))

    def shares(self, profits: ArrayLike) -> Floats:
        """What each scenario counts at in the quantile; they add up to 1."""
        order = np.argsort(profits, kind="stable")
        shares = np.zeros(order.size)
        for rank, weight in self.terms(order.size):
            shares[order[rank - 1]] += weight
        return shares

    def loss(self, profits: ArrayLike) -> float:
        """The value at risk of some profits, positive if it is a loss."""
        return float(-(self.shares(profits) @ np.asarray(profits, dtype=np.float64))) + 0.0


@dataclass(frozen=True, slots=True)
class ExpectedShortfall:
    """The mean loss in the worst ``1 - level`` of scenarios.

    Of ``n`` scenarios ``m = n (1 - level)`` count; if ``m`` is no whole number, the next one counts
    at the part that is left: ``(sum of the floor(m) lowest + part * the next) / m``.  That is the
    coherent version, the integral of the quantile function over the tail.

    Attributes
    ----------
    level : float
        Confidence, above 0 and below 1.

    Raises
    ------
    ValueError
        If the level is no confidence.

    References
    ----------
    Acerbi and Tasche, "On the coherence of expected shortfall", *J. Bank. Finance* 26 (2002).

    Examples
    --------
    >>> from margin.rules.tail.measure import ExpectedShortfall
    >>> ExpectedShortfall(0.7).loss([-5.0, 3.0, -1.0, 2.0, 0.0])
    3.66666...
    """

    level: float = 0.975

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", _level(self.level))

    def __str__(self) -> str:
        return f"ES {100.0 * self.level:.6g} %"

    def terms(self, count: int) -> tuple[tuple[int, float], ...]:
        """How many of the lowest of ``count`` profits are averaged, and the weight of that mean.

        Raises
        ------
        ValueError
            If there are too few scenarios for the level.
        """
        size = _tail_size(count, self.level)
        whole = floor(size)
        part = size - whole
        if part == 0.0:
            return ((whole, 1.0),)
        return ((whole, (1.0 - part) * whole / size), (whole + 1, part * (whole + 1) / size))

    def lowest(
        self, curve: PiecewiseCubic, factors: ArrayLike, weights: ArrayLike = 1.0
    ) -> PiecewiseCubic:
        """The mean of the lowest ``w_j f(x_j S)`` against spot; as for `mean_of_lowest`."""
        terms = self.terms(np.size(factors))
        curves = [mean_of_lowest(curve, factors, count, weights=weights) for count, _ in terms]
        return combine([weight for _, weight in terms], curves)

    def lowest_at(
        self, curve: PiecewiseCubic, factors: ArrayLike, spots: Floats, power: int = 0
    ) -> Floats:
        """The mean of the lowest at spots (k,); as for `lowest_values`."""
        terms = self.terms(np.size(factors))
        values = lowest_values(curve, factors, terms[-1][0], spots=spots, power=power)
        means = ((weight, values[:, :count].mean(axis=1)) for count, weight in terms)
        return sum((weight * mean for weight, mean in means), np.zeros_like(spots))

    def shares(self, profits: ArrayLike) -> Floats:
        """What each scenario counts at in the mean; they add up to 1."""
        order = np.argsort(profits, kind="stable")
        shares = np.zeros(order.size)
        for count, weight in self.terms(order.size):
            shares[order[:count]] += weight / count
        return shares

    def loss(self, profits: ArrayLike) -> float:
        """The expected shortfall of some profits, positive if it is a loss."""
        return float(-(self.shares(profits) @ np.asarray(profits, dtype=np.float64))) + 0.0


TailMeasure = ValueAtRisk | ExpectedShortfall
"""What is read off the lowest profits of some scenarios."""


def _level(level: float) -> float:
    """The level, if it is a confidence; percent is refused with the remedy."""
    if isinstance(level, int | float) and 1.0 < level < 100.0:
        raise ValueError(f"level must lie between 0 and 1, got {level}; write {level / 100.0:g}")
    if not 0.0 < _check.finite("level", level) < 1.0:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return float(level)


def _tail_size(count: int, level: float) -> float:
    """Expected number of scenarios in the tail, at least one."""
    size = round(count * (1.0 - level), TAIL_DIGITS)
    if size < 1.0:
        least = ceil(round(1.0 / (1.0 - level), TAIL_DIGITS))
        raise ValueError(
            f"a level of {level:g} needs at least {least} scenarios, got {count}; "
            "give a longer history or lower the level"
        )
    return size
