"""Rules whose initial requirement is no multiple of the maintenance requirement."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from margin.revaluation import Revaluation
from margin.rules.rule import Branch, Multiplied, Rule
from margin.vol_move import VolMove

__all__ = [
    "Explained",
    "InitialRule",
    "RequirementLine",
    "Staged",
    "StagedRule",
    "initial_factor",
    "least_excess",
]


@dataclass(frozen=True, slots=True)
class RequirementLine:
    """One term of a requirement, or what an offset saved, at the present spot.

    Attributes
    ----------
    label : str
        What it is, in words.
    amount : float
        In the currency of the account: positive if it is required, negative if it is saved.

    Examples
    --------
    >>> from margin.rules import RequirementLine
    >>> print(RequirementLine("naked short options", 18.0))
    naked short options                                     18.00
    """

    label: str
    amount: float

    def __str__(self) -> str:
        return f"{self.label:<44}{self.amount:>17,.2f}"


@runtime_checkable
class Staged(Protocol):
    """Something that gives its initial requirement branch by branch, as it gives maintenance."""

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Equity less the initial requirement as the least of these branches, in quote currency."""


@runtime_checkable
class Explained(Protocol):
    """A rule that says what its requirements are made of, today, at the present spot."""

    def maintenance_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """Lines that add up to the maintenance requirement from present marks, or to less than 0.

        In the currency of the account; what an offset saves is negative.
        """


class StagedRule(Rule, Staged, Protocol):
    """A rule whose initial requirement is no multiple of its maintenance requirement."""


@dataclass(frozen=True, slots=True)
class InitialRule:
    """The initial requirement of a staged rule, as a rule of its own.

    Its thresholds are the spots at which no position may be opened any more.

    Attributes
    ----------
    rule : StagedRule
        Whose initial requirement it is.

    Examples
    --------
    >>> from margin.rules import DeribitStandard, InitialRule
    >>> InitialRule(DeribitStandard()).name
    'Deribit standard margin, initial'
    """

    rule: StagedRule

    @property
    def name(self) -> str:
        """What the rule is called."""
        return f"{self.rule.name}, initial"

    @property
    def initial_factor(self) -> float:
        """One: the requirement of this rule is the initial one already."""
        return 1.0

    @property
    def vol_moves(self) -> tuple[VolMove, ...]:
        """Volatility moves whose revaluations the rule reads; 0 comes first."""
        return self.rule.vol_moves

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest relative spot move at which the rule reads a revaluation."""
        return self.rule.spot_moves

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Equity less the initial requirement as the least of these branches.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.
        date_index : int
            Which of the dates of the revaluation.
        vol_move : float
            Relative move of all volatilities that has happened before.

        Returns
        -------
        tuple of Branch
            In quote currency.
        """
        return self.rule.initial_branches(revaluation, date_index, vol_move)


def initial_factor(rule: Rule) -> float:
    """The initial requirement of a rule as a multiple of its maintenance requirement.

    Raises
    ------
    ValueError
        If there is no such number.

    Examples
    --------
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> from margin.rules.staged import initial_factor
    >>> initial_factor(TEN_POINT_EQUITY)
    1.0
    """
    if isinstance(rule, Multiplied):
        return rule.initial_factor
    raise ValueError(f"{rule.name} has no initial factor; use InitialRule or initial_branches")


def least_excess(branches: tuple[Branch, ...], spot: float) -> tuple[int, float]:
    """Which branch is least at a spot, and its value there in quote currency.

    Examples
    --------
    >>> from margin.piecewise import line
    >>> from margin.rules import Branch
    >>> from margin.rules.staged import least_excess
    >>> level, rising = (line(a, b, lowest=1.0, highest=9.0) for a, b in ((4.0, 0.0), (-2.0, 1.0)))
    >>> least_excess((Branch("level", level), Branch("rising", rising)), 5.0)
    (1, 3.0)
    """
    values = [float(branch.curve(spot)) for branch in branches]
    return min(enumerate(values), key=lambda pair: pair[1])
