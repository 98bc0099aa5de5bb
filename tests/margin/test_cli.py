"""The command: what it prints is what the library computes, and its exit code tells the rest."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import margin.rules.strategy
from margin import compare, load, margin_greeks, read, requirement, table, thresholds, write
from margin.cli import main
from margin.cli.values import DATE, STEPS
from margin.files.rules import NAMED_RULES, STRUCTURED
from margin.rules import NSE_INDEX
from pdesolve import price

ROOT = Path(__file__).parents[2]
STRANGLE, COIN, CONDOR = (
    str(ROOT / "examples" / name)
    for name in ("short_strangle.yaml", "coin_strangle.yaml", "index_condor.json")
)
NOTES = ("assumptions", "warnings")
SHARES = """
schema: 1
currency: USD
asof: 2026-11-20T21:00Z
cash: {cash}
underlyings: {{XYZ: {{spot: 100}}}}
positions: [{{kind: spot, underlying: XYZ, quantity: 1}}]
"""


@pytest.fixture
def shares(tmp_path):
    """The path of an account of one share, worth 100, and some cash."""

    def written(cash):
        path = tmp_path / f"cash {cash}.yaml"
        path.write_text(SHARES.format(cash=cash), encoding="utf-8")
        return str(path)

    return written


def called(*arguments, code=0, **given):
    """The result of the command, whose exit code must be as stated."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], **given)
    assert result.exit_code == code, result.output
    return result


def printed_json(*arguments, code=0):
    return json.loads(called(*arguments, "--json", code=code).stdout)


def printed_numbers(*arguments):
    """What JSON holds but for the lists of what was taken for granted."""
    return {name: part for name, part in printed_json(*arguments).items() if name not in NOTES}


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def plain(value):
    """The value as it comes back from JSON."""
    return json.loads(json.dumps(value))


def process(*arguments, **options):
    command = [sys.executable, "-m", "margin", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, **options)


def test_help_imports_nothing_heavy():
    code = "import sys, margin.cli; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    heavy = {"matplotlib", "numba", "numpy", "pandas", "pdesolve", "pydantic", "rich", "yaml"}
    assert heavy & set(loaded.split()) == set()


@pytest.mark.parametrize("command", ["price", "rules", "run", "table", "threshold", "validate"])
def test_every_part_is_listed_and_has_a_help_of_its_own(command):
    assert f"  {command} " in called("--help").stdout
    assert called(command, "-h").stdout.startswith(f"Usage: main {command} ")


def test_the_version_is_that_of_the_code():
    from pdesolve._version import __version__

    assert called("--version").stdout == f"margin {__version__}\n"


@pytest.mark.parametrize("path", [STRANGLE, COIN, CONDOR])
def test_run_gives_what_the_library_computes(path):
    parts = read(path)
    assert printed_json("run", path) == {
        "requirement": plain(requirement(*parts).to_dict()),
        "thresholds": plain(thresholds(*parts).to_dict()),
        "assumptions": list(load(path).assumptions),
        "warnings": [],
    }


def test_run_shows_an_account_at_a_glance():
    text = called("run", STRANGLE).stdout
    found = requirement(*read(STRANGLE))
    assert f"{found.maintenance:,.2f}   worst scenario: spot -15 %" in text
    assert "Liquidation if XYZ should fall by 18.08 % or rise by 65.97 %." in text
    assert "No other spot from 20.00 to 500.00: proven." in text
    assert "amounts in USD" in text
    assert max(len(line) for line in text.splitlines()) <= 100


@pytest.mark.parametrize(("option", "digits"), [((), 6), (("--precision", 2), 2)])
def test_amounts_in_coin_have_six_digits_unless_asked_otherwise(option, digits):
    found = requirement(*read(COIN))
    assert f" {found.equity:.{digits}f} " in called("run", COIN, *option).stdout


@pytest.mark.parametrize("part", ["run", "threshold"])
@pytest.mark.parametrize(
    ("cash", "code", "words"),
    [
        # One share and cash c need 0.15 S of S + c, so they are lost below -c / 0.85.
        (-50, 0, "Liquidation if XYZ should fall by 41.18 %."),
        (-90, 1, "The account is below maintenance at 100.00 until XYZ rises to 105.88."),
        (-1000, 1, "The account is below maintenance at 100.00."),
        (1000, 0, "XYZ may move to any spot searched without liquidation."),
        (1000, 0, "No spot from 20.00 to 500.00: proven."),
    ],
)
def test_the_verdict_is_one_line_and_below_maintenance_exits_with_one(
    shares, part, cash, code, words
):
    assert words in called(part, shares(cash), code=code).stdout.splitlines()


def test_several_files_give_one_row_each_and_the_worst_exit_code(shares, tmp_path):
    paths = [shares(-50), shares(-90)]
    found = called("run", *paths, "--csv", code=1)
    assert [row["state"] for row in rows_of(found.stdout)] == ["safe", "liquidated"]
    assert called("run", tmp_path, "--csv", code=1).stdout == found.stdout
    bad = tmp_path / "cash zero.yaml"
    bad.write_text("cash: 0", encoding="utf-8")
    result = called("run", *paths, bad, code=3)
    assert [line.split()[-1] for line in result.stdout.splitlines()[1:]] == ["safe", "liquidated"]
    assert f"{bad}: schema: missing; give 1" in result.stderr


def test_json_holds_a_list_if_there_are_several_accounts(shares):
    found = printed_json("run", shares(-50), shares(1000))
    equities = [one["requirement"]["equity"] for one in found]
    assert equities == pytest.approx([50.0, 1100.0], rel=1e-14)


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet"])
def test_a_file_holds_the_numbers_in_the_form_of_its_suffix(shares, tmp_path, suffix):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    path = tmp_path / f"out{suffix}"
    called("run", shares(-50), "-o", path)
    readers = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    if suffix == ".json":
        equity = json.loads(path.read_text("utf-8"))["requirement"]["equity"]
    else:
        equity = readers[suffix](path)["equity"].item()
    assert equity == pytest.approx(50.0, rel=1e-14)


def test_a_rule_can_be_replaced(shares):
    found = printed_json("run", shares(-50), "--rules", "ten_point_small_cap")["requirement"]
    assert found["maintenance"] == pytest.approx(10.0, rel=1e-12)


@pytest.mark.parametrize("part", ["run", "threshold", "validate"])
def test_quiet_leaves_the_exit_code_only(shares, part):
    result = called(part, shares(-90), "--quiet", code=0 if part == "validate" else 1)
    assert (result.stdout, result.stderr) == ("", "")


def test_table_gives_what_the_library_computes():
    account, market, rule = read(STRANGLE)
    options = ("--spot", "-20%:20%:5", "--vol", "-25%,0%,50%", "--date", "0d", "--date", "7d")
    found = printed_json("table", STRANGLE, *options)
    expected = table(
        account,
        market,
        rule,
        spots=100.0 * (1.0 + np.linspace(-20.0, 20.0, 5) / 100.0),
        vol_moves=(-0.25, 0.0, 0.5),
        dates=(market.asof, market.asof + timedelta(days=7)),
    )
    assert found["columns"]["excess"] == expected.excess.ravel().tolist()
    assert found["units"]["excess"] == "USD"
    assert rows_of(called("table", STRANGLE, *options, "--csv").stdout)[-1]["spot"] == "120.0"


@pytest.mark.parametrize("show", ["excess", "equity", "maintenance"])
def test_table_shows_a_row_per_spot_and_a_column_per_move(shares, show):
    result = called("table", shares(-90), "--spot", "80,120", "--vol", "0%,50%", "--show", show)
    rows = [line.split() for line in result.stdout.splitlines()[-2:]]
    values = {"excess": (-22.0, 12.0), "equity": (-10.0, 30.0), "maintenance": (12.0, 18.0)}
    assert [row[:3] for row in rows] == [["80.00", "-20.00", "%"], ["120.00", "+20.00", "%"]]
    assert [[float(cell) for cell in row[3:]] for row in rows] == [
        [value, value] for value in values[show]
    ]


def test_threshold_gives_what_the_library_computes_at_the_date_and_volatility_asked_for():
    account, market, rule = read(COIN)
    options = ("--range", "20000,300000", "--vol-shift", "50%", "--date", "20d")
    found = printed_numbers("threshold", COIN, *options)
    shifted = type(market)(
        market.asof, market.underlyings, {at: 1.5 * vol for at, vol in market.vols.items()}
    )
    expected = thresholds(
        account,
        shifted,
        rule,
        lowest=20_000.0,
        highest=300_000.0,
        date=market.asof + timedelta(days=20),
    )
    assert found == plain(expected.to_dict())


def test_threshold_lists_its_intervals_as_rows():
    rows = rows_of(called("threshold", CONDOR, "--csv").stdout)
    assert [(row["kind"], row["lower_open"], row["upper_open"]) for row in rows] == [
        ("liquidation", "True", "False"),
        ("liquidation", "False", "True"),
        ("bankruptcy", "True", "False"),
        ("bankruptcy", "False", "True"),
    ]


@pytest.mark.parametrize("part", ["table", "threshold"])
def test_a_figure_is_drawn_into_a_file(shares, tmp_path, part):
    path = tmp_path / "figure.png"
    called(part, shares(-50), "--plot", path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_validate_says_all_that_is_wrong(shares, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(SHARES.format(cash="much").replace("spot: 100", "spot: -1"), encoding="utf-8")
    result = called("validate", shares(0), bad, code=3)
    assert result.stdout.endswith("fine (cash 0: 0 USD, 1 position; ten-point, equity)\n")
    assert result.stderr == (
        f'{bad}:5: cash: got "much"; use a finite number.\n'
        f"{bad}:6: underlyings.XYZ.spot: got -1; use a positive number.\n"
    )
    found = printed_json("validate", shares(0), bad, code=3)
    assert [len(lines) for lines in found.values()] == [0, 2]


PUT = ("--spot", 100, "--strike", 100, "--vol", 0.2, "--rate", 0.05, "--put", "--american")


@pytest.mark.parametrize(
    "time",
    [("--years", 1), ("--expiry", "2027-11-20", "--asof", "2026-11-20"), ("--expiry", "365d")],
)
def test_price_gives_what_the_library_computes(time):
    expected = price(
        spot=100, strike=100, vol=0.2, rate=0.05, expiry=1.0, right="put", style="american"
    )
    found = printed_json("price", *PUT, *time)
    assert found["years"] == 1.0
    assert {name: found[name] for name in expected.to_dict()} == plain(expected.to_dict())
    assert f"price    {expected.price:.6f}  quote currency" in called("price", *PUT, *time).stdout


def test_a_put_american_is_worth_more_than_what_is_not():
    options = [("--put", "--american"), ("--put", "--european"), ("--call",)]
    bare = (*PUT[:8], "--years", 1, "--csv")
    values = [float(rows_of(called("price", *bare, *one).stdout)[0]["price"]) for one in options]
    assert values == pytest.approx([6.0904, 5.5735, 10.4506], abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("price", *PUT), "give --expiry or --years"),
        (("price", *PUT, "--years", 1, "--expiry", "7d"), "not both"),
        (("price", *PUT, "--years", -1), "must be zero or more"),
        (("price", *PUT, "--years", "nan"), "must be zero or more"),
        (("price", *PUT, "--expiry", "soon"), "'soon' is no date; write 2027-01-15"),
        (("price", *PUT, "--expiry", "2025-01-01", "--asof", "2026-01-01"), "is before 2026-01-01"),
        (("price", *PUT, "--years", 1, "--vol", 20), "vol must be at most 5 in decimals"),
        (("price", *PUT, "--years", 1, "--spot", "nan"), "spot must be positive"),
        (("run",), "Missing argument 'FILES...'"),
        (("run", "--rules", "span", STRANGLE), "'span' is not one of 'ten_point_equity'"),
        (("run", str(ROOT / "margin" / "rules")), "file (.yaml, .yml, .json, .toml, .csv, .xml)"),
        (("table", STRANGLE, "--spot", "-50%:50%"), "steps need a first, a last and a count"),
        (("table", STRANGLE, "--spot", "80:120:1e9"), "invalid literal for int"),
        (("table", STRANGLE, "--spot", "80:120:99999"), "a count from 2 to 10001"),
        (("table", STRANGLE, "--spot", "80,20%"), "write percent on every number or on none"),
        (("table", STRANGLE, "--spot", "a,b"), "could not convert string to float"),
        (("table", STRANGLE, "--spot", "nan"), "every number must be finite"),
        (("table", STRANGLE, "--vol", "0.5"), "--vol takes relative moves in percent"),
        (("table", STRANGLE, "-o", "table.xlsx"), "must be .csv, .json or .parquet"),
        (("table", STRANGLE, "-o", "/no/such/folder/table.csv"), "No such file or directory"),
        (("table", STRANGLE, "--plot", "figure.xyz"), "--plot: Format 'xyz' is not supported"),
        (("threshold", STRANGLE, "--range", "50"), "--range takes two spots"),
        (("threshold", STRANGLE, "--vol-shift", "25"), "--vol-shift takes one relative move"),
        (("threshold", STRANGLE, "--vol-shift", "-100%"), "above -100% and at most 500%"),
        (("nothing",), "No such command 'nothing'"),
    ],
)
def test_bad_usage_is_said_on_standard_error_and_exits_with_two(arguments, complaint):
    result = called(*arguments, code=2)
    assert complaint in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("run", "missing.yaml"), "missing.yaml: cannot be read: No such file or directory."),
        (("table", STRANGLE, "--spot", "-100%,0%"), "spots must be positive and finite"),
        (("table", STRANGLE, "--date", "2020-01-01"), "2020-01-01"),
        (("threshold", STRANGLE, "--range", "110,120"), "110"),
        (("threshold", STRANGLE, "--underlying", "ABC"), "underlying must be one of XYZ"),
    ],
)
def test_what_a_file_cannot_answer_is_said_and_exits_with_three(arguments, complaint):
    result = called(*arguments, code=3)
    assert complaint in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("error", "words"),
    [(ArithmeticError("no root found"), "no root found"), (KeyError("x"), "Traceback (most")],
)
def test_a_computation_that_fails_exits_with_four(monkeypatch, error, words):
    def fails(*arguments, **options):
        raise error

    monkeypatch.setattr("margin.cli.threshold_views.thresholds", fails)
    result = called("threshold", STRANGLE, code=4)
    assert words in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("text", "values", "relative"),
    [
        ("-50%:50%:3", (-0.5, 0.0, 0.5), True),
        ("80:120:3", (80.0, 100.0, 120.0), False),
        ("-25%, 0%, 50%", (-0.25, 0.0, 0.5), True),
        ("1e5", (100_000.0,), False),
    ],
)
def test_steps_are_even_or_listed_and_relative_in_percent(text, values, relative):
    steps = STEPS.convert(text, None, None)
    assert (steps.values, steps.relative) == (values, relative)
    assert steps.around(200.0) == [200.0 * (1.0 + at) if relative else at for at in values]


@pytest.mark.parametrize("text", ["7d", "+7d", "2026-11-27T21:00Z", "2026-11-27"])
def test_a_date_may_be_a_number_of_days_from_now(text):
    asof = read(STRANGLE)[1].asof
    assert DATE.convert(text, None, None).after(asof) == asof + timedelta(days=7)


def test_the_command_runs_as_a_process_on_standard_input():
    done = process("run", "-", "--csv", input=Path(STRANGLE).read_bytes())
    assert (done.returncode, done.stderr) == (0, b"")
    (row,) = rows_of(done.stdout.decode())
    assert row["account"] == "short strangle on shares"


def test_a_process_tells_its_outcome_by_its_exit_code(shares):
    codes = [process(*call).returncode for call in (("run", shares(-90)), ("run",), ("run", "x.y"))]
    assert codes == [1, 2, 3]


@pytest.mark.parametrize(("no_colour", "coloured"), [("", True), ("1", False)])
def test_only_a_terminal_that_wants_colours_gets_them(shares, no_colour, coloured):
    reader, writer = pty.openpty()
    environment = os.environ | {"NO_COLOR": no_colour, "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, "-m", "margin", "run", shares(-50)]
    subprocess.run(command, cwd=ROOT, env=environment, stdout=writer, check=True)
    os.close(writer)
    shown = os.read(reader, 65_536).decode()
    os.close(reader)
    assert ("\x1b[" in shown) is coloured
    assert "41.18 %" in click.unstyle(shown)


def test_the_list_of_rules_names_all_that_a_file_may_state_and_those_of_python():
    printed = called("rules").stdout
    assert all(f"\n{name} " in printed for name in (*NAMED_RULES, "scenario", "perpetual"))
    assert all(f"\n{name} " in printed for name in (*STRUCTURED, "RuleWithAddOn"))
    assert [row["name"] for row in printed_json("rules")["files"]] == list(NAMED_RULES)


@pytest.mark.parametrize("name", NAMED_RULES)
def test_a_rule_is_shown_with_its_date_its_source_and_every_parameter(name):
    shown, rule = printed_json("rules", name), NAMED_RULES[name]
    assert (shown["title"], shown["source"]) == (rule.name, rule.source)
    printed = called("rules", name).stdout
    assert f"date of the numbers: {shown['date'] or 'none stated'}" in printed
    tops = {row["parameter"].split(".")[0] for row in shown["parameters"]}
    assert tops == {field.name for field in fields(rule)} - {"name", "asof", "source"}


@pytest.mark.parametrize("name", STRUCTURED)
def test_a_rule_that_a_file_states_in_full_is_shown_with_every_field(name):
    shown, kind = printed_json("rules", name), STRUCTURED[name]
    assert "source: " in called("rules", name).stdout
    tops = {row["parameter"].split(".")[0] for row in shown["parameters"]}
    assert tops == {field.name for field in fields(kind)} - {"name", "asof", "source"}


@pytest.mark.parametrize("name", printed_json("rules")["python"])
def test_a_rule_of_python_only_is_one_that_can_be_imported(name):
    assert hasattr(margin.rules, name) or hasattr(margin.rules.strategy, name)


def test_parameters_inside_records_carry_their_values():
    rows = {row["parameter"]: row for row in printed_json("rules", "nse_index")["parameters"]}
    assert (rows["scan.price_range"]["value"], rows["scan.price_range"]["in_file"]) == (0.071, True)
    assert rows["scan.vol_unit"]["in_file"] is False
    assert "scenarios[23]" in called("rules", "derive_skew").stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nse_indx", 'did you mean "nse_index"?'),
        ("zzz", '"margin rules" lists'),
        ("scenario", "no numbers of its own"),
        ("InitialRule", "from Python only"),
    ],
)
def test_a_rule_without_parameters_to_show_is_bad_usage(name, words):
    assert words in called("rules", name, code=2).stderr


@pytest.mark.parametrize(
    ("path", "name"),
    [(COIN, "deribit_portfolio"), (COIN, "deribit_standard"), (STRANGLE, "nse_index")],
)
def test_an_account_runs_under_the_rule_of_a_venue(path, name):
    account, market, _ = read(path)
    parts = (account, market, NAMED_RULES[name])
    shown = printed_json("run", path, "--rules", name)
    assert shown["requirement"]["maintenance"] == requirement(*parts).maintenance
    assert shown["thresholds"] == plain(thresholds(*parts).to_dict())
    danger = printed_numbers("threshold", path, "--rules", name, "--range", "-60%,150%")
    (spot,) = (at.spot for at in market.underlyings.values())
    searched = thresholds(*parts, lowest=spot * (1.0 - 0.6), highest=spot * (1.0 + 1.5))
    assert danger == plain(searched.to_dict())


def test_numbers_of_the_file_change_the_requirement_of_a_venue(tmp_path):
    path = tmp_path / "more.json"
    account, market, _ = read(STRANGLE)
    write(path, account, market, replace(NSE_INDEX, exposure_rate=0.04))
    shown = printed_json("run", path)["requirement"]
    usual = printed_json("run", STRANGLE, "--rules", "nse_index")["requirement"]
    assert shown["maintenance"] > usual["maintenance"]


def test_an_account_that_a_venue_does_not_take_is_a_bad_file():
    words = "Deribit lists European options only"
    assert words in called("run", STRANGLE, "--rules", "deribit_standard", code=3).stderr


def test_compare_prints_what_the_library_compares(tmp_path):
    figure = tmp_path / "compared.svg"
    account, market, _ = read(STRANGLE)
    content = json.loads(called("compare", STRANGLE, "--json", "--plot", figure).stdout)
    found = compare(account, market)
    assert content["systems"] == found.to_dict()["systems"]
    assert content["refused"] == found.refused
    assert figure.read_text(encoding="utf-8").startswith("<?xml")
    text = called("compare", STRANGLE).stdout
    assert all(system.name in text for system in found.systems)


def test_greeks_prints_what_the_library_derives():
    found = margin_greeks(*read(COIN))
    assert printed_numbers("greeks", COIN) == found.to_dict()
    assert str(found.spot_excess) in called("greeks", COIN).stdout
    rows = list(csv.DictReader(io.StringIO(called("greeks", COIN, "--csv").stdout)))
    assert [float(row["share"]) for row in rows] == [line.share for line in found.holdings]
