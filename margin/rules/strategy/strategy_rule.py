"""Strategy-based margin as a rule: parameters, dates and sources, and the excess against spot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.account import Position
from margin.instrument import OptionContract
from margin.revaluation import Revaluation
from margin.rules.rule import Branch
from margin.rules.staged import RequirementLine
from margin.rules.strategy.account_excess import (
    LABELS,
    branches_of,
    grouping_now,
    lines_of,
    values_of,
)
from margin.rules.strategy.grouping import SECONDS, group_positions
from margin.rules.strategy.groups import Grouping
from margin.rules.strategy.option_terms import OptionTerms
from margin.rules.strategy.stock_terms import InitialStock, MaintenanceStock, StockTerms

__all__ = [
    "STRATEGY_BROAD_INDEX",
    "STRATEGY_CURRENCY",
    "STRATEGY_EQUITY",
    "STRATEGY_NARROW_INDEX",
    "STRATEGY_VOLATILITY_INDEX",
    "StrategyRule",
]

Floats = NDArray[np.float64]

SOURCE = (
    "Cboe Rule 10.3, FINRA Rule 4210(f) with Regulatory Notices 09-53 and 12-44, Regulation T "
    "section 220.12; a broker may require more."
)


@dataclass(frozen=True, slots=True)
class StrategyRule:
    """The cheapest admissible grouping of options and stock is required.

    Balance convention: the balance ``B`` is cash and stock at market value, options count nothing
    in it, and ``excess = B - R``, where the requirement ``R`` holds the value of uncovered shorts.
    Every lot may be margined by itself, in a spread of any number of legs, in a straddle, or with
    stock; the grouping that takes least is found exactly, at every spot.

    `margin.requirement` states the same excess in the equity convention, where options count at
    their value: its maintenance is equity less ``B - R``.

    Attributes
    ----------
    options : OptionTerms
        Percentages of short options, and what is lent against long ones.
    maintenance_stock, initial_stock : MaintenanceStock, InitialStock
        What stock requires, alone and with options.
    name, source : str
        What the rule is called and where the numbers come from.
    dated : date
        When the numbers were taken down.

    Raises
    ------
    ValueError
        If a field is of another type.

    References
    ----------
    Cboe Rule 10.3; FINRA Rule 4210(f); Regulation T, 12 CFR 220.12.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import OptionContract, Position
    >>> from margin.rules.strategy import STRATEGY_EQUITY
    >>> from pdesolve import Exercise, Right
    >>> now, expiry = datetime(2026, 11, 20, 21, tzinfo=UTC), datetime(2027, 1, 15, 21, tzinfo=UTC)
    >>> put = OptionContract("X", Right.PUT, 50.0, expiry, Exercise.AMERICAN)
    >>> found = STRATEGY_EQUITY.maintenance_grouping(
    ...     [Position(put, -2, 100)], {put: 1.35}, spot=52.3, asof=now
    ... )
    >>> found
    requirement 1,902.00 at a spot of 52.3
      uncovered: -2 X 2027-01-15 50 put: 1,902.00, saves 0.00
    """

    options: OptionTerms = field(default_factory=OptionTerms)
    maintenance_stock: StockTerms = field(default_factory=MaintenanceStock)
    initial_stock: StockTerms = field(default_factory=InitialStock)
    name: str = "strategy, equity"
    source: str = SOURCE
    dated: date = date(2026, 1, 1)

    def __post_init__(self) -> None:
        _check.instance("options", self.options, OptionTerms)
        for name in ("maintenance_stock", "initial_stock"):
            stock = getattr(self, name)
            if not isinstance(stock, StockTerms):
                raise ValueError(
                    f"{name} must be of type MaintenanceStock or InitialStock, got {stock!r}"
                )
        object.__setattr__(self, "name", _check.text("name", self.name))

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """The rule reads present volatilities only."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """The rule looks at no spot but the one it is asked about."""
        return (0.0, 0.0)

    def maintenance_grouping(
        self,
        positions: Iterable[Position],
        prices: Mapping[OptionContract, float],
        *,
        spot: float,
        asof: datetime,
        seconds: float = SECONDS,
    ) -> Grouping:
        """The grouping that requires least maintenance, of flat positions at given prices.

        Parameters
        ----------
        positions : iterable of Position
            Options and stock of one underlying.
        prices : mapping of OptionContract to float
            Market price of every option, per unit of the underlying in quote currency.
        spot : float
            In quote currency.
        asof : datetime
            Now.
        seconds : float
            Time after which the search stops in a large book, which takes long to prove cheapest;
            the grouping says what it may leave.

        Returns
        -------
        Grouping

        Raises
        ------
        ValueError
            If a position is neither an option nor stock, an option has expired or has no price, or
            the positions are on several underlyings.
        """
        terms = (self.options, self.maintenance_stock)
        return group_positions(positions, prices, terms, spot=spot, asof=asof, seconds=seconds)

    def initial_grouping(
        self,
        positions: Iterable[Position],
        prices: Mapping[OptionContract, float],
        *,
        spot: float,
        asof: datetime,
        seconds: float = SECONDS,
    ) -> Grouping:
        """The grouping that requires least to open; parameters and errors as for maintenance."""
        terms = (self.options, self.initial_stock)
        return group_positions(positions, prices, terms, spot=spot, asof=asof, seconds=seconds)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance excess at every spot as the least of these branches, in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.
        date_index : int
            Which of the dates of the revaluation; expired options have been settled in cash.
        vol_move : float
            Relative move of all volatilities that has happened before.

        Returns
        -------
        tuple of Branch
            "no requirement", which is equity, and "cheapest grouping".

        Raises
        ------
        ValueError
            If the account holds what strategy rules do not know, or is kept in coin.
        """
        terms = (self.options, self.maintenance_stock)
        return branches_of(terms, revaluation, date_index, vol_move)

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Initial excess at every spot; parameters, branches and errors as for maintenance."""
        terms = (self.options, self.initial_stock)
        return branches_of(terms, revaluation, date_index, vol_move)

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `excess_branches` at spots: (2, k), in quote currency."""
        terms = (self.options, self.maintenance_stock)
        return values_of(terms, revaluation, spots, (date_index, vol_move))

    def initial_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `initial_branches` at spots: (2, k), in quote currency."""
        terms = (self.options, self.initial_stock)
        return values_of(terms, revaluation, spots, (date_index, vol_move))

    @property
    def branch_labels(self) -> tuple[str, ...]:
        """What the branches are called."""
        return LABELS

    def maintenance_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What every group requires apart, what grouping it saves, and the value of all options.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.

        Returns
        -------
        tuple of RequirementLine
            They add up to the maintenance requirement from present marks, in quote currency.
        """
        terms = (self.options, self.maintenance_stock)
        return tuple(lines_of(grouping_now(terms, revaluation)))

    def initial_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """The same of the initial requirement."""
        terms = (self.options, self.initial_stock)
        return tuple(lines_of(grouping_now(terms, revaluation)))


STRATEGY_EQUITY = StrategyRule()
"""Equities and funds on narrow indices: 20 % and 10 %.  For a leveraged or inverse fund set
``options=OptionTerms(leverage=3.0)``."""

STRATEGY_NARROW_INDEX = StrategyRule(name="strategy, narrow index")
"""Narrow-based indices: 20 % and 10 %."""

STRATEGY_BROAD_INDEX = StrategyRule(OptionTerms(percent=0.15), name="strategy, broad index")
"""Broad-based indices and funds on them: 15 % and 10 %."""

STRATEGY_CURRENCY = StrategyRule(
    OptionTerms(percent=0.04, floor=0.0075), name="strategy, world currency"
)
"""World currency options: 4 % and 0.75 %."""

STRATEGY_VOLATILITY_INDEX = StrategyRule(name="strategy, volatility index")
"""Volatility indices: 20 % and 10 % of the index; some brokers take the future instead."""
