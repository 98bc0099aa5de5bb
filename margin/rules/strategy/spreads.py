"""The covered sets of a grouping, with no more longs than each needs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin.kernels.pairing import BOXES, SPREAD_LONGS, SPREAD_SHORTS
from margin.kernels.spread_loss import largest_loss, trim
from margin.rules.strategy.book import Lots
from margin.rules.strategy.program import Program

__all__ = ["Spread", "spreads_of"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Of the largest loss, what is rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Shorts of one expiry and the longs that cover them: lots and contracts, and the loss."""

    name: str
    shorts: Indices
    short_count: Floats
    longs: Indices
    long_count: Floats
    loss: float


def spreads_of(program: Program, values: Floats) -> Iterator[Spread]:
    """The sets that a solution covers, calls and puts apart where that costs the same."""
    columns, book = program.columns, program.book
    ends, members = program.ends, program.members
    bounds = ends[[BOXES, SPREAD_SHORTS, SPREAD_LONGS]].tolist()
    for index in range(columns.sets.size):
        counts = np.zeros(len(book.short.contracts)), np.zeros(len(book.long.contracts))
        for count, start, end in zip(counts, bounds[:-1], bounds[1:], strict=True):
            here = members[start:end, 1] == index
            count[members[start:end, 0][here]] = values[start:end][here]
        if not counts[0].any():
            continue
        given = program.given[0, program.given[1] == index]
        counts[1][given] = book.long.count[given]
        for part in _divided(program, counts):
            yield _trimmed(program, part)


def _divided(program: Program, counts: tuple[Floats, Floats]) -> list[tuple[Floats, Floats]]:
    """Calls and puts of a set apart, if both are short and that costs the same."""
    book = program.book
    right = book.short.right[counts[0] > 0.0]
    sides = [side for side in (1.0, -1.0) if (right == side).any()]
    kept = [
        (counts[0] * (book.short.right == side), counts[1] * (book.long.right == side))
        for side in sides
    ]
    tables = book.short.table, book.long.table
    whole = largest_loss(*tables, counts)
    apart = sum(largest_loss(*tables, part) for part in kept)
    return kept if apart <= whole + ROUNDING * max(1.0, whole) else [counts]


def _trimmed(program: Program, counts: tuple[Floats, Floats]) -> Spread:
    """The set without the longs that it does not need."""
    short, long = program.book.short, program.book.long
    loss = trim(short.table, long.table, counts, ROUNDING)
    shorts, longs = counts[0].nonzero()[0], counts[1].nonzero()[0]
    name = _name(short, long, shorts, longs)
    return Spread(name, shorts, counts[0][shorts], longs, counts[1][longs], loss)


def _name(short: Lots, long: Lots, shorts: Indices, longs: Indices) -> str:
    """What a desk calls the set."""
    n_legs = shorts.size + longs.size
    if n_legs == 2:
        if short.expiry[shorts[0]] == long.expiry[longs[0]]:
            return "vertical"
        return "calendar" if short.strike[shorts[0]] == long.strike[longs[0]] else "diagonal"
    rights = {*short.right[shorts].tolist(), *long.right[longs].tolist()}
    if n_legs == 3 and len(rights) == 1:
        return "butterfly"
    if n_legs == 4:
        return "condor" if len(rights) == 1 else "iron spread or box"
    return f"spread of {n_legs} legs"
