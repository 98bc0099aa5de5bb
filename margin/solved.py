"""The options of an account, solved once per volatility move and kept as cubics of spot."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from margin.instrument import OptionContract
from margin.knots import spot_knots
from margin.market import Market
from margin.piecewise import PiecewiseCubic, line
from margin.vol_move import VolMove, is_dated, moved
from pdesolve import Contracts, Exercise, solve_many

__all__ = ["Curves", "solve_contracts"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Solved options of one date as cubics on shared knots.

    ``knots`` (n + 1,) in quote currency; ``bernstein`` (v, l, n, 4) and ``error`` (v, l, n) per
    volatility move and contract, per unit of the underlying; ``alive`` (l,) tells which have not
    expired.
    """

    knots: Floats
    bernstein: Floats
    error: Floats
    alive: NDArray[np.bool_]

    def total(self, move: int, units: Floats) -> PiecewiseCubic:
        """Value of ``units`` (l,) of the contracts after volatility move ``move``."""
        held = np.flatnonzero(units)
        if held.size == 0:
            return line(0.0, 0.0, lowest=self.knots[0], highest=self.knots[-1])
        cells = np.tensordot(units[held], self.bernstein[move, held], axes=1)
        error = np.abs(units[held]) @ self.error[move, held]
        return PiecewiseCubic(self.knots, cells, error)


def solve_contracts(
    contracts: tuple[OptionContract, ...],
    market: Market,
    moves: tuple[VolMove, ...],
    dates: tuple[datetime, ...],
    spots: tuple[float, float],
) -> tuple[Curves, ...]:
    """Curves of every date over a range of spots.

    All moves that do not depend on the life left are solved in one batch for all dates; the others
    in one more batch, where every date is a contract of its own.
    """
    times = np.array([market.years(date) for date in dates])
    if times.min() < 0.0:
        raise ValueError(f"dates must not be before {market.asof}, got {min(dates)}")
    book = _book(contracts, market)
    left = np.maximum(book.expiry - times[:, None], 0.0)
    knots = _knots(book.strike, book.volatility * np.sqrt(left), *spots)
    values = np.empty((3, len(moves), len(contracts), times.size, knots.shape[1]))
    if contracts:
        lasting = [i for i, move in enumerate(moves) if not is_dated(move)]
        dated = [i for i, move in enumerate(moves) if is_dated(move)]
        values[:, lasting] = _solve_lasting(book, [moves[i] for i in lasting], times, knots)
        if dated:
            values[:, dated] = _solve_dated(book, [moves[i] for i in dated], left, knots)
    return tuple(
        _curves(knots[d], values[:, :, :, d], alive=left[d] > 0.0) for d in range(times.size)
    )


def _book(contracts: tuple[OptionContract, ...], market: Market) -> Contracts:
    """The contracts at their present volatilities and carry."""
    years = np.array([market.years(contract.expiry) for contract in contracts])
    for contract, left in zip(contracts, years, strict=True):
        if left <= 0.0:
            raise ValueError(f"{contract} expired before {market.asof}; remove the position")
    carry = [market.underlyings[c.underlying].carry(c.expiry, market.asof) for c in contracts]
    rates, yields = np.array(carry).reshape(-1, 2).T
    return Contracts(
        np.array([int(contract.right) for contract in contracts]),
        np.array([contract.strike for contract in contracts]),
        years,
        np.array([market.volatility(contract) for contract in contracts]),
        rates,
        yields,
        np.array([contract.exercise is Exercise.AMERICAN for contract in contracts], dtype=bool),
    )


def _solve_lasting(book: Contracts, moves: list[VolMove], times: Floats, knots: Floats) -> Floats:
    """Values, slopes and errors (3, v, l, d, n + 1) where a move is the same on all dates."""
    vols = np.concatenate([moved(move, book.volatility, book.expiry) for move in moves])
    solved = solve_many(_repeated(book, len(moves), vols), spots=knots, times=times)
    shape = (3, len(moves), len(book), times.size, knots.shape[1])
    return np.stack([solved.values, solved.deltas, solved.errors]).reshape(shape)


def _solve_dated(book: Contracts, moves: list[VolMove], left: Floats, knots: Floats) -> Floats:
    """Values, slopes and errors (3, v, l, d, n + 1) where a move depends on the life left."""
    n_dates, n_moves = left.shape[0], len(moves)
    lives = np.tile(left.T.ravel(), n_moves)  # moves, contracts, dates, the last the fastest
    base = np.repeat(book.volatility, n_dates)
    vols = np.concatenate([moved(move, base, left.T.ravel()) for move in moves])
    every = _repeated(book.take(np.repeat(np.arange(len(book)), n_dates)), n_moves, vols, lives)
    where = np.tile(knots, (n_moves * len(book), 1))[:, None, :]
    solved = solve_many(every, spots=where)
    shape = (3, n_moves, len(book), n_dates, knots.shape[1])
    return np.stack([solved.values, solved.deltas, solved.errors]).reshape(shape)


def _repeated(
    book: Contracts, times: int, volatility: Floats, expiry: Floats | None = None
) -> Contracts:
    """The contracts several times over, with other volatilities and lives."""
    every = book.take(np.tile(np.arange(len(book)), times))
    return Contracts(
        every.right,
        every.strike,
        every.expiry if expiry is None else expiry,
        volatility,
        every.rate,
        every.dividend_yield,
        every.american,
    )


def _knots(strikes: Floats, deviations: Floats, lowest: float, highest: float) -> Floats:
    """Knots of every date, equally many, (d, n + 1)."""
    rows = [spot_knots(strikes, row, lowest, highest) for row in deviations]
    most = max(row.size for row in rows) - 1
    for index, row in enumerate(rows):
        while row.size <= most:  # split the widest cells until the rows are equally long
            widest = np.argsort(-np.diff(np.log(row)))[: most + 1 - row.size]
            row = np.sort(np.append(row, np.sqrt(row[widest] * row[widest + 1])))
        rows[index] = row
    return np.stack(rows)


def _curves(knots: Floats, solved: Floats, *, alive: NDArray[np.bool_]) -> Curves:
    """Cubics of one date from values, slopes and errors (3, v, l, n + 1) at its knots."""
    values, deltas, errors = solved
    width = np.diff(knots)
    left, right = deltas[..., :-1], deltas[..., 1:]
    if not alive.all():  # payoffs: the slope of a cell is that of its chord
        chord = np.diff(values) / width
        left, right = (np.where(alive[:, None], slope, chord) for slope in (left, right))
    ends = values[..., :-1], values[..., 1:]
    bernstein = np.stack(
        [ends[0], ends[0] + left * width / 3.0, ends[1] - right * width / 3.0, ends[1]], -1
    )
    error = np.maximum(errors[..., :-1], errors[..., 1:])
    error += np.where(alive[:, None], _interpolation_error(bernstein, width), 0.0)
    return Curves(knots, bernstein, error, alive)


def _interpolation_error(bernstein: Floats, width: Floats) -> Floats:
    """Distance of cubics with exact ends and slopes from the function, ``h**4 max |f''''| / 384``.

    The fourth derivative is that between the third derivatives of neighbouring cells.
    """
    b0, b1, b2, b3 = np.moveaxis(bernstein, -1, 0)
    third = 6.0 * ((b3 - b0) - 3.0 * (b2 - b1)) / width**3
    between = np.abs(np.diff(third)) / (0.5 * (width[1:] + width[:-1]))
    ends = np.concatenate([between[..., :1], between, between[..., -1:]], axis=-1)
    bound: Floats = np.maximum(ends[..., :-1], ends[..., 1:]) * width**4 / 384.0
    return bound
