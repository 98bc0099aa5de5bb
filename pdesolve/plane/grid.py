"""Nodes on a plane and levels in time that a contract is solved on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pdesolve import arguments
from pdesolve.grid import FEWEST_NODES, Grid

__all__ = ["PlaneGrid", "even_in_sinh"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PlaneGrid:
    """Nodes along spot and along another coordinate, and time levels.

    Attributes
    ----------
    spots : (m,) array
        Nodes in quote currency, positive, ascending.
    others : (w,) array
        Nodes of the other coordinate, ascending: variances per year, or what is left of the log
        spot of another asset.
    times : (n + 1,) array
        Levels in years to expiry, ascending from 0.

    Raises
    ------
    ValueError
        If nodes or levels are not such.

    Examples
    --------
    >>> import numpy as np
    >>> from pdesolve.grid import time_grid
    >>> spots, variances = np.geomspace(50.0, 200.0, 101), np.linspace(0.0, 0.5, 31)
    >>> PlaneGrid(spots, variances, time_grid(0.5, 40))
    Grid of 101 spots from 50 to 200, 31 others from 0 to 0.5 and 41 times to 0.5 years
    """

    spots: Floats
    others: Floats
    times: Floats

    def __post_init__(self) -> None:
        along = Grid(self.spots, self.times)
        others = np.array(arguments.finite("others", self.others))
        if others.ndim != 1 or others.size < FEWEST_NODES or np.any(np.diff(others) <= 0.0):
            raise ValueError(f"others must be a row of {FEWEST_NODES} or more that ascends")
        others.flags.writeable = False
        for name, value in (("spots", along.spots), ("others", others), ("times", along.times)):
            object.__setattr__(self, name, value)

    def coarser(self) -> Self:
        """Return the grid of every second node and level, with the same ends.

        Raises
        ------
        ValueError
            If the number of nodes or levels is even, or too few would be left.
        """
        sizes = self.spots.size, self.others.size, self.times.size
        if not all(size % 2 for size in sizes):
            raise ValueError(
                "spots, others and times must be odd in number for every second to make a grid, "
                f"got {sizes[0]}, {sizes[1]} and {sizes[2]}"
            )
        return type(self)(self.spots[::2], self.others[::2], self.times[::2])

    def __repr__(self) -> str:
        spots, others, times = self.spots, self.others, self.times
        return (
            f"Grid of {spots.size} spots from {spots[0]:g} to {spots[-1]:g}, {others.size} others "
            f"from {others[0]:g} to {others[-1]:g} and {times.size} times to {times[-1]:g} years"
        )


def even_in_sinh(low: float, centre: float, high: float, scale: float, n_cells: int) -> Floats:
    """Nodes ``centre + scale sinh(xi)`` from ``low`` to ``high``, ``xi`` even, ``(n_cells + 1,)``.

    Around the centre they are nearly even within ``scale``; beyond, cells grow in proportion.
    """
    start, stop = np.arcsinh((low - centre) / scale), np.arcsinh((high - centre) / scale)
    nodes = centre + scale * np.sinh(np.linspace(start, stop, n_cells + 1))
    nodes[[0, -1]] = low, high
    return np.asarray(nodes)
