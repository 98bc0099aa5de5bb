"""Margin rules: what a venue or a broker requires of an account, as frozen records."""

from margin.rules.perpetual import PerpetualRule
from margin.rules.rule import Branch, Rule, compounded, revalue_for
from margin.rules.scenario import Scenario, scenario_grid
from margin.rules.scenario_rule import ScenarioRule
from margin.rules.ten_point import (
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    TEN_POINT_SMALL_CAP,
)
from margin.rules.tiers import Tier, continuous_tiers

__all__ = [
    "TEN_POINT_BROAD_INDEX",
    "TEN_POINT_EQUITY",
    "TEN_POINT_SMALL_CAP",
    "Branch",
    "PerpetualRule",
    "Rule",
    "Scenario",
    "ScenarioRule",
    "Tier",
    "compounded",
    "continuous_tiers",
    "revalue_for",
    "scenario_grid",
]
