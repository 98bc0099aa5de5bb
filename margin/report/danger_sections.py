"""Where the account is liquidated: thresholds today, the map over a horizon, the margin table."""

from collections.abc import Iterator

from margin import figures
from margin.danger import Interval, State, figure
from margin.report.assessment import Assessment
from margin.report.inline_svg import inline_svg
from margin.report.parts import Picture, Section, Table
from margin.report.words import amount, digits_of, headline
from margin.threshold import Thresholds

__all__ = ["map_section", "table_section", "threshold_section"]

LADDER_HEIGHT = 3.6


def threshold_section(found: Assessment) -> Section:
    """Every spot at which the account is liquidated now."""
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


def map_section(found: Assessment) -> Section:
    """Where it is liquidated over the horizon, what changes when, and the levels around it."""
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


def table_section(found: Assessment) -> Section:
    """Excess by spot and by move of all volatilities."""
    grid, digits = found.table, digits_of(found)
    heads = (
        f"{grid.underlying} spot",
        *(f"volatility {100.0 * move:+.3g} %" for move in grid.vol_moves),
    )
    rows = [
        (figure(spot), *(amount(value, digits) for value in grid.excess[0, :, at]))
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
