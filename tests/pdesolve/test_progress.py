"""Progress of long work: told to a function, shown on a terminal only, and interrupts."""

import io
import itertools
import time
from types import SimpleNamespace

import numpy as np
import pytest

from pdesolve import Contracts, price, progress, solve_many
from pdesolve.batch import blocks

BOOK = Contracts("put", np.linspace(80.0, 120.0, 1600), 0.5, 0.3, 0.04, 0.0, True)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=shown))
    return shown


@pytest.fixture
def slow_clock(monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(ticks)))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_function_is_told_of_all_blocks_in_order(threads):
    seen = []
    solve_many(BOOK, spots=[100.0], threads=threads, progress=lambda *now: seen.append(now))
    done, of = np.array(seen).T
    assert len(seen) > 5
    assert np.all(np.diff(done) > 0)
    assert np.all(of == done[-1])


def test_price_tells_too():
    seen = []
    price(spot=100.0, strike=100.0, expiry=1.0, vol=0.2, progress=lambda *now: seen.append(now))
    assert seen == [(1, 1)]


def test_short_work_shows_nothing(terminal):
    solve_many(BOOK.take(np.arange(3)), spots=[100.0])
    assert terminal.getvalue() == ""


def test_long_work_shows_a_line_on_a_terminal_and_wipes_it(terminal, slow_clock):
    solve_many(BOOK, spots=[100.0])
    assert "% of the contracts" in terminal.getvalue()
    assert terminal.getvalue().endswith(f"\r{'':<48}\r")


def test_false_is_silence(terminal, slow_clock):
    solve_many(BOOK, spots=[100.0], progress=False)
    assert terminal.getvalue() == ""


def test_nothing_is_shown_where_there_is_no_terminal(monkeypatch, slow_clock):
    shown = io.StringIO()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=shown))
    solve_many(BOOK, spots=[100.0])
    assert shown.getvalue() == ""


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_leaves_the_rest_undone(threads, monkeypatch):
    whole, solve = [], blocks._march_and_read

    def counted(part, **where):
        whole.append(part)
        solve(part, **where)
        time.sleep(0.05)  # long enough for an interrupt to come first

    def interrupt(done, of):
        raise KeyboardInterrupt

    monkeypatch.setattr(blocks, "_march_and_read", counted)
    solve_many(BOOK, spots=[100.0], threads=threads)
    parts = len(whole)
    whole.clear()
    with pytest.raises(KeyboardInterrupt):
        solve_many(BOOK, spots=[100.0], threads=threads, progress=interrupt)
    assert len(whole) < parts
