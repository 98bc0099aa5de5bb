"""Vaults of the Opyn kind with one short option, safe to an upper bound on its price.

A vault is judged by its collateral, which holds no option value (balance convention): it can be
liquidated where collateral is below the requirement, whatever the options are worth.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import inf

from margin import _check
from margin.carry import years_between
from margin.revaluation import Revaluation
from margin.rules.balance import balance
from margin.rules.rule import Branch
from margin.rules.vault.auction import auction_price, rounded_up
from margin.rules.vault.legs import VaultLeg, less, option_value, vault_legs
from margin.rules.vault.spread import SOURCE, SpreadVault, spread_need
from pdesolve import Right

__all__ = [
    "UPPER_BOUNDS",
    "NakedVault",
    "SpreadVault",
    "auction_price",
    "rounded_up",
    "spread_need",
]

DAYS_A_YEAR = 365.0

UPPER_BOUNDS = ((7.0, 0.1678), (14.0, 0.2370), (28.0, 0.3326), (42.0, 0.4032), (56.0, 0.4603))
"""Days to expiry up to which an entry holds, and the bound on an at-the-money price as a share of
the strike."""


@dataclass(frozen=True, slots=True)
class NakedVault:
    """A vault with one short option, safe to an upper bound on its price after a shock of the spot.

    With ``ub`` the entry of the table for the time to expiry and ``s`` the shock::

        put,  currency of the strike:   ub min(K, s S) + max(K - s S, 0)
        call, units of the underlying:  ub min(1, s K / S) + max(1 - s K / S, 0)

    per unit.  In quote currency each is the greater of two lines, which meet at ``S = K / s`` and
    at ``S = s K``: hence two branches, and none of the thresholds of one where the other holds.
    ``ub`` is a table of steps, so the requirement jumps in time; `jumps` says when.

    Attributes
    ----------
    upper_bounds : tuple of (float, float)
        Days to expiry, ascending, and the bound up to each; the first entry not below the time
        to expiry holds.
    shock : float
        Share of the spot that is left after the shock.
    dust : float
        Least collateral of a vault with a short option: currency of the strike for puts, units of
        the underlying for calls.
    name, source : str
        What the rule is called and where its numbers come from.

    Raises
    ------
    ValueError
        If the table is empty or does not ascend, or a number is out of its range.

    References
    ----------
    Opyn, *GammaProtocol*, ``MarginCalculator``.

    Examples
    --------
    >>> from margin.rules.vault.naked import NakedVault
    >>> from pdesolve import Right
    >>> vault = NakedVault()
    >>> round(vault.required(Right.PUT, 1_800.0, spot=2_000.0, days=21.0), 6)
    798.9
    """

    upper_bounds: tuple[tuple[float, float], ...] = UPPER_BOUNDS
    shock: float = 0.75
    dust: float = 0.0
    name: str = "naked vault"
    source: str = SOURCE

    def __post_init__(self) -> None:
        rows = tuple((float(days), float(bound)) for days, bound in self.upper_bounds)
        object.__setattr__(self, "upper_bounds", rows)
        if not rows or any(a[0] >= b[0] for a, b in pairwise(rows)):
            raise ValueError(f"upper_bounds must be some days, ascending, got {self.upper_bounds}")
        for days, bound in rows:
            _check.positive("days of upper_bounds", days)
            _check.within("upper_bounds", bound, 0.0, 1.0)
        object.__setattr__(self, "shock", _check.within("shock", self.shock, 0.0, 1.0))
        object.__setattr__(self, "dust", _check.within("dust", self.dust, 0.0, inf))

    @property
    def initial_factor(self) -> float:
        """A vault is opened at what it must keep."""
        return 1.0

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """The rule reads present volatilities, and those only to leave option value out."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """The rule looks at no spot but the one it is asked about."""
        return (0.0, 0.0)

    def upper_bound(self, days: float) -> float:
        """The first entry of the table that is not below the days to expiry.

        Raises
        ------
        ValueError
            If the table ends before.
        """
        row = bisect_left(
            self.upper_bounds, _check.positive("days", days), key=lambda each: each[0]
        )
        if row == len(self.upper_bounds):
            raise ValueError(
                f"a naked vault takes {self.upper_bounds[-1][0]:g} days to expiry at most, "
                f"got {days:.6g}; give a longer table"
            )
        return self.upper_bounds[row][1]

    def required(self, right: Right, strike: float, *, spot: float, days: float) -> float:
        """Requirement per unit: in the currency of the strike for puts, in coin for calls.

        Parameters
        ----------
        right : Right
            Call or put.
        strike, spot : float
            In quote currency.
        days : float
            To expiry.

        Returns
        -------
        float
            Without the least collateral.
        """
        spot = _check.positive("spot", spot)
        needed = max(a + b * spot for _, a, b in self._lines(right, strike, self.upper_bound(days)))
        return needed if right is Right.PUT else needed / spot

    def jumps(self, expiry: datetime, asof: datetime) -> tuple[datetime, ...]:
        """When the requirement of an option falls, as the next shorter entry of the table holds.

        Parameters
        ----------
        expiry : datetime
            Of the option.
        asof : datetime
            From when on.

        Returns
        -------
        tuple of datetime
            Ascending.
        """
        expiry, asof = _check.instant("expiry", expiry), _check.instant("asof", asof)
        every = (expiry - timedelta(days=days) for days, _ in reversed(self.upper_bounds[:-1]))
        return tuple(date for date in every if date >= asof)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Collateral less requirement at every spot as the least of these, in quote currency.

        Equity is none of them: an option worth more than the requirement does not end a vault.

        Parameters
        ----------
        revaluation : Revaluation
            The vault, revalued.
        date_index : int
            Which of the dates of the revaluation.
        vol_move : float
            Relative move of all volatilities that has happened before; it changes nothing.

        Returns
        -------
        tuple of Branch

        Raises
        ------
        ValueError
            If the vault holds a long option or several short ones, or expires after the table.
        """
        collateral = balance(revaluation, date_index, vol_move)
        short, long = vault_legs(revaluation, date_index)
        if long is not None:
            raise ValueError(
                f"a naked vault holds no long option, got {long.contract}; use SpreadVault"
            )
        if short is None:
            return (Branch("no short option", collateral),)
        days = DAYS_A_YEAR * years_between(revaluation.dates[date_index], short.contract.expiry)
        return tuple(less(label, collateral, (a, b)) for label, a, b in self._needs(short, days))

    def leg_profit(self, leg: Revaluation, worst: int) -> float:
        """Value of an option leg with a minus sign, which the collateral does not hold.

        The requirement is that of the whole vault and stands in no leg.
        """
        del worst
        return -option_value(leg)

    def _needs(self, short: VaultLeg, days: float) -> list[tuple[str, float, float]]:
        """Requirement of a short option in quote currency as the greatest of lines."""
        contract, units = short.contract, -short.units
        bound = self.upper_bound(days)
        lines = [
            (label, units * a, units * b)
            for label, a, b in self._lines(contract.right, contract.strike, bound)
        ]
        if self.dust:
            dust = (self.dust, 0.0) if contract.right is Right.PUT else (0.0, self.dust)
            lines.append(("least collateral", *dust))
        return lines

    def _lines(self, right: Right, strike: float, bound: float) -> list[tuple[str, float, float]]:
        """Requirement per unit in quote currency as the greater of two lines."""
        kept = (1.0 - bound) * self.shock
        if right is Right.PUT:
            return [
                ("in the money after the shock", strike, -kept),
                ("bound on the strike", bound * strike, 0.0),
            ]
        return [
            ("in the money after the shock", -kept * strike, 1.0),
            ("bound on the spot", 0.0, bound),
        ]
