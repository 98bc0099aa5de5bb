"""``margin greeks``: derivatives of a requirement by spot, volatility and every holding."""

from collections.abc import Iterator

import click

from margin.cli.failures import Exit, reported
from margin.cli.layout import Grid, amount
from margin.cli.options import Source, from_source, opened
from margin.cli.output import Target, to_target
from margin.greeks import margin_greeks
from margin.greeks_statement import MarginGreeks, Slope

__all__ = ["command"]

SIGNIFICANT = 6
"""Digits of a derivative in text, if no number of digits after the point is asked for."""


@click.command()
@from_source
@to_target
def command(source: Source, target: Target) -> None:
    """Derivatives of the requirement and of the excess.

    FILE is an account file, or a dash for standard input.  Two numbers with a bar between them are
    derivatives from below and from above, where what binds changes just here.
    """
    case = opened(source, quiet=target.quiet)
    with reported(source.path):
        found = margin_greeks(case.account, case.market, case.rule, underlying=case.underlying)
    with reported("margin greeks", Exit.NUMERICAL_FAILURE):
        content = case.with_notes(found.to_dict())
        target.write(content, found.columns(), _screen(found, target))


def _screen(found: MarginGreeks, target: Target) -> Iterator[str | Grid]:
    yield click.style(f"{found.account}  |  {found.rule}", bold=True)
    yield f"{found.asof:%Y-%m-%d %H:%M} UTC, amounts in {found.currency}"
    yield ""
    yield Grid(
        ("derivative by", "of requirement", "of excess", "share"),
        [(name, *(_text(value, target) for value in row)) for name, *row in _rows(found)],
    )
    if found.unallocated is not None:
        yield ""
        rest = found.unallocated if abs(found.unallocated) > 1e-9 * found.maintenance else 0.0
        yield (
            f"maintenance {_text(found.maintenance, target)}, "
            f"of which {_text(rest, target)} is no holding's share"
        )


def _rows(found: MarginGreeks) -> Iterator[tuple[str, Slope, Slope, float | None]]:
    """By what, the derivatives of requirement and excess, and a share of the requirement."""
    yield f"1 of {found.underlying} spot", found.spot_requirement, found.spot_excess, None
    yield "volatilities doubled", found.volatility_requirement, found.volatility_excess, None
    for line in found.holdings:
        yield f"1 {line.holding}", line.requirement, line.excess, line.share


def _text(value: Slope | float | None, target: Target) -> str:
    """A number, or both derivatives where they differ."""
    if value is None:
        return ""
    if isinstance(value, Slope):
        sides = (value.above,) if value.unique else (value.below, value.above)
        return " | ".join(_text(side, target) for side in sides)
    if target.precision is None:
        return f"{value:,.{SIGNIFICANT}g}"
    return amount(value, target.precision)
