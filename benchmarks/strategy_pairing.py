"""How long the cheapest grouping of a book takes, beside a greedy one, and where the greedy errs.

Claim   4 legs take at most 0.2 ms and 400 legs 0.5 s, proven cheapest.  The cases below, worked out
        by hand, are met.  Where the greedy estimator of the package index is installed
        (``pip install margin-estimator``), its answers stand beside ours.
Method  Best of repeats on the wall.  Books of spreads, strangles and calendars, drawn with a fixed
        seed, at prices by closed form.  "left" is how much cheaper another grouping might be at
        most, as the bound of the search says; nothing left is the proof.

    python -m benchmarks.strategy_pairing
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec

import numpy as np

from benchmarks._table import Row, micro, show
from benchmarks._timing import wall_seconds
from margin import OptionContract, Position
from margin.rules.strategy import STRATEGY_EQUITY, Grouping
from pdesolve import Exercise, Right, black_scholes_price

PEER = find_spec("margin_estimator") is not None
ASOF = datetime(2026, 11, 20, 21, tzinfo=UTC)
SPOT, VOLATILITY, RATE = 100.0, 0.3, 0.03
CALL, PUT = Right.CALL, Right.PUT
BUDGETS = {4: 2e-4, 400: 0.5}
# Time for the search; the linear program and one choice of roundings are made in any case.
SECONDS = {400: 0.3}
SIZES = (4, 20, 50, 100, 400)
REPEATS = {4: 2_000, 20: 50, 50: 20, 100: 3, 400: 3}
EXPIRIES = 6
CENT = 0.005

Leg = tuple[Right, float, int, int, float]  # right, strike, days, contracts, price
# What the rule book works out, with what it charges for: uncovered shorts without their proceeds,
# spreads and long options with what was paid or received.
CASES: dict[str, tuple[Sequence[Leg], float]] = {
    "five strangles": ([(PUT, 95.0, 30, -5, 2.0), (CALL, 105.0, 30, -5, 2.0)], 9_500.0),
    "spreads of two expiries": (
        [
            (CALL, 100.0, 30, -1, 4.0),
            (CALL, 110.0, 30, 1, 1.0),
            (CALL, 100.0, 60, 1, 5.0),
            (CALL, 110.0, 60, -1, 2.0),
        ],
        1_000.0,
    ),
    "long box for 9.80": (
        [
            (CALL, 100.0, 30, 1, 6.0),
            (CALL, 110.0, 30, -1, 1.2),
            (PUT, 110.0, 30, 1, 6.5),
            (PUT, 100.0, 30, -1, 1.5),
        ],
        980.0,
    ),
    "overlapping puts": (
        [(PUT, 100.0, 30, -1, 5.0), (PUT, 90.0, 30, -1, 1.5), (PUT, 95.0, 30, 1, 3.0)],
        1_450.0,
    ),
    "long call of 120 days": ([(CALL, 100.0, 120, 1, 5.0)], 500.0),
}
BY_ITSELF = ("uncovered", "short straddle or strangle")


def book(n_legs: int) -> list[Leg]:
    """Legs of the trades of a desk, until there are so many."""
    rng = np.random.default_rng(n_legs)
    legs: dict[tuple[Right, float, int], int] = {}
    while len(legs) < n_legs:
        days, count = 30 * int(rng.integers(1, EXPIRIES + 1)), int(rng.integers(1, 6))
        low, high = SPOT - float(rng.integers(1, 70)), SPOT + float(rng.integers(1, 70))
        width = float(rng.integers(1, 6))
        trade = [
            {(PUT, low, days): -count, (PUT, low - width, days): count},
            {(PUT, low, days): -count, (CALL, high, days): -count},
            {(CALL, high, days): -count, (CALL, high, days + 30): count},
            {(CALL, high, days): -count, (CALL, high + width, days): count},
        ][rng.integers(4)]
        for key, number in trade.items():
            legs[key] = legs.get(key, 0) + number or number
    kept = list(legs.items())[:n_legs]
    return [(*key, number, price(*key)) for key, number in kept]


def price(right: Right, strike: float, days: int) -> float:
    """Closed form, to cents, at least one."""
    value = black_scholes_price(
        spot=SPOT,
        strike=strike,
        expiry=days / 365.0,
        vol=VOLATILITY,
        rate=RATE,
        div_yield=0.0,
        right=right,
    )
    return max(round(float(value), 2), 0.01)


def ours(legs: Sequence[Leg]) -> tuple[list[Position], dict[OptionContract, float]]:
    """Positions and prices."""
    contracts = [
        OptionContract("X", right, strike, ASOF + timedelta(days=days), Exercise.AMERICAN)
        for right, strike, days, _, _ in legs
    ]
    positions = [
        Position(contract, leg[3], 100) for contract, leg in zip(contracts, legs, strict=True)
    ]
    return positions, dict(zip(contracts, (leg[4] for leg in legs), strict=True))


def grouped(positions: list[Position], prices: dict[OptionContract, float]) -> Grouping:
    seconds = SECONDS.get(len(positions), 60.0)
    return STRATEGY_EQUITY.maintenance_grouping(
        positions, prices, spot=SPOT, asof=ASOF, seconds=seconds
    )


def charged(found: Grouping, prices: dict[OptionContract, float]) -> float:
    """The requirement as the peer states it: net of premiums but those of uncovered shorts."""
    by_name = {str(contract): value for contract, value in prices.items()}
    proceeds = sum(
        -100.0 * count * by_name[name]
        for group in found.groups
        if group.name in BY_ITSELF
        for name, count in group.members
    )
    return found.deposit + proceeds


def peer_charges(legs: Sequence[Leg]) -> tuple[float, float]:
    """What the greedy estimator requires, and the seconds that it takes."""
    from margin_estimator import Option, OptionType, Underlying, calculate_margin

    kinds = {CALL: OptionType.CALL, PUT: OptionType.PUT}
    options = [
        Option(
            expiration=(ASOF + timedelta(days=days)).date(),
            price=Decimal(str(value)),
            quantity=count,
            strike=Decimal(str(strike)),
            type=kinds[right],
        )
        for right, strike, days, count, value in legs
    ]
    underlying = Underlying(price=Decimal(SPOT))
    seconds = wall_seconds(lambda: calculate_margin(options, underlying), 3)
    return float(calculate_margin(options, underlying).margin_requirement), seconds


def row(legs: Sequence[Leg]) -> tuple[list[str], float, float, bool]:
    """Cells of a row, what our grouping charges, its seconds, and whether it is proven cheapest."""
    positions, prices = ours(legs)
    found = grouped(positions, prices)
    repeats = REPEATS.get(len(legs), 1)
    seconds = wall_seconds(lambda: grouped(positions, prices), repeats)
    charge = charged(found, prices)
    cells = [micro(seconds), f"{charge:,.2f}", "proven" if found.proven else f"{found.left:,.2f}"]
    if PEER:
        theirs, their_seconds = peer_charges(legs)
        cells += [micro(their_seconds), f"{theirs:,.2f}"]
    return cells, charge, seconds, found.proven


def timing_rows() -> list[Row]:
    rows = []
    for size in SIZES:
        cells, _, seconds, proven = row(book(size))
        budget = BUDGETS.get(size)
        floor = "" if budget is None else f"{micro(budget)} µs, proven"
        holds = None if budget is None else seconds <= budget and proven
        rows.append(Row(f"{size} legs", tuple(cells), floor, holds))
    return rows


def case_rows() -> list[Row]:
    rows = []
    for name, (legs, right) in CASES.items():
        cells, charge, *_ = row(legs)
        rows.append(Row(name, tuple(cells), f"{right:,.2f}", abs(charge - right) < CENT))
    return rows


def main() -> int:
    columns = ["book", "µs", "required", "left"]
    if PEER:
        columns += ["greedy µs", "greedy requires"]
    return show(columns, [*timing_rows(), Row("by hand"), *case_rows()])


if __name__ == "__main__":
    sys.exit(main())
