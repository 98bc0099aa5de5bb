"""The rule of perpetual and futures venues: maintenance by tiers of notional."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.account import Position
from margin.holdings import moving_line
from margin.instrument import Asset, Future, Perpetual, Settlement, Solvable
from margin.piecewise import combine, line
from margin.revaluation import Revaluation
from margin.rules.rule import Branch
from margin.rules.tiers import Tier, refuse_broken_table

__all__ = ["PerpetualRule"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PerpetualRule:
    """Every position needs a rate of its notional, which rises by tiers; their sum is required.

    With notional ``N = abs(quantity) multiplier S``, a position needs at spot ``S``::

        max over tiers of (rate N - amount) + fee N + entry_rate N_entry

    and an inverse one the same in coin, of ``N = abs(quantity) multiplier / S``.  Since rates do
    not fall from tier to tier and the table is continuous, equity less the requirement is the
    least of straight branches.

    An account with several underlyings moves along one.  Positions in the others are frozen at
    their marks: their profit is part of equity, their maintenance is `maintenance` of their
    notional under the table of their own underlying, stated in ``other_maintenance``.

    Attributes
    ----------
    tiers : tuple of Tier
        Maintenance table, its first floor 0; empty for none on the present notional.
    fee : float
        Fee of the liquidation as a share of the present notional.
    entry_rate : float
        Maintenance rate on the notional at the entry price, a requirement that does not move.
    other_maintenance : float
        A fixed requirement, in the currency of the account.
    initial_factor : float
        Initial requirement as a multiple of the maintenance requirement, at least 1.
    name, source : str
        What the rule is called and where the numbers come from.

    Raises
    ------
    ValueError
        If a number is out of its range, or the tiers do not start at 0, do not ascend, have a
        falling rate, or jump.

    References
    ----------
    Binance, *How to calculate liquidation price of USDT-margined futures contracts*; the same
    with a fee at OKX and Gate; Bybit's isolated margin takes maintenance on the entry notional.

    Examples
    --------
    >>> from margin.rules import PerpetualRule, continuous_tiers
    >>> rule = PerpetualRule(continuous_tiers((0, 50_000), (0.004, 0.005)), fee=0.0005)
    >>> rule.maintenance(150_000.0)
    775.0
    """

    tiers: tuple[Tier, ...] = ()
    fee: float = 0.0
    entry_rate: float = 0.0
    other_maintenance: float = 0.0
    initial_factor: float = 1.0
    name: str = "perpetual"
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiers", tuple(self.tiers))
        refuse_broken_table(self.tiers)
        for name in ("fee", "entry_rate"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, 1.0))
        other = _check.within("other_maintenance", self.other_maintenance, 0.0, inf)
        object.__setattr__(self, "other_maintenance", other)
        factor = _check.within("initial_factor", self.initial_factor, 1.0, inf)
        object.__setattr__(self, "initial_factor", factor)
        object.__setattr__(self, "name", _check.text("name", self.name))

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """The rule reads present volatilities only, if any."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """The rule looks at no spot but the one it is asked about."""
        return (0.0, 0.0)

    def maintenance(self, notional: float) -> float:
        """Maintenance of one position, without what depends on its entry.

        Parameters
        ----------
        notional : float
            Present notional, not negative, in the currency of the account.

        Returns
        -------
        float
            In the currency of the account.
        """
        notional = _check.within("notional", notional, 0.0, inf)
        tiered = max((tier.maintenance(notional) for tier in self.tiers), default=0.0)
        return tiered + self.fee * notional

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance excess at every spot as the least of these branches, in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.
        date_index : int
            Which of the dates of the revaluation; a future that has expired needs nothing.
        vol_move : float
            Relative move of all volatilities that has happened before.

        Returns
        -------
        tuple of Branch
            First "no requirement", which is equity; then one for each choice of tiers that is in
            force somewhere in the range of the revaluation.

        Raises
        ------
        ValueError
            If the account holds options, for which the rule has no requirement, or positions in
            other underlyings and ``other_maintenance`` is 0.
        """
        equity = revaluation.equity(date_index, vol_move)
        ends = (equity.lowest, equity.highest)
        branches = [Branch("no requirement", equity)]
        for label, intercept, slope in self._lines(revaluation, date_index, ends):
            needed = line(intercept, slope, lowest=ends[0], highest=ends[1])
            branches.append(Branch(label, combine((1.0, -1.0), (equity, needed))))
        return tuple(branches)

    def leg_profit(self, leg: Revaluation, worst: int) -> float:
        """Maintenance of one leg with a minus sign, today, at spot.

        Parameters
        ----------
        leg : Revaluation
            Revaluation of an account that holds this leg alone.
        worst : int
            Index of a branch; 0 is "no requirement".

        Returns
        -------
        float
            In quote currency, without ``other_maintenance``.
        """
        if worst == 0:
            return 0.0
        powers = np.array([1.0, leg.spot])
        return -sum(float((table @ powers).max()) for table in self._tables(leg, 0))

    def _tables(self, revaluation: Revaluation, date_index: int) -> list[Floats]:
        """Maintenance of each position by tier as ``intercept + slope S``: arrays (tiers, 2)."""
        tables = []
        for held, instrument in _maintained(revaluation, date_index):
            if instrument.underlying == revaluation.underlying:
                inverse = instrument.settlement is Settlement.INVERSE
                notional = _notional(held, revaluation, date_index, inverse=inverse)
                fixed = self.entry_rate * _at_entry(held, inverse, revaluation.in_coin)
                tables.append(self._table(notional, fixed, _unit(revaluation.in_coin)))
            elif not self.other_maintenance:
                raise ValueError(
                    f"other_maintenance must hold the maintenance of {instrument}, which is frozen "
                    f"at its mark while {revaluation.underlying} moves, got 0"
                )
        return tables

    def _table(self, notional: Floats, fixed: float, unit: Floats) -> Floats:
        """Maintenance of one position by tier, in quote currency: (tiers, 2)."""
        rows = [
            (tier.rate + self.fee) * notional + (fixed - tier.amount) * unit
            for tier in self.tiers or (Tier(0.0, 0.0),)
        ]
        return np.array(rows)

    def _lines(
        self, revaluation: Revaluation, date_index: int, ends: tuple[float, float]
    ) -> Iterator[tuple[str, float, float]]:
        """The requirement of the account as the largest of lines: label, intercept and slope."""
        tables = self._tables(revaluation, date_index)
        for spot in _between(_crossings(tables), ends):
            chosen = [int((table @ (1.0, spot)).argmax()) for table in tables]
            needed = self.other_maintenance * _unit(revaluation.in_coin)
            for table, tier in zip(tables, chosen, strict=True):
                needed = needed + table[tier]
            tiers = ", ".join(f"tier {tier + 1}" for tier in chosen)
            yield f"maintenance, {tiers}" if tiers else "maintenance", needed[0], needed[1]


def _notional(
    held: Position, revaluation: Revaluation, date_index: int, *, inverse: bool
) -> Floats:
    """Notional at the mark, in quote currency, as ``intercept + slope S``."""
    alone = replace(revaluation.account, cash=0.0, positions=(held,), collateral=())
    date = revaluation.dates[date_index]
    value = moving_line(alone, revaluation.market, revaluation.underlying, date)
    return np.array([abs(value.intercept), 0.0] if inverse else [0.0, abs(value.slope)])


def _at_entry(held: Position, inverse: bool, in_coin: bool) -> float:
    """Notional at the entry price, in the currency of the account."""
    assert held.entry_price is not None  # a position in a future or perpetual has one
    size = abs(held.quantity) * held.multiplier
    return size * held.entry_price ** (1 - inverse - in_coin)


def _maintained(
    revaluation: Revaluation, date_index: int
) -> Iterator[tuple[Position, Future | Perpetual]]:
    """The positions in perpetuals and living futures; options are refused."""
    for held in revaluation.account.positions:
        instrument = held.instrument
        if isinstance(instrument, Asset) or held.quantity == 0.0:
            continue
        if isinstance(instrument, Solvable):
            raise ValueError(
                f"a perpetual rule has no requirement for options, got {instrument}; "
                "use a scenario rule"
            )
        if isinstance(instrument, Perpetual) or instrument.expiry > revaluation.dates[date_index]:
            yield held, instrument


def _unit(in_coin: bool) -> Floats:
    """One unit of the currency of the account in quote currency, as ``intercept + slope S``."""
    return np.array([0.0, 1.0] if in_coin else [1.0, 0.0])


def _crossings(tables: Sequence[Floats]) -> Floats:
    """Spots at which a position changes its tier, ascending."""
    steps = np.concatenate([np.zeros((0, 2)), *(np.diff(table, axis=0) for table in tables)])
    steps = steps[steps[:, 1] != 0.0]
    return np.unique(-steps[:, 0] / steps[:, 1])


def _between(crossings: Floats, ends: tuple[float, float]) -> Floats:
    """One spot in each stretch into which the crossings divide the range."""
    lowest, highest = ends
    inside = crossings[(crossings > lowest) & (crossings < highest)]
    bounds: Floats = np.array([lowest, *inside, highest])
    return 0.5 * (bounds[:-1] + bounds[1:])
