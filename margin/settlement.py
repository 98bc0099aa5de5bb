"""How a contract pays."""

from enum import Enum

__all__ = ["Settlement"]


class Settlement(Enum):
    """How a contract pays.

    Examples
    --------
    >>> from margin.settlement import Settlement
    >>> Settlement("inverse")
    <Settlement.INVERSE: 'inverse'>
    """

    CASH = "cash"
    """In quote currency."""
    PHYSICAL = "physical"
    """By delivery of the underlying against quote currency; valued as if paid in cash."""
    INVERSE = "inverse"
    """In the coin that is the underlying itself."""
