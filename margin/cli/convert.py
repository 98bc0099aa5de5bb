"""``margin convert``: the file of a broker or a spreadsheet as a native account file."""

from pathlib import Path

import click

from margin.cli.failures import Exit, Failure, reported
from margin.cli.gaps import with_gaps
from margin.cli.options import QUIET, RULES, Source, notes_on
from margin.files import Defaults, write
from margin.files.native import FORMAT as NATIVE

__all__ = ["command"]

FORMATS = {
    "native": (NATIVE,),
    "table": ("positions in CSV", "positions in JSON"),
    "deribit": ("Deribit",),
    "ibkr": ("Interactive Brokers, Flex query", "Interactive Brokers, activity statement"),
    "binance": ("Binance",),
    "bybit": ("Bybit",),
    "okx": ("OKX",),
    "bitmex": ("BitMEX",),
    "hyperliquid": ("Hyperliquid",),
    "derive": ("Derive",),
    "kraken": ("Kraken Futures",),
}
"""What files are, by the words for them."""


@click.command()
@click.argument("file", type=click.Path(allow_dash=True))
@click.option(
    "--from",
    "origin",
    type=click.Choice(list(FORMATS)),
    help="Refuse a file of any other kind; its content tells the kind if this is not given.",
)
@RULES
@with_gaps
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    required=True,
    metavar="FILE",
    help="The native account file (.yaml, .yml or .json).",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@QUIET
def command(
    file: str,
    origin: str | None,
    rule_name: str | None,
    defaults: Defaults,
    output: str,
    force: bool,
    quiet: bool,
) -> None:
    """Write what a broker or a spreadsheet says as a native account file.

    FILE is of any kind that can be read, or a dash for standard input.  What it does not say is
    listed on standard error; look at it, and at the new file, before relying on either.
    """
    if Path(output).exists() and not force:
        raise Failure(f"{output}: is there already; give --force to replace it", Exit.BAD_USAGE)
    with reported(file):
        found = Source(file, rule_name, defaults=defaults).imported()
    if origin and found.format not in FORMATS[origin]:
        raise Failure(f"{file}: is {found.format}, not {origin}", Exit.BAD_FILE)
    with reported("-o", Exit.BAD_USAGE):
        write(output, *found.parts)
    if not quiet:
        for line in notes_on(file, found):
            click.echo(line, err=True)
        click.echo(output)
