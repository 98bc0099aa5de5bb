"""How far long work has come: told to a function, or shown on one line of a terminal."""

import sys
import time
from collections.abc import Callable

__all__ = ["Progress", "Telling", "told"]

Progress = Callable[[int, int], object]
"""Is called with how much is done, and of how much; both in blocks of contracts."""
Telling = Progress | bool | None
"""A function to call; ``False`` to be silent; by default a line, on a terminal, after a second."""

QUIET_SECONDS, SECONDS_BETWEEN = 1.0, 0.1


def told(progress: Telling) -> Progress:
    """Return the function that is called as work proceeds.

    Parameters
    ----------
    progress : callable, bool or None
        A function itself; False for silence; None or True for a line on standard error, shown only
        if that is a terminal and work takes more than a second.

    Returns
    -------
    callable

    Examples
    --------
    >>> told(False)(1, 2)
    """
    if callable(progress):
        return progress
    if progress is False or not sys.stderr.isatty():
        return lambda _done, _of: None
    return _line(time.monotonic())


def _line(start: float) -> Progress:
    shown = start + QUIET_SECONDS - SECONDS_BETWEEN

    def show(done: int, of: int) -> None:
        nonlocal shown
        now = time.monotonic()
        quiet = now - start < QUIET_SECONDS
        if quiet or (done < of and now - shown < SECONDS_BETWEEN):
            return
        shown = now
        left = (now - start) * (of - done) / done
        text = f"{done / of:4.0%} of the contracts, {left:.0f} s left"
        # The line is written over, and wiped at the end.
        sys.stderr.write(f"\r{text:<48}" if done < of else f"\r{'':<48}\r")
        sys.stderr.flush()

    return show
