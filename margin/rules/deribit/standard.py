"""Deribit's standard margin: every short option and every future on its own."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np

from margin import _check
from margin.instrument import OptionContract
from margin.piecewise import PiecewiseCubic, combine, line
from margin.revaluation import Revaluation
from margin.rules.balance import held_options
from margin.rules.deribit.account import future_notional, refuse_unlisted
from margin.rules.kinked import broken_line, greater
from margin.rules.rule import Branch
from margin.rules.staged import RequirementLine
from margin.vol_move import VolMove
from pdesolve import Right

__all__ = ["DeribitStandard"]


@dataclass(frozen=True, slots=True)
class DeribitStandard:
    """Standard margin of Deribit, for accounts in coin and in quote currency.

    A short option on one unit with mark ``V`` and out-of-the-money amount ``o`` needs, in quote
    currency (a coin account the same over ``S``)::

        call: maintenance  maintenance S + V
              initial      max(initial S - o, least_initial S) + V
        put:  maintenance  max(maintenance S, maintenance V) + V
              initial      the larger of the formula for calls and its maintenance

    The mark is part of the requirement, which is compared with a balance that holds no option
    (balance convention): cash, coin and the profit of futures.  Long options need nothing and
    give no credit.

    Attributes
    ----------
    maintenance : float
        Share of the spot, and of the mark of a put.
    initial, least_initial : float
        Shares of the spot at the money and at least.
    future_maintenance, future_initial : float
        Shares of the notional of futures and perpetuals; they rise with the size of the account
        at the venue, so state those that hold for yours.
    name, source : str
        What the rule is called, and where the numbers come from.

    Raises
    ------
    ValueError
        If a share is negative or not finite.

    References
    ----------
    Deribit, *Standard margin*, knowledge base.

    Examples
    --------
    >>> from margin.rules import DeribitStandard
    >>> DeribitStandard(future_maintenance=0.02).future_maintenance
    0.02
    """

    maintenance: float = 0.075
    initial: float = 0.15
    least_initial: float = 0.10
    future_maintenance: float = 0.01
    future_initial: float = 0.02
    name: str = "Deribit standard margin"
    source: str = "Deribit knowledge base, standard margin, as of 2025; futures at their first size"

    def __post_init__(self) -> None:
        futures = ("future_maintenance", "future_initial")
        for name in ("maintenance", "initial", "least_initial", *futures):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))

    @property
    def vol_moves(self) -> tuple[VolMove, ...]:
        """The rule reads present volatilities only."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """The rule looks at no spot but the one it is asked about."""
        return (0.0, 0.0)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance excess at every spot as the least of these branches, in quote currency.

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
            Equity, and the balance without options less the requirement.

        Raises
        ------
        ValueError
            If the account holds what Deribit does not list.
        """
        return self._branches(
            revaluation, (date_index, vol_move), self._maintenance, future=self.future_maintenance
        )

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Equity less the initial requirement; as `excess_branches`."""
        return self._branches(
            revaluation, (date_index, vol_move), self._initial, future=self.future_initial
        )

    def maintenance_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """Maintenance of every short option, mark included, and of all futures; then the marks.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.

        Returns
        -------
        tuple of RequirementLine
            In the currency of the account, today, at spot; they add up to the requirement from
            present marks.
        """
        return self._lines(revaluation, self._maintenance, self.future_maintenance)

    def initial_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """The same for the initial requirement; as `maintenance_lines`."""
        return self._lines(revaluation, self._initial, self.future_initial)

    def _branches(
        self,
        revaluation: Revaluation,
        at: tuple[int, float],
        need: Callable[[OptionContract, PiecewiseCubic], PiecewiseCubic],
        *,
        future: float,
    ) -> tuple[Branch, ...]:
        refuse_unlisted(revaluation)
        equity = revaluation.equity(*at)
        curves, weights = [equity, future_notional(revaluation, at[0])], [1.0, -future]
        for held in held_options(revaluation, *at):
            curves.append(held.value)
            weights.append(-held.units)
            if held.units < 0.0:
                curves.append(need(held.contract, held.value))
                weights.append(held.units)
        needed = Branch("standard margin", combine(weights, curves))
        return (Branch("no requirement", equity), needed)

    def _lines(
        self,
        revaluation: Revaluation,
        need: Callable[[OptionContract, PiecewiseCubic], PiecewiseCubic],
        future: float,
    ) -> tuple[RequirementLine, ...]:
        spot = revaluation.spot
        unit = spot if revaluation.in_coin else 1.0
        lines, sold, bought = [], 0.0, 0.0
        for held in held_options(revaluation):
            mark = float(held.value(spot))
            if held.units < 0.0:
                needed = -held.units * float(need(held.contract, held.value)(spot)) / unit
                lines.append(RequirementLine(f"{held.units:+g} × {held.contract}", needed))
                sold += held.units * mark / unit
            else:
                bought += held.units * mark / unit
        notional = float(future_notional(revaluation, 0)(spot)) / unit
        return (
            *lines,
            RequirementLine("futures and perpetuals", future * notional),
            RequirementLine("marks of short options, which equity has paid", sold),
            RequirementLine("marks of long options, which give no credit", bought),
        )

    def _maintenance(self, contract: OptionContract, value: PiecewiseCubic) -> PiecewiseCubic:
        """Maintenance per unit, the mark included."""
        share = line(0.0, self.maintenance, lowest=value.lowest, highest=value.highest)
        if contract.right is Right.PUT:
            share = greater(share, combine([self.maintenance], [value]))
        return combine([1.0, 1.0], [share, value])

    def _initial(self, contract: OptionContract, value: PiecewiseCubic) -> PiecewiseCubic:
        """Initial requirement per unit, the mark included."""
        side, strike = int(contract.right), contract.strike
        share = broken_line(
            lambda s: np.maximum(
                self.initial * s - np.maximum(side * (strike - s), 0.0), self.least_initial * s
            ),
            (strike, strike / (1.0 + side * (self.initial - self.least_initial))),
            lowest=value.lowest,
            highest=value.highest,
        )
        needed = combine([1.0, 1.0], [share, value])
        if contract.right is Right.CALL:
            return needed
        return greater(needed, self._maintenance(contract, value))
