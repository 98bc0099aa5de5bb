"""The excess of an account with several underlyings, over a range of spots of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin.account import Account
from margin.liquidation import nearest_volatility
from margin.market import Market
from margin.names.rules import JointRule, joint_rule
from margin.names.split import split
from margin.names.terms import Term
from margin.rules import Rule, revalue_for

__all__ = ["JointExcess", "joint_excess"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class JointExcess:
    """Equity less the maintenance requirement against the spots of several underlyings.

    The excess is the least of some sums, each of functions of one spot.  So every name is solved
    on a grid of its own, and no combination of spots is priced.

    Attributes
    ----------
    account, rule : str
        Their names.
    currency : str
        Of the account, which is the quote currency.
    date : datetime
        When.
    spots : mapping of str to float
        Present spot of every underlying, in quote currency.
    volatilities : mapping of str to float or None
        Of the living option of each underlying whose strike is nearest its spot, per root year.
    terms : tuple of Term
        Their least is the excess.
    equity : Term
        Equity.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Collateral, Market, Position, Underlying
    >>> from margin.names.excess import joint_excess
    >>> from margin.rules import PerpetualRule
    >>> spots = {"BTC": Underlying(60_000.0), "ETH": Underlying(3_000.0)}
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), spots, {})
    >>> debt, pledged = Position(Asset("ETH"), -10.0), Collateral("BTC", 1.0, haircut=0.3)
    >>> account = Account("loan", "USD", 0.0, (debt,), (pledged,))
    >>> ranges = {"BTC": (10_000.0, 100_000.0), "ETH": (500.0, 9_000.0)}
    >>> found = joint_excess(account, market, PerpetualRule(), spots=ranges)
    >>> float(found({"BTC": 50_000.0, "ETH": 3_400.0}))
    1000.0
    """

    account: str
    rule: str
    currency: str
    date: datetime
    spots: Mapping[str, float]
    volatilities: Mapping[str, float | None]
    terms: tuple[Term, ...]
    equity: Term

    @property
    def names(self) -> tuple[str, ...]:
        """The underlyings, in alphabetical order."""
        return tuple(self.spots)

    def __call__(self, spots: Mapping[str, ArrayLike]) -> Floats:
        """Excess at spots of every underlying, which broadcast, in quote currency."""
        found: Floats = np.min([term(spots) for term in self.terms], axis=0)
        return found

    def error(self, spots: Mapping[str, ArrayLike]) -> Floats:
        """Bound on the error of the excess there, in quote currency."""
        values = np.array([term(spots) for term in self.terms])
        errors = np.array(
            [np.broadcast_to(term.error(spots), values[0].shape) for term in self.terms]
        )
        binding = values.argmin(axis=0)
        return np.asarray(np.take_along_axis(errors, binding[None], axis=0)[0])


def joint_excess(
    account: Account,
    market: Market,
    rule: Rule | JointRule,
    *,
    spots: Mapping[str, tuple[float, float]],
    date: datetime | None = None,
    vol_move: float = 0.0,
) -> JointExcess:
    """Solve what an account holds in each of its underlyings, each over a range of its own.

    Parameters
    ----------
    account : Account
        Kept in quote currency.
    market : Market
        Spots, carry and volatilities.
    rule : Rule, NameByName or MovedTogether
        Whose requirement it is; a rule for one underlying margins each by itself.
    spots : mapping of str to tuple of float
        Lowest and highest spot of an underlying, in quote currency; those left out stay at their
        present spot.
    date : datetime, optional
        When; now if not given.
    vol_move : float
        Relative move of all volatilities.

    Returns
    -------
    JointExcess

    Raises
    ------
    ValueError
        If a range names an underlying that the account does not hold, or the account cannot be
        valued in this market or under this rule.
    """
    parts = split(account, market)
    unknown = sorted(set(spots) - set(parts))
    if unknown:
        raise ValueError(f"the account must depend on {', '.join(unknown)}, got {', '.join(parts)}")
    joint, at = joint_rule(rule, parts), market.asof if date is None else date
    revalued = {
        name: revalue_for(
            joint.rule_of(name),
            part,
            market,
            underlying=name,
            spots=spots.get(name, ()),
            vol_moves=(vol_move,),
            dates=(at,),
        )
        for name, part in parts.items()
    }
    equity = {name: each.equity(0, vol_move) for name, each in revalued.items()}
    return JointExcess(
        account=account.name,
        rule=joint.name,
        currency=account.currency,
        date=at,
        spots={name: each.spot for name, each in revalued.items()},
        volatilities={name: nearest_volatility(each, at) for name, each in revalued.items()},
        terms=joint.terms(revalued, vol_move),
        equity=Term("equity", equity),
    )
