"""Account files: what they mean, what is refused and how, and that writing loses nothing."""

import copy
import io
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from margin import (
    Account,
    Asset,
    Carry,
    Collateral,
    Future,
    Market,
    OptionContract,
    Perpetual,
    Position,
    Settlement,
    Underlying,
)
from margin.files import AccountFileError, read, write
from margin.rules import (
    TEN_POINT_EQUITY,
    TEN_POINT_SMALL_CAP,
    PerpetualRule,
    Scenario,
    ScenarioRule,
)
from pdesolve import Exercise, Right, black_76

FORMATS = (".yaml", ".json", ".toml")
EXAMPLES = sorted(
    path for path in Path(__file__).parents[2].glob("examples/*") if path.suffix in FORMATS
)
ASOF = datetime(2026, 11, 20, 21, tzinfo=UTC)
EXPIRY = datetime(2027, 1, 15, 21, tzinfo=UTC)
MISSING = object()

TREE = {
    "schema": 1,
    "account": "demo",
    "currency": "USD",
    "asof": "2026-11-20",
    "cash": 1000,
    "rate": 0.04,
    "underlyings": {"XYZ": {"spot": 100, "div_yield": 0.01, "vol": 0.25}},
    "positions": [
        {"kind": "spot", "underlying": "XYZ", "quantity": 10},
        {
            "kind": "option",
            "underlying": "XYZ",
            "right": "put",
            "strike": 90,
            "expiry": "2027-01-15",
            "style": "american",
            "quantity": -2,
            "multiplier": 100,
        },
        {
            "kind": "perpetual",
            "underlying": "XYZ",
            "quantity": 1,
            "multiplier": 1,
            "entry_price": 99,
        },
    ],
    "collateral": [{"asset": "USDC", "amount": 5, "price": 1, "haircut": 0.02}],
    "rules": {"name": "ten_point_equity", "initial_factor": 1.25},
}
CALL = {**TREE["positions"][1], "right": "call"}
PUT = OptionContract("XYZ", Right.PUT, 90.0, EXPIRY, Exercise.AMERICAN)


def changed(*changes):
    """The tree with values at places such as "positions.1.right" replaced, added or removed."""
    tree = copy.deepcopy(TREE)
    for place, value in changes:
        *path, last = [int(part) if part.isdigit() else part for part in place.split(".")]
        inside = tree
        for part in path:
            inside = inside[part]
        if value is MISSING:
            del inside[last]
        elif isinstance(inside, list) and last == len(inside):
            inside.append(value)
        else:
            inside[last] = value
    return tree


@pytest.fixture
def read_tree(tmp_path):
    def reading(*changes):
        path = tmp_path / "account.json"
        path.write_text(json.dumps(changed(*changes)), encoding="utf-8")
        return read(path)

    return reading


@pytest.fixture
def complaints(read_tree):
    def refused(*changes):
        with pytest.raises(AccountFileError) as error:
            read_tree(*changes)
        return [str(finding) for finding in error.value.findings]

    return refused


def test_a_file_is_the_records_it_states(read_tree):
    account, market, rule = read_tree()
    assert account == Account(
        "demo",
        "USD",
        1000.0,
        (
            Position(Asset("XYZ"), 10.0),
            Position(PUT, -2.0, 100.0),
            Position(Perpetual("XYZ"), 1.0, 1.0, 99.0),
        ),
        (Collateral("USDC", 5.0, 0.02, 1.0),),
    )
    assert market == Market(ASOF, {"XYZ": Underlying(100.0, 0.04, 0.01)}, {PUT: 0.25})
    assert rule == replace(TEN_POINT_EQUITY, initial_factor=1.25)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_can_be_read_and_prices_what_it_holds(path):
    account, market, _ = read(path)
    held = {position.instrument for position in account.positions}
    assert {one for one in held if isinstance(one, OptionContract)} == set(market.vols)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-01-15", EXPIRY),
        ("2027-01-15T08:00", datetime(2027, 1, 15, 8, tzinfo=UTC)),
        ("2027-01-15 16:00:00-05:00", EXPIRY),
        ("2027-01-15T21:00:00.250Z", EXPIRY.replace(microsecond=250_000)),
    ],
)
def test_a_date_is_an_instant_in_utc(read_tree, text, expected):
    account, _, _ = read_tree(("positions.1.expiry", text))
    assert account.positions[1].instrument.expiry == expected


def test_the_expiry_time_of_a_file_serves_every_date_without_one(read_tree):
    account, market, _ = read_tree(("expiry_time", "08:00"))
    assert market.asof == ASOF.replace(hour=8)
    assert account.positions[1].instrument.expiry == EXPIRY.replace(hour=8)


@pytest.mark.parametrize(
    ("changes", "exercise", "settlement"),
    [
        ([("positions.1.style", "European")], Exercise.EUROPEAN, Settlement.CASH),
        ([("positions.1.style", MISSING), ("positions.1.settle", "cash")], Exercise.EUROPEAN, None),
        (
            [("positions.1.style", MISSING), ("positions.1.settle", "physical")],
            Exercise.AMERICAN,
            Settlement.PHYSICAL,
        ),
        (
            [("positions.1.style", MISSING), ("positions.1.settle", "INVERSE")],
            Exercise.EUROPEAN,
            Settlement.INVERSE,
        ),
    ],
)
def test_a_style_left_out_follows_from_the_settlement(read_tree, changes, exercise, settlement):
    contract = read_tree(*changes)[0].positions[1].instrument
    assert contract.exercise is exercise
    assert contract.settlement is (settlement or Settlement.CASH)


@pytest.mark.parametrize("symbol", ["XYZ   270115P00090000", "xyz270115p00090000"])
def test_an_osi_symbol_states_four_fields(read_tree, symbol):
    leg = {"symbol": symbol, "style": "american", "quantity": 1, "multiplier": 100}
    account, _, _ = read_tree(("positions.1", leg))
    assert account.positions[1].instrument == PUT


def test_an_underlying_beside_a_symbol_takes_the_place_of_its_root(read_tree):
    leg = {"symbol": "XYZW270115P00090000", "underlying": "XYZ", "style": "american"}
    account, _, _ = read_tree(("positions.1", leg | {"quantity": 1, "multiplier": 100}))
    assert account.positions[1].instrument == PUT


@pytest.mark.parametrize(
    ("changes", "vol"),
    [
        ([("positions.1.vol", 0.4)], 0.4),
        ([("underlyings.XYZ.vol", [{"expiry": "2027-01-15", "strike": 90, "vol": 0.3}])], 0.3),
        ([("vol_unit", "percent"), ("underlyings.XYZ.vol", 40)], 0.4),
        ([("positions.3", TREE["positions"][1] | {"vol": 0.4})], 0.4),
    ],
)
def test_the_nearest_statement_of_a_volatility_counts(read_tree, changes, vol):
    assert read_tree(*changes)[1].volatility(PUT) == vol


def test_a_mark_in_coin_gives_the_volatility_of_the_venue(read_tree):
    forward, vol, years = 104.0, 0.55, 56 / 365
    mark = black_76(forward=forward, strike=110.0, expiry=years, vol=vol).price / forward
    leg = CALL | {"strike": 110, "style": "european", "settle": "inverse", "mark_price": mark}
    _, market, _ = read_tree(
        ("positions", [leg]),
        ("underlyings.XYZ", {"spot": 100, "forwards": [{"expiry": "2027-01-15", "forward": 104}]}),
    )
    assert list(market.vols.values()) == pytest.approx([vol], abs=1e-12)


def test_forwards_are_dividend_yields_where_no_option_is_inverse(read_tree):
    entry = {"spot": 100, "vol": 0.2, "forwards": [{"expiry": "2027-01-15", "forward": 101}]}
    _, market, _ = read_tree(("underlyings.XYZ", entry))
    (carry,) = market.underlyings["XYZ"].curve
    assert carry.rate == 0.04
    assert (carry.rate - carry.dividend_yield) * 56 / 365 == pytest.approx(0.00995033085316808)


def test_a_scenario_rule_is_its_grid_and_then_its_single_scenarios(read_tree):
    content = {
        "name": "scenario",
        "title": "house",
        "spot_moves": [-0.1, 0.1],
        "vol_moves": [0, 0.3],
        "scenarios": [{"spot_move": -0.5, "weight": 0.25}],
        "minimum_per_short_option": 0.5,
    }
    _, _, rule = read_tree(("rules", content))
    moves = [(one.spot_move, one.vol_move, one.weight) for one in rule.scenarios]
    assert (rule.name, rule.minimum_per_short_option) == ("house", 0.5)
    assert moves[-2:] == [(0.1, 0.3, 1.0), (-0.5, 0.0, 0.25)]
    assert len(moves) == 5


def test_tiers_without_amounts_hold_above_their_floor_only(read_tree):
    tiers = [{"notional_floor": 0, "rate": 0.01}, {"notional_floor": 100, "rate": 0.02}]
    _, _, rule = read_tree(
        ("rules", {"name": "perpetual", "tiers": tiers}), ("positions", TREE["positions"][2:])
    )
    assert [tier.amount for tier in rule.tiers] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        ("schema", MISSING, "schema: missing; give 1, the version of this file format."),
        ("schema", 2, "schema: got 2; use 1, the version of this file format."),
        ("currency", MISSING, "currency: missing; give the quote currency, such as USD"),
        ("currency", {}, "currency: got an empty map; use the quote currency"),
        ("asof", "soon", 'asof: got "soon"; use a date such as 2027-01-15'),
        ("asof", 20261120, "asof: got 20261120; use a date such as"),
        ("asof", "2026-02-30", 'asof: got "2026-02-30"; use a date'),
        ("asof", "3026-11-20", 'asof: got "3026-11-20"; use a date'),
        ("cash", "1000", 'cash: got "1000"; use a finite number.'),
        ("cash", None, "cash: got nothing; use a finite number."),
        ("cash", True, "cash: got true; use a finite number."),
        ("cash", float("nan"), "cash: got nan; use a finite number."),
        ("cash", float("inf"), "cash: got inf; use a finite number."),
        ("cash", 10**400, "cash: got inf; use a finite number."),
        ("rate", 4, "rate: got 4, which looks like percent; write 0.04."),
        ("vol_unit", "pct", 'vol_unit: got "pct"; use "decimal" or "percent".'),
        ("expiry_time", "8", 'expiry_time: got "8"; use a time of day in UTC such as "08:00".'),
        ("crncy", 1, 'crncy: unknown field; did you mean "currency"?'),
        ("zz", 1, "zz: unknown field; remove it, or use one of schema, account"),
        ("account", "two\nlines", 'account: got "two\\nlines"; use a short text.'),
        ("underlyings", [], "underlyings: got an empty list; use a map of each"),
        ("underlyings.XYZ", 100, "underlyings.XYZ: got 100; use a map with the fields spot, vol"),
        ("underlyings.XYZ.spot", 0, "underlyings.XYZ.spot: got 0; use a positive number."),
        ("underlyings.XYZ.vol", 25, "underlyings.XYZ.vol: got 25, which looks like percent (2500"),
        ("underlyings.XYZ.vol", "25%", 'underlyings.XYZ.vol: got "25%"; use a positive number'),
        (
            "underlyings.XYZ.vol",
            [3],
            "underlyings.XYZ.vol[0]: got 3; use a map with the fields exp",
        ),
        ("underlyings.XYZ.vol", MISSING, "positions[1]: no volatility for XYZ 2027-01-15 90 put"),
        ("underlyings.XYZ.forwrds", [], 'underlyings.XYZ.forwrds: unknown field; did you mean "fo'),
        ("positions", {}, "positions: got an empty map; use a list."),
        ("positions.0", "XYZ", 'positions[0]: got "XYZ"; use a map with kind, underlying'),
        ("positions.0.kind", MISSING, 'positions[0].kind: missing; give "option", "future", "per'),
        ("positions.0.kind", "stock", 'positions[0].kind: got "stock"; use "option", "future"'),
        ("positions.0.quantity", "1e3", 'positions[0].quantity: got "1e3"; use a signed number'),
        ("positions.0.strike", 90, "positions[0].strike: unknown field; remove it, or use one of"),
        ("positions.1.right", "Put option", 'got "Put option"; use "call" or "put".'),
        ("positions.1.strike", -90, "positions[1].strike: got -90; use a positive number."),
        ("positions.1.multiplier", MISSING, "positions[1].multiplier: missing; give a positive nu"),
        ("positions.1.style", "bermudan", 'got "bermudan"; use "american" or "european".'),
        ("positions.1.style", MISSING, 'positions[1].style: missing; give "american" (options on'),
        ("positions.1.settle", "coin", 'got "coin"; use "cash", "physical" or "inverse".'),
        ("positions.1.underlying", "XYA", 'positions[1].underlying: got "XYA"; use "XYZ".'),
        ("positions.1.expiry", "2025-01-17", "2025-01-17 21:00 UTC is not after asof 2026-11-20"),
        ("positions.1.vol", 62.5, "write 0.625, or set vol_unit: percent."),
        ("positions.1.mark_price", 500, "mark 500.0 must lie between 0 and 90"),
        ("positions.2.entry_price", MISSING, "positions[2].entry_price: missing; give a positive"),
        ("positions.2.vol", 0.3, "positions[2].vol: unknown field;"),
        ("collateral.0.haircut", 2, "collateral[0].haircut: got 2, which looks like percent; wri"),
        ("collateral.0.amount", -5, "collateral[0].amount: got -5; use a number of units, not ne"),
        ("collateral.0.price", MISSING, 'collateral[0].asset: got "USDC"; use "XYZ", which count'),
        ("rules", "simm", 'rules: got "simm"; use "ten_point_equity", "ten_point_small_cap"'),
        ("rules", 3, "rules: got 3; use the name of a rule, or a map with name and so on."),
        ("rules.name", "simm", 'rules.name: got "simm"; use "ten_point_equity"'),
        ("rules.initial_factor", 0.5, "rules.initial_factor: got 0.5; use a factor of at least 1"),
        ("rules.initial", 1.5, 'rules.initial: unknown field; did you mean "initial_factor"?'),
    ],
)
def test_what_is_not_accepted_is_refused_with_what_would_be(complaints, place, value, complaint):
    (found,) = complaints((place, value))
    assert complaint in found


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            [("positions.1.vol", 0.3), ("positions.1.mark_price", 2)],
            "positions[1].mark_price: vol states the volatility already; remove one.",
        ),
        (
            [("positions.1.vol", 0.3), ("positions.3", TREE["positions"][1] | {"vol": 0.4})],
            "positions[3].vol: got 0.4, but positions[1].vol gives 0.3 to the same contract; give",
        ),
        (
            [("vol_unit", "percent")],
            "underlyings.XYZ.vol: got 0.25, which looks like a decimal while vol_unit is percent;",
        ),
        (
            [("vol_unit", "percent"), ("underlyings.XYZ.vol", 900)],
            "underlyings.XYZ.vol: got 900; use at most 500 percent.",
        ),
        (
            [("underlyings.XYZ.vol", 2 * [{"expiry": "2027-01-15", "strike": 90, "vol": 0.3}])],
            "underlyings.XYZ.vol[1]: this expiry and strike stand twice; remove one.",
        ),
        (
            [("underlyings.XYZ.forwards", [{"expiry": "2027-01-15", "forward": 101}])],
            "underlyings.XYZ.div_yield: the forwards state it already; remove one.",
        ),
        (
            [("underlyings.XYZ.curve", [{"expiry": "2026-01-01", "rate": 0, "div_yield": 0}])],
            "curve must begin after asof 2026-11-20",
        ),
        (
            [("positions.1", {"symbol": "XYZ", "quantity": 1, "multiplier": 1})],
            "positions[1].symbol: must be an OSI symbol such as",
        ),
        (
            [("positions.1.symbol", "XYZ   270115P00090000"), ("positions.1.expiry", MISSING)],
            "positions[1].right: the symbol states it already; remove one.",
        ),
        (
            [("rules", {"name": "scenario", "spot_moves": [-15]})],
            "rules.spot_moves[0]: got -15; use a relative move as a decimal, such as -0.15",
        ),
        (
            [("rules", {"name": "scenario", "scenarios": [{"spot_move": 15}]})],
            "rules.scenarios[0].spot_move: got 15, which looks like percent; write 0.15.",
        ),
        (
            [("rules", {"name": "scenario"})],
            "rules: scenarios must hold at least one, got none.",
        ),
        (
            [("rules", {"name": "perpetual", "tiers": [{"notional_floor": 5, "rate": 0.1}]})],
            "rules: tiers must start at a floor of 0, got 5.0.",
        ),
    ],
)
def test_statements_that_do_not_fit_together_are_refused(complaints, changes, complaint):
    assert any(complaint in found for found in complaints(*changes))


@pytest.mark.parametrize(
    ("suffix", "content", "complaint"),
    [
        (".yaml", b"cash: 1\n  asof: 2", "(line 2, column 7)."),
        (".yaml", b"cash: 1\ncash: 2", '"cash" stands twice in one map (line 2, column 1)'),
        (".yaml", b"a: &x 1\nb: *x", "anchors and aliases are not read"),
        (".yaml", b"a: !!python/object:os.system 1", "tags such as"),
        (".yaml", b"a: 1\n---\nb: 2", "a second document begins"),
        (".yaml", b"? [1, 2]\n: 3", "a field name must be text (line 1, column 3)"),
        (".yaml", b"[" * 100_000, "maps and lists lie too deep in one another; at most 20"),
        (".yaml", b"", "got nothing; use a map with the fields schema, account"),
        (".yaml", b"- 1", "got a list; use a map with the fields schema, account"),
        (".yaml", b"\x00\x01\x02", "not valid YAML: unacceptable character"),
        (".yml", b"\xff\xfe\x00", "not text in UTF-8 (byte 0); save it as UTF-8."),
        (".json", b'{"cash": 1,}', "(line 1, column 12)."),
        (".json", b'{"cash": 1, "cash": 2}', '"cash" stands twice in one map'),
        (".json", b"[" * 100_000, "maps and lists lie too deep in one another; at most 20"),
        (".json", b"\x00", "not valid JSON: Expecting value (line 1, column 1)"),
        (".toml", b"cash = 1\ncash = 2", "not valid TOML: Cannot overwrite a value"),
        (".toml", b"cash = ", "not valid TOML: Invalid value (at end of document)"),
        (".toml", b"cash = " + b"9" * 5000, "not valid TOML: Exceeds the limit"),
        (".txt", b"cash: 1", 'got the suffix ".txt"; use .yaml, .yml, .json or .toml.'),
    ],
)
def test_what_is_no_account_file_is_one_clear_error(tmp_path, suffix, content, complaint):
    path = tmp_path / f"account{suffix}"
    path.write_bytes(content)
    with pytest.raises(AccountFileError) as error:
        read(path)
    (line,) = error.value.lines
    assert line.startswith(f"{path}: ")
    assert complaint in line


YAML = """\
schema: 1
currency: USD
asof: 2026-11-20T21:00Z
cash: 1e6
underlyings:
  XYZ: {spot: 100}
positions:
  - kind: option
    underlying: XYZ
    right: Put option
    strike: 090
"""


def test_every_fault_is_told_at_once_behind_its_line(tmp_path):
    path = tmp_path / "account.yaml"
    path.write_text(YAML, encoding="utf-8")
    with pytest.raises(AccountFileError) as error:
        read(path)
    places = [line.removeprefix(f"{path}:").partition("; ")[0] for line in error.value.lines]
    assert places == [
        "8: positions[0].quantity: missing",
        "8: positions[0].multiplier: missing",
        "8: positions[0].expiry: missing",
        '10: positions[0].right: got "Put option"',
        '11: positions[0].strike: got "090"',
    ]


def test_ten_lines_are_shown_and_the_rest_is_counted(complaints, read_tree):
    legs = [{"kind": "spot", "underlying": "XYZ", "quantity": None}] * 13
    assert len(complaints(("positions", legs))) == 13
    with pytest.raises(AccountFileError) as error:
        read_tree(("positions", legs))
    lines = str(error.value).splitlines()
    assert len(lines) == 11
    assert lines[-1].endswith("account.json: and 3 more, 13 in all.")


def test_a_bad_underlying_is_not_blamed_on_the_options_that_need_it(complaints):
    assert complaints(("underlyings.XYZ.spot", "x")) == [
        'underlyings.XYZ.spot: got "x"; use a positive number.'
    ]


def test_each_bad_mark_is_told_at_its_position(complaints):
    found = complaints(
        ("underlyings.XYZ.vol", MISSING),
        ("positions.1.mark_price", 95),
        ("positions.3", CALL | {"mark_price": 12.0}),
        ("positions.4", CALL | {"strike": 50, "mark_price": 1.0}),
    )
    assert [line.partition(":")[0] for line in found] == [
        "positions[1].mark_price",
        "positions[4].mark_price",
    ]


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_an_error_of_the_same_kind(tmp_path, name):
    with pytest.raises(AccountFileError, match="cannot be read: "):
        read(tmp_path / name)


@pytest.mark.parametrize("text", [json.dumps(TREE), "# YAML\n" + json.dumps(TREE, indent=1)])
def test_a_dash_reads_standard_input(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    account, _, _ = read("-")
    assert account.name == "demo"


def test_toml_says_the_same(tmp_path, read_tree):
    path = tmp_path / "account.toml"
    path.write_text(
        """
        schema = 1
        account = "demo"
        currency = "USD"
        asof = 2026-11-20T16:00:00-05:00
        cash = 1000
        rate = 0.04
        underlyings.XYZ = {spot = 100, div_yield = 0.01, vol = 0.25}
        collateral = [{asset = "USDC", amount = 5, price = 1, haircut = 0.02}]
        rules = {name = "ten_point_equity", initial_factor = 1.25}
        [[positions]]
        kind = "spot"
        underlying = "XYZ"
        quantity = 10
        [[positions]]
        symbol = "XYZ270115P00090000"
        style = "american"
        quantity = -2
        multiplier = 100
        [[positions]]
        kind = "perpetual"
        underlying = "XYZ"
        quantity = 1
        multiplier = 1
        entry_price = 99
        """,
        encoding="utf-8",
    )
    assert read(path) == read_tree()


EVERYTHING = (
    Account(
        "all: kinds, 1e6",
        "no",
        -0.1,
        (
            Position(PUT, 1 / 3, 100.0),
            Position(Future("XYZ", EXPIRY, Settlement.INVERSE), -7.0, 10.0, 99.5),
            Position(Perpetual("XYZ"), 2.0, 1.0, 1e-7),
            Position(Asset("XYZ"), 0.0),
        ),
        (Collateral("XYZ", 1e21, 0.1), Collateral("ü", 2.0, 0.0, 0.3)),
    ),
    Market(
        ASOF.replace(microsecond=1),
        {"XYZ": Underlying(1 / 7, 0.01, 0.02, (Carry(EXPIRY, 3.3, -0.1),))},
        {PUT: 0.1 + 0.2},
    ),
)
RULES = [
    TEN_POINT_SMALL_CAP,
    replace(TEN_POINT_EQUITY, minimum_per_long_option=0.0, initial_factor=1.1),
    ScenarioRule("house, 2 %", (Scenario(-1 / 3, 0.1, 0.7), Scenario(0.02)), 0.1, 0.2, 1.5, "us"),
    PerpetualRule(fee=0.001, entry_rate=0.1, other_maintenance=3.0, name="venue"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("name", ["account.yaml", "account.YML", "account.json"])
def test_what_is_written_is_read_back_to_the_last_digit(tmp_path, name, rule):
    write(tmp_path / name, *EVERYTHING, rule)
    assert read(tmp_path / name) == (*EVERYTHING, rule)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_survives_being_written(tmp_path, path):
    write(tmp_path / "copy.yaml", *read(path))
    assert read(tmp_path / "copy.yaml") == read(path)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "account.yaml"
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        write(path, *EVERYTHING, RULES[0])
    assert [found.name for found in tmp_path.iterdir()] == ["account.yaml"]
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("name", ["account.toml", "account"])
def test_only_formats_that_can_be_written_are_accepted(tmp_path, name):
    with pytest.raises(ValueError, match=r"path must end in \.yaml, \.yml or \.json, got"):
        write(tmp_path / name, *EVERYTHING, RULES[0])


def test_an_account_without_a_volatility_cannot_be_written(tmp_path):
    account, market = EVERYTHING
    with pytest.raises(ValueError, match="no volatility for XYZ 2027-01-15 90 put"):
        write(tmp_path / "account.yaml", account, replace(market, vols={}), RULES[0])
    assert list(tmp_path.iterdir()) == []
