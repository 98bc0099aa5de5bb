"""``margin rules``: the margin rules there are, and the parameters of each."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Any

import click

from margin.cli.layout import Grid, echo
from margin.cli.output import json_text
from margin.files.rule_entries import SYSTEMS, is_stated
from margin.files.rules import NAMED_RULES, OVERRIDES, STRUCTURED

__all__ = ["command"]

OWN = {
    "scenario": "scenarios of the account's own, all stated in the file",
    "perpetual": "maintenance tiers of the account's own, all stated in the file",
    "span": "SPAN with scan ranges, tiers and spreads of the account's own",
    "spread_vault": "a vault whose collateral covers its spread",
    "tail_risk": "value at risk or expected shortfall of stated returns",
    "tims": "ten-point margin with class, product and portfolio groups",
}
REQUIRED = "stated in the file"
PYTHON_ONLY = {
    "InitialRule": "the initial requirement of another rule, as a rule of its own",
    "RuleWithAddOn": "another rule with a charge for concentration or liquidity",
    "span_requirement": "SPAN of several commodities, from a parameter file of the exchange",
}
NO_DATE = "none stated"


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all digits.")
def command(name: str | None, as_json: bool) -> None:
    """Margin rules, or the parameters of the rule NAME.

    NAME is what stands in the entry rules of an account file.
    """
    content = _every() if name is None else _one(name)
    if as_json:
        click.echo(json_text(content))
    else:
        echo(*(_list_screen(content) if name is None else _rule_screen(content)))


def _every() -> dict[str, Any]:
    """All rules, by where they can be used."""
    named = [_heading(name) for name in NAMED_RULES]
    return {"files": named, "own": OWN, "python": PYTHON_ONLY}


def _heading(name: str) -> dict[str, Any]:
    rule: Any = NAMED_RULES[name]
    date = SYSTEMS[name].date if name in SYSTEMS else ""
    return {"name": name, "title": rule.name, "date": date or None, "source": rule.source}


def _one(name: str) -> dict[str, Any]:
    """A rule with all its parameters.

    Raises
    ------
    click.UsageError
        If it has none of its own, or is not known.
    """
    if name in NAMED_RULES:
        return _heading(name) | {"parameters": list(_parameters(NAMED_RULES[name], name))}
    if name in STRUCTURED:
        return _structured(name)
    if name in OWN:
        raise click.UsageError(f"{name} has no numbers of its own: {OWN[name]}.")
    if name in PYTHON_ONLY:
        raise click.UsageError(f"{name} can be used from Python only: {PYTHON_ONLY[name]}.")
    near = get_close_matches(name.lower(), [*NAMED_RULES, *OWN, *PYTHON_ONLY], n=1)
    hint = f'did you mean "{near[0]}"?' if near else '"margin rules" lists those there are.'
    raise click.UsageError(f'unknown rule "{name}"; {hint}')


def _structured(name: str) -> dict[str, Any]:
    """A rule of which a file states what is inside it: its fields, and what they are by default."""
    given = {field.name: field for field in fields(STRUCTURED[name])}
    source = given.pop("source").default if "source" in given else None
    title = given.pop("name").default
    given.pop("asof", None)
    rows = [row for field in given.values() for row in _inside(field.name, _usual(field))]
    heading = {"name": name, "title": title, "date": None, "source": source or REQUIRED}
    return heading | {"parameters": rows}


def _usual(field: Field[Any]) -> Any:
    """What a field is if a file does not state it; the fields of a record that it must state."""
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    if isinstance(field.type, type) and is_dataclass(field.type):
        return {one.name: _usual(one) for one in fields(field.type)}
    return REQUIRED


def _inside(path: str, value: Any) -> Iterator[dict[str, Any]]:
    """A parameter that a file states, or each of a record of such."""
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if not isinstance(value, dict):
        yield {"parameter": path, "value": _plain(value), "in_file": True}
        return
    for name, item in value.items():
        yield from _inside(f"{path}.{name}", item)


def _parameters(rule: Any, name: str) -> Iterator[dict[str, Any]]:
    """Every parameter, and whether a file may state another number."""
    for field in fields(rule):
        if field.name in ("name", "asof", "source"):
            continue
        value = getattr(rule, field.name)
        stated = is_stated(field) if name in SYSTEMS else field.name in OVERRIDES
        yield from _flat(field.name, value, stated=stated)


def _flat(path: str, value: Any, *, stated: bool) -> Iterator[dict[str, Any]]:
    """A parameter, or each of a record of parameters."""
    if not is_dataclass(value):
        yield {"parameter": path, "value": _plain(value), "in_file": stated}
        return
    for field in fields(value):
        inside = getattr(value, field.name)
        yield from _flat(f"{path}.{field.name}", inside, stated=stated and is_stated(field))


def _plain(value: Any) -> Any:
    """Records as maps, tuples as lists, members of enumerations as their words."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _list_screen(content: dict[str, Any]) -> Iterator[str | Grid]:
    heads = ("in files", "title", "source")
    rows = [(row["name"], row["title"], row["source"]) for row in content["files"]]
    yield Grid(heads, rows, left=(0, 1, 2))
    for title, names in (("stated in full", OWN), ("from Python only", PYTHON_ONLY)):
        yield ""
        yield Grid((title, "what"), list(names.items()), left=(0, 1))


def _rule_screen(content: dict[str, Any]) -> Iterator[str | Grid]:
    yield click.style(f"{content['name']}  |  {content['title']}", bold=True)
    yield f"date of the numbers: {content['date'] or NO_DATE}"
    yield f"source: {content['source']}"
    yield ""
    yield Grid(("parameter", "value", "in a file"), list(_rows(content)), left=(0, 1, 2))


def _rows(content: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """One row for each parameter, and for each item of a list of records or of lists."""
    for row in content["parameters"]:
        path, value, stated = row["parameter"], row["value"], "yes" if row["in_file"] else ""
        if isinstance(value, list) and value and isinstance(value[0], list | dict):
            for at, item in enumerate(value):
                yield f"{path}[{at}]", _words(item), stated
        else:
            yield path, _words(value), stated


def _words(value: Any) -> str:
    """A parameter as text."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value) or "none"
    if value is None or value == "":
        return "none"
    return f"{value:.10g}" if isinstance(value, int | float) else str(value)
