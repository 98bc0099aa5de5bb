"""Liquidation maps of random accounts against closed forms, dense points and rules from scratch.

Claim   On 2,000 random accounts of 10 to 40 European legs of mixed expiries, five dates each, the
        map is complete and has as many crossings as 5,000 spots show.  Thresholds are within
        1e-6 of the roots of the closed form.  A requirement from scratch, of American accounts
        too, flips between each end less and plus twice its error bar: one for each of the two
        that are compared.  The slope of a path, ``-f_t / f_S``, is that of its differences.
Method  200 books, solved once, each with ten sets of quantities and cash; roots by Brent's method
        around each end at which the closed form changes sign, with the rule applied move by move.
Writes  nothing

    python -m validation.liquidation_map
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from scipy.optimize import brentq

from margin import Account, Market, OptionContract, Position, Underlying
from margin.maps.build import LiquidationMap, liquidation_map
from margin.requirements import requirement
from margin.rules import Scenario, ScenarioRule, scenario_grid
from pdesolve import Exercise, Right, black_scholes_price

NOW = datetime(2026, 11, 20, 21, tzinfo=UTC)
SPOT, RATE = 100.0, 0.04
BOOKS, MEMBERS, DATES = 200, 10, 5
CLOSED_FORM_BOOKS, SCRATCH_BOOKS = 20, 16
DENSE = np.geomspace(20.0, 500.0, 5_000)

LARGEST_ERROR = 1e-6
# Near an end of an interval that is about to vanish the two roots are one to the eye of Brent.
BRACKET = 1e-5
# The slope of the path by differences over an hour; relative to the spot per year.
SLOPE_ERROR = 1e-3


@dataclass
class Tally:
    """What was counted, and the largest of what was measured."""

    slices: int = 0
    crossings: int = 0
    wrong: int = 0
    incomplete: int = 0
    ends: int = 0
    unmatched: int = 0
    largest: float = 0.0
    flips: int = 0
    failed: int = 0
    slopes: int = 0
    slope_error: float = 0.0


def book(seed: int, exercise: Exercise) -> tuple[Account, Market, ScenarioRule]:
    """Random options around the spot, their market, and a rule with an extreme move."""
    rng = np.random.default_rng(seed)
    vols: dict[OptionContract, float] = {}
    for _ in range(int(rng.integers(10, 41))):
        right = Right.CALL if rng.random() < 0.5 else Right.PUT
        strike = float(np.round(SPOT * np.exp(rng.normal(0.0, 0.2)), 1))
        expiry = NOW + timedelta(days=int(rng.integers(2, 90)))
        vols[OptionContract("X", right, strike, expiry, exercise)] = float(rng.uniform(0.2, 0.9))
    moves = (rng.uniform(0.05, 0.25, 2) * [-1.0, 1.0]).tolist()
    far = Scenario(float(rng.choice([-0.5, 0.6])), 0.0, weight=0.3)
    rule = ScenarioRule(
        "random", scenario_grid(moves, (0.0, rng.uniform(-0.3, 0.5)), extremes=[far])
    )
    positions = tuple(Position(leg, 0.0) for leg in vols)
    return (
        Account("book", "USD", 0.0, positions),
        Market(NOW, {"X": Underlying(SPOT, RATE)}, vols),
        rule,
    )


def maps(seed: int, members: int, exercise: Exercise) -> Iterator[LiquidationMap]:
    """Maps of accounts over one book, solved once."""
    held, priced, rule = book(seed, exercise)
    rng = np.random.default_rng([seed, 1])
    dates = [NOW + timedelta(days=float(day)) for day in rng.uniform(0.0, 90.0, DATES)]
    found = liquidation_map(held, priced, rule, horizon=timedelta(days=91), dates=dates)
    for _ in range(members):
        quantities = rng.integers(-3, 4, len(held.positions)).astype(float)
        positions = tuple(
            replace(leg, quantity=quantity)
            for leg, quantity in zip(held.positions, quantities.tolist(), strict=True)
        )
        cash = float(rng.uniform(-100.0, 400.0))
        yield found.with_account(replace(held, cash=cash, positions=positions))


def ends(found: LiquidationMap, date: datetime) -> Iterator[tuple[float, float, float]]:
    """Each threshold, its error, and the sign of the excess above it."""
    for gone in found.intervals(date):
        if not gone.lower_open:
            yield gone.lower, gone.lower_error, -1.0
        if not gone.upper_open:
            yield gone.upper, gone.upper_error, 1.0


def excess_by_hand(found: LiquidationMap, date: datetime, spot: float) -> float:
    """Excess by closed form, scenario by scenario; what has expired was paid at the spot."""
    market, legs = found.revaluation.market, found.revaluation.account.positions
    times = np.array([(leg.instrument.expiry - date) / timedelta(days=365) for leg in legs])
    units = np.array([leg.quantity for leg in legs])
    strikes = np.array([leg.instrument.strike for leg in legs])
    rights = np.array([int(leg.instrument.right) for leg in legs])
    vols = np.array([market.volatility(leg.instrument) for leg in legs])
    living = times > 0.0

    def worth(at: float, move: float) -> float:
        values = black_scholes_price(
            spot=at, strike=strikes[living], expiry=times[living], vol=vols[living] * (1.0 + move),
            rate=RATE, div_yield=0.0, right=rights[living],
        )  # fmt: skip
        return float(units[living] @ values)

    paid = float((units * np.maximum(rights * (spot - strikes), 0.0))[~living].sum())
    now = worth(spot, 0.0)
    losses = [
        each.weight * (now - worth(spot * (1.0 + each.spot_move), each.vol_move))
        for each in found.rule.scenarios
    ]
    return found.revaluation.account.cash + paid + now - max(0.0, *losses)


def count_crossings(tally: Tally) -> None:
    """Ends of intervals against changes of sign at dense spots."""
    for seed in range(BOOKS):
        for found in maps(seed, MEMBERS, Exercise.EUROPEAN):
            for date in found.dates:
                lowest = np.min([curve(DENSE) for curve in found.excess_curves(date)], axis=0)
                changes = np.count_nonzero(np.diff(lowest < 0.0))
                tally.slices += 1
                tally.crossings += changes
                tally.wrong += changes != len(list(ends(found, date)))
                tally.incomplete += not found.danger(date).certificate.complete


def compare_roots(tally: Tally) -> None:
    """Ends against the roots of the closed form nearby."""
    for seed in range(CLOSED_FORM_BOOKS):
        for found in maps(seed, 3, Exercise.EUROPEAN):
            for date in found.dates:
                for end, _, side in ends(found, date):
                    low, high = (1.0 - BRACKET) * end, (1.0 + BRACKET) * end
                    signs = (excess_by_hand(found, date, at) * side for at in (low, high))
                    tally.ends += 1
                    if not next(signs) < 0.0 < next(signs):
                        tally.unmatched += 1
                        continue
                    root = brentq(
                        lambda at, f=found, d=date: excess_by_hand(f, d, at), low, high, xtol=1e-10
                    )
                    tally.largest = max(tally.largest, abs(end / root - 1.0))


def flip_rules(tally: Tally) -> None:
    """A requirement from scratch on both sides of each end, before the first expiry."""
    for seed in range(SCRATCH_BOOKS):
        exercise = Exercise.AMERICAN if seed % 2 else Exercise.EUROPEAN
        for found in maps(1_000 + seed, 6, exercise):
            date = NOW + timedelta(days=1)
            at = replace(found.revaluation.market, asof=date)
            for end, error, side in ends(found, date):
                signs = [
                    requirement(
                        found.revaluation.account,
                        replace(at, underlyings={"X": Underlying(spot, RATE)}),
                        found.rule,
                    ).excess
                    for spot in (end - 2.0 * error, end + 2.0 * error)
                ]
                tally.flips += 1
                tally.failed += not signs[0] * side < 0.0 < signs[1] * side


def compare_slopes(tally: Tally) -> None:
    """The implicit derivative by time against differences of the path."""
    step = timedelta(hours=1)
    for seed in range(SCRATCH_BOOKS):
        for found in maps(2_000 + seed, 6, Exercise.EUROPEAN):
            date = NOW + timedelta(days=1)
            near = found.elsewhere([date - step, date + step])
            before, after = ([end for end, _, _ in ends(near, at)] for at in near.dates)
            known = found.sensitivities(date)
            if not len(before) == len(after) == len(known):
                continue
            for each, low, high in zip(known, before, after, strict=True):
                slope = (high - low) / (2.0 * step / timedelta(days=365))
                tally.slopes += 1
                tally.slope_error = max(tally.slope_error, abs(each.time - slope) / each.spot)


def main() -> int:
    tally = Tally()
    for check in (count_crossings, compare_roots, flip_rules, compare_slopes):
        check(tally)
    rows = [
        ("slices, account by date", tally.slices, None),
        ("crossings at dense spots", tally.crossings, None),
        ("slices with another count", tally.wrong, tally.wrong == 0),
        ("slices not proven complete", tally.incomplete, tally.incomplete == 0),
        ("ends against the closed form", tally.ends, None),
        ("ends without a root nearby", tally.unmatched, tally.unmatched == 0),
        ("largest relative error", tally.largest, tally.largest <= LARGEST_ERROR),
        ("ends against the rule from scratch", tally.flips, None),
        ("ends at which it does not flip", tally.failed, tally.failed == 0),
        ("slopes of paths", tally.slopes, None),
        ("largest error, spots a year", tally.slope_error, tally.slope_error <= SLOPE_ERROR),
    ]
    for name, value, holds in rows:
        verdict = "" if holds is None else "holds" if holds else "FAILS"
        print(f"{name:<38}{value:>14.4g}  {verdict}".rstrip())
    holds = all(holds is not False for _, _, holds in rows)
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
