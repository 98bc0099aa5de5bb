"""The value of one contract at any spot and date, and its derivatives."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Number
from pdesolve.batch import Scheme
from pdesolve.contract import Option
from pdesolve.grid import Grid
from pdesolve.layout import exercisable, two_sided
from pdesolve.marching import March, march
from pdesolve.model import LARGEST_VOLATILITY, BlackScholes
from pdesolve.operator import alone, exercise_rates
from pdesolve.reading import Marches, read_certain, read_column

if TYPE_CHECKING:
    import pandas

__all__ = ["PriceSurface", "surface_on"]

Floats = NDArray[np.float64]

# Bumps that balance the curvature of the value against the error of a solve: a share of the
# volatility, and of its size per root year for rates.
VOLATILITY_BUMP = 0.005
RATE_BUMP = 0.001
# Greeks by solving again, and the parameter of the model that each derives by.
SOLVED_AGAIN = {"vega": "volatility", "rho": "rate", "dividend_rho": "dividend_yield"}
# Share of the time to expiry over which `PriceSurface.residual` measures the change of the value.
SPAN = 0.01


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PriceSurface:
    """Value of a contract at every spot of a grid and every time from today to expiry.

    Made by `solve`.  All methods take array-likes that broadcast, ``spots`` in quote currency and
    ``time`` in years from today, and answer in the shape of these, a float for single numbers.
    They raise ValueError outside the grid; nothing is extrapolated.  At expiry they answer with
    the payoff and its derivatives, NaN at its kink.

    Attributes
    ----------
    option : Option
        What was valued.
    model : BlackScholes
        How the underlying moves.
    grid : Grid
        Nodes and levels of the finer of the two marches.
    scheme : Scheme
        Time stepping.
    marches : Marches or None
        The values at nodes and levels; None where no march is needed, without volatility or life.
    converged : bool
        Whether the estimated error met the tolerance asked for; true if none was.
    """

    option: Option
    model: BlackScholes
    grid: Grid
    scheme: Scheme
    marches: Marches | None
    converged: bool = True
    _neighbours: "dict[str, tuple[PriceSurface, PriceSurface]]" = field(
        init=False, default_factory=dict
    )

    def value(self, spots: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Value ``V`` in quote currency per unit of the underlying."""
        return self._read("value", spots, time)

    def delta(self, spots: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Derivative ``dV/dS``, units of the underlying."""
        return self._read("delta", spots, time)

    def gamma(self, spots: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Second derivative ``d2V/dS2``, units of the underlying per unit of quote currency."""
        return self._read("gamma", spots, time)

    def theta(self, spots: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Derivative by calendar time ``dV/dt``, quote currency per year.

        From the equation, ``r V - (r - q) S delta - sigma^2 S^2 gamma / 2``; 0 where exercise is
        due.
        """
        return self._read("theta", spots, time)

    def vega(self, spots: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Derivative by volatility ``dV/dsigma``, quote currency per 1.00.

        The contract is solved again on the same grid with the volatility moved up and down by a
        hundredth of it, once for all spots and times.  On one grid the errors of the two solves
        agree but for the move, so their difference keeps the order of the values; exercise follows
        the volatility, as it does not in the equation differentiated at a fixed boundary.
        """
        return self._read("vega", spots, time)

    def rho(self, spots: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Derivative by the rate ``dV/dr``, quote currency per 1.00; found as `vega`."""
        return self._read("rho", spots, time)

    def dividend_rho(self, spots: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Derivative by the yield ``dV/dq``, quote currency per 1.00; found as `vega`."""
        return self._read("dividend_rho", spots, time)

    def error(self, spots: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Estimated absolute error of `value`, in quote currency.

        What extrapolation from the two grids changed at the nodes around, which is usually some ten
        times the error that is left.
        """
        return self._read("error", spots, time)

    def exercise_boundary(self, time: ArrayLike = 0.0) -> Number:
        """Spot at and beyond which an American contract is best exercised, in quote currency.

        Beyond is below for a put and above for a call.  NaN if early exercise never pays, or pays
        at no spot of the grid.  At expiry the limit from before, ``K min(1, r / q)`` for a put.

        Parameters
        ----------
        time : array-like
            Years from today.

        Returns
        -------
        float or array
            In the shape of ``time``.
        """
        left = self._left(time)
        places = np.array([self._boundary(float(each)) for each in left.ravel()])
        spots = self.option.strike * np.exp(-self.option.right * places)
        return arguments.shaped(spots, left.shape)

    def residual(self, time: float = 0.0) -> Floats:
        """Return what the surface leaves of its equation at the nodes, quote currency per year.

        ``dV/dt + (r - q) S delta + sigma^2 S^2 gamma / 2 - r V``, 0 where exercise is due, with the
        time derivative from the values at three times, independently of `theta`.

        Parameters
        ----------
        time : float
            Years from today, before expiry.

        Returns
        -------
        (m,) array
            At ``grid.spots``.

        Raises
        ------
        ValueError
            If the time is not before expiry.
        """
        left = float(self._left(time))
        if left == 0.0:
            raise ValueError(f"time must be before expiry, {self.option.expiry}, got {time}")
        span, spots = SPAN * left, self.grid.spots
        now, soon, later = (np.asarray(self.value(spots, time + k * span)) for k in range(3))
        theta = np.asarray(self.theta(spots, time))
        moves = theta != 0.0
        return np.where(moves, (4.0 * soon - 3.0 * now - later) / (2.0 * span) - theta, 0.0)

    def to_dataframe(self, time: float = 0.0) -> "pandas.DataFrame":
        """Return one row per node at one time.

        Parameters
        ----------
        time : float
            Years from today.

        Returns
        -------
        pandas.DataFrame
            Columns spot, value, delta, gamma, theta, vega, rho, error, in the units of the methods.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError('a frame needs pandas: pip install "pde-margin[pandas]"') from None
        names = ("value", "delta", "gamma", "theta", "vega", "rho", "error")
        columns = {name: self._read(name, self.grid.spots, time) for name in names}
        return pandas.DataFrame({"spot": self.grid.spots, **columns})

    def __repr__(self) -> str:
        option, spots = self.option, self.grid.spots
        largest = np.max(self.error(spots))
        met = "" if self.converged else ", which misses the tolerance asked for"
        return (
            f"{option.exercise.value.capitalize()} {option.right.name.lower()}, strike "
            f"{option.strike:g}, {option.expiry:g} years to expiry: values on {spots.size} spots "
            f"from {spots[0]:g} to {spots[-1]:g} and {self.grid.times.size} times, estimated error "
            f"today at most {largest:.1e}{met}"
        )

    def _read(self, name: str, spots: ArrayLike, time: ArrayLike) -> Number:
        at, left = arguments.positive("spots", spots), self._left(time)
        low, high = self.grid.spots[[0, -1]]
        outside = (at < low) | (at > high)
        if outside.any():
            raise ValueError(
                f"spots must lie on the grid, from {low} to {high}, got {at[outside].flat[0]}"
            )
        shape, (at, left) = arguments.aligned({"spots": at, "time": left})
        out = np.empty(at.size)
        for life in np.unique(left):
            rows = left == life
            out[rows] = self._at(name, at[rows], float(life))
        return arguments.shaped(out, shape)

    def _left(self, time: ArrayLike) -> Floats:
        """Years to expiry at times from today."""
        at = arguments.not_negative("time", time)
        if np.any(at > self.option.expiry):
            raise ValueError(
                f"time must lie between today, 0, and expiry, {self.option.expiry}, got {at.max()}"
            )
        return np.asarray(self.option.expiry - at)

    def _at(self, name: str, spots: Floats, left: float) -> Floats:
        """Read one quantity at spots (k,) and one time to expiry."""
        if self.marches is None or left == 0.0:
            certain = read_certain(self.option, self.model, spots, np.full(spots.size, left))
            return certain[name]
        if name in SOLVED_AGAIN:
            parameter = SOLVED_AGAIN[name]
            up, down = self._bumped(parameter)
            rise = up._at("value", spots, left) - down._at("value", spots, left)
            run: float = getattr(up.model, parameter) - getattr(down.model, parameter)
            return rise / run
        column, errors = self.marches.column(left)
        rows = self.marches.fine.operator
        reading = read_column(rows, column, errors, self.option, self.model, spots)
        return np.asarray(getattr(reading, name))

    def _bumped(self, parameter: str) -> "tuple[PriceSurface, PriceSurface]":
        """Surfaces on the same grid with one parameter of the model moved up and down."""
        if parameter not in self._neighbours:
            up, down = (
                surface_on(self.grid, self.option, model, self.scheme)
                for model in _moved(self.option, self.model, parameter)
            )
            self._neighbours[parameter] = up, down
        return self._neighbours[parameter]

    def _boundary(self, left: float) -> float:
        """Place of the exercise boundary, as `Operator` places nodes."""
        if self.marches is not None and left > 0.0:
            return self.marches.fine.boundary(left)
        if not exercisable(alone(self.option, self.model))[0]:
            return np.nan
        gain, loss = exercise_rates(self.option, self.model)
        return float(np.log(gain / loss)) if gain < loss else 0.0


def surface_on(
    grid: Grid, option: Option, model: BlackScholes, scheme: Scheme, coarse: March | None = None
) -> PriceSurface:
    """March a contract on a grid and on the coarser one, unless that is at hand.

    Without volatility or life nothing is marched.
    """
    if model.volatility == 0.0 or option.expiry == 0.0:
        return PriceSurface(option, model, grid, scheme, None)
    if coarse is None:
        coarse = march(option, model, grid.coarser(), scheme)
    fine = march(option, model, grid, scheme)
    return PriceSurface(option, model, grid, scheme, Marches(fine, coarse))


def _moved(option: Option, model: BlackScholes, parameter: str) -> list[BlackScholes]:
    """Return the model with one parameter up, and down.

    Where one side would leave exercise between two boundaries, or the volatilities allowed, that
    side stays.
    """
    here = getattr(model, parameter)
    bump, most = RATE_BUMP * model.volatility / np.sqrt(option.expiry), np.inf
    if parameter == "volatility":
        bump, most = VOLATILITY_BUMP * model.volatility, LARGEST_VOLATILITY
    ends = (min(here + bump, most), here - bump)
    sides = [replace(model, **{parameter: end}) for end in ends]
    return [model if two_sided(alone(option, side))[0] else side for side in sides]
