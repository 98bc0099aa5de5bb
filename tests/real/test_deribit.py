"""Coin accounts through February 2026: thresholds against what came, the model against marks."""

import numpy as np
import pytest
from scipy.optimize import brentq

from examples.deribit_fall import (
    ACCOUNTS,
    RULE,
    SPOT_MOVES,
    VOL_MOVES,
    crossed_level,
    formula,
    main,
    market_of,
    model_values,
    shifts_needed,
    snapshots,
)
from margin import Perpetual, State, requirement, thresholds
from pdesolve import black_scholes_price
from tests.real import chains

FILE = "deribit_chain_202601_202602.parquet"
ACCOUNT = {account.name: account for account in ACCOUNTS}
LARGEST_ERROR = 1e-4 / 100.0  # of the solver's values, over the strike
# A threshold moves by the error of the values over the slope of the excess, here that of 40
# options over some ten coins.
LEVEL_ERROR = 4.0 * LARGEST_ERROR

# First snapshot at which an account is lost, and the threshold that the index had crossed.
LOSSES = {
    "strangle": ("02-05 21:29", 65_931.4),
    "put spread": ("02-05 15:51", 68_524.6),
    "strangle, long perpetual": ("02-05 15:51", None),
}
UNHARMED = "strangle, short perpetual"


@pytest.fixture(scope="module")
def quotes():
    return snapshots(chains.beside(FILE))


@pytest.fixture(scope="module")
def markets(quotes):
    return [market_of(rows) for rows in quotes]


@pytest.fixture(scope="module")
def paths(markets):
    return {
        account.name: [thresholds(account, market, RULE) for market in markets]
        for account in ACCOUNTS
    }


def value_by_formula(account, market, *, spot, vol_move):
    """What an account of coin, inverse options and perpetuals is worth, in dollars."""
    value = account.cash * spot
    for held in account.positions:
        contract = held.instrument
        if isinstance(contract, Perpetual):
            value += held.quantity * held.multiplier * (spot / held.entry_price - 1.0)
            continue
        value += held.quantity * black_scholes_price(
            spot,
            contract.strike,
            market.years(contract.expiry),
            vol=market.volatility(contract) * (1.0 + vol_move),
            rate=market.underlyings["BTC"].carry(contract.expiry, market.asof)[0],
            right=contract.right,
        )
    return value


def excess_by_formula(spot, account, market):
    """Least of the account's coin after every scenario, which is equity less the requirement."""
    return min(
        value_by_formula(account, market, spot=moved, vol_move=vol_move) / moved
        for moved in (spot * (1.0 + move) for move in SPOT_MOVES)
        for vol_move in VOL_MOVES
    )


def first_lost(path):
    return next(index for index, found in enumerate(path) if found.state is State.LIQUIDATED)


def test_the_fall_has_every_snapshot_of_its_two_days(markets):
    days = [market.asof.day for market in markets]
    assert (len(days), days.count(5), days.count(6)) == (15, 4, 4)


@pytest.mark.parametrize(("name", "when", "level"), [(name, *row) for name, row in LOSSES.items()])
def test_an_account_is_lost_at_its_snapshot(paths, name, when, level):
    path = paths[name]
    lost = first_lost(path)
    crossed = crossed_level(path[lost - 1], path[lost].spot)
    assert f"{path[lost].date:%m-%d %H:%M}" == when
    assert (crossed and crossed.spot) == (level and pytest.approx(level, abs=0.1))


@pytest.mark.parametrize("name", [name for name, (_, level) in LOSSES.items() if level])
def test_the_whole_snapshot_lay_beyond_the_threshold_it_crossed(quotes, paths, name):
    lost = first_lost(paths[name])
    before = paths[name][lost - 1].below
    assert quotes[lost]["index_price"].max() < before.spot - before.error


def test_an_account_can_be_lost_to_volatility_alone(quotes, paths):
    path = paths["strangle, long perpetual"]
    lost = first_lost(path)
    before, after = path[lost - 1], path[lost]
    assert quotes[lost]["index_price"].min() > before.below.spot + before.below.error
    assert after.volatility > before.volatility


def test_a_short_perpetual_saves_the_strangle(paths):
    assert {found.state for found in paths[UNHARMED]} == {State.SAFE}


@pytest.mark.parametrize("name", ACCOUNT)
def test_requirement_and_thresholds_tell_the_same_state(markets, paths, name):
    for market, found in zip(markets, paths[name], strict=True):
        needed = requirement(ACCOUNT[name], market, RULE)
        assert needed.maintenance > 0.0
        assert found.certificate.complete
        assert found.state is (State.SAFE if needed.excess > 0.0 else State.LIQUIDATED)


@pytest.mark.parametrize("name", ACCOUNT)
def test_excess_changes_its_sign_at_every_threshold(markets, paths, name):
    for market, found in zip(markets, paths[name], strict=True):
        for inside, outside in chains.around(found):
            assert chains.excess_at(ACCOUNT[name], market, RULE, spot=inside) < 0.0
            assert chains.excess_at(ACCOUNT[name], market, RULE, spot=outside) > 0.0


@pytest.mark.parametrize("name", ACCOUNT)
def test_every_threshold_is_that_of_the_formula(markets, paths, name):
    for market, found in zip(markets, paths[name], strict=True):
        for level, error in chains.ends(found):
            near = (1.0 - 1e-4) * level, (1.0 + 1e-4) * level
            exact = brentq(excess_by_formula, *near, args=(ACCOUNT[name], market), xtol=1e-6)
            assert abs(level - exact) <= error
            assert level == pytest.approx(exact, rel=LEVEL_ERROR)


def test_the_solver_gives_the_formula_for_every_contract(quotes):
    for rows in quotes:
        forward = rows["underlying_price"]
        error = np.abs(model_values(rows) - formula(rows).price / forward)
        assert np.all(error <= LARGEST_ERROR * rows["strike"] / forward)


def test_every_mark_is_explained_by_rounding_and_the_seconds_between_rows(quotes):
    # The forward of a row may be as old as the snapshot took to collect: it may be off by what
    # the index moved meanwhile.
    for rows in quotes:
        moved = rows["index_price"].max() / rows["index_price"].min() - 1.0
        assert shifts_needed(rows, model_values(rows)).max() <= moved


def test_the_example_prints_the_crossing(capsys):
    assert main([str(chains.beside(FILE))]) == 0
    printed = capsys.readouterr().out
    assert "02-05 21:29: the index, 63,858.35, has crossed 65,931.4" in printed


def test_the_example_says_that_its_chain_is_missing(tmp_path, capsys):
    assert main([str(tmp_path / "none.parquet")]) == 2
    assert "no chain at" in capsys.readouterr().err
