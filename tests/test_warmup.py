"""After warmup every kernel that Python calls is compiled, and nothing is compiled at a call."""

import ast
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import margin.warming
import pdesolve.warming

ROOT = Path(__file__).parents[1]
SIGNED = """
import importlib, sys
import margin
margin.warmup()
for name in sys.argv[1:]:
    module, _, kernel = name.rpartition(".")
    if not getattr(importlib.import_module(module), kernel).signatures:
        print(name)
"""


def modules_of_kernels():
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text("utf-8"))
        for package in ("pdesolve", "margin")
        for path in ROOT.glob(f"{package}/kernels/*.py")
    }


def kernels_with_an_entry():
    """Names of the functions that are decorated with `njit`."""
    return {
        f"{module}.{node.name}"
        for module, tree in modules_of_kernels().items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any("njit" in ast.unparse(each) for each in node.decorator_list)
    }


def called_from(path):
    """Dotted names that a file imports, and those it takes from the modules it imports."""
    tree = ast.parse(path.read_text("utf-8"))
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            known |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    taken = {
        f"{known[node.value.id]}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in known
    }
    return taken | set(known.values())


def kernels_that_python_calls():
    files = [path for package in ("pdesolve", "margin") for path in ROOT.glob(f"{package}/**/*.py")]
    outside = [path for path in files if "kernels" not in path.parts]
    return sorted(kernels_with_an_entry() & set().union(*map(called_from, outside)))


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_warmup_compiles_every_kernel_that_python_calls():
    kernels = kernels_that_python_calls()
    assert len(kernels) > 30
    command = [sys.executable, "-W", "error", "-c", SIGNED, *kernels]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split() == []


@pytest.mark.parametrize("package", [pdesolve, margin])
def test_warmup_tells_of_every_step_before_it_and_of_the_end(package, monkeypatch):
    told, done = [], []
    steps = {name: lambda name=name: done.append(name) for name in ("first", "second")}
    monkeypatch.setattr(package.warming, "STEPS", steps)
    package.warmup(lambda *where: told.append((*where, len(done))))
    assert told == [("first", 0, 2, 0), ("second", 1, 2, 1), ("done", 2, 2, 2)]


def test_warmup_of_both_packages_holds_that_of_one():
    assert set(pdesolve.warming.STEPS) < set(margin.warming.STEPS)
