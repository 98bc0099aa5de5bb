"""The entry ``rules`` of a file, and the rule that it stands for."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from margin.files.errors import Report
from margin.files.explain import attempt, checked, one_of, show
from margin.files.records import content_of, record_of
from margin.files.rule_entries import SYSTEMS, changed, differences
from margin.files.schema import Entries, Entry, Name, Number, Share
from margin.files.span_entry import span_commodity
from margin.rules import (
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    TEN_POINT_SMALL_CAP,
    PerpetualRule,
    Rule,
    Scenario,
    ScenarioRule,
    SpanRule,
    SpreadVault,
    TailRiskRule,
    Tier,
    TimsRule,
    continuous_tiers,
    scenario_grid,
)

__all__ = ["NAMED_RULES", "STRUCTURED", "rule_content", "rule_of"]

TEN_POINT = {
    "ten_point_equity": TEN_POINT_EQUITY,
    "ten_point_small_cap": TEN_POINT_SMALL_CAP,
    "ten_point_broad_index": TEN_POINT_BROAD_INDEX,
}

NAMED_RULES: dict[str, Rule] = TEN_POINT | {name: system.rule for name, system in SYSTEMS.items()}
"""Rules that a file or the command may state by name alone."""

STRUCTURED: dict[str, type[Any]] = {
    "span": SpanRule,
    "spread_vault": SpreadVault,
    "tail_risk": TailRiskRule,
    "tims": TimsRule,
}
"""Rules that a file states with all that is inside them."""

OVERRIDES = ("minimum_per_short_option", "minimum_per_long_option", "initial_factor")

LARGEST_MOVE = 5.0
"""A move above 500 % is taken for one that was written in percent."""

MOVE = "a relative move as a decimal, such as -0.15 for 15 % down"

Move = Annotated[float, Field(gt=-1.0, le=LARGEST_MOVE, description=MOVE)]
Amount = Annotated[
    float, Field(ge=0.0, description="a number in the currency of the account, not negative")
]
Factor = Annotated[float, Field(ge=1.0, description="a factor of at least 1, such as 1.25")]
Title = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$", description="a text of one line")]


class TenPointEntry(Entry):
    """A rule by its name, with what differs from its published numbers."""

    name: Name
    minimum_per_short_option: Amount | None = None
    minimum_per_long_option: Amount | None = None
    initial_factor: Factor | None = None


class ScenarioEntry(Entry):
    """One scenario."""

    spot_move: Move
    vol_move: Move = 0.0
    weight: Share = 1.0


class ScenarioRuleEntry(Entry):
    """A scenario rule of the account's own: a grid of moves, then single scenarios."""

    name: Name
    title: Title = "scenario"
    spot_moves: Entries = Field(default_factory=list)
    vol_moves: Entries = Field(default_factory=lambda: [0.0])
    scenarios: Entries = Field(default_factory=list)
    minimum_per_short_option: Amount = 0.0
    minimum_per_long_option: Amount = 0.0
    initial_factor: Factor = 1.0
    source: Title = ""


class TierEntry(Entry):
    """One row of a maintenance table; without amounts each rate holds above its floor only."""

    notional_floor: Amount
    rate: Share
    amount: Number | None = None


class PerpetualRuleEntry(Entry):
    """A rule of maintenance by tiers of notional."""

    name: Name
    title: Title = "perpetual"
    tiers: Entries = Field(default_factory=list)
    fee: Share = 0.0
    entry_rate: Share = 0.0
    other_maintenance: Amount = 0.0
    initial_factor: Factor = 1.0
    source: Title = ""


def rule_of(content: object, report: Report) -> Rule | None:
    """The rule that the entry ``rules`` states.

    Parameters
    ----------
    content : object
        A name, or a map with the name and what differs.
    report : Report
        Grows by everything that is wrong with it.

    Returns
    -------
    Rule or None

    Examples
    --------
    >>> from margin.files.errors import Report
    >>> from margin.files.rules import rule_of
    >>> rule_of({"name": "ten_point_equity", "initial_factor": 1.25}, Report()).initial_factor
    1.25
    """
    given = {"name": content} if isinstance(content, str) else content
    if not isinstance(given, dict):
        report.add(f"got {show(content)}; use the name of a rule, or a map with name and so on.")
        return None
    name = str(given.get("name", "")).strip().lower()
    if name in TEN_POINT:
        return _ten_point(TEN_POINT[name], given, report)
    if name in SYSTEMS:
        return _system(SYSTEMS[name].rule, given, report)
    if name in STRUCTURED:
        return _structured(STRUCTURED[name], given, report)
    if name == "scenario":
        return _scenario_rule(given, report)
    if name == "perpetual":
        return _perpetual_rule(given, report)
    here = report if isinstance(content, str) else report.at("name")
    names = [*NAMED_RULES, *STRUCTURED, "scenario", "perpetual"]
    here.add(f"got {show(given.get('name'))}; use {one_of(names)}.")
    return None


def _ten_point(rule: ScenarioRule, given: dict[str, Any], report: Report) -> Rule | None:
    entry = checked(TenPointEntry, given, report)
    if entry is None:
        return None
    changes = {name: getattr(entry, name) for name in OVERRIDES}
    changes = {name: value for name, value in changes.items() if value is not None}
    return attempt(partial(replace, rule, **changes), report)


def _system(rule: Rule, given: dict[str, Any], report: Report) -> Rule | None:
    """The rule of a venue, with the numbers that differ."""
    built: Rule | None = changed(
        rule, {field: value for field, value in given.items() if field != "name"}, report
    )
    return built


def _structured(kind: type[Any], given: dict[str, Any], report: Report) -> Rule | None:
    """A rule with all that is inside it."""
    content = {field: value for field, value in given.items() if field != "name"}
    if kind is not SpanRule or "file" not in content:
        built: Rule | None = record_of(kind, content, report, rule_of=rule_of)
        return built
    if "commodity" in content:
        report.at("file").add("got both file and commodity; use one of them.")
    commodity = span_commodity(content.pop("file"), report.at("file"))
    bare = record_of(kind, content, report, rule_of=rule_of)
    return None if commodity is None or bare is None else replace(bare, commodity=commodity)


def _scenario_rule(given: dict[str, Any], report: Report) -> Rule | None:
    entry = checked(ScenarioRuleEntry, given, report)
    if entry is None:
        return None
    before = len(report.findings)
    for field in ("spot_moves", "vol_moves"):
        _check_moves(getattr(entry, field), report.at(field))
    places = (report.at("scenarios", index) for index in range(len(entry.scenarios)))
    single = [_scenario(item, here) for item, here in zip(entry.scenarios, places, strict=True)]
    if len(report.findings) > before:
        return None
    grid = scenario_grid(entry.spot_moves, entry.vol_moves)
    scenarios = (*grid, *(scenario for scenario in single if scenario is not None))
    shared = {name: getattr(entry, name) for name in (*OVERRIDES, "source")}
    return attempt(partial(ScenarioRule, entry.title, scenarios, **shared), report)


def _check_moves(moves: Sequence[Any], report: Report) -> None:
    for index, move in enumerate(moves):
        number = isinstance(move, int | float) and not isinstance(move, bool)
        if not number or not -1.0 < move <= LARGEST_MOVE:
            report.at(index).add(f"got {show(move)}; use {MOVE}.")


def _scenario(item: object, report: Report) -> Scenario | None:
    entry = checked(ScenarioEntry, item, report)
    return None if entry is None else attempt(partial(Scenario, **entry.model_dump()), report)


def _perpetual_rule(given: dict[str, Any], report: Report) -> Rule | None:
    entry = checked(PerpetualRuleEntry, given, report)
    if entry is None:
        return None
    here = report.at("tiers")
    rows = [checked(TierEntry, item, here.at(index)) for index, item in enumerate(entry.tiers)]
    tiers = attempt(partial(_tiers, [row for row in rows if row is not None]), here)
    if tiers is None or None in rows:
        return None
    shared = ("fee", "entry_rate", "other_maintenance", "initial_factor", "source")
    fields = {name: getattr(entry, name) for name in shared}
    return attempt(partial(PerpetualRule, tiers, name=entry.title, **fields), report)


def _tiers(rows: Sequence[TierEntry]) -> tuple[Tier, ...]:
    """The table; where no row states an amount, the amounts that make it continuous."""
    amounts = [row.amount for row in rows if row.amount is not None]
    if not amounts:
        return continuous_tiers([row.notional_floor for row in rows], [row.rate for row in rows])
    if len(amounts) < len(rows):
        raise ValueError("amount must be stated in every tier or in none")
    return tuple(Tier(row.notional_floor, row.rate, row.amount or 0.0) for row in rows)


def rule_content(rule: Rule) -> str | dict[str, Any]:
    """What stands in the entry ``rules`` of a file for a rule.

    Parameters
    ----------
    rule : Rule
        A scenario rule, a perpetual rule, or one of `STRUCTURED` or `SYSTEMS`.

    Returns
    -------
    str or dict

    Raises
    ------
    ValueError
        If it is a rule of another kind, or differs from the named one in more than numbers.

    Examples
    --------
    >>> from margin.files.rules import rule_content
    >>> from margin.rules import TEN_POINT_SMALL_CAP
    >>> rule_content(TEN_POINT_SMALL_CAP)
    'ten_point_small_cap'
    """
    if isinstance(rule, PerpetualRule):
        return {"name": "perpetual"} | _spelt_out(rule, "tiers")
    if not isinstance(rule, ScenarioRule):
        return _system_content(rule)
    for name, named in TEN_POINT.items():
        changes = {field: getattr(rule, field) for field in OVERRIDES}
        if replace(named, **changes) == rule:
            changes = {at: to for at, to in changes.items() if to != getattr(named, at)}
            return {"name": name} | changes if changes else name
    return {"name": "scenario"} | _spelt_out(rule, "scenarios")


def _system_content(rule: Rule) -> str | dict[str, Any]:
    """The rule of a venue by its name, with the numbers that differ."""
    for name, system in SYSTEMS.items():
        changes = differences(rule, system.rule)
        if changes is not None:
            return {"name": name} | changes if changes else name
    for name, kind in STRUCTURED.items():
        if isinstance(rule, kind):
            return {"name": name} | content_of(rule, rule_content=rule_content)
    raise ValueError(
        "rule must be one that a file can state: a ScenarioRule, a PerpetualRule, one of "
        f"{', '.join(STRUCTURED)}, or a named rule with other numbers, got {rule!r}"
    )


def _spelt_out(rule: ScenarioRule | PerpetualRule, listed: str) -> dict[str, Any]:
    """All fields of a rule as a file states them; ``listed`` is the field that holds records."""
    content = asdict(rule)
    content["title"] = content.pop("name")
    content[listed] = list(content.pop(listed))
    return content
