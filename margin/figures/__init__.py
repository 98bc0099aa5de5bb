"""Figures of results: what a glance should show of a threshold, a margin table, a requirement.

Every function draws into the axes given, or into new ones, returns them and shows nothing.
"""

from margin.figures.danger import against_spot, telling_spots
from margin.figures.scenarios import scenario_profits
from margin.figures.tables import contract_requirements, excess_by_date, excess_map

__all__ = [
    "against_spot",
    "contract_requirements",
    "excess_by_date",
    "excess_map",
    "scenario_profits",
    "telling_spots",
]
