"""Figures of results: what a glance should show of a threshold, a margin table, a requirement.

Every function draws into the axes given, or into new ones, returns them and shows nothing.
"""

from margin.figures.danger import against_spot, danger_on_line, telling_spots
from margin.figures.map import danger_by_date
from margin.figures.map_slices import danger_by_volatility, danger_ladder
from margin.figures.plane import danger_plane
from margin.figures.scenarios import scenario_profits
from margin.figures.tables import (
    compared_requirements,
    contract_requirements,
    excess_by_date,
    excess_map,
)

__all__ = [
    "against_spot",
    "compared_requirements",
    "contract_requirements",
    "danger_by_date",
    "danger_by_volatility",
    "danger_ladder",
    "danger_on_line",
    "danger_plane",
    "excess_by_date",
    "excess_map",
    "scenario_profits",
    "telling_spots",
]
