"""The options of an account, solved once per volatility move and kept as cubics of spot."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from margin.instrument import OptionContract, Solvable
from margin.kernels.cells import option_cells
from margin.knots import spot_knots
from margin.market import Market
from margin.piecewise import PiecewiseCubic, line, unchecked
from margin.solved_alone import Cells, levels_of, solved_alone, together
from margin.vol_move import VolMove, is_dated, moved
from pdesolve import Contracts, Exercise, solve_by_date, solve_many

__all__ = ["Curves", "solve_contracts"]

Floats = NDArray[np.float64]
Columns = tuple[Floats, ...]


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
    n_curves = len(moves), len(contracts)
    batch = {index: one for index, one in enumerate(contracts) if together(one, market)}
    curves = tuple(
        Curves(
            row, np.empty((*n_curves, row.size - 1, 4)), np.empty((*n_curves, row.size - 1)), alive
        )
        for row, alive in zip(knots, left > 0.0, strict=True)
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
    knots = [each.knots for each in curves]
    lasting = [i for i, move in enumerate(moves) if not is_dated(move)]
    dated = [i for i, move in enumerate(moves) if is_dated(move)]
    solved = [(lasting, _solve_lasting(book, [moves[i] for i in lasting], times, knots))]
    if dated:
        solved.append((dated, _solve_dated(book, [moves[i] for i in dated], left, knots)))
    for which, dates in solved:
        for each, alive, columns in zip(curves, left > 0.0, dates, strict=True):
            cells, error = _cells(each.knots, columns, np.tile(alive, len(which)))
            shape = len(which), len(rows), error.shape[-1]
            places = np.ix_(which, rows)
            each.bernstein[places] = cells.reshape(*shape, 4)
            each.error[places] = error.reshape(shape)


def _fill_alone(
    curves: tuple[Curves, ...],
    row: int,
    held: tuple[Solvable, Market],
    moves: tuple[VolMove, ...],
    dates: tuple[datetime, ...],
) -> None:
    """Solve one contract and put it in its place."""
    knots = [each.knots for each in curves]
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


def _solve_lasting(
    book: Contracts, moves: list[VolMove], times: Floats, knots: list[Floats]
) -> list[Columns]:
    """Values, slopes and errors (v l, n + 1) by date, where a move is the same on all dates."""
    vols = np.concatenate([moved(move, book.volatility, book.expiry) for move in moves])
    solved = solve_by_date(_repeated(book, len(moves), vols), spots=knots, times=times)
    return [(date.values[:, 0], date.deltas[:, 0], date.errors[:, 0]) for date in solved]


def _solve_dated(
    book: Contracts, moves: list[VolMove], left: Floats, knots: list[Floats]
) -> list[Columns]:
    """Values, slopes and errors (v l, n + 1) by date, where a move depends on the life left."""
    n_dates, n_moves = left.shape[0], len(moves)
    lives = np.tile(left.T.ravel(), n_moves)  # moves, contracts, dates, the last the fastest
    base = np.repeat(book.volatility, n_dates)
    vols = np.concatenate([moved(move, base, left.T.ravel()) for move in moves])
    every = _repeated(book.take(np.repeat(np.arange(len(book)), n_dates)), n_moves, vols, lives)
    most = max(row.size for row in knots)
    rows = np.stack([np.pad(row, (0, most - row.size), mode="edge") for row in knots])
    where = np.tile(rows, (n_moves * len(book), 1))[:, None, :]
    solved = solve_many(every, spots=where)
    columns = (solved.values, solved.deltas, solved.errors)
    return [
        tuple(column[date::n_dates, 0, : row.size] for column in columns)
        for date, row in enumerate(knots)
    ]


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
) -> list[Floats]:
    """Knots of every date; ``left`` (d, l) are the lives left."""
    levels = [levels_of(contract) for contract in contracts]
    spots = np.array([level for row in levels for level in row])
    counts = [len(row) for row in levels]
    vols = np.array([market.volatility(contract) for contract in contracts])
    deviations = np.repeat(vols * np.sqrt(left), counts, axis=1)
    return [spot_knots(spots, row, lowest, highest) for row in deviations]


def _cells(knots: Floats, columns: Columns, alive: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Coefficients (l, n, 4) and errors (l, n) from values, slopes and errors (l, n + 1)."""
    error = np.empty((alive.size, knots.size - 1))
    cells = np.empty((*error.shape, 4))
    option_cells(knots, columns, alive, cells, error)
    return cells, error
