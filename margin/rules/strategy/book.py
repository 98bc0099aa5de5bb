"""An account as strategy rules see it: lots of short and long options, and stock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.account import Position
from margin.instrument import Asset, OptionContract, Settlement

__all__ = ["Book", "Lots", "book_of", "premiums_of"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Lots:
    """Options of one side, one lot per contract and multiplier: arrays (l,).

    Attributes
    ----------
    contracts : tuple of OptionContract
        What is held.
    right, strike : array
        1 for calls and -1 for puts; strikes in quote currency.
    count, multiplier : array
        Contracts, a positive whole number, and units of the underlying per contract.
    expiry : array of int
        Rank of the expiry among all expiries of the book.
    series : array of int
        Equal for lots that one spread may hold: same multiplier, exercise and settlement.
    """

    contracts: tuple[OptionContract, ...]
    right: Floats
    strike: Floats
    count: Floats
    multiplier: Floats
    expiry: Indices
    series: Indices


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
    names: dict[str, str] = {}
    for position in positions:
        instrument, units = position.instrument, position.quantity
        if not units:
            continue
        names.setdefault(instrument.underlying, str(instrument))
        if isinstance(instrument, Asset):
            shares += units * position.multiplier
        else:
            key = _key(position)
            held[key] = held.get(key, 0.0) + units
    if len(names) > 1:
        raise ValueError(
            f"positions must be on one underlying, got {' and '.join(names.values())}; "
            "a strategy rule groups each underlying in an account of its own"
        )
    expiries = sorted({contract.expiry for contract, _ in held})
    ranks = {expiry: rank for rank, expiry in enumerate(expiries)}
    series: dict[tuple[object, ...], int] = {}
    sides = [
        _lots({key: sign * n for key, n in held.items() if sign * n > 0.0}, ranks, series)
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
    held: Mapping[Key, float], ranks: Mapping[datetime, int], series: dict[tuple[object, ...], int]
) -> Lots:
    """Lots of one side; ``series`` numbers what may be spread against one another."""
    kinds = [(multiplier, one.exercise, one.settlement) for one, multiplier in held]
    return Lots(
        contracts=tuple(contract for contract, _ in held),
        right=np.array([float(contract.right) for contract, _ in held]),
        strike=np.array([contract.strike for contract, _ in held]),
        count=np.array(list(held.values()), dtype=np.float64),
        multiplier=np.array([multiplier for _, multiplier in held], dtype=np.float64),
        expiry=np.array([ranks[contract.expiry] for contract, _ in held], dtype=np.intp),
        series=np.array([series.setdefault(kind, len(series)) for kind in kinds], dtype=np.intp),
    )


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
        if contract not in prices:
            raise ValueError(
                f"{contract} has no market price; give one per unit of the underlying in prices"
            )
        found[index] = price = _check.finite(f"price of {contract}", prices[contract])
        if price < 0.0 or not isfinite(price):
            raise ValueError(f"price of {contract} must not be negative, got {price}")
    return found
