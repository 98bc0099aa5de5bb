"""Options and arguments that the parts of the command share, gathered into records."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from margin.account import Account
from margin.files import read
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
]

SUFFIXES = (".yaml", ".yml", ".json", ".toml")

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
    """

    account: Account
    market: Market
    rule: Rule
    underlying: str

    @property
    def spot(self) -> float:
        """Present price of that underlying, in quote currency."""
        return self.market.underlyings[self.underlying].spot


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
    """

    path: str
    rule_name: str | None = None
    underlying: str | None = None

    def load(self) -> Case:
        """The content of the file, with the other rule if one is named.

        Raises
        ------
        AccountFileError
            If the file cannot be used.
        ValueError
            If the account has several underlyings and none is named.
        """
        account, market, rule = read(self.path)
        if self.rule_name:
            rule = NAMED_RULES[self.rule_name]
        return Case(account, market, rule, moving_underlying(account, market, self.underlying))


def from_source(function: Function) -> Function:
    """Give a command the options of a `Source`, which it receives as ``source``."""

    @click.argument("file", type=click.Path(allow_dash=True))
    @RULES
    @UNDERLYING
    @wraps(function)
    def gathered(file: str, rule_name: str | None, underlying: str | None, **rest: Any) -> None:
        function(source=Source(file, rule_name, underlying), **rest)

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
