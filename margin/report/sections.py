"""The sections of a report: what each result says in words, numbers and pictures."""

from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

import numpy as np

from margin import figures
from margin.danger import Interval, State, figure
from margin.instrument import OptionContract
from margin.report.assessment import Assessment
from margin.report.inline_svg import inline_svg
from margin.report.parts import Notes, Picture, Section, Table
from margin.threshold import Thresholds
from pdesolve._version import __version__

__all__ = ["headline", "key_figures", "sections"]

WORST_LISTED = 8
LADDER_HEIGHT = 3.6
LIBRARIES = ("numpy", "scipy", "numba", "matplotlib")
"""Whose versions bear on the numbers and the pictures."""

CONVENTIONS = (
    "Volatilities stick to their strikes as spot moves, and stay as they are as time passes.",
    "Rates and yields are continuously compounded; years have 365 days.",
    "Legs that expire within the horizon are settled at the spot considered.",
    "Error bars come from two grids; a statement that no threshold exists is proven on what was "
    "computed, within these bars.",
)


def headline(found: Assessment) -> str:
    """The state of the account in one sentence."""
    return found.map.words[:1].upper() + found.map.words[1:] + "."


def key_figures(found: Assessment) -> list[tuple[str, str, str]]:
    """Name, value and note of the figures that come first."""
    required, danger = found.required, found.thresholds
    digits = _digits(found)
    ratio = required.ratio_note if required.ratio is None else f"{required.ratio:.3f} × maintenance"
    shown = [
        ("Equity", _amount(required.equity, digits), ratio),
        ("Maintenance", _amount(required.maintenance, digits), required.worst_scenario),
        ("Excess", _amount(required.excess, digits), f"± {required.error:.1g} from option values"),
        ("Initial", _amount(required.initial, digits), "needed for new risk"),
    ]
    for side in ("below", "above"):
        level = getattr(danger, side)
        if level is None:
            shown.append((f"Liquidated {side}", "–", danger.reasons[side]))
        else:
            shown.append((f"Liquidated {side}", figure(level.spot), f"{level.percent:+.2f} %"))
    return shown


def sections(found: Assessment, assumptions: Sequence[str]) -> tuple[Section, ...]:
    """All sections in order.

    Parameters
    ----------
    found : Assessment
        What is shown.
    assumptions : sequence of str
        What was taken for granted when the account was read.

    Returns
    -------
    tuple of Section
    """
    return (
        _holdings(found),
        _requirement(found),
        _thresholds(found),
        _map(found),
        _table(found),
        _greeks(found),
        _compared(found),
        _basis(found, assumptions),
    )


def _holdings(found: Assessment) -> Section:
    required, digits = found.required, _digits(found)
    rows = [
        (
            line.holding,
            f"{line.quantity:,.10g}",
            _amount(line.unit_value, digits),
            _amount(line.value, digits),
            _amount(line.delta, 2),
            _amount(line.profit, digits),
        )
        for line in required.lines
    ]
    total = ("Equity", "", "", _amount(required.equity, digits))
    delta = _amount(sum(line.delta for line in required.lines), 2)
    rows.append((*total, delta, _amount(required.profits[required.worst], digits)))
    heads = ("Holding", "Quantity", "Unit value", "Value", f"Delta, {required.underlying}")
    caption = f"Amounts in {required.currency}; the last column is the profit in the worst scenario"
    lead = f"{found.account}, valued at {figure(required.spot)} per {required.underlying}."
    return Section("account", "The account", lead, (Table(caption, (*heads, "Worst P&L"), rows),))


def _requirement(found: Assessment) -> Section:
    required, digits = found.required, _digits(found)
    worst = np.argsort(required.profits, kind="stable")[:WORST_LISTED]
    rows = [(required.scenarios[at], _amount(required.profits[at], digits)) for at in worst]
    caption = f"The worst {len(rows)} of {len(required.profits)} scenarios, in {required.currency}"
    lead = (
        f"{required.rule} requires {_amount(required.maintenance, digits)} {required.currency} "
        f"({_amount(required.initial, digits)} for new risk); what binds: "
        f"{required.worst_scenario}."
    )
    parts = (Table(caption, ("Scenario", "Profit or loss"), rows),)
    return Section("requirement", "The requirement", lead, parts)


def _thresholds(found: Assessment) -> Section:
    danger = found.thresholds
    rows = [row for interval in danger.intervals for row in _ends(interval, danger)]
    rows = rows or [("nowhere in the range searched", "", "", "")]
    proof = danger.certificate
    searched = f"{figure(proof.lowest)} to {figure(proof.highest)}"
    sure = "proven complete" if proof.complete else "complete but for spots within the error"
    lead = f"Every spot from {searched} was examined; the list is {sure}."
    caption = f"Where the account is liquidated now, in quote currency per {danger.underlying}"
    drawn = inline_svg(
        lambda ax: figures.against_spot(found.curve, danger, ax=ax),
        name="thresholds",
        title=f"Equity and requirement of {danger.account} against spot. {_state(danger)}",
    )
    return Section(
        "thresholds",
        "Liquidation thresholds today",
        lead,
        (
            Table(caption, ("Liquidated", "Spot", "±", "Distance"), rows),
            Picture(drawn, "Below maintenance wherever equity lies under the requirement."),
        ),
    )


def _state(danger: Thresholds) -> str:
    words = {State.SAFE: "Safe", State.LIQUIDATED: "Liquidated", State.UNDECIDED: "Undecided"}
    return f"{words[danger.state]} at the present spot of {figure(danger.spot)}."


def _ends(interval: Interval, danger: Thresholds) -> Iterator[tuple[str, str, str, str]]:
    """A row for each end of an interval that lies within the range searched."""
    if interval.lower_open and interval.upper_open:
        yield "at every spot searched", "", "", ""
    if not interval.lower_open:
        word = "above" if interval.upper_open else "from"
        yield word, *_end(interval.lower, interval.lower_error, danger.spot)
    if not interval.upper_open:
        word = "below" if interval.lower_open else "up to"
        yield word, *_end(interval.upper, interval.upper_error, danger.spot)


def _end(spot: float, error: float, present: float) -> tuple[str, str, str]:
    return figure(spot), f"{error:.1g}", f"{100.0 * (spot / present - 1.0):+.2f} %"


def _map(found: Assessment) -> Section:
    drawn = found.map
    events = [(f"{event.date:%Y-%m-%d %H:%M}", event.words) for event in drawn.events()]
    days = (drawn.dates[-1] - drawn.dates[0]).days
    chart = inline_svg(
        lambda ax: figures.danger_by_date(drawn, ax=ax),
        name="map",
        title=f"Spots at which the account is liquidated over the next {days} days. "
        f"{headline(found)}",
    )
    ladder = inline_svg(
        lambda ax: figures.danger_ladder(drawn, ax=ax),
        name="ladder",
        title="Spots at which the account is warned, called, liquidated and bankrupt today.",
        height=LADDER_HEIGHT,
    )
    happens = Table(
        "What changes while spot and volatilities stay, times in UTC", ("When", "What"), events,
        words=(0, 1),
    )  # fmt: skip
    return Section(
        "map",
        "The liquidation map",
        f"The same question on every day of the next {days}, spot and volatilities unchanged.",
        (
            Picture(chart, "Filled: liquidated. The cone holds one and two deviations of spot."),
            *((happens,) if events else ()),
            Picture(ladder, "From a warning to bankruptcy: each level holds the next."),
        ),
    )


def _table(found: Assessment) -> Section:
    grid, digits = found.table, _digits(found)
    heads = (
        f"{grid.underlying} spot",
        *(f"volatility {100.0 * move:+.3g} %" for move in grid.vol_moves),
    )
    rows = [
        (figure(spot), *(_amount(value, digits) for value in grid.excess[0, :, at]))
        for at, spot in enumerate(grid.spots)
    ]
    caption = f"Excess over maintenance in {grid.currency}; negative means liquidated"
    drawn = inline_svg(
        lambda ax: figures.excess_map(grid, ax=ax),
        name="table",
        title="Excess over maintenance by spot and by move of all volatilities.",
    )
    return Section(
        "table",
        "Margin table",
        "How the excess moves with spot and volatility.",
        (Table(caption, heads, rows, words=()), Picture(drawn, "The black line is excess zero.")),
    )


def _greeks(found: Assessment) -> Section:
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


def _compared(found: Assessment) -> Section:
    compared, digits = found.compared, _digits(found)
    rows = [
        (
            system.name,
            _amount(system.initial, digits),
            _amount(system.maintenance, digits),
            _amount(compared.equity - system.maintenance, digits),
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


def _basis(found: Assessment, assumptions: Sequence[str]) -> Section:
    curves = [
        f"{name}: spot {figure(underlying.spot)}, "
        + (
            f"carry stated to {len(underlying.curve)} dates"
            if underlying.curve
            else f"rate {underlying.rate:.4g}, yield {underlying.dividend_yield:.4g}"
        )
        for name, underlying in found.market.underlyings.items()
    ]
    versions = [f"pde-margin {__version__}, Python {python_version()}", *_versions()]
    return Section(
        "basis",
        "What this rests on",
        "Assumptions, market data and versions.",
        (
            Notes([*assumptions, *CONVENTIONS]),
            Notes([*curves, *_volatilities(found), ", ".join(versions)]),
        ),
    )


def _volatilities(found: Assessment) -> list[str]:
    held = [
        position.instrument
        for position in found.account.positions
        if isinstance(position.instrument, OptionContract) and position.instrument in found.quotes
    ]
    return [f"{contract}: volatility {found.market.volatility(contract):.4g}" for contract in held]


def _versions() -> Iterator[str]:
    for name in LIBRARIES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:  # a copy without metadata
            yield name


def _digits(found: Assessment) -> int:
    """Digits of amounts after the point: 6 in coin, 2 in quote currency."""
    return 6 if found.required.currency == found.required.underlying else 2


def _amount(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")
