"""What is priced: vanilla options."""

import math
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Exercise", "Option", "Right"]


class Right(IntEnum):
    """Right to buy (call) or to sell (put); the value is the sign of spot in the payoff."""

    CALL = 1
    PUT = -1

    @classmethod
    def parse(cls, text: "str | Right") -> Self:
        """Read a right from text in any case.

        Parameters
        ----------
        text : str or Right
            "call", "c", "put" or "p"; a `Right` is returned as it is.

        Raises
        ------
        ValueError
            If the text is none of these.

        Examples
        --------
        >>> Right.parse("P")
        <Right.PUT: -1>
        """
        if isinstance(text, cls):
            return text
        for right in cls:
            if isinstance(text, str) and text.lower() in (
                right.name.lower(),
                right.name[0].lower(),
            ):
                return right
        raise ValueError(f'right must be "call", "c", "put" or "p" in any case, got {text!r}')


class Exercise(Enum):
    """When the right may be used: at expiry (European) or at any time up to it (American)."""

    EUROPEAN = "european"
    AMERICAN = "american"

    @classmethod
    def parse(cls, text: "str | Exercise") -> Self:
        """Read an exercise style from text in any case.

        Parameters
        ----------
        text : str or Exercise
            "european" or "american"; an `Exercise` is returned as it is.

        Raises
        ------
        ValueError
            If the text is neither.

        Examples
        --------
        >>> Exercise.parse("American")
        <Exercise.AMERICAN: 'american'>
        """
        if isinstance(text, cls):
            return text
        for exercise in cls:
            if isinstance(text, str) and text.lower() == exercise.value:
                return exercise
        raise ValueError(f'exercise must be "european" or "american" in any case, got {text!r}')


@dataclass(frozen=True, slots=True)
class Option:
    """A vanilla option on one unit of an underlying.

    Parameters
    ----------
    right : Right
        Call or put.
    strike : float
        Price at which the underlying is bought or sold, in quote currency.
    expiry : float
        Time to expiry in years of 365 days.
    exercise : Exercise
        European or American.

    Raises
    ------
    ValueError
        If the right or the exercise is of another type, the strike is not positive and finite, or
        the expiry is negative or not finite.

    Examples
    --------
    >>> Option(Right.PUT, strike=100.0, expiry=0.5).payoff([80.0, 100.0, 120.0])
    array([20.,  0.,  0.])
    """

    right: Right
    strike: float
    expiry: float
    exercise: Exercise = Exercise.EUROPEAN

    def __post_init__(self) -> None:
        if not isinstance(self.right, Right):
            raise ValueError(f"right must be Right.CALL or Right.PUT, got {self.right!r}")
        if not 0.0 < self.strike < math.inf:
            raise ValueError(f"strike must be positive and finite, got {self.strike}")
        if not 0.0 <= self.expiry < math.inf:
            raise ValueError(f"expiry must be finite and not negative, got {self.expiry}")
        if not isinstance(self.exercise, Exercise):
            raise ValueError(
                f"exercise must be Exercise.EUROPEAN or Exercise.AMERICAN, got {self.exercise!r}"
            )

    def payoff(self, spots: ArrayLike) -> NDArray[np.float64]:
        """Value on exercise, ``max(S - K, 0)`` for a call and ``max(K - S, 0)`` for a put.

        Parameters
        ----------
        spots : array-like
            Spots in quote currency, of any shape.

        Returns
        -------
        array
            Quote currency, in the shape of ``spots``.
        """
        moneyness = np.asarray(spots, dtype=float) - self.strike
        return np.asarray(np.maximum(self.right * moneyness, 0.0))
