"""Dates as venues, brokers and spreadsheets write them."""

import re
from datetime import UTC, date, datetime

from margin.files.moments import moment

__all__ = ["day", "instant_of_epoch"]

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

_NAMED = re.compile(r"(\d{1,2})[- ]?([A-Z]{3})[A-Z]*[- ]?(\d{4}|\d\d)")
_NAMED_FIRST = re.compile(r"([A-Z]{3})[A-Z]* (\d{1,2}),? (\d{4})")
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[; T](\d\d):?(\d\d):?(\d\d))?")
_SLASHED = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{2,4}")

# Seconds, milliseconds, microseconds and nanoseconds of the years 2001 to 2286 have 10, 13, 16
# and 19 digits.
EPOCHS = {10: 1.0, 13: 1e3, 16: 1e6, 19: 1e9}


def day(value: object) -> date:
    """A date or an instant, in any writing that can be read in one way only.

    Parameters
    ----------
    value : object
        Such as ``2027-01-15``, ``20270115``, ``15JAN27``, ``15-Jan-2027``, ``January 15, 2027``,
        ``2027-01-15T21:00Z``, a date, a datetime, or seconds to nanoseconds since 1970.

    Returns
    -------
    date
        A datetime in UTC if a time of day was given.

    Raises
    ------
    ValueError
        If it is none, could be read in two ways, or its year lies outside 1970 to 2200.

    Examples
    --------
    >>> from margin.files.readers.days import day
    >>> print(day("15JAN27"), day("January 15, 2027"), day(1800000000000))
    2027-01-15 2027-01-15 2027-01-15 08:00:00+00:00
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return instant_of_epoch(value)
    if not isinstance(value, str):
        return moment(value)
    text = value.strip().upper()
    if _SLASHED.fullmatch(text):
        raise ValueError(f"must be a date that can be read in one way, got {value!r}")
    if found := _NAMED.fullmatch(text):
        number, month, year = found.groups()
    elif found := _NAMED_FIRST.fullmatch(text):
        month, number, year = found.groups()
    else:
        return _digits(value.strip())
    if month not in MONTHS:
        raise ValueError(f"must be a date, got {value!r}")
    full = int(year) + (2000 if len(year) == 2 else 0)
    return moment(date(full, MONTHS.index(month) + 1, int(number)))


def _digits(text: str) -> date:
    found = _DIGITS.fullmatch(text)
    if found is None:
        return moment(text)
    year, month, number, *clock = found.groups()
    if clock[0] is None:
        return moment(date(int(year), int(month), int(number)))
    return moment(f"{year}-{month}-{number}T{':'.join(clock)}")


def instant_of_epoch(value: float) -> datetime:
    """The instant so many seconds, milliseconds, microseconds or nanoseconds after 1970.

    Parameters
    ----------
    value : float
        Of 10, 13, 16 or 19 digits.

    Returns
    -------
    datetime
        In UTC.

    Raises
    ------
    ValueError
        If it has another number of digits.

    Examples
    --------
    >>> from margin.files.readers.days import instant_of_epoch
    >>> print(instant_of_epoch(1590103193775))
    2020-05-21 23:19:53.775000+00:00
    """
    digits = len(str(int(value))) if 1.0 <= value < 1e19 else 0
    if digits not in EPOCHS:
        raise ValueError(f"must be a time since 1970, got {value!r}")
    return datetime.fromtimestamp(value / EPOCHS[digits], UTC)
