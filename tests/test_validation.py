"""Every claim of validation/ holds."""

import importlib

import pytest

from validation.__main__ import SCRIPTS

pytestmark = pytest.mark.validation

FEW_BOOKS = 20  # of the scripts that count random books; `make validate` takes them all


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_claim_holds(name, capsys, monkeypatch):
    script = importlib.import_module(f"validation.{name}")
    monkeypatch.setattr(script, "BOOKS", FEW_BOOKS, raising=False)
    assert script.main() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "holds"
