"""What every margin system requires of an account of twenty options, against spot and now.

Claim   With the surfaces solved, the maintenance requirement at 400 spots takes at most 1 ms under
        every scenario system, and all named systems side by side, initial and maintenance now, what
        binds, and maintenance at 101 spots, take at most 150 ms from an account of American options
        for which nothing has been solved.
Method  Twenty options of five expiries from a week to half a year, puts and calls, long and short,
        with a perpetual where the system knows them; American options for those that list them.
        Processor time, best of some repeats.  Beside the values stand the branches as curves with
        proven kinks, from which thresholds are read; they have no floor.

    python -m benchmarks.margin_systems
"""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from benchmarks._table import Row, show
from benchmarks._timing import cpu_seconds
from margin import (
    Account,
    Market,
    OptionContract,
    Perpetual,
    Position,
    Revaluation,
    Rule,
    Settlement,
    Underlying,
    compare,
)
from margin.rules import (
    DERIBIT_PORTFOLIO_ETH,
    NSE_INDEX,
    NSE_STOCK,
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    TEN_POINT_SMALL_CAP,
    BybitOption,
    ClassGroup,
    DeribitPortfolio,
    DeribitStandard,
    DerivePortfolio,
    DeriveSkew,
    DeriveStandard,
    ExpectedShortfall,
    NakedVault,
    ParadexXM,
    PerpetualRule,
    PortfolioGroup,
    ProductGroup,
    ScenarioRule,
    SpanCommodity,
    SpanRule,
    SpanScan,
    TailRiskRule,
    TimsRule,
    ValueAtRisk,
    continuous_tiers,
    requirement_at,
    revalue_for,
    scenario_grid,
    tims_along,
)
from margin.rules.span.commodity import CalendarSpread, MonthTier
from pdesolve import Exercise, Right

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
SPOT, RATE = 2_000.0, 0.04
DAYS = (7, 21, 49, 105, 190)
QUANTITIES = (-3.0, 2.0, -1.0, 1.0)
SPOTS = np.linspace(0.5 * SPOT, 1.5 * SPOT, 400)
N_RETURNS, SEED = 1_000, 5
CURVE_LIMIT, ALL_LIMIT = 1e-3, 0.15
REPEATS = 25

GRID = scenario_grid(tuple(0.03 * step for step in range(-5, 6)), (-0.25, 0.0, 0.25))
MONTHS = (MonthTier(1, 202611, 202612), MonthTier(2, 202701, 202712))
CALENDAR = SpanCommodity("ETH", MONTHS, (CalendarSpread.between(1, 2, charge=20.0),))
SCAN = SpanScan(0.06, 0.04, extreme_multiple=3.0)


def options(exercise: Exercise, settlement: Settlement) -> tuple[list[Position], Market]:
    """Twenty options and a market with their volatilities."""
    positions, vols = [], {}
    for index in range(20):
        side = 1.0 if index % 2 else -1.0
        right = Right.CALL if index % 2 else Right.PUT
        strike = SPOT * round(1.0 + side * 0.04 * (1 + index // 5) + 0.01 * (index % 5), 3)
        expiry = NOW + timedelta(days=DAYS[index % 5])
        contract = OptionContract("ETH", right, strike, expiry, exercise, settlement)
        vols[contract] = 0.5 + 0.02 * (index % 7)
        positions.append(Position(contract, QUANTITIES[index % 4]))
    return positions, Market(NOW, {"ETH": Underlying(SPOT, RATE)}, vols)


def account(
    exercise: Exercise, *, perpetual: bool = False, in_coin: bool = False
) -> tuple[Account, Market]:
    """The account under test, in dollars or in coin."""
    settlement = Settlement.INVERSE if in_coin else Settlement.CASH
    positions, market = options(exercise, settlement)
    if perpetual:
        size = SPOT if in_coin else 1.0  # an inverse contract is of dollars
        positions.append(Position(Perpetual("ETH", settlement), size, 1.0, 1_990.0))
    currency, cash = ("ETH", 10.0) if in_coin else ("USD", 20_000.0)
    return Account("twenty options", currency, cash, tuple(positions)), market


def systems() -> list[tuple[str, Rule, tuple[Account, Market]]]:
    """Every system with an account that it knows."""
    drawn = np.random.default_rng(SEED).normal(0.0, 0.04, N_RETURNS).clip(-0.4, 0.6)
    moves = tuple(drawn.tolist())
    listed = account(Exercise.AMERICAN)
    venue = account(Exercise.EUROPEAN, perpetual=True)
    coin = account(Exercise.EUROPEAN, perpetual=True, in_coin=True)
    traded = account(Exercise.EUROPEAN)
    tims = TimsRule(
        (PortfolioGroup("all", (ProductGroup("ETH", (ClassGroup("ETH", TEN_POINT_EQUITY),)),)),)
    )
    _, along = tims_along(*listed, tims, "ETH")
    (only, market), tiers = venue, continuous_tiers((0, 50_000), (0.004, 0.005))
    perpetual = Account("one perpetual", "USD", 900.0, only.positions[-1:])
    short = Account("vault", "USD", 9e3, traded[0].positions[:1])
    return [
        ("ten-point, American", TEN_POINT_EQUITY, listed),
        ("ten-point, small caps", TEN_POINT_SMALL_CAP, listed),
        ("ten-point, broad index", TEN_POINT_BROAD_INDEX, listed),
        ("ten-point along one of several", along, listed),
        ("33 scenarios, American", ScenarioRule("grid", GRID), listed),
        ("33 scenarios, in coin", ScenarioRule("grid", GRID), coin),
        ("SPAN, American", SpanRule(SCAN), listed),
        ("SPAN with calendar spreads", SpanRule(SCAN, CALENDAR), listed),
        ("SPAN, NSE index", NSE_INDEX, listed),
        ("SPAN, NSE stock", NSE_STOCK, listed),
        ("Deribit SM", DeribitStandard(), venue),
        ("Deribit SM, in coin", DeribitStandard(), coin),
        ("Deribit PM, BTC", DeribitPortfolio(), venue),
        ("Deribit PM, ETH in coin", DERIBIT_PORTFOLIO_ETH, coin),
        ("Derive SRM", DeriveStandard(), venue),
        ("Derive PMRM", DerivePortfolio(), venue),
        ("Derive PMRM_2", DeriveSkew(), venue),
        ("VaR 99 %, 1,000 returns", TailRiskRule(moves, ValueAtRisk(0.99)), listed),
        ("ES 97.5 %, 1,000 returns", TailRiskRule(moves, ExpectedShortfall(0.975)), listed),
        ("ES 97.5 %, in coin", TailRiskRule(moves, ExpectedShortfall(0.975)), coin),
        ("naked vault, one option", NakedVault(), (short, market)),
        ("perpetual tiers, one position", PerpetualRule(tiers), (perpetual, market)),
        ("Bybit per option", BybitOption(), traded),
        ("Paradex per option", ParadexXM(), traded),
    ]


def curves(rule: Rule, revaluation: Revaluation) -> int:
    """The branches as curves; how many."""
    return len(rule.excess_branches(revaluation))


def curve_row(name: str, rule: Rule, held: tuple[Account, Market]) -> Row:
    """Time of the values at 400 spots and of the curves, surfaces solved."""
    revaluation = revalue_for(rule, *held, spots=SPOTS)
    branches = curves(rule, revaluation)
    values = cpu_seconds(partial(requirement_at, rule, revaluation, SPOTS), REPEATS)
    proven = cpu_seconds(partial(curves, rule, revaluation), 5)
    floor = f"values <= {1e3 * CURVE_LIMIT:.0f} ms"
    cells = f"{1e3 * values:.2f}", f"{1e3 * proven:.2f}", str(branches)
    return Row(name, cells, floor, values <= CURVE_LIMIT)


def main() -> int:
    rows = [curve_row(*system) for system in systems()]
    held, market = account(Exercise.AMERICAN)
    found = compare(held, market)
    seconds = cpu_seconds(partial(compare, held, market), 5)
    rows.append(Row("side by side, from scratch"))
    what = f"{len(found.systems)} systems, {len(found.refused)} refuse it"
    floor = f"<= {1e3 * ALL_LIMIT:.0f} ms"
    rows.append(Row(what, (f"{1e3 * seconds:.0f}", "", ""), floor, seconds <= ALL_LIMIT))
    return show(("requirement of 20 options", "400 spots, ms", "curves, ms", "branches"), rows)


if __name__ == "__main__":
    sys.exit(main())
