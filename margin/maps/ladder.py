"""The levels at which something happens to an account: warned, called, liquidated, bankrupt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from margin.danger import DangerSet
from margin.piecewise import PiecewiseCubic, combine
from margin.revaluation import Revaluation
from margin.rules import Rule, Staged

__all__ = ["Ladder", "Rung", "rung_curves", "scaled"]


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


def rung_curves(
    rung: Rung,
    rule: Rule,
    excess: list[PiecewiseCubic],
    *,
    at: tuple[Revaluation, int, float],
    warning: float,
) -> list[PiecewiseCubic]:
    """Curves whose least is equity less what a level compares with it.

    Parameters
    ----------
    rung : Rung
        The level.
    rule : Rule
        Whose requirements they are.
    excess : list of PiecewiseCubic
        Branches of the maintenance excess.
    at : Revaluation, int and float
        The account, which of its dates, and the volatility move that has happened before.
    warning : float
        Warning level as a multiple of the initial requirement.
    """
    if rung is Rung.MAINTENANCE:
        return excess
    revaluation, index, vol_move = at
    equity = revaluation.equity(index, vol_move)
    if rung is Rung.BANKRUPTCY:
        return [equity]
    if isinstance(rule, Staged):
        initial = [branch.curve for branch in rule.initial_branches(*at)]
    else:
        initial = scaled(equity, excess, rule.initial_factor)
    return initial if rung is Rung.INITIAL else scaled(equity, initial, warning)


def scaled(
    equity: PiecewiseCubic, excess: Sequence[PiecewiseCubic], times: float
) -> list[PiecewiseCubic]:
    """Curves whose least is equity less a multiple of a requirement.

    The requirement is equity less the least of ``excess``; ``k`` times as much leaves the least
    of ``(1 - k) equity + k excess``.

    Parameters
    ----------
    equity : PiecewiseCubic
        Equity, in quote currency.
    excess : sequence of PiecewiseCubic
        Branches of what equity leaves over the requirement.
    times : float
        The multiple, 1 or more.

    Returns
    -------
    list of PiecewiseCubic

    Examples
    --------
    >>> from margin.maps.ladder import scaled
    >>> from margin.piecewise import line
    >>> equity, excess = (line(-50.0, slope, lowest=1, highest=90) for slope in (1.0, 0.85))
    >>> round(float(scaled(equity, [excess], 2.0)[0](80.0)), 9)
    6.0
    """
    if times == 1.0:
        return list(excess)
    return [combine((1.0 - times, times), (equity, curve)) for curve in excess]
