"""Records of a rule as maps of a file: numbers, words, lists and maps inside them."""

import re
import types
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from margin.files.errors import Report
from margin.files.explain import attempt, one_of, show, unknown
from margin.rules import ScenarioRule

__all__ = ["content_of", "record_of"]

HIDDEN = ("name", "source", "asof")
"""Fields of a rule that say what it is; a file calls the first one ``title``."""

RuleReader = Callable[[object, Report], Any]


def record_of(kind: type[Any], given: object, report: Report, *, rule_of: RuleReader) -> Any:
    """A record from a map of its fields, or None with every fault reported at its place.

    Numbers stand as they are, members of enumerations by their value, tuples as lists and records
    as maps.  Where several kinds will do, the map holds one of their names and its map.  A list of
    numbers may be the name of a text file with one number per line.

    Parameters
    ----------
    kind : type
        A dataclass that checks its own fields.
    given : object
        What the file says.
    report : Report
        Where it stands; grows by one finding for each fault.
    rule_of : callable
        Reads a rule inside the record.

    Returns
    -------
    object or None

    Examples
    --------
    >>> from margin.files.errors import Report
    >>> from margin.files.records import record_of
    >>> from margin.files.rules import rule_of
    >>> from margin.rules.tail.rule import TailRiskRule
    >>> moves = [k / 100 for k in range(-50, 51)]
    >>> entry = {"moves": moves, "measure": {"value_at_risk": {"level": 0.98}}}
    >>> record_of(TailRiskRule, entry, Report(), rule_of=rule_of).measure.level
    0.98
    """
    accepted = {_stated(field): field for field in fields(kind)}
    if not isinstance(given, dict):
        report.add(f"got {show(given)}; use a map with the fields {', '.join(accepted)}.")
        return None
    before, values = len(report.findings), {}
    for name, value in given.items():
        here = report.at(str(name))
        if name not in accepted:
            here.add(unknown(str(name), accepted))
        else:
            field = accepted[name]
            values[field.name] = _value(field.type, value, here, rule_of=rule_of)
    for name, field in accepted.items():
        if field.name not in values and _default(field) is MISSING and name not in given:
            report.at(name).add("missing; give it.")
    build: Callable[[], Any] = partial(kind, **values)  # type: ignore[misc]
    return None if len(report.findings) > before else attempt(build, report)


def content_of(record: Any, *, rule_content: Callable[[Any], Any]) -> dict[str, Any]:
    """The map that stands in a file for a record: the fields that are not as usual.

    Parameters
    ----------
    record : dataclass
        As `record_of` makes it.
    rule_content : callable
        What stands for a rule inside the record.

    Returns
    -------
    dict

    Examples
    --------
    >>> from margin.files.records import content_of
    >>> from margin.files.rules import rule_content
    >>> from margin.rules.span.scan import SpanScan
    >>> content_of(SpanScan(0.06, 0.04, cover=0.33), rule_content=rule_content)
    {'price_range': 0.06, 'vol_range': 0.04, 'cover': 0.33}
    """
    found = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if value != _default(field):
            found[_stated(field)] = _content(field.type, value, rule_content)
    return found


def _stated(field: Field[Any]) -> str:
    """What a file calls a field; the kind of a rule stands in its ``name``."""
    return "title" if field.name == "name" else field.name


def _default(field: Field[Any]) -> Any:
    factory = field.default_factory
    return field.default if factory is MISSING else factory()


def _value(kind: Any, given: object, report: Report, *, rule_of: RuleReader) -> Any:
    """What a field of this kind takes, or None with the fault reported."""
    read = partial(_value, rule_of=rule_of)
    if kind is ScenarioRule:
        return _scenario_rule(given, report, rule_of)
    if isinstance(kind, type) and is_dataclass(kind):
        return record_of(kind, given, report, rule_of=rule_of)
    if get_origin(kind) is tuple:
        return _items(kind, given, report, read)
    if get_origin(kind) in (Union, types.UnionType):
        return _one_of_kinds(get_args(kind), given, report, read)
    if isinstance(kind, type) and issubclass(kind, Enum):
        words = [member.value for member in kind]
        if given in words:
            return kind(given)
        report.add(f"got {show(given)}; use {one_of(words)}.")
        return None
    return _plain(kind, given, report)


def _plain(kind: Any, given: object, report: Report) -> Any:
    """A number or a text."""
    if kind is str:
        if isinstance(given, str):
            return given
        report.add(f"got {show(given)}; use a text.")
        return None
    number = isinstance(given, int | float) and not isinstance(given, bool) and isfinite(given)
    if number and isinstance(given, int | float) and (kind is float or given % 1.0 == 0.0):
        return float(given) if kind is float else int(given)
    report.add(f"got {show(given)}; use a {'whole' if kind is int else 'finite'} number.")
    return None


def _items(kind: Any, given: object, report: Report, read: Callable[..., Any]) -> Any:
    """A list as a tuple; numbers may stand in a text file."""
    kinds = get_args(kind)
    if kinds == (float, ...) and isinstance(given, str):
        return attempt(partial(_numbers_of_file, given), report)
    if not isinstance(given, list):
        report.add(f"got {show(given)}; use a list.")
        return None
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(given)
    if len(kinds) != len(given):
        report.add(f"got {len(given)} items; use {len(kinds)}.")
        return None
    pairs = enumerate(zip(kinds, given, strict=True))
    return tuple(read(one, item, report.at(index)) for index, (one, item) in pairs)


def _numbers_of_file(name: str) -> tuple[float, ...]:
    """The numbers of a text file, one per line; empty lines and headings do not count.

    Raises
    ------
    ValueError
        If the file cannot be read, or holds a line that is no number below the first.
    """
    try:
        lines = Path(name).read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        try:
            found += [float(text)] if text else []
        except ValueError as error:
            if number > 1:
                raise ValueError(f"{name}:{number}: got {show(text)}; use a number") from error
    return tuple(found)


def _one_of_kinds(
    kinds: tuple[Any, ...], given: object, report: Report, read: Callable[..., Any]
) -> Any:
    """One of several kinds: nothing, a number or a text as it is, a record by its name."""
    if given is None and type(None) in kinds:
        return None
    records = {
        _snake(kind): kind for kind in kinds if isinstance(kind, type) and is_dataclass(kind)
    }
    plain = [kind for kind in kinds if kind in (int, float, str)]
    if plain:
        return read(str if isinstance(given, str) and str in plain else plain[0], given, report)
    if len(records) == 1:
        return read(next(iter(records.values())), given, report)
    if isinstance(given, dict) and len(given) == 1 and next(iter(given)) in records:
        ((name, content),) = given.items()
        return read(records[name], content, report.at(name))
    report.add(f"got {show(given)}; use a map with {one_of(records)} and its fields.")
    return None


def _scenario_rule(given: object, report: Report, rule_of: RuleReader) -> Any:
    """A scenario rule inside a record, by its name or in full."""
    before = len(report.findings)
    rule = rule_of(given, report)
    if rule is not None and not isinstance(rule, ScenarioRule):
        report.add(f"got {show(given)}; use a ten-point or a scenario rule.")
    return None if len(report.findings) > before else rule


def _content(kind: Any, value: Any, rule_content: Callable[[Any], Any]) -> Any:
    """What stands in a file for the value of a field of this kind."""
    if isinstance(value, ScenarioRule):
        return rule_content(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_content(None, item, rule_content) for item in value]
    if not is_dataclass(value):
        return value
    content = content_of(value, rule_content=rule_content)
    several = [each for each in get_args(kind) if is_dataclass(each)]
    return {_snake(type(value)): content} if len(several) > 1 else content


def _snake(kind: type[Any]) -> str:
    """The name of a class as a file writes it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
