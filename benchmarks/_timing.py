"""Clocks: the best of some repeats, since whatever disturbs a measurement makes it longer."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def cpu_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Seconds of processor time of all threads of this process."""
    return _best(work, repeats, time.process_time)


def cpu_seconds_once(work: Callable[[], T]) -> tuple[T, float]:
    """Return what the work gives, and the seconds of processor time that it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def wall_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Seconds on the wall."""
    return _best(work, repeats, time.perf_counter)


def _best(work: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    best = float("inf")
    for _ in range(repeats):
        start = clock()
        work()
        best = min(best, clock() - start)
    return best
