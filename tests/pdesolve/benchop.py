"""The BENCHOP problems that closed forms reach, as published."""

import csv
from pathlib import Path

import pytest

TABLE = Path(__file__).parents[1] / "reference" / "benchop.csv"
TEXTS = {"source", "problem", "formula", "quantity", "right"}


def rows(formula):
    """Return the rows of a formula, numbers as floats, as parameters of a test."""
    with open(TABLE, newline="", encoding="utf-8") as file:
        found = [row for row in csv.DictReader(file) if row["formula"] == formula]
    numbers = [
        {name: text if name in TEXTS else float(text) for name, text in row.items() if text}
        for row in found
    ]
    return [pytest.param(row, id=f"{row['problem']} {row['spot']:g}") for row in numbers]


def taken(row, *names):
    """Return some entries of a row by name."""
    return {name: row[name] for name in names}
