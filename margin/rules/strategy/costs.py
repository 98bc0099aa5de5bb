"""What the columns of a program cost at spots: money, linear in the option values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin.rules.strategy.option_terms import Terms
from margin.rules.strategy.program import Program
from margin.rules.strategy.stock_terms import StockTerms

__all__ = ["Costs", "costs_at", "kinks_of", "pair_lead", "uncovered"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Costs at ``k`` spots.

    Attributes
    ----------
    naked : (s, k) array
        Requirement of one contract of every short lot by itself.
    alone : (k,) array
        Requirement of one share by itself.
    apart : (k,) array
        Requirement of the book with every lot by itself.
    low, high : (n, k) arrays
        What a unit of every column adds to it; they differ for straddles of which it is not known
        which side requires more.
    """

    naked: Floats
    alone: Floats
    apart: Floats
    low: Floats
    high: Floats


def uncovered(program: Program, options: Terms, spots: Floats, premiums: Floats) -> Floats:
    """Requirement of a unit of every short lot by itself: (s, k).

    ``premiums`` (s, k) are values of the short lots per unit.
    """
    short = program.book.short
    return options.uncovered(short.right[:, None], short.strike[:, None], spots, premiums)


def pair_lead(program: Program, options: Terms, spots: Floats, premiums: Floats) -> Floats:
    """How much more the call of each straddle requires than its put, per unit: (a, k).

    ``premiums`` (s, k) are values of the short lots.
    """
    calls, puts = program.columns.straddles
    if not calls.size:
        return np.zeros((0, spots.size))
    total = uncovered(program, options, spots, premiums)
    found: Floats = total[calls] - total[puts]
    return found


def costs_at(
    program: Program,
    terms: tuple[Terms, StockTerms],
    spots: Floats,
    premiums: tuple[Floats, Floats],
    lead: Floats,
) -> Costs:
    """Costs of all columns.

    Parameters
    ----------
    program : Program
        The columns.
    terms : OptionTerms or CashTerms, and StockTerms
        What is required.
    spots : (k,) array
        In quote currency.
    premiums : (s, k) and (l, k) arrays
        Values of the short and the long lots per unit.
    lead : (a, k) array
        Sign tells which side of each straddle requires more: the call if positive, the put if
        negative; 0 if that is not known.
    """
    options, stock = terms
    columns, short = program.columns, program.book.short
    naked = uncovered(program, options, spots, premiums[0])
    naked *= short.multiplier[:, None]
    bare = naked - short.multiplier[:, None] * premiums[0]
    pairs = _straddles(columns.straddles, bare, lead)
    rest = [-bare[columns.lesser]]
    if program.book.shares:
        rest += _with_stock(program, stock, spots, naked)
    rest += _lent(program, options, premiums, naked)
    rest += [
        -naked[columns.spread_shorts[0]],
        np.zeros((columns.spread_longs.shape[1], spots.size)),
        np.repeat(columns.sets[:, None], spots.size, axis=1),
    ]
    low = np.concatenate([pairs[0], *rest])
    high = low if pairs[0] is pairs[1] else np.concatenate([pairs[1], *rest])
    alone = _stock_alone(program, stock, spots) if program.book.shares else np.zeros(spots.size)
    apart = short.count @ naked + abs(program.book.shares) * alone
    return Costs(naked, alone, apart, low, high)


def _straddles(straddles: Indices, bare: Floats, lead: Floats) -> tuple[Floats, Floats]:
    """Least and largest costs of pairs: what the side that requires less does, without its value.

    They are one array where it is known everywhere which side that is.
    """
    calls, puts = straddles
    call_saved, put_saved = -bare[calls], -bare[puts]
    known = np.where(lead > 0.0, put_saved, call_saved)
    if lead.all():
        return known, known
    low, high = np.minimum(call_saved, put_saved), np.maximum(call_saved, put_saved)
    return np.where(lead != 0.0, known, low), np.where(lead != 0.0, known, high)


def _stock_alone(program: Program, stock: StockTerms, spots: Floats) -> Floats:
    """Requirement of one share by itself: (k,)."""
    return stock.long_stock(spots) if program.book.shares > 0.0 else stock.short_stock(spots)


def _with_stock(program: Program, stock: StockTerms, spots: Floats, naked: Floats) -> list[Floats]:
    """Costs of shorts covered by stock, of hedges of stock, and of collars."""
    short, long = program.book.short, program.book.long
    covered, hedges = program.columns.covered, program.columns.hedges
    over, under = program.columns.collars
    alone = _stock_alone(program, stock, spots)
    above, strike = short.strike[over, None], long.strike[under, None]
    held = stock.withheld(short.right[over, None], above, spots)
    if program.book.shares > 0.0:
        with_short = stock.covered_call(short.strike[covered, None], spots)
        with_long = stock.married_put(long.strike[hedges, None], spots)
        between = stock.collar(strike, above, spots) + held
    else:
        strikes = short.strike[covered, None]
        kept = stock.withheld(short.right[covered, None], strikes, spots)
        with_short = stock.covered_put(strikes, spots) + kept
        with_long = stock.protective_call(long.strike[hedges, None], spots)
        between = stock.reverse_conversion(strike, spots)
    return [
        short.multiplier[covered, None] * (with_short - alone) - naked[covered],
        long.multiplier[hedges, None] * (with_long - alone),
        short.multiplier[over, None] * (between - alone) - naked[over],
    ]


def _lent(
    program: Program, options: Terms, premiums: tuple[Floats, Floats], naked: Floats
) -> list[Floats]:
    """Costs of long options that are lent against, and of European long boxes.

    A box requires a share of the strikes' difference less its value.
    """
    short, long = program.book.short, program.book.long
    loans = program.columns.loans
    lent = -(1.0 - options.long_rate) * long.multiplier[loans, None] * premiums[1][loans]
    short_call, short_put, long_call, long_put = program.columns.boxes
    if not short_call.size:
        return [lent]
    width = (short.strike[short_call] - short.strike[short_put])[:, None]
    value = premiums[1][long_call] + premiums[1][long_put]
    value = value - premiums[0][short_call] - premiums[0][short_put]
    required = long.multiplier[long_call, None] * (options.box_rate * width - value)
    return [lent, required - naked[short_call] - naked[short_put]]


def kinks_of(program: Program, terms: tuple[Terms, StockTerms]) -> Floats:
    """Spots between which every cost is a line in the spot plus option values, ascending."""
    options, stock = terms
    book = program.book
    found = [options.kinks(book.short.right, book.short.strike)]
    if book.shares:
        found.append(stock.kinks(np.concatenate([book.short.strike, book.long.strike])))
    return np.unique(np.concatenate(found))
