"""``margin run``: what accounts must hold, and where they would be liquidated."""

from collections.abc import Iterable, Sequence
from typing import Any

import click

from margin.cli.accounts import assessed
from margin.cli.failures import Exit, reported
from margin.cli.layout import Grid
from margin.cli.options import FILES, RULES, UNDERLYING, Source, expanded
from margin.cli.output import Target, to_target
from margin.cli.screens import account_screen, accounts_grid
from margin.statement import Requirement
from margin.threshold import Thresholds

__all__ = ["command"]

Pair = tuple[Requirement, Thresholds]

INTERRUPTED = 130  # as the shell counts it

COLUMNS = (
    "account",
    "rule",
    "asof",
    "currency",
    "underlying",
    "spot",
    "equity",
    "maintenance",
    "initial",
    "excess",
    "ratio",
    "worst_scenario",
)


@click.command()
@FILES
@RULES
@UNDERLYING
@to_target
def command(
    files: Sequence[str], rule_name: str | None, underlying: str | None, target: Target
) -> None:
    """Requirement, excess and thresholds of accounts.

    FILES are account files, folders of them, or a dash for standard input.  One account is shown
    in full, several in one row each.
    """
    sources = [Source(path, rule_name, underlying) for path in expanded(files)]
    pairs, code = _gathered(sources)
    if pairs:
        with reported("margin run", Exit.NUMERICAL_FAILURE):
            target.write(_content(pairs), _columns(pairs), _screen(pairs, target))
    if any(found.excess < 0.0 for found, _ in pairs):
        code = max(code, Exit.BELOW_MAINTENANCE)
    click.get_current_context().exit(code)


def _gathered(sources: Sequence[Source]) -> tuple[list[Pair], int]:
    """Results of all accounts that can be read, and the worst exit code of the others.

    An interruption ends the work; what was found until then is kept.
    """
    pairs: list[Pair] = []
    code = 0
    try:
        for each in assessed(sources):
            if each.required is not None and each.danger is not None:
                pairs.append((each.required, each.danger))
            else:
                click.echo(each.message, err=True)
                code = max(code, each.code)
    except KeyboardInterrupt:
        click.echo(f"interrupted; {len(pairs)} of {len(sources)} accounts are done", err=True)
        return pairs, INTERRUPTED
    return pairs, code


def _screen(pairs: Sequence[Pair], target: Target) -> Iterable[str | Grid]:
    digits = [target.digits(in_coin=found.currency == found.underlying) for found, _ in pairs]
    if len(pairs) > 1:
        return [accounts_grid(pairs, digits)]
    return account_screen(*pairs[0], digits[0])


def _content(pairs: Sequence[Pair]) -> Any:
    """What JSON holds: one object for one account, a list for several."""
    each = [
        {"requirement": found.to_dict(), "thresholds": danger.to_dict()} for found, danger in pairs
    ]
    return each[0] if len(each) == 1 else each


def _columns(pairs: Sequence[Pair]) -> dict[str, list[Any]]:
    """One row per account."""
    columns = {name: [getattr(found, name) for found, _ in pairs] for name in COLUMNS}
    columns["asof"] = [asof.isoformat() for asof in columns["asof"]]
    for side in ("below", "above"):
        levels = [getattr(danger, side) for _, danger in pairs]
        columns[side] = [level and level.spot for level in levels]
    return columns | {"state": [danger.state.value for _, danger in pairs]}
