"""The options of an account, solved once per volatility move and kept as cubics of spot."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from margin.cells import bernstein_cells, interpolation_error
from margin.instrument import OptionContract, Solvable
from margin.knots import spot_knots
from margin.market import Market
from margin.piecewise import PiecewiseCubic, line, unchecked
from margin.solved_alone import Cells, levels_of, solved_alone, together
from margin.vol_move import VolMove, is_dated, moved
from pdesolve import Contracts, Exercise, solve_many

__all__ = ["Curves", "solve_contracts"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Solved options of one date as cubics on shared knots.

    ``knots`` (n + 1,) in quote currency; ``bernstein`` (v, l, n, 4) and ``error`` (v, l, n) per
    volatility move and contract, per unit of the underlying; ``alive`` (l,) tells which have not
    expired.  ``touched`` holds, by volatility move and contract, what a contract is worth at every
    spot once its barrier has been touched, where that has been watched.
    """

    knots: Floats
    bernstein: Floats
    error: Floats
    alive: NDArray[np.bool_]
    touched: dict[tuple[int, int], Cells] = field(default_factory=dict)

    def total(self, move: int, units: Floats) -> PiecewiseCubic:
        """Value of ``units`` (l,) of the contracts after volatility move ``move``."""
        held = np.flatnonzero(units)
        if held.size == 0:
            return line(0.0, 0.0, lowest=self.knots[0], highest=self.knots[-1])
        bernstein, error = self.bernstein[move], self.error[move]
        if 2 * held.size < units.size:
            bernstein, error, units = bernstein[held], error[held], units[held]
        cells = (units @ bernstein.reshape(units.size, -1)).reshape(-1, 4)
        return unchecked(self.knots, cells, np.abs(units) @ error)


def solve_contracts(
    contracts: tuple[Solvable, ...],
    market: Market,
    moves: tuple[VolMove, ...],
    dates: tuple[datetime, ...],
    spots: tuple[float, float],
) -> tuple[Curves, ...]:
    """Curves of every date over a range of spots.

    All moves that do not depend on the life left are solved in one batch for all dates; the others
    in one more batch, where every date is a contract of its own.  Claims, and options with an
    ex-date in their life, are solved one by one.
    """
    times = np.array([market.years(date) for date in dates])
    if times.min() < 0.0:
        raise ValueError(f"dates must not be before {market.asof}, got {min(dates)}")
    lives = np.array([market.years(contract.expiry) for contract in contracts])
    for contract, life in zip(contracts, lives, strict=True):
        if life <= 0.0:
            raise ValueError(f"{contract} expired before {market.asof}; remove the position")
    left = np.maximum(lives - times[:, None], 0.0)
    knots = _knots(contracts, market, left, *spots)
    batch = {index: one for index, one in enumerate(contracts) if together(one, market)}
    shape = len(moves), len(contracts), knots.shape[1] - 1
    curves = tuple(
        Curves(row, np.empty((*shape, 4)), np.empty(shape), alive > 0.0)
        for row, alive in zip(knots, left, strict=True)
    )
    if batch:
        book = _book(tuple(batch.values()), market)
        _fill_batch(curves, list(batch), book, moves, times)
    for index, contract in enumerate(contracts):
        if index not in batch:
            _fill_alone(curves, index, (contract, market), moves, dates)
    return curves


def _fill_batch(
    curves: tuple[Curves, ...],
    rows: list[int],
    book: Contracts,
    moves: tuple[VolMove, ...],
    times: Floats,
) -> None:
    """Solve vanilla options without an ex-date in their life, and put them in their places."""
    left = np.maximum(book.expiry - times[:, None], 0.0)
    knots = np.stack([each.knots for each in curves])
    values = np.empty((3, len(moves), len(book), times.size, knots.shape[1]))
    lasting = [i for i, move in enumerate(moves) if not is_dated(move)]
    dated = [i for i, move in enumerate(moves) if is_dated(move)]
    values[:, lasting] = _solve_lasting(book, [moves[i] for i in lasting], times, knots)
    if dated:
        values[:, dated] = _solve_dated(book, [moves[i] for i in dated], left, knots)
    for d, each in enumerate(curves):
        cells, error = _cells(knots[d], values[:, :, :, d], alive=left[d] > 0.0)
        each.bernstein[:, rows], each.error[:, rows] = cells, error


def _fill_alone(
    curves: tuple[Curves, ...],
    row: int,
    held: tuple[Solvable, Market],
    moves: tuple[VolMove, ...],
    dates: tuple[datetime, ...],
) -> None:
    """Solve one contract and put it in its place."""
    knots = np.stack([each.knots for each in curves])
    for m, move in enumerate(moves):
        for each, found in zip(curves, solved_alone(*held, move, dates, knots), strict=True):
            each.bernstein[m, row], each.error[m, row] = found.cells
            if found.touched is not None:
                each.touched[m, row] = found.touched


def _book(contracts: tuple[OptionContract, ...], market: Market) -> Contracts:
    """The contracts at their present volatilities and carry."""
    carry = [market.underlyings[c.underlying].carry(c.expiry, market.asof) for c in contracts]
    rates, yields = np.array(carry).reshape(-1, 2).T
    return Contracts(
        np.array([int(contract.right) for contract in contracts]),
        np.array([contract.strike for contract in contracts]),
        np.array([market.years(contract.expiry) for contract in contracts]),
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


def _knots(
    contracts: tuple[Solvable, ...], market: Market, left: Floats, lowest: float, highest: float
) -> Floats:
    """Knots of every date, equally many, (d, n + 1); ``left`` (d, l) are the lives left."""
    levels = [levels_of(contract) for contract in contracts]
    spots = np.array([level for row in levels for level in row])
    counts = [len(row) for row in levels]
    vols = np.array([market.volatility(contract) for contract in contracts])
    deviations = np.repeat(vols * np.sqrt(left), counts, axis=1)
    rows = [spot_knots(spots, row, lowest, highest) for row in deviations]
    most = max(row.size for row in rows) - 1
    for index, row in enumerate(rows):
        while row.size <= most:  # split the widest cells until the rows are equally long
            widest = np.argsort(-np.diff(np.log(row)))[: most + 1 - row.size]
            row = np.sort(np.append(row, np.sqrt(row[widest] * row[widest + 1])))
        rows[index] = row
    return np.stack(rows)


def _cells(knots: Floats, solved: Floats, *, alive: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Coefficients and errors of one date from values, slopes and errors (3, v, l, n + 1)."""
    values, deltas, errors = solved
    width = np.diff(knots)
    left, right = deltas[..., :-1], deltas[..., 1:]
    if not alive.all():  # payoffs: the slope of a cell is that of its chord
        chord = np.diff(values) / width
        left, right = (np.where(alive[:, None], slope, chord) for slope in (left, right))
    bernstein = bernstein_cells(knots, (values[..., :-1], left), (values[..., 1:], right))
    error = np.maximum(errors[..., :-1], errors[..., 1:])
    error += np.where(alive[:, None], interpolation_error(bernstein, width), 0.0)
    return bernstein, error
