"""What a rule leaves and requires at single spots: arrays, where no curve is wanted."""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin.revaluation import Revaluation
from margin.rules.rule import Rule

__all__ = [
    "LabelledRule",
    "SampledRule",
    "SampledStages",
    "branch_values",
    "excess_at",
    "labelled_values",
    "requirement_at",
]

Floats = NDArray[np.float64]


@runtime_checkable
class SampledRule(Protocol):
    """A rule that reads its branches at single spots faster than it builds their curves."""

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `Rule.excess_branches` at spots, in their order: (b, k)."""


@runtime_checkable
class LabelledRule(SampledRule, Protocol):
    """A rule that names its branches without building their curves."""

    @property
    def branch_labels(self) -> tuple[str, ...]:
        """Labels of the branches of `Rule.excess_branches`, in their order."""


@runtime_checkable
class SampledStages(Protocol):
    """A staged rule that reads its initial branches at single spots faster than their curves."""

    def initial_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `Staged.initial_branches` at spots, in their order: (b, k)."""


def branch_values(
    rule: Rule,
    revaluation: Revaluation,
    spots: ArrayLike,
    *,
    date_index: int = 0,
    vol_move: float = 0.0,
) -> Floats:
    """Every branch of the maintenance excess of a rule, at spots.

    The least of a column is the excess there, and its row says what binds.  No curve is built
    where the rule is a `SampledRule`; else the curves are read.

    Parameters
    ----------
    rule : Rule
        The rule.
    revaluation : Revaluation
        The account, revalued for it; nothing is priced.
    spots : (k,) array-like
        In quote currency, inside what `revalue_for` was asked for.
    date_index : int
        Which of the dates of the revaluation.
    vol_move : float
        Relative move of all volatilities that has happened before the rule is applied.

    Returns
    -------
    (b, k) array
        In quote currency, in the order of `Rule.excess_branches`.

    Raises
    ------
    ValueError
        As for `Rule.excess_branches`, or if a spot that the rule reads was not revalued.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.rules import TEN_POINT_EQUITY, branch_values, revalue_for
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"X": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", -4_000.0, (Position(Asset("X"), 100),))
    >>> found = revalue_for(TEN_POINT_EQUITY, account, market, spots=(50.0, 90.0))
    >>> branch_values(TEN_POINT_EQUITY, found, [50.0, 90.0])[:2].round(6)
    array([[1000., 5000.],
           [ 250., 3650.]])
    """
    at = np.atleast_1d(np.asarray(spots, dtype=np.float64))
    if isinstance(rule, SampledRule):
        return rule.excess_values(revaluation, at, date_index, vol_move)
    branches = rule.excess_branches(revaluation, date_index, vol_move)
    return np.stack([branch.curve(at) for branch in branches])


def labelled_values(
    rule: Rule, revaluation: Revaluation, spots: Floats
) -> tuple[tuple[str, ...], Floats]:
    """Today's branches at spots, and what they are called.

    Parameters
    ----------
    rule : Rule
        The rule; no curve is built if it is a `LabelledRule`.
    revaluation : Revaluation
        The account, revalued for it.
    spots : (k,) array
        In quote currency.

    Returns
    -------
    tuple of str, (b, k) array
        In the order of `Rule.excess_branches`, in quote currency.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import numpy as np
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.rules import TEN_POINT_EQUITY, labelled_values, revalue_for
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"X": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", -4_000.0, (Position(Asset("X"), 100),))
    >>> found = revalue_for(TEN_POINT_EQUITY, account, market)
    >>> labels, values = labelled_values(TEN_POINT_EQUITY, found, np.array([80.0]))
    >>> labels[int(values.argmin())]
    'spot -15 %'
    """
    if isinstance(rule, LabelledRule):
        return rule.branch_labels, rule.excess_values(revaluation, spots)
    branches = rule.excess_branches(revaluation)
    labels = tuple(branch.label for branch in branches)
    return labels, np.stack([branch.curve(spots) for branch in branches])


def excess_at(
    rule: Rule,
    revaluation: Revaluation,
    spots: ArrayLike,
    *,
    date_index: int = 0,
    vol_move: float = 0.0,
) -> Floats:
    """Equity less the maintenance requirement at spots: (k,), in quote currency.

    Parameters and errors as for `branch_values`.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.rules import TEN_POINT_EQUITY, excess_at, revalue_for
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"X": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", -4_000.0, (Position(Asset("X"), 100),))
    >>> found = revalue_for(TEN_POINT_EQUITY, account, market, spots=(40.0, 90.0))
    >>> excess_at(TEN_POINT_EQUITY, found, [40.0, 80.0]).round(6)
    array([-600., 2800.])
    """
    values = branch_values(rule, revaluation, spots, date_index=date_index, vol_move=vol_move)
    least: Floats = values.min(axis=0)
    return least


def requirement_at(
    rule: Rule,
    revaluation: Revaluation,
    spots: ArrayLike,
    *,
    date_index: int = 0,
    vol_move: float = 0.0,
) -> Floats:
    """The maintenance requirement at spots: (k,), in the currency of the account.

    Parameters and errors as for `branch_values`.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.rules import TEN_POINT_EQUITY, requirement_at, revalue_for
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"X": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", -4_000.0, (Position(Asset("X"), 100),))
    >>> found = revalue_for(TEN_POINT_EQUITY, account, market, spots=(40.0, 90.0))
    >>> requirement_at(TEN_POINT_EQUITY, found, [40.0, 80.0]).round(6)
    array([ 600., 1200.])
    """
    at = np.atleast_1d(np.asarray(spots, dtype=np.float64))
    excess = excess_at(rule, revaluation, at, date_index=date_index, vol_move=vol_move)
    required = revaluation.equity(date_index, vol_move)(at) - excess
    return required / at if revaluation.in_coin else required
