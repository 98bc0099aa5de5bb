"""The delta term of Paradex portfolio margin: a charge on net delta and one on hedged delta."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from margin import _check
from margin.piecewise import PiecewiseCubic, combine
from margin.revaluation import Revaluation
from margin.rules.kinked import negated
from margin.rules.rule import Branch
from margin.rules.slopes import slope_curve, times_spot

__all__ = ["DeltaFloor", "delta_floor"]


def delta_floor(
    deltas: ArrayLike, spot: float, *, net_rate: float = 0.02, hedged_rate: float = 0.01
) -> float:
    """Charge on the deltas of positions, in quote currency.

    ``net_rate abs(net) S + hedged_rate hedged S``, where the hedged delta is half of what gross
    delta exceeds net delta by.

    Parameters
    ----------
    deltas : (p,) array
        Delta of each position, in units of the underlying.
    spot : float
        In quote currency.
    net_rate, hedged_rate : float
        Shares of the notional.

    Returns
    -------
    float

    Examples
    --------
    >>> from margin.rules.delta_floor import delta_floor
    >>> round(delta_floor([2.0, -4 * 0.4], 50_000.0), 6)
    1200.0
    """
    each = np.asarray(deltas, dtype=np.float64)
    net, gross = abs(float(each.sum())), float(np.abs(each).sum())
    return spot * (net_rate * net + hedged_rate * 0.5 * (gross - net))


@dataclass(frozen=True, slots=True)
class DeltaFloor:
    """The delta term as a rule of its own, every delta moving with the spot.

    The term belongs to the initial requirement of a portfolio margin whose maintenance is a share
    of it; the scenarios of that margin are not stated here.

    Attributes
    ----------
    net_rate, hedged_rate : float
        Shares of the notional of net and of hedged delta; the first is at least half the second,
        so that the charge rises with the net delta.
    maintenance_share : float
        Maintenance over initial requirement.
    name, source : str
        What the rule is called and where its numbers come from.

    Raises
    ------
    ValueError
        If a rate is out of its range.

    Examples
    --------
    >>> from margin.rules.delta_floor import DeltaFloor
    >>> DeltaFloor().initial_factor
    2.0
    """

    net_rate: float = 0.02
    hedged_rate: float = 0.01
    maintenance_share: float = 0.5
    name: str = "Paradex portfolio margin, delta term"
    source: str = "Paradex documentation, portfolio margin"

    def __post_init__(self) -> None:
        for name in ("net_rate", "hedged_rate", "maintenance_share"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, 1.0))
        _check.positive("maintenance_share", self.maintenance_share)
        if self.net_rate < 0.5 * self.hedged_rate:
            raise ValueError(
                f"net_rate must be at least half of hedged_rate {self.hedged_rate}, "
                f"got {self.net_rate}"
            )

    @property
    def initial_factor(self) -> float:
        """Initial requirement as a multiple of the maintenance requirement."""
        return 1.0 / self.maintenance_share

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """The rule reads present volatilities only."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """The rule looks at no spot but the one it is asked about."""
        return (0.0, 0.0)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Equity less maintenance at every spot as the least of these, in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.
        date_index : int
            Which of the dates of the revaluation.
        vol_move : float
            Relative move of all volatilities that has happened before.

        Returns
        -------
        tuple of Branch
            Equity; then the charge with the net delta counted as long, and as short.
        """
        equity = revaluation.equity(date_index, vol_move)
        branches = [Branch("no requirement", equity)]
        found = _deltas(revaluation, date_index, vol_move)
        if not found:
            return tuple(branches)
        gross = combine([1.0] * len(found), [_size(each) for each in found])
        net = combine([1.0] * len(found), found)
        hedged = 0.5 * self.hedged_rate
        for label, side in (("net long", 1.0), ("net short", -1.0)):
            charged = combine((side * (self.net_rate - hedged), hedged), (net, gross))
            weights = 1.0, -self.maintenance_share
            branches.append(Branch(label, combine(weights, (equity, times_spot(charged)))))
        return tuple(branches)

    def leg_profit(self, leg: Revaluation, worst: int) -> float:
        """What one leg adds to branch ``worst`` of its account less equity: it adds up."""
        branches = self.excess_branches(leg)
        if worst == 0 or len(branches) == 1:
            return 0.0
        return float(branches[worst].curve(leg.spot) - leg.equity()(leg.spot))


def _deltas(revaluation: Revaluation, date_index: int, vol_move: float) -> list[PiecewiseCubic]:
    """Delta of each position against spot, in units of the underlying."""
    account = revaluation.account
    found = []
    for held in account.positions:
        if held.quantity:
            bare = replace(account, cash=0.0, positions=(held,), collateral=())
            value = revaluation.with_account(bare).moving(date_index, vol_move)
            found.append(slope_curve(value))
    return found


def _size(delta: PiecewiseCubic) -> PiecewiseCubic:
    """A delta of one sign throughout, without it."""
    return negated(delta) if delta.bernstein.sum() < 0.0 else delta
