"""Options on a weighted sum of two spots: baskets, spreads, exchanges."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.contract import Exercise, Right

__all__ = ["BasketOption", "exchange_option", "spread_option"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BasketOption:
    """An option on ``w1 S1 + w2 S2``, which a call buys and a put sells for the strike.

    Parameters
    ----------
    right : Right
        Call or put.
    strike : float
        ``K`` in quote currency, of either sign or zero.
    expiry : float
        Time to expiry in years of 365 days.
    weights : pair of float
        ``w1`` and ``w2``, units of each asset, not zero; of opposite signs in a spread.
    exercise : Exercise
        European or American.

    Raises
    ------
    ValueError
        If the right or the exercise is of another type, the strike is not finite, the expiry is
        negative or not finite, or a weight is zero or not finite.

    Examples
    --------
    >>> basket = BasketOption(Right.CALL, 100.0, 1.0, weights=(0.5, 0.5))
    >>> basket.payoff(130.0, 90.0)
    array(10.)
    """

    right: Right
    strike: float
    expiry: float
    weights: tuple[float, float]
    exercise: Exercise = Exercise.EUROPEAN

    def __post_init__(self) -> None:
        if not isinstance(self.right, Right):
            raise ValueError(f"right must be Right.CALL or Right.PUT, got {self.right!r}")
        if not math.isfinite(self.strike):
            raise ValueError(f"strike must be finite, got {self.strike}")
        if not 0.0 <= self.expiry < math.inf:
            raise ValueError(f"expiry must be finite and not negative, got {self.expiry}")
        if len(self.weights) != 2 or not all(0.0 < abs(each) < math.inf for each in self.weights):
            raise ValueError(f"weights must be two finite numbers, not zero, got {self.weights}")
        if not isinstance(self.exercise, Exercise):
            raise ValueError(
                f"exercise must be Exercise.EUROPEAN or Exercise.AMERICAN, got {self.exercise!r}"
            )

    def payoff(self, spots: ArrayLike, others: ArrayLike) -> Floats:
        """Value on exercise, ``max(w1 S1 + w2 S2 - K, 0)`` for a call, less for a put.

        Parameters
        ----------
        spots, others : array-like
            ``S1`` and ``S2`` in quote currency, of shapes that broadcast.

        Returns
        -------
        array
            Quote currency.
        """
        first, second = (np.asarray(each, dtype=float) for each in (spots, others))
        total = self.weights[0] * first + self.weights[1] * second
        return np.asarray(np.maximum(float(self.right) * (total - self.strike), 0.0))


def spread_option(
    right: Right, strike: float, expiry: float, exercise: Exercise = Exercise.EUROPEAN
) -> BasketOption:
    """Option on the difference of two spots: a call pays ``max(S1 - S2 - K, 0)``.

    Parameters
    ----------
    right : Right
        Call or put.
    strike : float
        ``K`` in quote currency, of either sign or zero.
    expiry : float
        Time to expiry in years of 365 days.
    exercise : Exercise
        European or American.

    Returns
    -------
    BasketOption

    Examples
    --------
    >>> spread_option(Right.CALL, 5.0, 1.0).payoff(110.0, 100.0)
    array(5.)
    """
    return BasketOption(right, strike, expiry, (1.0, -1.0), exercise)


def exchange_option(expiry: float, exercise: Exercise = Exercise.EUROPEAN) -> BasketOption:
    """Right to receive the first asset for the second: it pays ``max(S1 - S2, 0)``.

    Parameters
    ----------
    expiry : float
        Time to expiry in years of 365 days.
    exercise : Exercise
        European or American.

    Returns
    -------
    BasketOption

    Examples
    --------
    >>> exchange_option(1.0).payoff(110.0, 100.0)
    array(10.)
    """
    return spread_option(Right.CALL, 0.0, expiry, exercise)
