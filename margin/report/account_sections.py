"""What the account holds and must hold: holdings, requirement, its Greeks, other systems."""

import numpy as np

from margin import figures
from margin.danger import figure
from margin.report.assessment import Assessment
from margin.report.inline_svg import inline_svg
from margin.report.parts import Notes, Picture, Section, Table
from margin.report.words import amount, digits_of

__all__ = ["greeks_section", "holdings_section", "requirement_section", "systems_section"]

WORST_LISTED = 8


def holdings_section(found: Assessment) -> Section:
    """What is held, at its value and in the worst scenario."""
    required, digits = found.required, digits_of(found)
    rows = [
        (
            line.holding,
            f"{line.quantity:,.10g}",
            amount(line.unit_value, digits),
            amount(line.value, digits),
            amount(line.delta, 2),
            amount(line.profit, digits),
        )
        for line in required.lines
    ]
    total = ("Equity", "", "", amount(required.equity, digits))
    delta = amount(sum(line.delta for line in required.lines), 2)
    rows.append((*total, delta, amount(required.profits[required.worst], digits)))
    heads = ("Holding", "Quantity", "Unit value", "Value", f"Delta, {required.underlying}")
    caption = f"Amounts in {required.currency}; the last column is the profit in the worst scenario"
    lead = f"{found.account}, valued at {figure(required.spot)} per {required.underlying}."
    return Section("account", "The account", lead, (Table(caption, (*heads, "Worst P&L"), rows),))


def requirement_section(found: Assessment) -> Section:
    """What the rule requires, and the scenarios with the largest losses."""
    required, digits = found.required, digits_of(found)
    worst = np.argsort(required.profits, kind="stable")[:WORST_LISTED]
    rows = [(required.scenarios[at], amount(required.profits[at], digits)) for at in worst]
    caption = f"The worst {len(rows)} of {len(required.profits)} scenarios, in {required.currency}"
    lead = (
        f"{required.rule} requires {amount(required.maintenance, digits)} {required.currency} "
        f"({amount(required.initial, digits)} for new risk); what binds: "
        f"{required.worst_scenario}."
    )
    parts = (Table(caption, ("Scenario", "Profit or loss"), rows),)
    return Section("requirement", "The requirement", lead, parts)


def greeks_section(found: Assessment) -> Section:
    """Derivatives of the requirement, the share of each holding, and the Greeks of the options."""
    greeks = found.greeks
    rows = [
        (f"{greeks.underlying} spot, + 1", *_both(greeks.spot_requirement, greeks.spot_excess), ""),
        (
            "all volatilities, doubled",
            *_both(greeks.volatility_requirement, greeks.volatility_excess),
            "",
        ),
    ]
    for line in greeks.holdings:
        share = "has a kink" if line.share is None else f"{line.share:,.6g}"
        rows.append((f"{line.holding}, + 1", *_both(line.requirement, line.excess), share))
    caption = (
        f"Derivatives in {greeks.currency}; with a bar, from below and from above. "
        "Share: quantity times derivative"
    )
    heads = ("By", "Of the requirement", "Of the excess", "Share of the requirement")
    parts = [Table(caption, heads, rows)]
    if found.quotes:
        parts.append(_option_greeks(found))
    return Section(
        "greeks",
        "Greeks and shares",
        "What one unit more of everything changes, and what each holding adds to the requirement.",
        tuple(parts),
    )


def _both(*slopes: object) -> tuple[str, ...]:
    return tuple(str(slope) for slope in slopes)


def _option_greeks(found: Assessment) -> Table:
    """Price and Greeks of the options, per unit of the underlying."""
    rows = [
        (
            str(contract),
            f"{100.0 * found.market.volatility(contract):.4g} %",
            f"{quote.price:,.6g}",
            f"{quote.delta:.4f}",
            f"{quote.gamma:.4g}",
            f"{quote.vega_pt:.4g}",
            f"{quote.theta_day:.4g}",
        )
        for contract, quote in found.quotes.items()
    ]
    heads = ("Option", "Volatility", "Price", "Delta", "Gamma", "Vega / point", "Theta / day")
    return Table("Per unit of the underlying, in quote currency", heads, rows)


def systems_section(found: Assessment) -> Section:
    """The requirement under every margin system that applies, and why the others do not."""
    compared, digits = found.compared, digits_of(found)
    rows = [
        (
            system.name,
            amount(system.initial, digits),
            amount(system.maintenance, digits),
            amount(compared.equity - system.maintenance, digits),
            system.worst_scenario,
        )
        for system in compared.systems
    ]
    drawn = inline_svg(
        lambda ax: figures.compared_requirements(compared, ax=ax),
        name="systems",
        title="Maintenance requirement of the account against spot, by margin system.",
    )
    heads = ("System", "Initial", "Maintenance", "Excess", "What binds")
    refused = [f"{name}: {reason}" for name, reason in compared.refused.items()]
    return Section(
        "systems",
        "Under other margin systems",
        f"The same account under {len(rows)} systems; those that do not apply are named below.",
        (
            Table(f"Amounts in {compared.currency}", heads, rows, words=(0, 4)),
            Picture(drawn, "One line per system."),
            *((Notes(refused),) if refused else ()),
        ),
    )
