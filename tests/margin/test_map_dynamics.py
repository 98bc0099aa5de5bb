"""Thresholds whose volatilities move with the spot, against closed forms and at their edges."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from scipy.optimize import brentq

from margin import (
    Position,
    Smile,
    SmileSurface,
    Underlying,
    liquidation_map,
    requirement,
    sticky_delta,
)
from margin.maps.diagonal import BEYOND, diagonal
from margin.maps.dynamics import SpotBeta, StickyDelta, regression_beta
from margin.maps.levels import level_spots
from margin.maps.path import ThresholdSide
from margin.piecewise import PiecewiseCubic, line
from margin.rules import DeribitPortfolio, DerivePortfolio
from tests.margin.by_hand import ASOF, account, after, market, put
from tests.margin.maps import GRID, excess_by_hand, later, six_legs, strangle
from tests.margin.test_liquidation_map import ends

WAYS = [SpotBeta(-1.5), SpotBeta(0.7), StickyDelta()]


def with_smile(priced):
    smiles = tuple(
        Smile(days / 365.0, 60.0, a=0.02 * days / 28, b=0.05 * days / 28, rho=-0.4, m=0, sigma=0.15)
        for days in (28, 56)
    )
    return replace(priced, smiles={"X": SmileSurface(60.0, smiles)})


def mapped(cash=37.0, **kind):
    held, priced = six_legs(cash)
    spots = {"spots": (25.0, 150.0)} | kind
    return liquidation_map(held, with_smile(priced), GRID, horizon=timedelta(days=10),
                           dates=[after(5)], **spots)  # fmt: skip


def moved(priced, way, spot):
    """The market with the volatilities that it has at another spot."""
    vols = {leg: vol * way.factor(leg, priced, spot) for leg, vol in priced.vols.items()}
    return replace(priced, vols=vols)


@pytest.mark.parametrize("day", [0, 5])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_thresholds_are_the_roots_of_the_closed_form_at_the_volatilities_there(way, day):
    held, priced = six_legs(30.0)
    at = later(with_smile(priced), after(day))

    def excess(spot):
        return float(excess_by_hand(held, moved(at, way, spot), GRID, spot))

    for end, error in ends(mapped(30.0).under(way).intervals(after(day))):
        root = brentq(excess, (1.0 - 1e-4) * end, (1.0 + 1e-4) * end, xtol=1e-11)
        assert abs(end - root) <= error
        assert end == pytest.approx(root, rel=1e-6)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_the_excess_is_that_of_the_closed_form_at_every_spot(way):
    held, priced = six_legs(37.0)
    found, priced = mapped().under(way), with_smile(priced)
    spots = np.geomspace(30.0, 120.0, 25)
    curves = found.excess_curves(ASOF)
    excess = np.min([curve(spots) for curve in curves], axis=0)
    error = max(float(curve.error.max()) for curve in curves)
    direct = [float(excess_by_hand(held, moved(priced, way, s), GRID, s)) for s in spots.tolist()]
    assert np.all(np.abs(excess - direct) <= error)
    assert error < 5e-3


def test_a_beta_of_zero_is_sticky_strike():
    known, found = mapped(), mapped().under(SpotBeta(0.0))
    for (end, _), (other, _) in zip(
        ends(found.intervals(ASOF)), ends(known.intervals(ASOF)), strict=True
    ):
        assert end == pytest.approx(other, rel=1e-9)


def test_a_flat_smile_sticks_to_strikes_and_to_delta_alike():
    held, priced = strangle()
    flat = replace(priced, smiles={"X": SmileSurface(50.0, (Smile(0.2, 50.0, a=0.02),))})
    known = liquidation_map(held, flat, GRID, horizon=timedelta(days=3))
    found = known.under(StickyDelta())
    for (end, error), (other, _) in zip(
        ends(found.intervals(ASOF)), ends(known.intervals(ASOF)), strict=True
    ):
        assert abs(end - other) <= 2.0 * error + 1e-8


@pytest.mark.parametrize("factor", [0.7, 0.95, 1.3])
def test_volatilities_at_a_spot_are_those_of_a_market_whose_smile_has_moved(factor):
    _, priced = six_legs(37.0)
    priced = with_smile(priced)
    there = sticky_delta(priced, "X", factor)
    for leg, vol in priced.vols.items():
        found = vol * StickyDelta().factor(leg, priced, 60.0 * factor)
        assert found == pytest.approx(there.volatility(leg), rel=1e-12)


def test_volatility_that_rises_as_the_spot_falls_brings_the_lower_threshold_nearer():
    found = liquidation_map(*strangle(), GRID, horizon=timedelta(days=3), spots=(20.0, 100.0))
    falls, stays, rises = (
        ends(found.under(SpotBeta(beta)).intervals(ASOF))[0][0] for beta in (1.0, 0.0, -1.0)
    )
    assert falls < stays < rises


@pytest.mark.parametrize("way", WAYS[:2], ids=lambda way: way.name)
def test_a_map_that_follows_volatilities_answers_all_that_others_do(way):
    found = mapped(40.0).under(way)
    other = found.with_account(replace(found.revaluation.account, cash=30.0))
    fresh = mapped(30.0).under(way)
    np.testing.assert_allclose(
        ends(other.intervals(ASOF)), ends(fresh.intervals(ASOF)), rtol=1e-7, atol=1e-9
    )
    assert found.ladder(ASOF).bankruptcy.certificate.complete
    assert found.accruing(interest=0.1).danger(after(5)).certificate.complete
    (first, *_) = other.sensitivities(ASOF)
    more = other.with_account(replace(other.revaluation.account, cash=30.01))
    slope = (ends(more.intervals(ASOF))[0][0] - ends(other.intervals(ASOF))[0][0]) / 0.01
    assert first.cash == pytest.approx(slope, rel=1e-3)


@pytest.mark.parametrize("rule", [DeribitPortfolio(), DerivePortfolio()], ids=lambda r: r.name)
def test_rules_of_venues_follow_volatilities(rule):
    held, priced = strangle(8_000.0)
    way = SpotBeta(-0.5)
    found = liquidation_map(held, priced, rule, horizon=timedelta(days=3), spots=(30.0, 80.0))
    for end, error in ends(found.under(way).intervals(ASOF)):
        signs = [
            requirement(held, replace(at, underlyings={"X": Underlying(s, 0.04)}), rule).excess > 0
            for s, at in (
                (s, moved(priced, way, s)) for s in (end - 2.0 * error, end + 2.0 * error)
            )
        ]
        assert signs[0] is not signs[1]


def test_the_range_searched_is_that_over_which_volatilities_are_followed():
    found = mapped(spots=(6.0, 600.0)).under(SpotBeta(-2.0))
    assert (found.lowest, found.highest) == (pytest.approx(30.0), pytest.approx(120.0))


@pytest.mark.parametrize(
    ("way", "vol", "message"),
    [
        (StickyDelta(), 0.3, "smiles of the market must hold X for sticky delta"),
        (SpotBeta(-1.0), 2.0, "takes the volatility of X .* narrow the range of spots"),
    ],
)
def test_volatilities_that_cannot_be_followed_are_refused(way, vol, message):
    leg = put(50.0, 30)
    held = account(500.0, Position(leg, -1.0))
    found = liquidation_map(held, market(50.0, {leg: vol}), GRID, horizon=timedelta(days=3))
    with pytest.raises(ValueError, match=message):
        found.under(way)


def test_a_kink_that_moves_widens_the_error():
    spots = level_spots(SpotBeta(1.0), (40.0, 160.0))
    levels = [
        PiecewiseCubic([20.0, s, 400.0], [[0, 0, 0, 0], [0, 1, 2, 3]], [0.0, 0.0])
        for s in 100.0 + 0.2 * (spots - 100.0)
    ]
    found = diagonal(levels, spots, (40.0, 160.0))
    at = np.linspace(41.0, 159.0, 5_001)
    kink = 100.0 + 0.2 * (at - 100.0)
    exact = np.maximum(at - kink, 0.0) * 3.0 / (400.0 - kink)
    cell = np.minimum(np.searchsorted(found.knots, at, side="right"), found.error.size) - 1
    assert np.all(np.abs(found(at) - exact) <= found.error[cell] + 1e-9)


@pytest.mark.parametrize(("cells", "order"), [((8, 16, 32), 6.0)])
def test_the_interpolation_between_volatilities_is_of_sixth_order(cells, order):
    errors = []
    for count in cells:
        spots = 50.0 * 4.0 ** (np.arange(-BEYOND, count + BEYOND + 1) / count)
        levels = [line(float(np.sin(6 * np.log(s))), 0.0, lowest=40, highest=210) for s in spots]
        at = np.sqrt(spots[BEYOND : -BEYOND - 1] * spots[BEYOND + 1 : -BEYOND])
        found = diagonal(levels, spots, (50.0, 200.0))
        # Knots are the spots alone, so read where the cubic is the polynomial: at its ends.
        left = found.derivative(spots[BEYOND : -BEYOND - 1])
        exact = 6.0 * np.cos(6 * np.log(spots[BEYOND : -BEYOND - 1])) / spots[BEYOND : -BEYOND - 1]
        errors.append(np.abs(left - exact).max())
        assert at.size == count
    fitted = -np.polyfit(np.log(cells), np.log(errors), 1)[0]
    assert fitted == pytest.approx(order - 1.0, abs=0.5)  # a slope loses one order


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_regression_finds_the_beta_that_made_the_history(noise):
    rng = np.random.default_rng(3)
    spots = 100.0 * np.exp(np.cumsum(0.02 * rng.standard_normal(400)))
    vols = 0.3 * (spots / 100.0) ** -1.7 * np.exp(noise * np.cumsum(rng.standard_normal(400)) * 0.1)
    found = regression_beta(spots, vols)
    assert abs(found.beta + 1.7) <= 4.0 * found.error + 1e-9
    assert -1.0 <= found.correlation < -0.9


@pytest.mark.parametrize(
    ("spots", "vols", "message"),
    [
        ([1, 2, 3], [1, 2, 3], "equally many, four at least"),
        ([1, 2, 3, 0], [1, 2, 3, 4], "must be positive and finite"),
        ([1, 1, 1, 1], [1, 2, 3, 4], "spots must move"),
    ],
)
def test_a_history_that_says_nothing_is_refused(spots, vols, message):
    with pytest.raises(ValueError, match=message):
        regression_beta(spots, vols)


def test_thresholds_over_volatility_are_those_of_each_move():
    found = mapped()
    moves = (-0.3, -0.1, 0.0, 0.2, 0.5)
    grid = found.over_volatility(moves, after(5))
    assert grid.moves == moves
    for move, danger in zip(grid.moves, grid.sets, strict=True):
        alone = ends(found.under(move).intervals(after(5)))
        for (end, error), (other, _) in zip(ends(danger.intervals), alone, strict=True):
            assert abs(end - other) <= 2.0 * error
    every = sum(curve.spots.size for curve in grid.curves())
    assert every == sum(len(ends(danger.intervals)) for danger in grid.sets)
    assert {curve.side for curve in grid.curves()} == set(ThresholdSide)


def test_a_threshold_over_volatility_passes_through_the_spot_at_the_volatility_that_liquidates():
    held, priced = strangle()
    found = liquidation_map(held, priced, GRID, horizon=timedelta(days=3), spots=(30.0, 90.0))
    rise = found.vol_threshold().rise
    grid = found.over_volatility([rise - 0.01, rise, rise + 0.01])
    crossing = min(grid.curves(), key=lambda curve: np.abs(curve.spots - 50.0).min())
    assert crossing.at(rise) == pytest.approx(50.0, rel=1e-5)
    with pytest.raises(ValueError, match="move must lie from"):
        crossing.at(3.0)


def test_a_map_over_no_volatility_is_refused():
    with pytest.raises(ValueError, match="moves must hold at least one"):
        mapped().over_volatility([])
