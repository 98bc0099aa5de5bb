"""``margin report``: one account on a self-contained page."""

from datetime import timedelta
from pathlib import Path

import click

from margin.cli.failures import Exit, Failure, reported
from margin.cli.options import QUIET, Source, from_source, opened
from margin.cli.values import DATE, When
from margin.report.page import html_report

__all__ = ["command"]


@click.command()
@from_source
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    required=True,
    metavar="FILE",
    help="The page (.html); a dash is standard output.",
)
@click.option(
    "--horizon",
    type=DATE,
    default="30d",
    show_default=True,
    help="How far ahead the liquidation map looks: a date, or days as 30d.",
)
@QUIET
def command(source: Source, output: str, horizon: When, quiet: bool) -> None:
    """One page on an account: requirement, thresholds, map, table, Greeks, other systems.

    FILE is an account file, or a dash for standard input.
    """
    case = opened(source, quiet=quiet)
    ahead = horizon.after(case.market.asof) - case.market.asof
    if ahead <= timedelta(0):
        raise Failure(f"--horizon: must lie after {case.market.asof}", Exit.BAD_USAGE)
    with reported(source.path):
        page = html_report(
            case.account,
            case.market,
            case.rule,
            horizon=ahead,
            underlying=case.underlying,
            assumptions=(*case.assumptions, *case.warnings),
        )
    if output == "-":
        click.echo(page)
        return
    with reported("-o"):
        Path(output).write_text(page, encoding="utf-8")
    if not quiet:
        click.echo(output)
