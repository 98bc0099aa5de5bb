"""Quotes of an option chain as columns, and what is wrong with each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from margin.files.errors import AccountFileError, Report
from margin.files.explain import show
from margin.files.moments import END_OF_DAY, resolved
from margin.files.readers.columns import meanings
from margin.files.readers.conventions import COIN_EXPIRY_TIME, family
from margin.files.readers.days import day
from margin.files.readers.names import RIGHTS

__all__ = ["Chain", "Flaw", "Side", "chain_columns", "prices"]

Floats = NDArray[np.float64]

NEEDED = ("right", "strike", "expiry")
NUMBERS = ("strike", "bid", "ask", "mark", "spot", "forward", "quote_age")

MORNING = time(14, 30)
"""Time of day in UTC at which options settled in the morning expire: 9:30 in New York."""


class Side(Enum):
    """Which price of a quote counts."""

    BID = "bid"
    ASK = "ask"
    MID = "mid"
    MARK = "mark"


class Flaw(Enum):
    """Why a quote gives no volatility."""

    MISSING = "no quote"
    CROSSED = "bid above ask"
    STALE = "stale"
    EXPIRED = "expired"
    OUTSIDE = "outside the bounds that exclude arbitrage"
    NO_VOLATILITY = "no volatility between 0 and 500 %"


@dataclass(frozen=True, slots=True)
class Chain:
    """Quotes of options on one underlying, one row each.

    Attributes
    ----------
    rights : (n,) array
        1 for calls, -1 for puts.
    expiries : (n,) array of datetime
        In UTC.
    numbers : mapping of str to (n,) array
        ``strike``, ``bid``, ``ask``, ``mark``, ``spot``, ``forward`` and ``quote_age`` in seconds;
        NaN where the chain says nothing.
    asof : datetime or None
        When the last row was quoted.
    names : tuple of str
        What the column of contracts holds in its first row, if there is one.
    """

    rights: NDArray[np.int64]
    expiries: NDArray[np.object_]
    numbers: Mapping[str, Floats]
    asof: datetime | None
    names: tuple[str, ...]


def chain_columns(columns: Mapping[str, Sequence[Any]], underlying: str) -> Chain:
    """The columns of a chain by what they stand for, checked.

    Parameters
    ----------
    columns : mapping of str to sequence
        As in the frame.
    underlying : str
        Its name tells the hour at which contracts expire.

    Returns
    -------
    Chain

    Raises
    ------
    AccountFileError
        If a column is missing, or holds what makes no sense; the rows are named.

    Examples
    --------
    >>> from margin.chains.quotes import chain_columns
    >>> chain = chain_columns({"type": ["C", "P"], "strike": [90.0, 90.0],
    ...     "expiry": ["2027-01-15"] * 2, "bid": [1.0, None], "ask": [1.1, 0.2]}, "XYZ")
    >>> chain.rights.tolist(), chain.numbers["bid"].tolist()
    ([1, -1], [1.0, nan])
    """
    report = Report()
    found = meanings(columns, report)
    if "right" not in found and "type" in found:
        found["right"] = found["type"]
    for name in NEEDED:
        if name not in found:
            report.at("columns").add(f"{name} is missing; a chain needs {', '.join(NEEDED)}.")
    _refuse(report)
    by_meaning = {name: list(columns[column]) for name, column in found.items()}
    count = len(by_meaning["strike"])
    rights = _each(by_meaning["right"], _right, report.at("right"))
    evening = COIN_EXPIRY_TIME if family(underlying) == "coin" else END_OF_DAY
    hours = [
        MORNING if word == "AM" else evening for word in by_meaning.get("settle", [""] * count)
    ]
    days = _each(by_meaning["expiry"], day, report.at("expiry"))
    stamps = _each(by_meaning.get("asof", []), day, report.at("asof"))
    numbers = {
        name: _numbers(by_meaning.get(name, [None] * count), report.at(name)) for name in NUMBERS
    }
    _refuse(report)
    last = max((resolved(stamp) for stamp in stamps), default=None)
    if last is not None and "quote_age" not in found:
        numbers["quote_age"] = np.array([(last - resolved(at)).total_seconds() for at in stamps])
    expiries = np.empty(count, dtype=object)
    expiries[:] = [resolved(at, hour) for at, hour in zip(days, hours, strict=True)]
    names = tuple(str(name) for name in by_meaning.get("symbol", [])[:1])
    return Chain(np.array(rights, dtype=np.int64), expiries, numbers, last, names)


def _refuse(report: Report) -> None:
    if report.findings:
        raise AccountFileError("chain", report.findings, {})


def _each(values: Sequence[Any], read: Callable[[object], Any], report: Report) -> list[Any]:
    """Every value read; equal ones are read once, and reported once if they make no sense."""
    known: dict[object, Any] = {}
    for index, value in enumerate(values):
        if _key(value) in known:
            continue
        try:
            known[_key(value)] = read(value)
        except (ValueError, OverflowError):
            report.at(index).add(f"got {show(value)}, which cannot be read.")
            known[_key(value)] = None
    return [known[_key(value)] for value in values]


def _key(value: object) -> object:
    return value if isinstance(value, str | date | int | float) else str(value)


def _right(value: object) -> int:
    right = RIGHTS.get(str(value).strip().lower())
    if right is None:
        raise ValueError(f"must be call or put, got {value!r}")
    return int(right.value)


def _numbers(values: Sequence[Any], report: Report) -> Floats:
    try:
        return np.array([np.nan if value is None else value for value in values], dtype=float)
    except (TypeError, ValueError, OverflowError):
        bad = next(
            index
            for index, value in enumerate(values)
            if value is not None and not isinstance(value, int | float)
        )
        report.at(bad).add(f"got {show(values[bad])}; use a number.")
        return np.full(len(values), np.nan)


def prices(
    chain: Chain, side: Side, *, asof: datetime, stale_after: timedelta
) -> tuple[Floats, NDArray[np.object_]]:
    """The price of every quote, and its flaw.

    A bid or an ask of zero is none.

    Parameters
    ----------
    chain : Chain
        Quotes.
    side : Side
        Which price counts.
    asof : datetime
        Now.
    stale_after : timedelta
        Age from which a quote does not count.

    Returns
    -------
    tuple of array
        Prices, NaN where there is a flaw; flaws, None where there is none.
    """
    with np.errstate(invalid="ignore"):
        quoted = {
            name: np.where(chain.numbers[name] > 0.0, chain.numbers[name], np.nan)
            for name in ("bid", "ask", "mark")
        }
        quoted["mid"] = 0.5 * (quoted["bid"] + quoted["ask"])
        flaws = np.full(chain.rights.size, None, dtype=object)
        flaws[chain.numbers["quote_age"] > stale_after.total_seconds()] = Flaw.STALE
        flaws[quoted["bid"] > quoted["ask"]] = Flaw.CROSSED
    flaws[chain.expiries <= np.array(asof.astimezone(UTC), dtype=object)] = Flaw.EXPIRED
    flaws[np.isnan(quoted[side.value])] = Flaw.MISSING
    flaws[~(chain.numbers["strike"] > 0.0)] = Flaw.MISSING
    return np.where(flaws == np.array(None), quoted[side.value], np.nan), flaws
