"""Accounts with options: margin requirements, margin tables and liquidation thresholds."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from margin.account import Account, Collateral, Position
    from margin.book import BookThresholds, thresholds_of_book
    from margin.carry import Carry, forward_carry, inverse_carry
    from margin.chains.chain_market import ChainMarket, chain_market
    from margin.claim_contract import ClaimContract, ContractBarrier
    from margin.comparison import ComparedSystem, Comparison, compare
    from margin.contract_margin import ContractTable, contract_table
    from margin.danger import Certificate, DangerSet, Interval, State
    from margin.dividends import Dividend, dividend_carry
    from margin.files import (
        AccountFileError,
        Defaults,
        Imported,
        from_frame,
        load,
        read,
        write,
    )
    from margin.greeks import margin_greeks
    from margin.greeks_statement import HoldingGreeks, MarginGreeks, Slope
    from margin.instrument import Asset, Future, OptionContract, Perpetual, Settlement
    from margin.liquidation import liquidation_intervals, thresholds, thresholds_of
    from margin.maps.accrual import Accrual, Funding, Payment
    from margin.maps.build import LiquidationMap, liquidation_map
    from margin.maps.cash import CashFloor
    from margin.maps.distance import Distance, distances
    from margin.maps.dynamics import RegressionBeta, SpotBeta, StickyDelta, regression_beta
    from margin.maps.events import Event, EventKind
    from margin.maps.funding_gap import FundingGap, funding_gaps
    from margin.maps.ladder import Ladder, Rung
    from margin.maps.path import ThresholdCurve, ThresholdSide
    from margin.maps.rule_sensitivity import RuleSensitivity, rule_sensitivities
    from margin.maps.sensitivity import Sensitivity
    from margin.maps.vol_map import VolCurve, VolMap
    from margin.maps.volatility import VolThreshold
    from margin.margin_table import MarginTable, table
    from margin.market import Market, Underlying
    from margin.marks import volatilities_from_marks
    from margin.names.path import Direction, thresholds_along
    from margin.names.plane import PlaneMap, plane_map
    from margin.names.rules import MovedTogether, NameByName
    from margin.piecewise import PiecewiseCubic
    from margin.report.page import html_report
    from margin.requirements import requirement
    from margin.revaluation import Revaluation, revalue
    from margin.rules import (
        TEN_POINT_BROAD_INDEX,
        TEN_POINT_EQUITY,
        TEN_POINT_SMALL_CAP,
        Branch,
        PerpetualRule,
        Rule,
        Scenario,
        ScenarioRule,
        Tier,
        continuous_tiers,
        scenario_grid,
    )
    from margin.smile import Smile
    from margin.smile_fit import FittedSmile, fit_smile
    from margin.smile_surface import SmileSurface
    from margin.statement import Leg, Requirement
    from margin.sticky import sticky_delta
    from margin.threshold import Level, Thresholds
    from margin.warming import warmup

# Where each public name lives.  A module is imported when a name of it is first used, so that the
# command shows its help at once.
_HOMES = {
    "account": ("Account", "Collateral", "Position"),
    "claim_contract": ("ContractBarrier", "ClaimContract"),
    "dividends": ("Dividend", "dividend_carry"),
    "book": ("BookThresholds", "thresholds_of_book"),
    "carry": ("Carry", "forward_carry", "inverse_carry"),
    "comparison": ("ComparedSystem", "Comparison", "compare"),
    "chains.chain_market": ("ChainMarket", "chain_market"),
    "contract_margin": ("ContractTable", "contract_table"),
    "danger": ("Certificate", "DangerSet", "Interval", "State"),
    "files": (
        "AccountFileError",
        "Defaults",
        "Imported",
        "from_frame",
        "load",
        "read",
        "write",
    ),
    "greeks": ("margin_greeks",),
    "greeks_statement": ("HoldingGreeks", "MarginGreeks", "Slope"),
    "instrument": ("Asset", "Future", "OptionContract", "Perpetual", "Settlement"),
    "liquidation": ("liquidation_intervals", "thresholds", "thresholds_of"),
    "maps.accrual": ("Accrual", "Funding", "Payment"),
    "maps.build": ("LiquidationMap", "liquidation_map"),
    "maps.cash": ("CashFloor",),
    "maps.distance": ("Distance", "distances"),
    "maps.dynamics": ("RegressionBeta", "SpotBeta", "StickyDelta", "regression_beta"),
    "maps.events": ("Event", "EventKind"),
    "maps.funding_gap": ("FundingGap", "funding_gaps"),
    "maps.ladder": ("Ladder", "Rung"),
    "maps.path": ("ThresholdCurve", "ThresholdSide"),
    "maps.rule_sensitivity": ("RuleSensitivity", "rule_sensitivities"),
    "maps.sensitivity": ("Sensitivity",),
    "maps.vol_map": ("VolCurve", "VolMap"),
    "maps.volatility": ("VolThreshold",),
    "margin_table": ("MarginTable", "table"),
    "market": ("Market", "Underlying"),
    "marks": ("volatilities_from_marks",),
    "names.path": ("Direction", "thresholds_along"),
    "names.plane": ("PlaneMap", "plane_map"),
    "names.rules": ("MovedTogether", "NameByName"),
    "piecewise": ("PiecewiseCubic",),
    "report.page": ("html_report",),
    "requirements": ("requirement",),
    "revaluation": ("Revaluation", "revalue"),
    "rules": (
        "TEN_POINT_BROAD_INDEX",
        "TEN_POINT_EQUITY",
        "TEN_POINT_SMALL_CAP",
        "Branch",
        "PerpetualRule",
        "Rule",
        "Scenario",
        "ScenarioRule",
        "Tier",
        "continuous_tiers",
        "scenario_grid",
    ),
    "smile": ("Smile",),
    "smile_fit": ("FittedSmile", "fit_smile"),
    "smile_surface": ("SmileSurface",),
    "statement": ("Leg", "Requirement"),
    "sticky": ("sticky_delta",),
    "threshold": ("Level", "Thresholds"),
    "warming": ("warmup",),
}

__all__ = [
    "TEN_POINT_BROAD_INDEX",
    "TEN_POINT_EQUITY",
    "TEN_POINT_SMALL_CAP",
    "Account",
    "AccountFileError",
    "Accrual",
    "Asset",
    "BookThresholds",
    "Branch",
    "Carry",
    "CashFloor",
    "Certificate",
    "ChainMarket",
    "ClaimContract",
    "Collateral",
    "ComparedSystem",
    "Comparison",
    "ContractBarrier",
    "ContractTable",
    "DangerSet",
    "Defaults",
    "Direction",
    "Distance",
    "Dividend",
    "Event",
    "EventKind",
    "FittedSmile",
    "Funding",
    "FundingGap",
    "Future",
    "HoldingGreeks",
    "Imported",
    "Interval",
    "Ladder",
    "Leg",
    "Level",
    "LiquidationMap",
    "MarginGreeks",
    "MarginTable",
    "Market",
    "MovedTogether",
    "NameByName",
    "OptionContract",
    "Payment",
    "Perpetual",
    "PerpetualRule",
    "PiecewiseCubic",
    "PlaneMap",
    "Position",
    "RegressionBeta",
    "Requirement",
    "Revaluation",
    "Rule",
    "RuleSensitivity",
    "Rung",
    "Scenario",
    "ScenarioRule",
    "Sensitivity",
    "Settlement",
    "Slope",
    "Smile",
    "SmileSurface",
    "SpotBeta",
    "State",
    "StickyDelta",
    "ThresholdCurve",
    "ThresholdSide",
    "Thresholds",
    "Tier",
    "Underlying",
    "VolCurve",
    "VolMap",
    "VolThreshold",
    "chain_market",
    "compare",
    "continuous_tiers",
    "contract_table",
    "distances",
    "dividend_carry",
    "fit_smile",
    "forward_carry",
    "from_frame",
    "funding_gaps",
    "html_report",
    "inverse_carry",
    "liquidation_intervals",
    "liquidation_map",
    "load",
    "margin_greeks",
    "plane_map",
    "read",
    "regression_beta",
    "requirement",
    "revalue",
    "rule_sensitivities",
    "scenario_grid",
    "sticky_delta",
    "table",
    "thresholds",
    "thresholds_along",
    "thresholds_of",
    "thresholds_of_book",
    "volatilities_from_marks",
    "warmup",
    "write",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"margin.{module}"), name)
    raise AttributeError(f"module 'margin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
