"""Accounts of two underlyings, and events between dates, against dense points of both.

Claim   On 500 random accounts of 10 to 40 European legs of mixed expiries on two names, margined
        name by name or moved together, the thresholds along a random direction are complete: as
        many as the closed form changes its sign at 2,000 spots, each with a root of the closed
        form within 1e-6.  On every border of the plane of two names the closed form is zero to
        1e-6 of the spots.  On accounts whose danger is born and ends between two dates of their
        map, the map finds it: at 160 dates it has as many intervals as a map solved there.
Method  Spots and books are drawn from seeded generators; cash lies so that about half the
        accounts have a threshold.  For events, cash is set between the least excess at the dates
        of the map, five days apart, and the least at 160 dates.
Writes  nothing

    python -m validation.liquidation_pairs
"""

import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from margin import (
    Account,
    Direction,
    LiquidationMap,
    Market,
    MovedTogether,
    OptionContract,
    Position,
    Underlying,
    liquidation_map,
    plane_map,
    thresholds_along,
)
from margin.curve_shape import least_of
from margin.rules import Scenario, ScenarioRule, scenario_grid
from pdesolve import Exercise, Right, black_scholes_price
from validation.liquidation_map import maps

NOW = datetime(2026, 11, 20, 21, tzinfo=UTC)
SPOTS, RATE = {"A": 100.0, "B": 50.0}, 0.04
BOOKS = 500
# Of so many books one is drawn as a plane, and one is followed through time.
A_PLANE, A_COURSE = 12, 40
SPAN = (40.0, 250.0)
DENSE = np.geomspace(*SPAN, 2_000)
BRACKET, LARGEST_ERROR = 1e-4, 1e-6
DAYS, COARSE, LOOKS = 30, 5, 160
DENSE_SPOTS = np.geomspace(20.0, 500.0, 3_000)

Floats = NDArray[np.float64]
Rule = ScenarioRule | MovedTogether


@dataclass
class Tally:
    """What was counted, and the largest of what was measured."""

    pairs: int = 0
    crossings: int = 0
    wrong: int = 0
    incomplete: int = 0
    unmatched: int = 0
    largest: float = 0.0
    vertices: int = 0
    off_border: float = 0.0
    hidden: int = 0
    unseen: int = 0
    looks: int = 0
    differing: int = 0


def pair(seed: int) -> tuple[Account, Market, Rule]:
    """Random options on both names, and a rule that reads them apart or together."""
    rng = np.random.default_rng(seed)
    vols = {}
    for name, spot in SPOTS.items():
        for _ in range(int(rng.integers(5, 21))):
            right = Right.CALL if rng.random() < 0.5 else Right.PUT
            strike = float(np.round(spot * np.exp(rng.normal(0.0, 0.2)), 1))
            expiry = NOW + timedelta(days=int(rng.integers(2, 90)))
            leg = OptionContract(name, right, strike, expiry, Exercise.EUROPEAN)
            vols[leg] = float(rng.uniform(0.2, 0.9))
    held = tuple(Position(leg, float(rng.integers(-3, 4))) for leg in vols)
    moves = (rng.uniform(0.05, 0.25, 2) * [-1.0, 1.0]).tolist()
    far = Scenario(float(rng.choice([-0.5, 0.6])), 0.0, weight=0.3)
    vol_moves = (0.0, float(rng.uniform(-0.3, 0.5)))
    rule = ScenarioRule("random", scenario_grid(moves, vol_moves, extremes=[far]))
    underlyings = {name: Underlying(spot, RATE) for name, spot in SPOTS.items()}
    account = Account("pair", "USD", float(rng.uniform(-100.0, 500.0)), held)
    together = MovedTogether(rule, {"B": float(rng.uniform(0.5, 1.5))})
    return account, Market(NOW, underlyings, vols), together if seed % 2 else rule


def worth(account: Account, market: Market, name: str, spot: Floats, move: float) -> Floats:
    """What is held in one name, by closed form."""
    total = np.zeros_like(spot)
    for held in account.positions:
        leg = held.instrument
        if leg.underlying == name and held.quantity:
            total += held.quantity * black_scholes_price(
                spot=spot, strike=leg.strike, expiry=market.years(leg.expiry), rate=RATE,
                vol=market.volatility(leg) * (1.0 + move), div_yield=0.0, right=leg.right,
            )  # fmt: skip
    return total


def excess_by_hand(account: Account, market: Market, rule: Rule, *at: Floats) -> Floats:
    """Cash and values less the requirement, by closed form, at spots of both names."""
    spots = dict(zip(SPOTS, map(np.asarray, at), strict=True))
    base = rule.rule if isinstance(rule, MovedTogether) else rule
    betas = rule.betas if isinstance(rule, MovedTogether) else {}
    now = {name: worth(account, market, name, spot, 0.0) for name, spot in spots.items()}
    every = {}
    for name, spot in spots.items():
        beta = betas.get(name, 1.0)
        moved = (
            worth(account, market, name, spot * (1.0 + beta * each.spot_move), each.vol_move)
            for each in base.scenarios
        )
        weights = (each.weight for each in base.scenarios)
        every[name] = [w * (now[name] - then) for w, then in zip(weights, moved, strict=True)]
    if isinstance(rule, MovedTogether):
        needed = np.maximum(np.max(sum(np.array(losses) for losses in every.values()), axis=0), 0)
    else:
        needed = sum(np.maximum(np.max(losses, axis=0), 0.0) for losses in every.values())
    return np.asarray(account.cash + sum(now.values()) - needed)


def count_pairs(tally: Tally) -> None:
    """Thresholds along random directions against the closed form."""
    for seed in range(BOOKS):
        account, market, rule = pair(seed)
        way = Direction({"A": 1.0, "B": float(np.random.default_rng([seed, 1]).uniform(-2, 2))})

        def excess(
            spot: Floats, case: tuple[Account, Market, Rule] = (account, market, rule),
            way: Direction = way,
        ) -> Floats:  # fmt: skip
            spots = way.spots(SPOTS, spot)
            return excess_by_hand(*case, spots["A"], spots["B"])

        found = thresholds_along(account, market, rule, way, span=SPAN)
        ends = [
            end
            for each in found.intervals
            for end, is_open in ((each.lower, each.lower_open), (each.upper, each.upper_open))
            if not is_open
        ]
        changes = np.count_nonzero(np.diff(excess(DENSE) < 0.0))
        tally.pairs += 1
        tally.crossings += changes
        tally.wrong += changes != len(ends)
        tally.incomplete += not found.certificate.complete
        for end in ends:
            low, high = (1.0 - BRACKET) * end, (1.0 + BRACKET) * end
            if float(excess(low)) * float(excess(high)) >= 0.0:
                tally.unmatched += 1
                continue
            root = brentq(lambda at: float(excess(at)), low, high, xtol=1e-11)
            tally.largest = max(tally.largest, abs(end / root - 1.0))


def follow_borders(tally: Tally) -> None:
    """The closed form on the borders of planes: how far, relative to the spots, zero is away."""
    for seed in range(1_000, 1_001 + BOOKS // A_PLANE):
        account, market, rule = pair(seed)
        found = plane_map(account, market, rule, names=("A", "B"))
        for border in found.contour():
            first, second = border.first, border.second
            left = excess_by_hand(account, market, rule, first, second)
            step = 1e-5
            slopes = [
                (found.excess(first * up, second * over) - left) / step
                for up, over in ((1.0 + step, 1.0), (1.0, 1.0 + step))
            ]
            steepness = np.hypot(*slopes)
            steep = steepness > 1e-2 * steepness.max()
            tally.vertices += int(np.count_nonzero(steep))
            tally.off_border = max(
                tally.off_border, float(np.abs(left[steep] / steepness[steep]).max())
            )


def hiding(seed: int) -> Iterator[tuple[LiquidationMap, LiquidationMap]]:
    """Maps at few dates and at many, of accounts whose danger lies between the few."""
    horizon = timedelta(days=DAYS)
    for known in maps(3_000 + seed, 2, Exercise.EUROPEAN):
        few = liquidation_map(
            known.revaluation.account, known.revaluation.market, known.rule, horizon=horizon,
            dates=[NOW + timedelta(days=day) for day in range(COARSE, DAYS + 1, COARSE)],
        )  # fmt: skip
        minutes = np.linspace(1, DAYS * 1_440 - 1, LOOKS).astype(int).tolist()
        many = few.elsewhere([NOW + timedelta(minutes=minute) for minute in minutes])
        lows = [
            min(float(least_of(each.excess_curves(date))(DENSE_SPOTS).min()) for date in each.dates)
            for each in (few, many)
        ]
        if lows[1] < lows[0] - 1e-3:
            account = known.revaluation.account
            cash = account.cash - 0.5 * (lows[0] + lows[1])
            at_edge = replace(account, cash=cash)
            yield few.with_account(at_edge), many.with_account(at_edge)


def watch_events(tally: Tally) -> None:
    """Intervals at many dates against those that the events of a map at few dates imply."""
    for seed in range(1 + BOOKS // A_COURSE):
        for few, many in hiding(seed):
            counts = [len(few.intervals(date)) for date in few.dates]
            slices = few.slices()
            dates = [each.date for each in slices]
            tally.hidden += 1
            tally.unseen += not any(counts) and not any(each.intervals for each in slices)
            for date in many.dates:
                if min(abs(date - each) for each in dates) > timedelta(minutes=1):
                    before = slices[bisect_right(dates, date) - 1]
                    tally.looks += 1
                    tally.differing += len(before.intervals) != len(many.intervals(date))


def main() -> int:
    tally = Tally()
    for check in (count_pairs, follow_borders, watch_events):
        check(tally)
    rows = [
        ("accounts of two names", tally.pairs, None),
        ("crossings of the closed form", tally.crossings, None),
        ("accounts with another count", tally.wrong, tally.wrong == 0),
        ("accounts not proven complete", tally.incomplete, tally.incomplete == 0),
        ("ends without a root nearby", tally.unmatched, tally.unmatched == 0),
        ("largest relative error", tally.largest, tally.largest <= LARGEST_ERROR),
        ("points of borders", tally.vertices, None),
        ("largest distance off the border", tally.off_border, tally.off_border <= LARGEST_ERROR),
        ("accounts in danger between dates", tally.hidden, None),
        ("of those, not seen", tally.unseen, tally.unseen == 0),
        ("dates between", tally.looks, None),
        ("with another count of intervals", tally.differing, tally.differing == 0),
    ]
    for name, value, holds in rows:
        verdict = "" if holds is None else "holds" if holds else "FAILS"
        print(f"{name:<38}{value:>14.4g}  {verdict}".rstrip())
    holds = all(holds is not False for _, _, holds in rows)
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
