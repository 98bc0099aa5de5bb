"""Rules that charge every option by itself: a formula of spot, strike and mark."""

from dataclasses import dataclass
from math import inf

from margin import _check
from margin.piecewise import PiecewiseCubic, combine
from margin.revaluation import Revaluation
from margin.rules.balance import (
    HeldOption,
    balance,
    held_options,
    refuse_linear,
)
from margin.rules.delta_floor import DeltaFloor, delta_floor
from margin.rules.kinked import greater
from margin.rules.paradex import ParadexRates, ParadexXM
from margin.rules.rule import Branch

__all__ = ["BybitOption", "DeltaFloor", "ParadexRates", "ParadexXM", "delta_floor"]


@dataclass(frozen=True, slots=True)
class BybitOption:
    """Maintenance per short option at Bybit, which holds the value of the option.

    Per unit ``max(index_rate S, mark_rate mark) + mark + fee S``.  The mark stands in the
    requirement (balance convention), so it is compared with a balance without option value: long
    options need nothing and count for nothing.

    Attributes
    ----------
    index_rate, mark_rate : float
        Shares of the index and of the mark, the larger of which is required.
    fee : float
        Share of the index for the liquidation.
    name, source : str
        What the rule is called and where its numbers come from.

    References
    ----------
    Bybit, *Maintenance margin calculation (options)*.

    Examples
    --------
    >>> from margin.rules.per_option import BybitOption
    >>> BybitOption().required(32_000.0, 250.0)
    1274.0
    """

    index_rate: float = 0.03
    mark_rate: float = 0.03
    fee: float = 0.002
    name: str = "Bybit options, maintenance"
    source: str = "Bybit help centre, maintenance margin of options"

    def __post_init__(self) -> None:
        for name in ("index_rate", "mark_rate", "fee"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))

    @property
    def initial_factor(self) -> float:
        """The formula is of maintenance; none for the initial requirement is stated."""
        return 1.0

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """The rule reads present volatilities only."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """The rule looks at no spot but the one it is asked about."""
        return (0.0, 0.0)

    def required(self, spot: float, mark: float) -> float:
        """Maintenance per unit of a short option, its mark included, in quote currency.

        Parameters
        ----------
        spot : float
            Index in quote currency.
        mark : float
            Mark of the option in quote currency per unit.

        Returns
        -------
        float
        """
        return max(self.index_rate * spot, self.mark_rate * mark) + mark + self.fee * spot

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Balance less maintenance at every spot, in quote currency: one branch.

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

        Raises
        ------
        ValueError
            If the account holds futures or perpetuals, which the formula does not cover.
        """
        refuse_linear(revaluation)
        parts = [(1.0, balance(revaluation, date_index, vol_move))]
        for held in held_options(revaluation, date_index, vol_move):
            if held.units < 0.0:
                parts.append((held.units, self._curve(held)))
        return (Branch("short options", combine(*zip(*parts, strict=True))),)

    def _curve(self, held: HeldOption) -> PiecewiseCubic:
        """`required` against spot."""
        marked = combine((self.mark_rate,), (held.value,))
        larger = greater(held.ray(self.index_rate), marked)
        return combine((1.0, 1.0, 1.0), (larger, held.value, held.ray(self.fee)))
