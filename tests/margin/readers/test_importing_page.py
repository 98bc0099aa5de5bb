"""The page on imports is run as it stands, block after block."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "importing.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_every_block_of_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, PAGE.name, "exec"), names)
    shown = capsys.readouterr().out
    assert "assumed: columns" not in shown
    assert "4.200" in shown
    assert "states no price of AAPL" in shown
    assert "22 quotes of 22 used" in shown
