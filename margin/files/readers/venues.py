"""Venues for perpetuals: one row of facts for each."""

from dataclasses import dataclass, field
from typing import Any

from margin.files.readers.records import maps

__all__ = ["VENUES", "Venue", "venue_of"]


@dataclass(frozen=True, slots=True)
class Venue:
    """How one venue writes positions in perpetuals.

    Attributes
    ----------
    name : str
        Of the venue.
    position : tuple of str
        Fields that show a position.
    account : tuple of str
        Fields that show a balance; empty if the venue has none here.
    symbol, size, entry, mark : str
        Fields of a position; a mark that is left out is empty.
    notional, maintenance : str
        Fields of a position: what it is worth and what it needs, in one currency.
    rate : str
        Field of a position with its maintenance as a share of the notional.
    cash : tuple of str
        Fields of a balance with the cash; the first that says anything counts.
    equity : tuple of str
        The same with the profit of perpetuals, if there is no cash.
    per_contract : bool
        Whether sizes are contracts, whose notional tells their units.
    stamps : tuple of str
        Fields anywhere in the answer that tell when it was true.
    """

    name: str
    position: tuple[str, ...]
    symbol: str
    size: str
    entry: str
    account: tuple[str, ...] = ()
    mark: str = ""
    notional: str = ""
    maintenance: str = ""
    rate: str = ""
    cash: tuple[str, ...] = ()
    equity: tuple[str, ...] = ()
    per_contract: bool = False
    stamps: tuple[str, ...] = field(default=("updateTime", "time", "uTime", "timestamp"))


VENUES = (
    Venue(
        "Binance",
        ("symbol", "positionAmt", "entryPrice"),
        "symbol",
        "positionAmt",
        "entryPrice",
        account=("totalWalletBalance",),
        mark="markPrice",
        notional="notional",
        maintenance="maintMargin",
        cash=("totalCrossWalletBalance", "totalWalletBalance"),
    ),
    Venue(
        "Bybit",
        ("symbol", "side", "size", "avgPrice"),
        "symbol",
        "size",
        "avgPrice",
        account=("totalWalletBalance", "accountType"),
        mark="markPrice",
        notional="positionValue",
        maintenance="positionMM",
        cash=("totalWalletBalance",),
        stamps=("updatedTime", "time"),
    ),
    Venue(
        "OKX",
        ("instId", "pos", "avgPx"),
        "instId",
        "pos",
        "avgPx",
        account=("totalEq", "details"),
        mark="markPx",
        notional="notionalUsd",
        equity=("totalEq",),
        per_contract=True,
    ),
    Venue(
        "BitMEX",
        ("symbol", "currentQty", "avgEntryPrice"),
        "symbol",
        "currentQty",
        "avgEntryPrice",
        mark="markPrice",
        rate="maintMarginReq",
    ),
    Venue(
        "Hyperliquid",
        ("coin", "szi", "entryPx"),
        "coin",
        "szi",
        "entryPx",
        account=("crossMarginSummary",),
        notional="positionValue",
        equity=("accountValue",),
    ),
    Venue(
        "Derive",
        ("instrument_name", "amount", "average_price"),
        "instrument_name",
        "amount",
        "average_price",
        account=("subaccount_value", "margin_type"),
        mark="mark_price",
        notional="mark_value",
        maintenance="maintenance_margin",
        equity=("subaccount_value",),
        stamps=(),
    ),
    Venue(
        "Kraken Futures",
        ("symbol", "side", "size", "price", "fillTime"),
        "symbol",
        "size",
        "price",
        stamps=("serverTime",),
    ),
)
"""Venues whose answers are read."""


def venue_of(tree: Any) -> Venue | None:
    """The venue whose answers a tree holds.

    Parameters
    ----------
    tree : object
        Maps and lists in one another.

    Returns
    -------
    Venue or None

    Examples
    --------
    >>> from margin.files.readers.venues import venue_of
    >>> venue_of([{"symbol": "BTCUSDT", "positionAmt": "0.1", "entryPrice": "50000"}]).name
    'Binance'
    """
    keys = [content.keys() for _, content in maps(tree)]
    for venue in VENUES:
        for wanted in (venue.position, venue.account):
            if wanted and any(at >= set(wanted) for at in keys):
                return venue
    return None
