"""SPAN as NSE Clearing (India) applies it, with the parameters listed in 2024 and 2025."""

from collections.abc import Sequence
from itertools import combinations

from margin.rules.span.commodity import CalendarSpread, MonthTier, SpanCommodity
from margin.rules.span.rule import SpanRule
from margin.rules.span.scan import SpanScan

__all__ = ["NSE_INDEX", "NSE_STOCK", "spread_monthly"]

ASOF = "2025"
SOURCE = (
    "NSE Clearing, risk management text and user listings of 2024 and 2025, not recomputed: price "
    "scan range {sigmas} daily standard deviations, at least {floor:g} % (the number used here: "
    "replace it by the day's); calendar spreads {calendar:g} % of the price; extreme moves of two "
    "ranges at 35 % as the exchange's own arrays show."
)


def _venue(name: str, scan: SpanScan, minimum: float, exposure: float, source: str) -> SpanRule:
    commodity = SpanCommodity(name, short_option_rate=minimum, currency="INR")
    return SpanRule(scan, commodity, exposure, f"SPAN, {name}", ASOF, source)


NSE_INDEX = _venue(
    "NSE index",
    SpanScan(price_range=0.071, vol_range=0.04),
    minimum=0.03,
    exposure=0.02,
    source=SOURCE.format(sigmas=3, floor=7.1, calendar=1.75),
)
"""Index futures and options: range 7.1 %, 4 volatility points, minimum 3 %, exposure 2 %."""

NSE_STOCK = _venue(
    "NSE stock",
    SpanScan(price_range=0.107, vol_range=0.10),
    minimum=0.075,
    exposure=0.035,
    source=SOURCE.format(sigmas=3.5, floor=10.7, calendar=2.2),
)
"""Stock futures and options: range 10.7 %, 10 volatility points, minimum 7.5 %, exposure 3.5 %."""


def spread_monthly(
    months: Sequence[int], *, charge: float = 0.0, rate: float = 0.0
) -> tuple[tuple[MonthTier, ...], tuple[CalendarSpread, ...]]:
    """A tier for every month, and a spread for every pair of months, the nearest pairs first.

    Parameters
    ----------
    months : sequence of int
        Contract months as 202703, ascending.
    charge : float
        Currency per spread.
    rate : float
        Share of the price per spread.

    Returns
    -------
    tiers, spreads : tuples
        As `SpanCommodity` takes them.

    Examples
    --------
    >>> from margin.rules.span.nse import spread_monthly
    >>> tiers, spreads = spread_monthly((202606, 202607, 202608), rate=0.0175)
    >>> [tuple(leg.of for leg in spread.legs) for spread in spreads]
    [(1, 2), (2, 3), (1, 3)]
    """
    tiers = tuple(MonthTier(number, month, month) for number, month in enumerate(months, start=1))
    pairs = sorted(combinations(range(1, len(tiers) + 1), 2), key=lambda pair: pair[1] - pair[0])
    spreads = tuple(CalendarSpread.between(*pair, charge=charge, rate=rate) for pair in pairs)
    return tiers, spreads
