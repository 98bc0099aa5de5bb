"""A cash account as a rule: what it may hold, paid in full, and what it must keep in cash."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.account import Position
from margin.instrument import Asset, Instrument, OptionContract, Settlement
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
from margin.rules.strategy.book import book_of
from margin.rules.strategy.grouping import SECONDS, group_positions
from margin.rules.strategy.groups import Group, Grouping
from margin.rules.strategy.option_terms import CashTerms
from margin.rules.strategy.stock_terms import InitialStock
from pdesolve import Exercise, Right

__all__ = ["CASH_ACCOUNT", "CashRule"]

Floats = NDArray[np.float64]

TERMS = (CashTerms(), InitialStock(long=1.0, short=1.0))
ELSEWHERE = "buy it back, or keep it in a margin account"


@dataclass(frozen=True, slots=True)
class CashRule:
    """What a cash account may hold is paid in full; what it owes is kept in cash or in stock.

    Balance convention, as in `StrategyRule`: the balance is cash, sale proceeds included, and stock
    at market value.  Stock requires its whole value and long options, which count nothing, were
    paid.  A short put requires its strike.  A short call requires the shares that it may take.
    European options settled in cash that expire together may be spread, boxes included, and require
    their largest loss.  The cheapest admissible grouping is found exactly.  Initial and maintenance
    requirement are the same.

    Attributes
    ----------
    name, source : str
        What the rule is called and where it comes from.
    dated : date
        When it was taken down.

    References
    ----------
    Regulation T, section 220.8 (12 CFR 220.8); FINRA Rule 4210(f)(2); Cboe Rule 10.3(c)(5).  Calls
    and puts covered by an escrow agreement of a bank are not represented.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import OptionContract, Position
    >>> from margin.rules.strategy import CASH_ACCOUNT
    >>> from pdesolve import Exercise, Right
    >>> now, expiry = datetime(2026, 11, 20, 21, tzinfo=UTC), datetime(2027, 1, 15, 21, tzinfo=UTC)
    >>> put = OptionContract("X", Right.PUT, 50.0, expiry, Exercise.AMERICAN)
    >>> found = CASH_ACCOUNT.grouping([Position(put, -2, 100)], {put: 1.35}, spot=52.3, asof=now)
    >>> found.needed, found.deposit
    (10000.0, 9730.0)
    """

    name: str = "cash account"
    source: str = "Regulation T section 220.8, FINRA Rule 4210(f), Cboe Rule 10.3."
    dated: date = date(2026, 1, 1)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _check.text("name", self.name))

    @property
    def initial_factor(self) -> float:
        """The initial requirement is the maintenance requirement."""
        return 1.0

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """The rule reads present volatilities only."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """The rule looks at no spot but the one it is asked about."""
        return (0.0, 0.0)

    def grouping(
        self,
        positions: Iterable[Position],
        prices: Mapping[OptionContract, float],
        *,
        spot: float,
        asof: datetime,
        seconds: float = SECONDS,
    ) -> Grouping:
        """The grouping that requires least cash, of flat positions at given prices.

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
            Time after which the search stops in a large book.

        Returns
        -------
        Grouping
            A short call saves nothing in it, since it may not be held by itself.

        Raises
        ------
        ValueError
            If the account may not hold a position: stock that is short, or a call that nothing
            covers; or as for `StrategyRule.maintenance_grouping`.
        """
        held = tuple(positions)
        found = group_positions(held, prices, TERMS, spot=spot, asof=asof, seconds=seconds)
        _refuse(held, found)
        return _without_calls(found, held)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Excess at every spot as the least of these branches, in quote currency.

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
            If the account may not hold a position, or is kept in coin.
        """
        _refuse(revaluation.account.positions, grouping_now(TERMS, revaluation))
        return branches_of(TERMS, revaluation, date_index, vol_move)

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `excess_branches` at spots: (2, k), in quote currency."""
        _refuse(revaluation.account.positions, grouping_now(TERMS, revaluation))
        return values_of(TERMS, revaluation, spots, (date_index, vol_move))

    @property
    def branch_labels(self) -> tuple[str, ...]:
        """What the branches are called."""
        return LABELS

    def leg_profit(self, leg: Revaluation, worst: int) -> float:
        """What one leg requires by itself with a minus sign, in quote currency.

        A short call requires nothing but what covers it.
        """
        if worst == 0:
            return 0.0
        found = grouping_now(TERMS, leg)
        calls = _names_of_calls(leg.account.positions)
        needed = sum(line.requirement for line in found.groups if not _is_bare(line, calls))
        return -needed - found.paid

    def maintenance_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What every group requires, and the value of all options; as for `StrategyRule`."""
        found = grouping_now(TERMS, revaluation)
        return tuple(lines_of(_without_calls(found, revaluation.account.positions)))


def _names_of_calls(positions: Iterable[Position]) -> set[str]:
    """Calls among some positions, by name."""
    contracts = (one.instrument for one in positions)
    return {
        str(one) for one in contracts if isinstance(one, OptionContract) and one.right is Right.CALL
    }


def _is_bare(group: Group, calls: set[str]) -> bool:
    """Whether a group is short calls that nothing covers."""
    return group.name == "uncovered" and group.members[0][0] in calls


def _without_calls(found: Grouping, positions: Iterable[Position]) -> Grouping:
    """The grouping in which short calls save nothing."""
    calls = _names_of_calls(positions)
    groups = tuple(
        replace(group, saved=0.0)
        if any(name in calls and count < 0.0 for name, count in group.members)
        else group
        for group in found.groups
    )
    apart = found.needed + sum(group.saved for group in groups)
    return replace(found, groups=groups, apart=apart)


def _refuse(positions: Iterable[Position], found: Grouping) -> None:
    """Refuse short stock, and calls that nothing covers."""
    held = tuple(positions)
    shares = book_of(one for one in held if isinstance(one.instrument, Asset)).shares
    if shares < 0.0:
        raise ValueError(
            f"stock must not be short in a cash account, got {shares:g} shares; {ELSEWHERE}"
        )
    calls = _names_of_calls(held)
    for group in found.groups:
        if _is_bare(group, calls):
            name, count = group.members[0]
            position = next(one for one in held if str(one.instrument) == name)
            raise ValueError(
                f"{name} must be covered in a cash account, got {count:g} that are not; "
                f"hold {position.multiplier:g} shares for each{_other_cover(position.instrument)}, "
                f"{ELSEWHERE}"
            )


def _other_cover(contract: Instrument) -> str:
    """What could cover a call besides stock, or why nothing could."""
    if isinstance(contract, OptionContract) and contract.exercise is Exercise.AMERICAN:
        return " (an American option may not be spread in a cash account)"
    if isinstance(contract, OptionContract) and contract.settlement is not Settlement.CASH:
        return " (only options settled in cash may be spread in a cash account)"
    return " or a European call of the same expiry, settled in cash"


CASH_ACCOUNT = CashRule()
"""A cash account at a broker."""
