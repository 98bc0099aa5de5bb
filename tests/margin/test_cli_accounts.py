"""Many accounts in one command: spread over processes, interrupted, and checked by the doctor."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from margin.cli import accounts, main, run
from margin.cli.doctor import EXTRAS
from pdesolve.versions import NOT_INSTALLED, installed

ROOT = Path(__file__).parents[2]

SHARES = """
schema: 1
account: number {number}
currency: USD
asof: 2026-11-20T21:00Z
cash: {cash}
underlyings: {{XYZ: {{spot: 100}}}}
positions: [{{kind: spot, underlying: XYZ, quantity: 10}}]
"""


@pytest.fixture
def folder(tmp_path):
    """A folder of five accounts and a file that is none."""
    for number in range(5):
        text = SHARES.format(number=number, cash=-200 * number)
        (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "3 bad.yaml").write_text("schema: 1\ncash: many\n", encoding="utf-8")
    return tmp_path


def called(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_several_processes_say_what_one_says(folder, monkeypatch):
    alone = called("run", folder, "--json")
    monkeypatch.setattr(accounts, "SPREAD_FROM", 2)
    together = called("run", folder, "--json")
    assert together.stdout == alone.stdout
    assert together.stderr == alone.stderr
    assert alone.exit_code == together.exit_code == 3
    names = [each["requirement"]["account"] for each in json.loads(alone.stdout)]
    assert names == [f"number {number}" for number in range(5)]


def test_an_interruption_keeps_what_is_done(folder, monkeypatch):
    def interrupted(sources):
        yield from list(accounts.assessed(sources[:2]))
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "assessed", interrupted)
    result = called("run", folder, "--json")
    assert result.exit_code == 130
    assert "2 of 6 accounts are done" in result.stderr
    assert len(json.loads(result.stdout)) == 2


@pytest.mark.parametrize(("package", "extra"), EXTRAS.items())
def test_the_doctor_names_the_command_that_installs_what_is_missing(monkeypatch, package, extra):
    found = installed() | {package: NOT_INSTALLED}
    monkeypatch.setattr("margin.cli.doctor.installed", lambda: found)
    assert f'{package} is missing; pip install "pde-margin[{extra}]"' in called("doctor").stdout


def test_extras_of_the_doctor_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for package, extra in EXTRAS.items():
        assert any(one.startswith(package) for one in project["optional-dependencies"][extra])


def test_the_doctor_finds_the_solver_right():
    told = called("doctor")
    assert told.exit_code == 0, told.output
    assert "solver: right" in told.stdout
    content = json.loads(called("doctor", "--json").stdout)
    assert content["solver_error"] < 1e-5
    assert content["numpy"] in told.stdout
