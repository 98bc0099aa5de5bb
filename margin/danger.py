"""The spots at which an account falls short, as a set that is proven complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin.kernels.bernstein import CELLS, COLUMNS, FOUND, SEARCHED, SIDES, SPLITS, negative_sets
from margin.kernels.unions import unite
from margin.piecewise import PiecewiseCubic

__all__ = ["Certificate", "DangerSet", "Interval", "State", "danger_set"]

Floats = NDArray[np.float64]
Zone = tuple[float, float]


class State(Enum):
    """What is known of an account at one spot: how its excess lies to zero, and to its error.

    Examples
    --------
    >>> from margin.danger import State
    >>> State("undecided").name
    'UNDECIDED'
    """

    SAFE = "safe"
    LIQUIDATED = "liquidated"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Interval:
    """A run of spots at which an account falls short, in quote currency.

    Attributes
    ----------
    lower, upper : float
        Its ends.
    lower_error, upper_error : float
        How far off the true end may be: the distance over which the excess stays within its error
        bound, to first order bound over slope.  Cut where the range searched ends.
    lower_open, upper_open : bool
        Whether the interval reaches the end of the range searched, and may go on beyond it.

    Examples
    --------
    >>> from margin.danger import Interval
    >>> print(Interval(34_904.71, 51_113.73, 0.02, 0.04))
    34,904.71 to 51,113.73
    """

    lower: float
    upper: float
    lower_error: float
    upper_error: float
    lower_open: bool = False
    upper_open: bool = False

    def __str__(self) -> str:
        if self.lower_open is self.upper_open:
            return f"{figure(self.lower)} to {figure(self.upper)}"
        return f"below {figure(self.upper)}" if self.lower_open else f"above {figure(self.lower)}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What has been proven about a set of spots, and how.

    Attributes
    ----------
    lowest, highest : float
        Range searched, in quote currency.
    lower_open, upper_open : bool
        Whether the set reaches that end of the range.
    cells : int
        Cubic pieces examined, over all curves.
    proven : int
        Those whose coefficients all lie on one side of zero by more than the error bound, which
        proves the sign of the true excess; roots were isolated on the others.
    splits : int
        How often a piece was halved because its coefficients changed sign more than once.
    undecided : tuple of (float, float)
        Near-tangencies: where, apart from the error bars of the ends, the excess stays within its
        error of zero, so that two ends may be missing or may not exist.

    Examples
    --------
    >>> from margin.danger import Certificate
    >>> Certificate(10.0, 90.0, False, False, cells=400, proven=398, splits=0).complete
    True
    """

    lowest: float
    highest: float
    lower_open: bool
    upper_open: bool
    cells: int
    proven: int
    splits: int
    undecided: tuple[Zone, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the number of intervals in the range is proven."""
        return not self.undecided


@dataclass(frozen=True, slots=True)
class DangerSet:
    """All spots of a range at which an account falls short.

    Attributes
    ----------
    intervals : tuple of Interval
        The set, ascending; two intervals have a spot between them that is certainly safe.
    certificate : Certificate
        What is proven about it.
    certain, possible : tuple of (float, float)
        The set if the excess were larger, and smaller, by its error bound throughout: spots in
        ``certain`` are lost, spots outside ``possible`` are safe.

    Examples
    --------
    >>> from margin.danger import danger_set
    >>> from margin.piecewise import line
    >>> danger_set([line(-5.0, 1.0, lowest=1, highest=9)], lowest=2, highest=8).state(4.0)
    <State.LIQUIDATED: 'liquidated'>
    """

    intervals: tuple[Interval, ...]
    certificate: Certificate
    certain: tuple[Zone, ...]
    possible: tuple[Zone, ...]

    def state(self, spot: float) -> State:
        """What is known of the account at a spot, in quote currency.

        Raises
        ------
        ValueError
            If the spot lies outside the range searched.
        """
        lowest, highest = self.certificate.lowest, self.certificate.highest
        if not lowest <= spot <= highest:
            raise ValueError(f"spot must lie in [{lowest}, {highest}], got {spot}")
        if any(lower < spot < upper for lower, upper in self.certain):
            return State.LIQUIDATED
        if any(lower <= spot <= upper for lower, upper in self.possible):
            return State.UNDECIDED
        return State.SAFE


def danger_set(curves: Sequence[PiecewiseCubic], *, lowest: float, highest: float) -> DangerSet:
    """Where the least of some piecewise cubics is negative, with proof.

    The set is the union of the sets of the single curves.  On each cell the signs of the
    Bernstein coefficients prove that there is no root, or exactly one, or the cell is split.
    Two more sets, of the curves moved up and down by their error bounds, enclose the true one;
    their difference gives the error bars.

    Parameters
    ----------
    curves : sequence of PiecewiseCubic
        At least one, each covering the range.
    lowest, highest : float
        Range searched, in quote currency.

    Returns
    -------
    DangerSet

    Raises
    ------
    ValueError
        If there is no curve, the range is empty, or a curve does not cover it.

    References
    ----------
    Basu, Pollack and Roy, *Algorithms in Real Algebraic Geometry* (2006), section 10.2.

    Examples
    --------
    >>> from margin.danger import danger_set
    >>> from margin.piecewise import line
    >>> long = line(-50.0, 0.85, lowest=1.0, highest=200.0)
    >>> short = line(150.0, -1.15, lowest=1.0, highest=200.0)
    >>> for interval in danger_set([long, short], lowest=10.0, highest=200.0).intervals:
    ...     print(interval)
    below 58.8235
    above 130.43
    """
    _check_range(curves, lowest, highest)
    pieces, tally = _isolated(curves, lowest, highest)
    certain = _united(pieces[0])
    nominal = _united(np.concatenate([pieces[1], certain]))
    possible = _united(np.concatenate([pieces[2], nominal]))
    intervals, undecided = _described(certain, nominal, possible, (lowest, highest))
    certificate = Certificate(
        lowest,
        highest,
        lower_open=any(found.lower_open for found in intervals),
        upper_open=any(found.upper_open for found in intervals),
        cells=int(tally[1, CELLS]),
        proven=int(tally[1, CELLS] - tally[1, SEARCHED]),
        splits=int(tally[:, SPLITS].sum()),
        undecided=tuple(undecided),
    )
    return DangerSet(tuple(intervals), certificate, _zones(certain), _zones(possible))


def figure(spot: float) -> str:
    """A spot for reading: two decimals from 100 on, four from 1 on, else six digits."""
    return f"{spot:.6g}" if spot < 1.0 else f"{spot:,.2f}" if spot >= 100.0 else f"{spot:.4f}"


def _check_range(curves: Sequence[PiecewiseCubic], lowest: float, highest: float) -> None:
    """Refuse a range that is empty or that a curve does not cover."""
    if not -inf < lowest < highest < inf:
        raise ValueError(f"need lowest < highest, both finite, got {lowest} and {highest}")
    if not curves:
        raise ValueError("curves must be at least one, got none")
    for index, (low, high) in enumerate((curve.lowest, curve.highest) for curve in curves):
        if low > lowest or high < highest:
            wanted = f"curves[{index}] must cover the range from {lowest} to {highest}"
            raise ValueError(f"{wanted}, got one from {low} to {high}")


def _isolated(
    curves: Sequence[PiecewiseCubic], lowest: float, highest: float
) -> tuple[list[Floats], NDArray[np.int64]]:
    """Intervals of all curves, certain, nominal and possible, and the tally of the kernel."""
    cells = [curve.error.size for curve in curves]
    offsets = np.cumsum([0, *cells])
    tally = np.zeros((SIDES, COLUMNS), dtype=np.int64)
    intervals = np.empty((SIDES, 2 * int(offsets[-1]) + len(cells), 2))
    negative_sets(
        np.concatenate([curve.knots for curve in curves]),
        np.concatenate([curve.bernstein for curve in curves]),
        np.concatenate([curve.error for curve in curves]),
        offsets,
        np.array([lowest, highest], dtype=np.float64),
        tally,
        intervals,
    )
    return [intervals[side, : tally[side, FOUND]] for side in range(SIDES)], tally


def _united(pieces: Floats) -> Floats:
    """The union of intervals, rows of two ends; those that touch are one."""
    rows = np.array(pieces)
    return rows[: unite(rows, len(rows))]


def _described(
    certain: Floats, nominal: Floats, possible: Floats, span: Zone
) -> tuple[list[Interval], list[Zone]]:
    """One interval for each possible one that holds a nominal one, and what stays undecided."""
    intervals: list[Interval] = []
    undecided: list[Zone] = []
    for zone in possible:
        found, lost = _inside(nominal, zone), _inside(certain, zone)
        if len(found):
            intervals.append(_interval(zone, found, lost, span))
        gaps = zip(lost[:-1, 1].tolist(), lost[1:, 0].tolist(), strict=True)
        undecided += list(gaps) if len(lost) else [(float(zone[0]), float(zone[1]))]
    return intervals, undecided


def _interval(zone: Floats, found: Floats, lost: Floats, span: Zone) -> Interval:
    """The nominal intervals within a possible one as a single one, with its error bars."""
    lower, upper = float(found[0, 0]), float(found[-1, 1])
    lost_from, lost_to = (lost[0, 0], lost[-1, 1]) if len(lost) else (upper, lower)
    return Interval(
        lower,
        upper,
        lower_error=float(max(lower - zone[0], lost_from - lower)),
        upper_error=float(max(zone[1] - upper, upper - lost_to)),
        lower_open=lower <= span[0],
        upper_open=upper >= span[1],
    )


def _inside(pieces: Floats, zone: Floats) -> Floats:
    """The intervals that lie within a zone."""
    return np.compress((pieces[:, 0] >= zone[0]) & (pieces[:, 1] <= zone[1]), pieces, axis=0)


def _zones(pieces: Floats) -> tuple[Zone, ...]:
    """Rows of two ends as pairs of numbers."""
    return tuple((lower, upper) for lower, upper in pieces.tolist())
