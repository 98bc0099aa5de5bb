"""Calendar and delivery charges from composite deltas, as curves or at single spots alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from margin.rules.span.commodity import CalendarSpread, SpanCommodity

__all__ = ["Algebra", "spread_charges"]

Amount = TypeVar("Amount")
"""A function of spot: a curve, or an array of its values at some spots."""

Sides = dict[int, dict[int | str, Amount]]


@dataclass(frozen=True, slots=True)
class Algebra(Generic[Amount]):
    """What is done with functions of spot.

    Attributes
    ----------
    combine : callable
        Weighted sum of some.
    greater, lesser : callable
        Of two.
    times_spot : callable
        Product with the spot.
    """

    combine: Callable[[Sequence[float], Sequence[Amount]], Amount]
    greater: Callable[[Amount, Amount], Amount]
    lesser: Callable[[Amount, Amount], Amount]
    times_spot: Callable[[Amount], Amount]


def spread_charges(
    months: Mapping[int, Amount],
    commodity: SpanCommodity,
    nothing: Amount,
    *,
    algebra: Algebra[Amount],
) -> Amount:
    """What calendar spreads and deliveries cost.

    Parameters
    ----------
    months : mapping of int to amount
        Composite delta of every contract month.
    commodity : SpanCommodity
        Tiers, spreads in the order of priority, and deliveries.
    nothing : amount
        Zero at every spot.
    algebra : Algebra
        What is done with them.

    Returns
    -------
    amount
        In quote currency.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.rules.span.commodity import CalendarSpread, MonthTier, SpanCommodity
    >>> from margin.rules.span.spread_charges import Algebra, spread_charges
    >>> numbers = Algebra(np.dot, max, min, lambda delta: 100.0 * delta)
    >>> tiers = MonthTier(1, 202603, 202603), MonthTier(2, 202606, 202606)
    >>> commodity = SpanCommodity("A", tiers, (CalendarSpread.between(1, 2, charge=60.0),))
    >>> float(spread_charges({202603: 10.0, 202606: -8.0}, commodity, 0.0, algebra=numbers))
    480.0
    """
    left = _tiers(months, commodity, nothing, algebra=algebra)
    before = _both_sides(left, algebra)
    parts = [nothing]
    parts += [_charge(left, spread, nothing, algebra=algebra) for spread in commodity.calendar]
    after = _both_sides(left, algebra)
    for each in commodity.deliveries:
        if each.tier in before:
            weights = each.spread_charge, each.outright_charge - each.spread_charge
            parts.append(algebra.combine(weights, (before[each.tier], after[each.tier])))
    return algebra.combine([1.0] * len(parts), parts)


def _tiers(
    months: Mapping[int, Amount],
    commodity: SpanCommodity,
    nothing: Amount,
    *,
    algebra: Algebra[Amount],
) -> Sides[Amount]:
    """Long and short deltas of every tier that holds a month, each not negative."""
    sides: Sides[Amount] = {1: {}, -1: {}}
    for month, delta in months.items():
        tier = next((each.number for each in commodity.tiers if month in each), None)
        if tier is None:
            continue
        for side in (1, -1):
            part = algebra.greater(algebra.combine((float(side),), (delta,)), nothing)
            known = sides[side].get(tier)
            sides[side][tier] = (
                part if known is None else algebra.combine((1.0, 1.0), (known, part))
            )
    return sides


def _both_sides(left: Sides[Amount], algebra: Algebra[Amount]) -> dict[int | str, Amount]:
    """Long and short deltas of every tier together."""
    return {tier: algebra.combine((1.0, 1.0), (left[1][tier], left[-1][tier])) for tier in left[1]}


def _charge(
    left: Sides[Amount], spread: CalendarSpread, nothing: Amount, *, algebra: Algebra[Amount]
) -> Amount:
    """What one spread costs, formed both ways; what it uses is taken from ``left``."""
    total = nothing
    for way in (1, -1):
        needed: dict[tuple[int, int | str], float] = {}
        for leg in spread.legs:
            key = way * leg.side, leg.of
            needed[key] = needed.get(key, 0.0) + leg.ratio
        if any(tier not in left[side] for side, tier in needed):
            continue
        count = None
        for (side, tier), ratio in needed.items():
            share = algebra.combine((1.0 / ratio,), (left[side][tier],))
            count = share if count is None else algebra.lesser(count, share)
        assert count is not None  # a spread has two legs at least
        for (side, tier), ratio in needed.items():
            left[side][tier] = algebra.combine((1.0, -ratio), (left[side][tier], count))
        costs = total, count, algebra.times_spot(count)
        total = algebra.combine((1.0, spread.charge, spread.rate), costs)
    return total
