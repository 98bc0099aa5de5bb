"""The levels at which something happens to an account: warned, called, liquidated, bankrupt."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from margin.danger import DangerSet
from margin.maps.reading import Reading, scaled
from margin.piecewise import PiecewiseCubic

__all__ = ["Ladder", "Rung", "rung_curves"]


class Rung(Enum):
    """What is compared with equity.

    Examples
    --------
    >>> from margin.maps.ladder import Rung
    >>> [rung.value for rung in Rung]
    ['warning', 'initial', 'maintenance', 'bankruptcy']
    """

    WARNING = "warning"
    """A multiple of the initial requirement."""
    INITIAL = "initial"
    """The initial requirement: no new risk below it."""
    MAINTENANCE = "maintenance"
    """The maintenance requirement: the account is liquidated below it."""
    BANKRUPTCY = "bankruptcy"
    """Nothing: equity itself is negative."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where equity is below each level on one date; each set holds the next.

    Attributes
    ----------
    date : datetime
        When.
    warning, initial, maintenance, bankruptcy : DangerSet
        Where equity is below the warning level, the initial and the maintenance requirement, and
        zero; in quote currency.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.danger import danger_set
    >>> from margin.maps.ladder import Ladder
    >>> from margin.piecewise import line
    >>> levels = [
    ...     danger_set([line(-end, 1.0, lowest=1, highest=90)], lowest=5, highest=80)
    ...     for end in (60, 55, 50, 40)
    ... ]
    >>> print(Ladder(datetime(2026, 11, 20, tzinfo=UTC), *levels))
    warning         below 60.0000
    initial         below 55.0000
    maintenance     below 50.0000
    bankruptcy      below 40.0000
    """

    date: datetime
    warning: DangerSet
    initial: DangerSet
    maintenance: DangerSet
    bankruptcy: DangerSet

    def rungs(self) -> tuple[tuple[Rung, DangerSet], ...]:
        """Each level with its set, the mildest first."""
        return tuple((rung, getattr(self, rung.value)) for rung in Rung)

    def __str__(self) -> str:
        return "\n".join(
            f"{rung.value if index == 0 else '':<16}{interval}"
            for rung, found in self.rungs()
            for index, interval in enumerate(found.intervals or ("nowhere",))
        )


def rung_curves(rung: Rung, reading: Reading, *, warning: float) -> list[PiecewiseCubic]:
    """Curves whose least is equity less what a level compares with it.

    Parameters
    ----------
    rung : Rung
        The level.
    reading : Reading
        The account on the date.
    warning : float
        Warning level as a multiple of the initial requirement.

    Returns
    -------
    list of PiecewiseCubic
        In quote currency.
    """
    if rung is Rung.BANKRUPTCY:
        return [reading.equity()]
    branches = reading.excess() if rung is Rung.MAINTENANCE else reading.initial()
    curves = [branch.curve for branch in branches]
    return scaled(reading.equity(), curves, warning) if rung is Rung.WARNING else curves
