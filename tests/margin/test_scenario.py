"""Scenarios, grids of them and the published rules: what they hold, say and refuse."""

from dataclasses import replace

import pytest

from margin.rules import (
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    TEN_POINT_SMALL_CAP,
    Scenario,
    compounded,
    scenario_grid,
)


@pytest.mark.parametrize(
    ("rule", "moves"),
    [
        (TEN_POINT_EQUITY, [-15, -12, -9, -6, -3, 3, 6, 9, 12, 15]),
        (TEN_POINT_SMALL_CAP, [-10, -8, -6, -4, -2, 2, 4, 6, 8, 10]),
        (TEN_POINT_BROAD_INDEX, [-8, -6.4, -4.8, -3.2, -1.6, 1.2, 2.4, 3.6, 4.8, 6]),
    ],
)
def test_ten_points_are_evenly_spaced_and_leave_out_the_present_spot(rule, moves):
    assert [100 * scenario.spot_move for scenario in rule.scenarios] == pytest.approx(moves)
    assert rule.vol_moves == (0.0,)
    assert "4210(g)" in rule.source


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"spot_move": -1.0}, "spot_move must be above -1, got -1"),
        ({"spot_move": float("nan")}, "spot_move must be a finite number"),
        ({"spot_move": 0.1, "vol_move": -1.5}, "vol_move must be above -1, got -1.5"),
        ({"spot_move": 0.1, "weight": 0.0}, "weight must be above 0"),
        ({"spot_move": 0.1, "weight": 1.5}, "weight must lie from 0 to 1, got 1.5"),
    ],
)
def test_an_impossible_scenario_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Scenario(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scenarios": ()}, "scenarios must hold at least one"),
        ({"scenarios": (0.15,)}, r"scenarios\[0\] must be of type Scenario, got 0.15"),
        ({"minimum_per_long_option": -1.0}, "minimum_per_long_option must lie from 0"),
        ({"initial_factor": 0.9}, "initial_factor must lie from 1"),
        ({"name": " "}, "name must be text"),
    ],
)
def test_an_impossible_rule_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        replace(TEN_POINT_EQUITY, **fields)


@pytest.mark.parametrize(
    ("scenario", "label"),
    [
        (Scenario(-0.15), "spot -15 %"),
        (Scenario(0.048), "spot +4.8 %"),
        (Scenario(0.0, -0.25), "spot 0 %, vol -25 %"),
        (Scenario(-0.66, 0.5, 0.35), "spot -66 %, vol +50 %, weight 0.35"),
    ],
)
def test_a_scenario_reads_as_words(scenario, label):
    assert str(scenario) == label


@pytest.mark.parametrize("move", [0.1, -0.3, 1e-9])
def test_no_move_before_another_leaves_it_as_it_is(move):
    assert compounded(0.0, move) == compounded(move, 0.0) == move


def test_a_grid_is_every_spot_move_with_every_volatility_move_then_the_extremes():
    extreme = Scenario(1.0, 0.5, 0.16)
    grid = scenario_grid((-0.1, 0.1), (0.0, 0.5), extremes=(extreme,))
    moves = [(scenario.spot_move, scenario.vol_move) for scenario in grid]
    assert moves == [(-0.1, 0.0), (-0.1, 0.5), (0.1, 0.0), (0.1, 0.5), (1.0, 0.5)]
    assert grid[-1] is extreme
