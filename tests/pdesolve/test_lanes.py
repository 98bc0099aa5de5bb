"""Lanes against numpy, and the marches on lanes against the scalar ones, lane by lane."""

import math

import numpy as np
import pytest

from pdesolve import BlackScholes, Contracts, Exercise, Grid, Option, Right, Scheme
from pdesolve._jit import njit
from pdesolve.batch.layout import lay_out
from pdesolve.batch.scaled_grid import scaled_grid
from pdesolve.kernels import batch, lanes, march
from pdesolve.kernels.stencil import first_derivative, second_derivative
from pdesolve.march.filling import DAMPING_STEPS
from pdesolve.march.marching import march as march_option
from pdesolve.march.problem import pose
from pdesolve.march.rows import smoothed_payoff

pytestmark = pytest.mark.kernels

WIDTHS = (lanes.NARROW, lanes.WIDE)
GRID = scaled_grid(64, 12)
LEVELS = (1, GRID.times.size, GRID.nodes.size)


@njit
def apply(rows, out):
    """Write into ``out`` (13,) of lanes what each operation makes of ``rows`` (3,)."""
    a, b, c = lanes.load(rows, 0), lanes.load(rows, 1), lanes.load(rows, 2)
    results = (
        a + b,
        a - b,
        a * b,
        a / c,
        -a,
        lanes.larger(a, b),
        lanes.select(a, b, c),
        lanes.square_root(c),
        lanes.spread(2.5, a),
        lanes.exp(a),
        lanes.exp(a * 100.0),
        a * b + c,
        2.0 - lanes.larger(1.0, a) / 4.0,
    )
    for i, result in enumerate(results):
        lanes.store(out, i, result)


@njit
def some_positive(rows):
    return lanes.any_positive(lanes.load(rows, 0))


def rows_of(numbers):
    """An array of lanes of some numbers (..., w)."""
    return np.ascontiguousarray(numbers).view(lanes.rows_of(numbers.shape[-1]))[..., 0]


@pytest.mark.parametrize("width", WIDTHS)
def test_operations_on_lanes_are_those_of_numpy(width):
    draw = np.random.default_rng(0).uniform
    rows, out = draw(-3.0, 3.0, (3, width)), np.empty((13, width))
    rows[2] = abs(rows[2]) + 0.1
    apply(rows_of(rows), rows_of(out))
    a, b, c = rows
    plain = [a + b, a - b, a * b, a / c, -a, np.maximum(a, b), np.where(a > 0.0, b, c), np.sqrt(c)]
    np.testing.assert_array_equal(out[:8], plain)
    np.testing.assert_array_equal(out[8], 2.5)
    np.testing.assert_array_equal(out[12], 2.0 - np.maximum(1.0, a) / 4.0)
    eps = np.finfo(float).eps
    np.testing.assert_allclose(out[9:11], np.exp([a, 100.0 * a]), rtol=2.0 * eps)
    np.testing.assert_allclose(out[11], a * b + c, rtol=0.0, atol=20.0 * eps)  # one rounding less


@pytest.mark.parametrize(("width", "lane"), [(8, 0), (8, 7), (32, 0), (32, 17), (32, 31)])
def test_one_positive_lane_is_enough(width, lane):
    rows = np.full((1, width), -1.0)
    assert not some_positive(rows_of(rows))
    rows[0, lane] = 1e-300
    assert some_positive(rows_of(rows))


def random_terms(seed, *, early):
    """A wide block of contracts, whose lanes differ in all that kernels read."""
    draw = np.random.default_rng(seed).uniform
    terms = np.zeros((1, 11, lanes.WIDE))
    for row, (low, high) in {
        batch.DIFFUSION: (0.3, 0.5),
        batch.DRIFT: (-0.6, 0.6),
        batch.DECAY: (0.01, 0.1),
        batch.YIELD: (0.0, 0.08),
        batch.SCALE: (0.05, 0.8),
        batch.LONGEST: (0.5, 2.0),
    }.items():
        terms[0, row] = draw(low, high, lanes.WIDE)
    terms[0, batch.AMERICAN] = early
    return terms


def on_lanes(scheme, terms):
    """Levels of a block of terms (1, 11, w), by the march on lanes."""
    rows = rows_of(terms)
    floors, levels, work = (
        np.empty(n, rows.dtype) for n in ((1, LEVELS[2]), LEVELS, (3, LEVELS[2]))
    )
    if scheme is Scheme.TR_BDF2:
        batch.tr_bdf2(GRID, rows, floors, levels, work)
    else:
        batch.crank_nicolson(GRID, DAMPING_STEPS, rows, floors, levels, work)
    return levels[0][lanes.FIELD]


def alone(scheme, term):
    """The same by the scalar march, from the numbers of one lane."""
    nodes, times = GRID.nodes, GRID.times
    second, first = np.zeros((3, nodes.size)), np.zeros((3, nodes.size))
    second_derivative(nodes, second)
    first_derivative(nodes, first)
    bands = term[batch.DIFFUSION] * second + term[batch.DRIFT] * first
    bands[1, 1:-1] -= term[batch.DECAY]
    exercise = 1.0 - np.exp(term[batch.SCALE] * nodes)
    loss = term[batch.DECAY] - term[batch.YIELD] * np.exp(term[batch.SCALE] * nodes)
    cells, slant = np.diff(nodes, prepend=nodes[0]), term[batch.DRIFT] / term[batch.DIFFUSION]
    room = 0.5 * cells**2 * loss / term[batch.DIFFUSION]
    flatter = 1.0 + np.maximum(-slant * cells / 3.0, 0.0)
    early = term[batch.AMERICAN] == 1.0
    bound = np.stack([exercise if early else np.full(nodes.size, -np.inf), room, flatter])
    share = march.ALPHA if scheme is Scheme.TR_BDF2 else 0.5
    t = times[:-1, None] + np.outer(np.diff(times), [share, 1.0])
    t = np.minimum(t, term[batch.LONGEST])
    low = np.exp(-t * term[batch.DECAY])
    low -= math.exp(term[batch.SCALE] * nodes[0]) * np.exp(-t * term[batch.YIELD])
    edges = np.stack([np.maximum(low, bound[0, 0]), 0.0 * t], axis=2)
    levels = np.empty(LEVELS[1:])
    levels[0] = smoothed_payoff(term[batch.SCALE] * nodes)
    if scheme is Scheme.TR_BDF2:
        march.tr_bdf2(bands[None], bound[None], times, edges, levels[:1].copy(), levels)
    else:
        stages = levels[:1].copy()
        march.crank_nicolson(bands[None], bound[None], times, edges, DAMPING_STEPS, stages, levels)
    return levels


@pytest.mark.parametrize("early", [0.0, 1.0])
@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("seed", range(3))
def test_every_lane_marches_as_alone(scheme, early, seed):
    terms = random_terms(seed, early=early)
    together = on_lanes(scheme, terms)
    for lane in range(lanes.WIDE):
        expected = alone(scheme, terms[0, :, lane])
        np.testing.assert_allclose(together[..., lane], expected, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("early", [0.0, 1.0])
@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("seed", range(3))
def test_the_number_of_lanes_changes_no_bit(scheme, early, seed):
    terms = random_terms(seed, early=early)
    narrow = on_lanes(scheme, terms[..., : lanes.NARROW])
    np.testing.assert_array_equal(narrow, on_lanes(scheme, terms)[..., : lanes.NARROW])


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("seed", range(5))
def test_an_option_marches_in_spot_as_its_lane_in_scaled_coordinates(right, scheme, seed):
    # A call's rows are those of the put with rate and yield exchanged, so they run the other way.
    draw = np.random.default_rng(seed).uniform
    vol, rate, dividend_yield, expiry = draw([0.2, 0.0, 0.0, 0.1], [0.5, 0.08, 0.08, 1.0])
    contract = Contracts(right, 100.0, expiry, vol, rate, dividend_yield, True)
    terms = lay_out(contract, np.array([[expiry]])).terms[lanes.FIELD]
    lane = on_lanes(scheme, terms)[..., 0]
    spots = 100.0 * np.exp(-right * terms[0, batch.SCALE, 0] * GRID.nodes)
    grid = Grid(spots[:: -int(right)], expiry * GRID.times)
    option = Option(right, 100.0, expiry, Exercise.AMERICAN)
    model = BlackScholes(vol, rate, dividend_yield)
    marched = march_option(pose(option, model, ()), grid, scheme)
    np.testing.assert_allclose(marched.levels, lane, rtol=0.0, atol=1e-12)
