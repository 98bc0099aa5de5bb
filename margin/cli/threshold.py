"""``margin threshold``: all spots at which an account is liquidated."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from margin import figures
from margin.cli.failures import Exit, reported
from margin.cli.options import PLOT, Case, Source, from_source
from margin.cli.output import Target, save_figure, to_target
from margin.cli.screens import threshold_heading, threshold_screen
from margin.cli.values import DATE, STEPS, Steps, When
from margin.danger import Interval, State
from margin.liquidation import thresholds
from margin.margin_table import table
from margin.market import Market
from margin.threshold import Thresholds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["command"]


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
    help="Relative move of all volatilities, such as 25%.",
)
@click.option(
    "--horizon",
    type=DATE,
    default="0d",
    show_default=True,
    help="When: a date, or days from now such as 7d; spot and positions stay.",
)
@PLOT
@to_target
def command(
    source: Source,
    searched: Steps,
    vol_shift: Steps,
    horizon: When,
    plot: str | None,
    target: Target,
) -> None:
    """All spots at which an account is liquidated.

    FILE is an account file, or a dash for standard input.
    """
    if len(searched.values) != 2:
        raise click.UsageError("--range takes two spots, such as -50%,100% or 60,180")
    with reported(source.path):
        case = source.load()
        case = replace(case, market=_shifted(case.market, vol_shift))
        found = _thresholds(case, searched, horizon)
    with reported("margin threshold", Exit.NUMERICAL_FAILURE):
        target.write(
            found.to_dict(), _columns(found), [*threshold_heading(found), *threshold_screen(found)]
        )
    if plot:
        with reported("--plot", Exit.BAD_USAGE):
            save_figure(plot, lambda: _drawn(case, found))
    short = found.state is State.LIQUIDATED
    click.get_current_context().exit(Exit.BELOW_MAINTENANCE if short else Exit.FINE)


def _shifted(market: Market, vol_shift: Steps) -> Market:
    """The market after a relative move of all volatilities."""
    if len(vol_shift.values) != 1 or not vol_shift.relative or vol_shift.values[0] <= -1.0:
        raise click.UsageError("--vol-shift takes one move in percent above -100%, such as 25%")
    factor = 1.0 + vol_shift.values[0]
    return replace(market, vols={contract: factor * vol for contract, vol in market.vols.items()})


def _thresholds(case: Case, searched: Steps, horizon: When) -> Thresholds:
    lowest, highest = searched.around(case.spot)
    return thresholds(
        case.account,
        case.market,
        case.rule,
        underlying=case.underlying,
        lowest=lowest,
        highest=highest,
        date=horizon.after(case.market.asof),
    )


def _columns(found: Thresholds) -> dict[str, list[Any]]:
    """One row per interval of liquidation and of bankruptcy."""
    sets = {"liquidation": found.liquidation, "bankruptcy": found.bankruptcy}
    rows = [
        {"kind": kind} | asdict(interval)
        for kind, spots in sets.items()
        for interval in spots.intervals
    ]
    names = ("kind", *Interval.__dataclass_fields__)
    return {name: [row[name] for row in rows] for name in names}


def _drawn(case: Case, found: Thresholds) -> "Axes":
    """Equity, requirement and excess against spot, with the danger intervals."""
    drawn = table(
        case.account,
        case.market,
        case.rule,
        spots=figures.telling_spots(found),
        dates=(found.date,),
        underlying=case.underlying,
    )
    return figures.against_spot(drawn, found)
