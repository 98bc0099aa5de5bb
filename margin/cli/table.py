"""``margin table``: excess, equity or requirement over spots, volatility moves and dates."""

from collections.abc import Iterator
from typing import Any

import click
import numpy as np

from margin.cli.failures import Exit, reported
from margin.cli.layout import Grid, amount, percent, spot_text
from margin.cli.options import PLOT, Case, Source, from_source_and_spots, opened
from margin.cli.output import Target, save_figure, to_target
from margin.cli.values import DATE, STEPS, Steps, When
from margin.margin_table import MarginTable, table

__all__ = ["command"]

SHOWN = ("excess", "equity", "maintenance")


@click.command()
@from_source_and_spots("-30%:30%:13")
@click.option(
    "--vol",
    "moves",
    type=STEPS,
    default="-25%,0%,50%",
    show_default=True,
    help="Relative moves of all volatilities, in percent.",
)
@click.option(
    "--date",
    "dates",
    type=DATE,
    multiple=True,
    help="A date, or days from now such as 7d; may be repeated.  Now if not given.",
)
@click.option(
    "--show",
    type=click.Choice(SHOWN),
    default="excess",
    show_default=True,
    help="What text shows; JSON and CSV hold all three.",
)
@PLOT
@to_target
def command(
    source: Source,
    spots: Steps,
    moves: Steps,
    dates: tuple[When, ...],
    show: str,
    plot: str | None,
    target: Target,
) -> None:
    """Excess over spots, volatility moves and dates.

    FILE is an account file, or a dash for standard input.  A minus sign means that the account is
    below maintenance there.
    """
    if not moves.relative:
        raise click.UsageError("--vol takes relative moves in percent, such as -25%,0%,50%")
    case = opened(source, quiet=target.quiet)
    with reported(source.path):
        found = _table(case, spots, moves, dates)
    with reported("margin table", Exit.NUMERICAL_FAILURE):
        content = case.with_notes(_content(found))
        target.write(content, _columns(found), _screen(found, show, target))
    if plot:
        with reported("--plot", Exit.BAD_USAGE):
            save_figure(plot, found.plot)


def _table(case: Case, spots: Steps, moves: Steps, dates: tuple[When, ...]) -> MarginTable:
    return table(
        case.account,
        case.market,
        case.rule,
        spots=spots.around(case.spot),
        vol_moves=moves.values,
        dates=[date.after(case.market.asof) for date in dates],
        underlying=case.underlying,
    )


def _columns(found: MarginTable) -> dict[str, list[Any]]:
    columns = found.columns()
    return columns | {"date": [date.isoformat() for date in columns["date"]]}


def _content(found: MarginTable) -> dict[str, Any]:
    """What JSON holds: names, units and one row per state, by columns."""
    names = ("account", "rule", "currency", "underlying", "spot", "units")
    return {name: getattr(found, name) for name in names} | {"columns": _columns(found)}


def _screen(found: MarginTable, show: str, target: Target) -> Iterator[str | Grid]:
    """A grid of spots by volatility moves for every date."""
    digits = target.digits(in_coin=found.currency == found.underlying)
    shown = getattr(found, show)
    yield click.style(f"{found.account}  |  {found.rule}", bold=True)
    spot = f"{found.underlying} {spot_text(found.spot, found.spot)}"
    yield f"{spot}  |  {show} in {found.currency}, largest error {np.max(found.error):.1g}"
    for index, date in enumerate(found.dates):
        yield ""
        yield f"{date:%Y-%m-%d %H:%M} UTC"
        heads = (
            found.underlying,
            "move",
            *(f"vol {100.0 * move:+.4g} %" for move in found.vol_moves),
        )
        rows = [
            (
                spot_text(spot, found.spot),
                percent(spot / found.spot - 1.0),
                *(amount(value, digits) for value in shown[index, :, at]),
            )
            for at, spot in enumerate(found.spots)
        ]
        yield Grid(heads, rows, warned=tuple(range(2, len(heads))))
