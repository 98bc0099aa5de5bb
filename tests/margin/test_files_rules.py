"""Rules of venues in account files: by name, with numbers that differ, and written back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from margin import AccountFileError, read, write
from margin.files.rule_entries import SYSTEMS
from margin.rules import (
    NSE_INDEX,
    DeribitPortfolio,
    DeribitStandard,
    DeriveSkew,
    InitialRule,
    NakedVault,
    ParadexXM,
    TenorShock,
)

EXAMPLE = Path(__file__).parents[2] / "examples" / "index_condor.json"
STATED = [
    ({"name": "naked_vault", "shock": 0.7, "dust": 5}, NakedVault(shock=0.7, dust=5.0)),
    ({"name": "deribit_standard", "initial": 0.2}, DeribitStandard(initial=0.2)),
    ({"name": "deribit_portfolio", "buckets": 6.0}, DeribitPortfolio(buckets=6)),
    (
        {"name": "derive_skew", "mm_factor": 0.9, "down": {"size": -0.2}},
        DeriveSkew(mm_factor=0.9, down=TenorShock(-0.2)),
    ),
    (
        {"name": "paradex_xm", "initial": {"itm": 0.2}},
        ParadexXM(initial=replace(ParadexXM().initial, itm=0.2)),
    ),
    (
        {"name": "nse_index", "scan": {"price_range": 0.08, "vol_range": 0.05}},
        replace(NSE_INDEX, scan=replace(NSE_INDEX.scan, price_range=0.08, vol_range=0.05)),
    ),
]


@pytest.fixture
def read_rule(tmp_path):
    """The rule of an account file with this entry."""

    def found(entry):
        path = tmp_path / "account.json"
        tree = json.loads(EXAMPLE.read_text(encoding="utf-8")) | {"rules": entry}
        path.write_text(json.dumps(tree), encoding="utf-8")
        return read(path)[2]

    return found


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_name_alone_is_the_rule_with_its_published_numbers(read_rule, name):
    assert read_rule(name) == read_rule({"name": name.upper()}) == SYSTEMS[name].rule


@pytest.mark.parametrize(("entry", "rule"), STATED, ids=lambda at: getattr(at, "name", ""))
def test_stated_numbers_replace_the_published_ones(read_rule, entry, rule):
    assert read_rule(entry) == rule


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
@pytest.mark.parametrize(
    "rule",
    [*(system.rule for system in SYSTEMS.values()), *(rule for _, rule in STATED)],
    ids=lambda rule: rule.name,
)
def test_what_is_written_is_read_back_as_the_same_rule(tmp_path, rule, suffix):
    account, market, _ = read(EXAMPLE)
    path = tmp_path / f"copy{suffix}"
    write(path, account, market, rule)
    assert read(path) == (account, market, rule)


@pytest.mark.parametrize(("entry", "rule"), STATED, ids=lambda at: getattr(at, "name", ""))
def test_a_file_states_the_name_and_only_what_differs(tmp_path, entry, rule):
    account, market, _ = read(EXAMPLE)
    write(tmp_path / "copy.json", account, market, rule)
    assert json.loads((tmp_path / "copy.json").read_text(encoding="utf-8"))["rules"] == entry


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"shok": 0.7}, 'rules.shok: unknown field; did you mean "shock"?'),
        ({"upper_bounds": []}, "rules.upper_bounds: unknown field; remove it, or use one of shock"),
        ({"shock": "0.7"}, 'rules.shock: got "0.7"; use a finite number.'),
        ({"shock": True}, "rules.shock: got true; use a finite number."),
        ({"shock": 10**400}, "rules.shock: got inf; use a finite number."),
        ({"shock": 1.5}, "rules.shock: shock must lie from 0 to 1, got 1.5."),
        ({"shock": None}, "rules.shock: got nothing; use a finite number."),
        (
            {"name": "nse_index", "scan": 0.1},
            "rules.scan: got 0.1; use a map with the fields price",
        ),
        ({"name": "nse_index", "scan": {"cover": -1}}, "rules.scan.cover: cover must"),
        ({"name": "deribit_portfolio", "buckets": 2.5}, "rules.buckets: got 2.5; use a whole numb"),
        ({"name": "naked_valt"}, 'rules.name: got "naked_valt"; use "ten_point_equity"'),
    ],
)
def test_a_fault_is_reported_at_its_place_with_a_remedy(read_rule, entry, complaint):
    with pytest.raises(AccountFileError) as refused:
        read_rule({"name": "naked_vault"} | entry)
    assert str(refused.value.findings[0]).startswith(complaint)


def test_all_faults_of_a_rule_are_reported_at_once(read_rule):
    with pytest.raises(AccountFileError) as refused:
        read_rule({"name": "naked_vault", "shock": 2, "dust": -1})
    places = [finding.place for finding in refused.value.findings]
    assert places == [("rules", "shock"), ("rules", "dust")]


@pytest.mark.parametrize(
    "rule",
    [
        NakedVault(name="ours"),
        NakedVault(upper_bounds=((7.0, 0.2),)),
        InitialRule(DeribitStandard()),
    ],
    ids=["a name", "a table", "a kind"],
)
def test_a_rule_that_no_file_can_state_is_refused(tmp_path, rule):
    account, market, _ = read(EXAMPLE)
    with pytest.raises(ValueError, match="rule must be one that a file can state"):
        write(tmp_path / "copy.yaml", account, market, rule)
    assert not (tmp_path / "copy.yaml").exists()
