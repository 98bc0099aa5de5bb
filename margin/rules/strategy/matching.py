"""Straddles from a solution that says only which shorts are the lesser side of one."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from margin.rules.strategy.program import Program

__all__ = ["matched"]

Floats = NDArray[np.float64]


def matched(program: Program, naked: Floats, values: Floats) -> Iterator[tuple[int, int, float]]:
    """Lesser side, greater side and count of every straddle of a solution.

    The dearest lesser sides choose first, since those that may be the greater side to one may be
    so to all that require less.

    Parameters
    ----------
    program : Program
        One with `Columns.lesser`.
    naked : (s,) array
        Requirement of one contract of every short lot by itself.
    values : (n,) array
        Of all columns.

    Yields
    ------
    tuple of int, int and float
        Short lots and contracts.
    """
    short = program.book.short
    saved, free = np.zeros(naked.size), short.count - _used(program, values)
    saved[program.columns.lesser] = program.columns.split(values)["lesser"]
    for lesser in sorted(np.flatnonzero(saved > 0.5), key=lambda lot: -naked[lot]):
        fits = (short.right != short.right[lesser]) & (free > 0.5)
        fits &= (short.multiplier == short.multiplier[lesser]) & (naked >= naked[lesser])
        for greater in np.flatnonzero(fits):
            count = min(saved[lesser], free[greater])
            if count > 0.5:
                saved[lesser] -= count
                free[greater] -= count
                yield int(lesser), int(greater), float(count)


def _used(program: Program, values: Floats) -> Floats:
    """Contracts of every short lot that all columns use: (s,)."""
    columns, parts = program.columns, program.columns.split(values)
    used = np.zeros(program.book.short.table.shape[1])
    for lots, count in (
        (columns.lesser, parts["lesser"]),
        (columns.covered, parts["covered"]),
        (columns.collars[0], parts["collars"]),
        (columns.boxes[0], parts["boxes"]),
        (columns.boxes[1], parts["boxes"]),
        (columns.spread_shorts[0], parts["spread_shorts"]),
    ):
        np.add.at(used, lots, count)
    return used
