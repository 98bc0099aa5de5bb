"""Contracts that are solved one by one: whose life holds an ex-date, and claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

import pdesolve
from margin.carry import years_between
from margin.cells import bernstein_cells, interpolation_error
from margin.claim_contract import ClaimContract
from margin.dividends import forward_line
from margin.instrument import OptionContract, Solvable
from margin.market import Market
from margin.vol_move import VolMove, is_dated, moved
from pdesolve import BlackScholes, Claim, Option, Payoff

if TYPE_CHECKING:
    from pdesolve import PriceSurface

__all__ = ["Alone", "Cells", "levels_of", "solved_alone", "surface_of", "together"]

Floats = NDArray[np.float64]

# Years after an event at which it has happened, and the step off a level to either side of it,
# relative: both far below what values change by.
INSTANT, BESIDE = 1e-9, 1e-10


class Cells(NamedTuple):
    """Coefficients (n, 4) of cubics between knots and a bound on their error (n,)."""

    bernstein: Floats
    error: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """A contract on one date after one volatility move.

    Attributes
    ----------
    cells : Cells
        Its value against spot; where a barrier has been watched, beyond it that of a touch.
    touched : Cells or None
        Its value if its barrier has been touched, at every spot; None where that is no question.
    """

    cells: Cells
    touched: Cells | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """A contract from a start on, and its surface; None for a payoff without kinks."""

    contract: Solvable
    start: datetime
    market: Market
    surface: "PriceSurface | None"


def together(contract: Solvable, market: Market) -> TypeGuard[OptionContract]:
    """Whether a contract is solved in the batch: a vanilla option without an ex-date in its life.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.dividends import Dividend
    >>> from margin.instrument import OptionContract
    >>> from margin.market import Market, Underlying
    >>> from margin.solved_alone import together
    >>> from pdesolve import Exercise, Right
    >>> now, ex, expiry = (datetime(2014, month, 7, tzinfo=UTC) for month in (6, 8, 10))
    >>> market = Market(now, {"AAPL": Underlying(94.0, dividends=(Dividend(ex, 0.47),))}, {})
    >>> together(OptionContract("AAPL", Right.PUT, 90.0, expiry, Exercise.AMERICAN), market)
    False
    """
    if isinstance(contract, ClaimContract):
        return False
    return not market.underlyings[contract.underlying].paying(market.asof, contract.expiry)


def levels_of(contract: Solvable) -> tuple[float, ...]:
    """Spots at which the value of a contract may bend or jump, ascending, in quote currency."""
    return contract.levels if isinstance(contract, ClaimContract) else (contract.strike,)


def surface_of(
    contract: Solvable,
    market: Market,
    start: datetime,
    vol: float,
    *,
    between: tuple[float, float] | None = None,
    tolerance: float | None = None,
) -> "PriceSurface":
    """The values of a contract from a start to its expiry, with the dividends ahead.

    Parameters
    ----------
    contract : OptionContract or ClaimContract
        With a kink or a barrier.
    market : Market
        Carry and dividends.
    start : datetime
        Before the expiry; times of the surface are years from it.
    vol : float
        A decimal per root year.
    between : tuple of float, optional
        The lowest and the highest spot that will be read, in quote currency.
    tolerance : float, optional
        As for `pdesolve.solve`.

    Returns
    -------
    pdesolve.PriceSurface
    """
    underlying = market.underlyings[contract.underlying]
    rate, dividend_yield = underlying.carry(contract.expiry, market.asof)
    ahead = tuple(
        pdesolve.Dividend(years_between(start, each.date), each.cash, each.share)
        for each in underlying.paying(start, contract.expiry)
    )
    model = BlackScholes(vol, rate, dividend_yield)
    return pdesolve.solve(
        _from(contract, start), model, dividends=ahead, between=between, tolerance=tolerance
    )


def solved_alone(
    contract: Solvable,
    market: Market,
    move: VolMove,
    dates: tuple[datetime, ...],
    knots: Sequence[Floats],
) -> list[Alone]:
    """Values of a contract against spot on every date after one volatility move.

    Parameters
    ----------
    contract : OptionContract or ClaimContract
        What is solved.
    market : Market
        Carry, dividends and its volatility.
    move : VolMove
        Of that volatility.
    dates : tuple of datetime
        ``d`` dates, none before the market's; what happens on one has happened.
    knots : sequence of (n + 1,) arrays
        Of each date, in quote currency, the levels of the contract among them.

    Returns
    -------
    list of Alone
        One per date.
    """
    job = _Job(market, move, market.volatility(contract), dates, knots)
    untouched = _cells(contract, job)
    barrier = contract.barrier if isinstance(contract, ClaimContract) else None
    if not isinstance(contract, ClaimContract) or barrier is None or barrier.touched:
        return [Alone(cells) for cells in untouched]
    touched = _touched_cells(contract, job)
    found = []
    for date, row, live, gone in zip(dates, knots, untouched, touched, strict=True):
        if not barrier.watched(market.asof, min(date, contract.expiry)):
            found.append(Alone(live))
            continue
        lower, upper = barrier.lower or 0.0, barrier.upper or np.inf
        middle = 0.5 * (row[1:] + row[:-1])
        inside = (middle > lower) & (middle < upper)
        bernstein = np.where(inside[:, None], live.bernstein, gone.bernstein)
        found.append(Alone(Cells(bernstein, np.where(inside, live.error, gone.error)), gone))
    return found


class _Job(NamedTuple):
    """What a contract is solved under, and where it is read; volatility before the move."""

    market: Market
    move: VolMove
    vol: float
    dates: tuple[datetime, ...]
    knots: Sequence[Floats]


def _touched_cells(contract: ClaimContract, job: _Job) -> list[Cells]:
    """Cells of a contract whose barrier is touched after now."""
    at_once = contract.settled_when_touched
    if at_once is None:
        return _cells(contract.touched(), job)
    sizes = [row.size - 1 for row in job.knots]
    return [Cells(np.full((size, 4), at_once), np.zeros(size)) for size in sizes]


def _cells(contract: Solvable, job: _Job) -> list[Cells]:
    """Cells of a contract on every date; a move by the life left is solved for each date alone."""
    found, lasting = [], None
    for date, row in zip(job.dates, job.knots, strict=True):
        if date >= contract.expiry:
            found.append(_settled(contract, row))
            continue
        start = date if is_dated(job.move) else job.market.asof
        if lasting is None or is_dated(job.move):
            life = years_between(start, contract.expiry)
            after = float(moved(job.move, np.array([job.vol]), np.array([life]))[0])
            lasting = _solved(contract, job, start, after)
        found.append(_read(lasting, date, row))
    return found


def _solved(contract: Solvable, job: _Job, start: datetime, vol: float) -> _Solved:
    """A contract solved from a start on."""
    market = job.market
    ends = float(min(row[0] for row in job.knots)), float(max(row[-1] for row in job.knots))
    claim = _from(contract, start)
    straight = isinstance(claim, Claim) and not claim.levels
    surface = None if straight else surface_of(contract, market, start, vol, between=ends)
    return _Solved(contract, start, market, surface)


def _from(contract: Solvable, start: datetime) -> Option | Claim:
    """A contract from a start on, in years from it."""
    if isinstance(contract, ClaimContract):
        return contract.claim(start)
    life = years_between(start, contract.expiry)
    return Option(contract.right, contract.strike, life, contract.exercise)


def _read(solved: _Solved, date: datetime, knots: Floats) -> Cells:
    """Cells of a contract before its expiry."""
    if solved.surface is None:
        return _straight(solved, date, knots)
    surface, time = solved.surface, years_between(solved.start, date)
    left = surface.contract.expiry - time
    if any(abs(left - each) < INSTANT for each in surface.problem.dates()):
        time += INSTANT
    levels = np.isin(knots, levels_of(solved.contract))
    above = np.where(levels, knots * (1.0 + BESIDE), knots)[:-1]
    below = np.where(levels, knots * (1.0 - BESIDE), knots)[1:]
    found = pdesolve.everywhere(surface, np.concatenate([above, below]), time)
    ends = tuple(np.split(row, 2) for row in (found.value, found.delta, found.error))
    (values, others), (slopes, last), errors = ends
    bernstein = bernstein_cells(knots, (values, slopes), (others, last))
    error = np.maximum(*errors) + interpolation_error(bernstein, np.diff(knots))
    return Cells(bernstein, error)


def _straight(solved: _Solved, date: datetime, knots: Floats) -> Cells:
    """Cells of a European claim whose payoff is one line: its forward, discounted."""
    contract, market = solved.contract, solved.market
    claim = _from(contract, date)
    assert isinstance(claim, Claim)
    underlying = market.underlyings[contract.underlying]
    rate, dividend_yield = underlying.carry(contract.expiry, market.asof)
    dividends, growth = underlying.dividends, rate - dividend_yield
    ahead, units = forward_line(dividends, date, contract.expiry, growth=growth)
    payoff, discount = claim.payoff, np.exp(-rate * claim.expiry)
    intercept = payoff.intercepts[0] + payoff.slopes[0] * ahead
    return _lines(
        knots,
        np.full(knots.size - 1, discount * intercept),
        np.full(knots.size - 1, discount * payoff.slopes[0] * units),
    )


def _settled(contract: Solvable, knots: Floats) -> Cells:
    """Cells of a contract that has expired: what it paid, piece by piece."""
    if isinstance(contract, ClaimContract):
        payoff = contract.claim(contract.expiry).payoff
    else:
        payoff = Payoff.vanilla(contract.right, contract.strike)
    piece = np.searchsorted(payoff.kinks, 0.5 * (knots[1:] + knots[:-1]), side="right")
    return _lines(knots, payoff.intercepts[piece], payoff.slopes[piece])


def _lines(knots: Floats, intercepts: Floats, slopes: Floats) -> Cells:
    """Cells that are straight, without error."""
    values = [intercepts + slopes * ends for ends in (knots[:-1], knots[1:])]
    bernstein = bernstein_cells(knots, (values[0], slopes), (values[1], slopes))
    return Cells(bernstein, np.zeros(knots.size - 1))
