"""The BENCHOP problems: parameters and reference values, from the table of the tests."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks._benchop_volatility import from_function, from_surface
from pdesolve import LocalVolatility

TABLE = Path(__file__).parents[1] / "tests" / "reference" / "benchop.csv"
TEXTS = {"source", "problem", "formula", "quantity", "right"}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One problem and quantity: what is asked, where, and the answers.

    Attributes
    ----------
    name, quantity, right : str
        As in the table.
    terms : dict of float
        Parameters by the names of the columns.
    spots, other_spots : (k,) array
        Where the quantity is asked; the second asset's, or NaN where there is none.
    exact : (k,) array
        Reference values.
    """

    name: str
    quantity: str
    right: str
    terms: dict[str, float]
    spots: Floats
    other_spots: Floats
    exact: Floats

    def __getitem__(self, name: str) -> float:
        """Return a parameter."""
        return self.terms[name]

    def local_volatility(self, spot: float) -> LocalVolatility:
        """Return the model of problem 3, of which the second moves with the spot priced."""
        return from_surface(spot) if self.name == "3 II" else from_function()

    def relative_error(self, values: Floats) -> float:
        """Return the largest relative error at the spots asked."""
        return float(np.abs(values / self.exact - 1.0).max())


def problems() -> dict[tuple[str, str], Problem]:
    """Return all problems by name and quantity, in the order of the table."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    with open(TABLE, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            groups.setdefault((row["problem"], row["quantity"]), []).append(row)
    return {key: _problem(rows) for key, rows in groups.items()}


def _problem(rows: list[dict[str, str]]) -> Problem:
    first = rows[0]
    terms = {name: float(text) for name, text in first.items() if text and name not in TEXTS}
    spots, other, exact = (
        np.array([float(row[name] or "nan") for row in rows])
        for name in ("spot", "other_spot", "value")
    )
    return Problem(first["problem"], first["quantity"], first["right"], terms, spots, other, exact)
