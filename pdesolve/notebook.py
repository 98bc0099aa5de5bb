"""Results as HTML tables, which a notebook shows in place of text."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from itertools import islice
from math import isfinite
from numbers import Integral, Real

__all__ = ["html_table"]

MOST_ROWS = 60
"""Rows that a notebook shows; all are in the result."""
LARGE = 1_000.0
"""Numbers from here on are shown with two digits after the point, others with six in all."""
CELL = "padding: 0.15em 0.6em; white-space: nowrap; text-align: "
CAPTION = "text-align: left; white-space: nowrap"


def html_table(
    title: str, heads: Sequence[object], rows: Iterable[Sequence[object]], *, notes: str = ""
) -> str:
    """A table as HTML: numbers stand right and are rounded, all text is escaped.

    Parameters
    ----------
    title : str
        What it shows; its lines stand below one another.
    heads : sequence
        Heads of the columns; none for a table without.
    rows : iterable of sequence
        Cells: numbers, dates, text, or None for what there is not.
    notes : str
        What stands below.

    Returns
    -------
    str

    Examples
    --------
    >>> html_table("Q & A", ("spot",), [(1234.5678,)]).count("<td")
    1
    >>> "Q &amp; A" in html_table("Q & A", ("spot",), [])
    True
    """
    listed = iter(rows)
    shown = list(islice(listed, MOST_ROWS))
    left = sum(1 for _ in listed)
    head = "".join(f'<th style="{CELL}left">{escape(str(each))}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in shown)
    lines = [*notes.splitlines(), *([f"and {left} more rows"] if left else [])]
    return (
        f'<table><caption style="{CAPTION}">{_lines(title.splitlines())}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        + (f"<p>{_lines(lines)}</p>" if lines else "")
    )


def _lines(lines: Sequence[str]) -> str:
    return "<br>".join(map(escape, lines))


def _cell(value: object) -> str:
    if isinstance(value, Real) and not isinstance(value, bool):
        return f'<td style="{CELL}right">{_number(value)}</td>'
    text = f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value)
    return f'<td style="{CELL}left">{"–" if value is None else escape(text)}</td>'


def _number(value: Real) -> str:
    number = float(value)
    if isinstance(value, Integral):
        return f"{int(value):,}"
    return f"{number:,.2f}" if isfinite(number) and abs(number) >= LARGE else f"{number:.6g}"
