"""The README's Python is run as it stands, and its console output is what the command prints."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_of_the_readme_runs(code, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert re.search("liquidat|danger", printed), printed


@pytest.mark.parametrize("shown", blocks("text"))
def test_the_output_of_the_readme_is_printed(shown):
    command = [sys.executable, "-m", "margin", "run", "examples/short_strangle.yaml"]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100"}
    printed = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert shown.strip() in printed
