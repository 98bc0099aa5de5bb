"""The performance table of the README stands between markers, as the benchmark writes it."""

import pytest

from benchmarks import _readme, work_precision
from benchmarks.work_precision import README_SHOWS, Point

README = _readme.README.read_text(encoding="utf-8")
ROWS = [("an engine", "1.0e-04", "2.0e-05", "3.0 µs")]


def written_rows(text):
    """The rows between the markers, below the headings, as cells."""
    between = text.split(_readme.BEGIN)[1].split(_readme.END)[0]
    _, _, *lines = between.strip().splitlines()
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def test_the_readme_has_both_markers_and_the_columns():
    heading = README.split(_readme.BEGIN)[1].strip().splitlines()[0]
    assert heading == "| | largest error | rms error | per option |"
    assert README.index(_readme.BEGIN) < README.index(_readme.END)


def test_the_readme_shows_the_engines_that_the_benchmark_measures():
    assert [row[0] for row in written_rows(README)] == list(README_SHOWS.values())


def test_every_engine_shown_is_measured():
    steps = work_precision.STEPS.items()
    ours = {
        f"{work_precision.NAMES[scheme]} {cells} x {round(share * cells)}"
        for scheme, share in steps
        for cells in work_precision.CELLS
    }
    assert set(README_SHOWS) <= ours | set(work_precision.AMERICAN_PEERS)


def test_a_table_is_replaced_and_all_else_kept():
    text = _readme.with_table(README, ROWS)
    assert written_rows(text) == ROWS
    assert _readme.with_table(text, written_rows(README)) == README


@pytest.mark.parametrize("text", ["", _readme.BEGIN, _readme.END + _readme.BEGIN])
def test_a_page_without_its_markers_is_refused(text):
    with pytest.raises(ValueError, match="README must have"):
        _readme.with_table(text, ROWS)


def test_points_become_rows_in_the_order_of_the_readme():
    seen = [Point(name, 200, 1e-4, 2e-5, 3e-6) for name in reversed(README_SHOWS)]
    rows = work_precision.readme_rows(seen)
    assert [row[0] for row in rows] == list(README_SHOWS.values())
    assert rows[0][1:] == ("1.0e-04", "2.0e-05", "3.0 µs")
