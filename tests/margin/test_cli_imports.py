"""Files of brokers on the command: what they do not say, converting them, what is said of them."""

import json
import shutil
import sys

import pytest

from margin import Defaults, load, read, requirement
from margin.rules import STRATEGY_EQUITY
from tests.margin.readers.payloads import DERIBIT, FLEX, STATEMENT
from tests.margin.test_cli import ROOT, STRANGLE, called, plain, printed_json, rows_of

# Options only, and shares that are not held: nothing states the price of AAPL.
BARE_FLEX = """<FlexStatement accountId="U777" toDate="20261120">
<OpenPosition assetCategory="OPT" symbol="AAPL  270115C00280000" underlyingSymbol="AAPL"
  position="-2" markPrice="9.4" multiplier="100" strike="280" expiry="20270115" putCall="C"/>
</FlexStatement>
"""
GAPS = ("--spot", "AAPL=268", "--cash", 12000, "--asof", "2026-11-20T21:00Z", "--rate", 0.04)
RULE = ("--rules", "strategy_equity")
COMMANDS = ("run", "table", "threshold", "compare", "greeks")


@pytest.fixture
def flex(tmp_path):
    path = tmp_path / "flex.xml"
    path.write_text(BARE_FLEX, encoding="utf-8")
    return path


@pytest.fixture
def deribit(tmp_path):
    path = tmp_path / "deribit.json"
    path.write_text(json.dumps(DERIBIT), encoding="utf-8")
    return path


def test_options_fill_what_a_file_does_not_say(flex):
    defaults = Defaults(spots={"AAPL": 268.0}, cash=12_000.0, rate=0.04)
    expected = requirement(*load(flex, defaults).parts)
    found = printed_json("run", flex, *GAPS)
    assert found["requirement"] == plain(expected.to_dict())
    assert found["requirement"]["equity"] == pytest.approx(12_000.0 - 200 * 9.4, abs=0.1)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_assumes(flex, command):
    expected = load(flex, Defaults(spots={"AAPL": 268.0}, cash=12_000.0, rate=0.04))
    result = called(command, flex, *GAPS, "--json", code=0)
    content = json.loads(result.stdout)
    assert content["assumptions"] == list(expected.assumptions)
    assert content["warnings"] == list(expected.warnings)
    for sentence in expected.assumptions:
        assert f"{flex}: assumed: {sentence}" in result.stderr.splitlines()
    assert called(command, flex, *GAPS, "--quiet").output == ""


def test_no_rule_is_assumed_where_the_command_names_one(flex):
    assumed = [printed_json("run", flex, *GAPS, *more)["assumptions"] for more in ((), RULE)]
    assert [any("the rule is" in one for one in lines) for lines in assumed] == [True, False]


def test_the_report_lists_what_was_assumed(flex, tmp_path):
    page = tmp_path / "page.html"
    called("report", flex, *GAPS, "-o", page)
    assert "options settled by delivery are American (AAPL)" in page.read_text("utf-8")


def test_a_file_that_needs_a_price_asks_for_it(flex):
    assert "AAPL" in called("run", flex, code=3).stderr


def test_the_default_instant_may_be_days_from_now(flex):
    assert printed_json("run", flex, *GAPS[:4], "--asof", "0d")["requirement"]["asof"] > "2026"


@pytest.mark.parametrize("command", ["table", "compare"])
def test_spots_to_compute_at_stand_beside_prices(flex, command):
    found = printed_json(command, flex, *GAPS, "--spot", "250,300")
    spots = found["columns"]["spot"][:2] if command == "table" else found["spots"]
    assert spots == [250.0, 300.0]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--spot", "AAPL"), "'AAPL' is no price of an underlying; write AAPL=268."),
        (("--spot", "AAPL=much"), "write AAPL=268."),
        (("--spot", "AAPL=-1"), "spots['AAPL'] must be positive"),
        (("--cash", "nan"), "cash must be a finite number"),
        (("--asof", "soon"), "'soon' is no date"),
    ],
)
def test_gaps_are_filled_with_what_makes_sense(flex, options, complaint):
    assert complaint in " ".join(called("run", flex, *options, code=2).stderr.split())


def test_spots_to_compute_at_are_given_once():
    assert (
        "give --spot once" in called("table", STRANGLE, "--spot", "9", "--spot", "8", code=2).stderr
    )


def test_a_native_file_says_that_it_needs_no_such_options():
    assert (
        "options for what a file does not say are not used"
        in called("run", STRANGLE, "--cash", 5).stderr
    )


def test_a_folder_may_hold_files_of_all_kinds(tmp_path):
    shutil.copy(STRANGLE, tmp_path / "a.yaml")
    (tmp_path / "b.xml").write_text(FLEX, encoding="utf-8")
    (tmp_path / "c.csv").write_text(STATEMENT, encoding="utf-8")
    result = called("run", tmp_path, "--csv")
    names = [row["account"] for row in rows_of(result.stdout)]
    assert names == ["short strangle on shares", "U777", "U888"]
    assert f"{tmp_path / 'b.xml'}: assumed: " in result.stderr


def test_validate_says_what_is_assumed_of_a_file_that_is_fine(flex):
    result = called("validate", flex, *GAPS)
    assert result.stdout.startswith(f"{flex}: fine (")
    assert f"{flex}: assumed: " in result.stderr
    assert called("validate", flex, code=3).stdout == ""


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_convert_writes_a_native_file_with_the_same_requirement(deribit, tmp_path, suffix):
    path = tmp_path / f"native{suffix}"
    result = called("convert", deribit, "--from", "deribit", "-o", path)
    assert result.stdout == f"{path}\n"
    before, after = requirement(*read(deribit)), requirement(*read(path))
    assert after.maintenance == before.maintenance
    assert after.excess == before.excess


def test_convert_needs_no_format_and_takes_the_options_for_gaps(flex, tmp_path):
    path = tmp_path / "native.yaml"
    result = called("convert", flex, *GAPS, "--rules", "strategy_equity", "-o", path)
    account, market, rule = read(path)
    assert (account.cash, market.underlyings["AAPL"].spot) == (12_000.0, 268.0)
    assert rule == STRATEGY_EQUITY
    assert f"{flex}: assumed: options settled by delivery are American (AAPL)" in result.stderr


def test_convert_reads_standard_input(tmp_path):
    path = tmp_path / "native.yaml"
    called("convert", "-", "-o", path, input=FLEX)
    assert read(path)[0].positions == load(_written(tmp_path, FLEX)).account.positions


def _written(folder, text):
    path = folder / "again.xml"
    path.write_text(text, encoding="utf-8")
    return path


def test_convert_replaces_a_file_only_if_told_to(deribit, tmp_path):
    path = tmp_path / "native.yaml"
    path.write_text("mine", encoding="utf-8")
    assert "give --force to replace it" in called("convert", deribit, "-o", path, code=2).stderr
    assert path.read_text("utf-8") == "mine"
    called("convert", deribit, "-o", path, "--force")
    assert read(path)[0].currency == "BTC"


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        (("--from", "ibkr", "-o", "new.yaml"), 3, "is Deribit, not ibkr"),
        (("--from", "excel", "-o", "new.yaml"), 2, "'excel' is not one of 'native', 'table'"),
        (("-o", "new.xlsx"), 2, "path must end in .yaml, .yml or .json"),
        (("-o", "no/such/folder.yaml"), 2, "No such file or directory"),
        ((), 2, "Missing option '-o'"),
    ],
)
def test_convert_that_cannot_be_done_writes_nothing(
    deribit, tmp_path, monkeypatch, options, code, complaint
):
    monkeypatch.chdir(tmp_path)
    assert complaint in " ".join(called("convert", deribit, *options, code=code).stderr.split())
    assert [path.name for path in tmp_path.iterdir()] == [deribit.name]


def test_a_broken_file_is_not_converted(tmp_path):
    bad = tmp_path / "bad.xml"
    bad.write_text(FLEX[: len(FLEX) // 2], encoding="utf-8")
    called("convert", bad, "-o", tmp_path / "new.yaml", code=3)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.xml"]


def test_parquet_without_pyarrow_names_the_command_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = called("run", STRANGLE, "-o", tmp_path / "new.parquet", code=2)
    assert 'pip install "pde-margin[parquet]"' in result.stderr


def test_formats_are_those_that_readers_know():
    from margin.cli.convert import FORMATS
    from margin.files.readers.venues import VENUES

    known = {format for formats in FORMATS.values() for format in formats}
    assert {venue.name for venue in VENUES} < known
    assert load(ROOT / "examples" / "short_strangle.yaml").format in known
