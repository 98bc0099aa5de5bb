"""Readers under random damage: an account, or the one documented error, and nothing else."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from margin.chains.quotes import chain_columns
from margin.files import AccountFileError, Defaults, from_frame, load
from margin.files.content import Content
from margin.files.loading import loaded
from tests.margin.readers.payloads import ASOF, DERIBIT, FILES, VENUES

EXAMPLE = Path(__file__).parents[3] / "examples" / "index_condor.json"
TREES = {"deribit": DERIBIT, "native": json.loads(EXAMPLE.read_text(encoding="utf-8"))} | VENUES
DEFAULTS = Defaults(asof=ASOF)
few = settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

texts = st.text(max_size=12) | st.sampled_from(
    ["", "nan", "inf", "-1", "1e999", "BTC-PERPETUAL", "AAPL  270115C00280000", "2027-01-15", "C"]
)
scalars = (
    st.none()
    | st.booleans()
    | texts
    | st.integers()
    | st.floats()
    | st.sampled_from([0, -1, 1e300, -1e300, 1e-300, 10**30, float("nan")])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)


def complaint(read, *given):
    """The error that files raise, or None if there is an account."""
    try:
        read(*given)
    except AccountFileError as error:
        return error
    return None


def tried(text, suffix):
    error = complaint(loaded, Content(f"fuzz{suffix}", text, suffix, ASOF), DEFAULTS)
    assert error is None or (error.findings and str(error).startswith("fuzz"))


def places(tree, place=()):
    """Every place of a tree, from the outside in."""
    yield place
    steps = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for step in steps:
        content = tree[step]
        yield from places(content, (*place, step))


def damaged(tree, place, value):
    if not place:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[place[0]] = damaged(copy[place[0]], place[1:], value)
    return copy


@pytest.mark.parametrize("name", TREES)
@few
@given(data=st.data())
def test_a_tree_with_one_value_replaced(name, data):
    place = data.draw(st.sampled_from([at for at in places(TREES[name]) if at]))
    tree = damaged(TREES[name], place, data.draw(values))
    tried(json.dumps(tree), ".json")


@pytest.mark.parametrize("name", FILES)
@few
@given(start=st.integers(0, 2000), length=st.integers(0, 40), patch=st.text(max_size=20))
def test_a_file_with_a_piece_replaced(name, start, length, patch):
    text = FILES[name]
    start %= len(text)
    tried(text[:start] + patch + text[start + length :], Path(name).suffix)


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".toml", ".csv", ".xml", ""])
@few
@given(text=st.text(max_size=200))
def test_any_text_at_all(suffix, text):
    tried(text, suffix)


@few
@given(rows=st.lists(st.lists(scalars, min_size=6, max_size=6), min_size=1, max_size=4))
def test_a_frame_of_anything(rows):
    names = ("symbol", "qty", "strike", "expiry", "right", "vol")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    with_spots = Defaults(asof=ASOF, spots={"AAPL": 268.0, "BTC": 90_000.0})
    error = complaint(from_frame, columns, with_spots)
    assert error is None or error.findings


@few
@given(rows=st.lists(st.lists(scalars, min_size=5, max_size=5), min_size=1, max_size=4))
def test_a_chain_of_anything(rows):
    names = ("right", "strike", "expiry", "bid", "ask")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    error = complaint(chain_columns, columns, "SPX")
    assert error is None or error.findings


def test_damage_is_done_to_files_that_can_be_read(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert load(tmp_path / name, DEFAULTS).account.positions
