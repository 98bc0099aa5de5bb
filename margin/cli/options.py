"""Options and arguments that the parts of the command share, gathered into records."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from margin.account import Account
from margin.cli.failures import reported
from margin.cli.gaps import with_gaps, with_gaps_and_spots
from margin.files import Defaults, Imported, load
from margin.files.native import FORMAT as NATIVE
from margin.files.rules import NAMED_RULES
from margin.market import Market
from margin.revaluation import moving_underlying
from margin.rules import Rule

__all__ = [
    "FILES",
    "PLOT",
    "QUIET",
    "RULES",
    "UNDERLYING",
    "Case",
    "Source",
    "expanded",
    "from_source",
    "from_source_and_spots",
    "notes_on",
    "opened",
]

SUFFIXES = (".yaml", ".yml", ".json", ".toml", ".csv", ".xml")

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(allow_dash=True))
RULES = click.option(
    "--rules",
    "rule_name",
    type=click.Choice(list(NAMED_RULES)),
    help="Take this rule in place of that of the file.",
)
UNDERLYING = click.option(
    "--underlying", help="Whose spot moves; needed only if the account has several underlyings."
)
QUIET = click.option(
    "-q", "--quiet", is_flag=True, help="Print errors only; the exit code tells the rest."
)
PLOT = click.option(
    "--plot",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Draw a figure into a file (.png, .svg, .pdf).",
)

RULE_ASSUMED = "the rule is "
"""How an assumption begins that does not hold if the command names a rule."""
NOT_USED = "options for what a file does not say are not used: a native account file says it all"

Function = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Case:
    """One account with all that belongs to it, and the underlying whose spot moves.

    Attributes
    ----------
    account : Account
        What is held.
    market : Market
        Where it stands.
    rule : Rule
        Whose requirement counts.
    underlying : str
        Whose spot moves.
    assumptions, warnings : tuple of str
        What was taken for granted to have them, and what somebody should look at.
    notes : tuple of str
        What of that is said on standard error.
    """

    account: Account
    market: Market
    rule: Rule
    underlying: str
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def spot(self) -> float:
        """Present price of that underlying, in quote currency."""
        return self.market.underlyings[self.underlying].spot

    def with_notes(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What JSON holds of a result, with all that it takes for granted."""
        return {**content, "assumptions": self.assumptions, "warnings": self.warnings}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a case comes from: a file, and what replaces or completes it.

    Attributes
    ----------
    path : str
        The file; a dash is standard input.
    rule_name : str or None
        Rule in place of that of the file.
    underlying : str or None
        Whose spot moves, if the account has several.
    defaults : Defaults or None
        What is taken where an imported file says nothing.
    """

    path: str
    rule_name: str | None = None
    underlying: str | None = None
    defaults: Defaults | None = None

    def imported(self) -> Imported:
        """The content of the file, with the other rule if one is named.

        Raises
        ------
        AccountFileError
            If the file cannot be used.
        """
        found = load(self.path, self.defaults)
        if self.rule_name:
            left = (one for one in found.assumptions if not one.startswith(RULE_ASSUMED))
            found = replace(found, rule=NAMED_RULES[self.rule_name], assumptions=tuple(left))
        if found.format == NATIVE and self.defaults not in (None, Defaults()):
            found = replace(found, warnings=(*found.warnings, NOT_USED))
        return found

    def load(self) -> Case:
        """The content of the file, and the underlying that moves.

        Raises
        ------
        AccountFileError
            If the file cannot be used.
        ValueError
            If the account has several underlyings and none is named.
        """
        found = self.imported()
        account, market, rule = found.parts
        name = moving_underlying(account, market, self.underlying)
        notes = notes_on(self.path, found)
        return Case(account, market, rule, name, found.assumptions, found.warnings, notes)


def notes_on(path: str, found: Imported) -> tuple[str, ...]:
    """What was assumed to read a file, line by line; the defaults of a native file are known."""
    assumed = () if found.format == NATIVE else found.assumptions
    lines = [f"assumed: {sentence}" for sentence in assumed]
    lines += [f"warning: {sentence}" for sentence in found.warnings]
    return tuple(f"{path}: {line}" for line in lines)


def opened(source: Source, *, quiet: bool = False) -> Case:
    """The case of a source; unless quiet, what was assumed is said on standard error.

    Raises
    ------
    Failure
        If the file cannot be used.
    """
    with reported(source.path):
        case = source.load()
    for line in () if quiet else case.notes:
        click.echo(line, err=True)
    return case


def from_source(function: Function) -> Function:
    """Give a command the options of a `Source`, which it receives as ``source``."""
    return _from_source(function, with_gaps)


def from_source_and_spots(usual: str) -> Callable[[Function], Function]:
    """As `from_source`, for a command that computes at several spots, received as ``spots``."""
    return lambda function: _from_source(function, with_gaps_and_spots(usual))


def _from_source(function: Function, gaps: Callable[[Function], Function]) -> Function:
    @click.argument("file", type=click.Path(allow_dash=True))
    @RULES
    @UNDERLYING
    @gaps
    @wraps(function)
    def gathered(
        file: str,
        rule_name: str | None,
        underlying: str | None,
        defaults: Defaults,
        **rest: Any,
    ) -> None:
        function(source=Source(file, rule_name, underlying, defaults), **rest)

    return gathered


def expanded(paths: Sequence[str]) -> Iterator[str]:
    """The paths, a folder replaced by the account files in it.

    Raises
    ------
    click.UsageError
        If a folder holds no account file.
    """
    for path in paths:
        if not Path(path).is_dir():
            yield path
            continue
        inside = sorted(file for file in Path(path).iterdir() if file.suffix.lower() in SUFFIXES)
        if not inside:
            raise click.UsageError(f"no account file ({', '.join(SUFFIXES)}) in the folder {path}")
        yield from (str(file) for file in inside)
