"""An account of ten American options: from the parsed account to its thresholds on thirty dates.

Claim   Revaluing the account under three volatility moves on thirty dates and finding all its
        thresholds, with proof, on every date takes at most 100 ms of one core.  Changing cash or a
        quantity solves nothing.  If the underlying pays dividends on dates, options whose life
        holds one are solved by themselves; what that takes is printed.
Method  Short and long options on one underlying, five expiries from three weeks to ten months, a
        holding of it and cash; a scenario rule of eleven spot moves and three volatility moves;
        the dates are the next thirty days, so that the first expiry passes among them.  Processor
        time, best of some repeats; the stages are timed one by one as well.  Calls of the solver
        are counted by standing in for it.

    python -m benchmarks.account
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from unittest import mock

from benchmarks._table import Row, show
from benchmarks._timing import cpu_seconds
from margin import (
    Account,
    Asset,
    Dividend,
    Market,
    OptionContract,
    Position,
    Revaluation,
    ScenarioRule,
    Thresholds,
    Underlying,
    scenario_grid,
    thresholds_of,
)
from margin.rules import revalue_for
from pdesolve import Contracts, Exercise, Right

Answer = TypeVar("Answer")

NOW = datetime(2026, 11, 20, 21, tzinfo=UTC)
SPOT, RATE, YIELD, MULTIPLIER = 100.0, 0.04, 0.012, 100.0
DATES = tuple(NOW + timedelta(days=day) for day in range(30))
VOL_MOVES = (-0.25, 0.0, 0.25)
SPOT_MOVES = tuple(0.03 * step for step in range(-5, 6))
RULE = ScenarioRule("three volatilities", scenario_grid(SPOT_MOVES, VOL_MOVES))
LOWEST, HIGHEST = 0.2 * SPOT, 5.0 * SPOT
LIMIT = 0.1
SOLVERS = {"solve_by_date", "solve_many"}
DIVIDENDS = tuple(Dividend(NOW + timedelta(days=day), cash=0.3) for day in (10, 101, 192, 283))

CALL, PUT = Right.CALL, Right.PUT
# Days to expiry, right, strike, volatility, contracts.
LEGS = (
    (21, PUT, 90.0, 0.36, -10.0),
    (21, CALL, 110.0, 0.28, -10.0),
    (56, PUT, 85.0, 0.35, -20.0),
    (56, CALL, 115.0, 0.29, -20.0),
    (91, PUT, 70.0, 0.38, 20.0),
    (91, CALL, 130.0, 0.28, 20.0),
    (182, PUT, 80.0, 0.35, -10.0),
    (182, CALL, 125.0, 0.29, -5.0),
    (301, PUT, 75.0, 0.34, 5.0),
    (301, CALL, 140.0, 0.29, 5.0),
)


def parsed() -> tuple[Account, Market]:
    """The account and its market, as a file would give them."""
    vols, positions = {}, [Position(Asset("XYZ"), 1_000.0)]
    for days, right, strike, vol, quantity in LEGS:
        expiry = NOW + timedelta(days=days)
        contract = OptionContract("XYZ", right, strike, expiry, Exercise.AMERICAN)
        vols[contract] = vol
        positions.append(Position(contract, quantity, MULTIPLIER))
    market = Market(NOW, {"XYZ": Underlying(SPOT, RATE, YIELD)}, vols)
    return Account("ten options", "USD", -38_500.0, tuple(positions)), market


def with_dividends(market: Market) -> Market:
    """The market with quarterly dividends on dates in the place of the yield."""
    paying = Underlying(SPOT, RATE, dividends=DIVIDENDS)
    return replace(market, underlyings={"XYZ": paying})


def revalued(account: Account, market: Market) -> Revaluation:
    """All that the rule reads on every date, from one batch of solves."""
    return revalue_for(RULE, account, market, spots=(LOWEST, HIGHEST), dates=DATES)


def all_thresholds(revaluation: Revaluation) -> list[Thresholds]:
    """The thresholds on every date."""
    return [
        thresholds_of(revaluation, RULE, date_index=index, lowest=LOWEST, highest=HIGHEST)
        for index in range(len(DATES))
    ]


def whole(account: Account, market: Market) -> list[Thresholds]:
    """From the account to its thresholds."""
    return all_thresholds(revalued(account, market))


def changed(revaluation: Revaluation) -> list[Thresholds]:
    """Thresholds after a payment and after one leg has been closed."""
    account = revaluation.account
    *others, last = account.positions
    smaller = (*others, replace(last, quantity=0.0))
    after = replace(account, cash=account.cash + 1_000.0, positions=smaller)
    return all_thresholds(revaluation.with_account(after))


def counting(work: Callable[[], Answer]) -> tuple[Answer, list[int]]:
    """An answer, and how many contracts each call of the solver was asked for on the way."""
    batches: list[int] = []

    def counted(solve: Callable[..., Answer]) -> Callable[..., Answer]:
        def count(contracts: Contracts, **options: Any) -> Answer:
            batches.append(len(contracts))
            return solve(contracts, **options)

        return count

    callers = [module for name, module in sys.modules.items() if name.startswith("margin.")]
    with ExitStack() as stack:
        for module in callers:
            for name in SOLVERS & vars(module).keys():
                solver = counted(getattr(module, name))
                stack.enter_context(mock.patch.object(module, name, solver))
        return work(), batches


def main() -> int:
    account, market = parsed()
    paying = with_dividends(market)
    revaluation, batches = counting(partial(revalued, account, market))
    _, more = counting(partial(changed, revaluation))
    found = all_thresholds(revaluation)
    levels = sum(len(each.intervals) for each in found)
    seconds = {
        "revalue": cpu_seconds(partial(revalued, account, market), 5),
        "thresholds of all dates": cpu_seconds(partial(all_thresholds, revaluation), 5),
        "together": cpu_seconds(partial(whole, account, market), 5),
        "after a change of cash and quantity": cpu_seconds(partial(changed, revaluation), 5),
        "together, with dividends on dates": cpu_seconds(partial(whole, account, paying), 2),
    }
    answers = {
        "revalue": f"{sum(batches)} contracts solved, calls: {len(batches)}",
        "thresholds of all dates": f"{levels} intervals",
        "together": f"{len(LEGS)} options, {len(VOL_MOVES)} moves, {len(DATES)} dates",
        "after a change of cash and quantity": f"{sum(more)} contracts solved",
        "together, with dividends on dates": f"{len(LEGS)} options alone, {len(DIVIDENDS)} dates",
    }
    floors = {
        "together": (f"<= {1e3 * LIMIT:.0f} ms", seconds["together"] <= LIMIT),
        "after a change of cash and quantity": ("0 solved", not more),
    }
    rows = [
        Row(name, (f"{1e3 * time:.1f}", answers[name]), *floors.get(name, ("", None)))
        for name, time in seconds.items()
    ]
    return show(("one account", "ms", "what"), rows)


if __name__ == "__main__":
    sys.exit(main())
