"""Many vanilla contracts at once: values on spots and dates from one batch of marches."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.blocks import MARCHES, Scheme, cut, march_by_policy, run
from pdesolve.certain import best_exercise, certain_value
from pdesolve.contracts import Contracts
from pdesolve.frames import Frame
from pdesolve.layout import exercisable, lay_out, two_sided
from pdesolve.progress import Telling, told
from pdesolve.scaled_grid import ScaledGrid, scaled_grid

__all__ = ["PriceSurfaces", "Resolution", "Scheme", "solve_many"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Resolution:
    """Cells and steps of the coarser of the two grids; the finer has twice as many of both.

    Attributes
    ----------
    n_cells : int
        Cells in spot, even, at least 16.
    n_steps : int
        Steps in time, at least 4.

    Raises
    ------
    ValueError
        If a number is too small, or the cells are odd.

    Examples
    --------
    >>> from pdesolve.batch import Resolution
    >>> Resolution(64, 12)
    Resolution(n_cells=64, n_steps=12)
    """

    n_cells: int = 160
    n_steps: int = 28

    def __post_init__(self) -> None:
        if self.n_cells < 16 or self.n_cells % 2:
            raise ValueError(f"n_cells must be even and at least 16, got {self.n_cells}")
        if self.n_steps < 4:
            raise ValueError(f"n_steps must be at least 4, got {self.n_steps}")

    def grids(self) -> tuple[ScaledGrid, ScaledGrid]:
        """Return the coarse and the fine grid, in scaled coordinates."""
        coarse = scaled_grid(self.n_cells, self.n_steps)
        return coarse, scaled_grid(2 * self.n_cells, 2 * self.n_steps)


DEFAULT_RESOLUTION = Resolution()


@dataclass(frozen=True, slots=True, eq=False)
class PriceSurfaces:
    """Values of ``c`` contracts at ``d`` dates on ``k`` spots.

    Attributes
    ----------
    contracts : Contracts
        What was valued.
    spots : (k,), (d, k) or (c, d, k) array
        In quote currency.
    times : (d,) array
        Years from today.
    values : (c, d, k) array
        Quote currency per unit of the underlying.
    deltas, gammas : (c, d, k) arrays
        First and second derivative of the value by spot.  Delta is NaN exactly at the kink of a
        payoff.
    errors : (c, d, k) array
        Estimated absolute error of ``values``, from what extrapolation changed: all of that for
        American contracts, usually some thirty times the error that is left, and a tenth of it for
        European ones, usually some ten times that error.
    """

    contracts: Contracts
    spots: Floats
    times: Floats
    values: Floats
    deltas: Floats
    gammas: Floats
    errors: Floats


def solve_many(
    contracts: Contracts | Frame,
    *,
    spots: ArrayLike,
    times: ArrayLike = (0.0,),
    resolution: Resolution = DEFAULT_RESOLUTION,
    scheme: Scheme = Scheme.TR_BDF2,
    threads: int = 1,
    progress: Telling = None,
) -> PriceSurfaces:
    """Value many contracts on spots and dates.

    Each contract is marched backward from its expiry on two grids in its own scaled coordinates,
    many contracts side by side in vector registers; the two results are extrapolated.  Early
    exercise is solved exactly in every step, with the exercise boundary between nodes.  Results
    are the same to the last bit for any order of the contracts, any batch and any number of
    threads.

    Parameters
    ----------
    contracts : Contracts or frame
        ``c`` contracts; a frame as `Contracts.from_frame` takes it.
    spots : (k,), (d, k) or (c, d, k) array-like
        In quote currency, positive; shared by all, by date, or by contract and date.
    times : (d,) array-like
        Years from today, zero or more.  At and after its expiry a contract is worth its payoff.
    resolution : Resolution
        Size of the grids.
    scheme : Scheme
        Time stepping.
    threads : int
        Threads that march blocks of contracts; the interpreter lock is released.
    progress : callable or False, optional
        Called with the number of blocks done and of all blocks, each time some are done.  By
        default work of more than a second shows a line on standard error, if that is a terminal.

    Returns
    -------
    PriceSurfaces

    Raises
    ------
    ValueError
        If a spot is not positive, a time is negative, or the shapes do not fit.

    References
    ----------
    Brennan and Schwartz, *J. Finance* 32 (1977); Bank et al., *IEEE Trans. CAD* 4 (1985);
    Rannacher, *Numer. Math.* 43 (1984); Pooley, Vetzal and Forsyth, *J. Comput. Finance* 6 (2003).

    Examples
    --------
    >>> from pdesolve import Contracts, solve_many
    >>> puts = Contracts("put", [90.0, 100.0], 0.5, 0.3, 0.04, 0.0, True)
    >>> surfaces = solve_many(puts, spots=[95.0, 100.0, 105.0], times=[0.0, 0.25])
    >>> surfaces.values[:, 0].round(3)
    array([[ 4.912,  3.463,  2.396],
           [10.009,  7.584,  5.646]])
    """
    if not isinstance(contracts, Contracts):
        contracts = Contracts.from_frame(contracts)
    at = arguments.not_negative("times", times)
    where = arguments.positive("spots", spots)
    if at.ndim != 1 or where.ndim == 0:
        raise ValueError(
            f"times must be a row and spots at least one, got shapes {at.shape} and {where.shape}"
        )
    everywhere = np.broadcast_to(where, (len(contracts), at.size, where.shape[-1]))
    out = np.zeros((4, *everywhere.shape))
    left = np.maximum(contracts.expiry[:, None] - at, 0.0)
    certain = (left == 0.0) | (contracts.volatility[:, None] == 0.0)
    if certain.any():
        _fill_certain(contracts, left, certain, everywhere, out)
        left = np.where(certain, 0.0, left)
    between, grids = two_sided(contracts), resolution.grids()
    if between.any():
        inner = lay_out(contracts, np.where(between[:, None], left, 0.0))
        left = np.where(between[:, None], 0.0, left)
        parts = cut(inner, grids, march_by_policy, threads)
    else:
        parts = []
    parts += cut(lay_out(contracts, left), grids, MARCHES[scheme], threads)
    run(parts, everywhere, out, threads=threads, progress=told(progress))
    return PriceSurfaces(contracts, where, at, *out)


def _fill_certain(
    contracts: Contracts, left: Floats, certain: NDArray[np.bool_], spots: Floats, out: Floats
) -> None:
    """Fill in values and deltas at expiry and of contracts without volatility."""
    c, d = np.nonzero(certain)
    spot = spots[c, d]
    strike, rate, dividend_yield, right = (
        np.broadcast_to(column[c, None], spot.shape)
        for column in (
            contracts.strike,
            contracts.rate,
            contracts.dividend_yield,
            contracts.right,
        )
    )
    at = np.broadcast_to(left[c, d, None], spot.shape)
    waits = exercisable(contracts)[c, None] & (at > 0.0)
    if waits.any():
        at = np.where(waits, best_exercise(spot, strike, at, rate, dividend_yield, right), at)
    out[:2, c, d] = certain_value(spot, strike, at, rate, dividend_yield, right)
