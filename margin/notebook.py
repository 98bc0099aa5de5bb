"""What a notebook shows of each result: tables, where a terminal shows text."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pdesolve.notebook import html_table

if TYPE_CHECKING:
    from margin.comparison import Comparison
    from margin.contract_margin import ContractTable
    from margin.greeks_statement import MarginGreeks
    from margin.maps.record import LiquidationMap
    from margin.margin_table import MarginTable
    from margin.statement import Requirement
    from margin.threshold import Thresholds

__all__ = [
    "comparison_html",
    "contracts_html",
    "greeks_html",
    "map_html",
    "requirement_html",
    "table_html",
    "thresholds_html",
]

LEVELS = ("below", "above", "recovery_below", "recovery_above")


def requirement_html(found: "Requirement") -> str:
    """A `Requirement` as HTML: the amounts, then the holdings."""
    title = f"{found.account}: requirement in {found.currency}, {found.rule}"
    amounts = [(name, getattr(found, name)) for name in ("equity", "maintenance", "initial")]
    amounts += [("excess", found.excess), ("equity / maintenance", found.ratio)]
    heads = ("holding", "quantity", "unit value", "value", "delta", "worst P&L")
    rows = [
        (line.holding, line.quantity, line.unit_value, line.value, line.delta, line.profit)
        for line in found.lines
    ]
    where = f"{found.asof:%Y-%m-%d %H:%M} UTC, {found.underlying} at {found.spot:,.10g}"
    note = f"worst scenario: {found.worst_scenario}"
    return html_table(f"{title}\n{where}", (), amounts) + html_table("", heads, rows, notes=note)


def thresholds_html(found: "Thresholds") -> str:
    """`Thresholds` as HTML: every level with its distance, then what is proven."""
    where = f"{found.date:%Y-%m-%d %H:%M} UTC, {found.underlying} at {found.spot:,.10g}"
    title = f"{found.account}: liquidation thresholds, {found.rule}\n{where}: {found.state.value}"
    notes = [f"liquidated {each}" for each in found.intervals or ("nowhere",)]
    notes += [f"bankrupt {each}" for each in found.bankruptcy.intervals or ("nowhere",)]
    proof = found.certificate
    sure = "proven complete" if proof.complete else "undecided within the error in places"
    notes.append(f"searched from {proof.lowest:,.6g} to {proof.highest:,.6g}: {sure}")
    heads = ("level", "spot", "±", "distance, %", "one-day sigmas")
    return html_table(title, heads, _level_rows(found), notes="\n".join(notes))


def _level_rows(found: "Thresholds") -> Iterator[tuple[Any, ...]]:
    reasons = found.reasons
    for name in LEVELS:
        level = getattr(found, name)
        if level is not None:
            yield name.replace("_", " "), level.spot, level.error, level.percent, level.sigmas
        elif name in reasons:
            yield f"{name.replace('_', ' ')}: {reasons[name]}", None, None, None, None


def table_html(found: "MarginTable") -> str:
    """A `MarginTable` as HTML: the excess by spot and volatility move, date by date."""
    what = f"{found.account}: excess over maintenance in {found.currency}, {found.rule}"
    heads = ("spot", *(f"vol {100.0 * move:+.3g} %" for move in found.vol_moves))
    return "".join(
        html_table(
            f"{what}\n{date:%Y-%m-%d %H:%M} UTC, {found.underlying} now at {found.spot:,.10g}",
            heads,
            [(spot, *excess) for spot, excess in zip(found.spots, by_move.T, strict=True)],
        )
        for date, by_move in zip(found.dates, found.excess, strict=True)
    )


def contracts_html(found: "ContractTable") -> str:
    """A `ContractTable` as HTML: one row per contract."""
    title = f"requirement of one contract in {found.currency}, {found.rule}\n{found.contract}"
    columns = found.columns()
    return html_table(title, tuple(columns), zip(*columns.values(), strict=True))


def map_html(found: "LiquidationMap") -> str:
    """A `LiquidationMap` as HTML: where danger lies on each date, and what happens."""
    account, name = found.revaluation.account.name, found.revaluation.underlying
    title = f"{account}: liquidation map, {found.rule.name}\n{name} at {found.spot:,.10g}"
    rows = [(date, ", ".join(map(str, found.intervals(date))) or "nowhere") for date in found.dates]
    notes = "\n".join([found.words, *map(str, found.events())])
    return html_table(title, ("date, UTC", "liquidated"), rows, notes=notes)


def comparison_html(found: "Comparison") -> str:
    """A `Comparison` as HTML: one row per margin system, and why others do not apply."""
    where = f"{found.asof:%Y-%m-%d %H:%M} UTC, {found.underlying} at {found.spot:,.10g}"
    title = f"{found.account}: margin systems, amounts in {found.currency}\n{where}"
    notes = "\n".join(f"{name} does not apply: {why}" for name, why in found.refused.items())
    columns = found.columns()
    return html_table(title, tuple(columns), zip(*columns.values(), strict=True), notes=notes)


def greeks_html(found: "MarginGreeks") -> str:
    """`MarginGreeks` as HTML: by spot, by volatility, and by every holding."""
    title = f"{found.account}: derivatives of the requirement in {found.currency}, {found.rule}"
    rows: list[tuple[Any, ...]] = [
        ("spot", found.spot_requirement, found.spot_excess, None),
        ("volatilities (doubled)", found.volatility_requirement, found.volatility_excess, None),
    ]
    rows += [(line.holding, line.requirement, line.excess, line.share) for line in found.holdings]
    note = "from below | from above where what binds changes just here"
    return html_table(title, ("by", "requirement", "excess", "share"), rows, notes=note)
