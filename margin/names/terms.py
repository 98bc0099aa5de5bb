"""Excess and equity of an account with several underlyings, as sums of functions of one spot."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin.curve_shape import error_at
from margin.piecewise import PiecewiseCubic

__all__ = ["Term"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A sum of functions, each of the spot of one underlying.

    Attributes
    ----------
    label : str
        What it stands for.
    curves : mapping of str to PiecewiseCubic
        The functions by underlying, in quote currency.

    Examples
    --------
    >>> from margin.names.terms import Term
    >>> from margin.piecewise import line
    >>> ends = {"lowest": 1.0, "highest": 9.0}
    >>> term = Term("loan", {"A": line(0.0, 2.0, **ends), "B": line(-1.0, -1.0, **ends)})
    >>> float(term({"A": 3.0, "B": 4.0}))
    1.0
    """

    label: str
    curves: Mapping[str, PiecewiseCubic]

    def __call__(self, spots: Mapping[str, ArrayLike]) -> Floats:
        """Value at spots of every underlying, which broadcast, in quote currency."""
        return np.asarray(sum(curve(spots[name]) for name, curve in self.curves.items()))

    def error(self, spots: Mapping[str, ArrayLike]) -> Floats:
        """Bound on the error there, in quote currency."""
        return np.asarray(sum(error_at(self.curves[name], spots[name]) for name in self.curves))
