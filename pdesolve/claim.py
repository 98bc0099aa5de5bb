"""What is priced beyond vanilla options: any payoff, exercise on dates, barriers."""

import math
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.contract import Exercise, Option, Right
from pdesolve.payoff import Payoff

__all__ = [
    "Barrier",
    "Claim",
    "Knock",
    "Paid",
    "as_claim",
    "as_option",
    "no_touch",
    "one_touch",
    "words",
]


class Knock(Enum):
    """What touching a barrier does: the contract dies (out), or begins to live (in)."""

    OUT = "out"
    IN = "in"


class Paid(Enum):
    """When the rebate of a knock-out is paid: at the touch, or at expiry."""

    AT_HIT = "at hit"
    AT_EXPIRY = "at expiry"


@dataclass(frozen=True, slots=True)
class Barrier:
    """One or two spots at which a contract dies or begins to live.

    A spot at the barrier, or beyond it, has touched.

    Parameters
    ----------
    lower, upper : float, optional
        Quote currency; at least one.
    knock : Knock
        Out or in.
    rebate : float
        Quote currency, not negative: of a knock-out, paid for its death; of a knock-in, paid at
        expiry if it was never touched.
    paid : Paid
        When the rebate of a knock-out is paid.
    dates : tuple of float
        Years from today at which spot is looked at, just before any dividend of the date.  None:
        at every instant.

    Raises
    ------
    ValueError
        If there is no barrier, the lower is not below the upper, or a number is out of its range.

    Examples
    --------
    >>> Barrier(upper=125.0).rebate
    0.0
    """

    lower: float | None = None
    upper: float | None = None
    knock: Knock = Knock.OUT
    rebate: float = 0.0
    paid: Paid = Paid.AT_HIT
    dates: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "dates", _dates("dates of a barrier", self.dates))
        if self.lower is None and self.upper is None:
            raise ValueError("a barrier must be lower, upper or both, got neither")
        for name in ("lower", "upper"):
            level = getattr(self, name)
            if level is not None and not 0.0 < level < math.inf:
                raise ValueError(f"{name} barrier must be positive and finite, got {level}")
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise ValueError(
                f"lower barrier must be below the upper, got {self.lower} and {self.upper}"
            )
        if not 0.0 <= self.rebate < math.inf:
            raise ValueError(f"rebate must be finite and not negative, got {self.rebate}")
        if not isinstance(self.knock, Knock):
            raise ValueError(f"knock must be Knock.OUT or Knock.IN, got {self.knock!r}")
        if not isinstance(self.paid, Paid):
            raise ValueError(f"paid must be Paid.AT_HIT or Paid.AT_EXPIRY, got {self.paid!r}")

    @property
    def levels(self) -> tuple[float, ...]:
        """The barriers that there are, ascending, in quote currency."""
        return tuple(level for level in (self.lower, self.upper) if level is not None)

    def touched(self, spots: ArrayLike) -> NDArray[np.bool_]:
        """Whether spots are at a barrier or beyond it."""
        at = np.asarray(spots, dtype=float)
        lower = -math.inf if self.lower is None else self.lower
        upper = math.inf if self.upper is None else self.upper
        return (at <= lower) | (at >= upper)


@dataclass(frozen=True, slots=True)
class Claim:
    """A contract on one unit of an underlying.

    Parameters
    ----------
    payoff : Payoff
        What is paid on exercise, in quote currency.
    expiry : float
        Years from today.
    exercise : Exercise
        European or American.
    exercise_dates : tuple of float
        Dates before expiry, in years from today, at which it may be exercised as well (Bermudan),
        just before any dividend of the date.
    barrier : Barrier, optional
        Where it dies, or begins to live.

    Raises
    ------
    ValueError
        If a field is of another type, the expiry is negative, a date is not between today and the
        expiry, or dates are given for an American contract.

    Examples
    --------
    >>> straddle = Payoff.vanilla(Right.CALL, 100.0) + Payoff.vanilla(Right.PUT, 100.0)
    >>> Claim(straddle, 0.5, exercise_dates=(0.25,)).exercise_dates
    (0.25,)
    """

    payoff: Payoff
    expiry: float
    exercise: Exercise = Exercise.EUROPEAN
    exercise_dates: tuple[float, ...] = ()
    barrier: Barrier | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.payoff, Payoff):
            raise ValueError(f"payoff must be a Payoff, got {self.payoff!r}")
        if not 0.0 <= self.expiry < math.inf:
            raise ValueError(f"expiry must be finite and not negative, got {self.expiry}")
        if not isinstance(self.exercise, Exercise):
            raise ValueError(
                f"exercise must be Exercise.EUROPEAN or Exercise.AMERICAN, got {self.exercise!r}"
            )
        dates = _dates("exercise_dates", self.exercise_dates)
        object.__setattr__(self, "exercise_dates", dates)
        if dates and self.exercise is Exercise.AMERICAN:
            raise ValueError("exercise_dates must be empty for an American contract")
        if dates and dates[-1] >= self.expiry:
            raise ValueError(
                f"exercise_dates must be before the expiry, {self.expiry}, got {dates[-1]}: at "
                "expiry every contract is exercised"
            )
        if self.barrier is not None and any(date > self.expiry for date in self.barrier.dates):
            raise ValueError(
                f"dates of a barrier must not be after the expiry, {self.expiry}, got "
                f"{self.barrier.dates[-1]}"
            )

    @property
    def levels(self) -> tuple[float, ...]:
        """Spots where the payoff bends or jumps and barriers, ascending, in quote currency."""
        barriers = () if self.barrier is None else self.barrier.levels
        return tuple(sorted({*self.payoff.kinks.tolist(), *barriers}))


def one_touch(
    expiry: float,
    *,
    lower: float | None = None,
    upper: float | None = None,
    cash: float = 1.0,
    paid: Paid = Paid.AT_HIT,
) -> Claim:
    """Cash if spot touches a barrier before expiry (an American digital).

    Parameters
    ----------
    expiry : float
        Years from today.
    lower, upper : float, optional
        Barriers in quote currency, at least one.
    cash : float
        Quote currency.
    paid : Paid
        At the touch or at expiry.

    Returns
    -------
    Claim

    Examples
    --------
    >>> one_touch(1.0, upper=120.0).barrier.rebate
    1.0
    """
    barrier = Barrier(lower, upper, rebate=cash, paid=paid)
    return Claim(Payoff.linear(0.0, 0.0), expiry, barrier=barrier)


def no_touch(
    expiry: float, *, lower: float | None = None, upper: float | None = None, cash: float = 1.0
) -> Claim:
    """Cash at expiry if spot has touched no barrier.

    Parameters
    ----------
    expiry : float
        Years from today.
    lower, upper : float, optional
        Barriers in quote currency, at least one.
    cash : float
        Quote currency.

    Returns
    -------
    Claim

    Examples
    --------
    >>> no_touch(1.0, lower=80.0, upper=120.0).payoff(100.0)
    array(1.)
    """
    return Claim(Payoff.linear(cash, 0.0), expiry, barrier=Barrier(lower, upper))


def as_claim(contract: Option | Claim) -> Claim:
    """Return a contract as a claim."""
    if isinstance(contract, Claim):
        return contract
    return _claimed(contract)


@lru_cache(maxsize=256)
def _claimed(option: Option) -> Claim:
    payoff = Payoff.vanilla(option.right, option.strike)
    return Claim(payoff, option.expiry, option.exercise)


def as_option(contract: Option | Claim) -> Option | None:
    """Return a contract as a vanilla option, or None if it is no such thing."""
    if isinstance(contract, Option):
        return contract
    if contract.barrier is not None or contract.exercise_dates:
        return None
    for right in Right:
        strike = contract.payoff.strike_of(right)
        if strike is not None:
            return Option(right, strike, contract.expiry, contract.exercise)
    return None


def words(contract: Option | Claim) -> str:
    """Say what a contract is."""
    style = contract.exercise.value.capitalize()
    if isinstance(contract, Option):
        return f"{style} {contract.right.name.lower()}, strike {contract.strike:g}"
    style = "Bermudan" if contract.exercise_dates else style
    kinks = ", ".join(f"{kink:g}" for kink in contract.payoff.kinks)
    barrier = contract.barrier
    if barrier is None:
        return f"{style} claim, kinks at {kinks or 'no spot'}"
    levels = " and ".join(f"{level:g}" for level in barrier.levels)
    return f"{style} claim, kinks at {kinks or 'no spot'}, knock-{barrier.knock.value} at {levels}"


def _dates(name: str, dates: tuple[float, ...]) -> tuple[float, ...]:
    """Return dates in order, each once."""
    row = np.unique(np.asarray(dates, dtype=float))
    if not np.all((row > 0.0) & (row < math.inf)):
        raise ValueError(f"{name} must be positive and finite, got {dates}")
    return tuple(row.tolist())
