"""Margin rules: what a venue or a broker requires of an account, as frozen records."""

from margin.rules.add_ons import ConcentrationAddOn, LiquidityAddOn
from margin.rules.at_spots import (
    LabelledRule,
    SampledRule,
    SampledStages,
    branch_values,
    excess_at,
    labelled_values,
    requirement_at,
)
from margin.rules.attribution import Attributed, leg_profit
from margin.rules.claims import ReadsClaims, refuse_claims
from margin.rules.delta_floor import DeltaFloor, delta_floor
from margin.rules.deribit.portfolio import DERIBIT_PORTFOLIO_ETH, DeribitPortfolio
from margin.rules.deribit.standard import DeribitStandard
from margin.rules.derive.discount import DeriveDiscount
from margin.rules.derive.portfolio import DerivePortfolio
from margin.rules.derive.scenario import DeriveScenario, Feeds, Haircut, VolDirection
from margin.rules.derive.skew import DeriveSkew
from margin.rules.derive.standard import DeriveStandard
from margin.rules.haircuts import HaircutTable, with_haircuts
from margin.rules.paradex import ParadexXM
from margin.rules.per_option import BybitOption
from margin.rules.perpetual import PerpetualRule
from margin.rules.rule import Branch, Multiplied, Rule, compounded, revalue_for
from margin.rules.rule_with_add_on import RuleWithAddOn
from margin.rules.scenario import Scenario, scenario_grid
from margin.rules.scenario_rule import ScenarioRule
from margin.rules.skew import SkewShock
from margin.rules.span.charges import span_requirement
from margin.rules.span.commodity import SpanCommodity
from margin.rules.span.nse import NSE_INDEX, NSE_STOCK
from margin.rules.span.rule import SpanRule
from margin.rules.span.scan import SpanScan, VolRange
from margin.rules.staged import (
    Explained,
    InitialRule,
    RequirementLine,
    Staged,
    StagedRule,
    initial_factor,
)
from margin.rules.strategy import (
    CASH_ACCOUNT,
    STRATEGY_BROAD_INDEX,
    STRATEGY_CURRENCY,
    STRATEGY_EQUITY,
    STRATEGY_NARROW_INDEX,
    STRATEGY_VOLATILITY_INDEX,
    CashRule,
    Group,
    Grouping,
    InitialStock,
    MaintenanceStock,
    OptionTerms,
    StrategyRule,
)
from margin.rules.tail.measure import ExpectedShortfall, Quantile, ValueAtRisk
from margin.rules.tail.protections import Buffer, LookBackFloor, StressedWindow
from margin.rules.tail.rule import TailRiskRule
from margin.rules.tail.statement import explain_tail
from margin.rules.ten_point import (
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    TEN_POINT_SMALL_CAP,
)
from margin.rules.tenor_shock import TenorShock
from margin.rules.tiers import Tier, continuous_tiers
from margin.rules.tims.account import tims_along, tims_requirement
from margin.rules.tims.curve import TimsAlong
from margin.rules.tims.groups import ClassGroup, PortfolioGroup, ProductGroup, TimsRule
from margin.rules.vault.naked import NakedVault
from margin.rules.vault.spread import SpreadVault

__all__ = [
    "CASH_ACCOUNT",
    "DERIBIT_PORTFOLIO_ETH",
    "NSE_INDEX",
    "NSE_STOCK",
    "STRATEGY_BROAD_INDEX",
    "STRATEGY_CURRENCY",
    "STRATEGY_EQUITY",
    "STRATEGY_NARROW_INDEX",
    "STRATEGY_VOLATILITY_INDEX",
    "TEN_POINT_BROAD_INDEX",
    "TEN_POINT_EQUITY",
    "TEN_POINT_SMALL_CAP",
    "Attributed",
    "Branch",
    "Buffer",
    "BybitOption",
    "CashRule",
    "ClassGroup",
    "ConcentrationAddOn",
    "DeltaFloor",
    "DeribitPortfolio",
    "DeribitStandard",
    "DeriveDiscount",
    "DerivePortfolio",
    "DeriveScenario",
    "DeriveSkew",
    "DeriveStandard",
    "ExpectedShortfall",
    "Explained",
    "Feeds",
    "Group",
    "Grouping",
    "Haircut",
    "HaircutTable",
    "InitialRule",
    "InitialStock",
    "LabelledRule",
    "LiquidityAddOn",
    "LookBackFloor",
    "MaintenanceStock",
    "Multiplied",
    "NakedVault",
    "OptionTerms",
    "ParadexXM",
    "PerpetualRule",
    "PortfolioGroup",
    "ProductGroup",
    "Quantile",
    "ReadsClaims",
    "RequirementLine",
    "Rule",
    "RuleWithAddOn",
    "SampledRule",
    "SampledStages",
    "Scenario",
    "ScenarioRule",
    "SkewShock",
    "SpanCommodity",
    "SpanRule",
    "SpanScan",
    "SpreadVault",
    "Staged",
    "StagedRule",
    "StrategyRule",
    "StressedWindow",
    "TailRiskRule",
    "TenorShock",
    "Tier",
    "TimsAlong",
    "TimsRule",
    "ValueAtRisk",
    "VolDirection",
    "VolRange",
    "branch_values",
    "compounded",
    "continuous_tiers",
    "delta_floor",
    "excess_at",
    "explain_tail",
    "initial_factor",
    "labelled_values",
    "leg_profit",
    "refuse_claims",
    "requirement_at",
    "revalue_for",
    "scenario_grid",
    "span_requirement",
    "tims_along",
    "tims_requirement",
    "with_haircuts",
]
