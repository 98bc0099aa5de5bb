"""Maps of a file against their models; every fault becomes a sentence with its remedy."""

import json
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from margin.files.errors import Report

__all__ = ["LARGEST", "attempt", "checked", "one_of", "show", "unknown"]

LARGEST = 1e30
"""No price, quantity or amount of an account is larger."""

LONGEST_SHOWN = 40
"""Characters of a value that a message repeats."""

Model = TypeVar("Model", bound=BaseModel)
Record = TypeVar("Record")


def checked(model: type[Model], content: object, report: Report) -> Model | None:
    """The content of a map as its model, or None with its faults reported.

    Parameters
    ----------
    model : type
        What the map should hold.
    content : object
        What it holds.
    report : Report
        Where it stands; grows by one finding for each fault.

    Returns
    -------
    BaseModel or None

    Examples
    --------
    >>> from margin.files.errors import Report
    >>> from margin.files.explain import checked
    >>> from margin.files.schema import SpotEntry
    >>> report = Report()
    >>> checked(SpotEntry, {"kind": "spot", "underlyng": "BTC", "quantity": "3"}, report)
    >>> for finding in report.findings:
    ...     print(finding)
    underlying: missing; give a short text.
    quantity: got "3"; use a signed number of contracts, short is negative.
    underlyng: unknown field; did you mean "underlying"?
    """
    if not isinstance(content, dict):
        fields = ", ".join(_fields(model))
        report.add(f"got {show(content)}; use a map with the fields {fields}.")
        return None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            field = str(fault["loc"][0])
            report.at(field).add(_complaint(model, field, fault["type"], content.get(field)))
    return None


def attempt(build: Callable[[], Record], report: Report) -> Record | None:
    """What a constructor gives, or None with its complaint reported.

    Parameters
    ----------
    build : callable
        Makes a record that checks its own fields.
    report : Report
        Where in the file its fields stand; grows by one finding if the record refuses them.

    Returns
    -------
    object or None

    Examples
    --------
    >>> from margin.files.errors import Report
    >>> from margin.files.explain import attempt
    >>> attempt(lambda: int("3"), Report())
    3
    """
    try:
        return build()
    except ValueError as error:
        report.add(f"{error}.")
        return None


def one_of(words: Iterable[str]) -> str:
    """Words that are accepted, as part of a sentence.

    Parameters
    ----------
    words : iterable of str
        What is accepted.

    Returns
    -------
    str

    Examples
    --------
    >>> from margin.files.explain import one_of
    >>> one_of(["option", "future", "spot"])
    '"option", "future" or "spot"'
    """
    quoted = [f'"{word}"' for word in words]
    return ", ".join([*quoted[:-2], " or ".join(quoted[-2:])])


def show(value: object) -> str:
    """A value of a file as a short text.

    Parameters
    ----------
    value : object
        Any value.

    Returns
    -------
    str
        At most some forty characters.

    Examples
    --------
    >>> from margin.files.explain import show
    >>> show("Put option"), show(None), show([1, 2]), show(True)
    ('"Put option"', 'nothing', 'a list', 'true')
    """
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        kind = "map" if isinstance(value, dict) else "list"
        return f"a {kind}" if value else f"an empty {kind}"
    if isinstance(value, bool | str):
        shown = json.dumps(value)
    else:
        shown = str(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"


def unknown(field: str, accepted: Iterable[str]) -> str:
    """What to do about a field that there is not, with the nearest one that there is.

    Parameters
    ----------
    field : str
        As the file has it.
    accepted : iterable of str
        Fields that there are.

    Returns
    -------
    str

    Examples
    --------
    >>> from margin.files.explain import unknown
    >>> unknown("shok", ["shock", "dust"])
    'unknown field; did you mean "shock"?'
    """
    near = get_close_matches(field.lower(), list(accepted), n=1)
    if near:
        return f'unknown field; did you mean "{near[0]}"?'
    return f"unknown field; remove it, or use one of {', '.join(accepted)}."


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields by the names that they have in a file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _complaint(model: type[BaseModel], field: str, fault: str, value: Any) -> str:
    """What is wrong with one field, and what to do."""
    fields = _fields(model)
    if fault == "extra_forbidden":
        return unknown(field, fields)
    if fault == "missing":
        return f"missing; give {_accepted(fields[field])}."
    if fault == "value_error" and isinstance(value, int | float) and abs(value) > LARGEST:
        return f"got {show(value)}; use a number of at most {LARGEST:g}."
    if fault == "less_than_equal" and 1.0 < value <= 100.0:
        return f"got {show(value)}, which looks like percent; write {value / 100.0:g}."
    return f"got {show(value)}; use {_accepted(fields[field])}."


def _accepted(field: FieldInfo) -> str:
    """What a field accepts; for ``X | None`` this is said by ``X``."""
    if field.description:
        return field.description
    notes = (note for part in get_args(field.annotation) for note in get_args(part))
    return next(str(note.description) for note in notes if isinstance(note, FieldInfo))
