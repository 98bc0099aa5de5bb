"""Checks of one field each, shared by the records of an account.

All but `instance` return the value in the form in which it is kept; all raise `ValueError` naming
the field, the rule and the value.
"""

import math
from datetime import UTC, datetime
from numbers import Real

__all__ = ["finite", "instance", "instant", "positive", "text", "within"]


def finite(name: str, value: float) -> float:
    """The value as a float that is neither NaN nor infinite."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return float(value)


def positive(name: str, value: float) -> float:
    """The value as a positive, finite float."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0.0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}")
    return float(value)


def within(name: str, value: float, lowest: float, highest: float) -> float:
    """The value as a float from ``lowest`` to ``highest``, ends included."""
    if isinstance(value, bool) or not isinstance(value, Real) or not lowest <= value <= highest:
        raise ValueError(f"{name} must lie from {lowest:g} to {highest:g}, got {value!r}")
    return float(value)


def text(name: str, value: str) -> str:
    """The value without the blanks around it; it must not be empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be text and not empty, got {value!r}")
    return value.strip()


def instant(name: str, value: datetime) -> datetime:
    """The value in UTC; a time of no stated zone is refused."""
    if not isinstance(value, datetime):
        raise ValueError(
            f"{name} must be a datetime that knows its time zone, got {value!r}; "
            "for example datetime(2027, 3, 26, 8, tzinfo=UTC)"
        )
    if value.utcoffset() is None:
        raise ValueError(
            f"{name} must know its time zone, got {value}; write {value}+00:00 if it is UTC"
        )
    return value.astimezone(UTC)


def instance(name: str, value: object, kind: type) -> None:
    """Refuse a value that is not of the kind stated."""
    if not isinstance(value, kind):
        raise ValueError(f"{name} must be of type {kind.__name__}, got {value!r}")
