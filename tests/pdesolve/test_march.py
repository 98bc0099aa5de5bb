"""The scalar kernels against dense algebra, the matrix exponential, and complementarity."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
import scipy.linalg
from numpy.polynomial import Polynomial

from pdesolve import BlackScholes, Exercise, Option, Right, Scheme, spot_grid
from pdesolve.kernels.between import read_rows
from pdesolve.kernels.march import (
    ALPHA,
    FLATTER,
    FLOOR,
    ROOM,
    crank_nicolson,
    multiply,
    theta_step,
    tr_bdf2,
)
from pdesolve.march.ends import end_values
from pdesolve.march.filling import stage_times
from pdesolve.march.operator import exercise_rates, exercise_region, operator_over
from pdesolve.march.problem import pose
from pdesolve.march.rows import lay_rows, smoothed_payoff
from tests import naive

pytestmark = pytest.mark.kernels

M = 41
RNG_SEEDS = range(8)


@pytest.fixture
def bands():
    bands = np.random.default_rng(0).uniform(0.1, 1.0, (3, M))
    bands[1] = -bands[0] - bands[2] - 0.05
    bands[:, [0, -1]] = 0.0
    return bands


def unbounded(m=M):
    return np.stack([np.full(m, -np.inf), np.ones(m), np.ones(m)])


class Laid(NamedTuple):
    """An option on rows, its operator over a year, and its end values."""

    places: np.ndarray
    bands: np.ndarray
    bound: np.ndarray
    rates: tuple[float, float]
    ends: Callable[[np.ndarray], np.ndarray]


def laid(option, model, spots):
    problem = pose(option, model, ())
    rows, year = lay_rows(problem, spots), (np.zeros(1), np.ones(1))
    region = exercise_region(problem, *year)
    operator = operator_over(problem, rows, region, *year)
    rates = tuple(float(rate[0]) for rate in exercise_rates(problem, *year))
    ends = partial(end_values, problem, rows, region)
    return Laid(rows.places, operator.bands[0], operator.bound[0], rates, ends)


def random_put(seed, *, early=True):
    """A put's rows on 81 nodes, drifting less than diffusing in every cell."""
    draw = np.random.default_rng(seed).uniform
    model = BlackScholes(draw(0.2, 0.6), rate=draw(0.01, 0.06), dividend_yield=draw(0.0, 0.06))
    exercise = Exercise.AMERICAN if early else Exercise.EUROPEAN
    option = Option(Right.PUT, 100.0, 1.0, exercise)
    spots = spot_grid(100.0, model.volatility, lowest=15.0, highest=500.0, n_cells=80)
    return laid(option, model, spots)


def one_step(rows, before, ends, *, explicit=1.0, step=0.02, room=True):
    bound, after = rows.bound.copy(), np.zeros(before.size)
    bound[ROOM] *= room
    after[[0, -1]] = ends
    theta_step(rows.bands, bound, step, explicit, before, np.empty((3, before.size)), after)
    return after


def marched(rows):
    """All levels of a year in twenty graded steps of TR-BDF2."""
    times = np.linspace(0.0, 1.0, 21) ** 2
    levels = np.empty((21, rows.places.size))
    levels[0] = smoothed_payoff(rows.places)
    ends = rows.ends(stage_times(Scheme.TR_BDF2, times))
    tr_bdf2(rows.bands[None], rows.bound[None], times, ends, levels[:1].copy(), levels)
    return levels


def test_the_operator_is_applied_as_a_dense_matrix(bands):
    values, out = np.linspace(0.0, 1.0, M) ** 2, np.empty(M)
    multiply(bands, values, out)
    np.testing.assert_allclose(out, naive.dense(bands) @ values, rtol=0.0, atol=1e-14)


@pytest.mark.parametrize("explicit", [0.0, 1.0])
def test_a_step_agrees_with_dense_algebra(bands, explicit):
    before, after = np.linspace(0.0, 1.0, M) ** 2, np.full(M, 0.3)
    theta_step(bands, unbounded(), 0.3, explicit, before, np.empty((3, M)), after)
    matrix, known = naive.step_system(bands, 0.3, explicit, before, after[[0, -1]])
    np.testing.assert_allclose(after, np.linalg.solve(matrix, known), rtol=1e-12)


@pytest.mark.parametrize("scheme", ["crank_nicolson", "tr_bdf2"])
def test_a_march_is_of_second_order_to_the_matrix_exponential(bands, scheme):
    before = np.sin(np.linspace(0.0, np.pi, M))
    before[[0, -1]] = 0.0  # so that the ends, which the bands leave alone, stay
    exact = scipy.linalg.expm(naive.dense(bands)) @ before
    errors = []
    for n in (8, 16, 32, 64):
        times, levels = np.linspace(0.0, 1.0, n + 1), np.zeros((n + 1, M))
        levels[0], stages = before, np.empty((1, M))
        if scheme == "tr_bdf2":
            tr_bdf2(bands[None], unbounded()[None], times, np.zeros((n, 2, 2)), stages, levels)
        else:
            crank_nicolson(
                bands[None], unbounded()[None], times, np.zeros((n, 2, 2)), 0, stages, levels
            )
        errors.append(np.abs(levels[-1] - exact).max())
    order = -np.polyfit(np.log([8, 16, 32, 64]), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.1)


def test_damped_steps_are_pairs_of_implicit_half_steps(bands):
    times, levels = np.array([0.0, 0.2, 0.5]), np.zeros((3, M))
    levels[0, 20] = 1.0
    sets = bands[None], unbounded()[None]
    crank_nicolson(*sets, times, np.zeros((2, 2, 2)), 1, np.empty((1, M)), levels)
    expected = levels[0]
    for step, explicit in ((0.1, 0.0), (0.1, 0.0), (0.15, 1.0)):
        system = naive.step_system(bands, step, explicit, expected, (0.0, 0.0))
        expected = np.linalg.solve(*system)
    np.testing.assert_allclose(levels[-1], expected, rtol=1e-12, atol=1e-16)


def test_both_stages_of_tr_bdf2_agree_with_dense_algebra(bands):
    levels, dt = np.zeros((2, M)), 0.4
    levels[0] = np.linspace(0.0, 1.0, M) ** 2
    edges_ = np.array([[[0.1, 0.9], [0.2, 0.8]]])
    stages, sets = np.empty((1, M)), (bands[None], unbounded()[None])
    tr_bdf2(*sets, np.array([0.0, dt]), edges_, stages, levels)
    before, step = levels[0], 0.5 * ALPHA * dt
    stage = np.linalg.solve(*naive.step_system(bands, step, 1.0, before, edges_[0, 0]))
    np.testing.assert_allclose(stages[0], stage, rtol=1e-12)
    mixed = (stage - (1.0 - ALPHA) ** 2 * before) / (ALPHA * (2.0 - ALPHA))
    after = np.linalg.solve(*naive.step_system(bands, step, 0.0, mixed, edges_[0, 1]))
    np.testing.assert_allclose(levels[1], after, rtol=1e-12)


@pytest.mark.parametrize("explicit", [0.0, 1.0])
@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_without_room_early_exercise_is_solved_exactly(seed, explicit):
    rows = random_put(seed)
    before, floor = smoothed_payoff(rows.places), rows.bound[FLOOR]
    after = one_step(rows, before, (floor[0], 0.0), explicit=explicit, room=False)
    system = naive.step_system(rows.bands, 0.02, explicit, before, (floor[0], 0.0))
    np.testing.assert_allclose(after, naive.held_above(*system, floor), rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("explicit", [0.0, 1.0])
@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_the_first_free_row_continues_smoothly_below(seed, explicit):
    # Its own equation holds with the value of the row below not on the floor F, but where the
    # parabola goes on that touches the floor e cells before this row: F + room (1 - e)^2, while
    # this row stands room e^2 above.  In a trapezoidal step both are means of two levels.
    rows = random_put(seed)
    rows.bound[FLATTER] = 1.0
    before, floor = marched(rows)[-1], rows.bound[FLOOR]
    after = one_step(rows, before, (floor[0], 0.0), explicit=explicit)
    matrix, known = naive.step_system(rows.bands, 0.02, explicit, before, (floor[0], 0.0))
    i, levels = np.flatnonzero(after > floor)[0], 1.0 + explicit
    height = (after[i] - floor[i] + explicit * (before[i] - floor[i])) / levels
    cells = min(np.sqrt(height / rows.bound[ROOM, i]), 1.0)
    continued = after.copy()
    continued[i - 1] += levels * rows.bound[ROOM, i] * (1.0 - cells) ** 2
    np.testing.assert_allclose(matrix[i:] @ continued, known[i:], rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_values_never_fall_below_the_floor(seed):
    rows = random_put(seed)
    assert np.all(marched(rows) >= rows.bound[FLOOR])


def test_a_call_runs_over_the_rows_of_its_mirrored_put():
    # S / K of one is K / S of the other, with rate and yield exchanged (McDonald and Schroder).
    spots = spot_grid(100.0, 0.3, n_cells=80)
    call = laid(
        Option(Right.CALL, 100.0, 1.0, Exercise.AMERICAN), BlackScholes(0.3, 0.02, 0.05), spots
    )
    put = laid(
        Option(Right.PUT, 100.0, 1.0, Exercise.AMERICAN),
        BlackScholes(0.3, 0.05, 0.02),
        1e4 / spots[::-1],
    )
    np.testing.assert_allclose(call.places, put.places, rtol=0.0, atol=1e-15)
    np.testing.assert_allclose(call.bands, put.bands, rtol=1e-12)
    np.testing.assert_allclose(call.bound, put.bound, rtol=1e-12, atol=1e-15)


def test_a_bond_loses_the_rate_and_the_asset_the_yield():
    # In units of the strike: L 1 = -r exactly, L exp(z) = -q exp(z) to the order of the weights.
    rows = random_put(3)
    gain, loss = rows.rates
    inner = slice(1, -1)
    money, asset = np.empty((2, rows.places.size))
    multiply(rows.bands, np.ones(rows.places.size), money)
    multiply(rows.bands, np.exp(rows.places), asset)
    np.testing.assert_allclose(money[inner], -gain, rtol=1e-9)
    cells = np.diff(rows.places)
    bound = 0.1 * np.maximum(cells[1:], cells[:-1]) ** 2 * np.exp(rows.places[inner])
    assert np.all(np.abs(asset + loss * np.exp(rows.places))[inner] <= bound)


def test_between_nodes_six_of_them_are_joined_by_their_polynomial():
    places = np.sort(np.random.default_rng(5).uniform(-1.0, 1.0, 12))
    values, at, out = (
        np.sin(3.0 * places),
        np.array([0.3 * places[5] + 0.7 * places[6]]),
        np.empty((5, 1)),
    )
    free, never = np.zeros(12, dtype=bool), np.full((2, 1), -np.inf)
    read_rows(places, values, np.full(12, 1e-3), free, at, never, out)
    through = Polynomial.fit(places[3:9], values[3:9], 5)
    expected = [through(at[0]), through.deriv()(at[0]), through.deriv(2)(at[0]), 1e-3, 0.0]
    np.testing.assert_allclose(out[:, 0], expected, rtol=1e-9)


@pytest.mark.parametrize("free", [4, 6])
def test_no_exercised_row_serves_above_the_boundary(free):
    # The same polynomial throughout, but for exercised rows that stand elsewhere.
    places = np.linspace(-1.0, 0.5, 12)
    values, out = 2.0 + places + places**2, np.empty((5, 3))
    values[:free] = -np.expm1(places[:free])
    at = np.array(
        [places[free - 1] - 0.01, 0.5 * (places[free - 1] + places[free]), places[free + 1]]
    )
    floors = np.stack([-np.expm1(at), -np.exp(at)])
    read_rows(places, values, np.zeros(12), np.arange(12) < free, at, floors, out)
    np.testing.assert_allclose(out[0, 1:], 2.0 + at[1:] + at[1:] ** 2, rtol=1e-12)
    np.testing.assert_allclose(out[2, 1:], 2.0, rtol=1e-9)
    exercised = [-np.expm1(at[0]), -np.exp(at[0]), 0.0, 0.0, 1.0]
    np.testing.assert_allclose(out[:, 0], exercised, rtol=1e-15)
