"""`solve_many` against closed form and scalar solver, inequalities, and the last bit."""

import numpy as np
import pytest

from pdesolve import (
    BlackScholes,
    Contracts,
    Exercise,
    Option,
    Resolution,
    Right,
    Scheme,
    black_scholes,
    solve,
    solve_by_date,
    solve_many,
)
from pdesolve.kernels.lanes import NARROW, WIDE

HOUR = 1.0 / 8760.0
MONTH = 30.0 / 365.0
SPOTS = np.linspace(70.0, 140.0, 36)
# The default grid is 160 x 28 and its double; errors with a strike of 100, by the standard set.
PRICE_ERROR, DELTA_ERROR = 1e-4, 1e-4


def random_book(n, seed, *, american=None):
    draw = np.random.default_rng(seed).uniform
    styles = draw(size=n) < 0.5 if american is None else american
    return Contracts(
        np.where(draw(size=n) < 0.5, 1.0, -1.0),
        draw(80.0, 120.0, n),
        draw(0.1, 3.0, n),
        draw(0.1, 0.6, n),
        draw(0.0, 0.1, n),
        draw(0.0, 0.08, n),
        styles,
    )


def one(right, expiry=1.0, vol=0.3, rate=0.05, dividend_yield=0.02, american=True):
    return Contracts(right, 100.0, expiry, vol, rate, dividend_yield, american)


def closed_form(contracts, spots, left):
    return black_scholes(
        spots,
        contracts.strike[:, None],
        left,
        vol=contracts.volatility[:, None],
        rate=contracts.rate[:, None],
        div_yield=contracts.dividend_yield[:, None],
        right=contracts.right[:, None],
    )


def everything(surfaces):
    return np.stack([surfaces.values, surfaces.deltas, surfaces.gammas, surfaces.errors])


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_contracts_changes_no_bit(seed):
    book, times = random_book(2 * WIDE + 5, seed), [0.0, 0.05, 0.7]
    order = np.random.default_rng(seed).permutation(len(book))
    straight = everything(solve_many(book, spots=SPOTS, times=times))
    mixed = everything(solve_many(book.take(order), spots=SPOTS, times=times))
    np.testing.assert_array_equal(mixed, straight[:, order])


@pytest.mark.parametrize("size", [1, NARROW, NARROW + 1, WIDE, WIDE + 1])
def test_the_size_of_the_batch_changes_no_bit(size):
    book = random_book(2 * WIDE, 0)
    together = everything(solve_many(book, spots=SPOTS, times=[0.0, 0.3]))[:, :size]
    some = solve_many(book.take(np.arange(size)), spots=SPOTS, times=[0.0, 0.3])
    np.testing.assert_array_equal(everything(some), together)


@pytest.mark.parametrize("threads", [2, 5])
def test_the_number_of_threads_changes_no_bit(threads):
    book = random_book(20 * WIDE, 1)
    expected = everything(solve_many(book, spots=[100.0], times=[0.0, 0.3]))
    found = everything(solve_many(book, spots=[100.0], times=[0.0, 0.3], threads=threads))
    np.testing.assert_array_equal(found, expected)


def test_spots_may_be_shared_or_given_by_date_or_by_contract():
    book, times = random_book(3, 2), [0.0, 0.05]
    shared = solve_many(book, spots=SPOTS, times=times)
    by_date = solve_many(book, spots=np.tile(SPOTS, (2, 1)), times=times)
    by_contract = solve_many(book, spots=np.tile(SPOTS, (3, 2, 1)), times=times)
    np.testing.assert_array_equal(everything(by_date), everything(shared))
    np.testing.assert_array_equal(everything(by_contract), everything(shared))


def test_dates_with_spots_of_their_own_are_read_to_the_same_bit():
    book, times = random_book(5, 4), [0.0, 0.05, 1.3]
    rows = [SPOTS, SPOTS[::3], book.strike]
    dates = solve_by_date(book, spots=rows, times=times)
    for found, row, time in zip(dates, rows, times, strict=True):
        alone = everything(solve_many(book, spots=row, times=times))[:, :, times.index(time)]
        np.testing.assert_array_equal(everything(found)[:, :, 0], alone)


@pytest.mark.parametrize(
    ("spots", "times", "message"),
    [([SPOTS], [0.0, 0.1], "one for each row"), ([[-1.0]], [0.0], "positive")],
)
def test_dates_without_rows_and_impossible_spots_are_refused(spots, times, message):
    with pytest.raises(ValueError, match=message):
        solve_by_date(one(Right.PUT), spots=spots, times=times)


@pytest.mark.parametrize("scheme", Scheme)
def test_european_books_match_the_closed_form(scheme):
    book = random_book(64, 3, american=False)
    found = solve_many(book, spots=SPOTS, scheme=scheme, resolution=Resolution(320, 56))
    exact = closed_form(book, SPOTS, book.expiry[:, None])
    np.testing.assert_allclose(found.values[:, 0], exact.price, rtol=0.0, atol=PRICE_ERROR)
    np.testing.assert_allclose(found.deltas[:, 0], exact.delta, rtol=0.0, atol=DELTA_ERROR)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("seed", range(5))
def test_american_contracts_match_the_scalar_solver(right, seed):
    draw = np.random.default_rng(seed).uniform
    vol, rate, dividend_yield = draw([0.1, 0.0, 0.0], [0.6, 0.1, 0.08])
    alone = solve(
        Option(right, 100.0, 1.0, Exercise.AMERICAN), BlackScholes(vol, rate, dividend_yield)
    )
    found = solve_many(one(right, 1.0, vol, rate, dividend_yield), spots=SPOTS)
    np.testing.assert_allclose(found.values[0, 0], alone.value(SPOTS), rtol=0.0, atol=PRICE_ERROR)
    np.testing.assert_allclose(found.deltas[0, 0], alone.delta(SPOTS), rtol=0.0, atol=DELTA_ERROR)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("hours", [1.0, 6.0, 24.0, 72.0, 400.0])
def test_hours_before_expiry_a_european_contract_meets_the_closed_form(right, hours):
    contract, left = one(right, MONTH, american=False), hours * HOUR
    spots = 100.0 * np.exp(np.linspace(-4.0, 4.0, 41) * 0.3 * np.sqrt(left))
    found = solve_many(contract, spots=spots, times=[0.0, MONTH - left])
    exact = closed_form(contract, spots, left)
    np.testing.assert_allclose(found.values[0, 1], exact.price[0], rtol=0.0, atol=1e-5)
    np.testing.assert_allclose(found.deltas[0, 1], exact.delta[0], rtol=0.0, atol=1e-5)


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("time", [0.111, 0.5, 0.8731])
def test_between_levels_an_american_contract_is_worth_what_a_fresh_solve_says(right, time):
    spots = np.linspace(60.0, 200.0, 281)
    found = solve_many(one(right), spots=spots, times=[0.0, time])
    fresh = solve_many(one(right, 1.0 - time), spots=spots, resolution=Resolution(640, 112))
    # The boundary moves between levels, which a cubic in time rounds off in the cells it crosses.
    np.testing.assert_allclose(found.values[0, 1], fresh.values[0, 0], rtol=0.0, atol=PRICE_ERROR)
    np.testing.assert_allclose(found.deltas[0, 1], fresh.deltas[0, 0], rtol=0.0, atol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_american_contracts_are_never_worth_less_than_exercise_or_the_european_one(seed):
    american = random_book(40, seed, american=True)
    european = random_book(40, seed, american=False)
    times, spots = [0.0, 0.05, 0.5, 1.5], np.geomspace(20.0, 500.0, 200)
    early = solve_many(american, spots=spots, times=times)
    late = solve_many(european, spots=spots, times=times)
    exercise = american.right[:, None, None] * (spots - american.strike[:, None, None])
    assert np.all(early.values >= exercise - 1e-13 * spots)
    assert np.all(early.values >= -early.errors - 1e-12)
    assert np.all(early.values >= late.values - early.errors - 2e-5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("time", [0.0, 0.063])
def test_values_are_monotone_and_convex_in_spot(seed, time):
    book, spots = random_book(40, seed), np.linspace(40.0, 250.0, 400)
    values = solve_many(book, spots=spots, times=[0.0, time]).values[:, 1]
    slopes = np.diff(values) / np.diff(spots) * book.right[:, None]
    slack = 5e-4 if time else 1e-5  # between levels, next to the exercise boundary
    assert slopes.min() >= -slack
    assert slopes.max() <= 1.0 + slack
    assert (np.diff(slopes) * book.right[:, None]).min() >= -slack


@pytest.mark.parametrize(
    ("volatility", "rate", "dividend_yield"),
    [(0.01, 0.1, 0.0), (0.02, 0.0, 0.2), (0.001, 0.05, 0.0), (5.0, 0.05, 0.0)],
)
@pytest.mark.parametrize("right", Right)
def test_drift_dominated_and_extreme_contracts_meet_the_closed_form(
    right, volatility, rate, dividend_yield
):
    contract = one(right, 1.0, volatility, rate, dividend_yield, american=False)
    center = 100.0 * np.exp(dividend_yield - rate)
    spots = center * np.exp(np.linspace(-3.0, 3.0, 31) * volatility)
    found, exact = solve_many(contract, spots=spots), closed_form(contract, spots, 1.0)
    scale = np.maximum(spots, 100.0)
    assert np.abs((found.values[0, 0] - exact.price[0]) / scale).max() <= 1e-6


@pytest.mark.parametrize(
    ("volatility", "rate", "dividend_yield"),
    [
        (0.02, 0.1, 0.0),
        (0.2, 0.02, 0.1),
        (1.5, 0.05, 0.0),
        (0.1, 0.1, 0.2),
        (0.05, 0.1, 0.2),
    ],
)
def test_american_contracts_under_a_strong_drift_match_the_scalar_solver(
    volatility, rate, dividend_yield
):
    # Also where the exercise boundary lies far below the strike, near K r / q.
    model = BlackScholes(volatility, rate, dividend_yield)
    alone = solve(Option(Right.PUT, 100.0, 1.0, Exercise.AMERICAN), model, tolerance=1e-4)
    spots = np.linspace(45.0, 130.0, 171)
    found = solve_many(one("put", 1.0, volatility, rate, dividend_yield), spots=spots)
    apart = np.abs(found.values[0, 0] - alone.value(spots))
    # Below the nodes the estimate is of the right size, no bound.
    assert np.all(apart <= 1.25 * found.errors[0, 0] + PRICE_ERROR)


@pytest.mark.parametrize("american", [False, True])
def test_estimated_errors_bound_the_errors_of_a_coarse_grid(american):
    book = random_book(64, 5, american=american)
    rough = solve_many(book, spots=SPOTS, resolution=Resolution(64, 12))
    fine = solve_many(book, spots=SPOTS, resolution=Resolution(512, 96))
    missed = np.abs(rough.values - fine.values)
    assert np.mean(missed <= rough.errors + 1e-9) >= 0.99
    assert missed.max() <= 3.0 * rough.errors.max()


def test_error_falls_with_the_fourth_power_of_the_step_after_extrapolation():
    book, cells = random_book(16, 6, american=False), np.array([64, 128, 256])
    exact = closed_form(book, SPOTS, book.expiry[:, None]).price
    errors = [
        np.abs(
            solve_many(book, spots=SPOTS, resolution=Resolution(n, 3 * n // 16)).values[:, 0]
            - exact
        ).max()
        for n in cells
    ]
    assert -np.polyfit(np.log(cells), np.log(errors), 1)[0] >= 3.0


@pytest.mark.parametrize("american", [False, True])
@pytest.mark.parametrize("right", Right)
def test_at_and_after_expiry_and_without_volatility_the_outcome_is_certain(right, american):
    contract = one(right, 0.5, american=american)
    payoff = np.maximum(right * (SPOTS - 100.0), 0.0)
    found = solve_many(contract, spots=SPOTS, times=[0.5, 0.7])
    np.testing.assert_allclose(found.values[0], [payoff, payoff], rtol=0.0, atol=1e-12)
    without = solve_many(one(right, 0.5, vol=0.0, american=american), spots=SPOTS)
    late = right * (SPOTS * np.exp(-0.01) - 100.0 * np.exp(-0.025))
    floor = np.maximum(late, payoff) if american else late
    assert np.all(without.values[0, 0] >= np.maximum(floor, 0.0) - 1e-12)
    assert without.errors.max() == 0.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spots": [100.0, -1.0]}, "spots must be positive and finite, got -1.0"),
        ({"spots": [100.0], "times": [-0.1]}, "times must be finite and not negative, got -0.1"),
        ({"spots": 100.0}, "times must be a row and spots at least one"),
    ],
)
def test_spots_and_times_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        solve_many(one("put"), **options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((15, 28), "n_cells must be even and at least 16, got 15"),
        ((160, 3), "n_steps must be at least 4, got 3"),
    ],
)
def test_a_resolution_that_is_too_small_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Resolution(*arguments)
