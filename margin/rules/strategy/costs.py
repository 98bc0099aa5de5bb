"""What the columns of a program cost at spots: money, linear in the option values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin.rules.strategy.option_terms import OptionTerms
from margin.rules.strategy.program import Program
from margin.rules.strategy.stock_terms import StockTerms

__all__ = ["Costs", "costs_at", "kinks_of", "pair_lead"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Costs at ``k`` spots.

    Attributes
    ----------
    apart : (k,) array
        Requirement of the book with every lot by itself.
    low, high : (n, k) arrays
        What a unit of every column adds to it; they differ for straddles of which it is not known
        which side requires more.
    """

    apart: Floats
    low: Floats
    high: Floats


def pair_lead(program: Program, options: OptionTerms, spots: Floats, premiums: Floats) -> Floats:
    """How much more the call of each straddle requires than its put, per unit: (a, k).

    ``premiums`` (s, k) are values of the short lots.
    """
    short = program.book.short
    total = premiums + options.naked(short.right[:, None], short.strike[:, None], spots)
    calls, puts = program.columns.straddles
    found: Floats = total[calls] - total[puts]
    return found


def costs_at(
    program: Program,
    terms: tuple[OptionTerms, StockTerms],
    spots: Floats,
    premiums: tuple[Floats, Floats],
    lead: Floats,
) -> Costs:
    """Costs of all columns.

    Parameters
    ----------
    program : Program
        The columns.
    terms : OptionTerms and StockTerms
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
    short, long = program.book.short, program.book.long
    bare = short.multiplier[:, None] * options.naked(
        short.right[:, None], short.strike[:, None], spots
    )
    naked = bare + short.multiplier[:, None] * premiums[0]
    calls, puts = program.columns.straddles
    call_saved, put_saved = -bare[calls], -bare[puts]
    known = (np.where(lead > 0.0, put_saved, call_saved), lead != 0.0)
    loans = program.columns.loans
    lent = -(1.0 - options.long_rate) * long.multiplier[loans, None] * premiums[1][loans]
    level = np.ones((1, spots.size))
    rest = [
        *_with_stock(program, stock, spots, naked),
        lent,
        _boxes(program, options, premiums, naked),
        -naked[program.columns.spread_shorts[0]],
        np.zeros((program.columns.spread_longs.shape[1], spots.size)),
        program.columns.sets[:, None] * level,
    ]
    either = [
        np.where(known[1], known[0], choose(call_saved, put_saved))
        for choose in (np.minimum, np.maximum)
    ]
    low, high = (np.concatenate([pair, *rest]) for pair in either)
    alone = _stock_alone(program, stock, spots)
    return Costs(short.count @ naked + abs(program.book.shares) * alone, low, high)


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


def _boxes(
    program: Program, options: OptionTerms, premiums: tuple[Floats, Floats], naked: Floats
) -> Floats:
    """Costs of European long boxes: a share of the strikes' difference less their value."""
    short, long = program.book.short, program.book.long
    short_call, short_put, long_call, long_put = program.columns.boxes
    width = (short.strike[short_call] - short.strike[short_put])[:, None]
    value = premiums[1][long_call] + premiums[1][long_put]
    value = value - premiums[0][short_call] - premiums[0][short_put]
    required = long.multiplier[long_call, None] * (options.box_rate * width - value)
    found: Floats = required - naked[short_call] - naked[short_put]
    return found


def kinks_of(program: Program, terms: tuple[OptionTerms, StockTerms]) -> Floats:
    """Spots between which every cost is a line in the spot plus option values, ascending."""
    options, stock = terms
    book = program.book
    found = [options.kinks(book.short.right, book.short.strike)]
    if book.shares:
        found.append(stock.kinks(np.concatenate([book.short.strike, book.long.strike])))
    return np.unique(np.concatenate(found))
