"""Ten-point portfolio margin for listed options in the United States."""

from margin.rules.scenario import Scenario
from margin.rules.scenario_rule import ScenarioRule

__all__ = ["TEN_POINT_BROAD_INDEX", "TEN_POINT_EQUITY", "TEN_POINT_SMALL_CAP"]

POINTS_EACH_SIDE = 5
MINIMUM = 0.375
"""Quote currency per unit of the underlying: 37.50 for a contract on 100 shares."""
SOURCE = (
    "FINRA Rule 4210(g), with theoretical values of the Options Clearing Corporation (TIMS): the "
    "largest loss at ten equidistant spots {down:g} % to {up:+g} %, volatilities unchanged; "
    "0.375 per unit of every option and future, long and short, at least.  Ranges and minimum as "
    "published by brokers; a broker may require more."
)


def _ten_point(name: str, down: float, up: float) -> ScenarioRule:
    """Five spots from one step up to ``up`` and five down to ``down``, no volatility move."""
    ends = (down, up)
    moves = [end * k / POINTS_EACH_SIDE for end in ends for k in range(1, POINTS_EACH_SIDE + 1)]
    return ScenarioRule(
        name,
        tuple(Scenario(move) for move in sorted(moves)),
        minimum_per_short_option=MINIMUM,
        minimum_per_long_option=MINIMUM,
        source=SOURCE.format(down=100.0 * down, up=100.0 * up),
    )


TEN_POINT_EQUITY = _ten_point("ten-point, equity", -0.15, 0.15)
"""Equities, narrow-based indices and funds on them: 3, 6, 9, 12 and 15 % down and up."""

TEN_POINT_SMALL_CAP = _ten_point("ten-point, small-cap index", -0.10, 0.10)
"""Broad-based indices that are not of high capitalisation: 2, 4, 6, 8 and 10 % down and up."""

TEN_POINT_BROAD_INDEX = _ten_point("ten-point, broad index", -0.08, 0.06)
"""Broad-based indices of high capitalisation: 1.6 % to 8 % down, 1.2 % to 6 % up."""
