"""The value of one contract at any spot and date, and its derivatives."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Number
from pdesolve.batch.many import Scheme
from pdesolve.claim import Claim, words
from pdesolve.contract import Option
from pdesolve.grid import Grid
from pdesolve.march.boundaries import boundaries, boundary_at_expiry, next_to_strike
from pdesolve.march.certainty import at_expiry, without_volatility
from pdesolve.march.marching import march
from pdesolve.march.neighbours import neighbours
from pdesolve.march.problem import Problem
from pdesolve.march.reading import Marches, read_marches
from pdesolve.model import Model

if TYPE_CHECKING:
    import pandas

__all__ = ["PriceSurface"]

Floats = NDArray[np.float64]

# Greeks by solving again, and the parameter of the model that each derives by.
SOLVED_AGAIN = {"vega": "volatility", "rho": "rate", "dividend_rho": "dividend_yield"}
# Share of the time to expiry over which `PriceSurface.residual` measures the change of the value.
SPAN = 0.01


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PriceSurface:
    """Value of a contract at every spot of a grid and every time from today to expiry.

    Made by `solve`.  All methods take array-likes that broadcast, ``spots`` in quote currency and
    ``time`` in years from today, and answer in the shape of these, a float for single numbers.
    They raise ValueError outside the grid; nothing is extrapolated.  Beyond a barrier that is
    watched at every instant the contract has been touched.  At expiry they answer with the payoff
    and its derivatives, NaN at its kinks; on the date of an event with what holds just before it.

    Attributes
    ----------
    contract : Option or Claim
        What was valued.
    problem : Problem
        The same with its model and the dividends of its underlying, as it was marched.
    grid : Grid
        Nodes and levels of the finer of the two marches.
    scheme : Scheme
        Time stepping.
    marches : Marches or None
        The values at nodes and levels; None where no march is needed, without volatility or life.
    converged : bool
        Whether the estimated error met the tolerance asked for; true if none was.
    """

    contract: Option | Claim
    problem: Problem
    grid: Grid
    scheme: Scheme
    marches: Marches | None
    converged: bool = True
    _neighbours: dict[str, tuple[Marches, Marches, float]] = field(init=False, default_factory=dict)

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

        From the equation, ``r V - (r - q) S delta - sigma^2 S^2 gamma / 2`` less what jumps bring;
        0 where exercise is due.
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

    @property
    def model(self) -> Model:
        """How the underlying moves."""
        return self.problem.model

    def exercise_boundary(self, time: ArrayLike = 0.0) -> Number:
        """Spot at and beyond which a vanilla American contract is best exercised, quote currency.

        Beyond is below for a put and above for a call.  NaN if early exercise never pays, or pays
        at no spot of the grid.  Where it pays between two spots only, the one next to the strike.
        At expiry the limit from before, ``K min(1, r / q)`` for a put.

        Parameters
        ----------
        time : array-like
            Years from today.

        Returns
        -------
        float or array
            In the shape of ``time``.

        Raises
        ------
        ValueError
            If the contract is no vanilla option; `exercise_boundaries` answers for all.
        """
        option = self.problem.option
        if option is None:
            raise ValueError("exercise_boundary is of vanilla options; use exercise_boundaries")
        left, found = self._left(time), []
        for each in left.ravel().tolist():
            if self.marches is None or each == 0.0:
                found.append(boundary_at_expiry(self.problem, option, each))
            else:
                found.append(next_to_strike(self.marches.fine, option, each))
        return arguments.shaped(np.array(found), left.shape)

    def exercise_boundaries(self, time: float = 0.0) -> Floats:
        """Spots at which early exercise begins or ends to pay, ascending, in quote currency.

        Parameters
        ----------
        time : float
            Years from today, before expiry.

        Returns
        -------
        (b,) array
            Empty if it never pays; on a date of exercise just before it.
        """
        left = float(self._left(time))
        if self.marches is None or left == 0.0:
            return np.empty(0)
        return boundaries(self.marches.fine, left)

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
            At the nodes; with dividends in escrow, at these and what is in escrow.

        Raises
        ------
        ValueError
            If the time is not before expiry.
        """
        left = float(self._left(time))
        if left == 0.0:
            raise ValueError(f"time must be before expiry, {self.contract.expiry}, got {time}")
        span = SPAN * left
        ends = np.array([self._nodes(left - k * span)[[0, -1]] for k in range(3)])
        spots = np.clip(self._nodes(left), ends[:, 0].max(), ends[:, 1].min())
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
        nodes = self._nodes(float(self._left(time)))
        columns = {name: self._read(name, nodes, time) for name in names}
        return pandas.DataFrame({"spot": nodes, **columns})

    def __repr__(self) -> str:
        spots = self.grid.spots
        largest = np.max(self.error(self._nodes(self.contract.expiry)))
        met = "" if self.converged else ", which misses the tolerance asked for"
        return (
            f"{words(self.contract)}, {self.contract.expiry:g} years to expiry: values on "
            f"{spots.size} spots from {spots[0]:g} to {spots[-1]:g} and {self.grid.times.size} "
            f"times, estimated error today at most {largest:.1e}{met}"
        )

    def _nodes(self, left: float) -> Floats:
        """Spots of the nodes, which hold the spot less what is in escrow."""
        return np.asarray(self.grid.spots + self.problem.escrow_before(np.array(left)))

    def _read(self, name: str, spots: ArrayLike, time: ArrayLike) -> Number:
        at, left = arguments.positive("spots", spots), self._left(time)
        shape, (at, left) = arguments.aligned({"spots": at, "time": left})
        out = np.empty(at.size)
        for life in np.unique(left) if np.ndim(time) else left[:1]:
            rows = left == life
            self._refuse_outside(at[rows], float(life))
            out[rows] = self._at(name, at[rows], float(life))
        return arguments.shaped(out, shape)

    def _refuse_outside(self, at: Floats, left: float) -> None:
        low, high = self._nodes(left)[[0, -1]]
        outside = (at < low) | (at > high)
        if self.problem.watched is not None and self.problem.alive is None:
            outside &= ~self.problem.touched(at)
        if outside.any():
            raise ValueError(
                f"spots must lie on the grid, from {low} to {high}, got {at[outside].flat[0]}"
            )

    def _left(self, time: ArrayLike) -> Floats:
        """Years to expiry at times from today."""
        at, expiry = arguments.not_negative("time", time), self.contract.expiry
        if np.any(at > expiry):
            raise ValueError(
                f"time must lie between today, 0, and expiry, {expiry}, got {at.max()}"
            )
        return np.asarray(expiry - at)

    def _at(self, name: str, spots: Floats, left: float) -> Floats:
        """Read one quantity at spots (k,) and one time to expiry."""
        if left == 0.0:
            return at_expiry(self.problem, spots)[name]
        if self.marches is None:
            return without_volatility(self.problem, spots, np.full(spots.size, left))[name]
        if name in SOLVED_AGAIN:
            up, down, run = self._bumped(SOLVED_AGAIN[name])
            rise = read_marches(up, spots, left).value - read_marches(down, spots, left).value
            return np.asarray(rise / run)
        return np.asarray(getattr(read_marches(self.marches, spots, left), name))

    def _bumped(self, parameter: str) -> tuple[Marches, Marches, float]:
        """Marches on the same grid with one parameter moved up and down, and how far apart."""
        if parameter not in self._neighbours:
            (up, above), (down, below) = (
                (Marches(*(march(problem, grid, self.scheme) for grid in self._grids())), by)
                for problem, by in neighbours(self.problem, parameter)
            )
            self._neighbours[parameter] = up, down, above - below
        return self._neighbours[parameter]

    def _grids(self) -> tuple[Grid, Grid]:
        return self.grid, self.grid.coarser()
