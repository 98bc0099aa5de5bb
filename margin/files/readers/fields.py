"""One record of a foreign file: unknown fields are left alone, known ones must make sense."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from margin.files.errors import Report
from margin.files.explain import LARGEST, one_of, show
from margin.files.readers.days import day
from margin.market import HIGHEST_VOLATILITY

__all__ = ["Fields"]

NOTHING = ("", "-", "--", "n/a", "na", "nan", "nat", "none", "null")
"""Texts, in small letters, that stand for nothing."""

DAYS = "a date such as 2027-01-15, 20270115 or 15JAN27"

Value = TypeVar("Value")

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_BRACKETS = re.compile(r"\((.+)\)")


@dataclass(frozen=True, slots=True)
class Fields:
    """A record and its place; every value taken from it is checked.

    Attributes
    ----------
    content : mapping of str to object
        Fields by name.
    report : Report
        Grows by one finding for each value that makes no sense; the value is then None.

    Examples
    --------
    >>> from margin.files.errors import Report
    >>> from margin.files.readers.fields import Fields
    >>> fields = Fields({"size": "-1,250.5", "price": "dear"}, Report())
    >>> fields.number("size"), fields.positive("price")
    (-1250.5, None)
    >>> print(fields.report.findings[0])
    price: got "dear"; use a finite number.
    """

    content: Mapping[str, object]
    report: Report

    def has(self, name: str) -> bool:
        """Whether the record says anything in a field."""
        return not _is_nothing(self.content.get(name))

    def first(self, *names: str) -> str:
        """The first of the names that says anything, or the first name."""
        return next((name for name in names if self.has(name)), names[0])

    def number(self, *names: str) -> float | None:
        """A finite number from the first of the names that says anything."""
        return self._taken(names, _number, "a finite number")

    def needed(self, *names: str) -> float | None:
        """A finite number that must be there."""
        if not self.has(self.first(*names)):
            self.report.at(names[0]).add("missing; give a finite number.")
        return self.number(*names)

    def positive(self, *names: str) -> float | None:
        """A positive number; zero says nothing, as venues write it for "none"."""
        found = self.number(*names)
        if found is not None and found < 0.0:
            name = self.first(*names)
            self.report.at(name).add(f"got {show(self.content[name])}; use a positive number.")
        return found if found is not None and found > 0.0 else None

    def text(self, *names: str) -> str | None:
        """A printable text."""
        return self._taken(names, _text, "a printable text")

    def day(self, *names: str) -> date | None:
        """A date or an instant."""
        return self._taken(names, day, DAYS)

    def percent(self, *names: str) -> float | None:
        """A volatility stated in percent, as a decimal."""
        found = self.positive(*names)
        if found is None or found <= 100.0 * HIGHEST_VOLATILITY:
            return None if found is None else found / 100.0
        self.report.at(self.first(*names)).add(f"got {found:g}; use at most 500 percent.")
        return None

    def word(self, name: str, words: Mapping[str, object]) -> object | None:
        """What one of some words stands for; capitals do not matter."""
        if not self.has(name):
            return None
        found = words.get(str(self.content[name]).strip().lower())
        if found is None:
            shown = [word for word in words if len(word) > 1]
            self.report.at(name).add(f"got {show(self.content[name])}; use {one_of(shown)}.")
        return found

    def _taken(
        self, names: tuple[str, ...], read: Callable[[object], Value], accepted: str
    ) -> Value | None:
        name = self.first(*names)
        if not self.has(name):
            return None
        try:
            return read(self.content[name])
        except (ValueError, OverflowError):
            self.report.at(name).add(f"got {show(self.content[name])}; use {accepted}.")
            return None


def _is_nothing(value: object) -> bool:
    if isinstance(value, float | datetime):
        return value != value  # not a number, not a time
    return value is None or (isinstance(value, str) and value.strip().lower() in NOTHING)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"must be a number, got {value!r}")
    number = _parsed(value.strip()) if isinstance(value, str) else float(value)
    if not abs(number) <= LARGEST:
        raise ValueError(f"must be finite and at most {LARGEST:g}, got {value!r}")
    return number


def _parsed(text: str) -> float:
    """A number as text, perhaps with commas between thousands or in brackets if negative."""
    if found := _BRACKETS.fullmatch(text):
        return -_parsed(found[1])
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"must be a number, got {text!r}")
    return float(text)


def _text(value: object) -> str:
    text = str(value).strip() if isinstance(value, str | int) else ""
    if not text or not text.isprintable() or len(text) > 100:
        raise ValueError(f"must be a printable text, got {value!r}")
    return text
