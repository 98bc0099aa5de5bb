"""Many vanilla contracts at once: values on spots and dates from one batch of marches."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.certain import best_exercise, certain_value
from pdesolve.contracts import Contracts
from pdesolve.scaled_grid import ScaledGrid, scaled_grid
from pdesolve.kernels.batch import crank_nicolson, tr_bdf2
from pdesolve.kernels.lanes import WIDTH
from pdesolve.kernels.read import BLOCK, ELAPSED, LANE, dense_columns, read_columns
from pdesolve.layout import Layout, exercisable, lay_out, two_sided

__all__ = ["PriceSurfaces", "Resolution", "Scheme", "solve_many"]

Floats = NDArray[np.float64]

DAMPING_STEPS = 2  # Crank-Nicolson steps taken as two implicit half steps (Rannacher)
# Levels kept at once by one thread, in bytes: a few blocks with all their levels.
LEVEL_BYTES = 2**25
MOST_BLOCKS = (
    16  # marched in one call of a kernel, so that calls cost nothing and threads share evenly
)


class Scheme(Enum):
    """Time stepping of a march, both of second order.

    ``CRANK_NICOLSON`` starts with damped steps (Rannacher); ``TR_BDF2`` joins a Crank–Nicolson and
    a BDF2 stage in every step, which damps throughout and extrapolates better.
    """

    CRANK_NICOLSON = "crank_nicolson"
    TR_BDF2 = "tr_bdf2"


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
    contracts: Contracts,
    *,
    spots: ArrayLike,
    times: ArrayLike = (0.0,),
    resolution: Resolution = DEFAULT_RESOLUTION,
    scheme: Scheme = Scheme.TR_BDF2,
    threads: int = 1,
) -> PriceSurfaces:
    """Value many contracts on spots and dates.

    Each contract is marched backward from its expiry on two grids in its own scaled coordinates,
    `WIDTH` contracts side by side in vector registers; the two results are extrapolated.  Early
    exercise is solved exactly in every step, with the exercise boundary between nodes.  Results
    are the same to the last bit for any order of the contracts, any batch and any number of
    threads.

    Parameters
    ----------
    contracts : Contracts
        ``c`` contracts.
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

    Returns
    -------
    PriceSurfaces

    Raises
    ------
    ValueError
        If a spot is not positive, a time is negative, the shapes do not fit, or an American
        contract has two exercise boundaries (a put with ``q < r < 0``, a call with ``r < q < 0``).

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
    at = arguments.not_negative("times", times)
    where = arguments.positive("spots", spots)
    if at.ndim != 1 or where.ndim == 0:
        raise ValueError(
            f"times must be a row and spots at least one, got shapes {at.shape} and {where.shape}"
        )
    everywhere = np.broadcast_to(where, (len(contracts), at.size, where.shape[-1]))
    _refuse_two_sided(contracts)
    out = np.zeros((4, *everywhere.shape))
    left = np.maximum(contracts.expiry[:, None] - at, 0.0)
    certain = (left == 0.0) | (contracts.volatility[:, None] == 0.0)
    _fill_certain(contracts, left, certain, everywhere, out)
    layout = lay_out(contracts, np.where(certain, 0.0, left))
    _march_and_read(layout, resolution.grids(), scheme, threads, everywhere, out)
    return PriceSurfaces(contracts, where, at, *out)


def _refuse_two_sided(contracts: Contracts) -> None:
    both = two_sided(contracts)
    if both.any():
        c = int(np.argmax(both))
        raise ValueError(
            "rate and dividend_yield must leave one exercise boundary, "
            f"got {contracts.rate[c]} and {contracts.dividend_yield[c]} at position {c}, "
            "for which early exercise pays only between two"
        )


def _fill_certain(
    contracts: Contracts, left: Floats, certain: NDArray[np.bool_], spots: Floats, out: Floats
) -> None:
    """Fill in values and deltas at expiry and of contracts without volatility."""
    early = exercisable(contracts)
    for c, d in zip(*np.nonzero(certain), strict=True):
        spot = spots[c, d]
        terms = [
            np.full(spot.shape, column[c])
            for column in (contracts.rate, contracts.dividend_yield, contracts.right)
        ]
        strike, at = np.full(spot.shape, contracts.strike[c]), np.full(spot.shape, left[c, d])
        if early[c]:
            at = best_exercise(spot, strike, at, *terms)
        out[:2, c, d] = certain_value(spot, strike, at, *terms)


def _march_and_read(
    layout: Layout,
    grids: tuple[ScaledGrid, ScaledGrid],
    scheme: Scheme,
    threads: int,
    spots: Floats,
    out: Floats,
) -> None:
    """Fill ``out`` from marches of some blocks at a time."""

    def work(part: slice) -> None:
        first, last = np.searchsorted(layout.jobs[BLOCK], [part.start, part.stop])
        jobs = layout.jobs[:, first:last].copy()
        jobs[BLOCK] -= part.start
        dense = bool(np.any(jobs[ELAPSED] < 1.0))
        terms = layout.terms[part]
        (coarse, _), (fine, free) = (
            _columns(grid, scheme, terms, jobs, dense=dense) for grid in grids
        )
        read_columns(grids[1], terms, jobs, coarse, fine, free, spots, out)

    parts = _parts(len(layout.terms), grids)
    if threads == 1:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))


def _columns(
    grid: ScaledGrid, scheme: Scheme, terms: Floats, jobs: Floats, *, dense: bool
) -> tuple[Floats, NDArray[np.int64]]:
    """March blocks on one grid and take the values at its nodes for each job, (j, n + 1).

    With them the first node of each column that is above the floor, (j,).
    """
    n_nodes = grid.nodes.size
    floors = np.empty((len(terms), n_nodes, WIDTH))
    levels = np.empty((len(terms), grid.times.size if dense else 1, n_nodes, WIDTH))
    room = np.empty((3, n_nodes, WIDTH))
    if scheme is Scheme.CRANK_NICOLSON:
        crank_nicolson(grid, DAMPING_STEPS, terms, floors, levels, room)
    else:
        tr_bdf2(grid, terms, floors, levels, room)
    block, lane = jobs[BLOCK].astype(np.int64), jobs[LANE].astype(np.int64)
    columns = np.ascontiguousarray(levels[block, -1, :, lane])
    if dense:
        dense_columns(grid, terms, jobs, floors, levels, np.empty((2, n_nodes)), columns)
    free = np.sum(columns <= floors[block, :, lane], axis=1)
    return columns, free


def _parts(n_blocks: int, grids: tuple[ScaledGrid, ScaledGrid]) -> list[slice]:
    """Return runs of blocks, each small enough to keep its levels."""
    per_block = sum(grid.times.size * grid.nodes.size for grid in grids) * WIDTH * 8
    size = max(1, min(MOST_BLOCKS, LEVEL_BYTES // per_block))
    return [slice(first, min(first + size, n_blocks)) for first in range(0, n_blocks, size)]
