"""An account as strategy rules see it: lots of short and long options, and stock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from margin.account import Position
from margin.instrument import Asset, Instrument, OptionContract, Settlement
from margin.kernels import pairing
from pdesolve import Exercise

__all__ = ["Book", "Lots", "book_of", "premiums_of"]

Floats = NDArray[np.float64]
# Rows of a table of lots.
ROWS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Lots:
    """Options of one side, one lot per contract and multiplier.

    Attributes
    ----------
    contracts : tuple of OptionContract
        What is held.
    table : (8, l) array
        One row per constant of `margin.kernels.pairing`.  Lots of one series may be spread against
        one another: they share multiplier, exercise and settlement.
    """

    contracts: tuple[OptionContract, ...]
    table: Floats

    @property
    def right(self) -> Floats:
        """1 for calls and -1 for puts, (l,)."""
        row: Floats = self.table[pairing.RIGHT]
        return row

    @property
    def strike(self) -> Floats:
        """Strikes in quote currency, (l,)."""
        row: Floats = self.table[pairing.STRIKE]
        return row

    @property
    def count(self) -> Floats:
        """Contracts, a positive whole number, (l,)."""
        row: Floats = self.table[pairing.COUNT]
        return row

    @property
    def multiplier(self) -> Floats:
        """Units of the underlying per contract, (l,)."""
        row: Floats = self.table[pairing.MULTIPLIER]
        return row

    @property
    def expiry(self) -> Floats:
        """Rank of the expiry among all expiries of the book, (l,)."""
        row: Floats = self.table[pairing.EXPIRY]
        return row


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """Short lots, long lots and shares; opposite positions in one instrument are netted."""

    short: Lots
    long: Lots
    shares: float


Key = tuple[OptionContract, float]


def book_of(positions: Iterable[Position]) -> Book:
    """The lots of positions on one underlying.

    Raises
    ------
    ValueError
        If a position is neither an option nor stock, is inverse, or not a whole number of
        contracts; or two underlyings are held.
    """
    held: dict[Key, float] = {}
    shares = 0.0
    names: dict[str, Instrument] = {}
    for position in positions:
        instrument, units = position.instrument, position.quantity
        if not units:
            continue
        names.setdefault(instrument.underlying, instrument)
        if isinstance(instrument, Asset):
            shares += units * position.multiplier
        else:
            key = _key(position)
            held[key] = held.get(key, 0.0) + units
    if len(names) > 1:
        raise ValueError(
            f"positions must be on one underlying, got {' and '.join(map(str, names.values()))}; "
            "a strategy rule groups each underlying in an account of its own"
        )
    lots = list(held.items())
    expiries = sorted({contract.expiry for (contract, _), _ in lots})
    ranks = {expiry: rank for rank, expiry in enumerate(expiries)}
    series: dict[tuple[object, ...], int] = {}
    sides = [
        _lots([(*key, abs(n)) for key, n in lots if sign * n > 0.0], ranks, series)
        for sign in (-1.0, 1.0)
    ]
    return Book(sides[0], sides[1], shares)


def _key(position: Position) -> Key:
    """Contract and multiplier of a position in options, which is checked."""
    contract = position.instrument
    if not isinstance(contract, OptionContract):
        raise ValueError(
            f"a strategy rule knows options and stock, got {contract}; "
            "keep it in an account under a scenario rule"
        )
    if contract.settlement is Settlement.INVERSE:
        raise ValueError(
            f"{contract} must be settled in quote currency, got {contract.settlement.value}; "
            "use a scenario rule for contracts that pay coin"
        )
    if not float(position.quantity).is_integer():
        raise ValueError(
            f"quantity of {contract} must be whole, got {position.quantity:g}; "
            "listed contracts are not divided, put the size into the multiplier"
        )
    return contract, position.multiplier


def _lots(
    held: Sequence[tuple[OptionContract, float, float]],
    ranks: Mapping[datetime, int],
    series: dict[tuple[object, ...], int],
) -> Lots:
    """Lots of contract, multiplier and count; ``series`` numbers what may be spread together."""
    rows = [
        (
            one.right.value,
            one.strike,
            count,
            multiplier,
            ranks[one.expiry],
            series.setdefault((multiplier, one.exercise.value, one.settlement.value), len(series)),
            one.exercise is Exercise.EUROPEAN,
            one.settlement is Settlement.CASH,
        )
        for one, multiplier, count in held
    ]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), ROWS)
    return Lots(tuple(one for one, _, _ in held), np.ascontiguousarray(table.T))


def premiums_of(lots: Lots, prices: Mapping[OptionContract, float], asof: datetime) -> Floats:
    """Price of every lot per unit, in quote currency.

    Raises
    ------
    ValueError
        If a contract has expired, or has no price or one that is none.
    """
    found = np.empty(len(lots.contracts))
    for index, contract in enumerate(lots.contracts):
        if contract.expiry <= asof:
            raise ValueError(f"{contract} expired before {asof}; remove the position")
        price = prices.get(contract)
        if price is None:
            raise ValueError(
                f"{contract} has no market price; give one per unit of the underlying in prices"
            )
        if not (isinstance(price, Real) and 0.0 <= price < inf):
            raise ValueError(f"price of {contract} must be finite and not negative, got {price!r}")
        found[index] = price
    return found
