"""The cells of Deribit's two tables: moves of price and volatility, and what counts of each."""

from dataclasses import dataclass

__all__ = ["RiskCell", "extended_table", "risk_matrix"]

NONE, UP, DOWN = 0, 1, 2
WORDS = ("", ", vol up", ", vol down")
"""Volatilities unchanged, up and down, and how a label names them."""


@dataclass(frozen=True, slots=True)
class RiskCell:
    """A cell of a table: its profit is ``weight U'(S (1 + move)) - share U(S) + grant``.

    Attributes
    ----------
    label : str
        In words.
    move : float
        Relative move of the price.
    shock : int
        Volatilities as they are, up or down: 0, 1 or 2.
    share, weight : float
        What counts of the value before and after the move; they differ in coin.
    grant : float
        What is forgiven, in quote currency.
    """

    label: str
    move: float
    shock: int
    share: float
    weight: float
    grant: float = 0.0


def risk_matrix(price_range: float, buckets: int, *, in_coin: bool) -> tuple[RiskCell, ...]:
    """Row by row from the lowest price, each with volatilities up, unchanged and down.

    Parameters
    ----------
    price_range : float
        Edge of the matrix.
    buckets : int
        Moves on each side.
    in_coin : bool
        Whether profits count in coin.

    Returns
    -------
    tuple of RiskCell

    Examples
    --------
    >>> from margin.rules.deribit.cells import risk_matrix
    >>> len(risk_matrix(0.16, 4, in_coin=False))
    27
    """
    found = []
    for move in (price_range * step / buckets for step in range(-buckets, buckets + 1)):
        for shock in (UP, NONE, DOWN):
            label = (f"price {100.0 * move:+.4g} %" if move else "price 0 %") + WORDS[shock]
            weight = 1.0 / (1.0 + move) if in_coin else 1.0
            found.append(RiskCell(label, move, shock, 1.0, weight))
    return tuple(found)


def extended_table(
    price_range: float,
    moves: tuple[float, ...],
    *,
    factor: float,
    dampener: float,
    in_coin: bool,
) -> tuple[RiskCell, ...]:
    """Extreme moves with volatilities up: a profit counts at a share, something is forgiven.

    Parameters
    ----------
    price_range : float
        Edge of the risk matrix.
    moves : tuple of float
        Relative moves of the price, beyond the edge.
    factor : float
        Further factor of profits.
    dampener : float
        What is forgiven per price range beyond the first, in quote currency.
    in_coin : bool
        Whether profits count in coin.

    Returns
    -------
    tuple of RiskCell

    Examples
    --------
    >>> from margin.rules.deribit.cells import extended_table
    >>> (cell,) = extended_table(0.16, (-0.5,), factor=1.0, dampener=0.0, in_coin=False)
    >>> cell.share
    0.32
    """
    found = []
    for move in moves:
        edge = 1.0 + (price_range if move > 0.0 else -price_range)
        share = factor * price_range / abs(move) * ((1.0 + move) / edge if in_coin else 1.0)
        grant = (abs(move) / price_range - 1.0) * dampener / edge
        weight = share / (1.0 + move) if in_coin else share
        label = f"price {100.0 * move:+.4g} %, vol up, extended"
        found.append(RiskCell(label, move, UP, share, weight, grant))
    return tuple(found)
