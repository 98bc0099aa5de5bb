"""Requirement of option spreads under a wide scenario grid against the worst loss of their payoff.

Claim   Requirement less value (the balance convention, premium left out) of a set of European
        options is minus the least payoff of the set: one minute before expiry but for the time
        value of that minute, and ninety days before expiry never more than that.
Method  Verticals, butterflies, condors and boxes whose worst loss is known from their strikes,
        and 200 random sets; a scenario grid from -95 % to +400 % that lands on every strike;
        least payoff at the scenarios and at every strike.  Rate and yield are zero, so that a
        value is an average of payoffs.  One minute is worth at most that of options at the
        money, ``sum |quantity| S sigma sqrt(T / (2 pi))``, S the highest strike.  Strategy margin
        is asked at prices so dear that no short is left uncovered.
Writes  nothing

    python -m validation.spread_worst_loss
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from margin import Account, Market, OptionContract, Position, Underlying
from margin.requirements import requirement
from margin.rules import STRATEGY_EQUITY, OptionTerms, ScenarioRule, scenario_grid
from margin.statement import Requirement
from pdesolve import Exercise, Right

SPOT, VOLATILITY, MULTIPLIER = 52.0, 0.35, 100.0
STRIKES = (40.0, 45.0, 50.0, 55.0, 60.0, 70.0)
EXPIRY = datetime(2027, 1, 15, 21, tzinfo=UTC)
MINUTE, QUARTER = timedelta(minutes=1), timedelta(days=90)
FAR_MOVES = (-0.95, -0.6, -0.3, 0.0, 0.5, 1.0, 2.0, 4.0)
RULE = ScenarioRule(
    "wide grid", scenario_grid(sorted((*FAR_MOVES, *(k / SPOT - 1.0 for k in STRIKES))))
)
N_RANDOM = 200
DEAR = 100.0

Leg = tuple[Right, float, float]  # right, strike, quantity
CALL, PUT = Right.CALL, Right.PUT

SPREADS: dict[str, tuple[float, list[Leg]]] = {
    "put credit vertical": (500.0, [(PUT, 45.0, 1.0), (PUT, 50.0, -1.0)]),
    "call credit vertical": (500.0, [(CALL, 55.0, -1.0), (CALL, 60.0, 1.0)]),
    "call debit vertical": (0.0, [(CALL, 50.0, 1.0), (CALL, 55.0, -1.0)]),
    "long butterfly": (0.0, [(CALL, 45.0, 1.0), (CALL, 50.0, -2.0), (CALL, 55.0, 1.0)]),
    "short butterfly": (500.0, [(PUT, 45.0, -1.0), (PUT, 50.0, 2.0), (PUT, 55.0, -1.0)]),
    "broken-wing butterfly": (500.0, [(CALL, 45.0, 1.0), (CALL, 50.0, -2.0), (CALL, 60.0, 1.0)]),
    "iron butterfly": (
        500.0,
        [(PUT, 45.0, 1.0), (PUT, 50.0, -1.0), (CALL, 50.0, -1.0), (CALL, 55.0, 1.0)],
    ),
    "iron condor": (
        1_000.0,
        [(PUT, 40.0, 1.0), (PUT, 45.0, -1.0), (CALL, 60.0, -1.0), (CALL, 70.0, 1.0)],
    ),
    "long condor": (
        0.0,
        [(CALL, 45.0, 1.0), (CALL, 50.0, -1.0), (CALL, 55.0, -1.0), (CALL, 60.0, 1.0)],
    ),
    "short condor": (
        500.0,
        [(PUT, 45.0, -1.0), (PUT, 50.0, 1.0), (PUT, 55.0, 1.0), (PUT, 60.0, -1.0)],
    ),
    "short box": (
        1_000.0,
        [(CALL, 50.0, -1.0), (CALL, 60.0, 1.0), (PUT, 60.0, -1.0), (PUT, 50.0, 1.0)],
    ),
}


def stated(legs: Sequence[Leg], before: timedelta) -> Requirement:
    """The requirement of a set of options, some time before they expire."""
    contracts = [OptionContract("X", right, k, EXPIRY, Exercise.EUROPEAN) for right, k, _ in legs]
    positions = tuple(
        Position(contract, leg[2], MULTIPLIER)
        for contract, leg in zip(contracts, legs, strict=True)
    )
    vols = dict.fromkeys(contracts, VOLATILITY)
    market = Market(EXPIRY - before, {"X": Underlying(SPOT)}, vols)
    return requirement(Account("spread", "USD", 0.0, positions), market, RULE)


def worst_loss(legs: Sequence[Leg]) -> float:
    """Minus the least payoff of a set of options over the scenarios."""
    spots = np.array([SPOT * (1.0 + scenario.spot_move) for scenario in RULE.scenarios])
    payoffs = [q * MULTIPLIER * np.maximum(right * (spots - k), 0.0) for right, k, q in legs]
    return -float(np.sum(payoffs, axis=0).min())


def time_value(legs: Sequence[Leg], before: timedelta) -> float:
    """The most by which the options can differ from their payoffs."""
    years = before / timedelta(days=365)
    at_the_money = max(STRIKES) * VOLATILITY * math.sqrt(years / (2.0 * math.pi))
    return sum(abs(quantity) for *_, quantity in legs) * MULTIPLIER * at_the_money


def grouped(legs: Sequence[Leg]) -> float:
    """What strategy margin requires of a set."""
    contracts = [OptionContract("X", right, k, EXPIRY, Exercise.EUROPEAN) for right, k, _ in legs]
    positions = [
        Position(contract, leg[2], MULTIPLIER)
        for contract, leg in zip(contracts, legs, strict=True)
    ]
    rule = replace(STRATEGY_EQUITY, options=OptionTerms(box_rate=1.0))
    prices = dict.fromkeys(contracts, DEAR)
    asof = EXPIRY - QUARTER
    return rule.maintenance_grouping(positions, prices, spot=SPOT, asof=asof).requirement


def random_sets() -> list[list[Leg]]:
    """Sets of two to six options, long and short, on the same strikes."""
    rng = np.random.default_rng(0)
    sets = []
    for _ in range(N_RANDOM):
        kinds = rng.permutation([(right, k) for right in (1, -1) for k in STRIKES])
        chosen = kinds[: rng.integers(2, 7)]
        sets.append(
            [(Right(int(right)), float(k), float(rng.integers(-4, 5))) for right, k in chosen]
        )
    return sets


def compare(legs: Sequence[Leg]) -> tuple[float, float, float, float]:
    """Loss a minute and a quarter before expiry, each with the room its comparison has."""
    late, early = stated(legs, MINUTE), stated(legs, QUARTER)
    room = 2.0 * time_value(legs, MINUTE) + late.error
    return late.maintenance - late.equity, room, early.maintenance - early.equity, early.error


def main() -> int:
    heads = f"{'worst loss':>12}{'one minute':>12}{'room':>8}{'90 days':>12}{'strategy':>12}"
    print(f"{'spread':<24}{heads}")
    holds = True
    for name, (known, legs) in SPREADS.items():
        late, room, early, error = compare(legs)
        strategy = grouped(legs)
        cells = f"{known:>12.2f}{late:>12.2f}{room:>8.2f}{early:>12.2f}{strategy:>12.2f}"
        print(f"{name:<24}{cells}")
        holds = holds and math.isclose(known, strategy, abs_tol=1e-9)
        holds = holds and math.isclose(known, worst_loss(legs), abs_tol=1e-9)
        holds = holds and abs(late - known) <= room and early <= known + error

    largest = 0.0
    for legs in random_sets():
        late, room, early, error = compare(legs)
        largest = max(largest, abs(late - worst_loss(legs)) / room)
        holds = holds and early <= worst_loss(legs) + error
    print(f"{N_RANDOM} random sets: difference at most {largest:.2f} of the room")
    holds = holds and largest <= 1.0
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
