"""The map of two underlyings: all pairs of spots at which an account is liquidated."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import _check
from margin.account import Account
from margin.danger import DangerSet, State, danger_set
from margin.figures.plane import danger_plane
from margin.liquidation import HIGHEST_MULTIPLE, LOWEST_MULTIPLE
from margin.market import Market
from margin.names.clip import clipped
from margin.names.contour import ContourLine, contour_lines
from margin.names.excess import JointExcess, joint_excess
from margin.names.nearest import nearest_point
from margin.names.rules import JointRule
from margin.names.terms import Term
from margin.piecewise import PiecewiseCubic, combine, line
from margin.rules import Rule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PlaneMap", "plane_map"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PlaneMap:
    """Where an account is liquidated in the plane of two spots, all else unchanged.

    Built by `plane_map`.

    Attributes
    ----------
    names : tuple of str
        The two underlyings that move.
    spans : tuple of tuple of float
        Lowest and highest spot of each that is searched, in quote currency.
    joint : JointExcess
        The excess over both ranges.

    Examples
    --------
    A loan of ether on bitcoin is lost above a straight line through the origin.

    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Collateral, Market, Position, Underlying
    >>> from margin.names.plane import plane_map
    >>> from margin.rules import PerpetualRule
    >>> spots = {"BTC": Underlying(60_000.0), "ETH": Underlying(3_000.0)}
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), spots, {})
    >>> debt, pledged = Position(Asset("ETH"), -10.0), Collateral("BTC", 1.0, haircut=0.3)
    >>> account = Account("loan", "USD", 0.0, (debt,), (pledged,))
    >>> found = plane_map(account, market, PerpetualRule(), names=("BTC", "ETH"))
    >>> (border,) = found.contour()
    >>> (border.second / border.first)[[0, -1]]
    array([0.07, 0.07])
    >>> found.words
    'safe; nearest threshold at BTC 50,709.3 (-15.5 %) and ETH 3,549.65 (+18.3 %)'
    """

    names: tuple[str, str]
    spans: tuple[tuple[float, float], tuple[float, float]]
    joint: JointExcess

    @property
    def account(self) -> str:
        """Name of the account."""
        return self.joint.account

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return self.joint.rule

    @property
    def date(self) -> datetime:
        """When."""
        return self.joint.date

    @property
    def spots(self) -> tuple[float, float]:
        """Present spots of both underlyings, in quote currency."""
        first, second = self.names
        return self.joint.spots[first], self.joint.spots[second]

    def excess(self, first: ArrayLike, second: ArrayLike) -> Floats:
        """Equity less the requirement at spots of both, which broadcast, in quote currency."""
        return self.joint(self._at(first, second))

    def state(self, first: float, second: float) -> State:
        """What is known of the account at two spots: its excess against the error of it."""
        where = self._at(first, second)
        excess, error = float(self.joint(where)), float(self.joint.error(where))
        if abs(excess) <= error:
            return State.UNDECIDED
        return State.LIQUIDATED if excess < 0.0 else State.SAFE

    def danger(self, name: str, spot: float) -> DangerSet:
        """Where the account is liquidated along one underlying while the other is at a spot.

        Parameters
        ----------
        name : str
            The underlying that is held at ``spot``, one of ``names``.
        spot : float
            In quote currency, within its range.

        Returns
        -------
        DangerSet
            In spots of the other underlying, with proof.

        Raises
        ------
        ValueError
            If the name is not one of the two, or the spot lies outside its range.
        """
        if name not in self.names:
            raise ValueError(f"name must be one of {', '.join(self.names)}, got {name!r}")
        fixed = self.names.index(name)
        _check.within("spot", spot, *self.spans[fixed])
        lowest, highest = self.spans[1 - fixed]
        curves = []
        for one, other in self._pairs():
            held, moving = (one, other) if fixed == 0 else (other, one)
            cell = min(int(np.searchsorted(held.knots, spot, side="right")), held.error.size) - 1
            level = line(float(held(spot)), 0.0, lowest=moving.lowest, highest=moving.highest)
            erring = PiecewiseCubic(level.knots, level.bernstein, held.error[[cell]])
            curves.append(combine((1.0, 1.0), (moving, erring)))
        return danger_set(curves, lowest=lowest, highest=highest)

    def contour(self) -> tuple[ContourLine, ...]:
        """The borders between safe and liquidated spots, all of them, each point with its error.

        No line is missed, however small, where the excess is one sum.  Where it is the least of
        several, the lines of each are cut where another is lower.
        """
        pairs = self._pairs()
        found: list[ContourLine] = []
        for index, pair in enumerate(pairs):
            others = pairs[:index] + pairs[index + 1 :]
            for whole in contour_lines(*pair, self.spans):
                found += clipped(whole, pair, others)
        return tuple(found)

    def nearest(self) -> tuple[float, float] | None:
        """The point of the contour nearest the present spots; None if there is none.

        Distances are of the logs of both spots, each in units of its volatility if both have one.
        """
        vols = [self.joint.volatilities[name] for name in self.names]
        units = np.array([1.0 if None in vols else vol for vol in vols], dtype=np.float64)
        return nearest_point(self.contour(), self._pairs(), self.spots, units=units)

    @property
    def words(self) -> str:
        """The state at the present spots and the nearest threshold."""
        state, nearest = self.state(*self.spots).value, self.nearest()
        if nearest is None:
            return f"{state}; no threshold in the range searched"
        told = " and ".join(
            f"{name} {spot:,.6g} ({100.0 * (spot / present - 1.0):+.1f} %)"
            for name, spot, present in zip(self.names, nearest, self.spots, strict=True)
        )
        return f"{state}; nearest threshold at {told}"

    def to_dict(self) -> dict[str, Any]:
        """The map as plain values that JSON can hold; spots in quote currency."""
        return {
            "account": self.account,
            "rule": self.rule,
            "date": self.date.isoformat(),
            "names": list(self.names),
            "spots": list(self.spots),
            "searched": [list(span) for span in self.spans],
            "state": self.state(*self.spots).value,
            "words": self.words,
            "contour": [
                {
                    self.names[0]: each.first.tolist(),
                    self.names[1]: each.second.tolist(),
                    "relative_error": [
                        error if np.isfinite(error) else None for error in each.error.tolist()
                    ],
                    "closed": each.closed,
                }
                for each in self.contour()
            ],
        }

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the plane: what is liquidated, its border, and the present spots.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where to draw.

        Returns
        -------
        matplotlib axes
        """
        return danger_plane(self, ax=ax)

    def _at(self, first: ArrayLike, second: ArrayLike) -> dict[str, ArrayLike]:
        """Spots of all underlyings: of the two as given, of others the present ones."""
        return dict(self.joint.spots) | dict(zip(self.names, (first, second), strict=True))

    def _pairs(self) -> list[tuple[PiecewiseCubic, PiecewiseCubic]]:
        """The terms of the excess as functions of the two spots."""
        return [self._pair(term) for term in self.joint.terms]

    def _pair(self, term: Term) -> tuple[PiecewiseCubic, PiecewiseCubic]:
        """A term as functions of the two spots; what the others leave goes with the first."""
        first, second = (term.curves[name] for name in self.names)
        for name in term.curves.keys() - set(self.names):
            level = float(term.curves[name](self.joint.spots[name]))
            constant = line(level, 0.0, lowest=first.lowest, highest=first.highest)
            first = combine((1.0, 1.0), (first, constant))
        return first, second


def plane_map(
    account: Account,
    market: Market,
    rule: Rule | JointRule,
    *,
    names: tuple[str, str],
    spots: Mapping[str, tuple[float, float]] | None = None,
    date: datetime | None = None,
    vol_move: float = 0.0,
) -> PlaneMap:
    """Where an account is liquidated in the plane of the spots of two underlyings.

    Each underlying is solved on a grid of its own; pairs of spots price nothing.

    Parameters
    ----------
    account : Account
        Kept in quote currency.
    market : Market
        Spots, carry and volatilities.
    rule : Rule, NameByName or MovedTogether
        Whose requirement it is; a rule for one underlying margins each by itself.
    names : tuple of str
        The two underlyings that move; others stay at their present spots.
    spots : mapping of str to tuple of float, optional
        Lowest and highest spot of each, in quote currency; a fifth of and five times the present
        one if left out.
    date : datetime, optional
        When; now if not given.
    vol_move : float
        Relative move of all volatilities.

    Returns
    -------
    PlaneMap

    Raises
    ------
    ValueError
        If the names are not two that the account depends on, a range does not hold the present
        spot, or the account cannot be valued.
    """
    if len(set(names)) != 2:
        raise ValueError(f"names must be two different underlyings, got {names!r}")
    first, second = (_span(name, market, spots or {}) for name in names)
    ranges = dict(zip(names, (first, second), strict=True))
    joint = joint_excess(account, market, rule, spots=ranges, date=date, vol_move=vol_move)
    return PlaneMap(names, (first, second), joint)


def _span(
    name: str, market: Market, spots: Mapping[str, tuple[float, float]]
) -> tuple[float, float]:
    """The range of an underlying, which must hold its spot."""
    if name not in market.underlyings:
        raise ValueError(f"names must be underlyings of the market, got {name!r}")
    spot = market.underlyings[name].spot
    low, high = spots.get(name, (LOWEST_MULTIPLE * spot, HIGHEST_MULTIPLE * spot))
    if not 0.0 < low < high or not log(low) <= log(spot) <= log(high):
        raise ValueError(f"spots of {name} must hold {spot}, got {low} to {high}")
    return float(low), float(high)
