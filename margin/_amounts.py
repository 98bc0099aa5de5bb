"""How amounts of money are shown."""

__all__ = ["amount_digits"]


def amount_digits(*, in_coin: bool) -> int:
    """Digits after the point: 6 in coin, 2 in quote currency."""
    return 6 if in_coin else 2
