"""Implied volatility: there and back, against a bracketing solver, in the wings, at its bounds."""

import numpy as np
import pytest
from scipy.optimize import elementwise

from pdesolve import Right, black_scholes, black_scholes_price, implied_volatility
from pdesolve.kernels import implied as kernels

EPS = np.finfo(float).eps


def out_of_the_money(seed, n=2000, deviations=3.0):
    """Contracts on the side of the forward where the price is all time value, and their rights."""
    draw = np.random.default_rng(seed).uniform
    vol, expiry = 10.0 ** draw(-2.0, 0.69, n), 10.0 ** draw(-4.0, 1.0, n)
    rate, div_yield = draw(-0.02, 0.1, (2, n))
    moneyness = draw(-deviations, deviations, n) * vol * np.sqrt(expiry)
    book = {
        "spot": 100.0 * np.exp(moneyness - (rate - div_yield) * expiry),
        "strike": np.full(n, 100.0),
        "expiry": expiry,
        "rate": rate,
        "div_yield": div_yield,
    }
    return book, vol, np.where(moneyness < 0.0, "call", "put")


def rounding(book, vol, right):
    """What one rounding of the price, of the discount factors and of the spot is worth."""
    greeks = black_scholes(**book, vol=vol, right=right)
    moved = greeks.price + abs(book["spot"] * greeks.delta) + abs(greeks.rho / book["expiry"])
    return EPS * (moved / greeks.vega + vol)


@pytest.mark.parametrize("deviations", [0.01, 3.0, 8.0, 30.0])
def test_a_volatility_is_found_again_from_its_price(deviations):
    book, vol, right = out_of_the_money(0, deviations=deviations)
    price = black_scholes_price(**book, vol=vol, right=right)
    alive = price > 1e-290
    found = implied_volatility(price, **book, right=right)
    error, least = np.abs(found - vol)[alive], rounding(book, vol, right)[alive]
    assert np.all(error <= 16.0 * least)
    assert np.all(error[least < 1e-11] <= 1e-10)


@pytest.mark.parametrize("right", Right)
def test_in_the_money_the_error_is_that_of_the_price_over_vega(right):
    book, vol, _ = out_of_the_money(1)
    price = black_scholes_price(**book, vol=vol, right=right)
    allowed = 16.0 * rounding(book, vol, right)
    known = allowed < 1e-2 * vol
    kept = {name: column[known] for name, column in book.items()}
    found = implied_volatility(price[known], **kept, right=right)
    assert np.all(np.abs(found - vol[known]) <= allowed[known])


def test_a_bracketing_solver_finds_the_same():
    book, vol, right = out_of_the_money(2, 300)
    price = black_scholes_price(**book, vol=vol, right=right)

    def excess(vols, price, sign, *columns):
        given = dict(zip(book, columns, strict=True))
        right = np.where(sign > 0.0, "call", "put")
        return np.log(black_scholes_price(**given, vol=vols, right=right) / price)

    columns = (price, np.where(right == "call", 1.0, -1.0), *book.values())
    bracket = (0.2 * vol, np.minimum(2.0 * vol, 5.0))
    expected = elementwise.find_root(excess, bracket, args=columns, tolerances={"xrtol": 1e-15}).x
    error = np.abs(implied_volatility(price, **book, right=right) - expected)
    assert np.all(error <= 32.0 * rounding(book, vol, right))


@pytest.mark.parametrize("forward", [1e-4, 0.5, 1.0, 1.0 + 1e-9, 3.0, 1e4, 1e90])
@pytest.mark.parametrize("share", [1e-300, 1e-100, 1e-12, 0.01, 0.4, 0.9, 1.0 - 1e-12])
def test_every_price_within_its_bounds_is_met(forward, share):
    # A tail of the normal distribution multiplies a rounding of its argument by its square.
    right = "call" if forward < 1.0 else "put"
    price = share * min(forward, 1.0)
    vol = implied_volatility(price, forward, 1.0, expiry=100.0, right=right)
    found = black_scholes_price(forward, 1.0, 100.0, vol=vol, right=right)
    rel = 8.0 * EPS * (2.0 - 2.0 * np.log(min(share, 1.0 - share)) + abs(np.log(forward)))
    assert found == pytest.approx(price, rel=rel)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("spot", [60.0, 99.999, 100.0, 140.0])
def test_the_lower_bound_is_met_without_volatility(right, spot):
    price = black_scholes_price(spot, 100.0, 0.5, vol=0.0, rate=0.03, right=right)
    assert implied_volatility(price, spot, 100.0, expiry=0.5, rate=0.03, right=right) == 0.0


def test_a_lower_bound_with_other_roundings_is_still_met():
    spots = np.linspace(101.0, 150.0, 200)
    price = spots - 100.0 * np.exp(-0.03 * 0.5)
    found = implied_volatility(price, spots, 100.0, expiry=0.5, rate=0.03)
    assert np.all(found == 0.0)


@pytest.mark.parametrize(
    ("price", "right", "message"),
    [
        (19.0, "call", r"at least 21\.9801 and below 120, got 19\.0$"),
        (120.0, "call", r"at least 21\.9801 and below 120, got 120\.0$"),
        (98.1, "put", r"at least 0 and below 98\.0199, got 98\.1$"),
    ],
)
def test_a_price_that_no_volatility_gives_is_refused_with_its_bounds(price, right, message):
    with pytest.raises(ValueError, match=f"price must be {message}"):
        implied_volatility(price, 120.0, 100.0, expiry=1.0, rate=0.02, right=right)


def test_the_first_bad_price_of_many_is_named():
    with pytest.raises(ValueError, match=r"below 100, got 101\.0 at index \(1, 0\)"):
        implied_volatility([[4.0, 5.0], [101.0, 102.0]], 100.0, 100.0, expiry=1.0)


@pytest.mark.parametrize("name", ["spot", "strike", "expiry"])
def test_what_must_be_positive_is_checked(name):
    good = {"spot": 100.0, "strike": 100.0, "expiry": 1.0}
    with pytest.raises(ValueError, match=f"{name} must be positive and finite, got 0.0"):
        implied_volatility(8.0, **good | {name: 0.0})


def test_a_search_that_does_not_end_is_reported(monkeypatch):
    monkeypatch.setattr(kernels, "implied_volatility_many", lambda *_: 1)
    with pytest.raises(ValueError, match=r"did not converge for price, got 5\.0 at index 1"):
        implied_volatility([4.0, 5.0], 100.0, 100.0, expiry=1.0)


def test_single_numbers_give_a_float_and_arrays_their_common_shape():
    assert isinstance(implied_volatility(8.0, 100, 100, expiry=1), float)
    found = implied_volatility(8.0, np.full((2, 1), 100.0), [99.0, 100.0, 101.0], expiry=1.0)
    assert found.shape == (2, 3)


@pytest.mark.kernels
@pytest.mark.parametrize("distance", [0.0, 1e-12, 1e-3, 0.3, 5.0, 200.0])
def test_the_kernel_inverts_the_share_of_the_time_value(distance):
    for s in np.geomspace(max(distance / 35.0, 1e-6), max(3.0 * distance, 6.0), 40):
        share = kernels.time_value_share(distance / s, s)
        if 0.0 < share < 1.0 - 1e-6:
            found = kernels.total_volatility(distance, share)
            # A share near 1 knows only its own roundings, 1e-16 of a millionth.
            assert found == pytest.approx(s, rel=1e-14 / (1.0 - share) ** 0.5)
