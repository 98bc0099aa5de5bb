"""Accounts with options: margin requirements, margin tables and liquidation thresholds."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from margin.account import Account, Collateral, Position
    from margin.carry import Carry, forward_carry, inverse_carry
    from margin.comparison import ComparedSystem, Comparison, compare
    from margin.contract_margin import ContractTable, contract_table
    from margin.danger import Certificate, DangerSet, Interval, State
    from margin.files import AccountFileError, read, write
    from margin.greeks import margin_greeks
    from margin.greeks_statement import HoldingGreeks, MarginGreeks, Slope
    from margin.instrument import Asset, Future, OptionContract, Perpetual, Settlement
    from margin.liquidation import liquidation_intervals, thresholds, thresholds_of
    from margin.maps.build import LiquidationMap, liquidation_map
    from margin.maps.cash import CashFloor
    from margin.maps.events import Event, EventKind
    from margin.maps.ladder import Ladder, Rung
    from margin.maps.path import ThresholdCurve, ThresholdSide
    from margin.maps.sensitivity import Sensitivity
    from margin.maps.volatility import VolThreshold
    from margin.margin_table import MarginTable, table
    from margin.market import Market, Underlying
    from margin.marks import volatilities_from_marks
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
    from margin.statement import Leg, Requirement
    from margin.threshold import Level, Thresholds

# Where each public name lives.  A module is imported when a name of it is first used, so that the
# command shows its help at once.
_HOMES = {
    "account": ("Account", "Collateral", "Position"),
    "carry": ("Carry", "forward_carry", "inverse_carry"),
    "comparison": ("ComparedSystem", "Comparison", "compare"),
    "contract_margin": ("ContractTable", "contract_table"),
    "danger": ("Certificate", "DangerSet", "Interval", "State"),
    "files": ("AccountFileError", "read", "write"),
    "greeks": ("margin_greeks",),
    "greeks_statement": ("HoldingGreeks", "MarginGreeks", "Slope"),
    "instrument": ("Asset", "Future", "OptionContract", "Perpetual", "Settlement"),
    "liquidation": ("liquidation_intervals", "thresholds", "thresholds_of"),
    "maps.build": ("LiquidationMap", "liquidation_map"),
    "maps.cash": ("CashFloor",),
    "maps.events": ("Event", "EventKind"),
    "maps.ladder": ("Ladder", "Rung"),
    "maps.path": ("ThresholdCurve", "ThresholdSide"),
    "maps.sensitivity": ("Sensitivity",),
    "maps.volatility": ("VolThreshold",),
    "margin_table": ("MarginTable", "table"),
    "market": ("Market", "Underlying"),
    "marks": ("volatilities_from_marks",),
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
    "statement": ("Leg", "Requirement"),
    "threshold": ("Level", "Thresholds"),
}

__all__ = [
    "TEN_POINT_BROAD_INDEX",
    "TEN_POINT_EQUITY",
    "TEN_POINT_SMALL_CAP",
    "Account",
    "AccountFileError",
    "Asset",
    "Branch",
    "Carry",
    "CashFloor",
    "Certificate",
    "Collateral",
    "ComparedSystem",
    "Comparison",
    "ContractTable",
    "DangerSet",
    "Event",
    "EventKind",
    "Future",
    "HoldingGreeks",
    "Interval",
    "Ladder",
    "Leg",
    "Level",
    "LiquidationMap",
    "MarginGreeks",
    "MarginTable",
    "Market",
    "OptionContract",
    "Perpetual",
    "PerpetualRule",
    "PiecewiseCubic",
    "Position",
    "Requirement",
    "Revaluation",
    "Rule",
    "Rung",
    "Scenario",
    "ScenarioRule",
    "Sensitivity",
    "Settlement",
    "Slope",
    "State",
    "ThresholdCurve",
    "ThresholdSide",
    "Thresholds",
    "Tier",
    "Underlying",
    "VolThreshold",
    "compare",
    "continuous_tiers",
    "contract_table",
    "forward_carry",
    "html_report",
    "inverse_carry",
    "liquidation_intervals",
    "liquidation_map",
    "margin_greeks",
    "read",
    "requirement",
    "revalue",
    "scenario_grid",
    "table",
    "thresholds",
    "thresholds_of",
    "volatilities_from_marks",
    "write",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"margin.{module}"), name)
    raise AttributeError(f"module 'margin' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
