"""The statement of a requirement: its sums, its reasons, its form; nothing is priced twice."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from margin import Asset, Collateral, Perpetual, Position, Settlement
from margin import solved as solving
from margin.requirements import requirement
from margin.rules import TEN_POINT_EQUITY, Scenario, ScenarioRule, revalue_for
from tests.margin.by_hand import account, after, call, market, put

ZERO = 1e-9
RULE = ScenarioRule("house", (Scenario(-0.2, 0.3), Scenario(0.2, 0.3)), initial_factor=1.25)
VOLS = {put(48.0): 0.35, call(55.0): 0.30}
AT = market(50.0, VOLS)
LEGS = (Position(put(48.0), -2, 100), Position(call(55.0), -2, 100), Position(Asset("X"), 30))
HELD = account(
    5_000.0, *LEGS, collateral=(Collateral("X", 10.0, 0.2), Collateral("EUR", 500.0, 0.05, 1.1))
)
INVERSE = {"settlement": Settlement.INVERSE}
COIN = account(
    2.0,
    Position(put(48.0, **INVERSE), -3),
    Position(Perpetual("X", Settlement.INVERSE), 40.0, 1.0, 51.0),
    currency="X",
)
COIN_MARKET = market(50.0, {put(48.0, **INVERSE): 0.6}, rate=0.0)
CASES = [(HELD, AT), (COIN, COIN_MARKET)]


@pytest.fixture
def solved(monkeypatch):
    """Counts of contracts of every batch that is solved."""
    batches = []
    solve_by_date = solving.solve_by_date

    def counted(contracts, **grid):
        batches.append(len(contracts.strike))
        return solve_by_date(contracts, **grid)

    monkeypatch.setattr(solving, "solve_by_date", counted)
    return batches


@pytest.mark.parametrize(("held", "at"), CASES)
def test_equity_less_maintenance_is_the_excess(held, at):
    found = requirement(held, at, RULE)
    assert found.excess == found.equity - found.maintenance
    assert found.maintenance == -min(found.profits) == -found.profits[found.worst]
    assert found.initial == 1.25 * found.maintenance
    assert found.ratio * found.inverse_ratio == pytest.approx(1.0)
    assert found.worst_scenario == found.scenarios[found.worst]


@pytest.mark.parametrize(("held", "at"), CASES)
def test_values_of_the_lines_add_up_to_equity_and_their_profits_to_the_worst(held, at):
    found = requirement(held, at, RULE)
    assert sum(line.value for line in found.lines) == pytest.approx(found.equity, abs=ZERO)
    assert sum(line.profit for line in found.lines) == pytest.approx(-found.maintenance, abs=ZERO)


def test_lines_hold_quantity_value_of_a_unit_and_delta():
    lines = {line.holding: line for line in requirement(HELD, AT, RULE).lines}
    assert list(lines) == ["cash", str(put(48.0)), str(call(55.0)), "X", "X pledged", "EUR pledged"]
    short = lines["X 2027-01-19 48 put"]
    assert short.value == pytest.approx(-2 * 100 * short.unit_value)
    assert (lines["X"].unit_value, lines["X"].delta) == pytest.approx((50.0, 30.0))
    assert (lines["X pledged"].value, lines["X pledged"].delta) == pytest.approx((400.0, 8.0))
    assert lines["EUR pledged"].value == pytest.approx(522.5)


def test_the_minimum_is_shared_by_the_options_that_make_it():
    far = {put(10.0): 0.2, call(200.0): 0.2}
    legs = (Position(put(10.0), -1, 100), Position(call(200.0), 2, 100))
    found = requirement(account(50.0, *legs), market(50.0, far), TEN_POINT_EQUITY)
    assert found.worst_scenario == "minimum"
    assert [line.profit for line in found.lines] == pytest.approx([0.0, -37.5, -75.0], abs=ZERO)


def test_an_account_that_needs_nothing_has_no_ratio_and_says_why():
    found = requirement(account(100.0), AT, RULE)
    assert (found.maintenance, found.ratio, found.ratio_note) == (0.0, None, "nothing is required")
    assert found.worst_scenario == "no loss"
    assert "nothing is required" in str(found)


def test_an_account_without_equity_has_no_inverse_ratio():
    found = requirement(account(-1_000.0, *LEGS), AT, RULE)
    assert found.inverse_ratio is None
    assert found.ratio < 0.0


def test_positions_of_quantity_zero_are_left_out_of_the_lines():
    none = Position(put(48.0), 0.0, 100)
    assert [line.holding for line in requirement(account(1.0, none), AT, RULE).lines] == ["cash"]


def test_a_requirement_solves_every_contract_once_per_volatility(solved):
    requirement(HELD, AT, RULE)
    assert solved == [2 * 2]


def test_other_cash_and_quantities_price_nothing(solved):
    known = revalue_for(RULE, HELD, AT)
    priced = list(solved)
    more = replace(HELD, cash=9_000.0, positions=(replace(LEGS[0], quantity=-5.0),))
    again = requirement(more, AT, RULE, revaluation=known)
    assert solved == priced
    fresh = requirement(more, AT, RULE)
    assert again.maintenance == pytest.approx(fresh.maintenance, abs=again.error + fresh.error)


@pytest.mark.parametrize(
    ("given", "asked", "message"),
    [
        ((market(51.0, VOLS), ()), None, "must be of the market given"),
        ((AT, (after(1),)), None, "must begin at 2026-11-20"),
        ((AT, ()), "Y", "must move Y, got one that moves X"),
    ],
)
def test_a_revaluation_of_something_else_is_refused(given, asked, message):
    other = revalue_for(RULE, HELD, given[0], dates=given[1])
    with pytest.raises(ValueError, match=f"revaluation {message}"):
        requirement(HELD, AT, RULE, underlying=asked, revaluation=other)


def test_a_revaluation_without_a_move_of_the_rule_is_refused():
    known = revalue_for(TEN_POINT_EQUITY, HELD, AT)
    with pytest.raises(ValueError, match=r"vol_move must be one of .* got 0.3"):
        requirement(HELD, AT, RULE, revaluation=known)


@pytest.mark.parametrize(("held", "at"), CASES)
def test_it_prints_in_eighty_columns(held, at):
    venue = ScenarioRule("venue", tuple(Scenario(move) for move in np.linspace(-0.66, 5.0, 40)))
    lines = str(requirement(held, at, venue)).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "and 29 scenarios with smaller losses"


def test_it_goes_into_json_and_comes_back():
    found = requirement(HELD, AT, RULE)
    content = json.loads(json.dumps(found.to_dict()))
    assert content["maintenance"] == found.maintenance
    assert content["worst_scenario"] == found.worst_scenario
    assert content["asof"] == "2026-11-20T21:00:00+00:00"
    assert [line["holding"] for line in content["lines"]] == [line.holding for line in found.lines]


def test_its_lines_become_a_data_frame_that_knows_its_units():
    found = requirement(HELD, AT, RULE)
    frame = found.to_dataframe()
    assert frame["value"].sum() == pytest.approx(found.equity)
    assert frame.attrs["units"]["value"] == "USD"


def test_a_missing_pandas_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install "pde-margin\[pandas\]"'):
        requirement(account(1.0), AT, RULE).to_dataframe()
