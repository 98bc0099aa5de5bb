"""Numbers and tables as text: aligned columns, and the same in colour on a terminal."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from shutil import get_terminal_size
from typing import Literal

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["Grid", "amount", "echo", "percent", "spot_text"]

GAP = "  "


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts: the first column stands left, the others right.

    Attributes
    ----------
    heads : tuple of str
        Heads of the columns; all empty for a table without a head.
    rows : sequence of tuple of str
        The cells, as many in every row as there are heads.
    left : tuple of int
        Columns whose cells stand left.
    warned : tuple of int
        Columns whose negative numbers are red on a terminal.
    """

    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    left: tuple[int, ...] = (0,)
    warned: tuple[int, ...] = ()

    @property
    def sides(self) -> list[Literal["left", "right"]]:
        """On which side the cells of each column stand."""
        return ["left" if at in self.left else "right" for at in range(len(self.heads))]


def amount(value: float, digits: int) -> str:
    """A number with thousands separated and so many digits after the point."""
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0.0 else text


def spot_text(value: float, present: float, more: int = 0, digits: int | None = None) -> str:
    """A spot to five significant digits of the present one, or more; two at least are decimals.

    ``digits`` after the point, if given, count instead.
    """
    if digits is not None:
        return f"{value:,.{digits}f}"
    whole = len(f"{present:.0f}")
    return f"{value:,.{max(2, 5 + more - whole)}f}"


def percent(value: float) -> str:
    """A relative number as signed percent."""
    return f"{100.0 * value:+.2f} %"


def echo(*parts: str | Grid) -> None:
    """Write lines and tables to standard output; in colour if it is a terminal that wants it.

    Parameters
    ----------
    *parts : str or Grid
        What to write, from top to bottom.
    """
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for part in parts:
        text = part if isinstance(part, str) else _plain(part)
        if isinstance(part, Grid) and coloured and _width(text) < get_terminal_size().columns:
            _echo_rich(part)
        else:
            click.echo(text, color=coloured)


def _width(text: str) -> int:
    return max(len(line) for line in text.splitlines())


def _plain(grid: Grid) -> str:
    """The table as lines of aligned text."""
    rows = [grid.heads, *grid.rows] if any(grid.heads) else grid.rows
    widths = [max(len(row[column]) for row in rows) for column in range(len(grid.heads))]
    return "\n".join(_line(row, widths, grid.sides) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int], sides: Sequence[str]) -> str:
    cells = [
        cell.ljust(width) if side == "left" else cell.rjust(width)
        for cell, width, side in zip(row, widths, sides, strict=True)
    ]
    return GAP.join(cells).rstrip()


def _echo_rich(grid: Grid) -> None:
    """The same columns, heads in bold and negative numbers in red."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=any(grid.heads))
    for head, side in zip(grid.heads, grid.sides, strict=True):
        shown.add_column(Text(head, style="bold"), justify=side, no_wrap=True)
    for row in grid.rows:
        shown.add_row(*(Text(cell, style=_style(at, cell, grid)) for at, cell in enumerate(row)))
    Console().print(shown)


def _style(column: int, cell: str, grid: Grid) -> str:
    return "red" if column in grid.warned and cell.startswith("-") else ""
