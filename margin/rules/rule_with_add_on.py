"""Any rule with a charge for concentration or liquidity on top of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin.account import Account, Position
from margin.holdings import Line
from margin.instrument import Future, Perpetual, Settlement, Solvable
from margin.piecewise import PiecewiseCubic, combine, line
from margin.revaluation import Revaluation
from margin.rules.add_ons import ConcentrationAddOn, LiquidityAddOn
from margin.rules.at_spots import branch_values
from margin.rules.attribution import leg_profit
from margin.rules.claims import ReadsClaims
from margin.rules.rule import Branch, Rule
from margin.rules.staged import RequirementLine, Staged, initial_factor
from margin.vol_move import VolMove

__all__ = ["RuleWithAddOn"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RuleWithAddOn:
    """A rule and what comes on top of it, straight in the spot; a rule like any other.

    Attributes
    ----------
    rule : Rule
        The rule below.
    add_on : ConcentrationAddOn or LiquidityAddOn
        What comes on top, position by position.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.requirements import requirement
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> from margin.rules.add_ons import ConcentrationAddOn
    >>> from margin.rules.rule_with_add_on import RuleWithAddOn
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"X": Underlying(80.0)}, {})
    >>> account = Account("large", "USD", 0.0, (Position(Asset("X"), 1_250.0),))
    >>> add_on = ConcentrationAddOn({Asset("X"): 1_000.0}, volatility=0.02)
    >>> round(requirement(account, market, RuleWithAddOn(TEN_POINT_EQUITY, add_on)).maintenance, 6)
    17000.0
    """

    rule: Rule
    add_on: ConcentrationAddOn | LiquidityAddOn

    @property
    def name(self) -> str:
        """What the rule is called."""
        return f"{self.rule.name} with add-on"

    @property
    def reads_claims(self) -> bool:
        """As the rule below."""
        return isinstance(self.rule, ReadsClaims) and self.rule.reads_claims

    @property
    def vol_moves(self) -> tuple[VolMove, ...]:
        """Volatility moves whose revaluations the rule reads; 0 comes first."""
        return self.rule.vol_moves

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest relative spot move at which the rule reads a revaluation."""
        return self.rule.spot_moves

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """The branches of the rule below, each lower by the add-on.

        Parameters as for the rule below.

        Raises
        ------
        ValueError
            As for the rule below, or if the volume of an instrument is missing.
        """
        branches = self.rule.excess_branches(revaluation, date_index, vol_move)
        charge = _charged(self.add_on, revaluation, date_index)
        return tuple(Branch(each.label, _lowered(each.curve, charge)) for each in branches)

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Equity less the initial requirement as the least of these; as `excess_branches`.

        The add-on comes on top of the initial requirement of the rule below; where that is a
        multiple of its maintenance requirement, the add-on is multiplied with it.
        """
        at = (revaluation, date_index, vol_move)
        if isinstance(self.rule, Staged):
            charge = _charged(self.add_on, revaluation, date_index)
            below = self.rule.initial_branches(*at)
            return tuple(Branch(each.label, _lowered(each.curve, charge)) for each in below)
        factor, equity = initial_factor(self.rule), revaluation.equity(date_index, vol_move)
        weights = 1.0 - factor, factor
        return tuple(
            Branch(each.label, combine(weights, (equity, each.curve)))
            for each in self.excess_branches(*at)
        )

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `excess_branches` at spots: (b, k) in quote currency."""
        charge = _charged(self.add_on, revaluation, date_index)
        below = branch_values(
            self.rule, revaluation, spots, date_index=date_index, vol_move=vol_move
        )
        return below - (charge.intercept + charge.slope * spots)

    def leg_profit(self, leg: Revaluation, worst: int) -> float:
        """What one leg adds to branch ``worst`` less equity, its own add-on included."""
        charge = _charged(self.add_on, leg, 0).at(leg.spot).intercept
        return leg_profit(self.rule, leg, worst) - charge

    def lines(self, account: Account, spot: float) -> tuple[RequirementLine, ...]:
        """What the add-on charges for each position at a spot, in quote currency."""
        held = [each for each in account.positions if each.quantity]
        return tuple(
            RequirementLine(
                f"add-on, {each.instrument}", _line_of(self.add_on, each).at(spot).intercept
            )
            for each in held
        )


def _charged(
    add_on: ConcentrationAddOn | LiquidityAddOn, revaluation: Revaluation, date_index: int
) -> Line:
    """What is charged for all positions that have not expired, against spot."""
    total, date = Line(), revaluation.dates[date_index]
    for held in revaluation.account.positions:
        instrument = held.instrument
        expired = isinstance(instrument, Solvable | Future) and instrument.expiry <= date
        if held.quantity and not expired:
            total = total.plus(_line_of(add_on, held))
    return total


def _line_of(add_on: ConcentrationAddOn | LiquidityAddOn, held: Position) -> Line:
    """The charge of one position against spot; inverse futures have their size in money."""
    instrument, charge = held.instrument, add_on.charge(held)
    in_money = (
        isinstance(instrument, Future | Perpetual) and instrument.settlement is Settlement.INVERSE
    )
    return Line(intercept=charge) if in_money else Line(slope=charge)


def _lowered(curve: PiecewiseCubic, charge: Line) -> PiecewiseCubic:
    """The curve less a line."""
    needed = line(charge.intercept, charge.slope, lowest=curve.lowest, highest=curve.highest)
    return combine((1.0, -1.0), (curve, needed))
