"""Maintenance tables of perpetual and futures venues: a rate that rises with the notional."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isclose

import numpy as np

from margin import _check

__all__ = ["Tier", "continuous_tiers", "refuse_broken_table"]

LARGEST_JUMP = 1e-6
"""In the currency of the account; published tables are continuous to about 1e-8."""


@dataclass(frozen=True, slots=True)
class Tier:
    """One row of a maintenance table: ``maintenance = rate * notional - amount`` from a floor on.

    Attributes
    ----------
    notional_floor : float
        Notional from which the row holds, in the currency of the account.
    rate : float
        Maintenance rate, from 0 to 1.
    amount : float
        What is taken off, in the currency of the account.

    Raises
    ------
    ValueError
        If the floor is negative, the rate lies outside 0 to 1, or the amount is not finite.

    Examples
    --------
    >>> from margin.rules import Tier
    >>> Tier(50_000.0, 0.005, 50.0).rate
    0.005
    """

    notional_floor: float
    rate: float
    amount: float = 0.0

    def __post_init__(self) -> None:
        floor = _check.within("notional_floor", self.notional_floor, 0.0, inf)
        object.__setattr__(self, "notional_floor", floor)
        object.__setattr__(self, "rate", _check.within("rate", self.rate, 0.0, 1.0))
        object.__setattr__(self, "amount", _check.finite("amount", self.amount))

    def maintenance(self, notional: float) -> float:
        """Maintenance of this row at a notional, in the currency of the account."""
        return self.rate * notional - self.amount


def continuous_tiers(floors: Sequence[float], rates: Sequence[float]) -> tuple[Tier, ...]:
    """The table in which each rate holds for the notional above its floor only.

    Parameters
    ----------
    floors : sequence of float
        Notionals, ascending from 0, in the currency of the account.
    rates : sequence of float
        One rate per floor.

    Returns
    -------
    tuple of Tier
        With the amounts that make the maintenance continuous.

    Raises
    ------
    ValueError
        If a floor or a rate is out of its range, or there are not equally many.

    Examples
    --------
    >>> from margin.rules import continuous_tiers
    >>> [tier.amount for tier in continuous_tiers((0, 50_000, 600_000), (0.004, 0.005, 0.01))]
    [0.0, 50.0, 3050.0]
    """
    if len(floors) != len(rates):
        raise ValueError(f"floors and rates must be equally many, got {len(floors)}, {len(rates)}")
    steps = np.diff(np.asarray(rates, dtype=np.float64), prepend=rates[:1])
    amounts = np.cumsum(steps * np.asarray(floors, dtype=np.float64))
    rows = zip(floors, rates, amounts, strict=True)
    return tuple(Tier(floor, rate, float(amount)) for floor, rate, amount in rows)


def refuse_broken_table(tiers: Sequence[Tier]) -> None:
    """Refuse a table under which maintenance would not be a convex function of the notional.

    Parameters
    ----------
    tiers : sequence of Tier
        The table; none is a table too.

    Raises
    ------
    ValueError
        If the first floor is not 0, floors do not ascend, a rate falls, or the maintenance jumps
        at a floor.

    Examples
    --------
    >>> from margin.rules.tiers import Tier, refuse_broken_table
    >>> refuse_broken_table((Tier(0.0, 0.004), Tier(50_000.0, 0.005, 50.0)))
    """
    for index, tier in enumerate(tiers):
        _check.instance(f"tiers[{index}]", tier, Tier)
    if tiers and tiers[0].notional_floor != 0.0:
        raise ValueError(f"tiers must start at a floor of 0, got {tiers[0].notional_floor}")
    for index, (before, after) in enumerate(pairwise(tiers), start=1):
        floor = after.notional_floor
        if floor <= before.notional_floor or after.rate < before.rate:
            raise ValueError(
                f"tiers must ascend in floor and not fall in rate, got {before} before {after}"
            )
        expected = after.rate * floor - before.maintenance(floor)
        if not isclose(after.amount, expected, abs_tol=LARGEST_JUMP):
            raise ValueError(
                f"tiers[{index}].amount must be {expected:.10g}, so that maintenance does not jump "
                f"at a notional of {floor:.10g}, got {after.amount:.10g}"
            )
