"""``margin greeks``: derivatives of a requirement by spot, volatility and every holding."""

from collections.abc import Iterator

import click

from margin.cli.failures import Exit, reported
from margin.cli.layout import Grid
from margin.cli.options import Source, from_source
from margin.cli.output import Target, to_target
from margin.greeks import margin_greeks
from margin.greeks_statement import MarginGreeks

__all__ = ["command"]

PRECISION = 6


@click.command()
@from_source
@to_target
def command(source: Source, target: Target) -> None:
    """Derivatives of the requirement and of the excess.

    FILE is an account file, or a dash for standard input.  Two numbers with a bar between them are
    derivatives from below and from above, where what binds changes just here.
    """
    with reported(source.path):
        case = source.load()
        found = margin_greeks(case.account, case.market, case.rule, underlying=case.underlying)
    with reported("margin greeks", Exit.NUMERICAL_FAILURE):
        target.write(found.to_dict(), found.columns(), _screen(found))


def _screen(found: MarginGreeks) -> Iterator[str | Grid]:
    yield click.style(f"{found.account}  |  {found.rule}", bold=True)
    yield f"{found.asof:%Y-%m-%d %H:%M} UTC, amounts in {found.currency}"
    yield ""
    rows = [
        (f"1 of {found.underlying} spot", str(found.spot_requirement), str(found.spot_excess), ""),
        (
            "volatilities doubled",
            str(found.volatility_requirement),
            str(found.volatility_excess),
            "",
        ),
    ]
    for line in found.holdings:
        share = "" if line.share is None else f"{line.share:,.{PRECISION}g}"
        rows.append((f"1 {line.holding}", str(line.requirement), str(line.excess), share))
    yield Grid(("derivative by", "of requirement", "of excess", "share"), rows)
    if found.unallocated is not None:
        yield ""
        rest = found.unallocated if abs(found.unallocated) > 1e-9 * found.maintenance else 0.0
        yield (
            f"maintenance {found.maintenance:,.{PRECISION}g}, "
            f"of which {rest:,.{PRECISION}g} is no holding's share"
        )
