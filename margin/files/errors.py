"""What is wrong with an account file, all of it at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["LINES_SHOWN", "AccountFileError", "Finding", "Place", "Report"]

LINES_SHOWN = 10
"""Findings that the message shows; the rest is counted."""

LONGEST_NAME = 40
"""Characters of a field name that a message repeats."""

Place = tuple[str | int, ...]
"""Where in a file: field names and list indices from the top, such as ("positions", 3, "right")."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    place : tuple of str or int
        Field names and list indices from the top of the file; empty for the file as a whole.
    complaint : str
        What was given, what is accepted and what to do.

    Examples
    --------
    >>> from margin.files.errors import Finding
    >>> print(Finding(("positions", 3, "right"), 'got "Put option"; use "call" or "put".'))
    positions[3].right: got "Put option"; use "call" or "put".
    """

    place: Place
    complaint: str

    def __str__(self) -> str:
        if not self.place:
            return self.complaint
        path = "".join(_step(part) for part in self.place)
        return f"{path.removeprefix('.')}: {self.complaint}"


def _step(part: str | int) -> str:
    """One part of a place; a field name that could upset a line is escaped and cut."""
    if isinstance(part, int):
        return f"[{part}]"
    name = part if part.isprintable() else json.dumps(part)
    return f".{name}" if len(name) <= LONGEST_NAME else f".{name[:LONGEST_NAME]}…"


@dataclass(frozen=True, slots=True)
class Report:
    """A place in a file, and what has been found in the file so far.

    Attributes
    ----------
    findings : list of Finding
        Everything found, at all places; it grows.
    place : tuple of str or int
        The place that a complaint is about.

    Examples
    --------
    >>> from margin.files.errors import Report
    >>> report = Report()
    >>> report.at("positions", 3).at("right").add("missing; give one.")
    >>> print(report.findings[0])
    positions[3].right: missing; give one.
    """

    findings: list[Finding] = field(default_factory=list)
    place: Place = ()

    def at(self, *steps: str | int) -> "Report":
        """The report at a place inside this one.

        Parameters
        ----------
        *steps : str or int
            Field names and list indices from here.
        """
        return Report(self.findings, (*self.place, *steps))

    def add(self, complaint: str) -> None:
        """Note what is wrong at this place.

        Parameters
        ----------
        complaint : str
            What was given, what is accepted and what to do.
        """
        self.findings.append(Finding(self.place, complaint))


class AccountFileError(ValueError):
    """An account file that cannot be used, with everything that is wrong in it.

    Its text shows the first ten lines and counts the rest.

    Parameters
    ----------
    source : str
        Name of the file.
    findings : sequence of Finding
        Everything that was found.
    line_numbers : mapping of tuple to int
        Line on which each place of the file begins, where that is known.

    Attributes
    ----------
    source : str
        Name of the file.
    findings : tuple of Finding
        Everything that was found, in the order of the file if its lines are known.
    lines : tuple of str
        One line per finding, ``file:line: place: complaint``; without the number if it is not
        known.

    Examples
    --------
    >>> from margin.files import AccountFileError
    >>> from margin.files.errors import Finding
    >>> print(AccountFileError("account.yaml", [Finding(("cash",), "missing; give a number.")], {}))
    account.yaml: cash: missing; give a number.
    """

    def __init__(
        self, source: str, findings: Sequence[Finding], line_numbers: Mapping[Place, int]
    ) -> None:
        super().__init__(source, findings, line_numbers)
        numbered = [(_line_number(finding.place, line_numbers), finding) for finding in findings]
        numbered.sort(key=lambda pair: pair[0])
        self.source = source
        self.findings = tuple(finding for _, finding in numbered)
        self.lines = tuple(
            f"{source}:{number}: {finding}" if number else f"{source}: {finding}"
            for number, finding in numbered
        )

    def __str__(self) -> str:
        shown, hidden = self.lines[:LINES_SHOWN], self.lines[LINES_SHOWN:]
        rest = [f"{self.source}: and {len(hidden)} more, {len(self.lines)} in all."]
        return "\n".join([*shown, *rest] if hidden else shown)


def _line_number(place: Place, line_numbers: Mapping[Place, int]) -> int:
    """Line of the innermost part of a place that stands in the file; 0 if none does."""
    parts = (place[:length] for length in range(len(place), 0, -1))
    return next((line_numbers[part] for part in parts if part in line_numbers), 0)
