"""From the text of a YAML, JSON or TOML file to plain maps, lists, text and numbers.

YAML is read by the core schema of YAML 1.2: ``1e6`` is a number, ``no`` is text, ``08:00`` is
text.  Anchors, tags, repeated keys and several documents in one file are refused in all formats.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from margin.files.errors import AccountFileError, Finding, Place

__all__ = ["line_numbers", "parse"]

DEEPEST = 20
"""Maps and lists may lie this deep in one another; an account needs six."""

DIGITS = 18
"""Longer whole numbers are read as floats."""

CONSTANTS = {"": None, "~": None, "null": None, "true": True, "false": False}
NUMBER = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.inf|\.nan", re.IGNORECASE)
TOO_DEEP = f"maps and lists lie too deep in one another; at most {DEEPEST} are read"

# The parser in C is ten times faster; a build of PyYAML without it has the same one in Python.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def parse(text: str, suffix: str, source: str) -> Any:
    r"""The content of a file as plain maps, lists, text, numbers, dates and None.

    Parameters
    ----------
    text : str
        Content of the file.
    suffix : str
        ``.yaml``, ``.yml``, ``.json`` or ``.toml``.
    source : str
        Name of the file, for messages.

    Returns
    -------
    object
        What the file says.

    Raises
    ------
    AccountFileError
        If the suffix is not one of these, or the text does not follow the format; with line and
        column where they are known.

    Examples
    --------
    >>> from margin.files.syntax import parse
    >>> parse("cash: 1e6\nhedged: no", ".yaml", "account.yaml")
    {'cash': 1000000.0, 'hedged': 'no'}
    """
    readers: dict[str, Callable[[str], Any]] = {
        ".yaml": _yaml,
        ".yml": _yaml,
        ".json": _json,
        ".toml": tomllib.loads,
    }
    if suffix not in readers:
        complaint = f'got the suffix "{suffix}"; use .yaml, .yml, .json or .toml.'
        raise AccountFileError(source, [Finding((), complaint)], {})
    try:
        tree = readers[suffix](text)
    except RecursionError:
        complaint = f"{TOO_DEEP}."
    except (ValueError, yaml.YAMLError) as error:
        complaint = f"not valid {suffix.removeprefix('.').upper()}: {_reason(error)}."
    else:
        if _fits(tree, DEEPEST):
            return tree
        complaint = f"{TOO_DEEP}."
    raise AccountFileError(source, [Finding((), complaint)], {})


def line_numbers(text: str, suffix: str) -> dict[Place, int]:
    r"""The line on which each place of a YAML or JSON file begins, counted from 1.

    Parameters
    ----------
    text : str
        Content of a file that has been parsed.
    suffix : str
        Its suffix.

    Returns
    -------
    dict of tuple to int
        Empty for TOML, whose parser keeps no lines.

    Examples
    --------
    >>> from margin.files.syntax import line_numbers
    >>> line_numbers("cash: 1\npositions:\n- kind: spot", ".yaml")[("positions", 0, "kind")]
    3
    """
    if suffix == ".toml":
        return {}
    lines: dict[Place, int] = {}
    try:
        _document(text, lines)
    except yaml.YAMLError:  # JSON that is not YAML, such as one indented by tabs
        return {}
    return lines


def _yaml(text: str) -> Any:
    return _document(text, {})


def _document(text: str, lines: dict[Place, int]) -> Any:
    """The content of one YAML document; the line of every place is noted in ``lines``."""
    events = yaml.parse(text, _Loader)
    next(events)  # the stream starts
    if isinstance(next(events), yaml.StreamEndEvent):
        return None
    content = _content(next(events), events, (), lines)
    next(events)  # the document ends
    after = next(events)
    if isinstance(after, yaml.DocumentStartEvent):
        raise _refusal(after, "a second document begins; write one account per file")
    return content


def _content(event: Any, events: Iterator[Any], place: Place, lines: dict[Place, int]) -> Any:
    """What one event and those that belong to it say."""
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _refusal(event, "anchors and aliases are not read; write the value out")
    if event.tag is not None:
        raise _refusal(event, f"tags such as {event.tag} are not read")
    if isinstance(event, yaml.ScalarEvent):
        return event.value if event.style else _scalar(event.value)
    if len(place) == DEEPEST:
        raise _refusal(event, TOO_DEEP)
    if isinstance(event, yaml.MappingStartEvent):
        return _map(events, place, lines)
    return _list(events, place, lines)


def _map(events: Iterator[Any], place: Place, lines: dict[Place, int]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent):
            raise _refusal(key, "a field name must be text")
        name = key.value
        if name in content:
            raise _refusal(key, f'"{name}" stands twice in one map')
        lines[(*place, name)] = _line(key)
        content[name] = _content(next(events), events, (*place, name), lines)
    return content


def _list(events: Iterator[Any], place: Place, lines: dict[Place, int]) -> list[Any]:
    content: list[Any] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        here = (*place, len(content))
        lines[here] = _line(event)
        content.append(_content(event, events, here, lines))
    return content


def _line(event: Any) -> int:
    """Line on which an event begins, counted from 1."""
    return int(event.start_mark.line) + 1


def _scalar(text: str) -> str | float | bool | None:
    """A plain scalar of the core schema of YAML 1.2."""
    if text.lower() in CONSTANTS:
        return CONSTANTS[text.lower()]
    if NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    if NUMBER.fullmatch(text):
        return _integer(text) if text.lstrip("+-").isdigit() else float(text)
    return text


def _integer(text: str) -> float:
    """A whole number; one too long for its digits to be counted exactly is a float."""
    return int(text) if len(text) <= DIGITS else float(text)


def _refusal(event: Any, problem: str) -> yaml.YAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def _json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_int=_integer)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f'"{twice}" stands twice in one map')
    return content


def _reason(error: Exception) -> str:
    """What is wrong and where, in one line."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (line {error.lineno}, column {error.colno})"
    mark: Any = getattr(error, "problem_mark", None)
    if isinstance(error, yaml.MarkedYAMLError) and mark is not None:
        return f"{error.problem} (line {mark.line + 1}, column {mark.column + 1})"
    return " ".join(str(error).split())


def _fits(tree: Any, levels: int) -> bool:
    """Whether at most so many maps and lists lie in one another."""
    if not isinstance(tree, dict | list):
        return True
    inside = tree.values() if isinstance(tree, dict) else tree
    return levels > 0 and all(_fits(item, levels - 1) for item in inside)
