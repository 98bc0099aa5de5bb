"""Ten-point margin along the spot of one underlying, with the profits of all others given."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from margin.piecewise import PiecewiseCubic, combine, line
from margin.revaluation import Revaluation
from margin.rules.attribution import leg_profit
from margin.rules.rule import Branch
from margin.rules.tims.groups import ClassGroup
from margin.vol_move import VolMove

__all__ = ["TimsAlong"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to fall short: the profit in a scenario, at a share, and an amount on top."""

    scenario: int
    share: float
    add: float


@dataclass(frozen=True, slots=True)
class TimsAlong:
    """What the holdings in one underlying need when the others are frozen; built by `tims_along`.

    With ``x`` the profit of the class at a point, ``c`` that of the rest of its product group and
    ``d`` that of the rest of its portfolio group, the group's profit is
    ``psi(phi(x) + c) + d``, where ``phi`` and ``psi`` count gains at the two offsets.  Both are the
    lesser of two lines, so the excess is the least of at most four straight combinations of equity
    and of equity after the move at every point: exact, and thresholds keep their proof.

    Attributes
    ----------
    group : ClassGroup
        The class that moves.
    offsets : tuple of float
        Offsets of its product group and of its portfolio group.
    near, far : tuple of float
        ``c`` and ``d`` at every point, from the deepest fall, in quote currency.
    away : float
        What the other portfolio groups need.
    other_minimum : float
        What the contracts of other classes add to the minimum.
    initial_factor : float
        Initial requirement as a multiple of the maintenance requirement.
    name : str
        What the rule is called.

    Examples
    --------
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> from margin.rules.tims.curve import TimsAlong
    >>> from margin.rules.tims.groups import ClassGroup
    >>> along = TimsAlong(ClassGroup("X", TEN_POINT_EQUITY), (0.9, 0.3), (0.0,) * 10, (0.0,) * 10)
    >>> along.spot_moves
    (-0.15, 0.15)
    """

    group: ClassGroup
    offsets: tuple[float, float]
    near: tuple[float, ...]
    far: tuple[float, ...]
    away: float = 0.0
    other_minimum: float = 0.0
    initial_factor: float = 1.0
    name: str = "ten-point portfolio margin"

    def __post_init__(self) -> None:
        points = len(self.group.moves)
        for name in ("near", "far"):
            if len(getattr(self, name)) != points:
                raise ValueError(
                    f"{name} must hold one profit per point, {points}, "
                    f"got {len(getattr(self, name))}"
                )

    @property
    def reads_claims(self) -> bool:
        """As a scenario rule."""
        return True

    @property
    def vol_moves(self) -> tuple[VolMove, ...]:
        """Volatility moves whose revaluations the class reads; 0 comes first."""
        return self.group.rule.vol_moves

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest relative spot move of the points."""
        return self.group.rule.spot_moves

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance excess at every spot as the least of these branches, in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            The holdings in this underlying, the value of the others being cash.
        date_index : int
            Which of the dates of the revaluation; the others stay at their present marks.
        vol_move : float
            Relative move of the volatilities of this underlying that has happened before.

        Returns
        -------
        tuple of Branch
            First "no loss here": what the other portfolio groups need; then every point, with its
            gain or loss in full and at the offsets; then the minimum.

        Raises
        ------
        ValueError
            As for `ScenarioRule.excess_branches`.
        """
        alone = self.group.rule.excess_branches(revaluation, date_index, vol_move)
        equity = alone[0].curve
        branches = [Branch("no loss here", _raised(equity, -self.away))]
        for way in self._ways():
            moved = alone[1 + way.scenario]
            share = "" if way.share == 1.0 else f", at {100.0 * way.share:.4g} %"
            label = moved.label if share == "" else moved.label + share
            mixed = combine((1.0 - way.share, way.share), (equity, moved.curve))
            branches.append(Branch(label, _raised(mixed, way.add - self.away)))
        if len(alone) > 1 + len(self.group.order):
            branches.append(Branch("minimum", _raised(alone[-1].curve, -self.other_minimum)))
        elif self.other_minimum:
            branches.append(Branch("minimum", _raised(equity, -self.other_minimum)))
        return tuple(branches)

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `excess_branches` at spots: (b, k) in quote currency."""
        alone = self.group.rule.excess_values(revaluation, spots, date_index, vol_move)
        equity = alone[0]
        rows = [equity]
        for way in self._ways():
            moved = alone[1 + way.scenario]
            rows.append((1.0 - way.share) * equity + way.share * moved + way.add)
        if len(alone) > 1 + len(self.group.order):
            rows.append(alone[-1] - self.other_minimum)
        elif self.other_minimum:
            rows.append(equity - self.other_minimum)
        every: Floats = np.stack(rows)
        every[: 1 + len(list(self._ways()))] -= self.away
        return every

    def leg_profit(self, leg: Revaluation, worst: int) -> float:
        """What one leg adds to branch ``worst`` less equity, today, at spot.

        What the other underlyings add is the same at every spot, and belongs to no leg.
        Parameters as for `margin.rules.attribution.leg_profit`.
        """
        ways = list(self._ways())
        if worst == 0:
            return 0.0
        if worst <= len(ways):
            way = ways[worst - 1]
            return way.share * leg_profit(self.group.rule, leg, 1 + way.scenario)
        alone = self.group.rule.excess_branches(leg)
        if len(alone) == 1 + len(self.group.order):
            return 0.0
        return float(alone[-1].curve(leg.spot) - alone[0].curve(leg.spot))

    def _ways(self) -> Iterator[_Way]:
        """All lines whose least is the profit of the portfolio group, point by point."""
        points = zip(self.group.order, self.near, self.far, strict=True)
        return chain.from_iterable(self._point(*point) for point in points)

    def _point(self, scenario: int, near: float, far: float) -> list[_Way]:
        """The lines of one point; with nothing to offset, gains need not be looked at."""
        product, portfolio = self.offsets
        if near == 0.0 and far == 0.0:
            return [_Way(scenario, 1.0, 0.0)]
        add, reduced = near + far, portfolio * near + far
        lines = [
            _Way(scenario, 1.0, add),
            _Way(scenario, product, add),
            _Way(scenario, portfolio, reduced),
            _Way(scenario, portfolio * product, reduced),
        ]
        return list(dict.fromkeys(lines))


def _raised(curve: PiecewiseCubic, amount: float) -> PiecewiseCubic:
    """The curve moved up by an amount, in quote currency."""
    if amount == 0.0:
        return curve
    level = line(amount, 0.0, lowest=curve.lowest, highest=curve.highest)
    return combine((1.0, 1.0), (curve, level))
