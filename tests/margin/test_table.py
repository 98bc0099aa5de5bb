"""Margin tables against requirements of markets that have moved, and how they are written."""

import csv
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from margin import Perpetual, Position, Settlement, solved
from margin.contract_margin import contract_table
from margin.margin_table import table
from margin.requirements import requirement
from margin.rules import TEN_POINT_EQUITY, Scenario, ScenarioRule, scenario_grid
from pdesolve import Exercise
from tests.margin.by_hand import account, after, call, market, put

INVERSE = {"settlement": Settlement.INVERSE}
RULE = ScenarioRule(
    "venue", scenario_grid((-0.16, 0.16), (-0.25, 0.5), extremes=(Scenario(1.0, 0.5, 0.16),))
)
AMERICAN = {"exercise": Exercise.AMERICAN}
QUOTE = account(
    6_000.0, Position(put(48.0, **AMERICAN), -3, 100), Position(call(55.0, 30), -3, 100)
)
QUOTE_MARKET = market(50.0, {put(48.0, **AMERICAN): 0.35, call(55.0, 30): 0.30})
COIN = account(
    2.0,
    Position(put(48.0, **INVERSE), -3),
    Position(Perpetual("X", Settlement.INVERSE), 40.0, 1.0, 51.0),
    currency="X",
)
COIN_MARKET = market(50.0, {put(48.0, **INVERSE): 0.6}, rate=0.0)
CASES = [(QUOTE, QUOTE_MARKET), (COIN, COIN_MARKET)]
SPOTS, MOVES, DATES = (40.0, 52.0, 61.0), (-0.2, 0.0, 0.4), (after(0), after(13), after(29.5))


def moved(at, spot, move, date):
    """The market after spot and volatilities have moved and time has passed."""
    vols = {contract: vol * (1.0 + move) for contract, vol in at.vols.items()}
    carry = replace(at.underlyings["X"], spot=spot)
    return replace(at, asof=date, underlyings={"X": carry}, vols=vols)


@pytest.mark.parametrize(("held", "at"), CASES)
@pytest.mark.parametrize("state", [(0, 1, 0), (1, 0, 1), (2, 2, 2), (0, 2, 0)])
def test_every_entry_is_the_requirement_in_the_moved_market(held, at, state):
    found = table(held, at, RULE, spots=SPOTS, vol_moves=MOVES, dates=DATES)
    date, move, spot = state
    there = requirement(held, moved(at, SPOTS[spot], MOVES[move], DATES[date]), RULE)
    room = there.error + found.error[state]
    assert found.equity[state] == pytest.approx(there.equity, abs=room)
    assert found.maintenance[state] == pytest.approx(there.maintenance, abs=room)


def test_expired_options_are_settled_at_the_spot_considered():
    found = table(QUOTE, QUOTE_MARKET, RULE, spots=[40.0, 50.0, 60.0], dates=[after(60)])
    assert found.equity[0, 0] == pytest.approx([6_000 - 2_400, 6_000, 6_000 - 1_500])
    assert found.maintenance[0, 0] == pytest.approx(np.zeros(3), abs=1e-9)


def test_volatilities_reached_by_table_and_rule_together_are_solved_once(monkeypatch):
    batches = []
    solve_by_date = solved.solve_by_date

    def counted(contracts, **grid):
        batches.append(contracts.volatility)
        return solve_by_date(contracts, **grid)

    monkeypatch.setattr(solved, "solve_by_date", counted)
    table(QUOTE, QUOTE_MARKET, RULE, spots=SPOTS, vol_moves=(0.0, 0.5), dates=DATES)
    # (1, 1.5) x (1, 0.75, 1.5) holds 1.5 twice.
    assert [batch.size for batch in batches] == [2 * 5]
    assert len(set(batches[0])) == 2 * 5


def test_shapes_are_dates_by_moves_by_spots():
    found = table(QUOTE, QUOTE_MARKET, RULE, spots=SPOTS, vol_moves=MOVES, dates=DATES[:2])
    shapes = [getattr(found, name).shape for name in ("equity", "maintenance", "excess", "error")]
    assert shapes == [(2, 3, 3)] * 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"spots": [50.0, 0.0]}, "spots must be positive and finite"),
        ({"spots": []}, "rows of at least one number"),
        ({"spots": [[50.0]]}, "rows of at least one number"),
        ({"spots": 50.0, "vol_moves": [-1.0]}, "vol_moves must be above -1"),
        ({"spots": 50.0, "dates": [after(-1)]}, "dates must not be before"),
    ],
)
def test_impossible_states_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        table(QUOTE, QUOTE_MARKET, RULE, **given)


def test_a_table_is_written_with_all_digits(tmp_path):
    found = table(QUOTE, QUOTE_MARKET, RULE, spots=SPOTS, vol_moves=MOVES, dates=DATES)
    found.to_csv(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["excess"]) for row in rows] == found.excess.ravel().tolist()
    assert datetime.fromisoformat(rows[-1]["date"]) == DATES[-1]
    assert (float(rows[1]["spot"]), float(rows[1]["vol_move"])) == (52.0, -0.2)


def test_a_table_becomes_a_data_frame_that_knows_its_units():
    found = table(COIN, COIN_MARKET, RULE, spots=SPOTS, vol_moves=MOVES, dates=DATES)
    frame = found.to_dataframe()
    at = frame.set_index(["date", "vol_move", "spot"]).loc[(DATES[1], 0.4, 61.0)]
    assert at["maintenance"] == found.maintenance[1, 2, 2]
    assert frame.attrs["units"]["maintenance"] == "X"


def test_a_table_prints_in_eighty_columns():
    dates = [after(days) for days in range(6)]
    found = table(
        QUOTE,
        QUOTE_MARKET,
        RULE,
        spots=np.linspace(30, 70, 60),
        vol_moves=np.linspace(-0.3, 0.5, 9),
        dates=dates,
    )
    lines = str(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "and 3 later dates"


@pytest.mark.parametrize(("side", "name"), [(-1.0, "short"), (1.0, "long")])
@pytest.mark.parametrize("kind", [AMERICAN, INVERSE])
def test_a_contract_needs_what_an_account_of_it_alone_needs(side, name, kind):
    strikes, expiries, vols = (45.0, 55.0), (after(20), after(90)), [[0.3, 0.35], [0.4, 0.5]]
    at = market(50.0, rate=0.0)
    found = contract_table(
        at,
        RULE,
        put(45.0, **kind),
        strikes=strikes,
        expiries=expiries,
        volatility=vols,
        multiplier=10.0,
    )
    contract = replace(put(55.0, **kind), expiry=after(90))
    held = account(0.0, Position(contract, side, 10.0), currency=found.currency)
    alone = requirement(held, replace(at, vols={contract: 0.5}), RULE)
    room = alone.error + found.error[1, 1]
    assert getattr(found, name)[1, 1] == pytest.approx(alone.maintenance, abs=room)
    assert side * found.values[1, 1] == pytest.approx(alone.equity, abs=room)


def test_a_contract_table_has_one_row_per_contract(tmp_path):
    found = contract_table(
        market(50.0),
        TEN_POINT_EQUITY,
        put(1.0),
        strikes=(45, 50),
        expiries=(after(9),),
        volatility=0.3,
    )
    frame = found.to_dataframe()
    assert frame["short"].tolist() == found.short.ravel().tolist()
    assert frame.attrs["units"]["short"] == "quote currency per contract"
    found.to_csv(tmp_path / "contracts.csv")
    assert (tmp_path / "contracts.csv").read_text().splitlines()[0] == ",".join(found.columns())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"volatility": [0.3, 0.2, 0.1]}, r"volatility must broadcast to \(1, 2\)"),
        ({"volatility": 30.0}, "looks like percent"),
        ({"strikes": []}, "strikes and expiries must be rows"),
        ({"expiries": [after(-1)]}, "expired before"),
    ],
)
def test_impossible_contracts_are_refused(changes, message):
    given = {"strikes": (45, 50), "expiries": (after(9),), "volatility": 0.3}
    with pytest.raises(ValueError, match=message):
        contract_table(market(50.0), TEN_POINT_EQUITY, put(1.0), **(given | changes))
