"""``margin compare``: one account under all margin systems, side by side."""

from collections.abc import Iterator
from typing import Any

import click

from margin.cli.failures import Exit, reported
from margin.cli.gaps import with_gaps_and_spots
from margin.cli.layout import Grid, amount, spot_text
from margin.cli.options import PLOT, UNDERLYING, Source, opened
from margin.cli.output import Target, save_figure, to_target
from margin.cli.values import Steps
from margin.comparison import Comparison, compare
from margin.files import Defaults

__all__ = ["command"]


@click.command()
@click.argument("file", type=click.Path(allow_dash=True))
@UNDERLYING
@with_gaps_and_spots("-50%:50%:101")
@PLOT
@to_target
def command(
    file: str,
    underlying: str | None,
    defaults: Defaults,
    spots: Steps,
    plot: str | None,
    target: Target,
) -> None:
    """Requirements under all margin systems.

    FILE is an account file, or a dash for standard input.  Systems that do not apply to the
    account are listed with the reason.  The figure and JSON show them at all spots.
    """
    case = opened(Source(file, None, underlying, defaults), quiet=target.quiet)
    with reported(file):
        found = compare(
            case.account, case.market, spots=spots.around(case.spot), underlying=case.underlying
        )
    with reported("margin compare", Exit.NUMERICAL_FAILURE):
        content = case.with_notes(found.to_dict())
        target.write(content, found.columns(), _screen(found, target))
    if plot:
        with reported("--plot", Exit.BAD_USAGE):
            save_figure(plot, found.plot)


def _screen(found: Comparison, target: Target) -> Iterator[str | Grid]:
    digits = target.digits(in_coin=found.currency == found.underlying)
    yield click.style(f"{found.account}  |  equity {amount(found.equity, digits)}", bold=True)
    spot = f"{found.underlying} {spot_text(found.spot, found.spot)}"
    yield f"{spot}  |  {found.asof:%Y-%m-%d %H:%M} UTC, amounts in {found.currency}"
    yield ""
    yield Grid(
        ("system", "initial", "maintenance", "excess", "worst scenario"),
        list(_rows(found, digits)),
        left=(0, 4),
        warned=(3,),
    )
    if found.refused:
        yield ""
        yield "does not apply:"
    for name, reason in found.refused.items():
        yield f"  {name}: {reason}"


def _rows(found: Comparison, digits: int) -> Iterator[tuple[Any, ...]]:
    for system in found.systems:
        amounts = (system.initial, system.maintenance, found.equity - system.maintenance)
        yield system.name, *(amount(value, digits) for value in amounts), system.worst_scenario
