"""A solution of the program at one spot, told group by group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin.rules.strategy.book import Book, Lots
from margin.rules.strategy.groups import Group, Member
from margin.rules.strategy.option_terms import OptionTerms
from margin.rules.strategy.program import Program
from margin.rules.strategy.spreads import Spread, spreads_of
from margin.rules.strategy.stock_terms import StockTerms

__all__ = ["Solution"]

Floats = NDArray[np.float64]

FAMILIES = {
    "straddles": "short straddle or strangle",
    "covered": "short option covered by stock",
    "hedges": "stock hedged by a long option",
    "collars": "stock between two options",
    "loans": "long option lent against",
    "boxes": "European long box",
}
SMALLEST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A solution of a program at one spot, told as groups."""

    program: Program
    terms: tuple[OptionTerms, StockTerms]
    spot: float
    premiums: tuple[Floats, Floats]
    counts: Mapping[str, Floats]
    costs: Mapping[str, Floats]

    def groups(self) -> Iterator[Group]:
        """Groups of several lots, then what is left by itself."""
        book = self.program.book
        left = [book.short.count.copy(), book.long.count.copy()]
        shares = book.shares
        for name in FAMILIES:
            for group, used, stock in self._family(name):
                for side, lot, count in used:
                    left[side][lot] -= count
                shares -= stock
                yield group
        for spread in spreads_of(self.program, self.counts):
            left[0][spread.shorts] -= spread.short_count
            left[1][spread.longs] -= spread.long_count
            yield self._spread(spread)
        yield from self._singles(left, shares)

    def _family(self, name: str) -> Iterator[tuple[Group, list[tuple[int, int, float]], float]]:
        """Groups of one family, the lots that each uses, and the stock."""
        book, columns = self.program.book, self.program.columns
        counts, costs = self.counts[name], self.costs[name]
        for index in np.flatnonzero(counts > 0.5):
            count = float(counts[index])
            lots = list(_members(columns, name, int(index)))
            used = [(side, lot, count) for side, lot in lots]
            first = (book.short, book.long)[lots[0][0]]
            size = float(first.multiplier[lots[0][1]])
            holds = name in ("covered", "hedges", "collars")
            stock = float(np.sign(book.shares)) * count * size if holds else 0.0
            apart = sum(count * self._naked(lot) for side, lot in lots if side == 0)
            apart += abs(stock) * self._alone()
            cost = apart + count * float(costs[index])
            withheld, lent = self._aside(name, lots, count)
            listed = [_member(book, side, lot, count) for side, lot in lots]
            if stock:
                listed.insert(0, ("shares", stock))
            group = Group(
                FAMILIES[name],
                tuple(listed),
                cost - withheld + lent,
                withheld,
                lent,
                apart - cost,
            )
            yield group, used, stock

    def _aside(self, name: str, lots: list[tuple[int, int]], count: float) -> tuple[float, float]:
        """What a group withholds of stock, and what it lends."""
        short, long = self.program.book.short, self.program.book.long
        if name == "loans":
            lot = lots[0][1]
            value = count * float(long.multiplier[lot] * self.premiums[1][lot])
            return 0.0, (1.0 - self.terms[0].long_rate) * value
        if name == "boxes":
            value = sum(
                (1.0 if side else -1.0) * float(self.premiums[side][lot]) for side, lot in lots
            )
            return 0.0, count * float(long.multiplier[lots[-1][1]]) * value
        if name == ("covered" if self.program.book.shares < 0.0 else "collars"):
            lot = lots[0][1]
            at = (np.array([x]) for x in (short.right[lot], short.strike[lot], self.spot))
            return count * float(short.multiplier[lot] * self.terms[1].withheld(*at)[0]), 0.0
        return 0.0, 0.0

    def _spread(self, spread: Spread) -> Group:
        """A set of covered shorts."""
        book = self.program.book
        naked = sum(
            float(n) * self._naked(int(lot))
            for lot, n in zip(spread.shorts, spread.short_count, strict=True)
        )
        members = [
            _member(book, side, int(lot), float(n))
            for side, lots, counts in (
                (0, spread.shorts, spread.short_count),
                (1, spread.longs, spread.long_count),
            )
            for lot, n in zip(lots, counts, strict=True)
        ]
        return Group(spread.name, tuple(members), spread.loss, 0.0, 0.0, naked - spread.loss)

    def _singles(self, left: list[Floats], shares: float) -> Iterator[Group]:
        """What is in no group of several lots."""
        book = self.program.book
        for side, name in ((0, "uncovered"), (1, "long, paid in full")):
            for lot in np.flatnonzero(left[side] > 0.5):
                count = float(left[side][lot])
                required = count * self._naked(int(lot)) if side == 0 else 0.0
                member = _member(book, side, int(lot), count)
                yield Group(name, (member,), required, 0.0, 0.0, 0.0)
        if abs(shares) > SMALLEST:
            yield Group("stock", (("shares", shares),), abs(shares) * self._alone(), 0.0, 0.0, 0.0)

    def _naked(self, lot: int) -> float:
        """Requirement of one contract of a short lot by itself."""
        short = self.program.book.short
        at = (np.array([x]) for x in (short.right[lot], short.strike[lot], self.spot))
        bare = float(self.terms[0].naked(*at)[0])
        return float(short.multiplier[lot]) * (bare + float(self.premiums[0][lot]))

    def _alone(self) -> float:
        """Requirement of one share by itself."""
        stock, spots = self.terms[1], np.array([self.spot])
        below = self.program.book.shares < 0.0
        return float((stock.short_stock(spots) if below else stock.long_stock(spots))[0])


def _members(columns: object, name: str, index: int) -> Iterator[tuple[int, int]]:
    """Side (0 short, 1 long) and lot of everything that a column groups."""
    lots = getattr(columns, name)
    sides = {
        "straddles": (0, 0),
        "covered": (0,),
        "hedges": (1,),
        "collars": (0, 1),
        "loans": (1,),
        "boxes": (0, 0, 1, 1),
    }[name]
    for side, lot in zip(sides, np.atleast_2d(lots)[:, index], strict=True):
        yield side, int(lot)


def _member(book: Book, side: int, lot: int, count: float) -> Member:
    """A lot by its name, and how many contracts of it."""
    lots: Lots = (book.short, book.long)[side]
    return str(lots.contracts[lot]), count if side else -count
