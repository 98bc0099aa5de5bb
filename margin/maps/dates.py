"""The dates of a liquidation map: even over the horizon, and denser before each expiry."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from margin import _check
from margin.account import Account
from margin.claim_contract import ClaimContract
from margin.instrument import Future, Instrument, Solvable
from margin.revaluation import Revaluation

__all__ = ["breaks_of", "checked_dates", "expiries", "looks", "map_dates"]

# Dates of an even division of the horizon, none further apart than a day on short horizons.
EVEN = 30
# Before an expiry thresholds move like the square root of the time left, so the last even step
# is graded by squares: a threshold then moves about as far from each date to the next.
GRADED = 6
LAST = timedelta(minutes=1)


def map_dates(account: Account, start: datetime, horizon: timedelta) -> tuple[datetime, ...]:
    """Dates over a horizon at which thresholds are looked at.

    Thirty even steps; in the last step before every expiry inside the horizon the times left are
    ``step (j / 6)**2``, down to one minute; and the expiry itself.

    Parameters
    ----------
    account : Account
        Whose legs expire.
    start : datetime
        Now.
    horizon : timedelta
        How far ahead to look, positive.

    Returns
    -------
    tuple of datetime
        Ascending, in UTC, from ``start`` to ``start + horizon``.

    Raises
    ------
    ValueError
        If the horizon is not positive.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from margin import Account
    >>> from margin.maps.dates import map_dates
    >>> now = datetime(2026, 11, 20, 21, tzinfo=UTC)
    >>> dates = map_dates(Account("empty", "USD", 0.0, ()), now, timedelta(days=30))
    >>> len(dates), dates[1] - dates[0]
    (31, datetime.timedelta(days=1))
    """
    if not isinstance(horizon, timedelta) or horizon <= timedelta(0):
        raise ValueError(f"horizon must be a positive timedelta, got {horizon!r}")
    step = horizon / EVEN
    dates = {start + index * step for index in range(EVEN)} | {start + horizon}
    for expiry in expiries(held.instrument for held in account.positions if held.quantity):
        before = [step * (j / GRADED) ** 2 for j in range(1, GRADED)]
        dates |= {expiry - left for left in (*before, min(LAST, before[0]))} | {expiry}
    return tuple(sorted(date for date in dates if start <= date <= start + horizon))


def checked_dates(dates: Sequence[datetime], start: datetime) -> tuple[datetime, ...]:
    """The dates, each once, ascending, in UTC.

    Raises
    ------
    ValueError
        If there is none, or one lies before ``start``.
    """
    found = tuple(sorted({_check.instant("dates", date) for date in dates}))
    if not found or found[0] < start:
        raise ValueError(f"dates must be one at least, none before {start}, got {dates!r}")
    return found


def expiries(instruments: Iterable[Instrument]) -> tuple[datetime, ...]:
    """Instants at which some of the instruments expire, each once, ascending."""
    dated = (each for each in instruments if isinstance(each, Solvable | Future))
    return tuple(sorted({each.expiry for each in dated}))


def breaks_of(revaluation: Revaluation) -> tuple[datetime, ...]:
    """Instants over which the excess may jump: expiries, ex-dates, dates of claims.

    Parameters
    ----------
    revaluation : Revaluation
        The account, and the market whose underlying pays dividends.

    Returns
    -------
    tuple of datetime
        Ascending, each once; also those in the past.
    """
    account, name = revaluation.account, revaluation.underlying
    held = [position.instrument for position in account.positions if position.quantity]
    found = {each.date for each in revaluation.market.underlyings[name].dividends}
    for contract in held:
        if isinstance(contract, ClaimContract):
            found |= {*contract.exercise_dates, *looks(contract)}
    return tuple(sorted(found | set(expiries(held))))


def looks(contract: ClaimContract) -> tuple[datetime, ...]:
    """Instants at which spot is held against a barrier; none if that is at every instant."""
    return () if contract.barrier is None else contract.barrier.dates
