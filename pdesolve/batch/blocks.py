"""Blocks of lanes: marched on both grids, extrapolated and read, some at a time."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.batch.layout import Layout
from pdesolve.batch.scaled_grid import ScaledGrid
from pdesolve.kernels.batch import crank_nicolson, tr_bdf2
from pdesolve.kernels.lanes import FIELD
from pdesolve.kernels.policy import tr_bdf2_policy
from pdesolve.kernels.read import BLOCK, ELAPSED, LANE, columns_at, read_columns
from pdesolve.progress import Progress

__all__ = ["MARCHES", "Part", "Scheme", "Spots", "cut", "march_by_policy", "run"]

Floats = NDArray[np.float64]
Lanes = NDArray[np.void]
Grids = tuple[ScaledGrid, ScaledGrid]
Spots = tuple[Floats, NDArray[np.int64]]
March = Callable[[ScaledGrid, Lanes, Lanes, Lanes], None]
"""Fills floors and levels of blocks from their terms, on a grid."""

# Crank-Nicolson steps taken as two implicit half steps (Rannacher); two let gamma ring.
DAMPING_STEPS = 4
# Nodes times steps times lanes of a part: a few milliseconds and, with all levels kept, 32 MB.  So
# calls cost nothing, an interrupt is prompt and threads share evenly.
PART_WORK = 2**22


class Scheme(Enum):
    """Time stepping of a march, both of second order.

    ``CRANK_NICOLSON`` starts with damped steps (Rannacher); ``TR_BDF2`` joins a Crank–Nicolson and
    a BDF2 stage in every step, which damps throughout and extrapolates better.
    """

    CRANK_NICOLSON = "crank_nicolson"
    TR_BDF2 = "tr_bdf2"


class Part(NamedTuple):
    """Some blocks, with the jobs that read them and the march that fills them."""

    terms: Lanes
    jobs: Floats
    grids: Grids
    march: March


def march_by_crank_nicolson(grid: ScaledGrid, terms: Lanes, floors: Lanes, levels: Lanes) -> None:
    """Crank–Nicolson with a damped start."""
    room = np.empty((2, grid.nodes.size), terms.dtype)
    crank_nicolson(grid, DAMPING_STEPS, terms, floors, levels, room)


def march_by_tr_bdf2(grid: ScaledGrid, terms: Lanes, floors: Lanes, levels: Lanes) -> None:
    """TR-BDF2, exercise below one boundary."""
    tr_bdf2(grid, terms, floors, levels, np.empty((3, grid.nodes.size), terms.dtype))


def march_by_policy(grid: ScaledGrid, terms: Lanes, floors: Lanes, levels: Lanes) -> None:
    """TR-BDF2, exercise wherever it pays."""
    tr_bdf2_policy(grid, terms, floors, levels, np.empty((5, grid.nodes.size), terms.dtype))


MARCHES = {
    Scheme.CRANK_NICOLSON: march_by_crank_nicolson,
    Scheme.TR_BDF2: march_by_tr_bdf2,
}


def cut(layout: Layout, grids: Grids, march: March, threads: int) -> list[Part]:
    """Cut a layout into parts of nearly equal size, each small enough to keep its levels."""
    n_blocks, width = len(layout.terms), layout.terms.dtype[FIELD].shape[0]
    work = n_blocks * width * sum(grid.times.size * grid.nodes.size for grid in grids)
    n_parts = min(n_blocks, threads * math.ceil(work / (threads * PART_WORK)))
    if n_parts == 1:
        return [Part(layout.terms, layout.jobs, grids, march)]
    edges = np.linspace(0, n_blocks, n_parts + 1).astype(int)
    firsts = np.searchsorted(layout.jobs[BLOCK], edges)
    parts = []
    for start, end, first, last in zip(edges, edges[1:], firsts, firsts[1:], strict=False):
        jobs = layout.jobs[:, first:last].copy()
        jobs[BLOCK] -= start
        parts.append(Part(layout.terms[start:end], jobs, grids, march))
    return parts


def run(parts: list[Part], spots: Spots, out: Floats, *, threads: int, progress: Progress) -> None:
    """Fill ``out`` (4, c, k) from all parts at spots (c, k) and where those of each date start."""
    n_blocks, done = sum(len(part.terms) for part in parts), 0
    solve = partial(_march_and_read, spots=spots, out=out)
    if threads == 1 or len(parts) == 1:
        for part in parts:
            solve(part)
            done += len(part.terms)
            progress(done, n_blocks)
        return
    pool = ThreadPoolExecutor(threads)
    try:
        for part, _ in zip(parts, pool.map(solve, parts), strict=True):
            done += len(part.terms)
            progress(done, n_blocks)
    finally:  # an interrupt waits for the parts at work, not for all
        pool.shutdown(cancel_futures=True)


def _march_and_read(part: Part, spots: Spots, out: Floats) -> None:
    """Fill in what the jobs of one part ask for."""
    (_, coarse), (free, fine) = (_columns(grid, part) for grid in part.grids)
    spacing = part.grids[1].stretch, part.grids[1].step
    read_columns(spacing, part.terms[FIELD], part.jobs, coarse, fine, free, spots, out)


def _columns(grid: ScaledGrid, part: Part) -> tuple[NDArray[np.int64], Floats]:
    """March on one grid: for each job the first node above the floor, and values at the nodes."""
    terms, jobs, n_nodes = part.terms, part.jobs, grid.nodes.size
    dense = bool((jobs[ELAPSED] < 1.0).any())
    floors = np.empty((len(terms), n_nodes), terms.dtype)
    levels = np.empty((len(terms), grid.times.size if dense else 1, n_nodes), terms.dtype)
    part.march(grid, terms, floors, levels)
    floor, (block, lane) = floors[FIELD], jobs[[BLOCK, LANE]].astype(np.int64)
    if dense:
        columns = np.empty((jobs.shape[1], n_nodes))
        columns_at(grid, terms[FIELD], jobs, floor, levels[FIELD], columns)
        above = columns > floor[block, :, lane]
        return np.where(above.any(axis=1), above.argmax(axis=1), n_nodes), columns
    last, place = levels[FIELD][:, 0], block * floor.shape[2] + lane
    above = last > floor
    free = np.where(above.any(axis=1), above.argmax(axis=1), n_nodes).reshape(-1)
    columns = last.transpose(0, 2, 1).reshape(-1, n_nodes)
    if not np.array_equal(place, np.arange(place.size)):  # some lanes have several jobs
        free, columns = free[place], columns[place]
    return free, columns
