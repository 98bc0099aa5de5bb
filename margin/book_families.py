"""What the scenarios of a rule read of a book of accounts: the same contracts, other quantities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin.piecewise import unchecked
from margin.revaluation import Revaluation
from margin.rules import Scenario, ScenarioRule
from margin.sums import Term, weighted_sums

__all__ = ["Family", "Member", "families_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Member:
    """A branch of a rule: the options of a family at a multiple of the spot, and a line.

    Attributes
    ----------
    factor : float
        The multiple.
    moving, settled, minimum : tuple of float
        Weights of intercepts and slopes of what moves, of what is settled, and of the minimum.
    """

    factor: float
    moving: tuple[float, float]
    settled: tuple[float, float]
    minimum: tuple[float, float] = (0.0, 0.0)

    def lines(self, moving: Floats, settled: Floats, minimum: Floats) -> Floats:
        """Lines of some accounts, (a, 2), from those of their parts."""
        parts = ((self.moving, moving), (self.settled, settled), (self.minimum, minimum))
        return np.asarray(sum(np.array(weights) * part for weights, part in parts))


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Branches that read the same values of the options.

    Attributes
    ----------
    knots : (n + 1,) array
        In quote currency.
    cells : (l, n, 4) array
        Coefficients per unit of each contract.
    errors : (l, n) array
        Bounds on their errors.
    members : tuple of Member
        The branches.
    """

    knots: Floats
    cells: Floats
    errors: Floats
    members: tuple[Member, ...]


def families_of(rule: ScenarioRule, revaluation: Revaluation) -> tuple[Family, ...]:
    """The branches of a rule today, those of one volatility move together.

    A branch at full weight is the options after its move at a multiple of the spot; its line is
    divided by what multiplies the options, which leaves its sign.  One at a lower weight mixes the
    values before and after the move, and is a family of its own.

    Parameters
    ----------
    rule : ScenarioRule
        Whose branches.
    revaluation : Revaluation
        Of all contracts, today.

    Returns
    -------
    tuple of Family
    """
    in_coin = revaluation.in_coin
    same = Member(1.0, (1.0, 1.0), (1.0, 1.0))
    members: dict[float, list[Member]] = {0.0: [same]}
    if rule.minimum_per_long_option or rule.minimum_per_short_option:
        members[0.0].append(Member(1.0, (1.0, 1.0), (1.0, 1.0), (-1.0, -1.0)))
    mixed = []
    for scenario in rule.scenarios:
        after = 1.0 + scenario.spot_move
        if scenario.weight < 1.0:
            mixed.append(_mixed(scenario, revaluation, in_coin=in_coin))
            continue
        part = after if in_coin else 1.0
        found = Member(after, (1.0, 1.0), (part, part / after))
        members.setdefault(scenario.vol_move, []).append(found)
    moves = ((revaluation.vol_moves.index(move), each) for move, each in members.items())
    curves = revaluation.curves[0]
    whole = [
        Family(curves.knots, curves.bernstein[move], curves.error[move], tuple(each))
        for move, each in moves
    ]
    return (*whole, *mixed)


def _mixed(scenario: Scenario, revaluation: Revaluation, *, in_coin: bool) -> Family:
    """The family of a scenario at a weight below one."""
    after = 1.0 + scenario.spot_move
    weight = scenario.weight / after if in_coin else scenario.weight
    terms = [Term(0, weight, after), Term(1, 1.0 - scenario.weight)]
    pairs = [
        [revaluation.unit_value(each, 0, move) for move in (scenario.vol_move, 0.0)]
        for each in range(len(revaluation.contracts))
    ]
    knots = revaluation.curves[0].knots
    nothing = unchecked(knots, np.zeros((knots.size - 1, 4)), np.zeros(knots.size - 1))
    sums = [weighted_sums(pair, [terms])[0] for pair in (*pairs, [nothing, nothing])]
    still = 1.0 - scenario.weight
    member = Member(1.0, (weight + still, weight * after + still), (1.0, 1.0))
    return Family(
        sums[-1].knots,
        np.stack([each.bernstein for each in sums])[:-1],
        np.stack([each.error for each in sums])[:-1],
        (member,),
    )
