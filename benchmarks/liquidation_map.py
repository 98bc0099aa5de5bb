"""How long a liquidation map takes: from scratch, and after a change of cash or quantity.

Claim   20 American legs on 60 dates after 3 volatility moves, every set isolated, in at most
        150 ms on one core from scratch; new cash or a new quantity on one date in at most 1 ms.
Method  Legs of four expiries around the spot, a ten-point rule.  Processor time of one core, best
        of some repeats, compiled before.

    python -m benchmarks.liquidation_map
"""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from benchmarks._table import Row, show
from benchmarks._timing import cpu_seconds
from margin import Account, Market, OptionContract, Position, Underlying
from margin.maps.build import LiquidationMap, liquidation_map
from margin.rules import TEN_POINT_EQUITY
from pdesolve import Exercise, Right

NOW = datetime(2026, 11, 20, 21, tzinfo=UTC)
LEGS, DATES, MOVES = 20, 60, (0.0, 0.25, -0.25)
EXPIRIES = (7, 14, 30, 60)
SEED = 1
FROM_SCRATCH, UPDATE = 0.150, 0.001
REPEATS = 7


def book() -> tuple[Account, Market]:
    """Options of four expiries around a spot of 100, and what they are valued at."""
    rng = np.random.default_rng(SEED)
    vols: dict[OptionContract, float] = {}
    while len(vols) < LEGS:
        strike, days = float(rng.integers(28, 53)) * 2.5, int(rng.choice(EXPIRIES))
        right = Right.CALL if strike > 100.0 else Right.PUT
        expiry = NOW + timedelta(days=days)
        leg = OptionContract("X", right, strike, expiry, Exercise.AMERICAN)
        vols[leg] = float(rng.uniform(0.3, 0.4))
    quantities = rng.integers(1, 6, LEGS) * rng.choice([-1.0, 1.0], LEGS)
    positions = tuple(Position(leg, float(q), 100) for leg, q in zip(vols, quantities, strict=True))
    market = Market(NOW, {"X": Underlying(100.0, rate=0.04, dividend_yield=0.01)}, vols)
    return Account("book", "USD", 30_000.0, positions), market


def draw(account: Account, market: Market) -> LiquidationMap:
    """A map, every set of it isolated."""
    dates = [NOW + timedelta(days=day) for day in range(DATES)]
    horizon = timedelta(days=DATES)
    found = liquidation_map(
        account, market, TEN_POINT_EQUITY, horizon=horizon, dates=dates, vol_moves=MOVES
    )
    for move in MOVES:
        moved = found.under(move)
        for date in dates:
            moved.danger(date)
    return found


def main() -> int:
    account, market = book()
    found = draw(account, market)
    richer = replace(account, cash=account.cash + 1_000.0)
    first = account.positions[0]
    changed = (replace(first, quantity=first.quantity + 1.0), *account.positions[1:])
    larger = replace(account, positions=changed)
    rows = [
        _row("from scratch", partial(draw, account, market), FROM_SCRATCH),
        _row("new cash, one date", lambda: found.with_account(richer).danger(NOW), UPDATE),
        _row("new quantity, one date", lambda: found.with_account(larger).danger(NOW), UPDATE),
        _row("path and events", lambda: replace(found).events()),
        _row("sensitivities, one date", lambda: found.sensitivities(NOW)),
        _row("volatility threshold", found.vol_threshold),
        _row("cash never liquidated", found.cash_never_liquidated),
    ]
    return show((f"{LEGS} American legs, {DATES} dates, {len(MOVES)} moves", "ms"), rows)


def _row(name: str, work, floor: float | None = None) -> Row:
    seconds = cpu_seconds(work, REPEATS)
    limit = "" if floor is None else f"<= {1e3 * floor:g} ms"
    return Row(name, (f"{1e3 * seconds:.2f}",), limit, None if floor is None else seconds <= floor)


if __name__ == "__main__":
    sys.exit(main())
