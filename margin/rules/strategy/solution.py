"""A solution of the program at one spot, told group by group."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin.kernels.pairing import (
    BOXES,
    COLLARS,
    COVERED,
    HEDGES,
    LESSER,
    LOANS,
    LONGS,
    SHORTS,
    STRADDLES,
)
from margin.rules.strategy.groups import Group, Member
from margin.rules.strategy.matching import matched
from margin.rules.strategy.option_terms import Terms
from margin.rules.strategy.program import Program
from margin.rules.strategy.spreads import Spread, spreads_of
from margin.rules.strategy.stock_terms import StockTerms

__all__ = ["Solution"]

Floats = NDArray[np.float64]

NAMES = {
    STRADDLES: "short straddle or strangle",
    COVERED: "short option covered by stock",
    HEDGES: "stock hedged by a long option",
    COLLARS: "stock between two options",
    LOANS: "long option lent against",
    BOXES: "European long box",
}
WITH_STOCK = (COVERED, HEDGES, COLLARS)
SMALLEST = 1e-9
# Side, 0 for shorts and 1 for longs, and lot.
Lot = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A solution of a program at one spot, told as groups.

    ``premiums`` are values of the short and the long lots per unit, ``naked`` requirements of one
    contract of every short lot and ``alone`` of one share by itself; ``values`` and ``costs`` are
    those of all columns.
    """

    program: Program
    terms: tuple[Terms, StockTerms]
    spot: float
    premiums: tuple[Floats, Floats]
    naked: Floats
    alone: float
    values: Floats
    costs: Floats

    def groups(self) -> Iterator[Group]:
        """Groups of several lots, then what is left by itself."""
        book = self.program.book
        names = [[str(one) for one in lots.contracts] for lots in (book.short, book.long)]
        left = [book.short.count.copy(), book.long.count.copy()]
        shares = book.shares
        for family, lots, count, cost in self._grouped():
            for side, lot in lots:
                left[side][lot] -= count
            stock = 0.0
            if family in WITH_STOCK:
                side, lot = lots[0]
                size = float((book.short, book.long)[side].multiplier[lot])
                stock = float(np.sign(book.shares)) * count * size
                shares -= stock
            members = [(names[side][lot], count if side else -count) for side, lot in lots]
            if stock:
                members.insert(0, ("shares", stock))
            yield self._group(family, lots, (count, stock, cost), members)
        for spread in spreads_of(self.program, self.values):
            left[0][spread.shorts] -= spread.short_count
            left[1][spread.longs] -= spread.long_count
            yield self._spread(spread, names)
        yield from self._singles(left, shares, names)

    def _grouped(self) -> Iterator[tuple[int, list[Lot], float, float]]:
        """Family, lots, count and cost of every column of the solution but those of spreads."""
        members, ends = self.program.members, self.program.ends.tolist()
        for index in (self.values[: ends[BOXES]] > 0.5).nonzero()[0].tolist():
            family = bisect_right(ends, index)
            if family != LESSER:
                count, cost = float(self.values[index]), float(self.costs[index])
                yield family, _lots(family, members[index].tolist()), count, cost
        if ends[LESSER] > ends[STRADDLES]:
            for lesser, greater, count in matched(self.program, self.naked, self.values):
                of_call = ends[STRADDLES] + int(
                    np.flatnonzero(self.program.columns.lesser == lesser)[0]
                )
                yield STRADDLES, [(0, lesser), (0, greater)], count, float(self.costs[of_call])

    def _group(
        self,
        family: int,
        lots: list[Lot],
        amounts: tuple[float, float, float],
        members: list[Member],
    ) -> Group:
        """One group; amounts are its count, its shares, and what a unit adds to the requirement."""
        count, stock, cost = amounts
        apart = count * float(sum(self.naked[lot] for side, lot in lots if side == 0))
        apart += abs(stock) * self.alone
        needed = apart + count * cost
        withheld, lent = self._aside(family, lots, count)
        required = needed - withheld + lent
        return Group(NAMES[family], tuple(members), required, withheld, lent, apart - needed)

    def _aside(self, family: int, lots: list[Lot], count: float) -> tuple[float, float]:
        """What a group withholds of stock, and what it lends."""
        short, long = self.program.book.short, self.program.book.long
        if family == LOANS:
            lot = lots[0][1]
            value = count * float(long.multiplier[lot] * self.premiums[1][lot])
            return 0.0, (1.0 - self.terms[0].long_rate) * value
        if family == BOXES:
            value = sum(
                (1.0 if side else -1.0) * float(self.premiums[side][lot]) for side, lot in lots
            )
            return 0.0, count * float(long.multiplier[lots[-1][1]]) * value
        if family == (COVERED if self.program.book.shares < 0.0 else COLLARS):
            lot = lots[0][1]
            at = (np.array([x]) for x in (short.right[lot], short.strike[lot], self.spot))
            return count * float(short.multiplier[lot] * self.terms[1].withheld(*at)[0]), 0.0
        return 0.0, 0.0

    def _spread(self, spread: Spread, names: list[list[str]]) -> Group:
        """A set of covered shorts."""
        naked = float(spread.short_count @ self.naked[spread.shorts])
        members = [
            (names[side][lot], sign * count)
            for side, sign, lots, counts in (
                (0, -1.0, spread.shorts, spread.short_count),
                (1, 1.0, spread.longs, spread.long_count),
            )
            for lot, count in zip(lots.tolist(), counts.tolist(), strict=True)
        ]
        return Group(spread.name, tuple(members), spread.loss, 0.0, 0.0, naked - spread.loss)

    def _singles(
        self, left: list[Floats], shares: float, names: list[list[str]]
    ) -> Iterator[Group]:
        """What is in no group of several lots."""
        for side, name in ((0, "uncovered"), (1, "long, paid in full")):
            for lot in (left[side] > 0.5).nonzero()[0].tolist():
                count = float(left[side][lot])
                required = count * float(self.naked[lot]) if side == 0 else 0.0
                member = (names[side][lot], count if side else -count)
                yield Group(name, (member,), required, 0.0, 0.0, 0.0)
        if abs(shares) > SMALLEST:
            yield Group("stock", (("shares", shares),), abs(shares) * self.alone, 0.0, 0.0, 0.0)


def _lots(family: int, members: list[int]) -> list[Lot]:
    """Side and lot of everything that a column groups."""
    n_short = int(SHORTS[family])
    n_lots = n_short + int(LONGS[family])
    return [(int(index >= n_short), lot) for index, lot in enumerate(members[:n_lots])]
