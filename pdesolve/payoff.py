"""What a contract pays, as a function of spot."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.contract import Right

__all__ = ["Payoff"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Payoff:
    """A payoff of straight pieces, which may jump from one to the next.

    Piece ``i`` pays ``intercepts[i] + slopes[i] S`` from ``kinks[i - 1]``, which belongs to it, to
    below ``kinks[i]``.  Payoffs add up and multiply by numbers, so that a whole strategy is one.

    Parameters
    ----------
    kinks : (k,) array-like
        Spots in quote currency, positive, ascending.
    intercepts : (k + 1,) array-like
        Quote currency.
    slopes : (k + 1,) array-like
        Units of the underlying.

    Raises
    ------
    ValueError
        If kinks do not ascend from above 0, a number is not finite, or there is not one piece more
        than kinks.

    Examples
    --------
    A bull spread, and a butterfly of calls:

    >>> from pdesolve.contract import Right
    >>> call = lambda strike: Payoff.vanilla(Right.CALL, strike)
    >>> (call(90.0) - call(110.0))([80.0, 100.0, 120.0])
    array([ 0., 10., 20.])
    >>> (call(90.0) - 2.0 * call(100.0) + call(110.0)).kinks
    array([ 90., 100., 110.])
    """

    kinks: Floats
    intercepts: Floats
    slopes: Floats

    def __post_init__(self) -> None:
        for name in ("kinks", "intercepts", "slopes"):
            row = np.array(arguments.finite(name, getattr(self, name)))
            row.flags.writeable = False
            object.__setattr__(self, name, row)
        pieces = (self.kinks.size + 1,)
        if self.kinks.ndim != 1 or self.intercepts.shape != pieces or self.slopes.shape != pieces:
            raise ValueError(
                "intercepts and slopes must be one more than kinks, got "
                f"{self.intercepts.shape} and {self.slopes.shape} for {self.kinks.shape}"
            )
        if np.any(np.diff(self.kinks, prepend=0.0) <= 0.0):
            raise ValueError(f"kinks must ascend from above 0, got {self.kinks}")

    @classmethod
    def vanilla(cls, right: Right, strike: float) -> Self:
        """Payoff of a call, ``max(S - K, 0)``, or a put, ``max(K - S, 0)``.

        Parameters
        ----------
        right : Right
            Call or put.
        strike : float
            ``K`` in quote currency.
        """
        pays = np.array([0.0, 1.0]) if right is Right.CALL else np.array([1.0, 0.0])
        sign = float(right)
        return cls(np.array([strike]), -sign * strike * pays, sign * pays)

    @classmethod
    def cash_digital(cls, right: Right, strike: float, cash: float = 1.0) -> Self:
        """Cash if spot is at the strike or above (a call), or below it (a put).

        Parameters
        ----------
        right : Right
            Call or put.
        strike : float
            Quote currency.
        cash : float
            Paid, in quote currency.
        """
        pays = np.array([0.0, 1.0]) if right is Right.CALL else np.array([1.0, 0.0])
        return cls(np.array([strike]), cash * pays, np.zeros(2))

    @classmethod
    def asset_digital(cls, right: Right, strike: float) -> Self:
        """One unit of the underlying if spot is at the strike or above (a call), or below (a put).

        Parameters
        ----------
        right : Right
            Call or put.
        strike : float
            Quote currency.
        """
        pays = np.array([0.0, 1.0]) if right is Right.CALL else np.array([1.0, 0.0])
        return cls(np.array([strike]), np.zeros(2), pays)

    @classmethod
    def linear(cls, intercept: float, slope: float) -> Self:
        """``intercept + slope S`` at every spot: cash, the underlying, or a forward.

        Parameters
        ----------
        intercept : float
            Quote currency.
        slope : float
            Units of the underlying.
        """
        return cls(np.empty(0), np.array([intercept]), np.array([slope]))

    def __call__(self, spots: ArrayLike) -> Floats:
        """Return what is paid at ``spots`` of any shape, in quote currency."""
        at = np.asarray(spots, dtype=float)
        piece = np.searchsorted(self.kinks, at, side="right")
        return np.asarray(self.intercepts[piece] + self.slopes[piece] * at)

    def best(self, spots: ArrayLike) -> Floats:
        """Return what exercise pays next to ``spots`` of any shape, on the better side of a jump.

        Whoever may choose the instant of exercise gets it, as spot passes from side to side.
        """
        at = np.asarray(spots, dtype=float)
        before = np.searchsorted(self.kinks, at, side="left")
        return np.asarray(np.maximum(self(at), self.intercepts[before] + self.slopes[before] * at))

    def slope(self, spots: ArrayLike) -> Floats:
        """Return the derivative at ``spots`` of any shape; NaN at kinks and jumps."""
        at = np.asarray(spots, dtype=float)
        piece = np.searchsorted(self.kinks, at, side="right")
        return np.where(np.isin(at, self.kinks), np.nan, self.slopes[piece])

    def strike_of(self, right: Right) -> float | None:
        """Return the strike if this is one vanilla option of this right, else None."""
        if self.kinks.size != 1:
            return None
        like = Payoff.vanilla(right, float(self.kinks[0]))
        same = np.array_equal(like.intercepts, self.intercepts)
        return float(self.kinks[0]) if same and np.array_equal(like.slopes, self.slopes) else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Payoff) and self._pieces() == other._pieces()

    def __hash__(self) -> int:
        return hash(self._pieces())

    def _pieces(self) -> tuple[tuple[float, ...], ...]:
        """All numbers, as what tells equal payoffs."""
        return tuple(tuple(getattr(self, name).tolist()) for name in self.__slots__)

    def __add__(self, other: "Payoff") -> "Payoff":
        kinks = np.union1d(self.kinks, other.kinks)
        starts = np.concatenate([[0.0], kinks])
        mine = np.searchsorted(self.kinks, starts, side="right")
        theirs = np.searchsorted(other.kinks, starts, side="right")
        intercepts = self.intercepts[mine] + other.intercepts[theirs]
        slopes = self.slopes[mine] + other.slopes[theirs]
        bends = (np.diff(intercepts) != 0.0) | (np.diff(slopes) != 0.0)
        kept = np.concatenate([[True], bends])
        return Payoff(kinks[bends], intercepts[kept], slopes[kept])

    def __mul__(self, number: float) -> "Payoff":
        return Payoff(self.kinks, number * self.intercepts, number * self.slopes)

    __rmul__ = __mul__

    def __neg__(self) -> "Payoff":
        return -1.0 * self

    def __sub__(self, other: "Payoff") -> "Payoff":
        return self + -other
