"""Derive's standard manager (SRM): each short option on its own, capped by the payoff."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np

from margin import _check
from margin.piecewise import PiecewiseCubic, combine, line
from margin.revaluation import Revaluation
from margin.rules.derive.account import DeriveMarks, alive_options, derive_book
from margin.rules.derive.book import DeriveBook
from margin.rules.derive.manager import marks_line
from margin.rules.derive.payoff import Short, payoff_floor, short_options
from margin.rules.derive.scenario import TRUSTED, Feeds, Haircut
from margin.rules.kinked import broken_line, greater, lesser
from margin.rules.rule import Branch
from margin.rules.staged import RequirementLine
from margin.vol_move import VolMove
from pdesolve import Right

__all__ = ["DeriveStandard"]


@dataclass(frozen=True, slots=True)
class DeriveStandard:
    """The standard manager SRM of Derive; its margin is a balance.

    A short option of ``q`` units worth ``v`` (both negative) needs, with the out-of-the-money
    share ``o`` of the spot and ``m = max(min_spot, max_spot - o)``::

        call: maintenance  v + mm_call S q          initial  v + m S q
        put:  maintenance  v + min(mm_put_spot S q, mm_put_value v)
              initial      min(v + m S q, mm_offset maintenance)

    Long options give no credit, but an expiry is never charged more than the least payoff of all
    its options, net short calls adding ``unpaired`` of the forward each.

    Attributes
    ----------
    perpetual : (float, float)
        Maintenance and initial shares of the notional of perpetuals.
    max_spot, min_spot : float
        Initial shares of the spot at the money and at least.
    mm_call, mm_put_spot, mm_put_value : float
        Maintenance shares of the spot, and of the value of a put.
    mm_offset : float
        What the initial requirement of a put multiplies its maintenance by, at least.
    unpaired : (float, float)
        Maintenance and initial share of the forward per net short call.
    coin : float
        Share of the value of coin that counts, for maintenance.
    coin_initial : float
        What the initial share is of that.
    confidence, peg : (float, float)
        Threshold and factor of what low confidence and a stable coin below its peg cost.
    feeds : Feeds
        Confidence in the feeds now.
    name, source : str
        What the rule is called, and where the numbers come from.

    Raises
    ------
    ValueError
        If a share is negative or not finite.

    References
    ----------
    Derive v2-core, standard manager, parameters of its production file for ETH.

    Examples
    --------
    >>> from margin.rules import DeriveStandard
    >>> DeriveStandard(min_spot=0.10).perpetual
    (0.065, 0.1)
    """

    perpetual: tuple[float, float] = (0.065, 0.10)
    max_spot: float = 0.15
    min_spot: float = 0.13
    mm_call: float = 0.09
    mm_put_spot: float = 0.09
    mm_put_value: float = 0.09
    mm_offset: float = 1.05
    unpaired: tuple[float, float] = (1.1, 1.2)
    coin: float = 0.8
    coin_initial: float = 0.9375
    confidence: tuple[float, float] = (0.55, 1.0)
    peg: tuple[float, float] = (0.99, 2.0)
    feeds: Feeds = TRUSTED
    name: str = "Derive SRM"
    source: str = (
        "Derive v2-core, StandardManager: parameters of the production file for ETH as recorded in "
        "2025, repository commit 7736900d39"
    )

    def __post_init__(self) -> None:
        shares = ("max_spot", "min_spot", "mm_call", "mm_put_spot", "mm_put_value")
        for name in (*shares, "mm_offset", "coin", "coin_initial"):
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
        """Maintenance balance at every spot as the least of these branches.

        Parameters and errors as for `DeriveSkew.excess_branches`; the branches are the account at
        the venue's marks and the margin itself.
        """
        at = (date_index, vol_move)
        book = self._book(revaluation, at)
        expiries = self._expiries(revaluation, at, self._maintenance, unpaired=self.unpaired[0])
        parts = [greater(alone, floor) for _, alone, floor in expiries]
        fixed = combine([abs(book.perpetual) * self.perpetual[0]], [book.spot])
        return self._branches(book, parts, fixed, coin=self.coin)

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Initial balance at every spot as the least of these branches; as `excess_branches`."""
        at = (date_index, vol_move)
        book = self._book(revaluation, at)
        expiries = self._expiries(revaluation, at, self._initial, unpaired=self.unpaired[1])
        parts = [greater(alone, floor) for _, alone, floor in expiries]
        shorts = self._short_units(revaluation, date_index)
        per_spot = abs(book.perpetual) * self.perpetual[1] + self._feed_units(book, shorts)
        fixed = combine([per_spot], [book.spot])
        return self._branches(book, parts, fixed, coin=self.coin * self.coin_initial)

    def maintenance_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What each expiry needs alone, what the payoff of its long options saves, and the rest.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.

        Returns
        -------
        tuple of RequirementLine
            In quote currency, today, at spot; they add up to the requirement from present marks.
        """
        book, at = self._book(revaluation, (0, 0.0)), (0, 0.0)
        every = self._expiries(revaluation, at, self._maintenance, unpaired=self.unpaired[0])
        per_spot = abs(book.perpetual) * self.perpetual[0]
        return self._lines(revaluation, book, every, per_spot=per_spot, coin=self.coin)

    def initial_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """The same for the initial requirement; as `maintenance_lines`."""
        book, at = self._book(revaluation, (0, 0.0)), (0, 0.0)
        every = self._expiries(revaluation, at, self._initial, unpaired=self.unpaired[1])
        shorts = self._short_units(revaluation, 0)
        per_spot = abs(book.perpetual) * self.perpetual[1] + self._feed_units(book, shorts)
        coin = self.coin * self.coin_initial
        return self._lines(revaluation, book, every, per_spot=per_spot, coin=coin)

    def _lines(
        self,
        revaluation: Revaluation,
        book: DeriveBook,
        expiries: list[tuple[str, PiecewiseCubic, PiecewiseCubic]],
        *,
        per_spot: float,
        coin: float,
    ) -> tuple[RequirementLine, ...]:
        spot, lines = revaluation.spot, []
        for (date, alone, floor), expiry in zip(expiries, book.expiries, strict=True):
            needed, capped = 0.0 - float(alone(spot)), 0.0 - float(floor(spot))
            lines += [
                RequirementLine(f"{date}: shorts alone, with their value", needed),
                RequirementLine(f"{date}: saved by the payoff", min(capped - needed, 0.0)),
                RequirementLine(f"{date}: value of its options", float(expiry.present(spot))),
            ]
        pledged = sum(float(one.value(spot)) for one in book.pledged)
        return (
            *lines,
            RequirementLine("perpetuals, feeds and peg", per_spot * spot),
            RequirementLine("coin", (1.0 - coin * self.feeds.stable_price) * pledged),
            marks_line(revaluation, book.total),
        )

    def _book(self, revaluation: Revaluation, at: tuple[int, float]) -> DeriveBook:
        coin = Haircut(revaluation.underlying, 0.0, cancelling=True)
        marks = DeriveMarks(self.feeds, {}, {coin.asset: coin})
        return derive_book(revaluation, marks, (), date_index=at[0], vol_move=at[1])

    def _branches(
        self,
        book: DeriveBook,
        parts: list[PiecewiseCubic],
        fixed: PiecewiseCubic,
        *,
        coin: float,
    ) -> tuple[Branch, ...]:
        """The account at its marks, and with every expiry at what it is charged."""
        marks = [expiry.present for expiry in book.expiries]
        pledged = [one.value for one in book.pledged]
        short = coin * self.feeds.stable_price - 1.0
        curves = [book.total, fixed, *marks, *parts, *pledged]
        weights = [1.0, -1.0] + [-1.0] * len(marks) + [1.0] * len(parts) + [short] * len(pledged)
        balance = combine(weights, curves)
        return (Branch("no requirement", book.total), Branch("standard margin", balance))

    def _expiries(
        self,
        revaluation: Revaluation,
        at: tuple[int, float],
        charge: Callable[[Short], PiecewiseCubic],
        *,
        unpaired: float,
    ) -> list[tuple[str, PiecewiseCubic, PiecewiseCubic]]:
        """Of every expiry its date, its shorts charged alone, and its payoff floor."""
        found = []
        for expiry, held in alive_options(revaluation, at[0]).items():
            nothing = line(0.0, 0.0, lowest=revaluation.lowest, highest=revaluation.highest)
            charged = [nothing, *map(charge, short_options(revaluation, held, at))]
            alone = combine([1.0] * len(charged), charged)
            floor = payoff_floor(revaluation, held, at[0], unpaired=unpaired)
            found.append((f"{expiry:%Y-%m-%d}", alone, floor))
        return found

    def _maintenance(self, short: Short) -> PiecewiseCubic:
        """Value of a short option less its maintenance, both negative."""
        contract, units, value = short
        per_spot = self.mm_call if contract.right is Right.CALL else self.mm_put_spot
        ends = {"lowest": value.lowest, "highest": value.highest}
        burden = line(0.0, per_spot * units, **ends)
        if contract.right is Right.PUT:
            burden = lesser(burden, combine([self.mm_put_value], [value]))
        return combine([1.0, 1.0], [value, burden])

    def _initial(self, short: Short) -> PiecewiseCubic:
        """Value of a short option less its initial requirement, both negative."""
        contract, units, value = short
        side, strike = int(contract.right), contract.strike
        kink = strike / (1.0 + side * (self.max_spot - self.min_spot))
        share = broken_line(
            lambda s: np.maximum(
                self.min_spot * s, self.max_spot * s - np.maximum(side * (strike - s), 0.0)
            ),
            (strike, kink),
            lowest=value.lowest,
            highest=value.highest,
        )
        charged = combine([1.0, units], [value, share])
        if contract.right is Right.CALL:
            return charged
        return lesser(charged, combine([self.mm_offset], [self._maintenance(short)]))

    def _short_units(self, revaluation: Revaluation, date_index: int) -> float:
        units = np.where(revaluation.curves[date_index].alive, revaluation.units, 0.0)
        return -float(np.minimum(units, 0.0).sum())

    def _feed_units(self, book: DeriveBook, shorts: float) -> float:
        """Units of notional that low confidence and the peg cost, initially."""
        feeds, (threshold, factor) = self.feeds, self.confidence
        coin = sum(float(one.value.derivative(one.value.lowest)) for one in book.pledged)
        trusted = (
            (min(feeds.spot, feeds.options), shorts),
            (min(feeds.spot, feeds.perpetual), abs(book.perpetual)),
            (feeds.spot, coin * feeds.stable_price),
        )
        units = sum((1.0 - sure) * factor * size for sure, size in trusted if sure < threshold)
        below = max(self.peg[0] - feeds.stable_price, 0.0) * self.peg[1]
        return units + below * (abs(book.perpetual) + shorts)
