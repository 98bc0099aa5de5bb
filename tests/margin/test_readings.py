"""Readings of curves at multiples of spots, against the curves themselves."""

import numpy as np
import pytest

from margin.piecewise import from_hermite, line
from margin.readings import read_shifted, stacked

pytestmark = pytest.mark.kernels

SPOTS = np.linspace(60.0, 140.0, 41)
ROUNDING = 1e-11  # of values of order one in cells of a tenth of a spot


def curve(seed, knots=None):
    rng = np.random.default_rng(seed)
    knots = np.linspace(10.0, 400.0, 60) if knots is None else knots
    values, slopes = rng.normal(size=knots.size), rng.normal(scale=0.1, size=knots.size)
    return from_hermite(knots, values, slopes[:-1], right_slopes=slopes[1:], error=0.0)


@pytest.mark.parametrize("seed", range(4))
def test_readings_are_those_of_the_curves(seed):
    rng = np.random.default_rng(seed)
    curves = [curve(seed), curve(seed + 10), curve(seed + 20)]
    which, factors = rng.integers(0, 3, 17), rng.uniform(0.3, 2.5, 17)
    found = read_shifted(curves, which, factors, SPOTS)
    for row, index, factor in zip(found, which, factors, strict=True):
        assert row == pytest.approx(curves[index](factor * SPOTS), abs=ROUNDING)


def test_spots_need_not_ascend():
    mixed = np.random.default_rng(0).permutation(SPOTS)
    one = curve(3)
    assert read_shifted([one], [0], [1.1], mixed)[0] == pytest.approx(one(1.1 * mixed), abs=1e-11)


def test_curves_of_other_knots_are_read_on_all_of_them():
    curves = curve(1), curve(2, np.linspace(15.0, 390.0, 31)), line(1.0, 0.5, lowest=1, highest=1e3)
    knots, cells = stacked(curves)
    assert cells.shape == (3, knots.size - 1, 4)
    found = read_shifted(curves, [0, 1, 2], [1.0, 1.0, 1.0], SPOTS)
    assert found == pytest.approx(np.stack([each(SPOTS) for each in curves]), abs=ROUNDING)


def test_a_reading_outside_the_curves_is_refused():
    with pytest.raises(ValueError, match=r"spots must lie in \[20\.0, 160\.0\], got 170\.0"):
        read_shifted([curve(0)], [0, 0], [0.5, 2.5], np.array([100.0, 170.0]))
