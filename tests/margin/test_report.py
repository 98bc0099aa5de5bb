"""The report: it says what the library says, and needs nothing but itself."""

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

import margin
from margin.cli import main

ROOT = Path(__file__).parents[2]
STRANGLE = str(ROOT / "examples" / "short_strangle.yaml")


@pytest.fixture(scope="module")
def account():
    return margin.read(STRANGLE)


@pytest.fixture(scope="module")
def page(account):
    return margin.html_report(*account, assumptions=("cash taken as 0 <none stated>",))


def text_of(page):
    return unescape(re.sub(r"<[^>]+>", " ", page[page.index("<body>") :]))


def test_the_page_states_requirement_thresholds_and_systems(page, account):
    told = text_of(page)
    required = margin.requirement(*account)
    for amount in (required.equity, required.maintenance, required.initial):
        assert f"{amount:,.2f}" in told
    found = margin.thresholds(*account)
    assert f"{found.below.spot:,.4f}" in told
    assert found.rule in told
    for system in margin.compare(*account[:2]).systems:
        assert system.name in told


def test_the_page_needs_nothing_from_elsewhere(page):
    assert not re.search(r'(src|href)="(?!#|data:)', page.replace("xlink:href", "href"))
    assert "<script" not in page
    assert "@import" not in page


def test_names_are_escaped_and_assumptions_listed(page):
    assert "cash taken as 0 &lt;none stated&gt;" in page


def test_the_same_account_makes_the_same_page(page, account):
    assert margin.html_report(*account, assumptions=("cash taken as 0 <none stated>",)) == page


def test_the_command_writes_the_page(tmp_path):
    path = tmp_path / "report.html"
    result = CliRunner().invoke(main, ["report", STRANGLE, "-o", str(path), "--horizon", "7d"])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(path)
    assert "next 7 days" in text_of(path.read_text(encoding="utf-8"))


def test_a_horizon_in_the_past_is_bad_usage(tmp_path):
    path = tmp_path / "report.html"
    called = CliRunner().invoke(main, ["report", STRANGLE, "-o", str(path), "--horizon", "0d"])
    assert called.exit_code == 2
    assert "--horizon" in called.stderr
    assert not path.exists()


def test_without_jinja_the_error_names_the_extra():
    program = (
        "import sys, json; sys.modules['jinja2'] = None; import margin\n"
        f"try: margin.html_report(*margin.read({STRANGLE!r}))\n"
        "except ImportError as reason: print(json.dumps(str(reason)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert 'pip install "pde-margin[report]"' in json.loads(result.stdout)
