"""Spot nodes stretched at strikes."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.kernels.splines import natural_bends

__all__ = ["apart", "spot_grid"]

Floats = NDArray[np.float64]

N_CELLS = 640
STRETCH = 0.5  # deviations around a strike within which nodes are nearly even
REACH = 6.0  # deviations beyond the strikes after which an option is as good as its asymptote
FURTHEST = 5.0  # the nodes reach at least to this multiple of the strikes, and to its inverse
CLOSEST = 4  # cells between strikes, two of the coarser grid
ROOMY = 2.0  # multiples between a strike and an end among which there are more cells than that
# Points of a table about each strike, and steps of Newton's method from it to rounding.
TABLE, NEWTON = 65, 4


def spot_grid(
    strikes: ArrayLike,
    deviation: float,
    *,
    lowest: float | None = None,
    highest: float | None = None,
    n_cells: int = N_CELLS,
) -> Floats:
    """Spot nodes that are closest at each strike, every strike among them.

    The log spots ``x`` of the nodes solve ``sum over strikes asinh((x - ln K) / a) = c i + d`` for
    whole ``i``, with ``a`` half the deviation: around a strike they are nearly even, far from all
    they grow in proportion.  A cubic spline in ``i`` moves them by at most a cell so that each
    strike is a node of even number, which the coarser grid shares; spacings stay smooth.

    Parameters
    ----------
    strikes : array-like
        One or more, in quote currency.
    deviation : float
        Of the log spot over the life, ``sigma sqrt(T)``; of several contracts the shortest life.
    lowest, highest : float, optional
        The first and the last node, in quote currency.  By default six deviations, and at least a
        factor of five, beyond the strikes.
    n_cells : int
        Cells, even; one less than nodes.

    Returns
    -------
    (n_cells + 1,) array
        Quote currency, ascending.

    Raises
    ------
    ValueError
        If a number is out of its range, a strike is not between the ends, or strikes lie closer
        than four cells.

    Examples
    --------
    >>> from pdesolve import spot_grid
    >>> spots = spot_grid([90.0, 100.0, 120.0], 0.2, n_cells=64)
    >>> spots.size, [strike in spots[::2] for strike in (90.0, 100.0, 120.0)]
    (65, [True, True, True])
    """
    nodes_at = np.unique(arguments.positive("strikes", strikes))
    spread = float(arguments.positive("deviation", deviation))
    if n_cells < 8 or n_cells % 2:
        raise ValueError(f"n_cells must be even and at least 8, got {n_cells}")
    ends = _ends(nodes_at, spread, lowest, highest)
    start, stop = math.log(ends[0]), math.log(ends[1])
    numbering = _Numbering(np.log(nodes_at), STRETCH * spread, start, stop, n_cells)
    inside = nodes_at[(nodes_at > ends[0]) & (nodes_at < ends[1])]
    found = numbering(np.log(inside))
    evened = 2.0 * np.rint(0.5 * found)
    gaps = np.diff(evened, prepend=0.0, append=n_cells)
    if gaps.min() < CLOSEST:
        raise ValueError(
            f"strikes must be at least {CLOSEST} cells from one another and from the ends, "
            f"got {gaps.min():g} with n_cells {n_cells}"
        )
    numbers = np.concatenate([[0.0], evened, [n_cells]])
    indices = np.arange(n_cells + 1.0)
    moved = indices + _spline(numbers, np.concatenate([[0.0], found - evened, [0.0]]), indices)
    spots = np.exp(numbering.inverse(moved))
    spots[numbers.astype(int)] = np.concatenate([[ends[0]], inside, [ends[1]]])
    return spots


def apart(
    spots: Floats, deviation: float, *, lowest: float, highest: float, n_cells: int
) -> Floats:
    """Return spots that `spot_grid` takes, leaving out those too close to ones before them.

    Parameters
    ----------
    spots : (k,) array
        Candidates, the most important first, from ``lowest`` to ``highest``.
    deviation, lowest, highest, n_cells
        As for `spot_grid`.

    Returns
    -------
    array
        Quote currency, ascending.
    """
    kept = np.unique(spots)
    if kept.size == 1 and ROOMY * lowest <= kept[0] <= highest / ROOMY:
        return kept
    ranks = {spot: rank for rank, spot in reversed(list(enumerate(spots.tolist())))}
    while kept.size:
        logs, ends = np.log(kept), (math.log(lowest), math.log(highest))
        numbers = _Numbering(logs, STRETCH * deviation, *ends, n_cells)(logs)
        inside = (kept > lowest) & (kept < highest)
        evened = np.where(inside, 2.0 * np.rint(0.5 * numbers), numbers)
        close = np.flatnonzero(np.diff(evened, prepend=-np.inf, append=np.inf) < CLOSEST)
        beside = inside & ((evened < CLOSEST) | (evened > n_cells - CLOSEST))
        if beside.any() and (kept.size > 1 or close.size):
            kept = kept[~beside]
        elif close.size:
            pair = kept[close[0] - 1 : close[0] + 1].tolist()
            kept = kept[kept != max(pair, key=lambda spot: ranks[spot])]
        else:
            break
    return kept if kept.size else np.array([math.sqrt(lowest * highest)])


class _Numbering(NamedTuple):
    """Numbers of nodes, not whole, by log spot, before strikes are moved.

    ``logs`` (k,) of the spots at which nodes gather, within ``width`` of them; from 0 at ``start``
    to ``n_cells`` at ``stop``.
    """

    logs: Floats
    width: float
    start: float
    stop: float
    n_cells: int

    def __call__(self, x: Floats) -> Floats:
        """Return the numbers at log spots (n,)."""
        first, last = self._sums(np.array([self.start, self.stop]))
        return np.asarray(self.n_cells * (self._sums(x) - first) / (last - first))

    def inverse(self, numbers: Floats) -> Floats:
        """Return the log spots of numbers (n,), by Newton's method from a table."""
        first, last = self._sums(np.array([self.start, self.stop]))
        wanted = first + numbers * ((last - first) / self.n_cells)
        if self.logs.size == 1:
            return np.asarray(self.logs[0] + self.width * np.sinh(wanted))
        reach = np.arcsinh((self.stop - self.start) / self.width)
        around = self.width * np.sinh(np.linspace(-reach, reach, TABLE))
        table = np.unique(np.clip(np.add.outer(self.logs, around), self.start, self.stop))
        x = np.interp(wanted, self._sums(table), table)
        for _ in range(NEWTON):
            away = (x[:, None] - self.logs) / self.width
            rise = (1.0 / np.sqrt(1.0 + away * away)).sum(axis=1) / self.width
            x = np.clip(x - (np.arcsinh(away).sum(axis=1) - wanted) / rise, self.start, self.stop)
        return np.asarray(x)

    def _sums(self, x: Floats) -> Floats:
        return np.asarray(np.arcsinh((x[:, None] - self.logs) / self.width).sum(axis=1))


def _ends(
    strikes: Floats, deviation: float, lowest: float | None, highest: float | None
) -> tuple[float, float]:
    """Return the first and the last node."""
    reach = max(math.exp(REACH * deviation), FURTHEST)
    low = strikes[0] / reach if lowest is None else lowest
    high = strikes[-1] * reach if highest is None else highest
    if not 0.0 < low <= strikes[0] or not strikes[-1] <= high < math.inf or low >= high:
        raise ValueError(
            f"lowest and highest must enclose strikes from {strikes[0]} to {strikes[-1]}, "
            f"got {low} and {high}"
        )
    return float(low), float(high)


def _spline(knots: Floats, values: Floats, at: Floats) -> Floats:
    """Read the natural cubic spline through ``values`` at ``knots``, at points between its ends."""
    bends, steps = np.empty(knots.size), knots[1:] - knots[:-1]
    natural_bends(knots, values, bends)
    cell = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, steps.size - 1)
    t, rest, step = at - knots[cell], knots[cell + 1] - at, steps[cell]
    line = (values[cell] * rest + values[cell + 1] * t) / step
    before, after = bends[cell] * rest, bends[cell + 1] * t
    bow = before * (rest**2 - step**2) + after * (t**2 - step**2)
    return np.asarray(line + bow / (6.0 * step))
