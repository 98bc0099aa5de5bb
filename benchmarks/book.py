"""How long the thresholds of a book take: accounts over contracts that they share.

Claim   10,000 accounts of twenty legs over 200 American contracts, their thresholds today under a
        ten-point rule, in at most 2 s on one core from scratch.
Method  Contracts of five expiries and forty strikes around the spot.  Processor time of one core,
        best of some repeats, compiled before; beside it one account at a time, of some of them, and
        how far the two differ.

    python -m benchmarks.book
"""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from benchmarks._table import Row, show
from benchmarks._timing import cpu_seconds
from margin import Account, Market, OptionContract, Position, Underlying, thresholds_of_book
from margin.liquidation import thresholds_of
from margin.rules import TEN_POINT_EQUITY, revalue_for
from pdesolve import Exercise, Right

NOW = datetime(2026, 11, 20, 21, tzinfo=UTC)
SPOT, ACCOUNTS, LEGS, ALONE = 100.0, 10_000, 20, 200
DAYS, STRIKES = (7, 21, 49, 105, 190), np.linspace(70.0, 130.0, 40)
LIMIT, REPEATS, SEED = 2.0, 3, 6


def book() -> tuple[list[Account], Market]:
    """Accounts that each hold some of the contracts, and what these are valued at."""
    rng = np.random.default_rng(SEED)
    contracts = [
        OptionContract(
            "X",
            Right.CALL if strike > SPOT else Right.PUT,
            float(strike),
            NOW + timedelta(days=days),
            Exercise.AMERICAN,
        )
        for days in DAYS
        for strike in STRIKES
    ]
    vols = dict(zip(contracts, rng.uniform(0.25, 0.4, len(contracts)).tolist(), strict=True))
    accounts = []
    for index in range(ACCOUNTS):
        held = rng.choice(len(contracts), LEGS, replace=False)
        sizes = rng.integers(1, 6, LEGS) * rng.choice([-1.0, 1.0], LEGS)
        positions = tuple(
            Position(contracts[place], float(size), 100)
            for place, size in zip(held, sizes, strict=True)
        )
        accounts.append(Account(f"account {index}", "USD", rng.uniform(0.0, 6e4), positions))
    return accounts, Market(NOW, {"X": Underlying(SPOT, 0.04, 0.01)}, vols)


def main() -> int:
    accounts, market = book()
    together = partial(thresholds_of_book, accounts, market, TEN_POINT_EQUITY)
    found = together()
    known = revalue_for(
        TEN_POINT_EQUITY, _all(accounts), market, spots=(found.lowest, found.highest)
    )

    def alone() -> list[float]:
        each = (
            thresholds_of(known.with_account(one), TEN_POINT_EQUITY) for one in accounts[:ALONE]
        )
        return [np.nan if one.below is None else one.below.spot for one in each]

    apart = np.nanmax(np.abs(found.below[:ALONE] / alone() - 1.0))
    seconds, single = cpu_seconds(together, REPEATS), cpu_seconds(alone, REPEATS)
    per_account = 1e6 * seconds / ACCOUNTS
    rows = [
        Row(
            f"{ACCOUNTS:,} accounts over {market_size(market)} contracts, from scratch",
            (f"{seconds:.2f} s", f"{per_account:.0f} us"),
            f"<= {LIMIT:g} s",
            seconds <= LIMIT,
        ),
        Row(
            f"{ALONE} accounts one by one, contracts solved",
            (f"{single:.2f} s", f"{1e6 * single / ALONE:.0f} us"),
        ),
        Row("levels differ by, relative", (f"{apart:.1e}", ""), "<= 1e-9", bool(apart <= 1e-9)),
        Row("number of intervals proven", (f"{found.complete.mean():.2%}", "")),
    ]
    return show(("thresholds today", "", "per account"), rows)


def market_size(market: Market) -> int:
    """Contracts with a volatility."""
    return len(market.vols)


def _all(accounts: list[Account]) -> Account:
    """One account that holds what they hold."""
    held = {each.instrument: each for one in accounts for each in one.positions}
    return Account("all", "USD", 0.0, tuple(held.values()))


if __name__ == "__main__":
    sys.exit(main())
