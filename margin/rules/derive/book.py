"""An account as Derive's portfolio managers see it, and the arithmetic that they share.

A `DeriveBook` holds one curve per expiry and direction of volatilities.  It does not matter where
they come from: from the solved surfaces of an account (`derive_book`), or from published values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from margin.piecewise import PiecewiseCubic, combine
from margin.rules.derive.scenario import DeriveScenario, VolDirection
from margin.rules.kinked import by_sign, lesser

__all__ = [
    "DeriveBook",
    "ExpiryBook",
    "Pledged",
    "basis_contingency",
    "low_confidence",
    "naked_shorts",
    "pledged_share",
    "scenario_profit",
    "size_share",
]


@dataclass(frozen=True, slots=True, eq=False)
class ExpiryBook:
    """The options of one expiry.

    ``years`` left; ``rate`` per year; ``size`` the sum of absolute quantities and ``naked`` that of
    uncovered shorts, in units of the underlying; ``confidence`` the least of all feeds that price
    them; ``ways`` their value against spot by direction of volatilities, in quote currency.
    """

    years: float
    rate: float
    size: float
    naked: float
    confidence: float
    ways: Mapping[VolDirection, PiecewiseCubic]

    @property
    def present(self) -> PiecewiseCubic:
        """Value now."""
        return self.ways[VolDirection.NONE]

    def value(self, move: float, way: VolDirection) -> PiecewiseCubic:
        """Value after a move of the spot and one of volatilities, against the spot before."""
        return self.ways[way].stretched(1.0 + move)


@dataclass(frozen=True, slots=True, eq=False)
class Pledged:
    """One asset of collateral: its value, its haircuts, whether it cancels risk."""

    value: PiecewiseCubic
    maintenance: float
    initial: float
    cancelling: bool
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class DeriveBook:
    """A whole account: what its options, perpetuals and collateral are worth at every spot.

    ``spot`` is the spot itself as a curve; ``perpetual`` units held; ``perpetual_value`` units
    times price; ``total`` the account at the venue's marks, in quote currency.
    """

    spot: PiecewiseCubic
    perpetual: float
    perpetual_value: PiecewiseCubic
    perpetual_confidence: float
    pledged: tuple[Pledged, ...]
    expiries: tuple[ExpiryBook, ...]
    total: PiecewiseCubic

    @property
    def linear(self) -> PiecewiseCubic:
        """What moves with the spot besides options: perpetuals, and collateral that cancels."""
        cancelling = [pledged.value for pledged in self.pledged if pledged.cancelling]
        return combine([1.0] * (1 + len(cancelling)), [self.perpetual_value, *cancelling])

    @property
    def naked(self) -> float:
        """Uncovered short options of all expiries, in units of the underlying."""
        return sum(expiry.naked for expiry in self.expiries)


def naked_shorts(quantities: Mapping[float, Sequence[float]]) -> float:
    """Uncovered short options of one expiry.

    A short is covered by what is held of the other right at the same strike, up to its size.

    Parameters
    ----------
    quantities : mapping of float to sequence of float
        Signed quantities of the call and the put by strike.

    Returns
    -------
    float

    Examples
    --------
    >>> from margin.rules.derive.book import naked_shorts
    >>> naked_shorts({3000.0: [-2.0, 0.5], 3200.0: [-1.0], 3400.0: [4.0]})
    2.5
    """
    return sum(max(-sum(held), 0.0) for held in quantities.values())


def scenario_profit(
    book: DeriveBook, scenario: DeriveScenario, discounts: Sequence[tuple[float, float]]
) -> PiecewiseCubic:
    """Profit of a book in one scenario, from present marks, in quote currency.

    Parameters
    ----------
    book : DeriveBook
        The account.
    scenario : DeriveScenario
        The scenario.
    discounts : sequence of (float, float)
        By expiry, what an expiry of positive and one of negative value is multiplied by.

    Returns
    -------
    PiecewiseCubic
        In a skew scenario every expiry enters as a loss, since the skew may turn either way.
    """
    curves, weights = [book.linear], [scenario.damping * scenario.spot_move]
    for expiry, (above, below) in zip(book.expiries, discounts, strict=True):
        value = by_sign(expiry.value(*scenario.state), above, below)
        parts, factors = [value, expiry.present], [1.0, -1.0]
        if scenario.volatility.skewed:
            parts, factors = [by_sign(combine(factors, parts), -1.0, 1.0)], [1.0]
        curves += parts
        weights += [scenario.damping * factor for factor in factors]
    return combine(weights, curves)


def basis_contingency(
    book: DeriveBook, moves: tuple[float, float], *, add: float, per_year: float
) -> PiecewiseCubic:
    """Loss of all expiries if each forward moved alone, its worse way; zero or negative.

    Parameters
    ----------
    book : DeriveBook
        The account.
    moves : (float, float)
        The two moves of a forward.
    add, per_year : float
        The loss of an expiry with ``t`` years left counts ``add + per_year * t`` times.

    Returns
    -------
    PiecewiseCubic
        In quote currency.
    """
    curves, weights = [book.spot], [0.0]
    for expiry in book.expiries:
        values = (expiry.value(move, VolDirection.NONE) for move in moves)
        first, second = (combine([1.0, -1.0], [value, expiry.present]) for value in values)
        curves.append(by_sign(lesser(first, second), 0.0, 1.0))
        weights.append(add + per_year * expiry.years)
    return combine(weights, curves)


def size_share(book: DeriveBook, perpetual: float, option: float) -> PiecewiseCubic:
    """Shares of the notional of perpetuals and of naked short options, in quote currency."""
    return combine([perpetual * abs(book.perpetual) + option * book.naked], [book.spot])


def pledged_share(book: DeriveBook, shares: Sequence[float]) -> PiecewiseCubic:
    """A share of the value of each asset of collateral, in quote currency."""
    return combine([0.0, *shares], [book.spot, *(pledged.value for pledged in book.pledged)])


def low_confidence(book: DeriveBook, threshold: float, margin: float) -> PiecewiseCubic:
    """What is asked for feeds below a confidence: ``(1 - confidence) margin`` of the notional."""

    def weight(confidence: float, units: float) -> float:
        return margin * units * (1.0 - confidence) if confidence < threshold else 0.0

    total = weight(book.perpetual_confidence, abs(book.perpetual))
    total += sum(weight(expiry.confidence, expiry.size) for expiry in book.expiries)
    curves, weights = [book.spot], [total]
    for pledged in book.pledged:
        curves.append(pledged.value)
        weights.append(weight(pledged.confidence, 1.0))
    return combine(weights, curves)
