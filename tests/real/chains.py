"""Real option chains beside the checkout, and the sign of excess around thresholds."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from margin import Account, Market, Thresholds, requirement
from margin.rules import Rule

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
STEP = 1e-5  # how far beyond its error a threshold is tried on both sides, relative


def beside(name: str) -> Path:
    """Path of a data file; the test is skipped where there is none."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{name} is not beside the checkout, in ../shared/data")
    return path


def excess_at(account: Account, market: Market, rule: Rule, *, spot: float) -> float:
    """Excess after spot and all forwards have moved in proportion, computed from scratch."""
    (name, underlying), *_ = market.underlyings.items()
    moved = replace(market, underlyings={name: replace(underlying, spot=spot)})
    return requirement(account, moved, rule).excess


def ends(found: Thresholds) -> Iterator[tuple[float, float]]:
    """Every end of the liquidation intervals inside the range searched, and its error."""
    for interval in found.intervals:
        if not interval.lower_open:
            yield interval.lower, interval.lower_error
        if not interval.upper_open:
            yield interval.upper, interval.upper_error


def around(found: Thresholds) -> Iterator[tuple[float, float]]:
    """A spot just inside and one just outside of every end of the liquidation intervals."""
    lowers = [interval.lower for interval in found.intervals]
    for level, error in ends(found):
        inwards = (error + STEP * level) * (1.0 if level in lowers else -1.0)
        yield level + inwards, level - inwards
