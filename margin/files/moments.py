"""Dates and times of day as they stand in files and on the command line."""

import re
from datetime import UTC, date, datetime, time

__all__ = ["END_OF_DAY", "moment", "resolved", "time_of_day"]

END_OF_DAY = time(21)
"""Time of day in UTC that a date without one stands for: 16:00 in New York in winter."""

EARLIEST_YEAR, LATEST_YEAR = 1970, 2200

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def moment(value: object) -> date:
    """A date or an instant from its text, or from what a TOML file gave.

    Parameters
    ----------
    value : object
        Such as ``2026-11-20``, ``2026-11-20T21:00``, ``2026-11-20 16:00:00-05:00``; an instant
        without a time zone is in UTC.

    Returns
    -------
    date
        A datetime in UTC if a time of day was given.

    Raises
    ------
    ValueError
        If it is none, or its year lies outside 1970 to 2200.

    Examples
    --------
    >>> from margin.files.moments import moment
    >>> print(moment("2026-11-20T16:00-05:00"))
    2026-11-20 21:00:00+00:00
    """
    if isinstance(value, str) and _MOMENT.fullmatch(value.strip()):
        bare = value.strip()
        value = date.fromisoformat(bare) if len(bare) == 10 else datetime.fromisoformat(bare)
    if not isinstance(value, date) or not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise ValueError(f"must be a date from {EARLIEST_YEAR} to {LATEST_YEAR}, got {value!r}")
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def time_of_day(value: object) -> time:
    """A time of day from text such as ``08:00``, or from what a TOML file gave.

    Parameters
    ----------
    value : object
        Hours and minutes.

    Returns
    -------
    time

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> from margin.files.moments import time_of_day
    >>> time_of_day("08:00")
    datetime.time(8, 0)
    """
    if isinstance(value, str) and _TIME.fullmatch(value.strip()):
        return time.fromisoformat(value.strip())
    if isinstance(value, time) and value.tzinfo is None:
        return value
    raise ValueError(f"must be a time of day such as 08:00, got {value!r}")


def resolved(value: date, at: time = END_OF_DAY) -> datetime:
    """The instant that a date stands for.

    Parameters
    ----------
    value : date
        A date, or an instant, which stays as it is.
    at : time
        Time of day in UTC for a date.

    Returns
    -------
    datetime
        In UTC.

    Examples
    --------
    >>> from datetime import date
    >>> from margin.files.moments import resolved
    >>> print(resolved(date(2027, 1, 15)))
    2027-01-15 21:00:00+00:00
    """
    return value if isinstance(value, datetime) else datetime.combine(value, at, tzinfo=UTC)
