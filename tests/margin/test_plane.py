"""The map of two underlyings against closed forms, dense lines through it, and at its edges."""

import json
from dataclasses import replace

import numpy as np
import pytest

from margin import Account, Asset, Collateral, Position, State, Underlying
from margin.curve_shape import turning_spots
from margin.names.contour import contour_lines
from margin.names.plane import plane_map
from margin.piecewise import PiecewiseCubic, line
from margin.rules import PerpetualRule
from tests.margin.two_names import (
    GRID,
    SPOTS,
    TOGETHER,
    excess_by_hand,
    market,
    random_pair,
    strangles,
)

SPANS = ((20.0, 500.0), (10.0, 250.0))
RANGES = dict(zip("AB", SPANS, strict=True))
RULES = pytest.mark.parametrize("rule", [GRID, TOGETHER], ids=["apart", "together"])


def mapped(rule=GRID, cash=9_000.0, **kind):
    return plane_map(*strangles(cash), rule, names=("A", "B"), **kind)


def bowl(centre, height, scale=1.0, lowest=1.0, highest=99.0):
    """``scale (S - centre)^2 + height`` as one cubic."""
    left, right = lowest - centre, highest - centre
    squares = np.array([left**2, (2 * left * right + left**2) / 3,
                        (2 * left * right + right**2) / 3, right**2])  # fmt: skip
    return PiecewiseCubic([lowest, highest], [scale * squares + height], [1e-9])


@RULES
def test_the_closed_form_is_zero_on_the_border(rule):
    held, priced = strangles()
    found = plane_map(held, priced, rule, names=("A", "B"))
    for border in found.contour():
        slope = 1e-6 * excess_by_hand(held, priced, rule, 100.0, 50.0)
        left = excess_by_hand(held, priced, rule, border.first, border.second)
        bound = found.joint.error({"A": border.first, "B": border.second})
        assert np.all(np.abs(left) <= bound + abs(slope))
        assert border.error.max() < 2e-6


@RULES
@pytest.mark.parametrize("seed", range(4))
def test_lines_through_the_plane_cross_the_border_as_often_as_dense_points_say(rule, seed):
    rng = np.random.default_rng(seed)
    found = plane_map(*random_pair(rng), rule, names=("A", "B"), spots=RANGES)
    dense = np.geomspace(*SPANS[1], 5_001)
    for level in np.exp(rng.uniform(*np.log(SPANS[0]), 12)):
        changes = np.count_nonzero(np.diff(found.excess(level, dense) < 0.0))
        crossed = sum(np.count_nonzero(np.diff(border.first < level)) for border in found.contour())
        assert crossed == changes


@pytest.mark.parametrize("level", [70.0, 97.0, 100.0, 104.0, 150.0])
@pytest.mark.parametrize("fixed", [0, 1])
@RULES
def test_a_slice_has_its_ends_on_the_border(rule, fixed, level):
    found = mapped(rule)
    spot = level * found.spots[fixed] / 100.0
    danger = found.danger("AB"[fixed], spot)
    assert danger.certificate.complete
    for run in danger.intervals:
        for end, is_open in ((run.lower, run.lower_open), (run.upper, run.upper_open)):
            where = (end, spot) if fixed else (spot, end)
            assert is_open or abs(found.excess(*where)) <= 1e-6


@pytest.mark.parametrize(("depth", "closed"), [(25.0, True), (1e-6, True), (3_000.0, False)])
def test_a_circle_is_found_however_small(depth, closed):
    spans = ((2.0, 98.0), (2.0, 98.0))
    lines = contour_lines(bowl(50.0, -depth), bowl(40.0, 0.0), spans)
    assert {each.closed for each in lines} == {closed}
    for each in lines:
        radius = np.hypot(each.first - 50.0, each.second - 40.0)
        np.testing.assert_allclose(radius, np.sqrt(depth), rtol=1e-7)


def test_two_islands_are_two_closed_lines():
    waves = [bowl(30.0, -4.0, highest=45.0), bowl(60.0, -4.0, lowest=45.0)]
    both = PiecewiseCubic(
        [1.0, 45.0, 99.0], np.concatenate([wave.bernstein for wave in waves]), [1e-9, 1e-9]
    )
    lines = contour_lines(both, bowl(50.0, 0.0), ((2.0, 98.0), (2.0, 98.0)))
    assert [each.closed for each in lines] == [True, True]
    assert sorted(round(float(each.first.mean())) for each in lines) == [30, 60]


def test_a_curve_turns_where_its_slope_changes_sign():
    np.testing.assert_allclose(turning_spots(bowl(30.0, 0.0), 2.0, 90.0), [2.0, 30.0, 90.0])
    np.testing.assert_allclose(turning_spots(bowl(30.0, 0.0), 40.0, 90.0), [40.0, 90.0])


def test_a_loan_in_one_asset_on_another_is_lost_above_a_ratio():
    held = Account("loan", "USD", 0.0, (Position(Asset("B"), -0.9),), (Collateral("A", 1.0, 0.4),))
    found = plane_map(held, market({}), PerpetualRule(), names=("A", "B"))
    (border,) = found.contour()
    np.testing.assert_allclose(border.second / border.first, 0.6 / 0.9, rtol=1e-12)
    # The nearest point of the line ln B - ln A = ln(2/3) to (ln 100, ln 50) moves both alike.
    step = 0.5 * np.log(0.6 / 0.9 / 0.5)
    expected = 100.0 * np.exp(-step), 50.0 * np.exp(step)
    np.testing.assert_allclose(found.nearest(), expected, rtol=1e-6)


def test_a_third_name_stays_where_it_is():
    held = Account("two", "USD", 70.0, (Position(Asset("A"), 1.0), Position(Asset("B"), -3.0)))
    more = replace(held, cash=0.0, positions=(*held.positions, Position(Asset("C"), 10.0)))
    wider = replace(market({}), underlyings={**market({}).underlyings, "C": Underlying(7.0)})
    two, three = (
        plane_map(each, wider, PerpetualRule(), names=("A", "B")) for each in (held, more)
    )
    assert two.words == three.words
    assert float(two.excess(80.0, 60.0)) == pytest.approx(float(three.excess(80.0, 60.0)))


@pytest.mark.parametrize(
    ("cash", "state", "words"),
    [
        (1e6, State.SAFE, "safe; no threshold in the range searched"),
        (-1e6, State.LIQUIDATED, "liquidated; no threshold in the range searched"),
    ],
)
def test_accounts_that_are_safe_or_lost_everywhere_say_so(cash, state, words):
    found = mapped(cash=cash, spots={"A": (80.0, 120.0), "B": (40.0, 60.0)})
    assert found.contour() == ()
    assert found.nearest() is None
    assert (found.state(100.0, 50.0), found.words) == (state, words)


def test_a_pair_on_the_border_is_undecided():
    found = mapped()
    border = found.contour()[0]
    assert found.state(float(border.first[9]), float(border.second[9])) is State.UNDECIDED


@RULES
def test_the_dictionary_is_plain_enough_for_json(rule):
    kept = json.loads(json.dumps(mapped(rule).to_dict(), allow_nan=False))
    assert kept["names"] == ["A", "B"]
    assert len(kept["contour"]) == len(mapped(rule).contour())


@RULES
def test_the_figure_shows_the_state_the_border_and_the_nearest_threshold(rule):
    found = mapped(rule)
    axes = found.plot()
    assert found.words in axes.get_title(loc="left")
    assert axes.get_xlabel() == "A spot (USD)"
    labels = axes.get_legend_handles_labels()[1]
    assert {"liquidated", "threshold", "now"} <= set(labels)


@pytest.mark.parametrize(
    ("names", "spots", "message"),
    [
        (("A", "A"), {}, "names must be two different underlyings"),
        (("A", "C"), {}, "names must be underlyings of the market, got 'C'"),
        (("A", "B"), {"A": (120.0, 200.0)}, "spots of A must hold 100.0"),
    ],
)
def test_names_and_ranges_that_do_not_fit_are_refused(names, spots, message):
    with pytest.raises(ValueError, match=message):
        plane_map(*strangles(), GRID, names=names, spots=spots)


def test_a_slice_of_another_name_is_refused():
    with pytest.raises(ValueError, match="name must be one of A, B, got 'C'"):
        mapped().danger("C", 5.0)
    assert SPOTS["A"] == mapped().spots[0]


def test_a_flat_line_has_no_contour():
    level = line(1.0, 0.0, lowest=1.0, highest=99.0)
    assert contour_lines(level, level, ((2.0, 98.0), (2.0, 98.0))) == ()
