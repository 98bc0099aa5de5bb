"""What every margin rule answers, and the pieces of its answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin.account import Account
from margin.market import Market
from margin.piecewise import PiecewiseCubic
from margin.revaluation import Revaluation, moving_underlying, revalue
from margin.rules.claims import refuse_claims
from margin.vol_move import PrecededMove, VolMove

__all__ = ["Branch", "Multiplied", "Rule", "compounded", "revalue_for"]

# Room at both ends of the range that is revalued, against the rounding of moves.
SLACK = 1e-3


@dataclass(frozen=True, slots=True)
class Branch:
    """One way in which an account may fall short, and what it leaves at every spot.

    The excess of equity over the maintenance requirement is the least of all branches, so the
    account is below maintenance wherever one of them is negative.

    Parameters
    ----------
    label : str
        What binds, in words: ``"spot -15 %, vol +25 %"``.
    curve : PiecewiseCubic
        Equity less the requirement of this branch, against spot; both in quote currency, also
        for an account kept in coin.

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.rules import Branch
    >>> branch = Branch("spot -15 %", line(-50.0, 0.85, lowest=10.0, highest=200.0))
    >>> float(branch.curve(100.0))
    35.0
    """

    label: str
    curve: PiecewiseCubic

    def error(self, spots: ArrayLike) -> NDArray[np.float64]:
        """Bound on the error of the curve at spots inside its knots, in quote currency."""
        cell = np.searchsorted(self.curve.knots, spots, side="right") - 1
        return self.curve.error[np.minimum(cell, self.curve.error.size - 1)]


class Rule(Protocol):
    """A margin rule: a frozen record that turns the equity of an account into its excess.

    Every rule states which revaluations it reads (`vol_moves`, `spot_moves`) and gives the
    maintenance excess of a revalued account as the least of some branches; the requirement is
    equity less that excess.  How the initial requirement follows is said by `Multiplied` or
    `Staged`; one of them, at least, holds for every rule.
    """

    @property
    def name(self) -> str:
        """What the rule is called."""

    @property
    def vol_moves(self) -> tuple[VolMove, ...]:
        """Volatility moves whose revaluations the rule reads; 0 comes first."""

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest relative spot move at which the rule reads a revaluation."""

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance excess at every spot as the least of these branches, in quote currency.

        ``date_index`` is one of the dates of the revaluation; ``vol_move`` a relative move of all
        volatilities that has happened before the rule is applied.  The first branch is equity:
        a requirement is never negative.
        """


@runtime_checkable
class Multiplied(Protocol):
    """A rule whose initial requirement is a multiple of its maintenance requirement."""

    @property
    def initial_factor(self) -> float:
        """Initial requirement as a multiple of the maintenance requirement."""


def compounded(first: float, second: VolMove) -> VolMove:
    """Move that a relative move and another one, one after the other, amount to.

    Examples
    --------
    >>> from margin.rules import compounded
    >>> compounded(0.5, -0.5)
    -0.25
    >>> compounded(0.0, 0.1)
    0.1
    """
    if isinstance(second, int | float):
        return first + second + first * second
    return PrecededMove(first, second) if first else second


def revalue_for(
    rule: Rule,
    account: Account,
    market: Market,
    *,
    underlying: str | None = None,
    spots: ArrayLike = (),
    vol_moves: Iterable[float] = (0.0,),
    dates: Iterable[datetime] = (),
) -> Revaluation:
    """All that a rule reads of an account at some spots, dates and volatility moves.

    Parameters
    ----------
    rule : Rule
        The rule; its own moves come on top of those asked about.
    account : Account
        What is held.
    market : Market
        Spot, carry and volatilities.
    underlying : str, optional
        Whose spot moves; needed only if the account has several.
    spots : array-like
        Spots at which the rule will be evaluated, in quote currency; the present one is always
        among them.
    vol_moves : iterable of float
        Relative volatility moves after which it will be.
    dates : iterable of datetime
        Dates at which it will be; none for now.

    Returns
    -------
    Revaluation

    Raises
    ------
    ValueError
        If a spot is not positive and finite, the account cannot be valued, or holds a claim that
        the rule has no requirement for.
    """
    refuse_claims(rule, account)
    spot = market.underlyings[moving_underlying(account, market, underlying)].spot
    asked = np.append(np.asarray(spots, dtype=np.float64), spot)
    if not np.all((asked > 0.0) & np.isfinite(asked)):
        raise ValueError(f"spots must be positive and finite, got {spots!r}")
    down, up = rule.spot_moves
    moves = (compounded(before, move) for before in vol_moves for move in rule.vol_moves)
    return revalue(
        account,
        market,
        underlying=underlying,
        vol_moves=tuple(dict.fromkeys(moves)),
        dates=tuple(dates),
        lowest=float(asked.min()) * (1.0 + down) * (1.0 - SLACK),
        highest=float(asked.max()) * (1.0 + up) * (1.0 + SLACK),
    )
