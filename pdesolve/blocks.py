"""Blocks of lanes: marched on both grids, extrapolated and read, some at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.kernels.batch import crank_nicolson, tr_bdf2
from pdesolve.kernels.lanes import WIDTH
from pdesolve.kernels.policy import tr_bdf2_policy
from pdesolve.kernels.read import BLOCK, ELAPSED, LANE, dense_columns, read_columns
from pdesolve.layout import Layout
from pdesolve.scaled_grid import ScaledGrid

__all__ = ["MARCHES", "Part", "Progress", "Scheme", "cut", "march_by_policy", "run"]

Floats = NDArray[np.float64]
Grids = tuple[ScaledGrid, ScaledGrid]
March = Callable[[ScaledGrid, Floats, Floats, Floats], None]
"""Fills floors and levels of blocks from their terms, on a grid."""
Progress = Callable[[int, int], None]
"""Is told how many blocks are done, and of how many."""

# Crank-Nicolson steps taken as two implicit half steps (Rannacher); two let gamma ring.
DAMPING_STEPS = 4
# Levels kept at once by one thread, in bytes: a few blocks with all their levels.
LEVEL_BYTES = 2**25
# Blocks marched in one call of a kernel, so that calls cost nothing and threads share evenly.
MOST_BLOCKS = 16


class Scheme(Enum):
    """Time stepping of a march, both of second order.

    ``CRANK_NICOLSON`` starts with damped steps (Rannacher); ``TR_BDF2`` joins a Crank–Nicolson and
    a BDF2 stage in every step, which damps throughout and extrapolates better.
    """

    CRANK_NICOLSON = "crank_nicolson"
    TR_BDF2 = "tr_bdf2"


class Part(NamedTuple):
    """Some blocks, with the jobs that read them and the march that fills them."""

    terms: Floats
    jobs: Floats
    grids: Grids
    march: March


def march_by_crank_nicolson(
    grid: ScaledGrid, terms: Floats, floors: Floats, levels: Floats
) -> None:
    """Crank–Nicolson with a damped start."""
    room = np.empty((2, grid.nodes.size, WIDTH))
    crank_nicolson(grid, DAMPING_STEPS, terms, floors, levels, room)


def march_by_tr_bdf2(grid: ScaledGrid, terms: Floats, floors: Floats, levels: Floats) -> None:
    """TR-BDF2, exercise below one boundary."""
    tr_bdf2(grid, terms, floors, levels, np.empty((3, grid.nodes.size, WIDTH)))


def march_by_policy(grid: ScaledGrid, terms: Floats, floors: Floats, levels: Floats) -> None:
    """TR-BDF2, exercise wherever it pays."""
    tr_bdf2_policy(grid, terms, floors, levels, np.empty((5, grid.nodes.size, WIDTH)))


MARCHES = {
    Scheme.CRANK_NICOLSON: march_by_crank_nicolson,
    Scheme.TR_BDF2: march_by_tr_bdf2,
}


def cut(layout: Layout, grids: Grids, march: March) -> list[Part]:
    """Cut a layout into parts, each small enough to keep its levels."""
    per_block = sum(grid.times.size * grid.nodes.size for grid in grids) * WIDTH * 8
    size = max(1, min(MOST_BLOCKS, LEVEL_BYTES // per_block))
    parts = []
    for start in range(0, len(layout.terms), size):
        terms = layout.terms[start : start + size]
        first, last = np.searchsorted(layout.jobs[BLOCK], [start, start + size])
        jobs = layout.jobs[:, first:last].copy()
        jobs[BLOCK] -= start
        parts.append(Part(terms, jobs, grids, march))
    return parts


def run(
    parts: list[Part],
    spots: Floats,
    out: Floats,
    *,
    threads: int,
    progress: Progress | None = None,
) -> None:
    """Fill ``out`` (4, c, d, k) from all parts at ``spots`` (c, d, k)."""
    n_blocks, done = sum(len(part.terms) for part in parts), 0
    solve = partial(_march_and_read, spots=spots, out=out)
    with ThreadPoolExecutor(threads) as pool:
        results = map(solve, parts) if threads == 1 else pool.map(solve, parts)
        for part, _ in zip(parts, results, strict=True):
            done += len(part.terms)
            if progress is not None:
                progress(done, n_blocks)


def _march_and_read(part: Part, spots: Floats, out: Floats) -> None:
    """Fill in what the jobs of one part ask for."""
    (coarse, _), (fine, free) = (_columns(grid, part) for grid in part.grids)
    spacing = part.grids[1].stretch, part.grids[1].step
    read_columns(spacing, part.terms, part.jobs, coarse, fine, free, spots, out)


def _columns(grid: ScaledGrid, part: Part) -> tuple[Floats, NDArray[np.int64]]:
    """March blocks on one grid and take the values at its nodes for each job, (j, n + 1).

    With them the first node of each column that is above the floor, (j,).
    """
    terms, jobs, n_nodes = part.terms, part.jobs, grid.nodes.size
    dense = bool(np.any(jobs[ELAPSED] < 1.0))
    floors = np.empty((len(terms), n_nodes, WIDTH))
    levels = np.empty((len(terms), grid.times.size if dense else 1, n_nodes, WIDTH))
    part.march(grid, terms, floors, levels)
    block, lane = jobs[BLOCK].astype(np.int64), jobs[LANE].astype(np.int64)
    if dense:
        columns = np.empty((jobs.shape[1], n_nodes))
        dense_columns(grid, terms, jobs, floors, levels, np.empty((11, n_nodes)), columns)
    else:
        columns = np.ascontiguousarray(levels[block, 0, :, lane])
    above = columns > floors[block, :, lane]
    free = np.where(above.any(axis=1), above.argmax(axis=1), n_nodes)
    return columns, free
