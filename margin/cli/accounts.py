"""Many accounts, one after the other or on several processes, with progress and interruption."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

from margin.cli.failures import Failure, reported
from margin.cli.options import Source
from margin.liquidation import thresholds
from margin.requirements import requirement
from margin.statement import Requirement
from margin.threshold import Thresholds

__all__ = ["Answer", "Assessed", "assessed"]

Item = TypeVar("Item")

SPREAD_FROM = 100
"""Accounts from which several processes are worth their start."""
CHUNK = 8
"""Accounts that a process takes at a time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one account must hold, where it is liquidated, and what was taken for granted.

    Attributes
    ----------
    required : Requirement
        The requirement.
    danger : Thresholds
        Where it is liquidated.
    content : dict
        All of it as JSON holds it.
    """

    required: Requirement
    danger: Thresholds
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Assessed:
    """What became of one account file.

    Attributes
    ----------
    path : str
        The file.
    answer : Answer or None
        None if the file or the account could not be used.
    notes : tuple of str
        What was assumed or is wrong, for standard error.
    code : int
        The exit code of what was wrong, or 0.
    """

    path: str
    answer: Answer | None = None
    notes: tuple[str, ...] = ()
    code: int = 0


def assessed(sources: Sequence[Source]) -> Iterator[Assessed]:
    """Requirement and thresholds of accounts, in the order of the files, as they are found.

    Many accounts go to one process per core; then progress stands on standard error if that is a
    terminal.  What was found before an interruption has been given.

    Parameters
    ----------
    sources : sequence of Source
        The files.

    Yields
    ------
    Assessed
    """
    if len(sources) < SPREAD_FROM:
        yield from map(_assess, sources)
        return
    # A fresh process each: a copy of this one would share the threads of compiled code.
    pool = ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), initializer=_leave_interrupts)
    try:
        with _shown(pool.map(_assess, sources, chunksize=CHUNK), len(sources)) as results:
            yield from results
    finally:
        pool.shutdown(cancel_futures=True)


def _assess(source: Source) -> Assessed:
    """Requirement and thresholds of one account, or what is wrong with it."""
    try:
        with reported(source.path):
            case = source.load()
            parts = (case.account, case.market, case.rule)
            required = requirement(*parts, underlying=case.underlying)
            danger = thresholds(*parts, underlying=case.underlying)
    except Failure as failure:
        return Assessed(source.path, None, (failure.message,), failure.exit_code)
    content = {"requirement": required.to_dict(), "thresholds": danger.to_dict()}
    return Assessed(source.path, Answer(required, danger, case.with_notes(content)), case.notes)


def _leave_interrupts() -> None:
    """Let the first process alone answer an interruption from the keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _shown(items: Iterable[Item], count: int) -> Iterator[Iterable[Item]]:
    """The items, with a bar on standard error while they are taken, if that is a terminal."""
    if not sys.stderr.isatty():
        yield items
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield progress.track(items, total=count, description="accounts")
