"""What Derive's risk managers look at: scenarios, feeds and haircuts of collateral."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from math import inf

from margin import _check

__all__ = [
    "TRUSTED",
    "DeriveScenario",
    "Feeds",
    "Haircut",
    "VolDirection",
    "scenarios_at",
    "scenarios_of_2",
]

TAILS = {
    -0.66: 0.21,
    -0.33: 0.42,
    0.5: 0.2772,
    1.0: 0.1386,
    2.0: 0.0693,
    3.0: 0.0462,
    4.0: 0.03465,
    5.0: 0.02772,
}
EDGE = 0.18
"""Weights of the tails of PMRM_2, and the edge of its regular scenarios."""


class VolDirection(Enum):
    """What a Derive scenario does to volatilities.

    Examples
    --------
    >>> from margin.rules import VolDirection
    >>> VolDirection("up").skewed
    False
    """

    NONE = "none"
    UP = "up"
    DOWN = "down"
    LINEAR = "linear"
    """The wings move apart: one up, the other down."""
    ABS = "abs"
    """Both wings move up."""

    @property
    def skewed(self) -> bool:
        """Whether strikes far from the forward move more; options then keep their spot."""
        return self in (VolDirection.LINEAR, VolDirection.ABS)


WORDS = {
    VolDirection.NONE: "",
    VolDirection.UP: ", vol up",
    VolDirection.DOWN: ", vol down",
    VolDirection.LINEAR: ", linear skew",
    VolDirection.ABS: ", absolute skew",
}


@dataclass(frozen=True, slots=True)
class DeriveScenario:
    """One scenario of a Derive portfolio manager.

    Attributes
    ----------
    spot_move : float
        Relative move of the spot, above -1.
    volatility : VolDirection
        What happens to volatilities.
    damping : float
        Share of the profit or loss that counts, not negative; below 1 for tails.

    Raises
    ------
    ValueError
        If the move is -1 or less, or the damping is negative.

    Examples
    --------
    >>> from margin.rules import DeriveScenario, VolDirection
    >>> print(DeriveScenario(-0.66, VolDirection.UP, 0.21))
    spot -66 %, vol up, weight 0.21
    """

    spot_move: float
    volatility: VolDirection = VolDirection.NONE
    damping: float = 1.0

    def __post_init__(self) -> None:
        move = _check.finite("spot_move", self.spot_move)
        if move <= -1.0:
            raise ValueError(f"spot_move must be above -1, got {move}; write -0.15 for 15 % down")
        object.__setattr__(self, "spot_move", move)
        _check.instance("volatility", self.volatility, VolDirection)
        object.__setattr__(self, "damping", _check.within("damping", self.damping, 0.0, inf))

    @property
    def state(self) -> tuple[float, VolDirection]:
        """The state at which options are valued; a skew leaves the spot alone."""
        return (0.0 if self.volatility.skewed else self.spot_move, self.volatility)

    def __str__(self) -> str:
        weight = "" if self.damping == 1.0 else f", weight {self.damping:.4g}"
        move = f"{100.0 * self.spot_move:+.4g} %" if self.spot_move else "0 %"
        return f"spot {move}{WORDS[self.volatility]}{weight}"


@dataclass(frozen=True, slots=True)
class Feeds:
    """How far the price feeds are trusted, and the price of the stable coin.

    Attributes
    ----------
    spot, perpetual, options, collateral : float
        Confidence from 0 to 1 in the spot, the perpetual's price, the forwards, volatilities and
        rates of all expiries (the least of them), and the prices of collateral.
    stable_price : float
        Quote currency per unit of the stable coin; positive.

    Examples
    --------
    >>> from margin.rules import Feeds
    >>> Feeds(spot=0.5).spot
    0.5
    """

    spot: float = 1.0
    perpetual: float = 1.0
    options: float = 1.0
    collateral: float = 1.0
    stable_price: float = 1.0

    def __post_init__(self) -> None:
        for name in ("spot", "perpetual", "options", "collateral"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, 1.0))
        price = _check.positive("stable_price", self.stable_price)
        object.__setattr__(self, "stable_price", price)


TRUSTED = Feeds()
"""Full confidence in all feeds, the stable coin at its peg."""


@dataclass(frozen=True, slots=True)
class Haircut:
    """How an asset counts as collateral.

    Attributes
    ----------
    asset : str
        Name of the asset.
    maintenance, initial : float
        Shares of its value that do not count: for maintenance, and for the initial requirement on
        top of that.
    cancelling : bool
        Whether it moves with the spot in the scenarios, and so hedges.

    Examples
    --------
    >>> from margin.rules import Haircut
    >>> Haircut("ETH", 0.05, 0.02, cancelling=True).maintenance
    0.05
    """

    asset: str
    maintenance: float
    initial: float = 0.0
    cancelling: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "asset", _check.text("asset", self.asset))
        for name in ("maintenance", "initial"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, 1.0))


def scenarios_at(
    grid: Mapping[float, Iterable[VolDirection]], tails: Mapping[float, float]
) -> tuple[DeriveScenario, ...]:
    """Scenarios of full weight by spot move, then tails with their weights, then both skews.

    Parameters
    ----------
    grid : mapping of float to VolDirection
        Directions of volatilities by relative spot move.
    tails : mapping of float to float
        Weights by relative spot move; volatilities rise.

    Returns
    -------
    tuple of DeriveScenario

    Examples
    --------
    >>> from margin.rules import VolDirection
    >>> from margin.rules.derive.scenario import scenarios_at
    >>> print(*scenarios_at({-0.1: [VolDirection.NONE]}, {1.0: 0.14}), sep="; ")
    spot -10 %; spot +100 %, vol up, weight 0.14; spot 0 %, linear skew; spot 0 %, absolute skew
    """
    regular = [DeriveScenario(move, way) for move, ways in grid.items() for way in ways]
    damped = [DeriveScenario(move, VolDirection.UP, share) for move, share in tails.items()]
    skews = [DeriveScenario(0.0, way) for way in VolDirection if way.skewed]
    return (*regular, *damped, *skews)


def scenarios_of_2() -> tuple[DeriveScenario, ...]:
    """The scenarios of PMRM_2 as in production: 23 regular, eight tails, two skews.

    Returns
    -------
    tuple of DeriveScenario

    Examples
    --------
    >>> from margin.rules.derive.scenario import scenarios_of_2
    >>> len(scenarios_of_2())
    33
    """
    up, none, down = VolDirection.UP, VolDirection.NONE, VolDirection.DOWN
    grid = {EDGE: [up]}
    grid |= {EDGE * k / 4.0: [down, none, up] for k in (3, 2, 1, 0, -1, -2, -3)}
    return scenarios_at(grid | {-EDGE: [up]}, TAILS)
