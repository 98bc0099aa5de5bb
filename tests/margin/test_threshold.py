"""What is said of thresholds: levels, distances, reasons, and their forms on paper."""

import json
import sys
from datetime import UTC, datetime
from math import log, sqrt

import numpy as np
import pytest

from margin.danger import State, danger_set
from margin.piecewise import PiecewiseCubic, from_hermite
from margin.threshold import Thresholds

DATE = datetime(2026, 11, 20, 21, tzinfo=UTC)
LOWEST, HIGHEST = 20.0, 500.0


def cubic_with_roots(*roots):
    """A curve that is positive at its first knot and crosses zero at the given spots."""
    knots = np.array([10.0, 600.0])
    values = np.prod([root - knots for root in roots], axis=0)
    widths = np.array([[root - knot for root in roots] for knot in knots])
    left, right = (-values * np.sum(1.0 / widths, axis=1)).tolist()
    return from_hermite(knots, values, left, right_slopes=right, error=1.0)


def level(height, error=0.0):
    return PiecewiseCubic([10.0, 600.0], [[height] * 4], [error])


def thresholds(excess, *, spot=100.0, volatility=None, equity=None):
    sets = [
        danger_set([curve], lowest=LOWEST, highest=HIGHEST)
        for curve in (excess, level(1.0) if equity is None else equity)
    ]
    return Thresholds("demo", "house", "BTC", DATE, spot, volatility, *sets)


BETWEEN = cubic_with_roots(150.0, 200.0)
AROUND = cubic_with_roots(5.0, 60.0, 150.0)


def test_an_interval_above_is_reached_at_its_lower_end():
    found = thresholds(BETWEEN)
    assert found.state is State.SAFE
    assert found.below is None
    assert found.above.spot == pytest.approx(150.0, rel=1e-12)
    assert found.above.percent == pytest.approx(50.0, rel=1e-12)


def test_an_interval_below_is_reached_at_its_upper_end():
    found = thresholds(BETWEEN, spot=250.0)
    assert found.below.spot == pytest.approx(200.0, rel=1e-12)
    assert found.above is None


def test_the_nearest_of_several_intervals_counts():
    found = thresholds(AROUND)
    assert len(found.intervals) == 2
    assert (found.below.spot, found.above.spot) == pytest.approx((60.0, 150.0), rel=1e-12)


@pytest.mark.parametrize("volatility", [0.2, 1.0])
def test_sigmas_count_daily_deviations_of_the_logarithm(volatility):
    found = thresholds(BETWEEN, volatility=volatility)
    expected = log(1.5) / (volatility * sqrt(1.0 / 365.0))
    assert found.above.sigmas == pytest.approx(expected, rel=1e-10)


def test_without_a_volatility_there_are_no_sigmas_and_a_reason():
    found = thresholds(BETWEEN)
    assert found.above.sigmas is None
    assert found.reasons["sigmas"] == "the account holds no living option whose volatility to take"


def test_an_account_already_short_has_recovery_prices():
    found = thresholds(BETWEEN, spot=160.0)
    assert found.already
    assert (found.below, found.above) == (None, None)
    ends = (found.recovery_below.spot, found.recovery_above.spot)
    assert ends == pytest.approx((150.0, 200.0), rel=1e-12)
    assert found.reasons["below"] == "already below maintenance at 160.00"


def test_an_account_short_everywhere_has_no_recovery_and_reasons():
    found = thresholds(level(-1.0))
    assert (found.recovery_below, found.recovery_above) == (None, None)
    assert found.reasons["recovery_below"] == "below maintenance down to 20.0000"
    assert found.reasons["recovery_above"] == "below maintenance up to 500.00"


def test_an_account_never_short_says_so_for_the_whole_range():
    found = thresholds(level(1.0))
    assert found.intervals == ()
    words = "never below maintenance between 20.0000 and 500.00"
    assert (found.reasons["below"], found.reasons["above"]) == (words, words)


def test_an_account_short_on_one_side_says_so_for_the_other():
    found = thresholds(BETWEEN)
    assert found.reasons["below"] == "never below maintenance between 20.0000 and 100.00"
    assert "above" not in found.reasons


def test_never_is_qualified_where_the_error_does_not_exclude_it():
    found = thresholds(level(0.5, error=1.0))
    assert found.state is State.UNDECIDED
    words = "never certainly short between 20.0000 and 500.00, see undecided"
    assert found.reasons["below"] == words


@pytest.mark.parametrize("spot", [100.0, 160.0, 250.0])
@pytest.mark.parametrize("excess", [BETWEEN, AROUND, level(1.0), level(-1.0), level(0.5, 1.0)])
def test_the_text_fits_a_terminal_and_names_what_matters(excess, spot):
    text = repr(thresholds(excess, spot=spot, volatility=0.6, equity=AROUND))
    assert max(map(len, text.splitlines())) <= 80
    for word in ("demo", "house", "BTC", "liquidated", "bankrupt", "searched", "0.6"):
        assert word in text


def test_the_text_of_an_account_in_danger_on_both_sides():
    text = str(thresholds(AROUND, volatility=0.6, equity=level(1.0)))
    assert text.splitlines()[3:8] == [
        "below                  60.0000 ± 0.0002     -40.00 %    -16.27 sigma",
        "above                   150.00 ± 8e-05      +50.00 %    +12.91 sigma",
        "liquidated      below 60.0000",
        "                above 150.00",
        "bankrupt        nowhere",
    ]


@pytest.mark.parametrize("excess", [BETWEEN, level(1.0), level(-1.0)])
def test_the_dictionary_is_plain_enough_for_json(excess):
    found = thresholds(excess)
    kept = json.loads(json.dumps(found.to_dict()))
    assert kept["date"] == "2026-11-20T21:00:00+00:00"
    assert kept["state"] == found.state.value
    assert len(kept["liquidation"]["intervals"]) == len(found.intervals)
    assert kept["above"] == found.to_dict()["above"]


def test_the_frame_has_a_row_per_interval_and_units():
    frame = thresholds(AROUND, equity=BETWEEN).to_dataframe()
    assert frame["kind"].tolist() == ["liquidation", "liquidation", "bankruptcy"]
    np.testing.assert_allclose(frame["upper"], [60.0, 500.0, 200.0])
    assert frame["upper_open"].tolist() == [False, True, False]
    assert frame.attrs["units"]["lower"] == "quote currency"


def test_without_pandas_the_frame_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install "pde-margin\[pandas\]"'):
        thresholds(BETWEEN).to_dataframe()
