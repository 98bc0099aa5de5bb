"""Strategy-based margin as a rule: parameters, dates and sources, and the excess against spot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from margin import _check
from margin.account import Position
from margin.instrument import Asset, OptionContract
from margin.revaluation import Revaluation
from margin.rules.rule import Branch
from margin.rules.strategy.book import book_of
from margin.rules.strategy.envelope import cheapest_excess, lot_values
from margin.rules.strategy.grouping import group_positions
from margin.rules.strategy.groups import Grouping
from margin.rules.strategy.option_terms import OptionTerms
from margin.rules.strategy.program import lent_lots, program_of
from margin.rules.strategy.stock_terms import InitialStock, MaintenanceStock, StockTerms

__all__ = [
    "STRATEGY_BROAD_INDEX",
    "STRATEGY_CURRENCY",
    "STRATEGY_EQUITY",
    "STRATEGY_NARROW_INDEX",
    "STRATEGY_VOLATILITY_INDEX",
    "StrategyRule",
]

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
    def initial_factor(self) -> float:
        """Options require initially what they require later; for stock see `initial_branches`."""
        return 1.0

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
        gap: float = 0.0,
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
        gap : float
            Share of what grouping saves that the search may leave in a large book, which takes
            long to prove cheapest; the grouping says what is left.

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
        return group_positions(positions, prices, terms, spot=spot, asof=asof, gap=gap)

    def initial_grouping(
        self,
        positions: Iterable[Position],
        prices: Mapping[OptionContract, float],
        *,
        spot: float,
        asof: datetime,
        gap: float = 0.0,
    ) -> Grouping:
        """The grouping that requires least to open; parameters and errors as for maintenance."""
        terms = (self.options, self.initial_stock)
        return group_positions(positions, prices, terms, spot=spot, asof=asof, gap=gap)

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
        return _branches(terms, revaluation, date_index, vol_move)

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Initial excess at every spot; parameters, branches and errors as for maintenance."""
        terms = (self.options, self.initial_stock)
        return _branches(terms, revaluation, date_index, vol_move)

    def leg_profit(self, leg: Revaluation, worst: int) -> float:
        """What one leg requires by itself with a minus sign, today, at spot.

        Parameters
        ----------
        leg : Revaluation
            Revaluation of an account that holds this leg alone.
        worst : int
            Index of a branch; 0 is "no requirement".

        Returns
        -------
        float
            In quote currency.  The legs of a group together require less: see
            `maintenance_grouping`.
        """
        return _alone(self.excess_branches(leg), leg.spot, worst)

    def initial_profit(self, leg: Revaluation, worst: int) -> float:
        """What one leg requires initially by itself; parameters as for `leg_profit`."""
        return _alone(self.initial_branches(leg), leg.spot, worst)


def _branches(
    terms: tuple[OptionTerms, StockTerms], revaluation: Revaluation, date_index: int, move: float
) -> tuple[Branch, ...]:
    """Equity, and the balance less what the cheapest grouping requires."""
    account, asof = revaluation.account, revaluation.dates[date_index]
    if revaluation.in_coin:
        raise ValueError(
            f"a strategy rule needs an account in quote currency, got one in {account.currency}; "
            "use a scenario rule"
        )
    settled = tuple(held for held in account.positions if _has_expired(held, asof))
    book = book_of(held for held in account.positions if held not in settled)
    program = program_of(book, lent_lots(book.long, terms[0].long_months, asof))
    values = [
        value
        for lots in (book.short, book.long)
        for value in lot_values(revaluation, lots, date_index, move)
    ]
    stock = tuple(held for held in account.positions if isinstance(held.instrument, Asset))
    without = revaluation.with_account(replace(account, positions=(*settled, *stock)))
    balance = without.equity(date_index, move)
    excess = cheapest_excess(program, terms, revaluation, balance, values)
    equity = revaluation.equity(date_index, move)
    return Branch("no requirement", equity), Branch("cheapest grouping", excess)


def _alone(branches: tuple[Branch, ...], spot: float, worst: int) -> float:
    """A branch less equity at a spot."""
    return float(branches[worst].curve(spot) - branches[0].curve(spot))


def _has_expired(held: Position, asof: datetime) -> bool:
    """Whether a position is in an option that has been settled."""
    return isinstance(held.instrument, OptionContract) and held.instrument.expiry <= asof


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
