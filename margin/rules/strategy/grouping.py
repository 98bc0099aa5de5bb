"""The cheapest grouping of an account at one spot, group by group."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.account import Position
from margin.instrument import OptionContract
from margin.rules.strategy.book import Book, Lots, book_of, premiums_of
from margin.rules.strategy.cheapest import Cheapest
from margin.rules.strategy.costs import costs_at, pair_lead
from margin.rules.strategy.option_terms import OptionTerms
from margin.rules.strategy.program import Program, lent_lots, program_of
from margin.rules.strategy.spreads import Spread, spreads_of
from margin.rules.strategy.stock_terms import StockTerms

__all__ = ["Group", "Grouping", "group_positions"]

Floats = NDArray[np.float64]
Member = tuple[str, float]

FAMILIES = {
    "straddles": "short straddle or strangle",
    "covered": "short option covered by stock",
    "hedges": "stock hedged by a long option",
    "collars": "stock between two options",
    "loans": "long option lent against",
    "boxes": "European long box",
}
SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Group:
    """Lots that are margined together; amounts in quote currency.

    Attributes
    ----------
    name : str
        What kind of group it is.
    members : tuple of (str, float)
        Contracts, or stock, and how many; short is negative.
    requirement : float
        What the group requires.
    withheld : float
        Value of stock that does not count because an option against it is in the money.
    lent : float
        Value of long options that counts.
    saved : float
        How much less this takes from the excess than the same lots each by itself.
    """

    name: str
    members: tuple[Member, ...]
    requirement: float
    withheld: float
    lent: float
    saved: float

    def __str__(self) -> str:
        members = ", ".join(f"{count:+g} {member}" for member, count in self.members)
        return f"{self.name}: {members}: {self.requirement:,.2f}, saves {self.saved:,.2f}"


@dataclass(frozen=True, slots=True, repr=False)
class Grouping:
    """The cheapest grouping of an account at one spot, in the balance convention.

    Attributes
    ----------
    spot : float
        In quote currency.
    groups : tuple of Group
        What is grouped; amounts in quote currency.
    apart : float
        Requirement with every lot by itself.
    paid : float
        Value of all options, shorts negative: the net debit at which they could be opened now.
    left : float
        How much less another grouping might need, at most; 0 but for large books for which a gap
        was allowed.
    """

    spot: float
    groups: tuple[Group, ...]
    apart: float
    paid: float
    left: float = 0.0

    @property
    def requirement(self) -> float:
        """Sum of the requirements of the groups."""
        return sum(group.requirement for group in self.groups)

    @property
    def needed(self) -> float:
        """What the balance must hold: requirement and value withheld, less what is lent."""
        return sum(group.requirement + group.withheld - group.lent for group in self.groups)

    @property
    def deposit(self) -> float:
        """What opening the options now takes: what is needed and the net debit."""
        return self.needed + self.paid

    @property
    def saved(self) -> float:
        """How much less is needed than with every lot by itself."""
        return sum(group.saved for group in self.groups)

    def __repr__(self) -> str:
        lines = [f"requirement {self.requirement:,.2f} at a spot of {self.spot:,.10g}"]
        return "\n".join([*lines, *(f"  {group}" for group in self.groups)])


def group_positions(
    positions: Iterable[Position],
    prices: Mapping[OptionContract, float],
    terms: tuple[OptionTerms, StockTerms],
    *,
    spot: float,
    asof: datetime,
    gap: float = 0.0,
) -> Grouping:
    """The cheapest grouping of flat positions at given prices.

    Parameters
    ----------
    positions : iterable of Position
        Options and stock of one underlying, in any order.
    prices : mapping of OptionContract to float
        Market price of every option, per unit of the underlying in quote currency.
    terms : OptionTerms and StockTerms
        What is required.
    spot : float
        Price of the underlying, in quote currency.
    asof : datetime
        Now.
    gap : float
        Share of what grouping saves that the search may leave in a large book; 0 leaves nothing.

    Returns
    -------
    Grouping

    Raises
    ------
    ValueError
        If a position is of a kind that strategy rules do not know, an option has expired or has no
        price, or the positions are on several underlyings.
    """
    spot, asof = _check.positive("spot", spot), _check.instant("asof", asof)
    book = book_of(positions)
    premiums = premiums_of(book.short, prices, asof), premiums_of(book.long, prices, asof)
    program = program_of(book, lent_lots(book.long, terms[0].long_months, asof))
    spots, columns = np.array([spot]), (premiums[0][:, None], premiums[1][:, None])
    lead = pair_lead(program, terms[0], spots, columns[0])
    costs = costs_at(program, terms, spots, columns, lead)
    solver = Cheapest(program, _check.within("gap", gap, 0.0, 1.0))
    chosen = solver.solve(costs.low[:, 0])
    parts = program.columns.split(chosen), program.columns.split(costs.low[:, 0])
    groups = _Writer(program, terms, spot, premiums, *parts).groups()
    paid = sum(
        sign * float((lots.count * lots.multiplier) @ values)
        for sign, lots, values in ((-1.0, book.short, premiums[0]), (1.0, book.long, premiums[1]))
    )
    return Grouping(spot, tuple(groups), float(costs.apart[0]), paid, solver.left)


@dataclass(frozen=True, slots=True, eq=False)
class _Writer:
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
