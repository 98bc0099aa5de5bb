"""Accounts of two underlyings, and their excess by closed form, name by name."""

import numpy as np

from margin import Account, Market, OptionContract, Position, Underlying
from margin.names.rules import MovedTogether
from margin.rules import ScenarioRule, scenario_grid
from pdesolve import Exercise, Right, black_scholes_price
from tests.margin.by_hand import ASOF, after

SPOTS = {"A": 100.0, "B": 50.0}
RATE = 0.03
GRID = ScenarioRule("grid", scenario_grid((-0.15, -0.05, 0.05, 0.15), (-0.25, 0.0, 0.4)))
TOGETHER = MovedTogether(GRID, {"B": 1.4})


def option(name, right, strike, days):
    return OptionContract(name, right, strike, after(days), Exercise.EUROPEAN)


def strangles(cash=9_000.0):
    """A short strangle on each name."""
    legs = {
        option("A", Right.PUT, 90.0, 40): (-5, 0.3),
        option("A", Right.CALL, 115.0, 60): (-5, 0.3),
        option("B", Right.PUT, 45.0, 50): (-6, 0.5),
        option("B", Right.CALL, 60.0, 30): (-6, 0.5),
    }
    held = tuple(Position(leg, quantity, 100) for leg, (quantity, _) in legs.items())
    return Account("two", "USD", cash, held), market({leg: vol for leg, (_, vol) in legs.items()})


def market(vols):
    return Market(ASOF, {name: Underlying(spot, RATE) for name, spot in SPOTS.items()}, vols)


def random_pair(rng):
    """Options of mixed expiries on both names, and cash from far too little to ample."""
    vols = {}
    for name, spot in SPOTS.items():
        for _ in range(int(rng.integers(5, 21))):
            strike = float(np.round(spot * np.exp(rng.normal(0.0, 0.2)), 1))
            right = Right.CALL if rng.random() < 0.5 else Right.PUT
            vols[option(name, right, strike, int(rng.integers(2, 90)))] = float(
                rng.uniform(0.2, 0.9)
            )
    held = tuple(Position(leg, float(rng.integers(-3, 4))) for leg in vols)
    return Account("pair", "USD", float(rng.uniform(-100.0, 500.0)), held), market(vols)


def worth(held, priced, name, spot, vol_move=0.0):
    """Value of what is held in one name, by closed form."""
    spot = np.asarray(spot, dtype=float)
    total = np.zeros_like(spot)
    for each in held.positions:
        leg, units = each.instrument, each.quantity * each.multiplier
        if leg.underlying != name:
            continue
        if not isinstance(leg, OptionContract):
            total = total + units * spot
            continue
        years = priced.years(leg.expiry)
        vol = priced.volatility(leg) * (1.0 + vol_move)
        total = total + units * black_scholes_price(
            spot=spot, strike=leg.strike, expiry=years, vol=vol, rate=RATE, div_yield=0.0,
            right=leg.right,
        )  # fmt: skip
    return total


def losses(held, priced, rule, name, spot, beta=1.0):
    """Loss of one name in every scenario of a rule, none at all being the first."""
    now = worth(held, priced, name, spot)
    moved = [
        now - worth(held, priced, name, spot * (1.0 + beta * each.spot_move), each.vol_move)
        for each in rule.scenarios
    ]
    return np.array([np.zeros_like(now), *moved])


def excess_by_hand(held, priced, rule, first, second):
    """Cash and values less the requirement, name by name or of all names moved together."""
    first, second = np.broadcast_arrays(first, second)
    spots = dict(zip(SPOTS, (first, second), strict=True))
    equity = held.cash + sum(worth(held, priced, name, at) for name, at in spots.items())
    if isinstance(rule, MovedTogether):
        betas = {name: rule.betas.get(name, 1.0) for name in spots}
        every = (losses(held, priced, rule.rule, n, at, betas[n]) for n, at in spots.items())
        return equity - sum(every).max(axis=0)
    return equity - sum(
        losses(held, priced, rule, name, at).max(axis=0) for name, at in spots.items()
    )
