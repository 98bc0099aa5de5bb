"""Every block of Python in the documentation runs as it stands, page by page."""

import re
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(?:\{code-cell\}|python).*?\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if BLOCK.search(page.read_text())]


def code_of(page):
    """The Python of a page; options of a cell and commands of the shell are left out."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    lines = [line for block in blocks for line in block.splitlines()]
    return "\n".join(line for line in lines if not line.startswith((":tags:", "!")))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder beside a copy of the examples, from which the pages run."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    yield tmp_path
    plt.close("all")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(page, folder):
    exec(compile(code_of(page), str(page), "exec"), {})
