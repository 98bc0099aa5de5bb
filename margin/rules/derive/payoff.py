"""What Derive's standard manager reads of one expiry: its shorts, and the least it can pay."""

from collections.abc import Iterable, Sequence
from math import exp

import numpy as np

from margin.instrument import OptionContract
from margin.piecewise import PiecewiseCubic, combine, line
from margin.revaluation import Revaluation
from margin.rules.claims import vanilla
from margin.rules.derive.account import venue_weight

__all__ = ["Short", "payoff_floor", "short_options"]

Short = tuple[OptionContract, float, PiecewiseCubic]
"""A short option, its units (negative) and its value against spot."""


def short_options(
    revaluation: Revaluation, held: Sequence[int], at: tuple[int, float]
) -> Iterable[Short]:
    """Short options of one expiry with their values, not discounted."""
    date = revaluation.dates[at[0]]
    for index in held:
        contract, units = vanilla(revaluation.contracts[index]), float(revaluation.units[index])
        if units < 0.0:
            years = revaluation.market.years(contract.expiry) - revaluation.market.years(date)
            weight = units * venue_weight(revaluation, contract.expiry, years, on=0.0)
            yield contract, units, combine([weight], [revaluation.unit_value(index, *at)])


def payoff_floor(
    revaluation: Revaluation, held: Sequence[int], date_index: int, *, unpaired: float
) -> PiecewiseCubic:
    """Least payoff of one expiry at zero and every strike, less what net short calls cost."""
    contracts = [vanilla(revaluation.contracts[index]) for index in held]
    strikes = np.array([contract.strike for contract in contracts])
    units = revaluation.units[list(held)]
    sides = np.array([int(contract.right) for contract in contracts])
    prices = np.append(0.0, strikes)[:, None]
    least = float((np.maximum(sides * (prices - strikes), 0.0) @ units).min())
    expiry, market = contracts[0].expiry, revaluation.market
    years = market.years(expiry) - market.years(revaluation.dates[date_index])
    underlying, date = market.underlyings[revaluation.underlying], revaluation.dates[date_index]
    underlying.refuse_dividends(date, expiry, what="the payoff of an unpaired call")
    carry = underlying.carry(expiry, market.asof)
    forward = exp((carry[0] - carry[1]) * years)
    slope = unpaired * forward * min(float(units[sides > 0].sum()), 0.0)
    return line(least, slope, lowest=revaluation.lowest, highest=revaluation.highest)
