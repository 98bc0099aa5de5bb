"""``margin warmup``: compile everything once, for containers, clusters and the impatient."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import click

from margin.cli.failures import Exit, Failure
from margin.cli.options import QUIET
from margin.warming import warmup
from pdesolve.versions import kept_in
from pdesolve.warming import Told

__all__ = ["command"]


@click.command()
@QUIET
def command(quiet: bool) -> None:
    """Compile everything once, or see that it is compiled.

    Machine code stays in the cache folder of the user, or in NUMBA_CACHE_DIR if that is set; it is
    made for the processor that runs this.
    """
    folder = kept_in()
    if folder is None:
        reason = "no folder for machine code can be written; set NUMBA_CACHE_DIR to one that can"
        raise Failure(reason, Exit.BAD_USAGE)
    start = perf_counter()
    with _shown() as progress:
        warmup(progress)
    if not quiet:
        click.echo(f"all kernels are ready after {perf_counter() - start:.1f} s, in {folder}")


@contextmanager
def _shown() -> Iterator[Told | None]:
    """A bar on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda name, done, of: bar.update(
            task, completed=done, total=of, description=f"compiling: {name}"
        )
