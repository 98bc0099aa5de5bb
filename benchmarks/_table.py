"""One aligned table, with what was promised beside what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, as text by column; the floor promised; whether it holds, if there is one.

    A row without cells is a heading.
    """

    name: str
    cells: tuple[str, ...] = ()
    floor: str = ""
    holds: bool | None = None


def show(columns: Sequence[str], rows: Sequence[Row]) -> int:
    """Print a table; ``columns`` names the first and those of the cells.  1 if a floor fails."""
    header = Row(columns[0], tuple(columns[1:]), "floor")
    widths = [
        max(len(row.cells[i]) for row in (header, *rows) if row.cells)
        for i in range(len(header.cells))
    ]
    name = max(len(row.name) for row in (header, *rows))
    floor = max(len(row.floor) for row in (header, *rows))
    for row in (header, *rows):
        cells = "".join(
            f"  {cell:>{width}}" for cell, width in zip(row.cells, widths, strict=False)
        )
        verdict = {True: "holds", False: "FAILS", None: ""}[row.holds]
        print(f"{row.name:<{name}}{cells}  {row.floor:<{floor}}  {verdict}".rstrip())
    return 0 if all(row.holds is not False for row in rows) else 1


def sizes(errors: ArrayLike) -> tuple[float, float]:
    """Largest and root-mean-square size of some errors."""
    found = np.abs(np.asarray(errors, dtype=np.float64))
    return float(found.max()), float(np.sqrt(np.mean(found**2)))


def micro(seconds: float) -> str:
    """Microseconds of a number of seconds, to three figures or a tenth."""
    return f"{1e6 * seconds:,.1f}" if seconds < 1e-4 else f"{1e6 * seconds:,.0f}"


def small(error: float) -> str:
    """An error, to two figures."""
    return f"{error:.1e}"
