"""The decorator of all kernels, in small packages of two kernel files, each run a new process.

`total` calls `scaled`, which stands in another file.  `total(1.0)` is 10 times the factor there.
"""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numba
import pytest

from pdesolve import _jit

CALLEE = "from pdesolve._jit import njit\n\n@njit\ndef scaled(x):\n    return {factor} * x\n"
CALLER = """
from pdesolve._jit import njit
from pdesolve.kernels.callee import scaled

@njit
def total(x):
    return 10.0 * scaled(x)
"""
BARE_JIT = "import functools, numba\nnjit = functools.partial(numba.njit, cache=True)\n"
OPEN_CACHE = "from pdesolve._jit import cache_directory; cache_directory()"
SHOW_TOTAL = "from pdesolve.kernels.caller import total; print(total(1.0))"
SHOW_HITS = SHOW_TOTAL + "; print(sum(total.stats.cache_hits.values()))"


class Install:
    """A package of two kernel files with the library's `_jit`, and a home of its own."""

    def __init__(self, folder):
        self.folder, self.cache = folder, folder / "cache"
        self.kernels = folder / "pdesolve" / "kernels"
        self.kernels.mkdir(parents=True)
        for package in (self.kernels.parent, self.kernels):
            (package / "__init__.py").touch()
        for source in (Path(_jit.__file__), Path(_jit.__file__).with_name("_version.py")):
            shutil.copy(source, self.kernels.parent)
        (self.kernels / "caller.py").write_text(CALLER)
        self.upgrade(2.0)

    def upgrade(self, factor):
        (self.kernels / "callee.py").write_text(CALLEE.format(factor=factor))

    def run(self, code, **environment):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "XDG_"))}
        result = subprocess.run(
            [sys.executable, "-W", "error", "-B", "-c", code],
            cwd=self.folder,
            env=inherited | {"XDG_CACHE_HOME": str(self.cache)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.stderr == ""
        return [float(word) for word in result.stdout.split()]


@pytest.fixture
def install(tmp_path):
    return Install(tmp_path)


def folders(parent):
    return sorted(path.name for path in parent.iterdir())


def test_a_change_in_a_called_kernel_reaches_its_unchanged_caller(install):
    assert install.run(SHOW_TOTAL) == [20.0]
    install.upgrade(3.0)
    assert install.run(SHOW_TOTAL) == [30.0]


def test_the_cache_of_numba_alone_may_miss_that_change(install):
    (install.kernels.parent / "_jit.py").write_text(BARE_JIT)
    assert install.run(SHOW_TOTAL) == [20.0]
    install.upgrade(3.0)
    after = install.run(SHOW_TOTAL)
    if after == [30.0]:
        pytest.skip("this version of numba compiled the caller again")
    assert after == [20.0]


def test_a_second_process_compiles_nothing(install):
    assert install.run(SHOW_HITS) == [20.0, 0.0]
    assert install.run(SHOW_HITS) == [20.0, 1.0]


def test_an_earlier_version_is_found_again_in_its_own_folder(install):
    for factor in (2.0, 3.0):
        install.upgrade(factor)
        install.run(SHOW_TOTAL)
    install.upgrade(2.0)
    assert install.run(SHOW_HITS) == [20.0, 1.0]
    assert len(folders(install.cache)) == 2


@pytest.mark.parametrize("setting", ["NUMBA_OPT", "NUMBA_SLP_VECTORIZE", "NUMBA_BOUNDSCHECK"])
def test_other_settings_of_the_compiler_have_their_own_folder(install, setting):
    install.run(OPEN_CACHE)
    install.run(OPEN_CACHE, **{setting: "1"})
    assert len(folders(install.cache)) == 2


def test_a_read_only_install_without_a_home_works(install):
    (install.kernels / "__pycache__").touch()  # a file, so that no folder can take its place
    assert install.run(SHOW_HITS, HOME=os.devnull, XDG_CACHE_HOME="") == [20.0, 0.0]


def test_a_cache_folder_that_is_no_folder_is_not_used(install, tmp_path):
    (tmp_path / "file").touch()
    assert install.run(SHOW_HITS, XDG_CACHE_HOME=str(tmp_path / "file")) == [20.0, 0.0]


def test_the_cache_folder_of_the_user_is_honoured(install, tmp_path):
    install.run(SHOW_TOTAL, NUMBA_CACHE_DIR=str(tmp_path / "mine"))
    (folder,) = (tmp_path / "mine").iterdir()
    assert re.fullmatch(r"pde-margin-[0-9a-f]{16}", folder.name)
    assert {path.name.split("-")[0] for path in folder.rglob("*.nbi")} == {
        "callee.scaled",
        "caller.total",
    }
    assert not install.cache.exists()


def make_folders(parent, ages_in_days):
    for number, age in enumerate(ages_in_days):
        folder = parent / f"pde-margin-{number:016x}"
        folder.mkdir(parents=True)
        used = time.time() - 86_400.0 * age
        os.utime(folder, (used, used))


def test_the_newest_three_folders_are_kept(install):
    make_folders(install.cache, [5.0, 4.0, 3.0, 2.0])
    install.run(OPEN_CACHE)
    kept = folders(install.cache)
    assert len(kept) == 3
    assert {"pde-margin-0000000000000002", "pde-margin-0000000000000003"} < set(kept)


def test_folders_of_processes_that_may_still_run_are_kept(install):
    make_folders(install.cache, [0.4, 0.3, 0.2, 0.1])
    install.run(OPEN_CACHE)
    assert len(folders(install.cache)) == 5


def test_folders_of_others_are_left_alone(install):
    make_folders(install.cache, [5.0] * 4)
    (install.cache / "pde-margin-results").mkdir()
    os.utime(install.cache / "pde-margin-results", (0.0, 0.0))
    install.run(OPEN_CACHE)
    assert "pde-margin-results" in folders(install.cache)


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(_jit, "cache_directory", lambda: tmp_path)
    return tmp_path


def reciprocal(x):
    return 1.0 / x


def test_the_cache_folder_of_numba_is_put_back(own_cache, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "theirs")
    _jit.njit(reciprocal)
    assert numba.config.CACHE_DIR == "theirs"


def test_the_cache_folder_of_numba_is_put_back_after_an_error(own_cache, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "theirs")
    with pytest.raises(TypeError, match="not a function"):
        _jit.njit(1.0)
    assert numba.config.CACHE_DIR == "theirs"


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_division_by_zero_is_infinite(own_cache):
    assert _jit.njit(reciprocal)(0.0) == float("inf")


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.parametrize("parallel", [False, True])
def test_options_are_the_same_for_all_kernels(own_cache, parallel):
    options = _jit.njit(parallel=parallel)(reciprocal).targetoptions
    assert options["error_model"] == "numpy"
    assert options["nogil"]
    assert options["parallel"] is parallel
    assert "fastmath" not in options


class Compiled:
    """What numba tells of a kernel that it compiles."""

    def __init__(self, module):
        kernel = type("Kernel", (), {"py_func": type("Function", (), {"__module__": module})})
        self.data = {"dispatcher": kernel}


@pytest.fixture
def terminal(monkeypatch):
    """A terminal, and no patience."""
    out = io.StringIO()
    out.isatty = lambda: True
    monkeypatch.setattr(_jit, "PATIENCE_SECONDS", 0.01)
    return out


def compile_for(seconds, module, notice, terminal):
    with contextlib.redirect_stderr(terminal):
        notice.on_start(Compiled(module))
        notice.on_start(Compiled(module))  # a kernel that it calls
        notice.on_end(Compiled(module))
        time.sleep(seconds)
        notice.on_end(Compiled(module))


def test_a_long_wait_is_explained_once_on_a_terminal(terminal):
    notice = _jit._Notice()
    for _ in range(2):
        compile_for(0.2, "pdesolve.kernels.march", notice, terminal)
    assert terminal.getvalue() == f"{_jit.NOTICE}\n"


@pytest.mark.parametrize(("seconds", "module"), [(0.0, "margin.kernels.tail"), (0.2, "theirs")])
def test_short_waits_and_those_for_others_are_not(terminal, seconds, module):
    compile_for(seconds, module, _jit._Notice(), terminal)
    time.sleep(0.1)
    assert terminal.getvalue() == ""


def test_nothing_is_said_where_nobody_watches(terminal):
    terminal.isatty = lambda: False
    compile_for(0.2, "pdesolve.kernels.march", _jit._Notice(), terminal)
    assert terminal.getvalue() == ""
