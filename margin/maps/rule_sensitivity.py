"""How far each threshold moves with every number of the margin rule."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from margin.maps.sensitivity import ROOM, least_excess, threshold_ends
from margin.rules import Rule

if TYPE_CHECKING:
    from margin.maps.record import LiquidationMap

__all__ = [
    "RuleSensitivity",
    "moved_rule",
    "parameter_name",
    "rule_parameters",
    "rule_sensitivities",
]

Floats = NDArray[np.float64]
Place = tuple[str | int, ...]

# Steps of the differences; numbers of rules are shares and relative moves for the most part.
STEP = 1e-3
# Relative move of a threshold per 1 of a number that is the noise of two solves.
NOTHING = 1e-5


@dataclass(frozen=True, slots=True)
class RuleSensitivity:
    """Derivatives of the thresholds of a date by one number of the rule.

    Attributes
    ----------
    parameter : str
        Where the number stands in the rule.
    value : float
        The number.
    slopes : tuple of float
        Quote currency of spot per 1 of the number, one for each threshold in ascending order.

    Examples
    --------
    >>> from margin.maps.rule_sensitivity import RuleSensitivity
    >>> RuleSensitivity("scenarios[0].spot_move", -0.15, (-55.36,)).slopes
    (-55.36,)
    """

    parameter: str
    value: float
    slopes: tuple[float, ...]


def rule_sensitivities(found: "LiquidationMap", date: datetime) -> tuple[RuleSensitivity, ...]:
    """Derivatives of every threshold of a date by every number of the rule, ``-f_p / f_S``.

    ``f`` is the excess of equity over the maintenance requirement.  Its derivative by the number
    is a difference of the second order, one-sided where the rule allows one side only.

    Parameters
    ----------
    found : LiquidationMap
        The map.
    date : datetime
        Within its horizon.

    Returns
    -------
    tuple of RuleSensitivity
        Of all numbers that move a threshold; empty if there is no threshold.

    Raises
    ------
    ValueError
        If the date lies outside the horizon.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from margin import Account, Market, Position, Underlying, liquidation_map
    >>> from margin.instrument import Asset
    >>> from margin.maps.rule_sensitivity import rule_sensitivities
    >>> from margin.rules import Scenario, ScenarioRule
    >>> rule = ScenarioRule("15 %", (Scenario(-0.15), Scenario(0.15)))
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> account = Account("loan", "USD", -4_000.0, (Position(Asset("AAPL"), 100),))
    >>> found = liquidation_map(account, market, rule, horizon=timedelta(days=30))
    >>> for each in rule_sensitivities(found, market.asof):
    ...     print(f"{each.parameter}: {each.slopes[0]:.3f}")
    scenarios[0].spot_move: -55.363
    scenarios[0].weight: 8.304
    """
    spots, slopes = threshold_ends(found, date)
    if not spots.size:
        return ()
    span = float(spots.min()) * (1.0 - ROOM), float(spots.max()) * (1.0 + ROOM)
    known = []
    for place, value in rule_parameters(found.rule):
        moved = -_change(found, date, spots, span=span, place=place) / slopes
        if np.any(np.abs(moved) > NOTHING * spots):
            known.append(RuleSensitivity(parameter_name(place), value, tuple(moved.tolist())))
    return tuple(known)


def rule_parameters(rule: Any) -> Iterator[tuple[Place, float]]:
    """Every float of a rule with its place: names of fields, and indices where there are several.

    Examples
    --------
    >>> from margin.maps.rule_sensitivity import rule_parameters
    >>> from margin.rules import Scenario, ScenarioRule
    >>> places = [place for place, _ in rule_parameters(ScenarioRule("x", (Scenario(-0.15),)))]
    >>> places[0], places[-1]
    (('scenarios', 0, 'spot_move'), ('initial_factor',))
    """
    if isinstance(rule, float):
        yield (), rule
    elif is_dataclass(rule):
        for each in fields(rule):
            for place, value in rule_parameters(getattr(rule, each.name)):
                yield (each.name, *place), value
    elif isinstance(rule, tuple):
        for index, each in enumerate(rule):
            for place, value in rule_parameters(each):
                yield (index, *place), value


def _change(
    found: "LiquidationMap",
    date: datetime,
    spots: Floats,
    *,
    span: tuple[float, float],
    place: Place,
) -> Floats:
    """Derivative of the excess at some spots by one number of the rule."""
    sides = []
    for step in (STEP, -STEP, 0.0):
        try:
            rule: Rule = moved_rule(found.rule, place, step)
        except ValueError:  # the number may not go there
            continue
        near = replace(found, rule=rule).elsewhere((date,), spots=span)
        sides.append((step, least_excess(near.excess_curves(date), spots)))
        if len(sides) == 2:
            break
    if len(sides) < 2:
        return np.zeros(spots.size)
    (first, high), (second, low) = sides
    return np.asarray((high - low) / (first - second))


def moved_rule(rule: Any, place: Place, step: float) -> Any:
    """The rule with one of its numbers moved."""
    if not place:
        return rule + step
    head, *rest = place
    if isinstance(head, int):
        inner = moved_rule(rule[head], tuple(rest), step)
        return (*rule[:head], inner, *rule[head + 1 :])
    return replace(rule, **{head: moved_rule(getattr(rule, head), tuple(rest), step)})


def parameter_name(place: Place) -> str:
    """A place in a rule as one writes it, such as ``scenarios[0].spot_move``."""
    words = (f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)
    return "".join(words).removeprefix(".")
