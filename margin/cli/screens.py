"""What the command shows of its results: the text of a requirement and of thresholds."""

from collections.abc import Iterator, Sequence
from math import log, sqrt

import click
import numpy as np

from margin.cli.layout import Grid, amount, percent, spot_text
from margin.danger import Interval, State
from margin.statement import Requirement
from margin.threshold import Thresholds

__all__ = ["account_screen", "accounts_grid", "threshold_heading", "threshold_screen"]

WORST_LISTED = 5
"""How many scenarios are listed, the worst ones."""

DAYS_A_YEAR = 365.0

ROUNDING = 1e-12
"""Relative errors below this come from double precision alone."""

COLOURS = {State.SAFE: "green", State.LIQUIDATED: "red", State.UNDECIDED: "yellow"}

Screen = Iterator[str | Grid]


def account_screen(found: Requirement, danger: Thresholds, digits: int) -> Screen:
    """Requirement, thresholds, holdings and worst scenarios of one account."""
    yield click.style(f"{found.account}  |  {found.rule}", bold=True)
    spot = f"{found.underlying} {spot_text(found.spot, found.spot)}"
    yield f"{spot}  |  {found.asof:%Y-%m-%d %H:%M} UTC  |  amounts in {found.currency}"
    yield ""
    yield _requirement_grid(found, digits)
    yield ""
    yield from threshold_screen(danger)
    yield ""
    yield _holdings_grid(found, digits)
    yield ""
    yield _scenarios_grid(found, digits)


def _requirement_grid(found: Requirement, digits: int) -> Grid:
    short = "" if found.excess >= 0.0 else "BELOW MAINTENANCE"
    ratio = found.ratio_note if found.ratio is None else f"{found.ratio:.4g} × maintenance"
    notes = {
        "equity": ratio,
        "maintenance": f"worst scenario: {found.worst_scenario}",
        "excess": short or _error_text(found.error, found.equity, "± {} from option values"),
        "initial": "",
    }
    rows = [
        (name, amount(getattr(found, name), digits), f" {note}") for name, note in notes.items()
    ]
    return Grid(("", "", ""), rows, left=(0, 2), warned=(1,))


def _error_text(error: float, scale: float, words: str) -> str:
    """An error in words, or nothing if it is no more than rounding."""
    return words.format(f"{error:.1g}") if error > ROUNDING * abs(scale) else ""


def _holdings_grid(found: Requirement, digits: int) -> Grid:
    delta = f"delta, {found.underlying}"
    heads = ("holding", "quantity", "unit value", "value", delta, "worst P&L")
    rows = [
        (
            leg.holding,
            f"{leg.quantity:,.10g}",
            amount(leg.unit_value, digits),
            amount(leg.value, digits),
            amount(leg.delta, 2),
            amount(leg.profit, digits),
        )
        for leg in found.lines
    ]
    if found.together:
        rows.append(("held together", "", "", "", "", amount(found.together, digits)))
    value, delta_sum = amount(found.equity, digits), sum(leg.delta for leg in found.lines)
    profit = amount(found.profits[found.worst], digits)
    total = ("equity", "", "", value, amount(delta_sum, 2), profit)
    return Grid(heads, [*rows, total], warned=(3, 5))


def _scenarios_grid(found: Requirement, digits: int) -> Grid:
    worst_first = np.argsort(found.profits, kind="stable")[:WORST_LISTED]
    rows = [(found.scenarios[at], amount(found.profits[at], digits)) for at in worst_first]
    return Grid((f"worst {len(rows)} of {len(found.profits)} scenarios", "P&L"), rows, warned=(1,))


def threshold_heading(danger: Thresholds) -> Screen:
    """Whose thresholds they are, and when."""
    yield click.style(f"{danger.account}  |  {danger.rule}", bold=True)
    spot = f"{danger.underlying} {spot_text(danger.spot, danger.spot)}"
    yield f"{spot}  |  {danger.date:%Y-%m-%d %H:%M} UTC"
    yield ""


def threshold_screen(danger: Thresholds, digits: int | None = None) -> Screen:
    """Where the account is liquidated, how far off that is, and what is proven.

    Thresholds have so many ``digits`` after the point, or else as many as their size asks for.
    """
    yield click.style(_verdict(danger), fg=COLOURS[danger.state])
    rows = [row for interval in danger.intervals for row in _ends(interval, danger, digits)]
    if rows:
        heads = ("liquidated", "", "±", "distance", "one-day sigmas")
        columns = len(heads) if danger.volatility is not None else len(heads) - 1
        yield Grid(heads[:columns], [row[:columns] for row in rows])
    proof = danger.certificate
    searched = _span((proof.lowest, proof.highest), danger)
    found = f"{'No other spot' if rows else 'No spot'} from {searched}"
    if proof.complete:
        yield f"{found}: proven."
    else:
        close = ", ".join(_span(zone, danger) for zone in proof.undecided)
        yield f"{found}; undecided, because within the error of zero, from {close}."
    broke = [row for zone in danger.bankruptcy.intervals for row in _ends(zone, danger, digits)]
    if broke:
        yield f"Equity is negative {', '.join(f'{row[0].strip()} {row[1]}' for row in broke)}."


def _span(zone: tuple[float, float], danger: Thresholds) -> str:
    lower, upper = (spot_text(end, danger.spot) for end in zone)
    return f"{lower} to {upper}"


def _verdict(danger: Thresholds) -> str:
    """One line: whether the account stands, and how far the spot may go."""
    if danger.state is not State.SAFE:
        known = "is below maintenance" if danger.state is State.LIQUIDATED else "may be below it"
        ways = {"falls to": danger.recovery_below, "rises to": danger.recovery_above}
        out = [f"{way} {spot_text(at.spot, danger.spot)}" for way, at in ways.items() if at]
        until = f" until {danger.underlying} {' or '.join(out)}" if out else ""
        return f"The account {known} at {spot_text(danger.spot, danger.spot)}{until}."
    levels = {"fall": danger.below, "rise": danger.above}
    moves = [f"{way} by {abs(at.percent):.2f} %" for way, at in levels.items() if at]
    if not moves:
        return f"{danger.underlying} may move to any spot searched without liquidation."
    return f"Liquidation if {danger.underlying} should {' or '.join(moves)}."


def _ends(interval: Interval, danger: Thresholds, digits: int | None) -> list[tuple[str, ...]]:
    """A row for each end of an interval that lies within the range searched."""
    lower = (interval.lower, interval.lower_error)
    upper = (interval.upper, interval.upper_error)
    if interval.lower_open and interval.upper_open:
        return [("everywhere", "", "", "", "")]
    if interval.lower_open:
        ends = {"below": upper}
    elif interval.upper_open:
        ends = {"above": lower}
    else:
        ends = {"from": lower, "  up to": upper}
    return [_end(word, end, danger, digits) for word, end in ends.items()]


def _end(
    word: str, end: tuple[float, float], danger: Thresholds, digits: int | None
) -> tuple[str, ...]:
    spot, error = end
    sigmas = ""
    if danger.volatility is not None:
        one_day = danger.volatility / sqrt(DAYS_A_YEAR)
        sigmas = f"{log(spot / danger.spot) / one_day:+.2f}"
    return (
        word,
        spot_text(spot, danger.spot, 2, digits),
        _error_text(error, spot, "{}") or "rounding",
        percent(spot / danger.spot - 1.0),
        sigmas,
    )


def accounts_grid(pairs: Sequence[tuple[Requirement, Thresholds]], digits: Sequence[int]) -> Grid:
    """One row per account."""
    heads = ("account", "", "equity", "maintenance", "excess", "ratio", "below", "above", "state")
    rows = []
    for (found, danger), places in zip(pairs, digits, strict=True):
        amounts = (found.equity, found.maintenance, found.excess)
        levels = (danger.below, danger.above)
        rows.append(
            (
                found.account,
                found.currency,
                *(amount(value, places) for value in amounts),
                "-" if found.ratio is None else f"{found.ratio:.4g}",
                *(
                    "none" if level is None else spot_text(level.spot, danger.spot)
                    for level in levels
                ),
                danger.state.value,
            )
        )
    return Grid(heads, rows, warned=(2, 4))
