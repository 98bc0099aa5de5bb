"""Array-like arguments: what is accepted, what shape comes back, and how bad input is refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from pdesolve import Right, black_76, black_scholes, black_scholes_price
from pdesolve.kernels import closed_form as kernels


@pytest.mark.parametrize("spots", [[90, 110], (90.0, 110.0), np.float32([90, 110])])
def test_whatever_is_like_an_array_is_accepted(spots):
    expected = black_scholes_price(np.array([90.0, 110.0]), 100.0, 1.0, vol=0.2)
    np.testing.assert_array_equal(black_scholes_price(spots, 100, 1, vol=0.2), expected)


def test_columns_of_a_frame_are_accepted():
    frame = pd.DataFrame({"spot": [90.0, 110.0], "right": ["Call", "put"]})
    found = black_scholes_price(frame["spot"], 100.0, 1.0, vol=0.2, right=frame["right"])
    single = [black_scholes_price(90.0, 100.0, 1.0, vol=0.2, right="c")]
    single += [black_scholes_price(110.0, 100.0, 1.0, vol=0.2, right="p")]
    np.testing.assert_array_equal(found, single)


@pytest.mark.parametrize(
    "right",
    [
        "call",
        Right.CALL,
        ["C", "call", "CALL"],
        [Right.CALL] * 3,
        ["c", Right.CALL, "C"],
        np.ones(3),
    ],
)
def test_rights_may_be_text_or_members_or_arrays_of_them(right):
    expected = black_scholes_price([90.0, 100.0, 110.0], 100.0, 1.0, vol=0.2)
    found = black_scholes_price([90.0, 100.0, 110.0], 100.0, 1.0, vol=0.2, right=right)
    np.testing.assert_array_equal(found, expected)


def test_single_numbers_give_floats_and_arrays_their_common_shape():
    assert isinstance(black_scholes(100.0, np.array(90.0), 1, vol=0.2).charm, float)
    found = black_scholes(np.ones((2, 1)), np.ones(3), 1.0, vol=0.2, right=["call", "put", "c"])
    assert np.shape(dataclasses.astuple(found)) == (10, 2, 3)
    assert black_scholes_price([], 100.0, 1.0, vol=0.2).shape == (0,)


def test_every_kind_of_input_runs_the_same_compiled_kernel():
    for spot in (100, 100.0, [90, 110], np.float32([90, 110]), np.broadcast_to(100.0, (2, 3))):
        black_scholes_price(spot, 100.0, 1.0, vol=0.2)
    assert len(getattr(kernels.price_many, "signatures", [None])) == 1


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("spot", -1.0, "finite and not negative, got -1.0$"),
        ("spot", [1.0, np.nan], "finite and not negative, got nan at index 1$"),
        ("spot", "abc", "a number or an array of them, got 'abc'$"),
        ("strike", [[1, 2], [0, 3]], r"positive and finite, got 0\.0 at index \(1, 0\)$"),
        ("expiry", np.inf, "finite and not negative, got inf$"),
        ("vol", -0.2, "finite and not negative, got -0.2$"),
        ("vol", [0.2, 20], r"at most 5 in decimals \(0\.2 is 20 %\), got 20\.0 at index 1$"),
        ("rate", np.nan, "finite, got nan$"),
        ("div_yield", [np.inf], "finite, got inf at index 0$"),
        ("right", "long", "in any case, got 'long'$"),
        ("right", ["call", None], "in any case, got None at index 1$"),
        ("right", [1, 2], "1 for a call or -1 for a put, got 2.0 at index 1$"),
    ],
)
def test_bad_input_is_refused_with_its_value_and_place(name, value, message):
    good = {"spot": 100.0, "strike": 100.0, "expiry": 1.0, "vol": 0.2}
    with pytest.raises(ValueError, match=f"{name} must be .*{message}"):
        black_scholes(**good | {name: value})


@pytest.mark.parametrize("name", ["rate", "div_yield"])
def test_a_discount_factor_beyond_reason_is_refused(name):
    message = f"{name} times expiry must be within 500 of zero, got -600.0 at index 1$"
    with pytest.raises(ValueError, match=message):
        black_scholes(100.0, 100.0, 100.0, vol=0.2, **{name: [0.0, -6.0]})


def test_shapes_that_do_not_fit_are_named():
    message = r"must broadcast together, got shapes spot \(2,\), strike \(3,\)"
    with pytest.raises(ValueError, match=message):
        black_scholes([1, 2], [1, 2, 3], 1.0, vol=0.2)


def test_black_76_speaks_of_the_forward():
    with pytest.raises(ValueError, match="forward must be finite and not negative, got -1"):
        black_76(-1.0, 100.0, 1.0, vol=0.2)
