"""Liquidation thresholds: at which spots an account falls below maintenance, and how far off."""

from collections.abc import Sequence
from datetime import datetime
from math import log

from margin import _check
from margin.account import Account
from margin.danger import DangerSet, danger_set
from margin.instrument import Solvable
from margin.market import Market
from margin.revaluation import Revaluation, moving_underlying
from margin.rules import Branch, Rule, refuse_claims, revalue_for
from margin.solved_alone import levels_of
from margin.threshold import Thresholds

__all__ = ["liquidation_intervals", "thresholds", "thresholds_of"]

# The range searched if none is given, as multiples of the present spot.
LOWEST_MULTIPLE, HIGHEST_MULTIPLE = 0.2, 5.0


def liquidation_intervals(
    branches: Sequence[Branch], *, lowest: float, highest: float
) -> DangerSet:
    """All spots of a range at which one of the branches of a rule is negative, with proof.

    Parameters
    ----------
    branches : sequence of Branch
        Their least is the excess of equity over maintenance.
    lowest, highest : float
        Range searched, in quote currency; each branch covers it.

    Returns
    -------
    DangerSet

    Raises
    ------
    ValueError
        As for `danger_set`.

    Examples
    --------
    >>> from margin.liquidation import liquidation_intervals
    >>> from margin.piecewise import line
    >>> from margin.rules import Branch
    >>> branch = Branch("spot -15 %", line(-50.0, 0.85, lowest=1.0, highest=200.0))
    >>> liquidation_intervals([branch], lowest=10.0, highest=200.0).intervals[0].upper
    58.8235294117647
    """
    return danger_set([branch.curve for branch in branches], lowest=lowest, highest=highest)


def thresholds(
    account: Account,
    market: Market,
    rule: Rule,
    *,
    underlying: str | None = None,
    lowest: float | None = None,
    highest: float | None = None,
    date: datetime | None = None,
    volatility: float | None = None,
) -> Thresholds:
    """All spots of a range at which an account is liquidated, and the nearest of them.

    The excess of equity over the maintenance requirement is the least of some piecewise cubics
    of spot.  Their roots are isolated with proof, so that "none in the range" is a statement
    about the whole range and not about the spots that were looked at.

    Parameters
    ----------
    account : Account
        What is held.
    market : Market
        Spot, carry and volatilities.
    rule : Rule
        Whose requirement it is.
    underlying : str, optional
        Whose spot moves while others stay; needed only if the account has several.
    lowest, highest : float, optional
        Range searched, in quote currency; a fifth of and five times the spot if not given.
    date : datetime, optional
        When; now if not given.  Later dates keep spot, volatilities and positions.
    volatility : float, optional
        By which distances are measured, per root year; if not given, that of the living option
        of the account whose strike is nearest the spot.

    Returns
    -------
    Thresholds

    Raises
    ------
    ValueError
        If ``lowest <= spot <= highest`` does not hold, or the account cannot be valued in this
        market or under this rule.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Market, Position, Underlying
    >>> from margin.instrument import Asset
    >>> from margin.liquidation import thresholds
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", -4_000.0, (Position(Asset("AAPL"), 100),))
    >>> found = thresholds(account, market, TEN_POINT_EQUITY)
    >>> found.below.spot, found.above, found.reasons["above"]
    (47.0588..., None, 'never below maintenance between 80.0000 and 400.00')
    """
    spot = market.underlyings[moving_underlying(account, market, underlying)].spot
    low, high = searched_range(spot, lowest, highest)
    dates = () if date is None else (date,)
    revaluation = revalue_for(
        rule, account, market, underlying=underlying, spots=(low, high), dates=dates
    )
    return thresholds_of(revaluation, rule, lowest=low, highest=high, volatility=volatility)


def thresholds_of(
    revaluation: Revaluation,
    rule: Rule,
    *,
    date_index: int = 0,
    lowest: float | None = None,
    highest: float | None = None,
    volatility: float | None = None,
) -> Thresholds:
    """`thresholds` of an account that is revalued already; nothing is priced.

    Parameters
    ----------
    revaluation : Revaluation
        The account at the volatility moves of the rule, over the range and the rule's moves.
    rule : Rule
        Whose requirement it is.
    date_index : int
        Which of the dates of the revaluation.
    lowest, highest, volatility
        As for `thresholds`.

    Returns
    -------
    Thresholds

    Raises
    ------
    ValueError
        If ``lowest <= spot <= highest`` does not hold, or the revaluation lacks a move or a part
        of the range.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Market, Position, Underlying, revalue
    >>> from margin.instrument import Asset
    >>> from margin.liquidation import thresholds_of
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", 9_500.0, (Position(Asset("AAPL"), -100),))
    >>> found = thresholds_of(revalue(account, market), TEN_POINT_EQUITY)
    >>> round(found.above.spot, 4), round(found.above.percent, 2)
    (82.6087, 3.26)
    """
    spot, date = revaluation.spot, revaluation.dates[date_index]
    low, high = searched_range(spot, lowest, highest)
    if volatility is None:
        volatility = nearest_volatility(revaluation, date)
    else:
        volatility = _check.positive("volatility", volatility)
    refuse_claims(rule, revaluation.account)
    branches = rule.excess_branches(revaluation, date_index)
    return Thresholds(
        account=revaluation.account.name,
        rule=rule.name,
        underlying=revaluation.underlying,
        date=date,
        spot=spot,
        volatility=volatility,
        liquidation=liquidation_intervals(branches, lowest=low, highest=high),
        bankruptcy=danger_set([revaluation.equity(date_index)], lowest=low, highest=high),
    )


def searched_range(spot: float, lowest: float | None, highest: float | None) -> tuple[float, float]:
    """The range searched, which must hold the spot."""
    low = LOWEST_MULTIPLE * spot if lowest is None else _check.positive("lowest", lowest)
    high = HIGHEST_MULTIPLE * spot if highest is None else _check.positive("highest", highest)
    if not low <= spot <= high:
        raise ValueError(f"need lowest <= spot <= highest, got {low}, {spot} and {high}")
    return low, high


def nearest_volatility(revaluation: Revaluation, date: datetime) -> float | None:
    """Volatility of the living option whose strike is nearest the spot, the first to expire.

    Of a claim, its kinks and barriers count as strikes.
    """
    held = (position.instrument for position in revaluation.account.positions if position.quantity)
    options = [each for each in held if isinstance(each, Solvable) and each.expiry > date]
    options = [each for each in options if levels_of(each)]
    if not options:
        return None
    spot = revaluation.spot
    nearest = min(options, key=lambda one: (_distance(one, spot), one.expiry))
    return revaluation.market.volatility(nearest)


def _distance(contract: Solvable, spot: float) -> float:
    """From the spot to the nearest strike, kink or barrier, in its log."""
    return min(abs(log(level / spot)) for level in levels_of(contract))
