"""Many vanilla contracts at once: values on spots and dates from one batch of marches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.batch.blocks import MARCHES, Scheme, Spots, cut, march_by_policy, run
from pdesolve.batch.layout import exercisable, lay_out, two_sided
from pdesolve.batch.scaled_grid import ScaledGrid, scaled_grid
from pdesolve.certain import best_exercise, certain_value
from pdesolve.contracts import Contracts
from pdesolve.frames import Frame
from pdesolve.kernels.read import read_payoffs
from pdesolve.progress import Telling, told

__all__ = ["PriceSurfaces", "Resolution", "Scheme", "solve_by_date", "solve_many"]

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
    >>> from pdesolve.batch.many import Resolution
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
    shape = len(contracts), at.size, where.shape[-1]
    if where.ndim < 3:  # one row for all contracts
        row = np.broadcast_to(where, shape[1:]).reshape(-1)
        everywhere = np.broadcast_to(row, (shape[0], row.size))
    else:
        everywhere = np.broadcast_to(where, shape).reshape(shape[0], shape[1] * shape[2])
    starts = np.arange(at.size + 1) * shape[2]
    how = _How(resolution, scheme, threads, progress)
    out = _solved(contracts, (everywhere, starts), at, how)
    return PriceSurfaces(contracts, where, at, *out.reshape(4, *shape))


def solve_by_date(
    contracts: Contracts,
    *,
    spots: Sequence[ArrayLike],
    times: ArrayLike,
    resolution: Resolution = DEFAULT_RESOLUTION,
    threads: int = 1,
) -> tuple[PriceSurfaces, ...]:
    """Value many contracts on dates that each have spots of their own, in one batch.

    As `solve_many`, which wants equally many spots on all dates.

    Parameters
    ----------
    contracts : Contracts
        ``c`` contracts.
    spots : sequence of (k,) array-like
        One row per date, shared by all contracts, in quote currency, positive.
    times : (d,) array-like
        Years from today, zero or more.
    resolution : Resolution
        Size of the grids.
    threads : int
        Threads that march blocks of contracts.

    Returns
    -------
    tuple of PriceSurfaces
        One per date.

    Raises
    ------
    ValueError
        If a spot is not positive, a time is negative, or rows and times are not equally many.

    Examples
    --------
    >>> from pdesolve import Contracts
    >>> from pdesolve.batch.many import solve_by_date
    >>> put = Contracts("put", 100.0, 0.5, 0.3, 0.04, 0.0, True)
    >>> now, later = solve_by_date(put, spots=[[95.0, 100.0], [90.0]], times=[0.0, 0.25])
    >>> now.values.round(3), later.values.round(3)
    (array([[[10.009,  7.584]]]), array([[[11.478]]]))
    """
    at = arguments.not_negative("times", times)
    rows = [np.atleast_1d(arguments.positive("spots", row)) for row in spots]
    if at.shape != (len(rows),):
        raise ValueError(f"times must be one for each row of spots, got {at.size} and {len(rows)}")
    starts = np.cumsum([0, *(row.size for row in rows)])
    where = np.broadcast_to(np.concatenate(rows), (len(contracts), starts[-1]))
    how = _How(resolution, Scheme.TR_BDF2, threads, progress=False)
    out = _solved(contracts, (where, starts), at, how)
    return tuple(
        PriceSurfaces(contracts, row, at[d : d + 1], *out[:, :, None, first:last])
        for d, (row, first, last) in enumerate(zip(rows, starts, starts[1:], strict=False))
    )


class _How(NamedTuple):
    """How a batch is solved, as `solve_many` takes it."""

    resolution: Resolution
    scheme: Scheme
    threads: int
    progress: Telling


def _solved(contracts: Contracts, spots: Spots, at: Floats, how: _How) -> Floats:
    """Value, delta, gamma and error (4, c, k) at ``spots`` (c, k), date after date."""
    out = np.zeros((4, *spots[0].shape))
    left = np.maximum(contracts.expiry[:, None] - at, 0.0)
    certain = (left == 0.0) | (contracts.volatility[:, None] == 0.0)
    if certain.any():
        _fill_certain(contracts, left, certain, spots, out)
        left = np.where(certain, 0.0, left)
    between, grids = two_sided(contracts), how.resolution.grids()
    if between.any():
        inner = lay_out(contracts, np.where(between[:, None], left, 0.0))
        left = np.where(between[:, None], 0.0, left)
        parts = cut(inner, grids, march_by_policy, how.threads)
    else:
        parts = []
    parts += cut(lay_out(contracts, left), grids, MARCHES[how.scheme], how.threads)
    run(parts, spots, out, threads=how.threads, progress=told(how.progress))
    return out


def _fill_certain(
    contracts: Contracts, left: Floats, certain: NDArray[np.bool_], spots: Spots, out: Floats
) -> None:
    """Fill in values and deltas at expiry and of contracts without volatility."""
    read_payoffs(contracts.right, contracts.strike, left == 0.0, spots, out)
    for c, d in zip(*np.nonzero(certain & (left > 0.0)), strict=True):
        part = slice(spots[1][d], spots[1][d + 1])
        spot = spots[0][c, part]
        terms = (contracts.rate[c], contracts.dividend_yield[c], contracts.right[c])
        rate, dividend_yield, right = (np.full(spot.shape, term) for term in terms)
        strike, at = np.full(spot.shape, contracts.strike[c]), np.full(spot.shape, left[c, d])
        if exercisable(contracts)[c]:
            at = best_exercise(spot, strike, at, rate, dividend_yield, right)
        out[:2, c, part] = certain_value(spot, strike, at, rate, dividend_yield, right)
