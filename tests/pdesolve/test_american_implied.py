"""Implied volatility of American options: there and back, bounds, and what cannot be inverted."""

import numpy as np
import pytest

from pdesolve import (
    american_implied_volatility,
    black_scholes_price,
    european_equivalent,
    implied_volatility,
    price,
)

N = 200


@pytest.fixture(scope="module")
def book():
    """Random contracts, the volatilities they are priced at, and their American prices."""
    draw = np.random.default_rng(11)
    terms = {
        "expiry": draw.uniform(0.02, 3.0, N),
        "rate": draw.uniform(-0.01, 0.1, N),
        "div_yield": draw.uniform(0.0, 0.08, N),
        "right": np.where(draw.random(N) < 0.5, "call", "put"),
    }
    spot, vol = draw.uniform(70.0, 130.0, N), draw.uniform(0.05, 1.5, N)
    return spot, vol, terms, price(spot=spot, strike=100.0, vol=vol, style="american", **terms)


def above_exercise(book):
    """Where the price is far enough above exercise to hold a volatility."""
    _, _, _, quote = book
    return quote.vega > 1e-2


def test_the_volatility_of_a_price_comes_back(book):
    spot, vol, terms, quote = book
    known = above_exercise(book)
    chosen = {name: values[known] for name, values in terms.items()}
    found = american_implied_volatility(quote.price[known], spot[known], 100.0, **chosen)
    assert known.sum() > 0.8 * N
    # The search ends where it expects to be within 4e-9.
    np.testing.assert_allclose(found, vol[known], rtol=0.0, atol=1e-8)


def test_an_american_price_implies_no_more_volatility_than_a_european_one(book):
    spot, _, terms, quote = book
    inside = above_exercise(book) & (terms["rate"] >= 0.0)
    chosen = {name: values[inside] for name, values in terms.items()}
    american = american_implied_volatility(quote.price[inside], spot[inside], 100.0, **chosen)
    european = price(
        spot=spot[inside], strike=100.0, vol=american, style="european", **chosen
    ).price
    assert np.all(european <= quote.price[inside] + 1e-5)


def test_a_call_without_yield_is_as_good_as_european():
    value = black_scholes_price(100.0, 110.0, 0.5, vol=0.3, rate=0.04)
    american = american_implied_volatility(value, 100.0, 110.0, expiry=0.5, rate=0.04)
    european = implied_volatility(value, 100.0, 110.0, expiry=0.5, rate=0.04)
    # The solver's price error of 2e-6 over a vega of 25.
    assert american == pytest.approx(european, abs=1e-6)


def test_a_european_equivalent_is_worth_less_by_the_early_exercise():
    terms = {"expiry": 1.0, "rate": 0.06, "right": "put"}
    quote = price(spot=95.0, strike=100.0, vol=0.25, style="american", **terms)
    equivalent = european_equivalent(quote.price, 95.0, 100.0, **terms)
    expected = black_scholes_price(95.0, 100.0, vol=0.25, **terms)
    assert equivalent == pytest.approx(expected, abs=1e-7)
    assert equivalent < quote.price


@pytest.mark.parametrize(("value", "index"), [(9.9, 0), (10.0, 0), (105.0, 0)])
def test_a_price_that_no_volatility_gives_is_refused_with_its_bounds(value, index):
    message = rf"price must be above 10 and below 99\.\d+, got {value} at index {index}"
    with pytest.raises(ValueError, match=message):
        american_implied_volatility([value], 90.0, 100.0, expiry=0.5, rate=0.05, right="put")
