"""``margin run``: what accounts must hold, and where they would be liquidated."""

from collections.abc import Iterable, Sequence
from typing import Any

import click

from margin.cli.accounts import Answer, assessed
from margin.cli.failures import Exit, reported
from margin.cli.gaps import with_gaps
from margin.cli.layout import Grid
from margin.cli.options import FILES, RULES, UNDERLYING, Source, expanded
from margin.cli.output import Target, to_target
from margin.cli.screens import account_screen, accounts_grid
from margin.files import Defaults

__all__ = ["command"]

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
@with_gaps
@to_target
def command(
    files: Sequence[str],
    rule_name: str | None,
    underlying: str | None,
    defaults: Defaults,
    target: Target,
) -> None:
    """Requirement, excess and thresholds of accounts.

    FILES are account files, folders of them, or a dash for standard input.  One account is shown
    in full, several in one row each.
    """
    sources = [Source(path, rule_name, underlying, defaults) for path in expanded(files)]
    answers, code = _gathered(sources, quiet=target.quiet)
    if answers:
        with reported("margin run", Exit.NUMERICAL_FAILURE):
            target.write(_content(answers), _columns(answers), _screen(answers, target))
    if any(answer.required.excess < 0.0 for answer in answers):
        code = max(code, Exit.BELOW_MAINTENANCE)
    click.get_current_context().exit(code)


def _gathered(sources: Sequence[Source], *, quiet: bool) -> tuple[list[Answer], int]:
    """Answers for all accounts that can be read, and the worst exit code of the others.

    An interruption ends the work; what was found until then is kept.
    """
    answers: list[Answer] = []
    code = 0
    try:
        for each in assessed(sources):
            if each.answer is not None:
                answers.append(each.answer)
            if each.code or not quiet:
                click.echo("".join(f"{note}\n" for note in each.notes), nl=False, err=True)
            code = max(code, each.code)
    except KeyboardInterrupt:
        click.echo(f"interrupted; {len(answers)} of {len(sources)} accounts are done", err=True)
        return answers, INTERRUPTED
    return answers, code


def _screen(answers: Sequence[Answer], target: Target) -> Iterable[str | Grid]:
    digits = [
        target.digits(in_coin=each.required.currency == each.required.underlying)
        for each in answers
    ]
    pairs = [(each.required, each.danger) for each in answers]
    if len(pairs) > 1:
        return [accounts_grid(pairs, digits)]
    return account_screen(*pairs[0], digits[0])


def _content(answers: Sequence[Answer]) -> Any:
    """What JSON holds: one object for one account, a list for several."""
    each = [answer.content for answer in answers]
    return each[0] if len(each) == 1 else each


def _columns(answers: Sequence[Answer]) -> dict[str, list[Any]]:
    """One row per account."""
    columns = {name: [getattr(each.required, name) for each in answers] for name in COLUMNS}
    columns["asof"] = [asof.isoformat() for asof in columns["asof"]]
    for side in ("below", "above"):
        levels = [getattr(each.danger, side) for each in answers]
        columns[side] = [level and level.spot for level in levels]
    return columns | {"state": [each.danger.state.value for each in answers]}
