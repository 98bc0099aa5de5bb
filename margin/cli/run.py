"""``margin run``: what accounts must hold, and where they would be liquidated."""

from collections.abc import Iterable, Sequence
from typing import Any

import click

from margin.cli.failures import Exit, Failure, reported
from margin.cli.layout import Grid
from margin.cli.options import FILES, RULES, UNDERLYING, Case, Source, expanded
from margin.cli.output import Target, to_target
from margin.cli.screens import account_screen, accounts_grid
from margin.liquidation import thresholds
from margin.requirements import requirement
from margin.statement import Requirement
from margin.threshold import Thresholds

__all__ = ["command"]

Pair = tuple[Requirement, Thresholds]

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
    pairs, code = _assessed(sources)
    if pairs:
        with reported("margin run", Exit.NUMERICAL_FAILURE):
            target.write(_content(pairs), _columns(pairs), _screen(pairs, target))
    if any(found.excess < 0.0 for found, _ in pairs):
        code = max(code, Exit.BELOW_MAINTENANCE)
    click.get_current_context().exit(code)


def _assessed(sources: Sequence[Source]) -> tuple[list[Pair], Exit]:
    """Results of all accounts that can be read, and the worst exit code of the others."""
    pairs, code = [], Exit.FINE
    for source in sources:
        try:
            with reported(source.path):
                pairs.append(_pair(source.load()))
        except Failure as failure:
            failure.show()
            code = max(code, Exit(failure.exit_code))
    return pairs, code


def _pair(case: Case) -> Pair:
    parts = (case.account, case.market, case.rule)
    found = requirement(*parts, underlying=case.underlying)
    return found, thresholds(*parts, underlying=case.underlying)


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
