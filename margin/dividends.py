"""What an underlying pays on dates, and what that takes from its forward."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, inf, log

from margin import _check
from margin.carry import Carry, years_between

__all__ = ["Dividend", "dividend_carry", "forward_line", "paid_line"]

# Newton's method on the growth of a forward, which is smooth and rises.
ROUNDS, ENOUGH = 50, 1e-14


@dataclass(frozen=True, slots=True)
class Dividend:
    """A payment of an underlying on its ex-date, by which its spot drops.

    From ``S`` just before to ``S (1 - share) - cash``.  From the instant of the ex-date on, the
    underlying trades without it; who has held a unit until then has been paid, and who was short
    one has paid.

    Attributes
    ----------
    date : datetime
        The instant from which it trades ex, kept in UTC.
    cash : float
        Quote currency per unit, not negative.
    share : float
        Of the spot, from 0 to below 1.

    Raises
    ------
    ValueError
        If a number is out of its range, both are 0, or the date has no time zone.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.dividends import Dividend
    >>> print(Dividend(datetime(2014, 8, 7, tzinfo=UTC), cash=0.47))
    0.47 on 2014-08-07
    """

    date: datetime
    cash: float = 0.0
    share: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "date", _check.instant("date", self.date))
        object.__setattr__(self, "cash", _check.within("cash", self.cash, 0.0, inf))
        object.__setattr__(self, "share", _check.within("share", self.share, 0.0, 1.0))
        if self.cash == inf:
            raise ValueError("cash must be finite, got inf")
        if self.share == 1.0:
            raise ValueError("share must be below 1, got 1.0: nothing would be left")
        if self.cash == self.share == 0.0:
            raise ValueError("a dividend must have cash or a share, got neither")

    def __str__(self) -> str:
        parts = [f"{self.cash:g}"] * (self.cash > 0.0)
        parts += [f"{100.0 * self.share:g} %"] * (self.share > 0.0)
        return f"{' and '.join(parts)} on {self.date:%Y-%m-%d}"


def paid_line(dividends: Sequence[Dividend]) -> tuple[float, float]:
    """What one unit has been paid where the spot is ``S`` after: intercept and slope by ``S``.

    Every dividend counts at the spot considered: before it the spot was
    ``(S + cash) / (1 - share)``, so it has paid ``(cash + share S) / (1 - share)``.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.dividends import Dividend, paid_line
    >>> paid_line([Dividend(datetime(2014, 8, 7, tzinfo=UTC), cash=0.47)])
    (0.47, 0.0)
    """
    intercept = sum(each.cash / (1.0 - each.share) for each in dividends)
    slope = sum(each.share / (1.0 - each.share) for each in dividends)
    return float(intercept), float(slope)


def forward_line(
    dividends: Sequence[Dividend], start: datetime, end: datetime, *, growth: float
) -> tuple[float, float]:
    """The forward as a line in the spot: intercept and slope.

    Parameters
    ----------
    dividends : sequence of Dividend
        Of the underlying; those between the dates count, ascending.
    start, end : datetime
        Now and the date of the forward.
    growth : float
        Rate less yield per year.

    Returns
    -------
    tuple of float
        Quote currency, and units of the underlying.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.dividends import Dividend, forward_line
    >>> now, ex, then = (datetime(2014, month, 7, tzinfo=UTC) for month in (6, 8, 10))
    >>> forward_line([Dividend(ex, cash=0.5)], now, then, growth=0.0)
    (-0.5, 1.0)
    """
    intercept, slope, at = 0.0, 1.0, start
    for each in dividends:
        if start < each.date < end:
            step = exp(growth * years_between(at, each.date)) * (1.0 - each.share)
            intercept, slope, at = intercept * step - each.cash, slope * step, each.date
    last = exp(growth * years_between(at, end))
    return intercept * last, slope * last


def dividend_carry(
    expiry: datetime,
    *,
    spot: float,
    forward: float,
    asof: datetime,
    rate: float,
    dividends: Sequence[Dividend],
) -> Carry:
    """The carry to an expiry whose forward is quoted, of an underlying that pays on dates.

    The dividend yield is what the forward loses besides the dividends until then; see
    `forward_line`.

    Parameters
    ----------
    expiry : datetime
        Date of the forward.
    spot, forward : float
        Prices in quote currency.
    asof : datetime
        Now.
    rate : float
        Continuously compounded per year.
    dividends : sequence of Dividend
        Ascending.

    Returns
    -------
    Carry

    Raises
    ------
    ValueError
        If a price is not positive, the expiry is not after ``asof``, or no yield gives the forward.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.dividends import Dividend, dividend_carry
    >>> now, ex, then = (datetime(2014, month, 7, tzinfo=UTC) for month in (6, 8, 10))
    >>> terms = {"spot": 94.0, "asof": now, "rate": 0.0, "dividends": [Dividend(ex, cash=0.5)]}
    >>> abs(dividend_carry(then, forward=93.5, **terms).dividend_yield) < 1e-12
    True
    """
    asof, expiry = _check.instant("asof", asof), _check.instant("expiry", expiry)
    years = years_between(asof, expiry)
    if years <= 0.0:
        raise ValueError(f"expiry {expiry} must be after asof {asof}")
    spot, forward = _check.positive("spot", spot), _check.positive("forward", forward)
    growth, step = log(forward / spot) / years, inf
    for _ in range(ROUNDS):
        intercept, slope = forward_line(dividends, asof, expiry, growth=growth)
        step = (forward - intercept - slope * spot) / (forward * years)
        growth += step
        if abs(step) <= ENOUGH:
            break
    if not abs(step) <= ENOUGH * max(1.0, 1.0 / years):
        raise ValueError(f"no yield gives the forward {forward} with the dividends until {expiry}")
    return Carry(expiry, rate, rate - growth)
