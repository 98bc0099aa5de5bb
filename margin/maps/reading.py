"""What an account leaves on one date: equity, and its excess over both requirements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from margin.maps.diagonal import diagonal
from margin.piecewise import PiecewiseCubic, combine
from margin.revaluation import Revaluation
from margin.rules import Branch, Rule, Staged, initial_factor

__all__ = ["DiagonalReading", "FixedReading", "Reading", "least_at", "scaled"]

Floats = NDArray[np.float64]
Branches = tuple[Branch, ...]


class Reading(Protocol):
    """Curves against spot on one date, in quote currency."""

    def equity(self) -> PiecewiseCubic:
        """Equity."""

    def excess(self) -> Branches:
        """Branches whose least is the excess over the maintenance requirement."""

    def initial(self) -> Branches:
        """Branches whose least is the excess over the initial requirement."""


@dataclass(frozen=True, slots=True, eq=False)
class FixedReading:
    """A date of a revaluation, after a volatility move that is the same at every spot.

    Attributes
    ----------
    rule : Rule
        Whose requirements they are.
    revaluation : Revaluation
        The account.
    date_index : int
        Which of its dates.
    vol_move : float
        Relative move of all volatilities that has happened before.
    paid : PiecewiseCubic or None
        What has been paid on the way to each spot, which neither equity nor excess holds any more.
    """

    rule: Rule
    revaluation: Revaluation
    date_index: int
    vol_move: float
    paid: PiecewiseCubic | None = None

    def equity(self) -> PiecewiseCubic:
        """Equity against spot."""
        return self._less_paid(self.revaluation.equity(self.date_index, self.vol_move))

    def excess(self) -> Branches:
        """Branches whose least is the excess over the maintenance requirement."""
        branches = self.rule.excess_branches(self.revaluation, self.date_index, self.vol_move)
        return tuple(Branch(each.label, self._less_paid(each.curve)) for each in branches)

    def initial(self) -> Branches:
        """Branches whose least is the excess over the initial requirement."""
        if isinstance(self.rule, Staged):
            branches = self.rule.initial_branches(self.revaluation, self.date_index, self.vol_move)
            return tuple(Branch(each.label, self._less_paid(each.curve)) for each in branches)
        excess = [branch.curve for branch in self.excess()]
        raised = scaled(self.equity(), excess, initial_factor(self.rule))
        return tuple(Branch("initial requirement", curve) for curve in raised)

    def _less_paid(self, curve: PiecewiseCubic) -> PiecewiseCubic:
        return curve if self.paid is None else combine((1.0, -1.0), (curve, self.paid))


@dataclass(frozen=True, slots=True, eq=False)
class DiagonalReading:
    """The same where volatilities move with the spot.

    Attributes
    ----------
    levels : tuple of FixedReading
        The account at the volatilities of some spots.
    spots : (n,) array
        Those spots, evenly spread in the log, in quote currency.
    span : tuple of float
        Range searched, in quote currency.
    """

    levels: tuple[FixedReading, ...]
    spots: Floats
    span: tuple[float, float]

    def equity(self) -> PiecewiseCubic:
        """Equity against spot."""
        return diagonal([level.equity() for level in self.levels], self.spots, self.span)

    def excess(self) -> Branches:
        """Branches whose least is the excess over the maintenance requirement."""
        return self._merged([level.excess() for level in self.levels])

    def initial(self) -> Branches:
        """Branches whose least is the excess over the initial requirement."""
        return self._merged([level.initial() for level in self.levels])

    def _merged(self, levels: list[Branches]) -> Branches:
        """Each branch along its own volatilities.

        Raises
        ------
        ValueError
            If a rule has other branches at other volatilities.
        """
        if len({len(branches) for branches in levels}) > 1:
            raise ValueError(
                f"the branches of {self.levels[0].rule.name} change with volatility, so they "
                "cannot be followed along the spot; map a volatility move instead"
            )
        return tuple(
            Branch(same[0].label, diagonal([b.curve for b in same], self.spots, self.span))
            for same in zip(*levels, strict=True)
        )


def least_at(branches: Sequence[Branch], spot: float) -> tuple[float, float]:
    """The least of some branches at a spot, and its error bound, both in quote currency."""
    binding = min(branches, key=lambda branch: float(branch.curve(spot)))
    return float(binding.curve(spot)), float(binding.error(spot))


def scaled(
    equity: PiecewiseCubic, excess: Sequence[PiecewiseCubic], times: float
) -> list[PiecewiseCubic]:
    """Curves whose least is equity less a multiple of a requirement.

    The requirement is equity less the least of ``excess``; ``k`` times as much leaves the least
    of ``(1 - k) equity + k excess``.

    Parameters
    ----------
    equity : PiecewiseCubic
        Equity, in quote currency.
    excess : sequence of PiecewiseCubic
        Branches of what equity leaves over the requirement.
    times : float
        The multiple, 1 or more.

    Returns
    -------
    list of PiecewiseCubic

    Examples
    --------
    >>> from margin.maps.reading import scaled
    >>> from margin.piecewise import line
    >>> equity, excess = (line(-50.0, slope, lowest=1, highest=90) for slope in (1.0, 0.85))
    >>> round(float(scaled(equity, [excess], 2.0)[0](80.0)), 9)
    6.0
    """
    if times == 1.0:
        return list(excess)
    return [combine((1.0 - times, times), (equity, curve)) for curve in excess]
