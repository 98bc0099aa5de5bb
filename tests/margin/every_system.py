"""Every margin system with random accounts that it knows, for tests that hold for all of them."""

from dataclasses import dataclass

import numpy as np

from margin import Account, Asset, Market, Perpetual, Position, Settlement
from margin.rules import (
    DERIBIT_PORTFOLIO_ETH,
    NSE_INDEX,
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    BybitOption,
    DeltaFloor,
    DeribitPortfolio,
    DeribitStandard,
    DerivePortfolio,
    DeriveSkew,
    DeriveStandard,
    ExpectedShortfall,
    Haircut,
    ParadexXM,
    Rule,
    Scenario,
    ScenarioRule,
    SpanCommodity,
    SpanRule,
    SpanScan,
    TailRiskRule,
    ValueAtRisk,
)
from margin.rules.span.commodity import CalendarSpread, Delivery, MonthTier
from pdesolve import Exercise
from tests.margin.by_hand import NAME, account, call, market, put

SPOT = 100.0
CASH, INVERSE = Settlement.CASH, Settlement.INVERSE
MOVES = tuple(np.random.default_rng(3).normal(0.0, 0.04, 300).clip(-0.3, 0.3).tolist())
MONTHS = (MonthTier(1, 202611, 202612), MonthTier(2, 202701, 202712))
CHARGED = SpanCommodity(
    NAME,
    MONTHS,
    (CalendarSpread.between(1, 2, charge=0.6, rate=0.001),),
    (Delivery(1, spread_charge=0.1, outright_charge=0.2),),
    short_option_minimum=0.3,
)
GRID = ScenarioRule(
    "grid",
    (Scenario(-0.2, 0.3), Scenario(0.2, -0.2), Scenario(-0.5, 0.3, 0.4)),
    minimum_per_short_option=0.2,
)


@dataclass(frozen=True)
class System:
    """A rule and what the accounts that it knows may hold."""

    name: str
    rule: Rule
    exercise: Exercise = Exercise.AMERICAN
    settlement: Settlement = CASH
    perpetual: bool = False
    shares: bool = True
    homogeneous: bool = True

    def account(self, seed: int, cash: float = 2_000.0) -> tuple[Account, Market]:
        """Cash and two to five options, and what else the system knows."""
        rng = np.random.default_rng(seed)
        kind = {"exercise": self.exercise, "settlement": self.settlement}
        contracts = [
            (put if rng.random() < 0.5 else call)(
                float(rng.integers(80, 121)), int(rng.integers(5, 120)), **kind
            )
            for _ in range(rng.integers(2, 6))
        ]
        vols = {contract: float(rng.uniform(0.3, 0.8)) for contract in contracts}
        positions = [Position(contract, float(rng.integers(-5, 6))) for contract in vols]
        if self.shares:
            positions.append(Position(Asset(NAME), float(rng.integers(0, 6))))
        if self.perpetual:
            size = SPOT if self.settlement is INVERSE else 1.0
            held = Perpetual(NAME, self.settlement)
            positions.append(Position(held, size * float(rng.integers(-3, 4)), 1.0, 99.0))
        coin = self.settlement is INVERSE
        made = account(cash / SPOT if coin else cash, *positions, currency=NAME if coin else "USD")
        return made, market(SPOT, vols)


EUROPEAN = Exercise.EUROPEAN
VENUE = {"exercise": EUROPEAN, "perpetual": True, "shares": False}
COIN = VENUE | {"settlement": INVERSE}
MINE = (Haircut(NAME, 0.05, 0.02, cancelling=True),)
SYSTEMS = [
    System("ten-point", TEN_POINT_EQUITY),
    System("ten-point, index", TEN_POINT_BROAD_INDEX),
    System("scenarios", GRID),
    System("scenarios in coin", GRID, **COIN),
    System("SPAN", SpanRule(SpanScan(0.06, 0.04, extreme_multiple=3.0))),
    System("SPAN with charges", SpanRule(SpanScan(0.06, 0.04), CHARGED, exposure_rate=0.02)),
    System("NSE", NSE_INDEX),
    System("Deribit SM", DeribitStandard(), **VENUE),
    System("Deribit SM in coin", DeribitStandard(), **COIN),
    System("Deribit PM", DeribitPortfolio(dampener=3.0), **VENUE, homogeneous=False),
    System("Deribit PM in coin", DERIBIT_PORTFOLIO_ETH, **COIN, homogeneous=False),
    System("Derive SRM", DeriveStandard(), EUROPEAN, perpetual=True),
    System("Derive PMRM", DerivePortfolio(), EUROPEAN, perpetual=True),
    System("Derive PMRM_2", DeriveSkew(haircuts=MINE), EUROPEAN, perpetual=True),
    System("VaR", TailRiskRule(MOVES, ValueAtRisk(0.99))),
    System("ES", TailRiskRule(MOVES, ExpectedShortfall(0.975))),
    System("ES in coin", TailRiskRule(MOVES, ExpectedShortfall(0.975)), **COIN),
    System("Bybit", BybitOption(), EUROPEAN),
    System("Paradex", ParadexXM(), EUROPEAN),
    System("Paradex delta", DeltaFloor()),
]
