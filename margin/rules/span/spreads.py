"""Spreads of SPAN: deltas of contract months and of commodities set against each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from margin.rules.span.array import SpanPosition
from margin.rules.span.commodity import CalendarSpread, InterSpread, SpanCommodity, SpreadLeg

__all__ = ["Spreads", "TierDeltas", "calendar_spreads", "credited_spreads", "tier_deltas"]

Key = int | str


@dataclass(frozen=True, slots=True)
class TierDeltas:
    """Long and short deltas of every tier, each not negative: those of unlike months do not net."""

    long: Mapping[Key, float]
    short: Mapping[Key, float]


@dataclass(frozen=True, slots=True)
class Spreads:
    """What calendar spreads have been formed, and what they cost.

    Attributes
    ----------
    counts : tuple of float
        Number of spreads by definition, in the order of priority.
    charges : tuple of float
        What each costs, in currency.
    used, left : mapping of tier to float
        Deltas of every tier, long and short together, that spreads use and leave.
    """

    counts: tuple[float, ...]
    charges: tuple[float, ...]
    used: Mapping[Key, float]
    left: Mapping[Key, float]


def tier_deltas(positions: Iterable[SpanPosition], commodity: SpanCommodity) -> TierDeltas:
    """Deltas of the tiers: net within a month, long and short apart between months.

    Parameters
    ----------
    positions : iterable of SpanPosition
        Positions of the commodity.
    commodity : SpanCommodity
        Its tiers.

    Returns
    -------
    TierDeltas
    """
    months: dict[int, float] = {}
    for held in positions:
        months[held.array.month] = months.get(held.array.month, 0.0) + held.delta
    long: dict[Key, float] = {tier.number: 0.0 for tier in commodity.tiers}
    short = dict(long)
    for month, delta in months.items():
        for tier in commodity.tiers:
            if month in tier:
                long[tier.number] += max(delta, 0.0)
                short[tier.number] += max(-delta, 0.0)
                break
    return TierDeltas(long, short)


def calendar_spreads(
    deltas: TierDeltas, spreads: Sequence[CalendarSpread], price: float = 0.0
) -> Spreads:
    """Form calendar spreads in the order of their priority.

    Each spread is formed both ways, its legs long and short and the reverse, as often as the
    scarcest leg allows; what it uses is gone for those after it.

    Parameters
    ----------
    deltas : TierDeltas
        Deltas of the tiers.
    spreads : sequence of CalendarSpread
        In the order of priority.
    price : float
        Price of the underlying, for charges that are a share of it.

    Returns
    -------
    Spreads

    Examples
    --------
    >>> from margin.rules.span.charges import CalendarSpread
    >>> from margin.rules.span.spreads import TierDeltas, calendar_spreads
    >>> deltas = TierDeltas({1: 10.0, 2: 0.0}, {1: 0.0, 2: 8.0})
    >>> calendar_spreads(deltas, [CalendarSpread.between(1, 2, charge=60.0)]).charges
    (480.0,)
    """
    left = {1: dict(deltas.long), -1: dict(deltas.short)}
    before = {tier: left[1][tier] + left[-1][tier] for tier in left[1]}
    counts = tuple(sum(_formed(left, spread.legs, way) for way in (1, -1)) for spread in spreads)
    after = {tier: left[1][tier] + left[-1][tier] for tier in left[1]}
    charges = (spread.charge + spread.rate * price for spread in spreads)
    return Spreads(
        counts,
        tuple(n * charge for n, charge in zip(counts, charges, strict=True)),
        {tier: before[tier] - after[tier] for tier in before},
        after,
    )


def _formed(left: dict[int, dict[Key, float]], legs: Sequence[SpreadLeg], way: int) -> float:
    """How often a spread is formed one way; what it uses is taken from ``left``."""
    needed: dict[tuple[int, Key], float] = {}
    for leg in legs:  # two legs of one tier and side share its deltas
        key = way * leg.side, leg.of
        needed[key] = needed.get(key, 0.0) + leg.ratio
    count = min(left[side][tier] / ratio for (side, tier), ratio in needed.items())
    for (side, tier), ratio in needed.items():
        left[side][tier] -= count * ratio
    return count


def credited_spreads(
    deltas: Mapping[str, float], price_risk: Mapping[str, float], spreads: Sequence[InterSpread]
) -> tuple[list[float], dict[str, float]]:
    """Form spreads between commodities in the order of priority, and credit their legs.

    A leg is credited ``spreads * ratio * weighted price risk * credit``, where the weighted price
    risk of a commodity is its price risk over its net delta.

    Parameters
    ----------
    deltas : mapping of str to float
        Net delta of every commodity.
    price_risk : mapping of str to float
        Price risk of every commodity, in currency.
    spreads : sequence of InterSpread
        In the order of priority.

    Returns
    -------
    counts : list of float
        Number of spreads by definition.
    credits : dict of str to float
        Credit of every commodity, in currency.

    Examples
    --------
    >>> from margin.rules.span.charges import InterSpread, SpreadLeg
    >>> from margin.rules.span.spreads import credited_spreads
    >>> rule = InterSpread((SpreadLeg("A", 1.0, 1), SpreadLeg("B", 1.0, -1)), credit=0.6)
    >>> credited_spreads({"A": 2.0, "B": -3.0}, {"A": 600.0, "B": 900.0}, [rule])
    ([2.0], {'A': 360.0, 'B': 360.0})
    """
    left, credits = dict(deltas), dict.fromkeys(deltas, 0.0)
    counts = []
    for spread in spreads:
        count = _matched(left, spread.legs)
        counts.append(count)
        for leg in spread.legs if count else ():
            name = str(leg.of)
            weighted = price_risk[name] / abs(deltas[name])
            credits[name] += count * leg.ratio * weighted * spread.credit
            left[name] -= count * leg.ratio * (1.0 if left[name] > 0.0 else -1.0)
    return counts, credits


def _matched(left: Mapping[str, float], legs: Sequence[SpreadLeg]) -> float:
    """How often a spread can be formed from the deltas that are left."""
    signed = [left.get(str(leg.of), 0.0) * leg.side / leg.ratio for leg in legs]
    if min(signed) > 0.0 or max(signed) < 0.0:
        return min(abs(delta) for delta in signed)
    return 0.0
