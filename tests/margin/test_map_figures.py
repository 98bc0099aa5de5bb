"""Figures of the map: what they must show, and what they say in words."""

from datetime import timedelta

import matplotlib.pyplot as plt
import numpy as np
import pytest

from margin import Asset, Position
from margin.figures.map import danger_by_date
from margin.figures.map_slices import danger_by_volatility, danger_ladder
from margin.maps.build import liquidation_map
from margin.rules import TEN_POINT_EQUITY
from tests.margin.by_hand import ASOF, account, after, market
from tests.margin.maps import backspread, strangle


@pytest.fixture(scope="module")
def found():
    moves = np.linspace(-0.6, 0.6, 7)
    return liquidation_map(
        *backspread(3_000.0), TEN_POINT_EQUITY, horizon=timedelta(days=35), vol_moves=moves
    )


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def labels(ax):
    return ax.get_legend_handles_labels()[1]


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_the_map_shows_danger_spot_cones_and_expiries(found):
    ax = danger_by_date(found)
    assert labels(ax) == ["liquidated", "spot 50", "± 1 σ at 30 %", "± 2 σ at 30 %", "expiry"]
    assert ax.get_title(loc="left").splitlines() == ["test: ten-point, equity", found.words]
    assert (ax.get_ylabel(), ax.get_xlim()) == ("X spot (USD)", (0.0, 35.0))


def test_the_filled_area_is_that_between_the_thresholds(found):
    ax = danger_by_date(found)
    (filled,) = [each for each in ax.collections if len(each.get_paths()) > 10]
    ends = np.concatenate([path.vertices[:, 1] for path in filled.get_paths()])
    assert ends.min() == min(curve.spots.min() for curve in found.path())
    assert ends.max() == max(curve.spots.max() for curve in found.path())


def test_births_and_the_day_of_liquidation_are_labelled(found):
    said = words(danger_by_date(found))
    assert said[0].startswith("born 26 Nov")
    assert any(label.startswith("liquidated 12 Dec") for label in said)


def test_a_cone_has_the_width_of_the_volatility(found):
    lines = {line.get_label(): line for line in danger_by_date(found).get_lines()}
    top = lines["± 2 σ at 30 %"].get_ydata()[-1]
    assert top == pytest.approx(50.0 * np.exp(2.0 * 0.3 * np.sqrt(35.0 / 365.0)))


def test_without_options_there_is_no_cone():
    held = account(-4_000.0, Position(Asset("X"), 100))
    plain = liquidation_map(held, market(80.0), TEN_POINT_EQUITY, horizon=timedelta(days=9))
    assert labels(danger_by_date(plain)) == ["liquidated", "spot 80"]


def test_without_danger_nothing_is_filled():
    safe = liquidation_map(*backspread(9_000.0), TEN_POINT_EQUITY, horizon=timedelta(days=9))
    assert "liquidated" not in labels(danger_by_date(safe))


def test_the_ladder_has_a_row_per_level_and_names_every_end(found):
    ax = danger_ladder(found, after(20))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [
        f"below {name}" for name in ("warning", "initial", "maintenance", "bankruptcy")
    ]
    ladder = found.ladder(after(20))
    for _, danger in ladder.rungs():
        for each in danger.intervals:
            assert {f"{each.lower:,.6g}", f"{each.upper:,.6g}"} <= set(words(ax))
    assert "nowhere in the range searched" in words(ax)


def test_open_ends_are_not_labelled_as_thresholds():
    wide = liquidation_map(*strangle(), TEN_POINT_EQUITY, horizon=timedelta(days=1))
    said = words(danger_ladder(wide))
    (below, above) = wide.intervals(ASOF)
    assert {f"{below.upper:,.6g}", f"{above.lower:,.6g}"} <= set(said)
    assert not {"10", "250"} & set(said)


def test_thresholds_of_every_move_are_dots(found):
    ax = danger_by_volatility(found)
    (dots,) = [line for line in ax.get_lines() if line.get_label() == "threshold"]
    expected = [
        end
        for move in sorted(found.vol_moves)
        for each in found.under(move).intervals(ASOF)
        for end in (each.lower, each.upper)
    ]
    np.testing.assert_array_equal(dots.get_xdata(), expected)
    assert "liquidated if volatilities fall by 47.0 %" in ax.get_title(loc="left")


def test_one_volatility_makes_no_map():
    only = liquidation_map(*strangle(), TEN_POINT_EQUITY, horizon=timedelta(days=1))
    with pytest.raises(ValueError, match=r"solved at two vol_moves or more, got \(0\.0,\)"):
        danger_by_volatility(only)


@pytest.mark.parametrize("draw", [danger_by_date, danger_ladder, danger_by_volatility])
def test_figures_draw_where_they_are_asked_to(found, draw):
    ax = plt.figure().add_subplot()
    assert draw(found, ax=ax) is ax
