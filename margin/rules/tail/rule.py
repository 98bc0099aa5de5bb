"""The rule of clearing houses: value at risk or expected shortfall over many moves of the spot."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.piecewise import PiecewiseCubic, combine
from margin.revaluation import Revaluation
from margin.rules.rule import Branch
from margin.rules.tail.measure import ExpectedShortfall, TailMeasure, ValueAtRisk
from margin.rules.tail.protections import Buffer, LookBackFloor, StressedWindow, checked_spot_moves

__all__ = ["TailRiskRule", "profits"]

Floats = NDArray[np.float64]

DEFAULT_MEASURE = ExpectedShortfall(0.975)
"""The level of the Basel Committee, *Minimum capital requirements for market risk* (2019-01)."""

NO_BUFFER = Buffer(0.0)


@dataclass(frozen=True, slots=True)
class TailRiskRule:
    """Value at risk or expected shortfall of the account over many spot moves is required.

    With ``U`` the part of equity that a move of the spot moves, ``L`` the loss measure and
    ``P_j(S) = U(S (1 + x_j)) - U(S)`` the profit in scenario ``j``, the account fully repriced in
    each, the maintenance requirement at spot ``S`` is::

        max(0, b ((1 - w) L[P] + w L[P stressed]), L[P floor])

    with the factor ``b`` of the buffer and the weight ``w`` of the stressed window.  Volatilities
    stick to their strikes and no time passes.  A coin account counts its losses in coin.

    Attributes
    ----------
    moves : tuple of float
        Relative spot moves over the holding period, each above -1 and equally likely: `spot_moves`
        of historical, filtered or simulated returns.
    measure : ValueAtRisk or ExpectedShortfall
        Loss measure, with its level and its convention.
    stressed : StressedWindow, optional
        A stressed time that always counts.
    floor : LookBackFloor, optional
        A look-back that is never fallen below.
    buffer : Buffer
        Share on top; none by default.
    initial_factor : float
        Initial requirement as a multiple of the maintenance requirement, at least 1.  An initial
        requirement of another level or other moves is another rule.
    name, source : str
        What the rule is called and where the moves come from.

    Raises
    ------
    ValueError
        If a move is -1 or less, there are too few scenarios for the level, or a number is out of
        its range.

    Notes
    -----
    The excess is ``U`` and an order statistic of ``n`` readings of ``U``.  It is built without a
    mesh: readings are compared on whole stretches of spots, see `margin.rules.tail.curve`.  The
    errors of its curves bound the distance from the true excess, so thresholds are as certain as
    under a scenario rule.

    References
    ----------
    Commission Delegated Regulation (EU) No 153/2013, Articles 24 to 28: 99 % for listed contracts,
    99.5 % for others, two and five days, at least twelve months.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.requirements import requirement
    >>> from margin.rules.tail.measure import ValueAtRisk
    >>> from margin.rules.tail.rule import TailRiskRule
    >>> rule = TailRiskRule(tuple(k / 1000 for k in range(-100, 101)), ValueAtRisk(0.99))
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", -4_000.0, (Position(Asset("AAPL"), 100),))
    >>> round(requirement(account, market, rule).maintenance, 4)
    784.0
    """

    moves: tuple[float, ...]
    measure: TailMeasure = DEFAULT_MEASURE
    stressed: StressedWindow | None = None
    floor: LookBackFloor | None = None
    buffer: Buffer = NO_BUFFER
    initial_factor: float = 1.0
    name: str = "tail risk"
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "moves", checked_spot_moves("moves", self.moves))
        if not isinstance(self.measure, ValueAtRisk | ExpectedShortfall):
            raise ValueError(
                f"measure must be a ValueAtRisk or an ExpectedShortfall, got {self.measure!r}"
            )
        _check.instance("buffer", self.buffer, Buffer)
        factor = _check.within("initial_factor", self.initial_factor, 1.0, inf)
        object.__setattr__(self, "initial_factor", factor)
        object.__setattr__(self, "name", _check.text("name", self.name))
        for moves in self._move_sets():
            self.measure.terms(len(moves))

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """The rule reads present volatilities only."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest relative spot move of all scenarios, no move being one of them."""
        every = [0.0, *(move for moves in self._move_sets() for move in moves)]
        return min(every), max(every)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance excess at every spot as the least of these branches, in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued after ``vol_move``.
        date_index : int
            Which of the dates of the revaluation.
        vol_move : float
            Relative move of all volatilities that has happened before the rule is applied.

        Returns
        -------
        tuple of Branch
            First "no loss", which is equity; then the loss measure; then the floor, if any.

        Raises
        ------
        ValueError
            If the account holds positions in other underlyings, or the move was not revalued.
        """
        _refuse_other_underlyings(revaluation)
        moving = revaluation.moving(date_index, vol_move)
        settled = revaluation.settled(date_index)
        branches = [Branch("no loss", combine((1.0, 1.0), (settled, moving)))]
        for label, terms in self.terms():
            kept = 1.0 - sum(weight for weight, _ in terms)
            curves = [settled, *(self._lowest(moving, at, revaluation) for _, at in terms)]
            weights = [1.0, *(weight for weight, _ in terms)]
            if kept != 0.0:
                curves, weights = [*curves, moving], [*weights, kept]
            branches.append(Branch(label, combine(weights, curves)))
        return tuple(branches)

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
        moving = revaluation.moving(date_index, vol_move)
        settled, now = revaluation.settled(date_index)(spots), moving(spots)
        rows, power = [settled + now], int(revaluation.in_coin)
        for _, terms in self.terms():
            row = settled + (1.0 - sum(weight for weight, _ in terms)) * now
            for weight, moves in terms:
                factors = 1.0 + np.array(moves)
                row = row + weight * self.measure.lowest_at(moving, factors, spots, power)
            rows.append(row)
        return np.stack(rows)

    def _move_sets(self) -> Iterator[tuple[float, ...]]:
        yield self.moves
        if self.stressed:
            yield self.stressed.moves
        if self.floor:
            yield self.floor.moves

    def terms(self) -> tuple[tuple[str, tuple[tuple[float, tuple[float, ...]], ...]], ...]:
        """Label of each requirement after "no loss", and the weights of its losses over moves."""
        stress = self.stressed.weight if self.stressed else 0.0
        losses = [(self.buffer.factor * (1.0 - stress), self.moves)]
        if self.stressed:
            losses.append((self.buffer.factor * stress, self.stressed.moves))
        main = f"{self.measure}, {len(self.moves)} scenarios", tuple(losses)
        if not self.floor:
            return (main,)
        count = len(self.floor.moves)
        return main, (f"{self.measure}, floor of {count} scenarios", ((1.0, self.floor.moves),))

    def _lowest(
        self, moving: PiecewiseCubic, moves: tuple[float, ...], revaluation: Revaluation
    ) -> PiecewiseCubic:
        """The loss measure's quantile or mean of the lowest moved values, against spot."""
        factors = 1.0 + np.array(moves)
        weights = 1.0 / factors if revaluation.in_coin else np.ones_like(factors)
        return self.measure.lowest(moving, factors, weights)


def profits(revaluation: Revaluation, moves: tuple[float, ...]) -> Floats:
    """Profit of an account after each move of the spot, today, at spot: (n,) in quote currency.

    In a coin account a profit is one of coin, at the present spot.
    """
    factors = 1.0 + np.array(moves)
    moving, spot = revaluation.moving(), revaluation.spot
    after = moving(spot * factors) / (factors if revaluation.in_coin else 1.0)
    return np.asarray(after - moving(spot))


def _refuse_other_underlyings(revaluation: Revaluation) -> None:
    """Refuse positions that the moves of this underlying would leave without requirement."""
    for held in revaluation.account.positions:
        if held.quantity and held.instrument.underlying != revaluation.underlying:
            raise ValueError(
                f"a tail risk rule moves {revaluation.underlying} only, got {held.instrument}; "
                "keep positions in other underlyings in an account of their own"
            )
