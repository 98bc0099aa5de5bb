"""Columns of frames by their names: pandas, polars, pyarrow, or a dict of columns."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Protocol, TypeVar

__all__ = ["Frame", "from_frame"]

Value = TypeVar("Value")

# How alike two names must be for one to count as a slip of the other.
ALIKE = 0.75


class Frame(Protocol):
    """A table that gives its columns by name: of pandas, polars, pyarrow, or a dict of columns."""

    def __getitem__(self, name: str, /) -> Any:
        """Return the column of a name."""


def from_frame(
    frame: Frame | None, given: Mapping[str, Value | None], needed: tuple[str, ...]
) -> dict[str, Value]:
    """Arguments by name: those given, else the columns of a frame that have their names.

    Columns of other names are left alone, unless a name is so like that of an argument that is in
    neither place that it must be a slip.

    Parameters
    ----------
    frame : frame or None
        Columns are taken from it as they are.
    given : mapping
        By name, None for what was not given.
    needed : tuple of str
        Names that must be in one place or the other.

    Returns
    -------
    dict
        What was found, by name.

    Raises
    ------
    TypeError
        If a name that is needed was not given, and there is no frame.
    ValueError
        If a frame lacks it, or has a column that is so like an argument as to be a slip.

    Examples
    --------
    >>> from_frame({"strike": [90.0, 100.0], "note": ["a", "b"]}, {"strike": None, "vol": 0.2}, ())
    {'strike': [90.0, 100.0], 'vol': 0.2}
    """
    names = [] if frame is None else _names(frame)
    found: dict[str, Value] = {}
    for name, value in given.items():
        if value is not None:
            found[name] = value
        elif frame is not None and name in names:
            found[name] = frame[name]
        else:
            _refuse_slip(name, [one for one in names if one not in given])
    missing = [name for name in needed if name not in found]
    if missing and frame is None:
        raise TypeError(f"missing arguments: {', '.join(missing)}")
    if missing:
        raise ValueError(f"frame must have a column {missing[0]!r}, got {', '.join(names)}")
    return found


def _names(frame: Frame) -> list[str]:
    """Return the names of the columns."""
    for attribute in ("column_names", "columns"):  # pyarrow; pandas and polars
        names = getattr(frame, attribute, None)
        if names is not None:
            return [str(name) for name in names]
    if isinstance(frame, Mapping):
        return [str(name) for name in frame]
    raise ValueError(f"frame must have named columns, got {type(frame).__name__}")


def _refuse_slip(name: str, others: list[str]) -> None:
    """Refuse a column whose name is nearly that of an argument that would be left out."""
    like = get_close_matches(name, [one.lower() for one in others], n=1, cutoff=ALIKE)
    if like:
        raise ValueError(f"column {like[0]!r} is not known, the name is {name!r}")
