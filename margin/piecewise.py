"""Functions of spot that are cubic on every cell: the form in which an account is valued.

Perpetuals, spot holdings, futures and cash are lines, options are cubics between the nodes of
their grid.  Sums and moves of spot keep that form exactly, so an excess of equity over margin
stays a piecewise cubic, whose roots can be isolated with proof.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin.cells import bernstein_cells
from margin.kernels.bernstein import add_restricted, evaluate
from margin.knots import merged_knots

__all__ = ["PiecewiseCubic", "combine", "from_hermite", "line", "unchecked"]

Floats = NDArray[np.float64]
FIELDS = ("knots", "bernstein", "error")
THIRDS = (0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class PiecewiseCubic:
    """A function of spot, cubic on every cell, with a bound on its error there.

    On cell ``i``, with ``t = (S - knots[i]) / (knots[i + 1] - knots[i])``,

        f(S) = b0 (1 - t)^3 + 3 b1 t (1 - t)^2 + 3 b2 t^2 (1 - t) + b3 t^3,

    where ``b0`` to ``b3`` is row ``i`` of ``bernstein``.  The function may jump at a knot; there
    it takes the value on its right.

    Attributes
    ----------
    knots : (n + 1,) array
        Ends of the cells, strictly ascending, in quote currency.
    bernstein : (n, 4) array
        Coefficients, in quote currency.
    error : (n,) array
        Bound on the distance from the true function on each cell, in quote currency.

    Raises
    ------
    ValueError
        If the shapes do not fit together, a number is not finite, the knots do not ascend, or an
        error is negative.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.piecewise import PiecewiseCubic
    >>> parabola = PiecewiseCubic([0.0, 3.0], [[0.0, 0.0, 3.0, 9.0]], [0.0])
    >>> parabola(np.array([1.0, 2.0]))
    array([1., 4.])
    >>> float(parabola.derivative(2.0))
    4.0
    """

    knots: Floats
    bernstein: Floats
    error: Floats

    def __post_init__(self) -> None:
        fields = {
            name: np.ascontiguousarray(getattr(self, name), dtype=np.float64) for name in FIELDS
        }
        knots, bernstein, error = fields.values()
        cells = knots.size - 1
        if knots.ndim != 1 or cells < 1:
            raise ValueError(f"knots must be a row of at least two, got shape {knots.shape}")
        if bernstein.shape != (cells, 4) or error.shape != (cells,):
            raise ValueError(
                f"bernstein and error must have shapes {(cells, 4)} and {(cells,)}, "
                f"got {bernstein.shape} and {error.shape}"
            )
        for name, field in fields.items():
            if not np.isfinite(field).all():
                raise ValueError(f"{name} must be finite, got {field[~np.isfinite(field)][0]}")
            object.__setattr__(self, name, field)
        step = np.diff(knots)
        if step.min() <= 0.0:
            found = knots[step.argmin() :][:2]
            raise ValueError(f"knots must ascend strictly, got {found[0]} before {found[1]}")
        if error.min() < 0.0:
            raise ValueError(f"error must not be negative, got {error.min()}")

    @property
    def lowest(self) -> float:
        """First knot, in quote currency."""
        return float(self.knots[0])

    @property
    def highest(self) -> float:
        """Last knot, in quote currency."""
        return float(self.knots[-1])

    def __call__(self, spots: ArrayLike) -> Floats:
        """Value at each spot, in quote currency and in the shape of the spots.

        Parameters
        ----------
        spots : array-like
            In quote currency.

        Raises
        ------
        ValueError
            If a spot lies outside the knots.
        """
        return self._read(spots)[0]

    def derivative(self, spots: ArrayLike) -> Floats:
        """Derivative by spot at each spot, a pure number; at a kink that of the cell on the right.

        Parameters and errors as for a call.
        """
        return self._read(spots)[1]

    def stretched(self, factor: float) -> "PiecewiseCubic":
        """The function ``S -> f(factor S)``, which is ``f`` after the spot has moved.

        Parameters
        ----------
        factor : float
            One plus the relative move of the spot; positive.

        Raises
        ------
        ValueError
            If the factor is not positive and finite.

        Examples
        --------
        >>> from margin.piecewise import line
        >>> float(line(-50.0, 1.0, lowest=10.0, highest=200.0).stretched(0.5)(120.0))
        10.0
        """
        if not (factor > 0.0 and isfinite(factor)):
            raise ValueError(f"factor must be positive and finite, got {factor}")
        return unchecked(self.knots / factor, self.bernstein, self.error)

    def _read(self, spots: ArrayLike) -> tuple[Floats, Floats]:
        """Values and derivatives at spots, which are checked."""
        asked = np.asarray(spots, dtype=np.float64)
        inside = (asked >= self.knots[0]) & (asked <= self.knots[-1])
        if not inside.all():
            outside = asked[~inside].flat[0]
            raise ValueError(f"spots must lie in [{self.lowest}, {self.highest}], got {outside}")
        values, slopes = np.empty(asked.size), np.empty(asked.size)
        evaluate(self.knots, self.bernstein, asked.ravel(), values, slopes)
        return values.reshape(asked.shape), slopes.reshape(asked.shape)


def unchecked(knots: Floats, bernstein: Floats, error: Floats) -> PiecewiseCubic:
    """A curve whose fields follow from checked ones; checking costs more than the algebra.

    The arrays are those of `PiecewiseCubic`, contiguous and of float64.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.piecewise import unchecked
    >>> float(unchecked(np.array([0.0, 2.0]), np.ones((1, 4)), np.zeros(1))(1.5))
    1.0
    """
    curve: PiecewiseCubic = object.__new__(PiecewiseCubic)
    object.__setattr__(curve, "knots", knots)
    object.__setattr__(curve, "bernstein", bernstein)
    object.__setattr__(curve, "error", error)
    return curve


def line(intercept: float, slope: float, *, lowest: float, highest: float) -> PiecewiseCubic:
    """The line ``intercept + slope S`` as one cell without error: cash, holdings, perpetuals.

    Parameters
    ----------
    intercept : float
        Value at spot zero, in quote currency.
    slope : float
        Units of the underlying.
    lowest, highest : float
        Ends of the cell, in quote currency.

    Raises
    ------
    ValueError
        If a number is not finite, or ``lowest < highest`` does not hold.

    Examples
    --------
    >>> from margin.piecewise import line
    >>> float(line(1_000.0, -2.0, lowest=0.0, highest=900.0)(450.0))
    100.0
    """
    start, width = float(lowest), float(highest) - float(lowest)
    row = [intercept + slope * (start + third * width) for third in THIRDS]
    knots, cells = np.array([start, float(highest)]), np.array([row])
    if not (width > 0.0 and isfinite(sum(row))):
        return PiecewiseCubic(knots, cells, np.zeros(1))  # which says what is wrong
    return unchecked(knots, cells, np.zeros(1))


def from_hermite(
    knots: ArrayLike,
    values: ArrayLike,
    left_slopes: ArrayLike,
    *,
    right_slopes: ArrayLike,
    error: ArrayLike,
) -> PiecewiseCubic:
    """The cubics that have the given values and slopes at the ends of each cell.

    Parameters
    ----------
    knots : (n + 1,) array
        Ends of the cells, strictly ascending, in quote currency.
    values : (n + 1,) array
        Values at the knots, in quote currency.
    left_slopes, right_slopes : (n,) array
        Slopes at the left and at the right end of each cell; they differ at a kink.
    error : (n,) array
        Bound on the error per cell, in quote currency; one number holds for all.

    Returns
    -------
    PiecewiseCubic

    Raises
    ------
    ValueError
        As for `PiecewiseCubic`.

    Examples
    --------
    >>> from margin.piecewise import from_hermite
    >>> payoff = from_hermite(
    ...     [0, 100, 200], [0, 0, 100], [0, 1], right_slopes=[0, 1], error=0.0
    ... )
    >>> float(payoff(130.0))
    30.0
    """
    ends, heights = np.asarray(knots, dtype=np.float64), np.asarray(values, dtype=np.float64)
    left = heights[:-1], np.asarray(left_slopes)
    bernstein = bernstein_cells(ends, left, (heights[1:], np.asarray(right_slopes)))
    return PiecewiseCubic(ends, bernstein, np.broadcast_to(error, len(bernstein)))


def combine(weights: Sequence[float], curves: Sequence[PiecewiseCubic]) -> PiecewiseCubic:
    """The weighted sum of curves, on all their knots within the range they share.

    The errors add up with the sizes of the weights; a bound on the rounding of the sum is added
    to them, so that what cancels does not look exact.

    Parameters
    ----------
    weights : sequence of float
        One weight per curve.
    curves : sequence of PiecewiseCubic
        At least one.

    Returns
    -------
    PiecewiseCubic

    Raises
    ------
    ValueError
        If there is no curve, a weight is missing or not finite, or the curves share no range.

    Examples
    --------
    >>> from margin.piecewise import combine, line
    >>> cash = line(100.0, 0.0, lowest=1.0, highest=300.0)
    >>> coin = line(0.0, 1.0, lowest=5.0, highest=400.0)
    >>> account = combine([1.0, -2.0], [cash, coin])
    >>> account.lowest, account.highest, float(account(20.0))
    (5.0, 300.0, 60.0)
    """
    if len(curves) == 0 or len(weights) != len(curves):
        raise ValueError(
            f"weights and curves must be equally many, one at least, "
            f"got {len(weights)} and {len(curves)}"
        )
    knots = merged_knots([curve.knots for curve in curves])
    bernstein, error = np.zeros((knots.size - 1, 4)), np.zeros(knots.size - 1)
    for weight, curve in zip(weights, curves, strict=True):
        if not isfinite(weight):
            raise ValueError(f"weights must be finite, got {weight}")
        add_restricted(
            curve.knots, curve.bernstein, curve.error, float(weight), knots, bernstein, error
        )
    return unchecked(knots, bernstein, error)
