"""What Derive's two portfolio managers have in common: the worst of scenarios and basis."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from margin.kernels.readings import add_gains, read_many
from margin.piecewise import PiecewiseCubic, combine
from margin.readings import refuse_outside, stacked
from margin.revaluation import Revaluation
from margin.rules.derive.book import (
    DeriveBook,
    basis_contingency,
    scenario_profit,
)
from margin.rules.derive.scenario import DeriveScenario, VolDirection
from margin.rules.rule import Branch
from margin.rules.staged import RequirementLine

__all__ = [
    "ScenarioSet",
    "marks_line",
    "offset_lines",
    "worst_branches",
    "worst_profit",
    "worst_values",
]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Readings = tuple[
    list[VolDirection], tuple[Indices, Indices, Floats], list[tuple[int, VolDirection]]
]
"""Directions without a skew; row, direction and factor of every scenario that reads one of them;
row and direction of the others."""

BASIS = "basis of the forwards"


@dataclass(frozen=True, slots=True)
class ScenarioSet:
    """The scenarios of a manager and the parameters of its basis contingency.

    ``basis_moves`` are the two moves of a forward; the loss of an expiry with ``t`` years left
    counts ``basis_add + basis_per_year * t`` times.
    """

    scenarios: tuple[DeriveScenario, ...]
    basis_moves: tuple[float, float]
    basis_add: float
    basis_per_year: float

    @property
    def states(self) -> tuple[tuple[float, VolDirection], ...]:
        """Spot moves and directions of volatilities at which options are valued."""
        basis = [(move, VolDirection.NONE) for move in self.basis_moves]
        scenarios = [scenario.state for scenario in self.scenarios]
        return tuple(dict.fromkeys([(0.0, VolDirection.NONE), *basis, *scenarios]))

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest move of the spot."""
        moves = [move for move, _ in self.states]
        return min(moves), max(moves)

    @property
    def directions(self) -> tuple[VolDirection, ...]:
        """Moves of volatilities at which options are valued."""
        return tuple(dict.fromkeys(way for _, way in self.states))

    def profits(
        self, book: DeriveBook, discounts: Sequence[tuple[float, float]]
    ) -> list[tuple[str, PiecewiseCubic]]:
        """Label and profit of the basis contingency, then of every scenario."""
        basis = basis_contingency(
            book, self.basis_moves, add=self.basis_add, per_year=self.basis_per_year
        )
        every = [(BASIS, basis)]
        for scenario in self.scenarios:
            every.append((str(scenario), scenario_profit(book, scenario, discounts)))
        return every

    def profit_values(
        self, book: DeriveBook, discounts: Sequence[tuple[float, float]], spots: Floats
    ) -> Floats:
        """`profits` at spots, without curves: (1 + scenarios, k)."""
        shift, damping = np.array([[one.spot_move, one.damping] for one in self.scenarios]).T
        basis, gains = np.zeros_like(spots), np.multiply.outer(shift, book.linear(spots))
        if book.expiries:
            basis = self._add_options(book, np.array(discounts), spots, gains=gains)
        return np.concatenate([basis[None, :], damping[:, None] * gains])

    def _add_options(
        self, book: DeriveBook, kept: Floats, spots: Floats, *, gains: Floats
    ) -> Floats:
        """Add the gains of all expiries to ``gains``; what the basis costs is returned."""
        ways, readings, skewed = self._readings
        every = [expiry.ways[way] for expiry in book.expiries for way in ways]
        curves, count = stacked(every), len(book.expiries)
        still = 1.0 + np.array([0.0, *self.basis_moves])
        refuse_outside(curves[0], np.append(readings[2], still), spots)
        forwards: Floats = np.empty((count, still.size, spots.size))
        first, flat = np.repeat(len(ways) * np.arange(count), still.size), (-1, spots.size)
        read_many(*curves, first, np.tile(still, count), spots, forwards.reshape(flat))
        present = forwards[:, 0].copy()
        add_gains(curves, readings, spots, present, kept, gains)
        for row, way in skewed:
            after = np.stack([expiry.ways[way](spots) for expiry in book.expiries])
            after *= np.where(after > 0.0, kept[:, :1], kept[:, 1:])
            gains[row] -= np.abs(after - present).sum(axis=0)
        scale = self.basis_add + self.basis_per_year * np.array([e.years for e in book.expiries])
        basis: Floats = scale @ np.minimum(forwards[:, 1:].min(axis=1) - present, 0.0)
        return basis

    @property
    def _readings(self) -> Readings:
        """How the scenarios read an expiry; those with a skew leave the spot alone."""
        ways = {way: index for index, way in enumerate(w for w in self.directions if not w.skewed)}
        states = list(enumerate(scenario.state for scenario in self.scenarios))
        regular = [(row, ways[way], 1.0 + move) for row, (move, way) in states if way in ways]
        rows, which, factors = np.array(regular, dtype=np.float64).reshape(-1, 3).T
        skewed = [(row, way) for row, (_, way) in states if way not in ways]
        shifts = rows.astype(np.int64), which.astype(np.int64), factors.copy()
        return list(ways), shifts, skewed


def worst_values(total: Floats, fixed: Floats, profits: Floats, *, factor: float) -> Floats:
    """`worst_branches` at spots: (1 + profits, k)."""
    return np.concatenate([total[None, :], total - fixed + factor * profits])


def worst_branches(
    total: PiecewiseCubic,
    fixed: PiecewiseCubic,
    profits: Sequence[tuple[str, PiecewiseCubic]],
    *,
    factor: float,
) -> tuple[Branch, ...]:
    """``total - fixed + factor * profit`` for every profit, after the total itself."""
    branches = [Branch("no requirement", total)]
    for label, profit in profits:
        curve = combine([1.0, -1.0, factor], [total, fixed, profit])
        branches.append(Branch(label, curve))
    return tuple(branches)


def worst_profit(profits: Sequence[tuple[str, PiecewiseCubic]], spot: float) -> tuple[str, float]:
    """Label and profit of the worst at a spot."""
    values = [(label, float(curve(spot))) for label, curve in profits]
    return min(values, key=lambda pair: pair[1])


def offset_lines(
    book: DeriveBook, every: ScenarioSet, discounts: Sequence[tuple[float, float]], *, spot: float
) -> list[RequirementLine]:
    """What each part would lose alone, and what holding them together saves: the worst loss."""
    label, worst = worst_profit(every.profits(book, discounts), spot)
    nothing = replace(book, perpetual=0.0, perpetual_value=combine([0.0], [book.spot]), pledged=())
    parts = []
    for index, expiry in enumerate(book.expiries):
        alone = replace(nothing, expiries=(expiry,))
        name = f"options with {365.0 * expiry.years:.4g} days left, alone"
        parts.append((name, worst_profit(every.profits(alone, discounts[index : index + 1]), spot)))
    linear = worst_profit(every.profits(replace(book, expiries=()), ()), spot)
    parts.append(("perpetuals and collateral, alone", linear))
    lines = [RequirementLine(f"{name}: {where}", 0.0 - loss) for name, (where, loss) in parts]
    saved = sum(loss for _, (_, loss) in parts) - worst
    return [*lines, RequirementLine(f"saved by offsets, {label}", saved)]


def marks_line(revaluation: Revaluation, total: PiecewiseCubic) -> RequirementLine:
    """What the account is worth in the market beyond the marks of the venue, at spot."""
    spot = revaluation.spot
    return RequirementLine(
        "market value beyond the venue's marks", float(revaluation.equity()(spot) - total(spot))
    )
