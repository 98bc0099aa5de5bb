"""How every kernel of both packages is compiled, and where its machine code is kept.

Numba's own cache notices a change in the file of a kernel, but not in the files of the kernels
that it calls (numba documentation, "Notes on caching"; numba/numba issue 1833), so an upgrade can
leave an old number behind.  Here the machine code lies in a folder named by all kernel sources
and by the versions of the library, numba and Python: if one of them changes, everything is
compiled again.  Where no folder can be written, kernels are compiled afresh in every process.
"""

import hashlib
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar, overload

import numba
from numba.core import event as events

from pdesolve._version import __version__

__all__ = ["cache_directory", "inner", "njit"]

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

DISTRIBUTION = "pde-margin"
HASH_DIGITS = 16
KEPT_FOLDERS = 3
# A process that still runs may yet write to a folder that it opened hours ago.
SPARED_SECONDS = 86_400.0
# Settings of numba that change machine code, and that its own cache does not look at.
COMPILER_SETTINGS = ("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK")
CACHE_SETTINGS = ("CACHE_DIR", "CACHE_LOCATOR_CLASSES")

_CONFIG: Any = numba.config  # its attributes are made at run time
_NJIT: Any = numba.njit  # its stubs leave out the options of entry points
_REGISTER: Any = events.register  # it has no types
_SITE = Path(__file__).parents[1]
_LOG = logging.getLogger(__name__)
_DECORATING = threading.Lock()

PATIENCE_SECONDS = 1.0
NOTICE = "compiling kernels (once per install)"


@overload
def njit(function: Kernel, /) -> Kernel: ...
@overload
def njit(*, parallel: bool) -> Callable[[Kernel], Kernel]: ...
def njit(
    function: Kernel | None = None, /, *, parallel: bool = False
) -> Kernel | Callable[[Kernel], Kernel]:
    """Mark a function of arrays and numbers to be compiled at its first call.

    Use as ``@njit``, or as ``@njit(parallel=True)`` where loops over ``prange`` run on several
    threads.  Division by zero gives infinity or NaN, the interpreter lock is released, and
    floating-point operations keep the order in which they are written (no ``fastmath``).
    """
    if function is None:
        return partial(_compiled, parallel=parallel)
    return _compiled(function, parallel=parallel)


def inner(function: Kernel) -> Kernel:
    """Mark a function that only compiled functions call; otherwise as `njit`.

    It gets no entry from Python and no place in the cache, which are half of the time that a small
    function takes to compile; its callers hold its machine code.  Compiled, it must not be called
    from Python (its ``py_func`` may be).
    """
    return _compiled(function, parallel=False, entry=False)


def _compiled(function: Kernel, *, parallel: bool, entry: bool = True) -> Kernel:
    """Return numba's dispatcher for a function, its cache in the folder of these sources."""
    directory = cache_directory()
    with _kept_in(directory):
        kernel: Kernel = _NJIT(
            function,
            cache=entry and directory is not None,
            error_model="numpy",
            nogil=True,
            parallel=parallel,
            no_cpython_wrapper=not entry,
            no_cfunc_wrapper=True,
        )
    return kernel


@cache
def cache_directory() -> Path | None:
    """Folder of the machine code of this process, or None where none can be written."""
    try:
        directory = _parent() / f"{DISTRIBUTION}-{_fingerprint()}"
        directory.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=directory).close()
        os.utime(directory)
        _remove_old(directory.parent)
    except (OSError, RuntimeError) as reason:  # RuntimeError: there is no home folder
        _LOG.debug("kernels are compiled in every process: %s", reason)
        return None
    return directory


def _parent() -> Path:
    """Return ``NUMBA_CACHE_DIR`` if the user has set it, else the user's cache folder."""
    if _CONFIG.CACHE_DIR:
        return Path(_CONFIG.CACHE_DIR).absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _fingerprint() -> str:
    """Hash of all that the machine code of a kernel depends on, in hexadecimal digits."""
    settings = [str(getattr(_CONFIG, name)) for name in COMPILER_SETTINGS]
    digest = hashlib.sha256(repr((__version__, numba.__version__, sys.version, settings)).encode())
    for path in (Path(__file__), *_kernel_sources()):
        digest.update(path.relative_to(_SITE).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:HASH_DIGITS]


def _kernel_sources() -> list[Path]:
    """Return the source files of the kernels of both packages, in a fixed order."""
    folders = [_SITE / "pdesolve" / "kernels", _SITE / "margin" / "kernels"]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def _remove_old(parent: Path) -> None:
    """Remove the folders of earlier sources, but for the newest and those used of late."""
    folders = parent.glob(f"{DISTRIBUTION}-" + "[0-9a-f]" * HASH_DIGITS)
    by_age = sorted(folders, key=_last_use, reverse=True)
    for folder in by_age[KEPT_FOLDERS:]:
        if time.time() - _last_use(folder) > SPARED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _last_use(folder: Path) -> float:
    """Return the time of the last use of a folder in seconds; 0 where it has just gone."""
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0


@contextmanager
def _kept_in(directory: Path | None) -> Iterator[None]:
    """Point numba's cache at ``directory``, and back again for everybody else."""
    with _DECORATING:
        before = {name: getattr(_CONFIG, name, "") for name in CACHE_SETTINGS}
        _CONFIG.CACHE_DIR, _CONFIG.CACHE_LOCATOR_CLASSES = str(directory or ""), ""
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(_CONFIG, name, value)


class _Notice(events.Listener):
    """Says on a terminal, once, that a wait comes from compiling."""

    def __init__(self) -> None:
        self.depth = 0
        self.timer: threading.Timer | None = None
        self.said = False

    def on_start(self, event: events.Event) -> None:
        """Begin to wait for a kernel of ours."""
        if not _is_ours(event):
            return
        self.depth += 1
        if self.depth == 1 and not self.said and sys.stderr is not None and sys.stderr.isatty():
            self.timer = threading.Timer(PATIENCE_SECONDS, self.say)
            self.timer.daemon = True
            self.timer.start()

    def on_end(self, event: events.Event) -> None:
        """End the wait."""
        if not _is_ours(event):
            return
        self.depth -= 1
        if self.depth == 0 and self.timer is not None:
            self.timer.cancel()

    def say(self) -> None:
        """Say it."""
        self.said = True
        print(NOTICE, file=sys.stderr, flush=True)


def _is_ours(event: events.Event) -> bool:
    """Whether a kernel of these packages is compiled."""
    module = str(event.data["dispatcher"].py_func.__module__)
    return module.partition(".")[0] in ("pdesolve", "margin")


_REGISTER("numba:compile", _Notice())
