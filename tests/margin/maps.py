"""Accounts of which maps are drawn in tests, and markets of later dates."""

from dataclasses import replace

import numpy as np

from margin import Account, Market, Position
from margin.rules import Scenario, ScenarioRule, scenario_grid
from pdesolve import Exercise
from tests.margin import by_hand
from tests.margin.by_hand import account, call, market, put

GRID = ScenarioRule("grid", scenario_grid((-0.15, -0.1, -0.05, 0.05, 0.1, 0.15), (-0.25, 0.0, 0.4)))

# A ladder of calls, short at the ends and long between, over a put spread.
SIX_LEGS = {
    call(65.0, 28): (-10, 0.60),
    call(75.0, 28): (18, 0.62),
    call(95.0, 28): (-6, 0.68),
    put(54.0, 28): (-2, 0.65),
    put(46.0, 28): (3, 0.70),
    put(50.0, 56): (-1, 0.68),
}


def six_legs(cash):
    held = account(cash, *(Position(leg, quantity) for leg, (quantity, _) in SIX_LEGS.items()))
    return held, market(60.0, {leg: vol for leg, (_, vol) in SIX_LEGS.items()})


def backspread(cash, days=30):
    near, far = call(50.0, days), call(55.0, days)
    held = account(cash, Position(near, -10, 100), Position(far, 20, 100))
    return held, market(50.0, {near: 0.3, far: 0.3}, rate=0.03)


def strangle(cash=6_000.0, exercise=Exercise.EUROPEAN):
    low, high = put(48.0, 60, exercise=exercise), call(55.0, 60, exercise=exercise)
    held = account(cash, Position(low, -3, 100), Position(high, -3, 100))
    return held, market(50.0, {low: 0.35, high: 0.3})


def later(priced: Market, date) -> Market:
    """The market of a later date: what has not expired, at the same spot and volatilities."""
    living = {leg: vol for leg, vol in priced.vols.items() if leg.expiry > date}
    return replace(priced, asof=date, vols=living)


def living(held: Account, date) -> Account:
    """The account without what has expired."""
    left = tuple(each for each in held.positions if each.instrument.expiry > date)
    return replace(held, positions=left)


def excess_by_hand(held, priced, rule, spot, vol_move=0.0):
    """Equity less the requirement of a scenario rule, by closed form."""
    needed = by_hand.maintenance(held, priced, rule, spot, vol_move)
    return by_hand.equity(held, priced, spot, vol_move) - needed


def random_book(rng, legs):
    """Options of mixed expiries around 100, and cash from far too little to ample."""
    every = {}
    for _ in range(legs):
        kind = call if rng.random() < 0.5 else put
        leg = kind(
            float(np.round(100.0 * np.exp(rng.normal(0.0, 0.2)), 1)), int(rng.integers(2, 90))
        )
        every[leg] = float(rng.uniform(0.2, 0.9))
    positions = [Position(leg, float(rng.integers(-3, 4))) for leg in every]
    return account(float(rng.uniform(-100.0, 400.0)), *positions), market(100.0, every)


def random_rule(rng):
    moves = rng.uniform(0.05, 0.25, 2) * [-1.0, 1.0]
    far = Scenario(float(rng.choice([-0.5, 0.6])), 0.0, weight=0.3)
    vols = (0.0, float(rng.uniform(-0.3, 0.5)))
    return ScenarioRule("random", scenario_grid(moves.tolist(), vols, extremes=[far]))
