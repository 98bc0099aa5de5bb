"""Habits of the command: completion, closed pipes, digits, stable JSON, what is compiled."""

import json
import os
import subprocess
import sys

import pytest

from margin import margin_greeks, read, thresholds
from margin.cli import main
from margin.cli.main import COMMANDS
from tests.margin.test_cli import COIN, ROOT, STRANGLE, called, printed_json

NOTES = {"assumptions", "warnings"}
KEYS = {
    "run": {"requirement", "thresholds"},
    "table": {"account", "rule", "currency", "underlying", "spot", "units", "columns"},
    "threshold": {
        *("account", "rule", "underlying", "date", "spot", "volatility", "liquidation"),
        *("bankruptcy", "state", "reasons", "below", "above", "recovery_below", "recovery_above"),
    },
    "compare": {
        *("account", "currency", "underlying", "asof", "spot", "equity", "systems", "refused"),
        *("spots", "requirements"),
    },
    "greeks": {
        *("account", "rule", "currency", "underlying", "asof", "spot", "maintenance", "holdings"),
        *("spot_requirement", "spot_excess", "volatility_requirement", "volatility_excess"),
        "unallocated",
    },
}
"""What JSON holds; a name that is gone breaks the scripts of users."""


def process(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "margin", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", KEYS)
def test_json_has_the_same_names_in_every_version(command):
    assert set(printed_json(command, STRANGLE)) == KEYS[command] | NOTES


@pytest.mark.parametrize("command", KEYS)
def test_quiet_prints_nothing_and_a_file_is_still_written(command, tmp_path):
    path = tmp_path / "numbers.json"
    assert called(command, STRANGLE, "--quiet", "-o", path).output == ""
    assert json.loads(path.read_text("utf-8")) == printed_json(command, STRANGLE)


@pytest.mark.parametrize("digits", [0, 3, 9])
def test_derivatives_and_thresholds_have_the_digits_asked_for(digits):
    slope = margin_greeks(*read(COIN)).spot_excess.above
    assert f"  {slope:,.{digits}f}" in called("greeks", COIN, "--precision", digits).stdout
    level = thresholds(*read(STRANGLE)).below.spot
    shown = called("threshold", STRANGLE, "--precision", digits).stdout.split()
    assert f"{level:,.{digits}f}" in shown


def test_compared_amounts_have_the_digits_asked_for():
    equity = printed_json("compare", STRANGLE)["equity"]
    heading = called("compare", STRANGLE, "--precision", 4).stdout.splitlines()[0]
    assert heading.endswith(f"equity {equity:,.4f}")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_its_completion(shell):
    script = process(_MARGIN_COMPLETE=f"{shell}_source", COMP_WORDS="")
    if shell == "bash" and "Couldn't detect Bash version" in script.stderr:
        pytest.skip("there is no bash here")
    assert script.returncode == 0
    assert f"_MARGIN_COMPLETE={shell}_complete" in script.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("margin com", ["compare"]), ("margin r", ["report", "rules", "run"])],
)
def test_parts_of_the_command_are_completed(typed, offered):
    words = {"COMP_WORDS": typed, "COMP_CWORD": "1", "_MARGIN_COMPLETE": "bash_complete"}
    lines = process(**words).stdout.splitlines()
    assert [line.split(",")[1] for line in lines] == offered


def test_options_are_completed():
    typed = "margin threshold --ho"
    words = {"COMP_WORDS": typed, "COMP_CWORD": "2", "_MARGIN_COMPLETE": "bash_complete"}
    assert process(**words).stdout.split() == ["plain,--horizon"]


def test_a_reader_that_stops_reading_is_no_error():
    command = f"{sys.executable} -m margin table {STRANGLE} --spot 50:150:4001 --csv | head -n 1"
    done = subprocess.run(command, cwd=ROOT, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("date,vol_move,spot")
    assert done.stderr == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_part_has_a_help_of_its_own(name):
    assert called(name, "--help").stdout.startswith(f"Usage: main {name} ")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_parts_says_what_each_does(name):
    command = main.get_command(None, name)
    assert command.help
    assert COMMANDS[name].endswith(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_on_the_command_lists_every_part(name):
    page = (ROOT / "docs" / "command.md").read_text(encoding="utf-8")
    assert f"| `margin {name}" in page


def test_warmup_says_where_machine_code_is_kept(monkeypatch, tmp_path):
    told = []
    monkeypatch.setattr("margin.cli.warmup.kept_in", lambda: tmp_path)
    monkeypatch.setattr("margin.cli.warmup.warmup", told.append)
    assert called("warmup").stdout.endswith(f", in {tmp_path}\n")
    assert called("warmup", "--quiet").output == ""
    assert told == [None, None]  # no bar, for there is no terminal


def test_warmup_without_a_folder_says_what_to_do(monkeypatch):
    monkeypatch.setattr("margin.cli.warmup.kept_in", lambda: None)
    assert "set NUMBA_CACHE_DIR" in called("warmup", code=2).stderr
