"""What a liquidation map knows and answers: sets by date, ladder, path, events, volatility."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import inf
from typing import Any

from margin import _check, figures
from margin.account import Account
from margin.curve_shape import least_of
from margin.danger import DangerSet, Interval, danger_set
from margin.maps.accrual import Accrual, Funding, Payment
from margin.maps.cash import CashFloor, cash_floor
from margin.maps.dates import breaks_of
from margin.maps.dynamics import VolDynamics
from margin.maps.events import Event, days_to_liquidation, events_of
from margin.maps.ladder import Ladder, Rung, rung_curves
from margin.maps.path import ThresholdCurve, curves_of
from margin.maps.reading import Reading, least_at
from margin.maps.sensitivity import Sensitivity, sensitivities
from margin.maps.slices import Slice, refined
from margin.maps.solving import following, placed, reading_of, solve, thresholds_on
from margin.maps.vol_map import VolMap, vol_map
from margin.maps.volatility import VolThreshold, vol_threshold
from margin.maps.watch import watched
from margin.maps.words import plain, sentence, text
from margin.notebook import map_html
from margin.piecewise import PiecewiseCubic
from margin.revaluation import Revaluation
from margin.rules import Rule
from margin.threshold import Thresholds

__all__ = ["LiquidationMap"]

WARNING = 1.25  # the warning level if none is given, as a multiple of the initial requirement


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LiquidationMap:
    """Where an account is liquidated, on every date of a horizon and after volatility moves.

    Built by `liquidation_map`.  Spot and volatilities stay as they are but for what is asked:
    volatilities stick to their strikes unless `under` says how they move, and a leg that has
    expired was settled at the spot considered.  Sets are found when asked for, and then kept.

    Attributes
    ----------
    revaluation : Revaluation
        The account on all dates and after all moves.
    rule : Rule
        Whose requirement it is.
    lowest, highest : float
        Range of spots searched, in quote currency.
    vol_moves : tuple of float
        Relative moves of all volatilities at which the map is solved.
    vol_move : float
        The one of them that this map is drawn at.
    accrual : Accrual
        How cash changes as time passes.
    dynamics : VolDynamics or None
        How volatilities move with the spot; None if they stick to their strikes.
    levels : tuple of Revaluation
        The account at the volatilities of several spots, if they move.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from margin import Account, Asset, Market, Position, Underlying, liquidation_map
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> account = Account("loan", "USD", -4_000.0, (Position(Asset("AAPL"), 100),))
    >>> found = liquidation_map(account, market, TEN_POINT_EQUITY, horizon=timedelta(days=30))
    >>> [str(interval) for interval in found.intervals(market.asof)]
    ['below 47.0588']
    >>> debt = found.accruing(interest=0.12)
    >>> round(float(debt.path()[0].spots[-1]), 4)
    47.5253
    """

    revaluation: Revaluation
    rule: Rule
    lowest: float
    highest: float
    vol_moves: tuple[float, ...] = (0.0,)
    vol_move: float = 0.0
    accrual: Accrual = field(default_factory=Accrual)
    dynamics: VolDynamics | None = None
    levels: tuple[Revaluation, ...] = ()
    _kept: dict[Any, Any] = field(default_factory=dict, init=False)

    @property
    def dates(self) -> tuple[datetime, ...]:
        """The dates of the map, ascending, in UTC."""
        return self.revaluation.dates

    @property
    def spot(self) -> float:
        """Present spot, in quote currency."""
        return self.revaluation.spot

    def danger(self, date: datetime) -> DangerSet:
        """Where the account is liquidated on a date, with error bars and certificate.

        The date lies within the horizon, else a ValueError; if it is none of the map, it is solved.
        """
        return self._set(date, Rung.MAINTENANCE, WARNING)

    def intervals(self, date: datetime) -> tuple[Interval, ...]:
        """All danger intervals on a date, ascending.  As for `danger`."""
        return self.danger(date).intervals

    def ladder(self, date: datetime, *, warning: float = WARNING) -> Ladder:
        """Where equity is below the warning level, both requirements and zero, on a date.

        ``warning`` is the warning level as a multiple, 1 or more, of the initial requirement.
        """
        _check.within("warning", warning, 1.0, inf)
        return Ladder(date, *(self._set(date, rung, warning) for rung in Rung))

    def thresholds(self, date: datetime) -> Thresholds:
        """The nearest thresholds on a date, with distances in percent and standard deviations."""
        sets = (self._set(date, rung, WARNING) for rung in (Rung.MAINTENANCE, Rung.BANKRUPTCY))
        return thresholds_on(self, date, *sets)

    def excess_curves(self, date: datetime) -> list[PiecewiseCubic]:
        """Curves against spot whose least is the excess over maintenance, in quote currency."""
        return [branch.curve for branch in self._reading(date).excess()]

    def excess(self, spot: float, date: datetime) -> tuple[float, float]:
        """Excess over maintenance and its error bound, in quote currency."""
        return least_at(self._reading(date).excess(), spot)

    def margin_ratio(self, spot: float, date: datetime) -> float | None:
        """Equity over the maintenance requirement, 1 at a threshold; None without requirement."""
        excess, error = self.excess(spot, date)
        equity = float(self._reading(date).equity()(spot))
        return equity / (equity - excess) if equity - excess > error else None

    def slices(self) -> tuple[Slice, ...]:
        """The danger sets of all dates, and of more around each change, down to a minute."""
        if "slices" not in self._kept:
            breaks = (*breaks_of(self.revaluation), *self.accrual.dates)
            seen = watched(self._looked(), self.spot, self._looked_on, breaks=breaks)
            self._kept["slices"] = refined(seen, self.spot, self._looked_on)
        slices: tuple[Slice, ...] = self._kept["slices"]
        return slices

    def path(self) -> tuple[ThresholdCurve, ...]:
        """The thresholds as curves in time."""
        return curves_of(self.slices())

    def events(self) -> tuple[Event, ...]:
        """What is born, merges, divides, vanishes or expires, by date."""
        paying = self.revaluation.market.underlyings[self.revaluation.underlying].dividends
        return events_of(self.slices(), self.spot, self.revaluation.account, paying)

    def days_to_liquidation(self) -> float | None:
        """Days until the path reaches the present spot: 0 if it has, None if it does not."""
        return days_to_liquidation(self.slices(), self.spot)

    def sensitivities(self, date: datetime) -> tuple[Sensitivity, ...]:
        """Derivatives of the thresholds of a date to cash, quantities, volatility and time."""
        return sensitivities(self, date)

    def vol_threshold(
        self, spot: float | None = None, date: datetime | None = None
    ) -> VolThreshold:
        """The volatility move that alone liquidates, at a spot (the present) and date (today)."""
        return vol_threshold(
            self, self.spot if spot is None else spot, self.dates[0] if date is None else date
        )

    def over_volatility(self, moves: Iterable[float], date: datetime | None = None) -> VolMap:
        """The map over spot and volatility on one date (today), at moves of all volatilities."""
        return vol_map(self, moves, self.dates[0] if date is None else date)

    def cash_never_liquidated(self) -> CashFloor:
        """The cash at which no spot of the range liquidates on any date of the map."""
        return cash_floor(self)

    def under(self, vol_move: "float | VolDynamics") -> "LiquidationMap":
        """The map after a relative move of all volatilities, or with volatilities that move.

        Parameters
        ----------
        vol_move : float, SpotBeta or StickyDelta
            A relative move of all volatilities, solved if it is not one of the map's; or how they
            move with the spot, for which the account is solved at the volatilities of several
            spots.  The range searched is then that over which volatilities are followed.

        Raises
        ------
        ValueError
            If the move is not finite or not above -1, or a volatility leaves 0 to 500 %.
        """
        if not isinstance(vol_move, int | float):
            return following(self, vol_move)
        if vol_move in self.vol_moves:
            return replace(self, vol_move=vol_move)
        solved = self.elsewhere(self.dates, vol_moves=(*self.vol_moves, vol_move))
        return replace(solved, vol_move=vol_move)

    def with_account(self, account: Account) -> "LiquidationMap":
        """The map of other cash and quantities of the same contracts; nothing is priced.

        Raises
        ------
        ValueError
            If the account holds an option that was not solved, or another currency.
        """
        return replace(
            self,
            revaluation=self.revaluation.with_account(account),
            levels=tuple(level.with_account(account) for level in self.levels),
        )

    def accruing(
        self,
        *,
        interest: float = 0.0,
        income: float = 0.0,
        payments: Iterable[Payment] = (),
        funding: Funding | None = None,
    ) -> "LiquidationMap":
        """The map if cash changes as time passes, as in `Accrual`; nothing is priced."""
        return replace(self, accrual=Accrual(interest, income, tuple(payments), funding))

    def elsewhere(
        self,
        dates: Sequence[datetime],
        *,
        vol_moves: tuple[float, ...] = (),
        spots: tuple[float, float] | None = None,
    ) -> "LiquidationMap":
        """The map on other dates, after other moves or on another range; its options are solved.

        ``dates`` none before the first of the map; ``vol_moves`` the one the map is drawn at and
        ``spots``, lowest and highest in quote currency, those of the map if not given.
        """
        moves, span = vol_moves or (self.vol_move,), spots or (self.lowest, self.highest)
        known = solve(self.rule, self.revaluation, dates, span=span, moves=moves)
        return placed(self, known, moves, span)

    @property
    def words(self) -> str:
        """Today and the next change, as "no threshold today; danger 46 to 67 from 26 November"."""
        return sentence(self)

    def to_dict(self) -> dict[str, Any]:
        """Intervals by date, events and words, as plain values that JSON can hold."""
        return plain(self)

    plot = figures.danger_by_date

    def __repr__(self) -> str:
        return text(self)

    _repr_html_ = map_html

    def _set(self, date: datetime, rung: Rung, warning: float) -> DangerSet:
        """Where equity is below a level on a date; found once."""
        key = (date, rung, warning)
        if key not in self._kept:
            curves = rung_curves(rung, self._reading(date), warning=warning)
            self._kept[key] = danger_set(curves, lowest=self.lowest, highest=self.highest)
        found: DangerSet = self._kept[key]
        return found

    def _reading(self, date: datetime) -> Reading:
        """Equity and excess on a date."""
        return reading_of(*self._home(date))

    def _home(self, date: datetime) -> tuple["LiquidationMap", int]:
        """The map that was solved on a date, and which of its dates that is."""
        if date in self.dates:
            return self, self.dates.index(date)
        if not self.dates[0] <= date <= self.dates[-1]:
            raise ValueError(f"date must lie from {self.dates[0]} to {self.dates[-1]}, got {date}")
        if date not in self._kept:
            self._kept[date] = self.elsewhere((date,))
        return self._kept[date], 0

    def _looked(self) -> tuple[Slice, ...]:
        """The danger sets of the dates of the map."""
        return tuple(
            Slice(date, self.danger(date), partial(self._least, date)) for date in self.dates
        )

    def _looked_on(self, dates: Sequence[datetime]) -> tuple[Slice, ...]:
        """The danger sets of other dates, solved in one batch."""
        return self.elsewhere(dates)._looked()

    def _least(self, date: datetime) -> PiecewiseCubic:
        """The excess as one curve, found once."""
        if ("least", date) not in self._kept:
            self._kept["least", date] = least_of(self.excess_curves(date))
        found: PiecewiseCubic = self._kept["least", date]
        return found
