"""Values and derivatives on a plane, at points between the nodes of two marches."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pdesolve.grid import interleaved, midway
from pdesolve.kernels.plane import read_plane
from pdesolve.plane.grid import PlaneGrid
from pdesolve.plane.marching import PlaneMarch, march_plane
from pdesolve.plane.operator import PlaneOperator

__all__ = ["PlaneMarches", "PlaneReading", "marches_on"]

Floats = NDArray[np.float64]

NEIGHBOURHOOD = 0.05  # share of the nodes, to either side, whose changes count for the error at one
# Nodes along each axis that a value between them runs through: fewer where exercise may be due,
# whose boundary bends the value.
MOST_NODES, FEWER_NODES = 6, 4
ROUNDING = 1e-12


class PlaneReading(NamedTuple):
    """Value at ``k`` points and its derivatives by the coordinates of the nodes, each (k,)."""

    value: Floats
    slope: Floats
    bend: Floats
    side: Floats
    side_bend: Floats
    cross: Floats
    error: Floats


class PlaneMarches(NamedTuple):
    """A contract marched on a grid, and on the coarser grids of every second and fourth node.

    The error of each falls with the square of its steps, and a third of the difference of two is
    added to the finer (Richardson).  The estimated error is the difference of two values found so,
    the largest in the neighbourhood, since differences pass through zero where errors need not; it
    is that of the coarser one, and usually some five to ten times the error that is left.
    """

    fine: PlaneMarch
    coarse: PlaneMarch
    coarsest: PlaneMarch

    def values(self, left: float) -> tuple[Floats, Floats]:
        """Return values (m, w) with ``left`` years to expiry, and their estimated errors."""
        fine, coarse, coarsest = (march.values(left) for march in self)
        values, before = _extrapolated(fine, coarse), _extrapolated(coarse, coarsest)
        change = np.abs(_refined(values[::2, ::2] - before))
        errors = _largest_around(_largest_around(change).T).T
        return np.maximum(values, self.fine.operator.floor), errors

    def read(self, left: float, places: Floats, heights: Floats, at: Floats) -> PlaneReading:
        """Read points ``at`` (2, k), in the coordinates ``places`` (m,) and ``heights`` (w,).

        Raises
        ------
        ValueError
            If a point is beyond the nodes, by more than rounding.
        """
        for coordinate, nodes in zip(at, (places, heights), strict=True):
            slack = ROUNDING * (nodes[-1] - nodes[0])
            if np.any((coordinate < nodes[0] - slack) | (coordinate > nodes[-1] + slack)):
                raise ValueError(
                    f"points must lie on the nodes, from {nodes[0]} to {nodes[-1]}, got "
                    f"{coordinate.min()} to {coordinate.max()}"
                )
        values, errors = self.values(left)
        early = bool(np.isfinite(self.fine.operator.floor[0, 0]))
        count, out = FEWER_NODES if early else MOST_NODES, np.empty((7, at.shape[1]))
        columns = np.ascontiguousarray(values.T), np.ascontiguousarray(errors.T)
        read_plane(places, heights, *columns, count, at, out)
        return PlaneReading(*out)


def marches_on(grid: PlaneGrid, operator: Callable[[PlaneGrid], PlaneOperator]) -> PlaneMarches:
    """March on a grid and on the two coarser ones; ``operator`` puts the contract on each."""
    coarse = grid.coarser()
    grids = grid, coarse, coarse.coarser()
    return PlaneMarches(*(march_plane(operator(each), each.times) for each in grids))


def _extrapolated(fine: Floats, coarse: Floats) -> Floats:
    """Values (m, w) of the finer grid with the error of second order removed."""
    return fine + _refined(fine[::2, ::2] - coarse) / 3.0


def _refined(plane: Floats) -> Floats:
    """Plane with a row between each two of its rows and of its columns, by cubics."""
    for _ in range(2):
        plane = interleaved(plane, midway(plane)).T
    return plane


def _largest_around(sizes: Floats) -> Floats:
    """Largest of the rows within `NEIGHBOURHOOD` of each, (k, w)."""
    reach = max(int(NEIGHBOURHOOD * sizes.shape[0]), 1)
    padded = np.pad(sizes, ((reach, reach), (0, 0)))
    return np.asarray(sliding_window_view(padded, 2 * reach + 1, axis=0).max(axis=-1))
