"""The covered sets of a grouping, with no more longs than each needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin.rules.strategy.book import Lots
from margin.rules.strategy.program import Program

__all__ = ["Spread", "largest_loss", "spreads_of"]

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


def largest_loss(short: Lots, long: Lots, counts: tuple[Floats, Floats]) -> float:
    """Largest loss at expiry of all lots in these numbers, in quote currency; premiums left out.

    It is infinite if there are fewer long calls than short ones.
    """
    held = np.concatenate([-counts[0] * short.multiplier, counts[1] * long.multiplier])
    right = np.concatenate([short.right, long.right])
    strike = np.concatenate([short.strike, long.strike])
    if held @ (right > 0.0) < 0.0:
        return float("inf")
    prices = np.append(strike, 0.0)[:, None]
    loss = -(np.maximum(right * (prices - strike), 0.0) @ held)
    return max(0.0, float(loss.max()))


def spreads_of(program: Program, parts: Mapping[str, Floats]) -> Iterator[Spread]:
    """The sets that a solution covers, calls and puts apart where that costs the same."""
    columns, book = program.columns, program.book
    for index in range(columns.sets.size):
        counts = np.zeros(len(book.short.contracts)), np.zeros(len(book.long.contracts))
        for family, name in enumerate(("spread_shorts", "spread_longs")):
            lots, sets = getattr(columns, name)
            counts[family][lots[sets == index]] = parts[name][sets == index]
        given = program.given[0, program.given[1] == index]
        counts[1][given] = book.long.count[given]
        if not counts[0].any():
            continue
        whole = largest_loss(book.short, book.long, counts)
        sides = [
            (counts[0] * (book.short.right == side), counts[1] * (book.long.right == side))
            for side in (1.0, -1.0)
        ]
        losses = [largest_loss(book.short, book.long, side) for side in sides]
        apart = sum(losses) <= whole + ROUNDING * max(1.0, whole)
        for part in sides if apart else [counts]:
            if part[0].any():
                yield _trimmed(program, part)


def _trimmed(program: Program, counts: tuple[Floats, Floats]) -> Spread:
    """The set without the longs that it does not need."""
    short, long = program.book.short, program.book.long
    loss = largest_loss(short, long, counts)
    for lot in np.flatnonzero(counts[1]):
        while counts[1][lot] > 0.0 and _covers(program, counts, int(lot), loss):
            counts[1][lot] -= 1.0
    shorts, longs = np.flatnonzero(counts[0]), np.flatnonzero(counts[1])
    name = _name(short, long, shorts, longs)
    return Spread(name, shorts, counts[0][shorts], longs, counts[1][longs], loss)


def _covers(program: Program, counts: tuple[Floats, Floats], lot: int, loss: float) -> bool:
    """Whether one contract less of a long lot covers the set as well."""
    short, long = program.book.short, program.book.long
    fewer = counts[1].copy()
    fewer[lot] -= 1.0
    right = long.right[lot]
    if fewer @ (long.right == right) < counts[0] @ (short.right == right):
        return False
    return largest_loss(short, long, (counts[0], fewer)) <= loss + ROUNDING * max(1.0, loss)


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
