"""Deribit's portfolio margin: a risk matrix, an extended table, and a charge for rolling."""

from dataclasses import dataclass
from math import exp, inf

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.piecewise import PiecewiseCubic, combine, line
from margin.readings import read_shifted
from margin.revaluation import Revaluation
from margin.rules.deribit.account import delta_values, expiry_deltas, one_by_one, refuse_unlisted
from margin.rules.deribit.cells import RiskCell, extended_table, risk_matrix
from margin.rules.kinked import by_sign
from margin.rules.rule import Branch, compounded
from margin.rules.staged import RequirementLine, least_excess
from margin.rules.tenor_shock import TenorShock
from margin.vol_move import VolMove

__all__ = ["DERIBIT_PORTFOLIO_ETH", "DeribitPortfolio"]

Floats = NDArray[np.float64]

EXTREMES = (-0.66, -0.33, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)
SHOCK_UP, SHOCK_DOWN = TenorShock(0.50, least=0.50), TenorShock(-0.25)


@dataclass(frozen=True, slots=True)
class DeribitPortfolio:
    """Portfolio margin of Deribit for one index, in coin or in quote currency.

    All contracts are revalued at ``2 buckets + 1`` moves of the price with volatilities down,
    unchanged and up, and at extreme moves with volatilities up, of which a share of
    ``price_range / abs(move)`` counts after a dampener.  With ``worst`` the largest loss and
    ``roll`` the sum over expiries of ``abs(delta) max(least_move, exp(yearly_move t) - 1)``::

        initial requirement      worst + roll + other_initial
        maintenance requirement  mm_factor (worst + roll)

    A coin account counts profits in coin.  Losses are measured from present marks (equity
    convention).

    Attributes
    ----------
    price_range : float
        Edge of the risk matrix.
    buckets : int
        Moves on each side.
    up, down : TenorShock
        Moves of volatility by days left.
    extremes : tuple of float
        Moves of the extended table.
    extreme_factor : float
        Further factor of profits there.
    dampener : float
        What the extended table forgives per price range beyond the first, in quote currency.
    least_move, yearly_move : float
        Moves by which deltas roll.
    mm_factor : float
        Maintenance as a share of ``worst + roll``.
    other_initial : float
        Delta shock, market-maker protection and open orders, in the currency of the account.
    name, source : str
        What the rule is called, and where the numbers come from.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Deribit, *Portfolio margin*, knowledge base, and parameters returned by its public interface.

    Examples
    --------
    >>> from margin.rules import DeribitPortfolio
    >>> DeribitPortfolio().spot_moves
    (-0.66, 5.0)
    """

    price_range: float = 0.16
    buckets: int = 4
    up: TenorShock = SHOCK_UP
    down: TenorShock = SHOCK_DOWN
    extremes: tuple[float, ...] = EXTREMES
    extreme_factor: float = 1.0
    dampener: float = 100_000.0
    least_move: float = 0.01
    yearly_move: float = 0.075
    mm_factor: float = 0.8
    other_initial: float = 0.0
    name: str = "Deribit portfolio margin, BTC"
    source: str = (
        "Deribit portfolio margin, parameters for BTC as recorded in 2024; days below one count as "
        "one, which is a choice of this package"
    )

    def __post_init__(self) -> None:
        edge = _check.positive("price_range", self.price_range)
        if edge >= 1.0 or self.buckets < 1:
            raise ValueError(
                f"price_range must be below 1 and buckets at least 1, got {edge} and {self.buckets}"
            )
        object.__setattr__(self, "extremes", tuple(self.extremes))
        for move in self.extremes:
            if not -1.0 < move < inf or abs(move) < edge:
                raise ValueError(f"extremes must be above -1 and beyond price_range, got {move}")
        shares = ("extreme_factor", "dampener", "least_move", "yearly_move", "other_initial")
        for name in shares:
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))
        object.__setattr__(self, "mm_factor", _check.within("mm_factor", self.mm_factor, 0.0, 1.0))

    @property
    def vol_moves(self) -> tuple[VolMove, ...]:
        """Volatility moves whose revaluations the rule reads; 0 comes first."""
        return (0.0, self.up, self.down)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest relative price move."""
        moves = (-self.price_range, self.price_range, *self.extremes)
        return min(moves), max(moves)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance excess at every spot as the least of these branches, in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued at the moves of the rule.
        date_index : int
            Which of the dates of the revaluation.
        vol_move : float
            Relative move of all volatilities that has happened before.

        Returns
        -------
        tuple of Branch
            Equity, no loss but the roll, the risk matrix, the extended table.

        Raises
        ------
        ValueError
            If the account holds what Deribit does not list.
        """
        return self._branches(revaluation, (date_index, vol_move), factor=self.mm_factor, other=0.0)

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Equity less the initial requirement; as `excess_branches`."""
        at = (date_index, vol_move)
        return self._branches(revaluation, at, factor=1.0, other=self.other_initial)

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `excess_branches` at spots: (b, k); parameters and errors as there."""
        refuse_unlisted(revaluation)
        at = (date_index, vol_move)
        moved, cells = self._moved(revaluation, at), self._cells(in_coin=revaluation.in_coin)
        factors = np.array([1.0 + cell.move for cell in cells])
        weight, share, grant = np.array([[c.weight, c.share, c.grant] for c in cells]).T[..., None]
        after = read_shifted(moved, [cell.shock for cell in cells], factors, spots)
        profits = weight * after - share * moved[0](spots) + grant
        equity = revaluation.equity(*at)(spots)
        bare = equity - self.mm_factor * self._roll_values(revaluation, spots, at)
        return np.concatenate([equity[None, :], bare[None, :], bare + self.mm_factor * profits])

    def profits(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[tuple[str, PiecewiseCubic], ...]:
        """Label and profit of every cell of both tables against spot.

        Parameters as for `excess_branches`.

        Returns
        -------
        tuple of (str, PiecewiseCubic)
            In quote currency, those of a coin account too; row by row from the lowest price, each
            with volatilities up, unchanged and down, then the extended table, dampened.
        """
        moved = self._moved(revaluation, (date_index, vol_move))
        before, found = moved[0], []
        ends = {"lowest": revaluation.lowest, "highest": revaluation.highest}
        for cell in self._cells(in_coin=revaluation.in_coin):
            weights = [cell.weight, -cell.share]
            curves = [moved[cell.shock].stretched(1.0 + cell.move), before]
            if cell.grant:
                weights, curves = [*weights, 1.0], [*curves, line(cell.grant, 0.0, **ends)]
            found.append((cell.label, combine(weights, curves)))
        return tuple(found)

    def roll(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> PiecewiseCubic:
        """Charge for rolling the delta of every expiry, against spot, in quote currency.

        Parameters as for `excess_branches`.
        """
        nothing = line(0.0, 0.0, lowest=revaluation.lowest, highest=revaluation.highest)
        curves, weights = [nothing], [1.0]
        for years, delta in expiry_deltas(revaluation, date_index, compounded(vol_move, 0.0)):
            curves.append(by_sign(delta, 1.0, -1.0))
            weights.append(self._rolled(years))
        return combine(weights, curves)

    def _roll_values(
        self, revaluation: Revaluation, spots: Floats, at: tuple[int, float]
    ) -> Floats:
        """`roll` at spots: (k,)."""
        total = np.zeros_like(spots)
        for years, delta in delta_values(revaluation, spots, at[0], compounded(at[1], 0.0)):
            total += self._rolled(years) * np.abs(delta)
        return total

    def _rolled(self, years: float) -> float:
        return max(self.least_move, exp(self.yearly_move * years) - 1.0)

    def maintenance_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What maintenance is made of: every position alone, what netting saves, the roll.

        In the currency of the account, today, at spot; the lines add up to the requirement.
        """
        return self._lines(revaluation, self.mm_factor)

    def initial_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What the initial requirement is made of; as `maintenance_lines`."""
        line_of_others = RequirementLine("other initial requirements", self.other_initial)
        return (*self._lines(revaluation, 1.0), line_of_others)

    def _branches(
        self, revaluation: Revaluation, at: tuple[int, float], *, factor: float, other: float
    ) -> tuple[Branch, ...]:
        """Equity less ``factor (loss + roll) + other`` for every loss."""
        refuse_unlisted(revaluation)
        equity = revaluation.equity(*at)
        ends = {"lowest": revaluation.lowest, "highest": revaluation.highest}
        fixed = line(0.0, other, **ends) if revaluation.in_coin else line(other, 0.0, **ends)
        parts = [equity, self.roll(revaluation, *at), fixed]
        bare = combine([1.0, -factor, -1.0], parts)
        branches = [Branch("no requirement", equity), Branch("no loss", bare)]
        for label, profit in self.profits(revaluation, *at):
            branches.append(Branch(label, combine([1.0, factor], [bare, profit])))
        return tuple(branches)

    def _moved(self, revaluation: Revaluation, at: tuple[int, float]) -> list[PiecewiseCubic]:
        """What moves, with volatilities unchanged, up and down."""
        shocks = (0.0, self.up, self.down)
        return [revaluation.moving(at[0], compounded(at[1], shock)) for shock in shocks]

    def _cells(self, *, in_coin: bool) -> tuple[RiskCell, ...]:
        matrix = risk_matrix(self.price_range, self.buckets, in_coin=in_coin)
        extended = extended_table(
            self.price_range,
            self.extremes,
            factor=self.extreme_factor,
            dampener=self.dampener,
            in_coin=in_coin,
        )
        return (*matrix, *extended)

    def _lines(self, revaluation: Revaluation, factor: float) -> tuple[RequirementLine, ...]:
        unit = revaluation.spot if revaluation.in_coin else 1.0
        label, worst = self._worst(revaluation)
        alone = [self._worst(part)[1] for part in one_by_one(revaluation)]
        roll = float(self.roll(revaluation)(revaluation.spot))
        counted = (factor - 1.0) * (worst + roll)
        return (
            RequirementLine("worst of every position alone", sum(alone) / unit),
            RequirementLine(f"saved by netting, {label}", (worst - sum(alone)) / unit),
            RequirementLine("roll", roll / unit),
            RequirementLine(f"counted at {100.0 * factor:g} %", counted / unit),
        )

    def _worst(self, revaluation: Revaluation) -> tuple[str, float]:
        """Label and size of the largest loss at spot, 0 if there is none."""
        branches = tuple(Branch(*cell) for cell in self.profits(revaluation))
        index, profit = least_excess(branches, revaluation.spot)
        return (branches[index].label, -profit) if profit < 0.0 else ("no loss", 0.0)


DERIBIT_PORTFOLIO_ETH = DeribitPortfolio(
    price_range=0.18,
    up=TenorShock(0.40, least=0.50),
    dampener=200_000.0,
    least_move=0.005,
    yearly_move=0.05,
    name="Deribit portfolio margin, ETH",
    source="Deribit portfolio margin, parameters for ETH as recorded in 2026",
)
"""Parameters for ETH as recorded in 2026."""
