"""Local volatility as numbers: means over time, both sides of a jump, Dupire's formula."""

import numpy as np
import pytest
from scipy.integrate import quad

from pdesolve import (
    ImpliedSurface,
    LocalVolatility,
    VolatilityGrid,
    VolatilitySteps,
    black_scholes_price,
    dupire,
)
from pdesolve.term_structure import Flat, PiecewiseConstant

PLACES = np.linspace(-0.8, 0.8, 33)
SPOTS = np.array([70.0, 90.0, 100.0, 120.0])


def slanted(spots, times):
    return 0.2 * (spots / 100.0) ** -0.5 * (1.0 + 0.3 * times)


def smile(places, time):
    total = 0.04 * time + 0.01 * time**2
    return total * (0.6 - 0.15 * places + np.sqrt(0.1 * places**2 + 0.16))


def surface(expiries):
    rows = [smile(PLACES, each) for each in expiries]
    return ImpliedSurface(expiries, [PLACES] * len(expiries), rows)


@pytest.mark.parametrize(("start", "stop"), [(0.0, 0.1), (0.3, 0.9)])
def test_a_variance_is_the_mean_over_its_period(start, stop):
    found = LocalVolatility(slanted).variances(SPOTS, np.array([start]), np.array([stop]))
    for spot, variance in zip(SPOTS, found[0], strict=True):
        total, _ = quad(lambda time, spot=spot: slanted(spot, time) ** 2, start, stop)
        assert variance == pytest.approx(total / (stop - start), rel=1e-12)


def test_over_no_time_it_is_the_variance_then():
    at = np.array([0.25, 0.5])
    found = LocalVolatility(slanted).variances(SPOTS, at, at)
    np.testing.assert_allclose(found, slanted(SPOTS, at[:, None]) ** 2, rtol=1e-14)


def test_a_date_inside_a_period_splits_it():
    model = LocalVolatility(lambda spots, times: 0.1 + 0.1 * (times >= 0.3), dates=(0.3,))
    found = model.variances(SPOTS, np.array([0.2, 0.0]), np.array([0.5, 0.2]))
    np.testing.assert_allclose(found[0], (0.1 * 0.01 + 0.2 * 0.04) / 0.3, rtol=1e-14)
    np.testing.assert_allclose(found[1], 0.01, rtol=1e-14)


def test_at_a_level_it_is_the_harmonic_mean_of_both_sides():
    steps = VolatilitySteps([100.0], [0.3, 0.15])
    model = LocalVolatility(steps, levels=steps.levels)
    found = model.variances(SPOTS, np.zeros(1), np.ones(1))[0]
    harmonic = 2.0 / (1.0 / 0.09 + 1.0 / 0.0225)
    np.testing.assert_allclose(found, [0.09, 0.09, harmonic, 0.0225], rtol=1e-12)
    assert model.nodes == (100.0,)


@pytest.mark.parametrize("parameter", ["volatility", "rate", "dividend_yield"])
def test_a_parameter_moves_in_parallel(parameter):
    yields = PiecewiseConstant([0.5], [0.0, 0.1])
    before = LocalVolatility(slanted, rate=0.02, dividend_yield=yields)
    after = before.moved(parameter, 0.01)
    ends = np.zeros(1), np.ones(1)
    moves = {
        "volatility": np.sqrt(after.variances(SPOTS, *(ends[:1] * 2)))
        - np.sqrt(before.variances(SPOTS, *(ends[:1] * 2))),
        "rate": after.rates.integral(*ends) - before.rates.integral(*ends),
        "dividend_yield": after.yields.integral(*ends) - before.yields.integral(*ends),
    }
    for name, move in moves.items():
        np.testing.assert_allclose(move, 0.01 if name == parameter else 0.0, atol=1e-15)


def test_a_deviation_is_that_of_the_volatility_at_a_spot():
    assert LocalVolatility(lambda s, t: 0.25).deviation(4.0, 100.0) == pytest.approx(0.5, rel=1e-14)


@pytest.mark.parametrize(("wrong", "printed"), [(-0.1, "-0.1"), (0.0, "0"), (20.0, "20")])
def test_a_volatility_out_of_range_is_refused_by_spot_and_time(wrong, printed):
    model = LocalVolatility(lambda spots, times: np.where(spots < 90.0, wrong, 0.2))
    message = rf"volatility must be positive .* got {printed} at spot 70 and time 0\.5"
    with pytest.raises(ValueError, match=message):
        model.variances(SPOTS, np.array([0.5]), np.array([0.5]))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"levels": (-1.0,)}, r"levels must be positive and finite, got -1\.0"),
        ({"dates": (0.0,)}, r"dates must be positive and finite, got 0\.0"),
        ({"rate": np.inf}, "rate must be finite, got inf"),
    ],
)
def test_a_field_out_of_range_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        LocalVolatility(slanted, **fields)


def test_a_grid_has_its_numbers_at_its_nodes_and_its_edge_beyond():
    times, vols = [0.25, 1.0], np.array([[0.3, 0.25, 0.2, 0.22], [0.25, 0.22, 0.2, 0.2]])
    grid = VolatilityGrid(SPOTS, times, vols)
    np.testing.assert_allclose(grid(SPOTS, np.array(times)[:, None]), vols, rtol=1e-14)
    np.testing.assert_allclose(grid([1.0, 1e4], 0.0), [0.3, 0.22], rtol=1e-14)
    np.testing.assert_allclose(grid(SPOTS, 0.625), vols.mean(axis=0), rtol=1e-14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([90.0], [0.0, 1.0], [[0.2], [0.2]]), "spots must be two or more and ascend"),
        (([90.0, 95.0], [1.0, 1.0], [[0.2] * 2] * 2), "times must be two or more and ascend"),
        (([90.0, 95.0], [0.0, 1.0], [[0.2] * 2]), r"volatilities must be of shape \(2, 2\)"),
    ],
)
def test_a_grid_that_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        VolatilityGrid(*arguments)


@pytest.mark.parametrize(
    ("levels", "vols", "message"),
    [
        ([100.0, 90.0], [0.1, 0.2, 0.3], "levels must ascend"),
        ([100.0], [0.1], "volatilities must be one more than levels, got 1 and 1"),
        ([100.0], [0.1, 0.0], "volatilities must be positive"),
    ],
)
def test_steps_that_do_not_fit_are_refused(levels, vols, message):
    with pytest.raises(ValueError, match=message):
        VolatilitySteps(levels, vols)


def test_a_flat_surface_gives_back_its_forward_volatility():
    flat = ImpliedSurface([0.5, 1.0], [PLACES] * 2, [0.0 * PLACES + 0.02, 0.0 * PLACES + 0.08])
    model = dupire(flat, spot=100.0, rate=0.03)
    found = model.variances(SPOTS, np.array([0.0, 0.25, 0.5]), np.array([0.5, 0.75, 1.0]))
    np.testing.assert_allclose(found.T, [[0.04, 0.08, 0.12]] * 4, rtol=1e-12)


@pytest.mark.parametrize("time", [0.3, 0.5, 0.7])
def test_gatherals_formula_is_dupires_in_prices(time):
    # dC/dT + (r - q) K C_K + q C = sigma^2 K^2 C_KK / 2, by differences of Black-Scholes prices.
    rate, div_yield, strikes, step, soon = 0.04, 0.01, SPOTS, 0.02, 1e-4
    implied = surface([0.2, 0.9])

    def calls(strike, when):
        forward = 100.0 * np.exp((rate - div_yield) * when)
        vols = implied.volatility(np.log(strike / forward), when)
        return black_scholes_price(
            100.0, strike, when, vol=vols, rate=rate, div_yield=div_yield, right="call"
        )

    below, here, above = (calls(strikes + k * step, time) for k in (-1.0, 0.0, 1.0))
    aged = (calls(strikes, time + soon) - calls(strikes, time - soon)) / (2.0 * soon)
    slope, bend = (above - below) / (2.0 * step), (above - 2.0 * here + below) / step**2
    squared = 2.0 * (aged + (rate - div_yield) * strikes * slope + div_yield * here)
    expected = squared / (strikes**2 * bend)
    model = dupire(implied, spot=100.0, rate=rate, dividend_yield=div_yield)
    found = model.variances(strikes, np.array([time]), np.array([time]))[0]
    np.testing.assert_allclose(found, expected, rtol=2e-4)  # of the differences


def test_beyond_the_quotes_local_volatility_stays():
    model = dupire(surface([0.5, 1.0]), spot=100.0)
    ends = 100.0 * np.exp(np.array([-3.0, -0.8, 0.8, 3.0]))
    found = model.variances(ends, np.array([0.75]), np.array([0.75]))[0]
    assert found[0] == pytest.approx(found[1], rel=1e-12)
    assert found[3] == pytest.approx(found[2], rel=1e-12)


def test_rates_over_time_move_the_forward():
    curve = PiecewiseConstant([0.5], [0.02, 0.08])
    implied, at = surface([0.5, 1.0]), np.array([0.75])
    model = dupire(implied, spot=100.0, rate=curve)
    moved = dupire(implied, spot=100.0 * np.exp(0.02 * 0.5 + 0.08 * 0.25), rate=Flat(0.0))
    found, expected = (each.variances(SPOTS, at, at) for each in (model, moved))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_surface_with_arbitrage_is_refused_with_the_worst_place():
    smiles = [[0.09, 0.04, 0.02], [0.08, 0.05, 0.04]]
    crossed = ImpliedSurface([0.5, 1.0], [[-0.4, 0.0, 0.4]] * 2, smiles)
    message = r"free of arbitrage, got calendar arbitrage of 0\.01 at 1 years"
    with pytest.raises(ValueError, match=message):
        dupire(crossed, spot=100.0)


def test_a_life_beyond_the_last_expiry_is_refused():
    model = dupire(surface([0.5, 1.0]), spot=100.0)
    with pytest.raises(ValueError, match="time must not be beyond the last expiry, 1"):
        model.variances(SPOTS, np.array([0.9]), np.array([1.2]))
