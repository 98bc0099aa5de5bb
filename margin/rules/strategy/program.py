"""The cheapest grouping of a book as a linear program over whole numbers of contracts.

Start from every lot by itself: shorts uncovered, longs paid, stock alone.  A column is one more
contract (or pair, or hedge of stock) moved into a group, and costs what it adds to the requirement;
mostly it saves.  Then

    cost = alone(S) + min saving(S) x,   A x <= b, x >= 0 and whole,   b >= 0

where only the costs depend on the spot.  The rows say that no lot, and no share, is used twice.

**Spreads.**  Shorts of one series and expiry that are covered form one set with the longs given to
them, each of which expires no earlier.  One set is enough, since the largest loss of a union is at
most the sum of the largest losses.  It needs as many long calls as short ones, likewise puts, and

    W >= sum over shorts q (payoff at K) - sum over longs x (payoff at K)   for every long strike K.

No other price matters: between long strikes the loss is convex, and the two counts keep it from
growing beyond them.  Sets of other expiries stay apart, since their losses fall on different days.

**Straddles.**  Either every pair of a short call and a short put is a column, or, where the spot
is known and with it which shorts require more, every short has one column that makes it the lesser
side of some straddle: rows over nested sets of greater sides then say that there are enough.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from margin.kernels.pairing import CASH, EUROPEAN, FAMILIES, list_columns
from margin.kernels.pairing_rows import list_grain, list_rows
from margin.rules.strategy.admitted import Admitted
from margin.rules.strategy.book import Book, Lots

__all__ = ["Columns", "Program", "lent_lots", "program_of"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What the columns stand for, family after family; indices of lots, arrays of one row each.

    Attributes
    ----------
    straddles : (2, a) array
        Short call and short put that are margined as a pair.
    lesser : (b,) array
        Shorts that are the side of a straddle that requires less.
    covered : (c,) array
        Shorts that are covered by stock.
    hedges : (d,) array
        Longs that hedge stock.
    collars : (2, e) array
        Short and long on either side of stock.
    loans : (f,) array
        Longs that are lent against.
    boxes : (4, g) array
        Short call, short put, long call and long put of a European long box.
    spread_shorts, spread_longs : (2, h) and (2, i) arrays
        Lot and set of the shorts and longs of spreads.
    sets : (j,) array
        Money per unit of the largest loss of each set.
    """

    straddles: Indices
    lesser: Indices
    covered: Indices
    hedges: Indices
    collars: Indices
    loans: Indices
    boxes: Indices
    spread_shorts: Indices
    spread_longs: Indices
    sets: Floats

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many columns each family has."""
        return tuple(getattr(self, name).shape[-1] for name in Columns.__dataclass_fields__)

    def split(self, values: Floats) -> dict[str, Floats]:
        """Rows of all columns as rows of each family, by its name."""
        found, start = {}, 0
        for name, size in zip(Columns.__dataclass_fields__, self.sizes, strict=True):
            found[name] = values[start : start + size]
            start += size
        return found


# How many lots a column of each family names; a spread names a lot and a set.
WIDTHS = (2, 0, 0, 0, 2, 0, 4, 2, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Columns, rows ``matrix x <= bounds``: (m, n) and (m,), and the book they stand for.

    ``members`` (n, 4) and ``ends`` (9,) are the lots of every column and where families end, as in
    `margin.kernels.pairing`; ``grain`` (n + m,) are the units in which columns and what rows leave
    are whole, 0 where they need not be; ``given`` (2, j) are lot and set of the longs that have no
    other use than one set.
    """

    book: Book
    columns: Columns
    members: Indices
    ends: Indices
    given: Indices
    matrix: Floats
    bounds: Floats
    grain: Floats


def lent_lots(long: Lots, months: int, asof: datetime) -> NDArray[np.bool_]:
    """Which long lots expire more than so many calendar months from now."""
    years, month = divmod(asof.month - 1 + months, 12)
    first = asof.replace(year=asof.year + years, month=month + 1, day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    limit = first.replace(day=min(asof.day, last.day))
    return np.array([contract.expiry > limit for contract in long.contracts], dtype=bool)


def program_of(
    book: Book,
    lent: NDArray[np.bool_],
    admitted: Admitted,
    totals: Floats | None = None,
) -> Program:
    """The program of a book.

    Parameters
    ----------
    book : Book
        All lots.
    lent : (l,) array of bool
        Which long lots may be lent against.
    admitted : Admitted
        What may be grouped.
    totals : (s,) array, optional
        Requirement of a unit of every short lot by itself, in quote currency.  The program then
        has `Columns.lesser` in place of pairs, and holds at the spot of these totals only.

    Returns
    -------
    Program
    """
    short, long = book.short.table, book.long.table
    spreads = np.ones(short.shape[1], dtype=bool)
    if not admitted.any_spread:
        spreads = (short[EUROPEAN] > 0.0) & (short[CASH] > 0.0)
    choices = (
        float(np.sign(book.shares)),
        int(admitted.straddles and totals is None),
        int(admitted.straddles and totals is not None),
        int(not admitted.any_spread),
        int(admitted.lends),
    )
    lent = lent & admitted.lends
    members, ends, given, money = list_columns(short, long, lent, spreads, choices)
    totals = np.zeros(short.shape[1]) if totals is None else totals
    matrix, bounds = list_rows(short, long, members, ends, given, money, totals, book.shares)
    grain = list_grain(short, long, matrix, bounds, money)
    families: list[Any] = []
    start = 0
    for family in range(FAMILIES):
        rows, width = members[start : ends[family]], WIDTHS[family]
        families.append(rows[:, :width].T if width else rows[:, 0])
        start = ends[family]
    families.append(money)
    return Program(book, Columns(*families), members, ends, given[:, :2].T, matrix, bounds, grain)
