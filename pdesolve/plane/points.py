"""Points on a plane that are asked about: checked, broadcast together, and sorted by date."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Number

__all__ = ["Points", "Window", "points_on"]

Floats = NDArray[np.float64]
Window = tuple[tuple[float, float], tuple[float, float]]
"""The lowest and the highest of two coordinates that may be asked about."""


class Points(NamedTuple):
    """Spots, other coordinates and years to expiry, each (k,), and the shape they were asked in."""

    spots: Floats
    others: Floats
    left: Floats
    shape: tuple[int, ...]

    def by_date(self) -> Iterator[tuple[NDArray[np.bool_], float]]:
        """Yield the rows of each time to expiry, and that time."""
        for left in np.unique(self.left):
            yield self.left == left, float(left)

    def shaped(self, column: Floats) -> Number:
        """Return a result (k,) in the shape asked for."""
        return arguments.shaped(column, self.shape)


def points_on(
    window: Window, expiry: float, asked: dict[str, ArrayLike], time: ArrayLike
) -> Points:
    """Check points by the names of their two coordinates, and ``time`` in years from today.

    Raises
    ------
    ValueError
        If a coordinate is not in the window, or a time not between today and expiry.
    """
    at = arguments.not_negative("time", time)
    if np.any(at > expiry):
        raise ValueError(f"time must lie between today, 0, and expiry, {expiry}, got {at.max()}")
    columns = {name: arguments.finite(name, array) for name, array in asked.items()}
    for (name, array), (low, high) in zip(columns.items(), window, strict=True):
        outside = (array < low) | (array > high)
        if outside.any():
            raise ValueError(
                f"{name} must lie on the surface, from {low} to {high}, "
                f"got {array[outside].flat[0]}"
            )
    shape, (first, second, left) = arguments.aligned({**columns, "time": np.asarray(expiry - at)})
    return Points(first, second, left, shape)
