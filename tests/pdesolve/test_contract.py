"""Contracts and models check themselves; payoffs are those of the definition."""

import dataclasses
import math

import numpy as np
import pytest

from pdesolve import BlackScholes, Exercise, Option, Right


@pytest.mark.parametrize("text", ["call", "Call", "C", "c", Right.CALL])
def test_a_call_is_read_in_any_case(text):
    assert Right.parse(text) is Right.CALL


@pytest.mark.parametrize("text", ["put", "PUT", "P", "p", Right.PUT])
def test_a_put_is_read_in_any_case(text):
    assert Right.parse(text) is Right.PUT


@pytest.mark.parametrize("text", ["", "Put option", "long", 1, None])
def test_another_right_is_refused_with_what_is_accepted(text):
    with pytest.raises(ValueError, match=r'must be "call", "c", "put" or "p" in any case, got'):
        Right.parse(text)


@pytest.mark.parametrize("exercise", Exercise)
def test_an_exercise_style_is_read_in_any_case(exercise):
    assert Exercise.parse(exercise.value.upper()) is Exercise.parse(exercise) is exercise


@pytest.mark.parametrize("text", ["bermudan", "a", None])
def test_another_exercise_style_is_refused_with_what_is_accepted(text):
    with pytest.raises(ValueError, match=r'must be "european" or "american" in any case, got'):
        Exercise.parse(text)


def test_an_option_is_european_unless_said():
    assert Option(Right.CALL, 100.0, 1.0).exercise is Exercise.EUROPEAN


def test_an_option_may_be_at_its_expiry():
    assert Option(Right.CALL, 100.0, 0.0).expiry == 0.0


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("right", "call", "right must be Right.CALL or Right.PUT, got 'call'"),
        ("strike", 0.0, "strike must be positive and finite, got 0.0"),
        ("strike", -1.0, "strike must be positive and finite, got -1.0"),
        ("strike", math.inf, "strike must be positive and finite, got inf"),
        ("strike", math.nan, "strike must be positive and finite, got nan"),
        ("expiry", -0.1, "expiry must be finite and not negative, got -0.1"),
        ("expiry", math.inf, "expiry must be finite and not negative, got inf"),
        ("exercise", "american", "exercise must be Exercise.EUROPEAN or Exercise.AMERICAN, got"),
    ],
)
def test_a_bad_option_is_refused(field, value, message):
    option = Option(Right.CALL, strike=100.0, expiry=1.0)
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(option, **{field: value})


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("volatility", -0.1, "volatility must be finite and not negative, got -0.1"),
        ("volatility", math.inf, "volatility must be finite and not negative, got inf"),
        ("volatility", 20.0, r"got 20\.0: that looks like percent; write 0\.2$"),
        ("rate", math.nan, "rate must be finite, got nan"),
        ("dividend_yield", math.inf, "dividend_yield must be finite, got inf"),
    ],
)
def test_a_bad_model_is_refused(field, value, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(BlackScholes(volatility=0.2), **{field: value})


@pytest.mark.parametrize("volatility", [0.0, 5.0])
def test_a_volatility_at_either_end_is_accepted(volatility):
    assert BlackScholes(volatility, rate=-0.5).volatility == volatility


@pytest.mark.parametrize(("right", "expected"), [(Right.CALL, [0, 0, 5]), (Right.PUT, [5, 0, 0])])
def test_the_payoff_is_the_gain_on_exercise(right, expected):
    np.testing.assert_array_equal(Option(right, 10.0, 1.0).payoff([5, 10, 15]), expected)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_the_payoff_has_the_shape_of_the_spots(shape):
    assert Option(Right.PUT, 10.0, 1.0).payoff(np.full(shape, 4.0)).shape == shape


def test_a_long_call_and_a_short_put_pay_the_distance_to_the_strike():
    spots = np.random.default_rng(0).uniform(0.0, 200.0, 100)
    call, put = (Option(right, 100.0, 1.0).payoff(spots) for right in Right)
    np.testing.assert_array_equal(call - put, spots - 100.0)
