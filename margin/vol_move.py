"""Moves of volatility: a number, or a rule by the life that an option has left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from margin import _check

__all__ = ["DatedMove", "PrecededMove", "VolMove", "checked_moves", "is_dated", "moved"]

Floats = NDArray[np.float64]


class DatedMove(Protocol):
    """A move of volatility that depends on the life left: a frozen, hashable record."""

    def moved(self, volatility: Floats, years: Floats) -> Floats:
        """Volatilities after the move, decimals per root year.

        Parameters
        ----------
        volatility : array
            Volatilities before the move.
        years : array
            Life left of each option, zero or more.

        Returns
        -------
        array
            Positive, in the same shape.
        """


VolMove = float | DatedMove
"""A relative move of all volatilities, or one by the life left."""


@dataclass(frozen=True, slots=True)
class PrecededMove:
    """A dated move of volatilities that have moved before.

    Attributes
    ----------
    before : float
        Relative move that has happened before, above -1.
    then : DatedMove
        The move that follows.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.rules import TenorShock
    >>> from margin.vol_move import PrecededMove
    >>> PrecededMove(0.1, TenorShock(0.5)).moved(np.array([0.5]), np.array([30 / 365]))
    array([0.825])
    """

    before: float
    then: DatedMove

    def moved(self, volatility: Floats, years: Floats) -> Floats:
        """Volatilities after both moves, decimals per root year.

        Parameters
        ----------
        volatility : array
            Volatilities before both.
        years : array
            Life left of each option.
        """
        return self.then.moved((1.0 + self.before) * volatility, years)


def is_dated(move: VolMove) -> bool:
    """Whether a move depends on the life left."""
    return not isinstance(move, int | float)


def moved(move: VolMove, volatility: Floats, years: Floats) -> Floats:
    """Volatilities after a move, for options with ``years`` left."""
    if isinstance(move, int | float):
        return (1.0 + move) * volatility
    return move.moved(volatility, years)


def checked_moves(moves: Sequence[VolMove]) -> tuple[VolMove, ...]:
    """The moves, each once, no move first.

    Raises
    ------
    ValueError
        If a number is not finite or not above -1.
    """
    every: tuple[VolMove, ...] = tuple(dict.fromkeys([0.0, *moves]))
    for move in every:
        if isinstance(move, int | float) and _check.finite("vol_moves", move) <= -1.0:
            raise ValueError(f"vol_moves must be above -1, got {move}")
    return every
