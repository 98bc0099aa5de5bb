"""What Derive's two portfolio managers have in common: the worst of scenarios and basis."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from margin.piecewise import PiecewiseCubic, combine
from margin.rules.derive.book import DeriveBook, basis_contingency, scenario_profit
from margin.rules.derive.scenario import DeriveScenario, VolDirection
from margin.rules.rule import Branch
from margin.rules.staged import RequirementLine

__all__ = ["ScenarioSet", "offset_lines", "worst_branches", "worst_profit"]

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
    """The worst scenario, what each part would lose alone, and what holding them together saves."""
    label, worst = worst_profit(every.profits(book, discounts), spot)
    nothing = replace(book, perpetual=0.0, perpetual_value=combine([0.0], [book.spot]), pledged=())
    parts = []
    for index, expiry in enumerate(book.expiries):
        alone = replace(nothing, expiries=(expiry,))
        name = f"options with {365.0 * expiry.years:.4g} days left, alone"
        parts.append((name, worst_profit(every.profits(alone, discounts[index : index + 1]), spot)))
    linear = worst_profit(every.profits(replace(book, expiries=()), ()), spot)
    parts.append(("perpetuals and collateral, alone", linear))
    lines = [RequirementLine(f"worst: {label}", 0.0 - worst)]
    lines += [RequirementLine(f"  {name}: {where}", 0.0 - loss) for name, (where, loss) in parts]
    saved = worst - sum(loss for _, (_, loss) in parts)
    return [*lines, RequirementLine("  saved by offsets between them", saved)]
