"""Grids: what is on a node, how smoothly they are spaced, how they refine, what is refused."""

import numpy as np
import pytest

from pdesolve import Grid, spot_grid, time_grid
from pdesolve.batch.scaled_grid import scaled_grid

STRIKES = ([100.0], [90.0, 100.0, 115.0], [60.0, 61.0, 100.0, 180.0])


@pytest.mark.parametrize("strikes", STRIKES)
@pytest.mark.parametrize("n_cells", [200, 400, 802])
def test_every_strike_is_a_node_of_the_grid_and_of_the_coarser_one(strikes, n_cells):
    spots = spot_grid(strikes, 0.2, n_cells=n_cells)
    assert spots.size == n_cells + 1
    assert set(strikes) <= set(spots[::2].tolist())


@pytest.mark.parametrize("strikes", STRIKES)
@pytest.mark.parametrize("derivative", [1, 2])
def test_spacings_are_a_smooth_function_of_the_index(strikes, derivative):
    # The k-th difference of a smooth function of i / n falls as n^-k.
    jumps = [
        np.abs(np.diff(np.log(spot_grid(strikes, 0.2, n_cells=n)), derivative + 1)).max()
        for n in (400, 1600)
    ]
    assert jumps[0] / jumps[1] >= 0.7 * 4.0 ** (derivative + 1)


def test_around_one_strike_the_grid_is_that_of_the_batch():
    scaled = scaled_grid(160, 28)
    spots = spot_grid(
        100.0, 0.25, lowest=100.0 * np.exp(-1.5), highest=100.0 * np.exp(1.5), n_cells=160
    )
    np.testing.assert_allclose(np.log(spots / 100.0) / 0.25, scaled.nodes, rtol=0.0, atol=1e-13)


def test_nodes_span_the_range_that_is_stated_or_else_follows_from_the_deviation():
    stated = spot_grid(100.0, 0.2, lowest=50.0, highest=170.0)
    assert (stated[0], stated[-1]) == (50.0, 170.0)
    wide = spot_grid([90.0, 110.0], 0.5)
    assert wide[[0, -1]] == pytest.approx([90.0 * np.exp(-3.0), 110.0 * np.exp(3.0)])
    narrow = spot_grid(100.0, 0.001)
    assert narrow[[0, -1]] == pytest.approx([20.0, 500.0])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([100.0, 100.1], 0.2), {"n_cells": 64}, "strikes must be at least 4 cells from"),
        ((100.0, 0.2), {"lowest": 110.0}, "lowest and highest must enclose strikes from 100"),
        ((100.0, 0.2), {"highest": np.inf}, "lowest and highest must enclose"),
        ((100.0, 0.2), {"n_cells": 65}, "n_cells must be even and at least 8, got 65"),
        ((100.0, 0.0), {}, "deviation must be positive and finite, got 0"),
        ((-1.0, 0.2), {}, "strikes must be positive and finite, got -1"),
    ],
)
def test_a_spot_grid_that_cannot_be_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        spot_grid(*arguments, **options)


def test_levels_gather_towards_expiry_with_the_square_of_their_number():
    np.testing.assert_allclose(time_grid(2.0, 4), [0.0, 0.125, 0.5, 1.125, 2.0])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_dates", [1, 4, 40])
def test_dates_are_levels_of_the_grid_and_of_the_coarser_one(seed, n_dates):
    dates = np.random.default_rng(seed).uniform(0.0, 0.5, n_dates)
    times = time_grid(0.5, 60, dates=dates)
    assert set((0.5 - dates).tolist()) <= set(times[::2].tolist())
    assert np.all(np.diff(times) > 0.0)
    assert np.diff(np.sqrt(times)).max() <= 1.5 * np.sqrt(0.5) / 60  # rounded to even numbers


def test_dates_at_the_ends_change_nothing():
    np.testing.assert_array_equal(time_grid(0.5, 60, dates=[0.0, 0.5]), time_grid(0.5, 60))


@pytest.mark.parametrize(
    ("arguments", "dates", "message"),
    [
        ((0.5, 61), (), "n_steps must be even and at least 2, got 61"),
        ((0.5, 60), (0.6,), "dates must not be after the expiry, 0.5, got 0.6"),
        ((-0.5, 60), (), "expiry must be finite and not negative, got -0.5"),
    ],
)
def test_a_time_grid_that_cannot_be_is_refused(arguments, dates, message):
    with pytest.raises(ValueError, match=message):
        time_grid(*arguments, dates=dates)


def test_the_coarser_of_the_finer_grid_is_the_grid():
    grid = Grid(spot_grid([90.0, 100.0], 0.2, n_cells=64), time_grid(0.5, 12))
    again = grid.finer().coarser()
    np.testing.assert_array_equal(again.spots, grid.spots)
    np.testing.assert_array_equal(again.times, grid.times)


def test_the_finer_grid_is_the_one_with_twice_the_cells():
    # Cubics between nodes leave an error of fourth order in the spacing.
    coarse = Grid(spot_grid(100.0, 0.2, n_cells=128), time_grid(0.5, 12))
    fine = Grid(spot_grid(100.0, 0.2, n_cells=256), time_grid(0.5, 24))
    np.testing.assert_allclose(coarse.finer().spots, fine.spots, rtol=3e-5)
    np.testing.assert_allclose(coarse.finer().times, fine.times, rtol=1e-14)


@pytest.mark.parametrize(
    ("spots", "times", "message"),
    [
        (np.arange(1.0, 6.0), [0.0, 0.5, 1.0], "spots must be at least 7, got 5"),
        ([[1.0, 2.0]], [0.0, 0.5, 1.0], r"spots must be a row of numbers, got shape \(1, 2\)"),
        (np.arange(0.0, 9.0), [0.0, 0.5, 1.0], "spots must be positive and finite, got 0.0"),
        (np.arange(9.0, 0.0, -1.0), [0.0, 0.5, 1.0], "spots must ascend, got 8.0 after 9.0"),
        (np.arange(1.0, 10.0), [0.1, 0.5, 1.0], "times must start at expiry, at 0, got 0.1"),
        (np.arange(1.0, 10.0), [], r"times must be a row of numbers, got shape \(0,\)"),
        (np.arange(1.0, 10.0), [0.0, 0.5, 0.5], "times must ascend, got 0.5 after 0.5"),
    ],
)
def test_nodes_and_levels_that_make_no_grid_are_refused(spots, times, message):
    with pytest.raises(ValueError, match=message):
        Grid(spots, times)


@pytest.mark.parametrize(("n_spots", "n_times"), [(10, 3), (13, 4)])
def test_an_even_number_of_nodes_or_levels_has_no_coarser_grid(n_spots, n_times):
    grid = Grid(np.arange(1.0, n_spots + 1.0), np.arange(n_times) / 4.0)
    with pytest.raises(ValueError, match=f"odd in number .* got {n_spots} and {n_times}"):
        grid.coarser()


def test_a_grid_cannot_be_written_to_and_keeps_its_own_numbers():
    spots = np.arange(1.0, 10.0)
    grid = Grid(spots, [0.0, 0.5, 1.0])
    spots[0] = 0.5
    assert grid.spots[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        grid.spots[0] = 2.0
