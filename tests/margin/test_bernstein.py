"""Kernels on Bernstein coefficients, against companion matrices and functions of known roots."""

import numpy as np
import pytest
from numpy.polynomial import Polynomial

from margin.kernels.bernstein import (
    CELLS,
    COLUMNS,
    FOUND,
    SEARCHED,
    SIDES,
    SPLITS,
    cell_at,
    merge_knots,
    negative_sets,
    restrict,
    root,
    sign_changes,
    slope,
    value,
)
from tests import naive

pytestmark = pytest.mark.kernels

EPSILON = np.finfo(float).eps
CERTAIN, NOMINAL, POSSIBLE = range(SIDES)


def isolate(knots, cells, *, error=0.0, offsets=None, span=(-np.inf, np.inf)):
    """Return the intervals of `negative_sets` by side, and its tally."""
    cells = np.asarray(cells, dtype=float)
    offsets = np.array([0, len(cells)]) if offsets is None else offsets
    tally = np.zeros((SIDES, COLUMNS), dtype=np.int64)
    out = np.empty((SIDES, 2 * len(cells) + len(offsets), 2))
    errors, span = np.full(len(cells), error), np.array(span, dtype=float)
    negative_sets(np.asarray(knots, dtype=float), cells, errors, offsets, span, tally, out)
    return [out[side, : tally[side, FOUND]] for side in range(SIDES)], tally


def with_roots(*roots, sign=1.0):
    return naive.bernstein(sign * Polynomial.fromroots(roots))


def random_functions(seed, count, cells=12):
    rng = np.random.default_rng(seed)
    knots = np.cumsum(rng.uniform(0.1, 1.0, (count, cells + 1)), axis=1)
    return knots, rng.normal(0.3, 1.0, (count, cells, 4))


@pytest.mark.parametrize("seed", range(10))
def test_restriction_agrees_with_substitution(seed):
    rng = np.random.default_rng(seed)
    cubic, part = tuple(rng.normal(size=4)), np.sort(rng.random(2))
    found = restrict(cubic, *part)
    np.testing.assert_allclose(found, naive.restricted(cubic, *part), atol=50 * EPSILON)


def test_restriction_to_the_whole_cell_changes_no_bit():
    cubic = tuple(np.random.default_rng(0).normal(size=4))
    assert restrict(cubic, 0.0, 1.0) == cubic


def test_two_halves_meet_in_the_same_bit():
    cubic = tuple(np.random.default_rng(1).normal(size=4))
    assert restrict(cubic, 0.0, 0.3)[3] == restrict(cubic, 0.3, 1.0)[0]


@pytest.mark.parametrize("t", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_value_and_slope_agree_with_powers(t):
    cubic = tuple(np.random.default_rng(2).normal(size=4))
    expected = naive.polynomial(cubic)
    assert value(cubic, t) == pytest.approx(expected(t), abs=50 * EPSILON)
    assert slope(cubic, t) == pytest.approx(expected.deriv()(t), abs=50 * EPSILON)


def test_every_spot_finds_its_cell():
    knots = np.array([1.0, 2.0, 4.0, 8.0])
    spots = [1.0, 1.9, 2.0, 3.9, 4.0, 8.0]
    assert [cell_at(knots, spot) for spot in spots] == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("seed", range(5))
def test_merged_knots_are_the_union_within_the_shared_range(seed):
    rng = np.random.default_rng(seed)
    first, second = (np.unique(rng.integers(0, 30, 15)).astype(float) for _ in range(2))
    merged = np.empty(first.size + second.size)
    count = merge_knots(first, second, merged)
    lowest, highest = max(first[0], second[0]), min(first[-1], second[-1])
    union = np.union1d(first, second)
    expected = union[(union >= lowest) & (union <= highest)]
    np.testing.assert_array_equal(merged[:count], expected)


@pytest.mark.parametrize(
    ("cubic", "expected"),
    [
        ((1.0, 2.0, 3.0, 4.0), (0, 1, 1)),
        ((-1.0, 0.0, 0.0, -1.0), (0, -1, -1)),
        ((0.0, -1.0, 0.0, 2.0), (1, -1, 1)),
        ((1.0, -1.0, 1.0, 0.0), (2, 1, 1)),
        ((-1.0, 1.0, -1.0, 1.0), (3, -1, 1)),
        ((0.0, 0.0, 0.0, 0.0), (0, 0, 0)),
    ],
)
def test_sign_changes_leave_zeros_out(cubic, expected):
    assert sign_changes(cubic) == expected


@pytest.mark.parametrize("seed", range(40))
def test_a_single_root_agrees_with_the_companion_matrix(seed):
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.uniform(-6.0, 0.0, 4)
    cubic = tuple(size * np.where(np.arange(4) < rng.integers(1, 4), 1.0, -1.0))
    found = root(cubic, 1)
    assert found == pytest.approx(naive.roots_inside(cubic).item(), rel=1e-9)
    slack = 8 * EPSILON * max(map(abs, cubic))
    assert abs(value(cubic, found)) <= slack + EPSILON * abs(slope(cubic, found))


@pytest.mark.parametrize("seed", range(40))
def test_random_cells_have_the_roots_of_the_companion_matrix(seed):
    cubic = np.random.default_rng(seed).normal(size=4)
    sets, _ = isolate([0.0, 1.0], [cubic])
    ends = [end for end in sets[NOMINAL].ravel() if 0.0 < end < 1.0]
    np.testing.assert_allclose(ends, naive.roots_inside(cubic), atol=1e-12)


@pytest.mark.parametrize(
    ("cubic", "expected"),
    [
        (with_roots(-1.0, 2.0), [[0.0, 1.0]]),
        (with_roots(0.3), [[0.0, 0.3]]),
        (with_roots(0.25, 0.75), [[0.25, 0.75]]),
        (with_roots(0.25, 0.5, 0.75), [[0.0, 0.25], [0.5, 0.75]]),
        (with_roots(0.5, 0.5, 0.5), [[0.0, 0.5]]),
        (with_roots(0.0, 0.5), [[0.0, 0.5]]),
        (with_roots(0.5, 1.0), [[0.5, 1.0]]),
        (with_roots(0.5, 0.5), []),
        (with_roots(0.0, 0.0), []),
        (with_roots(0.5, 0.5, sign=-1.0), [[0.0, 1.0]]),
        ((0.0, 0.0, 0.0, 0.0), []),
        ((1.0, 1.0, 1.0, 1.0), []),
    ],
)
def test_known_roots_end_the_intervals(cubic, expected):
    sets, _ = isolate([0.0, 1.0], [cubic])
    found = sets[NOMINAL]
    assert len(found) == len(expected)
    np.testing.assert_allclose(found.ravel(), np.ravel(expected), atol=1e-5)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_double_root_is_possible_and_not_certain(sign):
    (certain, _, possible), _ = isolate([0.0, 1.0], [with_roots(0.3, 0.3, sign=sign)])
    around = naive.members(possible, np.array([0.3])) & ~naive.members(certain, np.array([0.3]))
    assert around.all()


def test_a_root_at_a_knot_counts_once():
    sets, _ = isolate([0.0, 1.0, 2.0], [with_roots(1.0), with_roots(0.0)])
    np.testing.assert_array_equal(sets[NOMINAL], [[0.0, 1.0]])


def test_a_zero_at_a_knot_does_not_divide_an_interval():
    sets, _ = isolate([0.0, 1.0, 2.0], [with_roots(1.0), with_roots(0.0, sign=-1.0)])
    np.testing.assert_array_equal(sets[NOMINAL], [[0.0, 2.0]])


def test_a_jump_across_zero_is_an_end():
    sets, _ = isolate([0.0, 1.0, 2.0], [[1.0] * 4, [-1.0] * 4])
    np.testing.assert_array_equal(sets[NOMINAL], [[1.0, 2.0]])


def test_a_cell_that_is_zero_throughout_is_possible_only():
    cells = [[-1.0, -1.0, -1.0, 0.0], [0.0] * 4, [0.0, 1.0, 1.0, 1.0]]
    (certain, nominal, possible), _ = isolate([0.0, 1.0, 2.0, 3.0], cells)
    np.testing.assert_array_equal(nominal, [[0.0, 1.0]])
    assert certain[-1, 1] <= 1.0
    assert possible[-1, 1] >= 2.0


def test_roots_a_billionth_apart_are_told_apart_in_a_narrow_cell():
    start, width = 1.0, 4e-9
    sets, _ = isolate([start, start + width], [with_roots(0.25, 0.5, 0.75)])
    expected = start + width * np.array([0.0, 0.25, 0.5, 0.75])
    np.testing.assert_allclose(sets[NOMINAL].ravel(), expected, rtol=0.0, atol=2 * EPSILON)


def test_roots_a_billionth_apart_in_a_wide_cell_are_left_undecided():
    (certain, _, possible), _ = isolate([0.0, 1.0], [with_roots(0.5, 0.5 + 1e-9)])
    cluster = np.array([0.5, 0.5 + 5e-10, 0.5 + 1e-9])
    assert naive.members(possible, cluster).all()
    assert len(certain) == 0


@pytest.mark.parametrize("error", [0.0, 1e-9, 1e-3])
def test_the_sides_of_a_crossing_lie_an_error_over_the_slope_away(error):
    (certain, nominal, possible), _ = isolate([0.0, 10.0], [[-4.0, -1.0, 2.0, 5.0]], error=error)
    ends = [sets[0, 1] for sets in (certain, nominal, possible)]
    bar = error / 0.9 + 1e-14
    np.testing.assert_allclose(ends, 40.0 / 9.0 + np.array([-bar, 0.0, bar]), atol=4e-14)


@pytest.mark.parametrize("seed", range(5))
def test_many_functions_in_one_call_are_as_each_alone(seed):
    knots, cells = random_functions(seed, count=7)
    alone = [isolate(*function)[0][NOMINAL] for function in zip(knots, cells, strict=True)]
    together, _ = isolate(
        knots.ravel(), cells.reshape(-1, 4), offsets=np.arange(8) * cells.shape[1]
    )
    np.testing.assert_array_equal(together[NOMINAL], np.concatenate(alone))


@pytest.mark.parametrize("seed", range(5))
def test_a_range_cuts_the_intervals(seed):
    knots, cells = random_functions(seed, count=1)
    lowest, highest = 0.5 * (knots[0, 2] + knots[0, 3]), 0.5 * (knots[0, 8] + knots[0, 9])
    whole, _ = isolate(knots[0], cells[0])
    part, _ = isolate(knots[0], cells[0], span=(lowest, highest))
    cut = np.clip(whole[NOMINAL], lowest, highest)
    np.testing.assert_allclose(part[NOMINAL], cut[cut[:, 0] < cut[:, 1]], rtol=1e-12)


def test_the_tally_counts_cells_searches_and_splits():
    cells = [[2.0, 1.0, 1.0, 2.0], [2.0, -1.0, -1.0, 2.0], [2.0, 1.0, 0.5, -1.0]]
    _, tally = isolate([0.0, 1.0, 2.0, 3.0], cells)
    assert tally[NOMINAL, [CELLS, SEARCHED, SPLITS]].tolist() == [3, 2, 1]
