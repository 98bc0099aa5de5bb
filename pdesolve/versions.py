"""What this copy of the library runs on: versions, threads, where machine code is kept."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numba

from pdesolve._jit import cache_directory
from pdesolve._version import __version__

__all__ = ["installed", "kept_in", "show_versions"]

REQUIRED = ("numpy", "scipy", "numba", "llvmlite", "matplotlib", "click", "rich", "pydantic")
OPTIONAL = ("pandas", "polars", "pyarrow", "narwhals", "xarray", "jinja2", "QuantLib")
NOT_INSTALLED = "not installed"


def installed() -> dict[str, str]:
    """Versions and settings that bear on results and speed, by name.

    Returns
    -------
    dict of str to str
        The library, Python, the platform, threads, the folder of machine code, then packages;
        one that is not installed says so.

    Examples
    --------
    >>> from pdesolve.versions import installed
    >>> list(installed())[:3]
    ['pde-margin', 'Python', 'platform']
    """
    folder = kept_in()
    own = {
        "pde-margin": __version__,
        "Python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processor cores": str(os.cpu_count()),
        "threads": str(numba.get_num_threads()),
        "machine code": "compiled in every process" if folder is None else str(folder),
    }
    return own | {name: _version(name) for name in (*REQUIRED, *OPTIONAL)}


def kept_in() -> Path | None:
    """Folder where machine code is kept; None if it is made afresh in every process.

    Examples
    --------
    >>> from pdesolve.versions import kept_in
    >>> kept_in() == kept_in()
    True
    """
    return cache_directory()


def show_versions() -> None:
    """Print what `installed` finds, one per line: what a report of a fault should hold.

    Examples
    --------
    >>> import pdesolve
    >>> pdesolve.show_versions()
    pde-margin       ...
    """
    for name, value in installed().items():
        print(f"{name:<17}{value}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return NOT_INSTALLED
