"""Figures: what they must show, that they draw where asked, and what they refuse."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from margin import Position, figures
from margin.contract_margin import contract_table
from margin.liquidation import thresholds
from margin.margin_table import table
from margin.requirements import requirement
from margin.rules import TEN_POINT_EQUITY
from tests.margin.by_hand import account, after, call, market, put

VOLS = {call(50.0, 30): 0.3, call(55.0, 30): 0.3}
AT = market(50.0, VOLS, rate=0.03)
LEGS = (Position(call(50.0, 30), -10, 100), Position(call(55.0, 30), 20, 100))


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def backspread(cash):
    """Safe at both far sides, in danger between."""
    held = account(cash, *LEGS)
    return held, thresholds(held, AT, TEN_POINT_EQUITY)


def tabled(held, **states):
    given = {"spots": np.linspace(40.0, 65.0, 26)} | states
    return table(held, AT, TEN_POINT_EQUITY, **given)


def words(ax):
    return [text.get_text() for text in ax.texts]


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_every_threshold_in_sight_is_labelled_with_value_and_distance():
    held, found = backspread(2_300.0)
    ax = figures.against_spot(tabled(held), found)
    labels = [text for text in words(ax) if "%" in text]
    interval = found.intervals[0]
    expected = [
        f"{end:,.6g}\n{2.0 * end - 100.0:+.1f} %" for end in (interval.lower, interval.upper)
    ]
    assert [label.partition(",")[0] for label in labels] == expected


def test_equity_maintenance_excess_and_spot_are_drawn():
    held, found = backspread(2_300.0)
    drawn = lines(figures.against_spot(tabled(held), found))
    assert {"equity", "maintenance", "excess", "spot 50"} <= set(drawn)
    np.testing.assert_array_equal(drawn["excess"].get_ydata(), tabled(held).excess[0, 0])
    assert list(drawn["spot 50"].get_xdata()) == [50.0, 50.0]


@pytest.mark.parametrize(("cash", "intervals"), [(2_300.0, 1), (3_000.0, 0)])
def test_danger_is_shaded_and_its_absence_stated(cash, intervals):
    held, found = backspread(cash)
    ax = figures.against_spot(tabled(held), found)
    assert len(ax.patches) == intervals
    assert ("liquidated at no spot shown" in words(ax)) == (intervals == 0)


def test_units_stand_on_the_axes():
    ax = figures.against_spot(tabled(account(3_000.0, *LEGS)))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("X spot (USD)", "amount (USD)")


@pytest.mark.parametrize("cash", [2_000.0, 2_300.0, 3_000.0])
def test_telling_spots_hold_the_present_spot_and_every_threshold(cash):
    _, found = backspread(cash)
    spots = figures.telling_spots(found, 51)
    ends = [end for interval in found.intervals for end in (interval.lower, interval.upper)]
    assert spots.size == 51
    assert all(spots[0] < spot < spots[-1] for spot in (50.0, *ends))


def test_thresholds_of_another_account_are_refused():
    _, found = backspread(2_300.0)
    other = table(account(1.0), AT, TEN_POINT_EQUITY, spots=[40.0, 60.0], dates=[after(1)])
    with pytest.raises(ValueError, match="thresholds must be of account, rule and date"):
        figures.against_spot(other, found)


def test_a_table_without_unmoved_volatilities_is_refused():
    with pytest.raises(ValueError, match="table must hold a vol_move of 0"):
        figures.against_spot(tabled(account(3_000.0, *LEGS), vol_moves=[0.1]))


@pytest.mark.parametrize("states", [{}, {"dates": [after(days) for days in range(30)]}])
def test_a_table_of_one_volatility_is_drawn_by_date(states):
    found = tabled(account(3_000.0, *LEGS), **states)
    ax = found.plot()
    assert len([line for line in ax.get_lines() if line.get_label().startswith("20")]) == len(
        found.dates
    )
    assert ax.get_ylabel() == "excess over maintenance (USD)"


@pytest.mark.parametrize(("count", "written"), [(8, 24), (80, 0)])
def test_a_table_of_several_volatilities_is_a_map_with_numbers_if_they_fit(count, written):
    spots = np.linspace(45.0, 60.0, count)
    ax = tabled(account(2_300.0, *LEGS), spots=spots, vol_moves=[-0.2, 0.0, 0.3]).plot()
    assert len(ax.texts) == written
    assert ax.get_ylabel() == "move of all volatilities (%)"


def test_a_map_of_one_volatility_is_refused():
    with pytest.raises(ValueError, match="a map needs two spots and two vol_moves"):
        figures.excess_map(tabled(account(3_000.0, *LEGS)))


def test_contracts_are_drawn_by_expiry():
    expiries = [after(days) for days in (7, 30)]
    found = contract_table(
        AT,
        TEN_POINT_EQUITY,
        put(1.0),
        strikes=np.linspace(40, 60, 5),
        expiries=expiries,
        volatility=0.3,
    )
    drawn = lines(found.plot())
    np.testing.assert_array_equal(drawn["2026-11-27"].get_ydata(), found.short[0])


def test_the_scenario_that_binds_is_marked():
    found = requirement(account(3_000.0, *LEGS), AT, TEN_POINT_EQUITY)
    ax = figures.scenario_profits(found)
    colours = [bar.get_facecolor() for bar in ax.patches]
    marked = [bar.get_width() for bar in ax.patches if colours.count(bar.get_facecolor()) == 1]
    assert marked == [found.profits[found.worst]]


@pytest.mark.parametrize("draw", ["against_spot", "excess_by_date", "excess_map"])
def test_figures_are_drawn_where_asked_and_saved(draw, tmp_path):
    held, _ = backspread(2_300.0)
    _, ax = plt.subplots()
    found = tabled(held, vol_moves=[-0.1, 0.0, 0.1])
    assert getattr(figures, draw)(found, ax=ax) is ax
    ax.figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
