"""Derive's second portfolio manager (PMRM_2): damped tails, skews, two discounts, haircuts."""

from dataclasses import dataclass, field, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.piecewise import PiecewiseCubic, combine
from margin.revaluation import Revaluation
from margin.rules.derive.account import DeriveMarks, derive_book
from margin.rules.derive.book import (
    DeriveBook,
    low_confidence,
    pledged_share,
    size_share,
)
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
    scenarios_of_2,
)
from margin.rules.rule import Branch
from margin.rules.skew import SkewShock
from margin.rules.staged import RequirementLine
from margin.rules.tenor_shock import TenorShock
from margin.vol_move import VolMove

__all__ = ["DeriveSkew"]

Floats = NDArray[np.float64]

UP, DOWN = VolDirection.UP, VolDirection.DOWN
SHOCK_UP, SHOCK_DOWN = TenorShock(0.50, least=0.40), TenorShock(-0.30)
SKEW = SkewShock()
DISCOUNTS_2 = (DeriveDiscount(0.95, 0.0, 0.16), DeriveDiscount(1.05, 0.0, 0.16))
"""Production file, long and short.  It prints 0.95 as short and 1.05 as long, against the meaning
of its fields; they are taken the other way round here."""


@dataclass(frozen=True, slots=True)
class DeriveSkew:
    """The portfolio manager PMRM_2 of Derive; its margin is a balance.

    With ``pnl`` the profit of a scenario (`scenario_profit`), maintenance leaves::

        total + mm_factor min(basis, min pnl) - perpetuals - naked shorts - haircuts

    and the initial requirement takes its own factor, more for a stable coin below its peg, and
    further shares, haircuts and confidence terms.

    Attributes
    ----------
    scenarios : tuple of DeriveScenario
        Regular scenarios, tails and skews.
    up, down : TenorShock
        Moves of volatility by days left.
    skew : SkewShock
        Skew scenarios.
    discounts : (DeriveDiscount, DeriveDiscount)
        For expiries of positive and of negative value.
    mm_factor, im_factor : float
        What the worst profit counts.
    basis_moves : (float, float)
        Moves of a single forward.
    basis_add, basis_per_year : float
        Scale of the basis contingency.
    perpetual, naked : (float, float)
        Shares of the notional of perpetuals and of naked short options: for maintenance, and for
        the initial requirement on top.
    haircuts : tuple of Haircut
        Collateral that is admitted.
    confidence : (float, float)
        Confidence below which feeds cost, and what they cost per notional.
    peg : (float, float)
        Price of the stable coin below which the initial factor grows, and how fast.
    feeds : Feeds
        Confidence in the feeds now.
    name, source : str
        What the rule is called, and where the numbers come from.

    References
    ----------
    Derive v2-core, portfolio manager PMRM_2, parameters of its production file; 53 of its test
    portfolios are reproduced, every scenario of them.

    Examples
    --------
    >>> from margin.rules import DeriveSkew
    >>> rule = DeriveSkew()
    >>> len(rule.scenarios), rule.spot_moves
    (33, (-0.66, 5.0))
    """

    scenarios: tuple[DeriveScenario, ...] = field(default_factory=scenarios_of_2)
    up: TenorShock = SHOCK_UP
    down: TenorShock = SHOCK_DOWN
    skew: SkewShock = SKEW
    discounts: tuple[DeriveDiscount, DeriveDiscount] = DISCOUNTS_2
    mm_factor: float = 0.8
    im_factor: float = 1.0
    basis_moves: tuple[float, float] = (0.045, -0.045)
    basis_add: float = 0.5
    basis_per_year: float = 2.0
    perpetual: tuple[float, float] = (0.03, 0.01)
    naked: tuple[float, float] = (0.003, 0.002)
    haircuts: tuple[Haircut, ...] = ()
    confidence: tuple[float, float] = (0.55, 1.0)
    peg: tuple[float, float] = (0.99, 4.0)
    feeds: Feeds = TRUSTED
    name: str = "Derive PMRM_2"
    source: str = (
        "Derive v2-core, PMRM_2: parameters of the production file as recorded in 2025, repository "
        "commit 7736900d39"
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "scenarios", tuple(self.scenarios))
        if not self.scenarios:
            raise ValueError("scenarios must hold at least one, got none")
        for name in ("mm_factor", "im_factor", "basis_add", "basis_per_year"):
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
        """Maintenance balance at every spot as the least of these branches, in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued at the moves of the rule.
        date_index : int
            Which of the dates of the revaluation.
        vol_move : float
            Relative move of all volatilities that has happened before.

        Returns
        -------
        tuple of Branch
            First the account at the venue's marks, then the basis, then every scenario.

        Raises
        ------
        ValueError
            If the account holds what Derive does not list, or collateral without a haircut.
        """
        return self.maintenance_of(self._book(revaluation, date_index, vol_move))

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Initial balance at every spot as the least of these branches; as `excess_branches`."""
        return self.initial_of(self._book(revaluation, date_index, vol_move))

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `excess_branches` at spots: (b, k) in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            As for `excess_branches`, which has the same errors.
        spots : (k,) array
            In quote currency.
        date_index, vol_move : int and float
            As for `excess_branches`.
        """
        book = self._book(revaluation, date_index, vol_move)
        profits = self.scenario_set.profit_values(book, self._discounts(book), spots)
        fixed = self._contingency(book)(spots)
        return worst_values(book.total(spots), fixed, profits, factor=self.mm_factor)

    def maintenance_of(self, book: DeriveBook) -> tuple[Branch, ...]:
        """Maintenance balance of a book as the least of these branches."""
        profits = self.profits(book)
        return worst_branches(book.total, self._contingency(book), profits, factor=self.mm_factor)

    def initial_of(self, book: DeriveBook) -> tuple[Branch, ...]:
        """Initial balance of a book as the least of these branches."""
        fixed = combine([1.0, 1.0], [self._contingency(book), self._initial_contingency(book)])
        factor = self.im_factor + self._peg()
        return worst_branches(book.total, fixed, self.profits(book), factor=factor)

    def profits(self, book: DeriveBook) -> list[tuple[str, PiecewiseCubic]]:
        """Label and profit of the basis contingency, then of every scenario."""
        return self.scenario_set.profits(book, self._discounts(book))

    def maintenance_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What maintenance is made of, today, at spot.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued at the moves of the rule.

        Returns
        -------
        tuple of RequirementLine
            What each expiry would lose alone, what offsets save, the factor, the contingencies, and
            what the account is worth beyond the venue's marks; in quote currency.  They add up to
            the requirement from present marks.
        """
        return self._lines(revaluation, self.mm_factor)

    def initial_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What the initial requirement is made of; as `maintenance_lines`."""
        extra = float(self._initial_contingency(self._book(revaluation, 0, 0.0))(revaluation.spot))
        line = RequirementLine("initial shares, haircuts and low confidence", extra)
        return (*self._lines(revaluation, self.im_factor + self._peg()), line)

    def _lines(self, revaluation: Revaluation, factor: float) -> tuple[RequirementLine, ...]:
        book, spot = self._book(revaluation, 0, 0.0), revaluation.spot
        offsets = offset_lines(book, self.scenario_set, self._discounts(book), spot=spot)
        perpetual = float(size_share(replace(book, expiries=()), self.perpetual[0], 0.0)(spot))
        naked = float(size_share(book, 0.0, self.naked[0])(spot))
        haircuts = float(self._contingency(book)(spot)) - perpetual - naked
        counted = (factor - 1.0) * sum(one.amount for one in offsets)
        return (
            *offsets,
            RequirementLine(f"counted {factor:g} times", counted),
            RequirementLine("perpetuals", perpetual),
            RequirementLine("naked short options", naked),
            RequirementLine("haircuts of collateral", haircuts),
            marks_line(revaluation, book.total),
        )

    def _book(self, revaluation: Revaluation, date_index: int, vol_move: float) -> DeriveBook:
        marks = DeriveMarks(
            self.feeds,
            {UP: self.up, DOWN: self.down},
            {haircut.asset: haircut for haircut in self.haircuts},
            discounting=1.0,
            skew=self.skew,
        )
        ways = self.scenario_set.directions
        return derive_book(revaluation, marks, ways, date_index=date_index, vol_move=vol_move)

    def _discounts(self, book: DeriveBook) -> list[tuple[float, float]]:
        long, short = self.discounts
        at = [(expiry.rate, expiry.years) for expiry in book.expiries]
        return [(long.factor(*point), short.burden(*point)) for point in at]

    def _contingency(self, book: DeriveBook) -> PiecewiseCubic:
        """What maintenance asks for besides the worst scenario."""
        haircuts = [pledged.maintenance for pledged in book.pledged]
        sizes = size_share(book, self.perpetual[0], self.naked[0])
        return combine([1.0, 1.0], [sizes, pledged_share(book, haircuts)])

    def _initial_contingency(self, book: DeriveBook) -> PiecewiseCubic:
        """What the initial requirement asks for on top."""
        haircuts = [pledged.initial for pledged in book.pledged]
        sizes = size_share(book, self.perpetual[1], self.naked[1])
        unsure = low_confidence(book, *self.confidence)
        return combine([1.0, 1.0, 1.0], [sizes, pledged_share(book, haircuts), unsure])

    def _peg(self) -> float:
        threshold, factor = self.peg
        return max(threshold - self.feeds.stable_price, 0.0) * factor
