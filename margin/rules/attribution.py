"""What one leg of an account adds to a branch of its excess."""

from typing import Protocol, runtime_checkable

import numpy as np

from margin.revaluation import Revaluation
from margin.rules.at_spots import branch_values
from margin.rules.rule import Rule

__all__ = ["Attributed", "leg_profit"]


@runtime_checkable
class Attributed(Protocol):
    """A rule with a part for each leg that is not what the leg would need alone."""

    def leg_profit(self, leg: Revaluation, worst: int) -> float:
        """What one leg adds to branch ``worst`` of its account less equity, today, at spot."""


def leg_profit(rule: Rule, leg: Revaluation, worst: int) -> float:
    """What one leg adds to branch ``worst`` of its account less equity, today, at spot.

    That is the branch of the leg alone, unless the rule says otherwise.  Where a branch is linear
    in the holdings, as a scenario is, the parts of all legs add up to it; else what is left is
    what holding them together saves or costs.

    Parameters
    ----------
    rule : Rule
        The rule.
    leg : Revaluation
        Revaluation of an account that holds this leg alone.
    worst : int
        Index of a branch.

    Returns
    -------
    float
        In quote currency.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying, revalue
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> from margin.rules.attribution import leg_profit
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"X": Underlying(80.0)}, {})
    >>> shares = revalue(Account("leg", "USD", 0.0, (Position(Asset("X"), 100),)), market)
    >>> round(leg_profit(TEN_POINT_EQUITY, shares, worst=1), 6)
    -1200.0
    """
    if isinstance(rule, Attributed):
        return rule.leg_profit(leg, worst)
    spot = np.array([leg.spot])
    return float(branch_values(rule, leg, spot)[worst, 0] - leg.equity()(spot)[0])
