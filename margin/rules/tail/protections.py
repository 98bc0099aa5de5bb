"""What keeps a tail risk requirement from chasing volatility: stress, floor and buffer.

The same three tools on series of margins, with their measures, are in `margin.procyclicality`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from margin import _check

__all__ = ["Buffer", "LookBackFloor", "StressedWindow", "checked_spot_moves"]


@dataclass(frozen=True, slots=True)
class StressedWindow:
    """Moves of a stressed time, whose requirement always counts with a fixed weight.

    Attributes
    ----------
    moves : tuple of float
        Relative spot moves over the holding period, each above -1.
    weight : float
        Share of their requirement, from 0 to 1; at least 0.25 under Article 28(1)(b) of
        Commission Delegated Regulation (EU) No 153/2013 (2012-12-19).

    Raises
    ------
    ValueError
        If there is no move, one is -1 or less, or the weight is none.

    Examples
    --------
    >>> from margin.rules.tail.protections import StressedWindow
    >>> StressedWindow((-0.2, 0.1)).weight
    0.25
    """

    moves: tuple[float, ...]
    weight: float = 0.25

    def __post_init__(self) -> None:
        object.__setattr__(self, "moves", checked_spot_moves("moves", self.moves))
        object.__setattr__(self, "weight", _check.within("weight", self.weight, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class LookBackFloor:
    """Moves at the volatility of a long look-back, whose requirement is never fallen below.

    Attributes
    ----------
    moves : tuple of float
        Relative spot moves over the holding period, each above -1; those of ten years under
        Article 28(1)(c) of Commission Delegated Regulation (EU) No 153/2013 (2012-12-19).

    Raises
    ------
    ValueError
        If there is no move, or one is -1 or less.

    Examples
    --------
    >>> from margin.rules.tail.protections import LookBackFloor
    >>> len(LookBackFloor((-0.1, 0.0, 0.1)).moves)
    3
    """

    moves: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "moves", checked_spot_moves("moves", self.moves))


@dataclass(frozen=True, slots=True)
class Buffer:
    """A share on top of the requirement that may be used up in stress.

    Attributes
    ----------
    share : float
        At least 0.25 under Article 28(1)(a) of Commission Delegated Regulation (EU) No 153/2013
        (2012-12-19).
    used : float
        What of it is used up at present, from 0 to 1.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> from margin.rules.tail.protections import Buffer
    >>> Buffer(used=0.5).factor
    1.125
    """

    share: float = 0.25
    used: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "share", _check.within("share", self.share, 0.0, inf))
        object.__setattr__(self, "used", _check.within("used", self.used, 0.0, 1.0))

    @property
    def factor(self) -> float:
        """What the requirement is multiplied by."""
        return 1.0 + self.share * (1.0 - self.used)


def checked_spot_moves(name: str, moves: Sequence[float]) -> tuple[float, ...]:
    """The moves as floats, each above -1, at least one.

    Raises
    ------
    ValueError
        If there is none, or one is not finite or not above -1.
    """
    checked = tuple(_check.finite(f"{name}[{i}]", move) for i, move in enumerate(moves))
    if not checked:
        raise ValueError(f"{name} must hold at least one spot move, got none")
    if min(checked) <= -1.0:
        at = checked.index(min(checked))
        raise ValueError(
            f"{name}[{at}] must be above -1, got {checked[at]}; "
            "turn logarithmic returns into moves with spot_moves"
        )
    return checked
