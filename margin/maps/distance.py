"""How far each threshold of a map is from the present spot: in percent, in sigmas, in days."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from math import log, sqrt
from typing import TYPE_CHECKING

from margin.danger import figure
from margin.maps.path import ThresholdCurve, ThresholdSide
from margin.maps.sensitivity import ends_on

if TYPE_CHECKING:
    from margin.maps.record import LiquidationMap

__all__ = ["Distance", "distances"]

DAY_SECONDS, DAYS_A_YEAR = 86_400.0, 365.0


@dataclass(frozen=True, slots=True)
class Distance:
    """A threshold on one date, and how far it is from the present spot.

    Attributes
    ----------
    spot : float
        The threshold, in quote currency.
    side : ThresholdSide
        Which end of a danger interval it is.
    percent : float
        Of the present spot, negative if below.
    sigmas : float or None
        In standard deviations of the log spot over one day; None without a living option.
    days : float or None
        Days from the date until the threshold itself reaches the present spot, all else
        unchanged; None if it does not within the horizon.

    Examples
    --------
    >>> from margin.maps.distance import Distance
    >>> from margin.maps.path import ThresholdSide
    >>> print(Distance(66_762.0, ThresholdSide.LOWER, 11.27, 4.1, 12.6))
    66,762.00 (+11.27 %, +4.10 sigma), at the present spot in 12.6 days
    """

    spot: float
    side: ThresholdSide
    percent: float
    sigmas: float | None
    days: float | None

    def __str__(self) -> str:
        sigmas = "" if self.sigmas is None else f", {self.sigmas:+.2f} sigma"
        days = "not at" if self.days is None else "at"
        until = " within the horizon" if self.days is None else f" in {self.days:.3g} days"
        return (
            f"{figure(self.spot)} ({self.percent:+.2f} %{sigmas}), {days} the present spot{until}"
        )


def distances(found: "LiquidationMap", date: datetime) -> tuple[Distance, ...]:
    """Every threshold of a date with its distance from the present spot.

    Parameters
    ----------
    found : LiquidationMap
        The map.
    date : datetime
        Within its horizon.

    Returns
    -------
    tuple of Distance
        In ascending order of the thresholds; empty if there is none inside the range searched.

    Raises
    ------
    ValueError
        If the date lies outside the horizon.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from margin import Account, Market, Position, Underlying, liquidation_map
    >>> from margin.instrument import Asset
    >>> from margin.maps.distance import distances
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> account = Account("loan", "USD", -4_000.0, (Position(Asset("AAPL"), 100),))
    >>> found = liquidation_map(account, market, TEN_POINT_EQUITY, horizon=timedelta(days=30))
    >>> print(distances(found, market.asof)[0])
    47.0588 (-41.18 %), not at the present spot within the horizon
    """
    volatility = found.thresholds(date).volatility
    living = [curve for curve in found.path() if curve.dates[0] <= date <= curve.dates[-1]]
    every = []
    for at, side in ends_on(found, date):
        sigmas = volatility and log(at / found.spot) / (volatility / sqrt(DAYS_A_YEAR))
        alike = [curve for curve in living if curve.side is side]
        nearest = sorted(alike, key=partial(_apart, date=date, level=at))[:1]
        days = _days(nearest[0], (date, at), found.spot) if nearest else None
        every.append(Distance(at, side, 100.0 * (at / found.spot - 1.0), sigmas, days))
    return tuple(every)


def _apart(curve: ThresholdCurve, date: datetime, level: float) -> float:
    """How far a curve is from a threshold on a date."""
    return abs(curve.at(date) - level)


def _days(curve: ThresholdCurve, now: tuple[datetime, float], spot: float) -> float | None:
    """Days from a date and its threshold until a curve reaches a spot; straight between dates."""
    date, level = now
    gaps = [(date, level - spot)]
    later = zip(curve.dates, curve.spots.tolist(), strict=True)
    gaps += [(when, at - spot) for when, at in later if when > date]
    for (start, before), (stop, after) in pairwise(gaps):
        if before * after <= 0.0 and before != after:
            reached = start + (stop - start) * (before / (before - after))
            return (reached - date).total_seconds() / DAY_SECONDS
    return None
