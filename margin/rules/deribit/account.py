"""What Deribit's rules read of an account: who may hold what, notionals and deltas by expiry."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from margin.account import Account, Position
from margin.holdings import Line, moving_line
from margin.instrument import Asset, Future, OptionContract, Perpetual, Settlement
from margin.piecewise import PiecewiseCubic, combine, line
from margin.revaluation import Revaluation
from margin.rules.slopes import slope_curve, times_spot
from margin.vol_move import VolMove
from pdesolve import Exercise

__all__ = [
    "delta_values",
    "expiry_deltas",
    "future_notional",
    "one_by_one",
    "only",
    "refuse_unlisted",
    "terms",
]


Floats = NDArray[np.float64]


def refuse_unlisted(revaluation: Revaluation) -> None:
    """Refuse an account that Deribit could not hold in one margin currency.

    Parameters
    ----------
    revaluation : Revaluation
        The account, revalued.

    Raises
    ------
    ValueError
        For American options, other underlyings, and contracts that settle in another currency
        than that of the account.
    """
    right = Settlement.INVERSE if revaluation.in_coin else Settlement.CASH
    for held in revaluation.account.positions:
        instrument = held.instrument
        if not held.quantity:
            continue
        if instrument.underlying != revaluation.underlying:
            raise ValueError(
                f"a Deribit rule moves {revaluation.underlying} only, got {instrument}; "
                "keep positions in other underlyings in an account of their own"
            )
        if isinstance(instrument, OptionContract) and instrument.exercise is Exercise.AMERICAN:
            raise ValueError(
                f"Deribit lists European options only, got American {instrument}; "
                "take it out of the account or use a scenario rule"
            )
        if not isinstance(instrument, Asset) and instrument.settlement is not right:
            raise ValueError(
                f"an account in {revaluation.account.currency} holds {right.value} contracts only, "
                f"got {instrument.settlement.value} {instrument}"
            )


def terms(account: Account, date: datetime) -> Iterator[tuple[datetime | None, list[Position]]]:
    """Living contracts of an account by expiry, perpetuals under None."""
    groups: dict[datetime | None, list[Position]] = {}
    for held in account.positions:
        instrument = held.instrument
        if not held.quantity or isinstance(instrument, Asset):
            continue
        expiry = None if isinstance(instrument, Perpetual) else instrument.expiry
        if expiry is None or expiry > date:
            groups.setdefault(expiry, []).append(held)
    yield from groups.items()


def only(revaluation: Revaluation, positions: list[Position]) -> Revaluation:
    """The revaluation of some positions alone, without cash and collateral."""
    alone = replace(revaluation.account, cash=0.0, positions=tuple(positions), collateral=())
    return revaluation.with_account(alone)


def expiry_deltas(
    revaluation: Revaluation, date_index: int, vol_move: VolMove
) -> Iterator[tuple[float, PiecewiseCubic]]:
    """Years left and delta against spot, in quote currency, of the contracts of every expiry.

    A delta is ``S dV / dS``; in a coin account it is that of the value in coin, from which the mark
    is taken off: ``S dV / dS - V``.

    Parameters
    ----------
    revaluation : Revaluation
        The account, revalued.
    date_index : int
        Which of its dates.
    vol_move : VolMove
        Which of its volatility moves.

    Yields
    ------
    (float, PiecewiseCubic)
        Perpetuals have no years left.
    """
    for years, value in _values(revaluation, date_index, vol_move):
        delta = times_spot(slope_curve(value))
        yield years, combine([1.0, -1.0], [delta, value]) if revaluation.in_coin else delta


def delta_values(
    revaluation: Revaluation, spots: Floats, date_index: int, vol_move: VolMove
) -> Iterator[tuple[float, Floats]]:
    """`expiry_deltas` at spots (k,)."""
    for years, value in _values(revaluation, date_index, vol_move):
        delta = spots * value.derivative(spots)
        yield years, delta - value(spots) if revaluation.in_coin else delta


def _values(
    revaluation: Revaluation, date_index: int, vol_move: VolMove
) -> Iterator[tuple[float, PiecewiseCubic]]:
    """Years left and value against spot of the contracts of every expiry."""
    date, market = revaluation.dates[date_index], revaluation.market
    for expiry, positions in terms(revaluation.account, date):
        years = 0.0 if expiry is None else market.years(expiry) - market.years(date)
        yield years, _value(revaluation, positions, date_index=date_index, vol_move=vol_move)


def _value(
    revaluation: Revaluation, positions: list[Position], *, date_index: int, vol_move: VolMove
) -> PiecewiseCubic:
    """Value of living positions against spot; straight where there is no option."""
    contracts = [held.instrument for held in positions]
    expiries = {each.expiry for each in contracts if isinstance(each, OptionContract)}
    linear = [held for held in positions if not isinstance(held.instrument, OptionContract)]
    straight = Line()
    if linear:
        alone = replace(revaluation.account, cash=0.0, positions=tuple(linear), collateral=())
        date = revaluation.dates[date_index]
        straight = moving_line(alone, revaluation.market, revaluation.underlying, date)
    ends = {"lowest": revaluation.lowest, "highest": revaluation.highest}
    value = line(straight.intercept, straight.slope, **ends)
    if not expiries:
        return value
    same = [contract.expiry in expiries for contract in revaluation.contracts]
    units = np.where(same, revaluation.units, 0.0)
    (options,) = revaluation.options(units[None, :], date_index, vol_move)
    return combine([1.0, 1.0], [options, value])


def future_notional(revaluation: Revaluation, date_index: int) -> PiecewiseCubic:
    """Notional of all futures and perpetuals at the mark, in quote currency."""
    date = revaluation.dates[date_index]
    intercept = slope = 0.0
    for _, positions in terms(revaluation.account, date):
        for held in positions:
            if isinstance(held.instrument, Future | Perpetual):
                alone = replace(revaluation.account, cash=0.0, positions=(held,), collateral=())
                value = moving_line(alone, revaluation.market, revaluation.underlying, date)
                inverse = held.instrument.settlement is Settlement.INVERSE
                intercept += abs(value.intercept) if inverse else 0.0
                slope += 0.0 if inverse else abs(value.slope)
    return line(intercept, slope, lowest=revaluation.lowest, highest=revaluation.highest)


def one_by_one(revaluation: Revaluation) -> Iterator[Revaluation]:
    """The living contracts of an account, each in an account of its own."""
    for _, positions in terms(revaluation.account, revaluation.dates[0]):
        for held in positions:
            yield only(revaluation, [held])
