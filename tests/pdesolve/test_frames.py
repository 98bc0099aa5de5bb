"""Options from frames of any kind: the same as from arrays, and slips are named."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pdesolve import Contracts, price, solve_many
from pdesolve.frames import from_frame

COLUMNS = {
    "spot": [90.0, 110.0, 100.0],
    "strike": [100.0, 100.0, 95.0],
    "expiry": [0.5, 0.25, 1.0],
    "vol": [0.3, 0.2, 0.4],
    "rate": [0.05, 0.0, 0.02],
    "right": ["put", "call", "C"],
    "style": ["american", "european", "American"],
    "note": ["a", "b", "c"],
}
ARGUMENTS = {name: column for name, column in COLUMNS.items() if name != "note"}
KINDS = {"dict": dict, "pandas": pd.DataFrame, "pyarrow": pa.table}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def frame(request):
    return request.param(COLUMNS)


def test_a_frame_is_priced_as_its_columns_are(frame):
    np.testing.assert_array_equal(price(frame).price, price(**ARGUMENTS).price)


def test_arguments_count_instead_of_columns(frame):
    expected = price(**ARGUMENTS | {"vol": 0.25, "div_yield": 0.01})
    np.testing.assert_array_equal(price(frame, vol=0.25, div_yield=0.01).price, expected.price)


def test_a_frame_of_contracts_is_solved_as_contracts_are(frame):
    found = solve_many(frame, spots=[95.0, 105.0])
    book = Contracts(
        ["put", "call", "call"], COLUMNS["strike"], COLUMNS["expiry"], COLUMNS["vol"],
        COLUMNS["rate"], 0.0, [True, False, True],
    )  # fmt: skip
    np.testing.assert_array_equal(found.values, solve_many(book, spots=[95.0, 105.0]).values)


def test_a_frame_of_polars_is_taken():
    polars = pytest.importorskip("polars")
    found = price(polars.DataFrame(COLUMNS)).price
    np.testing.assert_array_equal(found, price(**ARGUMENTS).price)


def test_an_empty_frame_gives_no_prices():
    assert price(pd.DataFrame(COLUMNS).iloc[:0]).price.shape == (0,)


def test_a_frame_without_a_column_that_is_needed_is_refused():
    with pytest.raises(ValueError, match="frame must have a column 'vol', got spot, strike"):
        price(pd.DataFrame(COLUMNS).drop(columns="vol"))


def test_arguments_that_are_missing_are_named():
    with pytest.raises(TypeError, match="missing arguments: strike, vol"):
        price(spot=100.0, expiry=1.0)


@pytest.mark.parametrize("slip", ["dividend_yield", "Div_Yield", "rates"])
def test_a_column_that_is_nearly_an_argument_is_no_silent_zero(slip):
    columns = {name: column for name, column in COLUMNS.items() if name != "rate"}
    with pytest.raises(ValueError, match="is not known, the name is"):
        price(pd.DataFrame(columns | {slip: [0.1, 0.1, 0.1]}))


def test_a_bad_value_of_a_column_is_told_with_its_row():
    bad = pd.DataFrame(COLUMNS | {"vol": [0.3, None, 0.4]})
    with pytest.raises(ValueError, match="vol must be finite and not negative, got nan at index 1"):
        price(bad)


def test_what_has_no_columns_is_refused():
    with pytest.raises(ValueError, match="frame must have named columns, got list"):
        from_frame([1.0], {"strike": None}, ("strike",))
