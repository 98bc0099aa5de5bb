"""Policy iteration of one contract against dense algebra, and where it must agree with one run."""

import numpy as np
import pytest

from pdesolve.kernels.held import held_crank_nicolson, held_stage, held_tr_bdf2
from pdesolve.kernels.march import FLOOR, crank_nicolson, tr_bdf2
from tests import naive

pytestmark = pytest.mark.kernels

M = 41


def problem(seed):
    """Bands of a diffusion that loses, values before, and a floor that binds here and there."""
    draw = np.random.default_rng(seed).uniform
    bands = draw(5.0, 10.0, (3, M))
    bands[1] = -bands[0] - bands[2] - draw(0.1, 3.0, M)
    bands[:, [0, -1]] = 0.0
    floor = np.sin(np.linspace(0.0, 3.0 * np.pi, M)) + 0.1 * draw(size=M)
    return bands, floor, np.maximum(floor, draw(-0.5, 0.5, M))


@pytest.mark.parametrize("seed", range(10))
def test_a_stage_solves_the_exercise_problem_exactly(seed):
    bands, floor, before = problem(seed)
    after, held = np.zeros(M), np.zeros(M, dtype=bool)
    after[[0, -1]] = floor[[0, -1]]
    held_stage(bands, floor, 0.05, before, held, np.empty((2, M)), after)
    system = naive.step_system(bands, 0.05, 0.0, before, floor[[0, -1]])
    np.testing.assert_allclose(after, naive.held_above(*system, floor), rtol=0.0, atol=1e-12)
    np.testing.assert_array_equal(after[1:-1][held[1:-1]], floor[1:-1][held[1:-1]])


@pytest.mark.parametrize("scheme", ["crank_nicolson", "tr_bdf2"])
def test_without_a_floor_the_linear_march_is_met(scheme):
    bands, _, before = problem(0)
    times, edges = np.linspace(0.0, 0.5, 9), np.zeros((8, 2, 2))
    levels, linear, stages = np.empty((9, M)), np.empty((9, M)), np.empty((8, M))
    levels[0] = linear[0] = before
    never = np.full((1, 2, M), -np.inf)
    bound = np.ones((1, 3, M))
    bound[:, FLOOR] = -np.inf
    if scheme == "tr_bdf2":
        held_tr_bdf2(bands[None], never, times, edges, stages, levels)
        tr_bdf2(bands[None], bound, times, edges, stages, linear)
    else:
        held_crank_nicolson(bands[None], never, times, edges, 2, stages, levels)
        crank_nicolson(bands[None], bound, times, edges, 2, stages, linear)
    np.testing.assert_allclose(levels, linear, rtol=0.0, atol=1e-13)


def test_bands_and_floors_of_each_step_are_its_own():
    bands, floor, before = problem(1)
    both, floors = np.stack([bands, 0.3 * bands]), np.stack([[floor, floor], [floor, 2.0 * floor]])
    times, edges = np.array([0.0, 0.1, 0.3]), np.zeros((2, 2, 2))
    together, stages = np.empty((3, M)), np.empty((1, M))
    together[0] = before
    held_tr_bdf2(both, floors, times, edges, stages, together)
    for j in range(2):
        alone = together[j : j + 2].copy()
        one = slice(j, j + 1)
        held_tr_bdf2(both[one], floors[one], times[j : j + 2], edges[one], stages, alone)
        np.testing.assert_allclose(alone[1], together[j + 1], rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_values_never_fall_below_the_floor(seed):
    bands, floor, before = problem(seed)
    levels, stages = np.empty((12, M)), np.empty((1, M))
    levels[0] = before
    edges = np.broadcast_to(floor[[0, -1]], (11, 2, 2)).copy()
    floors = np.stack([floor, floor])[None]
    held_tr_bdf2(bands[None], floors, np.linspace(0.0, 1.0, 12) ** 2, edges, stages, levels)
    assert np.all(levels >= floor)
