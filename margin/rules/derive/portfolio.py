"""Derive's first portfolio manager (PMRM)."""

from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.piecewise import PiecewiseCubic, combine
from margin.revaluation import Revaluation
from margin.rules.derive.account import DeriveMarks, derive_book
from margin.rules.derive.book import DeriveBook, low_confidence, pledged_share, size_share
from margin.rules.derive.discount import DeriveDiscount
from margin.rules.derive.manager import (
    ScenarioSet,
    marks_line,
    offset_lines,
    worst_branches,
    worst_values,
)
from margin.rules.derive.scenario import (
    TRUSTED,
    DeriveScenario,
    Feeds,
    Haircut,
    VolDirection,
)
from margin.rules.rule import Branch
from margin.rules.staged import RequirementLine
from margin.rules.tenor_shock import TenorShock
from margin.vol_move import VolMove

__all__ = ["DerivePortfolio", "scenarios_of_1"]

Floats = NDArray[np.float64]

UP, NONE, DOWN = VolDirection.UP, VolDirection.NONE, VolDirection.DOWN
SHOCK_UP, SHOCK_DOWN = TenorShock(0.60), TenorShock(-0.30)
DISCOUNT = DeriveDiscount(0.95, 1.0, 0.12)


def scenarios_of_1(edge: float = 0.20) -> tuple[DeriveScenario, ...]:
    """Moves of 0, 5, 10 and 15 % with volatilities up, unchanged and down, then the edges.

    Parameters
    ----------
    edge : float
        Largest move, with volatilities up only; 0 for none.

    Returns
    -------
    tuple of DeriveScenario

    Examples
    --------
    >>> from margin.rules.derive.portfolio import scenarios_of_1
    >>> len(scenarios_of_1()), len(scenarios_of_1(edge=0.0))
    (23, 21)
    """
    moves = (0.15, 0.10, 0.05, 0.0, -0.05, -0.10, -0.15)
    grid = tuple(DeriveScenario(move, way) for move in moves for way in (UP, NONE, DOWN))
    edges = tuple(DeriveScenario(move, UP) for move in (edge, -edge) if move)
    return grid + edges


@dataclass(frozen=True, slots=True)
class DerivePortfolio:
    """The portfolio manager PMRM of Derive; its margin is a balance.

    Options are marked without discounting.  With ``static`` the shares of the notional of coin,
    perpetuals and naked short options::

        maintenance leaves  total + worst - static
        initial leaves      total + (worst - static) (im_factor + peg) - confidence

    Attributes
    ----------
    scenarios : tuple of DeriveScenario
        Without skews.
    up, down : TenorShock
        Moves of volatility by days left.
    discount : DeriveDiscount
        What an expiry of positive value counts in a scenario.
    im_factor : float
        What the initial requirement multiplies the loss and the static part by.
    basis_moves : (float, float)
        Moves of a single forward.
    basis_add, basis_per_year : float
        Scale of the basis contingency.
    coin, perpetual, naked : float
        Shares of the notional of coin pledged, perpetuals and naked short options.
    confidence, peg : (float, float)
        As for `DeriveSkew`.
    feeds : Feeds
        Confidence in the feeds now.
    name, source : str
        What the rule is called, and where the numbers come from.

    References
    ----------
    Derive v2-core, portfolio manager PMRM, parameters of its production file.

    Examples
    --------
    >>> from margin.rules import DerivePortfolio
    >>> DerivePortfolio().spot_moves
    (-0.2, 0.2)
    """

    scenarios: tuple[DeriveScenario, ...] = field(default_factory=scenarios_of_1)
    up: TenorShock = SHOCK_UP
    down: TenorShock = SHOCK_DOWN
    discount: DeriveDiscount = DISCOUNT
    im_factor: float = 1.25
    basis_moves: tuple[float, float] = (0.05, -0.05)
    basis_add: float = 1.0
    basis_per_year: float = 1.2
    coin: float = 0.03
    perpetual: float = 0.03
    naked: float = 0.02
    confidence: tuple[float, float] = (0.55, 1.0)
    peg: tuple[float, float] = (0.99, 4.0)
    feeds: Feeds = TRUSTED
    name: str = "Derive PMRM"
    source: str = (
        "Derive v2-core, PMRM: parameters of the production file as recorded in 2025, repository "
        "commit 7736900d39"
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "scenarios", tuple(self.scenarios))
        if not self.scenarios:
            raise ValueError("scenarios must hold at least one, got none")
        if any(scenario.volatility.skewed for scenario in self.scenarios):
            raise ValueError("scenarios of PMRM must have no skew; use DeriveSkew")
        for name in ("im_factor", "basis_add", "basis_per_year", "coin", "perpetual", "naked"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))

    @property
    def vol_moves(self) -> tuple[VolMove, ...]:
        """Volatility moves whose revaluations the rule reads; 0 comes first."""
        return (0.0, self.up, self.down)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest relative spot move of all scenarios."""
        return self.scenario_set.spot_moves

    @property
    def scenario_set(self) -> ScenarioSet:
        """The scenarios with the basis contingency."""
        return ScenarioSet(self.scenarios, self.basis_moves, self.basis_add, self.basis_per_year)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance balance at every spot as the least of these branches.

        Parameters, branches and errors as for `DeriveSkew.excess_branches`.
        """
        book = self._book(revaluation, date_index, vol_move)
        return worst_branches(book.total, self._static(book), self.profits(book), factor=1.0)

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Initial balance at every spot as the least of these branches; as `excess_branches`."""
        book = self._book(revaluation, date_index, vol_move)
        factor = self._initial_factor()
        unsure = low_confidence(book, *self.confidence)
        fixed = combine([factor, 1.0], [self._static(book), unsure])
        return worst_branches(book.total, fixed, self.profits(book), factor=factor)

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `excess_branches` at spots: (b, k); as for `DeriveSkew.excess_values`."""
        book = self._book(revaluation, date_index, vol_move)
        profits = self.scenario_set.profit_values(book, self._discounts(book), spots)
        return worst_values(book.total(spots), self._static(book)(spots), profits, factor=1.0)

    def profits(self, book: DeriveBook) -> list[tuple[str, PiecewiseCubic]]:
        """Label and profit of the basis contingency, then of every scenario."""
        return self.scenario_set.profits(book, self._discounts(book))

    def maintenance_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What maintenance is made of, today, at spot; as for `DeriveSkew`."""
        return self._lines(revaluation, 1.0)

    def initial_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What the initial requirement is made of; as `maintenance_lines`."""
        book = self._book(revaluation, 0, 0.0)
        unsure = float(low_confidence(book, *self.confidence)(revaluation.spot))
        lines = self._lines(revaluation, self._initial_factor())
        return (*lines, RequirementLine("low confidence", unsure))

    def _lines(self, revaluation: Revaluation, factor: float) -> tuple[RequirementLine, ...]:
        book, spot = self._book(revaluation, 0, 0.0), revaluation.spot
        offsets = offset_lines(book, self.scenario_set, self._discounts(book), spot=spot)
        static = float(self._static(book)(spot))
        loss = static + sum(one.amount for one in offsets)
        return (
            *offsets,
            RequirementLine("static: coin, perpetuals, naked shorts", static),
            RequirementLine(f"counted {factor:g} times", (factor - 1.0) * loss),
            marks_line(revaluation, book.total),
        )

    def _book(self, revaluation: Revaluation, date_index: int, vol_move: float) -> DeriveBook:
        coin = Haircut(revaluation.underlying, 0.0, cancelling=True)
        marks = DeriveMarks(self.feeds, {UP: self.up, DOWN: self.down}, {coin.asset: coin})
        ways = self.scenario_set.directions
        return derive_book(revaluation, marks, ways, date_index=date_index, vol_move=vol_move)

    def _discounts(self, book: DeriveBook) -> list[tuple[float, float]]:
        return [(self.discount.factor(one.rate, one.years), 1.0) for one in book.expiries]

    def _static(self, book: DeriveBook) -> PiecewiseCubic:
        """Shares of notional, in quote currency; those of coin are of its value at spot."""
        sizes = size_share(book, self.perpetual, self.naked)
        per_stable = self.coin * self.feeds.stable_price  # base * base% * S, not over the stable
        coin = pledged_share(book, [per_stable] * len(book.pledged))
        return combine([1.0, 1.0], [sizes, coin])

    def _initial_factor(self) -> float:
        threshold, factor = self.peg
        return self.im_factor + max(threshold - self.feeds.stable_price, 0.0) * factor
