"""What pledged assets count at: haircuts that rise with the amount, and caps on their share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from margin import _check
from margin.account import Account, Collateral
from margin.market import Market
from margin.rules.tiers import Tier, continuous_tiers, refuse_broken_table

__all__ = ["HaircutTable", "with_haircuts"]


@dataclass(frozen=True, slots=True)
class HaircutTable:
    """Haircut of one asset, by brackets of the amount pledged, and a cap on what counts.

    Each rate holds for the value above its floor only, so that a larger pledge never counts less.

    Attributes
    ----------
    brackets : tuple of Tier
        Value in the currency of the account from which a haircut holds, and the haircut; made by
        `continuous_tiers`.
    cap : float
        Largest share of the eligible value of all pledged assets and of cash that is not negative
        which this asset may make up, above 0 and at most 1.

    Raises
    ------
    ValueError
        If the brackets are empty or do not start at 0, a haircut falls, or the cap is no share.

    Examples
    --------
    The first million at 5 %, what is above at 10 %:

    >>> from margin.rules import continuous_tiers
    >>> from margin.rules.haircuts import HaircutTable
    >>> HaircutTable(continuous_tiers((0.0, 1e6), (0.05, 0.10))).haircut(2e6)
    0.075
    """

    brackets: tuple[Tier, ...]
    cap: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "brackets", tuple(self.brackets))
        if not self.brackets:
            raise ValueError("brackets must hold at least one, got none; write flat(0.1) for 10 %")
        refuse_broken_table(self.brackets)
        if _check.within("cap", self.cap, 0.0, 1.0) == 0.0:
            raise ValueError("cap must be above 0, got 0; leave the asset out")

    @classmethod
    def flat(cls, haircut: float, *, cap: float = 1.0) -> "HaircutTable":
        """One haircut for every amount.

        Examples
        --------
        >>> from margin.rules.haircuts import HaircutTable
        >>> HaircutTable.flat(0.3).haircut(5.0)
        0.3
        """
        return cls(continuous_tiers((0.0,), (haircut,)), cap)

    def haircut(self, value: float) -> float:
        """Share of a value that does not count, before any cap."""
        if value == 0.0:
            return self.brackets[0].rate
        return max(tier.maintenance(value) for tier in self.brackets) / value


def with_haircuts(account: Account, market: Market, tables: Mapping[str, HaircutTable]) -> Account:
    """The account with the haircuts of a venue on everything it has pledged, at present prices.

    Haircuts by bracket and caps are fixed at present prices: along the spot, pledged coin then
    moves in proportion.  An asset above its cap ``c`` counts at ``c / (1 - c)`` of all else; if
    several are, each counts at its cap of a total that they are part of themselves.

    Parameters
    ----------
    account : Account
        What is pledged, without haircuts of its own.
    market : Market
        Spots of pledged underlyings.
    tables : mapping of str to HaircutTable
        By asset.

    Returns
    -------
    Account

    Raises
    ------
    ValueError
        If an asset is in no table, is pledged twice, or carries a haircut already.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Collateral, Market
    >>> from margin.rules.haircuts import HaircutTable, with_haircuts
    >>> pledged = (Collateral("BOND", 100.0, price=90.0), Collateral("FUND", 100.0, price=50.0))
    >>> account = Account("pledges", "USD", 0.0, (), pledged)
    >>> tables = {"BOND": HaircutTable.flat(0.04), "FUND": HaircutTable.flat(0.25, cap=0.2)}
    >>> found = with_haircuts(account, Market(datetime(2026, 1, 2, tzinfo=UTC), {}, {}), tables)
    >>> [round(one.haircut, 6) for one in found.collateral]
    [0.04, 0.568]
    """
    values: dict[str, float] = {}
    for pledged in account.collateral:
        _refuse(pledged, tables, values)
        price = market.underlyings[pledged.asset].spot if pledged.price is None else pledged.price
        values[pledged.asset] = pledged.amount * price
    eligible = {
        asset: value * (1.0 - tables[asset].haircut(value)) for asset, value in values.items()
    }
    capped = _capped(eligible, {asset: tables[asset].cap for asset in values}, account.cash)
    return replace(
        account,
        collateral=tuple(
            replace(one, haircut=_haircut(values[one.asset], capped[one.asset]))
            for one in account.collateral
        ),
    )


def _refuse(
    pledged: Collateral, tables: Mapping[str, HaircutTable], seen: Mapping[str, float]
) -> None:
    """Refuse an asset without a table, twice pledged, or with a haircut of its own."""
    asset = pledged.asset
    if asset not in tables:
        raise ValueError(f"tables must hold {asset}, which the account pledges; add its haircut")
    if asset in seen:
        raise ValueError(f"an asset must be pledged once, got {asset} twice; add the amounts")
    if pledged.haircut:
        raise ValueError(f"haircut of {asset} must be 0 before a table, got {pledged.haircut}")


def _capped(
    eligible: Mapping[str, float], caps: Mapping[str, float], cash: float
) -> dict[str, float]:
    """Eligible values within their caps; what is capped counts against the others as capped."""
    limited = [asset for asset in eligible if caps[asset] < 1.0]
    bound: list[str] = []
    while True:
        share = sum(caps[asset] for asset in bound)
        free = max(cash, 0.0) + sum(v for asset, v in eligible.items() if asset not in bound)
        total = free / (1.0 - share) if share < 1.0 else 0.0
        over = [
            asset
            for asset in limited
            if asset not in bound and eligible[asset] > caps[asset] * total * (1.0 + 1e-12)
        ]
        if not over:
            return {a: caps[a] * total if a in bound else v for a, v in eligible.items()}
        bound.append(min(over, key=lambda asset: caps[asset] / eligible[asset]))


def _haircut(value: float, eligible: float) -> float:
    return min(1.0, max(0.0, 1.0 - eligible / value)) if value else 0.0
