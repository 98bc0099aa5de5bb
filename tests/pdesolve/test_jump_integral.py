"""The integral over jumps against quadrature of the exact density, and where it is known."""

import numpy as np
import pytest
from scipy.special import ndtr

from pdesolve.jumping.jump_integral import HEIGHTS, RATES, expected, jump_density, jump_weights
from pdesolve.jumping.jump_law import ExponentialJumps, NormalJumps
from pdesolve.jumping.spot_jumps import spot_jumps

PLACES = np.sinh(np.linspace(-4.0, 4.0, 121)) / np.sinh(4.0) * 3.0
PUT = np.array([[1.0, -1.0], [0.0, 0.0]])  # beyond the nodes
NORMALS = [(-0.5, 0.4), (0.0, 0.1), (0.3, 1.0), (-0.1, 1e-3), (-4.0, 0.3), (0.2, 0.0)]
KOU = ExponentialJumps(intensity=1.0, up_share=0.4, up_rate=10.0, down_rate=5.0)
LAWS = [NormalJumps(2.0, -0.5, 0.4), NormalJumps(0.5, 0.1, 0.0), KOU]
# What is left of the normal transform by its rational approximation, per unit of the value.
NORMAL_ERROR = 3e-10


def put(places):
    return np.maximum(-np.expm1(places), 0.0)


def lines(values, tails):
    """Intercepts and slopes of all cells, tails first and last."""
    slopes = np.diff(values) / np.diff(np.exp(PLACES))
    flats = values[:-1] - slopes * np.exp(PLACES[:-1])
    return tuple(np.r_[tails[0, k], row, tails[1, k]] for k, row in enumerate((flats, slopes)))


def by_normal_law(values, tails, mean, sd):
    """The expected value cell by cell, from the probability of each and the mean of spot there."""
    flats, slopes = lines(values, tails)
    ends = np.r_[-np.inf, PLACES, np.inf] - PLACES[:, None] - mean
    chances = np.diff(ndtr(ends / sd), axis=1)
    grown = np.diff(ndtr((ends - sd**2) / sd), axis=1)
    return chances @ flats + np.exp(PLACES + mean + 0.5 * sd**2) * (grown @ slopes)


def by_exponential_law(values, tails, law):
    """The same, up and down apart."""
    flats, slopes = lines(values, tails)
    ends = np.r_[-np.inf, PLACES, np.inf] - PLACES[:, None]
    above, below = np.maximum(ends, 0.0), np.minimum(ends, 0.0)
    up, down = law.up_rate, law.down_rate
    chances = law.up_share * -np.diff(np.exp(-up * above), axis=1)
    chances += (1.0 - law.up_share) * np.diff(np.exp(down * below), axis=1)
    grown = law.up_share * up / (up - 1.0) * -np.diff(np.exp((1.0 - up) * above), axis=1)
    grown += (
        (1.0 - law.up_share) * down / (down + 1.0) * np.diff(np.exp((down + 1.0) * below), axis=1)
    )
    return chances @ flats + np.exp(PLACES) * (grown @ slopes)


@pytest.mark.kernels
@pytest.mark.parametrize(("mean", "sd"), NORMALS)
def test_normal_jumps_agree_with_the_normal_law(mean, sd):
    values = put(PLACES) + 0.1 * np.exp(-(PLACES**2))
    weights = jump_weights(jump_density(NormalJumps(1.0, mean, sd)), PLACES)
    exact = by_normal_law(values, PUT, mean, max(sd, 1e-9))
    np.testing.assert_allclose(expected(weights, values, PUT), exact, atol=NORMAL_ERROR)


@pytest.mark.kernels
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_exponential_jumps_agree_with_their_law(share):
    law = ExponentialJumps(1.0, share, 10.0, 5.0)
    values = put(PLACES) + 0.1 * np.exp(-(PLACES**2))
    weights = jump_weights(jump_density(law), PLACES)
    exact = by_exponential_law(values, PUT, law)
    np.testing.assert_allclose(expected(weights, values, PUT), exact, atol=1e-14)


def test_the_terms_of_the_normal_law_have_its_transform():
    frequency = np.r_[0.0, np.geomspace(1e-3, 1e3, 4001)]
    terms = 2.0 * HEIGHTS * RATES / (frequency[:, None] ** 2 + RATES**2)
    gaps = terms.real.sum(axis=1) - np.exp(-0.5 * frequency**2)
    assert np.abs(gaps).max() < NORMAL_ERROR


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_cash_stays_and_spot_grows_by_the_mean_jump(law):
    jumps, growth = spot_jumps(law), np.exp(PLACES)
    weights = jump_weights(jumps.density, PLACES)
    cash = expected(weights, np.ones(PLACES.size), np.array([[1.0, 0.0]] * 2))
    spot = expected(weights, growth, np.array([[0.0, 1.0]] * 2))
    np.testing.assert_allclose(cash, 1.0, rtol=NORMAL_ERROR)
    # The terms fade more slowly than the normal density: that costs exp(J) some digits.
    np.testing.assert_allclose(spot, (1.0 + jumps.mean_jump) * growth, rtol=10.0 * NORMAL_ERROR)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_the_integral_of_a_put_falls_with_spot_and_lies_within_its_bounds(law):
    found = expected(spot_jumps(law).weights(PLACES), put(PLACES), PUT)
    assert np.all(np.diff(found) < NORMAL_ERROR)
    assert np.all((found > -NORMAL_ERROR) & (found < 1.0 + NORMAL_ERROR))


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_exchanged_jumps_are_those_of_strike_over_spot(law):
    # E f(S exp(J)) = (1 + k) S E* [f / S](S exp(J)); at the mirrored nodes the law is mirrored.
    jumps = spot_jumps(law)
    call = np.array([[0.0, 0.0], [-1.0, 1.0]])
    plain = expected(jumps.weights(PLACES), np.maximum(np.expm1(PLACES), 0.0), call)
    places, exchanged = -PLACES[::-1], jumps.exchanged()
    units = expected(exchanged.weights(places), put(places), PUT)[::-1]
    scaled = exchanged.intensity / jumps.intensity * np.exp(PLACES) * units
    np.testing.assert_allclose(scaled, plain, rtol=1e-8, atol=NORMAL_ERROR)
    again = exchanged.exchanged()
    assert again.intensity == pytest.approx(jumps.intensity, rel=1e-14)
    assert again.mean_jump == pytest.approx(jumps.mean_jump, rel=1e-14)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_a_jump_hardly_goes_beyond_its_reach(law):
    jumps = spot_jumps(law)
    places = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) * jumps.reach
    weights = jump_weights(jumps.density, places)
    # One in the middle and none at the next nodes: from beyond these only longer jumps see it.
    seen = expected(weights, np.array([0.0, 0.0, 1.0, 0.0, 0.0]), np.zeros((2, 2)))
    assert np.abs(seen[[0, 4]]).max() < 1e-7


def test_arrays_of_parameters_are_refused():
    with pytest.raises(ValueError, match=r"intensity must be a single number, got shape \(2,\)"):
        jump_density(NormalJumps([0.1, 0.2], 0.0, 0.1))


def test_a_deviation_beyond_the_terms_is_refused():
    with pytest.raises(ValueError, match=r"log_sd must be at most 1 on a grid, got 1\.5"):
        jump_density(NormalJumps(0.1, 0.0, 1.5))
