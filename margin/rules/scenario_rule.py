"""The spot-and-volatility scenario rule: the worst loss over a grid of moves is required."""

from dataclasses import dataclass
from datetime import datetime
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.account import Account
from margin.instrument import Future, Instrument, Settlement, Solvable
from margin.piecewise import PiecewiseCubic, line
from margin.readings import read_shifted
from margin.revaluation import Revaluation
from margin.rules.rule import Branch, compounded
from margin.rules.scenario import Scenario
from margin.shocks import touched_before
from margin.sums import Term, weighted_sums

__all__ = ["ScenarioRule"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScenarioRule:
    """The largest loss over the scenarios is required, and never less than a minimum.

    With ``U`` the part of equity that a shock moves and ``R`` the rest, all measured from present
    marks (equity convention), the maintenance requirement at spot ``S`` is::

        max(0, minimum, max over scenarios of weight (U(S, vol) - U(S (1 + d), vol (1 + v))))

    Equity less the requirement is therefore the least of the branches
    ``R + (1 - weight) U(S) + weight U(S (1 + d))``.  An account kept in coin counts its losses in
    coin; in quote currency the moved part is then divided by ``1 + d``.

    Attributes
    ----------
    name : str
        What the rule is called.
    scenarios : tuple of Scenario
        The moves looked at.
    minimum_per_short_option, minimum_per_long_option : float
        Least requirement per unit of the underlying of every short and every long option, in the
        currency of the account.  Dated futures count like options; perpetuals, inverse futures
        and the underlying itself do not.
    initial_factor : float
        Initial requirement as a multiple of the maintenance requirement, at least 1.
    source : str
        Where the numbers come from.

    Raises
    ------
    ValueError
        If there is no scenario, a minimum is negative, or the initial factor is below 1.

    References
    ----------
    FINRA Rule 4210(g); Deribit, *Portfolio margin*: a grid of spot and volatility moves, extreme
    moves at a reduced weight.

    Examples
    --------
    >>> from margin.rules import Scenario, ScenarioRule
    >>> rule = ScenarioRule("house", (Scenario(-0.2, 0.3), Scenario(0.2, 0.3)))
    >>> rule.vol_moves, rule.spot_moves
    ((0.0, 0.3), (-0.2, 0.2))
    """

    name: str
    scenarios: tuple[Scenario, ...]
    minimum_per_short_option: float = 0.0
    minimum_per_long_option: float = 0.0
    initial_factor: float = 1.0
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _check.text("name", self.name))
        object.__setattr__(self, "scenarios", tuple(self.scenarios))
        if not self.scenarios:
            raise ValueError("scenarios must hold at least one, got none")
        for index, scenario in enumerate(self.scenarios):
            _check.instance(f"scenarios[{index}]", scenario, Scenario)
        for name in ("minimum_per_short_option", "minimum_per_long_option"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))
        factor = _check.within("initial_factor", self.initial_factor, 1.0, inf)
        object.__setattr__(self, "initial_factor", factor)

    @property
    def reads_claims(self) -> bool:
        """It needs no more of a contract than its value against spot."""
        return True

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """Relative volatility moves whose revaluations the rule reads; 0 comes first."""
        return tuple(dict.fromkeys((0.0, *(scenario.vol_move for scenario in self.scenarios))))

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest relative spot move of all scenarios, no move being one of them."""
        moves = (0.0, *(scenario.spot_move for scenario in self.scenarios))
        return min(moves), max(moves)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance excess at every spot as the least of these branches, in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued at every ``compounded(vol_move, v)`` of the rule's moves ``v``.
        date_index : int
            Which of the dates of the revaluation.
        vol_move : float
            Relative move of all volatilities that has happened before the rule is applied.

        Returns
        -------
        tuple of Branch
            First "no loss", which is equity; then one for each scenario; then the minimum, if the
            rule has one.

        Raises
        ------
        ValueError
            If the account holds positions in other underlyings, or a move was not revalued.
        """
        _refuse_other_underlyings(revaluation)
        settled, moving = self._parts(revaluation, date_index, vol_move)
        curves, sums = [settled, *moving.values()], [[Term(0), Term(1)]]
        order = {move: index for index, move in enumerate(moving, start=1)}
        for scenario in self.scenarios:
            kept = _kept(scenario, revaluation, date_index, vol_move)
            curves += [] if kept is None else [kept]
            last = None if kept is None else len(curves) - 1
            moved = order[scenario.vol_move]
            sums.append(_terms(scenario, moved, last, in_coin=revaluation.in_coin))
        if self._has_minimum:
            curves.append(self._minimum(revaluation, date_index))
            sums.append([Term(0), Term(1), Term(len(curves) - 1, -1.0)])
        return tuple(map(Branch, self.branch_labels, weighted_sums(curves, sums)))

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `excess_branches` at spots: (b, k) in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            As for `excess_branches`, which has the same errors.
        spots : (k,) array
            In quote currency.
        date_index, vol_move : int and float
            As for `excess_branches`.
        """
        _refuse_other_underlyings(revaluation)
        settled, moving = self._parts(revaluation, date_index, vol_move)
        order = {move: index for index, move in enumerate(moving)}
        factors = np.array([1.0 + scenario.spot_move for scenario in self.scenarios])
        weights = np.array([scenario.weight for scenario in self.scenarios])[:, None]
        which = [order[scenario.vol_move] for scenario in self.scenarios]
        after = read_shifted(tuple(moving.values()), which, factors, spots)
        for row, scenario in zip(after, self.scenarios, strict=True):
            kept = _kept(scenario, revaluation, date_index, vol_move)
            row += 0.0 if kept is None else kept(spots)
        if revaluation.in_coin:
            after /= factors[:, None]
        rest, now = settled(spots), moving[0.0](spots)
        rows = [(rest + now)[None, :], rest + (1.0 - weights) * now + weights * after]
        if self._has_minimum:
            rows.append(rows[0] - self._minimum(revaluation, date_index)(spots))
        return np.concatenate(rows)

    @property
    def branch_labels(self) -> tuple[str, ...]:
        """What the branches are called."""
        last = ("minimum",) if self._has_minimum else ()
        return ("no loss", *map(str, self.scenarios), *last)

    def least(self, account: Account, date: datetime) -> float:
        """The minimum requirement of an account at a date, in the currency of the account."""
        if not self._has_minimum:
            return 0.0
        return sum(
            abs(held.quantity)
            * held.multiplier
            * (self.minimum_per_long_option if held.quantity > 0 else self.minimum_per_short_option)
            for held in account.positions
            if _has_minimum(held.instrument, date)
        )

    @property
    def _has_minimum(self) -> bool:
        return self.minimum_per_short_option > 0.0 or self.minimum_per_long_option > 0.0

    def _parts(
        self, revaluation: Revaluation, date_index: int, vol_move: float
    ) -> tuple[PiecewiseCubic, dict[float, PiecewiseCubic]]:
        """What a shock leaves alone, and what it moves after each volatility move of the rule."""
        moving = {
            move: revaluation.moving(date_index, compounded(vol_move, move))
            for move in self.vol_moves
        }
        return revaluation.settled(date_index), moving

    def _minimum(self, revaluation: Revaluation, date_index: int) -> PiecewiseCubic:
        """The minimum requirement against spot, in quote currency."""
        total = self.least(revaluation.account, revaluation.dates[date_index])
        intercept, slope = (0.0, total) if revaluation.in_coin else (total, 0.0)
        return line(intercept, slope, lowest=revaluation.lowest, highest=revaluation.highest)


def _kept(
    scenario: Scenario, revaluation: Revaluation, date_index: int, vol_move: float
) -> PiecewiseCubic | None:
    """What barriers that were touched before a scenario add to it, if there are any."""
    move = compounded(vol_move, scenario.vol_move)
    return touched_before(revaluation, 1.0 + scenario.spot_move, date_index, move)


def _terms(scenario: Scenario, moved: int, kept: int | None, *, in_coin: bool) -> list[Term]:
    """Equity after the weighted profit of a scenario, against the spot before it.

    Curve 0 is what is settled, 1 what moves with volatilities as they are, ``moved`` that after the
    move of the scenario, and ``kept`` what barriers add to it.
    """
    after = 1.0 + scenario.spot_move
    weight = scenario.weight / after if in_coin else scenario.weight
    terms = [Term(0), Term(moved, weight, after)]
    if kept is not None:
        terms.append(Term(kept, weight))
    if scenario.weight < 1.0:
        terms.append(Term(1, 1.0 - scenario.weight))
    return terms


def _refuse_other_underlyings(revaluation: Revaluation) -> None:
    """Refuse positions that the moves of this underlying would leave without requirement."""
    for held in revaluation.account.positions:
        if held.quantity and held.instrument.underlying != revaluation.underlying:
            raise ValueError(
                f"a scenario rule moves {revaluation.underlying} only, got {held.instrument}; "
                "keep positions in other underlyings in an account of their own"
            )


def _has_minimum(instrument: Instrument, date: datetime) -> bool:
    """Whether it is an option or a dated future, alive, and its size is in the underlying."""
    if not isinstance(instrument, Solvable | Future) or instrument.expiry <= date:
        return False
    return isinstance(instrument, Solvable) or instrument.settlement is not Settlement.INVERSE
