"""Returns, filters and anti-procyclicality against their definitions and on real prices."""

import csv
from pathlib import Path

import numpy as np
import pytest

from margin import Position
from margin.liquidation import thresholds
from margin.procyclicality import (
    buffered,
    floored,
    largest_rise,
    peak_to_trough,
    stress_weighted,
)
from margin.requirements import requirement
from margin.returns import (
    ewma_volatility,
    filtered_returns,
    holding_returns,
    log_returns,
    scaled_returns,
    simulated_returns,
    spot_moves,
)
from margin.rules.tail.measure import ExpectedShortfall, ValueAtRisk
from margin.rules.tail.protections import StressedWindow
from margin.rules.tail.rule import TailRiskRule
from tests.margin.by_hand import account, call, market, put

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
SP500 = DATA / "sp500_daily_1950_202001.csv"
BITCOIN = DATA / "btc_eth_perp_1h_202001_202209.parquet"
VIX = DATA / "vix_daily.csv"
needs_sp500 = pytest.mark.skipif(not SP500.exists(), reason="S&P 500 prices are absent")
needs_vix = pytest.mark.skipif(not VIX.exists(), reason="VIX prices are absent")
needs_bitcoin = pytest.mark.skipif(not BITCOIN.exists(), reason="bitcoin prices are absent")


def by_date(path, first, last):
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if first <= row["date"] <= last]
    return {row["date"]: float(row["close"]) for row in rows}


def sp500_returns(first="1990-01-01", last="2019-12-31"):
    return log_returns(list(by_date(SP500, first, last).values()))


def strangle(quantity=-1.0, cash=1_000.0):
    vols = {put(95.0, 30): 0.22, call(105.0, 30): 0.18}
    return account(cash, *(Position(one, quantity, 100.0) for one in vols)), market(100.0, vols)


def test_returns_add_up_to_the_whole_move():
    prices = np.exp(np.random.default_rng(0).normal(size=20))
    returns = log_returns(prices)
    assert returns.sum() == pytest.approx(np.log(prices[-1] / prices[0]))
    assert spot_moves(returns) == pytest.approx(prices[1:] / prices[:-1] - 1.0)


@pytest.mark.parametrize("days", [1, 3, 20])
def test_holding_returns_are_those_of_prices_so_many_days_apart(days):
    prices = np.exp(np.random.default_rng(1).normal(size=21))
    expected = np.log(prices[days:] / prices[:-days])
    assert holding_returns(log_returns(prices), days) == pytest.approx(expected)


def test_the_weights_of_the_moving_average_fall_by_the_decay():
    returns, decay = np.random.default_rng(2).normal(size=50), 0.9
    weights = (1.0 - decay) * decay ** np.arange(49, -1, -1)
    expected = np.sqrt(weights @ returns**2 + decay**50 * 0.5**2)
    assert ewma_volatility(returns, decay=decay, start=0.5)[-1] == pytest.approx(expected)


def test_filtering_by_a_constant_volatility_changes_nothing():
    returns = np.random.default_rng(3).normal(size=30)
    assert filtered_returns(returns, np.full(31, 0.2)) == pytest.approx(returns)


def test_filtered_returns_have_the_volatility_of_now():
    rng = np.random.default_rng(4)
    volatility = np.repeat([0.01, 0.03], 5_000)
    returns = volatility * rng.standard_normal(10_000)
    filtered = filtered_returns(returns, np.append(volatility, 0.02))
    assert filtered.std() == pytest.approx(0.02, rel=4.0 / np.sqrt(2 * 10_000))


@pytest.mark.parametrize("degrees", [None, 5.0])
def test_simulated_returns_have_the_mean_and_volatility_asked_for(degrees):
    returns = simulated_returns(0.02, 200_000, seed=7, degrees=degrees)
    assert returns.mean() == pytest.approx(0.0, abs=1e-15)
    assert returns.std() == pytest.approx(0.02, rel=0.02)  # kurtosis 9: 2 / sqrt(1e5), and room
    assert np.array_equal(returns, simulated_returns(0.02, 200_000, seed=7, degrees=degrees))


def test_the_value_at_risk_of_shares_under_normal_returns_is_the_closed_form():
    moves = spot_moves(simulated_returns(0.02, 200_000, seed=8))
    loss = ValueAtRisk(0.99).loss(100.0 * np.array(moves))
    quantile, density = 2.326348, 0.026652
    error = 100.0 * 0.02 * np.sqrt(0.01 * 0.99 / 200_000) / density
    assert loss == pytest.approx(100.0 * (1.0 - np.exp(-0.02 * quantile)), abs=4.0 * error)


@pytest.mark.parametrize(
    ("verb", "arguments", "message"),
    [
        (log_returns, ([1.0],), r"prices must be a row of at least 2, got shape \(1,\)"),
        (log_returns, ([1.0, -2.0],), "prices must be positive, got -2.0"),
        (log_returns, ([1.0, np.nan],), "prices must be finite, got nan at index 1; leave it out"),
        (holding_returns, ([0.1, 0.2], 3), "days must be a whole number from 1 to 2, got 3"),
        (scaled_returns, ([0.1], 0.0), "days must be positive and finite, got 0.0"),
        (filtered_returns, ([0.1], [0.1]), "volatilities must be a row of at least 2"),
        (filtered_returns, ([0.1], [0.1, 0.0]), "volatilities must be positive, got 0.0"),
        (filtered_returns, ([0.1, 0.2], [0.1, 0.2]), "one more than the 2 returns, got 2"),
        (largest_rise, ([1.0, 2.0], 2), "days must be a whole number from 1 to 1, got 2"),
        (peak_to_trough, ([1.0, 0.0],), "margins must be positive for a ratio, got 0.0"),
        (buffered, ([-1.0],), "margins must be finite and not negative"),
    ],
)
def test_what_makes_no_sense_is_refused(verb, arguments, message):
    with pytest.raises(ValueError, match=message):
        verb(*arguments) if verb is not buffered else verb(*arguments, release=1.0)


def test_simulations_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="count must be positive and even, got 3"):
        simulated_returns(0.1, 3, seed=0)
    with pytest.raises(ValueError, match=r"degrees must be above 2, got 1.5"):
        simulated_returns(0.1, 4, seed=0, degrees=1.5)
    with pytest.raises(ValueError, match=r"decay must lie between 0 and 1, got 1.0"):
        ewma_volatility([0.1], decay=1.0)


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_rise_is_that_of_all_pairs(seed):
    margins = np.exp(np.random.default_rng(seed).normal(size=30))
    pairs = [margins[j] / margins[i] for i in range(30) for j in range(i + 1, min(i + 6, 30))]
    assert largest_rise(margins, 5) == pytest.approx(max(1.0, *pairs))


def test_a_buffer_is_never_below_what_is_calculated_and_does_not_jump():
    margins = np.linspace(0.0, 5.0, 501)
    found = buffered(margins, release=2.5)
    assert np.all(found >= margins)
    assert np.diff(found).max() <= 1.25 * 0.01 + 1e-12
    assert found[[100, 200, 240, 300]] == pytest.approx([1.25, 2.5, 2.5, 3.0])


@needs_sp500
@pytest.mark.parametrize("tool", ["buffer", "stress", "floor"])
def test_each_tool_makes_thirty_years_of_index_margin_swing_less(tool):
    calculated = ewma_volatility(sp500_returns())[250:]
    long_run = float(np.sqrt(np.mean(sp500_returns() ** 2)))
    tools = {
        "buffer": buffered(calculated, release=float(calculated.max())),
        "stress": stress_weighted(calculated, float(calculated.max())),
        "floor": floored(calculated, long_run),
    }
    assert peak_to_trough(tools[tool]) < peak_to_trough(calculated)
    assert largest_rise(tools[tool], 5) <= largest_rise(calculated, 5)
    assert np.all(tools[tool] >= calculated - 1e-15)


@needs_sp500
def test_the_worst_day_of_the_index_is_the_one_of_the_record():
    returns = sp500_returns("1987-01-01", "1987-12-31")
    assert returns.min() == pytest.approx(-0.229, abs=5e-4)


@needs_sp500
def test_filtered_scenarios_know_a_crisis_before_plain_ones():
    # Two years to the Friday before Monday, 2008-09-15.
    returns = sp500_returns("2006-09-12", "2008-09-12")
    later = sp500_returns("2006-11-20", "2008-11-20")
    held, at = strangle()
    needed = []
    for history in (returns, later):
        filtered = filtered_returns(history, ewma_volatility(history))
        for row in (history, filtered):
            rule = TailRiskRule(spot_moves(scaled_returns(row, 2)), ValueAtRisk(0.99))
            needed.append(requirement(held, at, rule).maintenance)
    plain_before, filtered_before, plain_after, filtered_after = needed
    assert filtered_after / filtered_before > plain_after / plain_before > 1.0


@needs_vix
@needs_sp500
def test_the_moving_average_and_the_implied_volatility_move_together():
    index, implied = (by_date(path, "1990-01-02", "2019-12-31") for path in (SP500, VIX))
    forecast = dict(zip(index, ewma_volatility(log_returns(list(index.values()))), strict=True))
    both = np.array([(forecast[date], implied[date]) for date in index if date in implied])
    assert np.corrcoef(both.T)[0, 1] > 0.8


@needs_bitcoin
def test_a_stressed_window_moves_the_thresholds_of_a_coin_strangle_inwards():
    parquet = pytest.importorskip("pyarrow.parquet")
    filters = [("symbol", "=", "BTCUSDT_PERP")]
    closes = parquet.read_table(BITCOIN, columns=["close"], filters=filters)["close"]
    hourly = log_returns(closes.to_numpy())
    calm = spot_moves(holding_returns(hourly[-2_000:], 24))
    crash = spot_moves(holding_returns(hourly[1_600:2_100], 24))  # 2020-03-07 to 2020-03-28
    held, at = strangle(cash=3_500.0)
    found = [
        thresholds(held, at, TailRiskRule(calm, ExpectedShortfall(0.975), stressed=stressed))
        for stressed in (None, StressedWindow(crash))
    ]
    assert found[0].below.spot < found[1].below.spot < 100.0 < found[1].above.spot
    assert found[1].above.spot < found[0].above.spot
