"""The order of the house: what an import loads, who may import whom, what is public.

That `__all__` is sorted is checked by ruff (RUF022).
"""

import ast
import graphlib
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("pdesolve", "margin")
FILES = sorted(path.relative_to(ROOT) for name in PACKAGES for path in ROOT.glob(f"{name}/**/*.py"))
KERNELS = [path for path in FILES if path.parts[1] == "kernels"]
DESCRIBED = (classmethod, property)
KERNELS_KNOW = {"math", "numba", "numpy"}
LANES_KNOW = {"llvmlite", "operator"}  # to define vector types

LOADED = "import sys, {}; print(*sys.modules)"
COMPILED = """
import importlib, sys
for name in sys.argv[1:]:
    for value in vars(importlib.import_module(name)).values():
        if getattr(value, "signatures", None):
            print(name, value)
"""


def run(code, *arguments):
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    return result.stdout


def module_name(path):
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in FILES}


def absolute(node, path):
    """Return the module that an import statement starts from, without leading dots."""
    package = path.parent.parts[: len(path.parts) - node.level] if node.level else ()
    return ".".join([*package, *filter(None, [node.module])])


def imported(path, nodes=None):
    """Return the dotted names that a file imports anywhere, or in the given statements."""
    names = set()
    for node in nodes or ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{absolute(node, path)}.{alias.name}" for alias in node.names}
    return names


def imported_from(name, path):
    return {found for found in imported(path) if found == name or found.startswith(f"{name}.")}


def test_importing_both_packages_loads_numpy_and_numba_only():
    ours = set(run(LOADED.format("pdesolve, margin")).split())
    theirs = set(run(LOADED.format("numba, numpy")).split())
    expected = {*sys.stdlib_module_names, *PACKAGES, "llvmlite", "numba", "numpy"}
    assert {name for name in ours - theirs if name.partition(".")[0] not in expected} == set()


def test_importing_both_packages_prints_nothing():
    assert run("import pdesolve, margin") == ""


def test_importing_every_module_compiles_nothing():
    assert run(COMPILED, *(name for name in MODULES if not name.endswith("__main__"))) == ""


@pytest.mark.parametrize("path", KERNELS, ids=str)
def test_kernels_know_numpy_numba_math_and_one_another_only(path):
    layers = ("pdesolve._jit", "pdesolve.kernels", f"{path.parts[0]}.kernels")
    ours = set().union(*(imported_from(layer, path) for layer in layers))
    known = KERNELS_KNOW | (LANES_KNOW if path.name == "lanes.py" else set())
    assert {name.partition(".")[0] for name in imported(path) - ours} <= known


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "pdesolve"], ids=str)
def test_pdesolve_does_not_know_margin(path):
    assert not imported_from("margin", path)


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "margin"], ids=str)
def test_margin_uses_public_names_of_pdesolve_only(path):
    names = imported_from("pdesolve", path)
    if path in KERNELS:
        names -= imported_from("pdesolve._jit", path) | imported_from("pdesolve.kernels", path)
    assert not [name for name in names if re.search(r"\._|\.kernels\b", name)]


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "margin"], ids=str)
def test_margin_finds_what_it_takes_from_the_front_door_there(path):
    public = {f"pdesolve.{name}" for name in importlib.import_module("pdesolve").__all__}
    fronted = {name for name in imported_from("pdesolve", path) if name.count(".") == 1}
    assert fronted <= public | set(MODULES)


def test_no_modules_import_each_other_in_a_circle():
    graph = {}
    for name, path in MODULES.items():
        top = imported(path, ast.parse((ROOT / path).read_text(encoding="utf-8")).body)
        homes = {target if target in MODULES else target.rpartition(".")[0] for target in top}
        graph[name] = homes & set(MODULES)
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(MODULES)


def is_own(value):
    return str(getattr(value, "__module__", "")).startswith(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_all_lists_every_public_name_once(package):
    module = importlib.import_module(package)
    listed = module.__all__
    present = {name: getattr(module, name) for name in listed} | vars(module)
    own = {name for name, value in present.items() if is_own(value) and not name.startswith("_")}
    assert len(listed) == len(set(listed))
    assert own <= set(listed)


def has_docstring(value):
    written = value.__doc__ or ""  # a dataclass without one is given its signature
    return bool(written) and not written.startswith(f"{getattr(value, '__name__', '')}(")


def public_objects(package):
    """Yield the public names of a package, and the public methods of its public classes."""
    module = importlib.import_module(package)
    for name in module.__all__:
        value = getattr(module, name)
        yield name, value
        for member, method in vars(value).items() if isinstance(value, type) else ():
            if not member.startswith("_") and (callable(method) or isinstance(method, DESCRIBED)):
                yield f"{name}.{member}", method


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_documented(package):
    assert [name for name, value in public_objects(package) if not has_docstring(value)] == []


def test_all_files_name_the_same_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    code = (ROOT / "pdesolve" / "_version.py").read_text(encoding="utf-8")
    assert f'__version__ = "{project["version"]}"' in code
    assert f"\nversion: {project['version']}\n" in citation
    assert f"\n## {project['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
