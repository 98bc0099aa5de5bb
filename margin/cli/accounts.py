"""Many accounts, one after the other or on several processes, with progress and interruption."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TypeVar

from margin.cli.failures import Failure, reported
from margin.cli.options import Source
from margin.liquidation import thresholds
from margin.requirements import requirement
from margin.statement import Requirement
from margin.threshold import Thresholds

__all__ = ["Assessed", "assessed"]

Item = TypeVar("Item")

SPREAD_FROM = 100
"""Accounts from which several processes are worth their start."""
CHUNK = 8
"""Accounts that a process takes at a time."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """What became of one account file.

    Attributes
    ----------
    path : str
        The file.
    required : Requirement or None
        The requirement; None if the file or the account could not be used.
    danger : Thresholds or None
        Where it is liquidated; None likewise.
    message : str
        What was wrong, for standard error.
    code : int
        The exit code of what was wrong, or 0.
    """

    path: str
    required: Requirement | None = None
    danger: Thresholds | None = None
    message: str = ""
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
            found = requirement(*parts, underlying=case.underlying)
            return Assessed(source.path, found, thresholds(*parts, underlying=case.underlying))
    except Failure as failure:
        return Assessed(source.path, message=failure.message, code=failure.exit_code)


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
