"""The notebooks of `examples/` run as they stand, and are kept without their outputs."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
NEEDED = {"from_frame_to_map": ("narwhals", "pandas", "xarray")}


def cells(path, kind):
    content = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in content["cells"] if cell["cell_type"] == kind]


@pytest.fixture(autouse=True)
def in_the_folder_of_the_examples(monkeypatch):
    monkeypatch.chdir(EXAMPLES)
    yield
    plt.close("all")


def test_there_are_three_notebooks():
    assert len(NOTEBOOKS) == 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_cells_of_a_notebook_run_in_their_order(path):
    for package in NEEDED.get(path.stem, ()):
        pytest.importorskip(package)
    names = {}
    for cell in cells(path, "code"):
        exec(compile("".join(cell["source"]), str(path), "exec"), names)
    assert plt.get_fignums()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_explains_itself_and_holds_no_outputs(path):
    assert cells(path, "markdown")[0]["source"][0].startswith("# ")
    assert all(
        not cell["outputs"] and cell["execution_count"] is None for cell in cells(path, "code")
    )
