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
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from margin.rules.strategy.book import Book, Lots
from pdesolve import Exercise

__all__ = ["Columns", "Program", "lent_lots", "program_of"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What the columns stand for, family after family; indices of lots, arrays of one row each.

    Attributes
    ----------
    straddles : (2, a) array
        Short call and short put that are margined as a pair.
    covered : (b,) array
        Shorts that are covered by stock.
    hedges : (c,) array
        Longs that hedge stock.
    collars : (2, d) array
        Short and long on either side of stock.
    loans : (e,) array
        Longs that are lent against.
    boxes : (4, f) array
        Short call, short put, long call and long put of a European long box.
    spread_shorts, spread_longs : (2, g) and (2, h) arrays
        Lot and set of the shorts and longs of spreads.
    sets : (i,) array
        Money per unit of the largest loss of each set.
    """

    straddles: Indices
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
        ends = np.cumsum(self.sizes).tolist()
        names = Columns.__dataclass_fields__
        return {
            name: values[start:end]
            for name, start, end in zip(names, [0, *ends], ends, strict=False)
        }


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Columns, rows ``matrix x <= bounds``: (m, n) and (m,), and the book they stand for.

    ``given`` (2, j) are lot and set of the longs that have no other use than one set.
    """

    book: Book
    columns: Columns
    given: Indices
    matrix: Floats
    bounds: Floats


def lent_lots(long: Lots, months: int, asof: datetime) -> NDArray[np.bool_]:
    """Which long lots expire more than so many calendar months from now."""
    years, month = divmod(asof.month - 1 + months, 12)
    first = asof.replace(year=asof.year + years, month=month + 1, day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    limit = first.replace(day=min(asof.day, last.day))
    return np.array([contract.expiry > limit for contract in long.contracts], dtype=bool)


def program_of(book: Book, lent: NDArray[np.bool_]) -> Program:
    """The program of a book; ``lent`` tells which long lots may be lent against."""
    columns, given = _columns(book, lent)
    starts = np.cumsum([0, *columns.sizes])
    at = dict(zip(Columns.__dataclass_fields__, starts.tolist(), strict=False))
    n_short, n_long = len(book.short.contracts), len(book.long.contracts)
    lots = np.zeros((n_short + n_long, int(starts[-1])))
    for name, rows in _uses(columns, n_short):
        lots[rows, at[name] + np.arange(rows.size)] += 1.0
    blocks = [lots, *_stock_row(book, columns, at, starts[-1])]
    bounds = [book.short.count, book.long.count, _stock_bound(book)[: len(blocks) - 1]]
    for block, limits in _spread_rows(book, columns, given, at):
        blocks.append(block)
        bounds.append(limits)
    matrix = np.concatenate(blocks)
    used = matrix.any(axis=1)
    return Program(book, columns, given, matrix[used], np.concatenate(bounds)[used])


def _uses(columns: Columns, n_short: int) -> Iterator[tuple[str, Indices]]:
    """Every use of a lot by a column of a family: its name and the rows used, column by column."""
    yield "straddles", columns.straddles[0]
    yield "straddles", columns.straddles[1]
    yield "covered", columns.covered
    yield "hedges", n_short + columns.hedges
    yield "collars", columns.collars[0]
    yield "collars", n_short + columns.collars[1]
    yield "loans", n_short + columns.loans
    yield "boxes", columns.boxes[0]
    yield "boxes", columns.boxes[1]
    yield "boxes", n_short + columns.boxes[2]
    yield "boxes", n_short + columns.boxes[3]
    yield "spread_shorts", columns.spread_shorts[0]
    yield "spread_longs", n_short + columns.spread_longs[0]


def _columns(book: Book, lent: NDArray[np.bool_]) -> tuple[Columns, Indices]:
    """All columns, and the longs that need none."""
    short, long = book.short, book.long
    side = np.sign(book.shares)
    sets, spread_shorts, spread_longs = _sets(book)
    hedges, boxes = np.flatnonzero(side * long.right < 0.0), _boxes(short, long)
    uses = np.bincount(spread_longs[0], minlength=len(long.contracts))
    for other in (hedges, boxes[2:].ravel(), np.flatnonzero(lent)):
        uses[other] += 2
    free = uses[spread_longs[0]] > 1
    columns = Columns(
        straddles=_straddles(short),
        covered=np.flatnonzero(side * short.right > 0.0),
        hedges=hedges,
        collars=_collars(book, side),
        loans=np.flatnonzero(lent),
        boxes=boxes,
        spread_shorts=spread_shorts,
        spread_longs=spread_longs[:, free],
        sets=sets,
    )
    return columns, spread_longs[:, ~free]


def _pairs(allowed: NDArray[np.bool_]) -> Indices:
    """Row and column of everything that is allowed, (2, n)."""
    return np.stack(np.nonzero(allowed))


def _straddles(short: Lots) -> Indices:
    """All pairs of a short call and a short put of one multiplier."""
    calls, puts = np.flatnonzero(short.right > 0.0), np.flatnonzero(short.right < 0.0)
    if not calls.size * puts.size:
        return np.empty((2, 0), dtype=np.intp)
    found = _pairs(short.multiplier[calls][:, None] == short.multiplier[puts])
    return np.stack([calls[found[0]], puts[found[1]]])


def _collars(book: Book, side: float) -> Indices:
    """Short and long of one expiry and multiplier that hold stock between them.

    For long stock a put and a call at or above it; for short stock both at one strike.
    """
    short, long = book.short, book.long
    if not side:
        return np.empty((2, 0), dtype=np.intp)
    allowed = (short.expiry[:, None] == long.expiry) & (
        short.multiplier[:, None] == long.multiplier
    )
    allowed &= (side * short.right > 0.0)[:, None] & (side * long.right < 0.0)
    above = short.strike[:, None] - long.strike
    return _pairs(allowed & ((above >= 0.0) if side > 0.0 else (above == 0.0)))


def _boxes(short: Lots, long: Lots) -> Indices:
    """Long call and short put below, short call and long put above, all European."""
    european = [one.exercise is Exercise.EUROPEAN for one in short.contracts]
    if not any(european):
        return np.empty((4, 0), dtype=np.intp)
    same = (short.series[:, None] == long.series) & (short.expiry[:, None] == long.expiry)
    same &= np.array(european)[:, None] & (short.strike[:, None] == long.strike)
    lower = _pairs(same & (short.right < 0.0)[:, None] & (long.right > 0.0))
    upper = _pairs(same & (short.right > 0.0)[:, None] & (long.right < 0.0))
    low, high = lower[0][:, None], upper[0]
    fits = (short.series[low] == short.series[high]) & (short.expiry[low] == short.expiry[high])
    below, above = _pairs(fits & (short.strike[low] < short.strike[high]))
    return np.stack([upper[0][above], lower[0][below], lower[1][below], upper[1][above]])


def _sets(book: Book) -> tuple[Floats, Indices, Indices]:
    """Sets of spreads: money per unit of loss; lot and set of every short and long in them."""
    short, long = book.short, book.long
    kinds = sorted(set(zip(short.series.tolist(), short.expiry.tolist(), strict=True)))
    money: list[float] = []
    members: list[list[Indices]] = [[], []]
    for series, expiry in kinds:
        covers = np.flatnonzero((long.series == series) & (long.expiry >= expiry))
        rights = np.unique(long.right[covers])
        covered = np.flatnonzero(
            (short.series == series) & (short.expiry == expiry) & np.isin(short.right, rights)
        )
        if not covered.size:
            continue
        for found, lots in zip(members, (covered, covers), strict=True):
            found.append(np.stack([lots, np.full(lots.size, len(money))]))
        money.append(float(short.multiplier[covered[0]] * short.strike[covered].mean()))
    shorts, longs = (np.concatenate([np.empty((2, 0), np.intp), *part], axis=1) for part in members)
    return np.array(money), shorts, longs


def _stock_bound(book: Book) -> Floats:
    """Contracts that the stock covers; shares if contracts are of several sizes."""
    sizes = np.unique(np.concatenate([book.short.multiplier, book.long.multiplier]))
    if sizes.size == 1:
        return np.floor(abs(book.shares) / sizes + 1e-9)
    return np.array([abs(book.shares)])


def _stock_row(book: Book, columns: Columns, at: dict[str, int], n_columns: int) -> list[Floats]:
    """The row that says how much stock is used, if a column uses any."""
    sizes = np.unique(np.concatenate([book.short.multiplier, book.long.multiplier]))
    row = np.zeros((1, n_columns))
    for name, lots, members in (
        ("covered", book.short, columns.covered),
        ("hedges", book.long, columns.hedges),
        ("collars", book.short, columns.collars[0]),
    ):
        units = lots.multiplier[members] if sizes.size > 1 else 1.0
        row[0, at[name] + np.arange(members.size)] = units
    return [row] if row.any() else []


def _spread_rows(
    book: Book, columns: Columns, given: Indices, at: dict[str, int]
) -> Iterator[tuple[Floats, Floats]]:
    """Rows and bounds of every set: loss at each long strike, counts of calls and of puts."""
    for index, money in enumerate(columns.sets):
        uses_short = np.flatnonzero(columns.spread_shorts[1] == index)
        uses_long = np.flatnonzero(columns.spread_longs[1] == index)
        shorts, longs = columns.spread_shorts[0, uses_short], columns.spread_longs[0, uses_long]
        fixed = given[0, given[1] == index]
        strikes = np.unique(book.long.strike[np.concatenate([longs, fixed])])
        unit = money / book.short.multiplier[shorts[0]]
        rows = np.zeros((strikes.size + 2, sum(columns.sizes)))
        rows[:, at["spread_shorts"] + uses_short] = _paid(book.short, shorts, strikes, unit)
        rows[:, at["spread_longs"] + uses_long] = -_paid(book.long, longs, strikes, unit)
        rows[: strikes.size, at["sets"] + index] = -1.0
        yield rows, _paid(book.long, fixed, strikes, unit) @ book.long.count[fixed]


def _paid(lots: Lots, members: Indices, strikes: Floats, unit: float) -> Floats:
    """Payoff of lots at strikes in some unit, then whether it is a call and whether a put."""
    right = lots.right[members]
    payoff = np.maximum(right * (strikes[:, None] - lots.strike[members]), 0.0) / unit
    return np.concatenate([payoff, right[None] > 0.0, right[None] < 0.0])
