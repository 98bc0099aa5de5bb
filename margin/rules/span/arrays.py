"""Risk arrays of our own: every option revalued, one look-ahead older, over its scan range."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from margin.account import Position
from margin.holdings import moving_line
from margin.instrument import Asset, OptionContract, Perpetual, Settlement
from margin.piecewise import PiecewiseCubic, combine, line
from margin.readings import read_shifted
from margin.revaluation import Revaluation
from margin.rules.span.array import RiskArray, SpanKind, SpanPosition
from margin.rules.span.scan import DELTA_POINTS, DELTA_WEIGHTS, SpanScan
from margin.solved import Curves, solve_contracts
from margin.solved_family import SolvedFamily
from pdesolve import Right

__all__ = ["contract_month", "living", "option_curves", "risk_arrays", "scan_values", "scanned"]

Floats = NDArray[np.float64]

KEPT = 16
"""Solved scans that are kept; each belongs to one account with all its subsets."""

NONE, UP, DOWN = 0, 1, 2
"""Rows of the solved curves: volatility as it is, up and down."""


@lru_cache(maxsize=KEPT)
def _solved(family: SolvedFamily, scan: SpanScan, before: float) -> tuple[Curves, ...]:
    """Curves of every date of a revaluation, one look-ahead later, at three volatilities."""
    known = family.revaluation
    later = timedelta(days=scan.look_ahead_days)
    dates = tuple(date + later for date in known.dates)
    span = known.lowest, known.highest
    return solve_contracts(known.contracts, known.market, scan.vol_moves(before), dates, span)


def option_curves(
    revaluation: Revaluation, scan: SpanScan, *, date_index: int = 0, vol_move: float = 0.0
) -> Curves:
    """All options of a revaluation, one look-ahead later: volatility as it is, up and down.

    They are solved once for a revaluation and all accounts that are derived from it.

    Parameters
    ----------
    revaluation : Revaluation
        Gives contracts, market, dates and range of spots.
    scan : SpanScan
        Gives look-ahead and volatility scan range.
    date_index : int
        Which of the dates.
    vol_move : float
        Relative move of all volatilities that has happened before.

    Returns
    -------
    Curves
    """
    return _solved(SolvedFamily(revaluation), scan, vol_move)[date_index]


def living(revaluation: Revaluation, date_index: int = 0) -> Iterator[Position]:
    """The positions that a scan moves: quantity not zero, not expired at the date.

    Parameters
    ----------
    revaluation : Revaluation
        The account.
    date_index : int
        Which of the dates.

    Yields
    ------
    Position

    Raises
    ------
    ValueError
        If a position is in another underlying, or in a future or perpetual that pays in coin.
    """
    date = revaluation.dates[date_index]
    for held in revaluation.account.positions:
        instrument = held.instrument
        if held.quantity == 0.0:
            continue
        if instrument.underlying != revaluation.underlying:
            raise ValueError(
                f"a SPAN rule scans {revaluation.underlying} only, got {instrument}; use risk "
                "arrays and span_requirement for several commodities"
            )
        if isinstance(instrument, Asset | Perpetual) or instrument.expiry > date:
            if not isinstance(instrument, Asset | OptionContract):
                _refuse_inverse(held)
            yield held


def _refuse_inverse(held: Position) -> None:
    settlement = getattr(held.instrument, "settlement", None)
    if settlement is Settlement.INVERSE:
        raise ValueError(
            f"a SPAN rule counts in quote currency, got {held.instrument}, which pays in coin; "
            "use a scenario rule"
        )


def scanned(
    revaluation: Revaluation, scan: SpanScan, *, date_index: int = 0, vol_move: float = 0.0
) -> tuple[PiecewiseCubic, PiecewiseCubic, PiecewiseCubic]:
    """What a scan moves, one look-ahead later, against spot: volatility as it is, up and down.

    Futures and holdings keep their present relation to the spot; only options grow older.

    Parameters and errors as for `option_curves` and `living`.

    Returns
    -------
    tuple of PiecewiseCubic
        In quote currency.
    """
    for _ in living(revaluation, date_index):
        pass
    curves = option_curves(revaluation, scan, date_index=date_index, vol_move=vol_move)
    alive = revaluation.curves[date_index].alive
    units = np.where(alive, revaluation.units, 0.0)
    date = revaluation.dates[date_index]
    linear = moving_line(revaluation.account, revaluation.market, revaluation.underlying, date)
    ends = {"lowest": revaluation.lowest, "highest": revaluation.highest}
    straight = line(linear.intercept, linear.slope, **ends)
    none, up, down = (
        combine((1.0, 1.0), (curves.total(row, units), straight)) for row in (NONE, UP, DOWN)
    )
    return none, up, down


def scan_values(
    revaluation: Revaluation,
    scan: SpanScan,
    *,
    spots: Floats,
    at: tuple[int, float] = (0, 0.0),
) -> Floats:
    """Equity less the loss of every scenario of a scan, at spots: (scenarios, k).

    Parameters and errors as for `scanned`, ``at`` being a date and a volatility move; in quote
    currency.
    """
    settled = revaluation.settled(at[0])(spots)
    now = revaluation.moving(*at)(spots)
    later = scanned(revaluation, scan, date_index=at[0], vol_move=at[1])
    factors = np.array([1.0 + move for move in scan.price_moves])
    weights = np.array([point.weight for point in scan.points])[:, None]
    after = read_shifted(later, [point.vol for point in scan.points], factors, spots)
    return settled + (1.0 - weights) * now + weights * after


def risk_arrays(
    revaluation: Revaluation, scan: SpanScan, date_index: int = 0
) -> tuple[SpanPosition, ...]:
    """Risk arrays of everything that an account holds, at the present spot.

    The loss of one long contract in a scenario is ``weight (V(S) - V'(S (1 + move)))``, where
    ``V'`` is its value one look-ahead later at the volatility of the scenario.  The composite
    delta averages the delta at seven prices over the scan range, at present volatility and one
    look-ahead later.  Deltas and short options count in units of the underlying.

    Parameters
    ----------
    revaluation : Revaluation
        The account, over the present spot and the widest scan around it.
    scan : SpanScan
        How far is scanned.
    date_index : int
        Which of the dates of the revaluation.

    Returns
    -------
    tuple of SpanPosition

    Raises
    ------
    ValueError
        If the account holds another underlying, or a future that pays in coin.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Market, Perpetual, Position, Underlying, revalue
    >>> from margin.rules.span.arrays import risk_arrays
    >>> from margin.rules.span.scan import SpanScan
    >>> market = Market(datetime(2026, 11, 20, tzinfo=UTC), {"X": Underlying(100.0)}, {})
    >>> account = Account("demo", "USD", 0.0, (Position(Perpetual("X"), 2, 50.0, 100.0),))
    >>> (held,) = risk_arrays(revalue(account, market), SpanScan(0.06, 0.04))
    >>> [round(loss, 6) for loss in held.array.losses[:6]]
    [0.0, 0.0, -100.0, -100.0, 100.0, 100.0]
    """
    return tuple(
        SpanPosition(_array(held, revaluation, scan, date_index), held.quantity)
        for held in living(revaluation, date_index)
    )


def contract_month(held: Position) -> int:
    """Month in which the delta of a position counts, as 202703; 0 if it has none."""
    expiry = getattr(held.instrument, "expiry", None)
    return 0 if expiry is None else 100 * expiry.year + expiry.month


def _array(held: Position, revaluation: Revaluation, scan: SpanScan, date_index: int) -> RiskArray:
    """Risk array of one long contract of a position."""
    alone = revaluation.with_account(
        replace(
            revaluation.account,
            cash=0.0,
            positions=(replace(held, quantity=1.0),),
            collateral=(),
        )
    )
    spot = revaluation.spot
    now = float(alone.moving(date_index)(spot))
    later = scanned(alone, scan, date_index=date_index)
    losses = [
        point.weight * (now - float(later[point.vol](spot * (1.0 + move))))
        for point, move in zip(scan.points, scan.price_moves, strict=True)
    ]
    kind, delta = SpanKind.FUTURE, 1.0
    if isinstance(held.instrument, OptionContract):
        kind = SpanKind.CALL if held.instrument.right is Right.CALL else SpanKind.PUT
        spots = spot * (1.0 + scan.price_range * np.array(DELTA_POINTS))
        delta = float(np.average(later[NONE].derivative(spots), weights=DELTA_WEIGHTS))
        delta /= held.multiplier
    return RiskArray(
        name=str(held.instrument),
        kind=kind,
        losses=tuple(losses),
        composite_delta=delta,
        price=now / held.multiplier,
        value_factor=held.multiplier,
        month=contract_month(held),
        scaling=held.multiplier,
    )
