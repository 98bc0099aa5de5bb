"""Amounts and the state of an account in words, as the sections of a report share them."""

from margin._amounts import amount_digits
from margin.report.assessment import Assessment

__all__ = ["amount", "digits_of", "headline"]


def headline(found: Assessment) -> str:
    """The state of the account in one sentence."""
    return found.map.words[:1].upper() + found.map.words[1:] + "."


def digits_of(found: Assessment) -> int:
    """Digits of amounts after the point: 6 in coin, 2 in quote currency."""
    return amount_digits(in_coin=found.required.currency == found.required.underlying)


def amount(value: float, digits: int) -> str:
    """A number with thousands separated and so many digits after the point."""
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")
