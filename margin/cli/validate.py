"""``margin validate``: whether account files can be used, and all that is wrong with them."""

from collections.abc import Sequence

import click

from margin.cli.failures import Exit
from margin.cli.gaps import with_gaps
from margin.cli.options import FILES, QUIET, Source, expanded, notes_on
from margin.cli.output import json_text
from margin.files import AccountFileError, Defaults

__all__ = ["command"]


@click.command()
@FILES
@with_gaps
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every finding.")
@QUIET
def command(files: Sequence[str], defaults: Defaults, as_json: bool, quiet: bool) -> None:
    """Check account files and say all that is wrong.

    FILES are account files, folders of them, or a dash for standard input.  Nothing is priced,
    except options of which the file states a mark in place of a volatility.
    """
    findings: dict[str, list[str]] = {}
    for path in expanded(files):
        try:
            found = Source(path, defaults=defaults).imported()
            findings[path] = []
            if not quiet and not as_json:
                click.echo(f"{path}: fine ({found.account}; {found.rule.name})")
                for line in notes_on(path, found):
                    click.echo(line, err=True)
        except AccountFileError as error:
            findings[path] = list(error.lines)
            if not as_json:
                click.echo(str(error), err=True)
    if as_json and not quiet:
        click.echo(json_text(findings))
    click.get_current_context().exit(Exit.BAD_FILE if any(findings.values()) else Exit.FINE)
