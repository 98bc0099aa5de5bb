"""``margin threshold``: all spots at which an account is liquidated."""

from dataclasses import replace

import click

from margin.cli.failures import Exit, reported
from margin.cli.options import PLOT, Source, from_source, opened
from margin.cli.output import Target, save_figure, to_target
from margin.cli.threshold_views import view_of
from margin.cli.values import STEPS, Steps
from margin.cli.ways import Ways, with_ways

__all__ = ["command"]

LARGEST_SHIFT = 5.0
"""A move of volatilities above 500 % is taken for one that was written in percent."""


@click.command()
@from_source
@click.option(
    "--range",
    "searched",
    type=STEPS,
    default="-80%,400%",
    show_default=True,
    help="Lowest and highest spot searched, such as -50%,100% or 60,180.",
)
@click.option(
    "--vol-shift",
    type=STEPS,
    default="0%",
    show_default=True,
    help="Relative move of all volatilities, such as 25% or 0.25.",
)
@with_ways
@PLOT
@to_target
def command(
    source: Source,
    searched: Steps,
    vol_shift: Steps,
    ways: Ways,
    plot: str | None,
    target: Target,
) -> None:
    """All spots at which an account is liquidated.

    FILE is an account file, or a dash for standard input.  One underlying moves, on one date; with
    --horizon the answer is a map through time, with --along several underlyings move, and with
    --plane it is a map of two.
    """
    if len(searched.values) != 2:
        raise click.UsageError("--range takes two spots, such as -50%,100% or 60,180")
    shift = _shift(vol_shift)
    named = replace(source, underlying=source.underlying or ways.lead)
    case = opened(named, quiet=target.quiet)
    with reported(source.path):
        lowest, highest = searched.around(case.spot)
        view = view_of(case, ways, (lowest, highest), shift)
    with reported("margin threshold", Exit.NUMERICAL_FAILURE):
        target.write(case.with_notes(view.content()), view.columns(), view.screen(target.precision))
    if plot:
        with reported("--plot", Exit.BAD_USAGE):
            save_figure(plot, view.draw)
    click.get_current_context().exit(Exit.BELOW_MAINTENANCE if view.short else Exit.FINE)


def _shift(asked: Steps) -> float:
    """A relative move of all volatilities."""
    if len(asked.values) != 1 or not -1.0 < asked.values[0] <= LARGEST_SHIFT:
        raise click.UsageError(
            "--vol-shift takes one relative move above -100% and at most 500%, such as 25% or 0.25"
        )
    return asked.values[0]
