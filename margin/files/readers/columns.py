"""Names of columns, as spreadsheets and data vendors have them, and what each stands for."""

import re
from collections.abc import Iterable, Mapping

from margin.files.errors import Report
from margin.files.explain import one_of

__all__ = ["ALIASES", "meanings", "renamed"]

ALIASES: dict[str, tuple[str, ...]] = {
    "account": ("account", "account_id", "account_name", "portfolio"),
    "asof": (
        "asof",
        "as_of",
        "date",
        "quote_date",
        "quote_time",
        "quote_datetime",
        "report_date",
        "snapshot",
        "snapshot_utc",
        "timestamp",
        "valuation_date",
    ),
    "symbol": (
        "symbol",
        "contract",
        "contract_symbol",
        "instrument",
        "instrument_name",
        "option_symbol",
        "osi",
        "occ_symbol",
        "ticker_symbol",
    ),
    "underlying": (
        "underlying",
        "underlier",
        "underlying_symbol",
        "asset",
        "base",
        "coin",
        "root",
        "stock",
        "ticker",
    ),
    "kind": (
        "kind",
        "asset_class",
        "asset_category",
        "asset_type",
        "instrument_type",
        "sec_type",
        "security_type",
    ),
    "type": ("type",),
    "right": (
        "right",
        "call_put",
        "callput",
        "cp",
        "cp_flag",
        "option_right",
        "option_type",
        "pc",
        "put_call",
        "putcall",
    ),
    "strike": ("strike", "k", "strike_price"),
    "expiry": (
        "expiry",
        "exp",
        "exp_date",
        "expiration",
        "expiration_date",
        "expiry_date",
        "expiry_utc",
        "expires",
        "maturity",
        "maturity_date",
        "last_trade_date",
    ),
    "quantity": (
        "quantity",
        "amount",
        "contracts",
        "net_position",
        "net_quantity",
        "pos",
        "position",
        "qty",
        "shares",
        "size",
        "units",
    ),
    "side": ("side", "buy_sell", "direction", "long_short"),
    "multiplier": ("multiplier", "contract_multiplier", "contract_size", "lot_size", "mult"),
    "style": ("style", "exercise", "exercise_style", "option_style"),
    "settle": ("settle", "settlement", "settlement_type"),
    "vol": ("vol", "implied_vol", "implied_volatility", "iv", "mark_iv", "sigma", "volatility"),
    "vol_percent": ("vol_percent", "iv_pct", "iv_percent", "mark_iv_percent", "vol_pct"),
    "mark": (
        "mark",
        "close",
        "close_price",
        "last_price",
        "mark_price",
        "market_price",
        "price",
        "settlement_price",
    ),
    "bid": ("bid", "bid_price"),
    "ask": ("ask", "ask_price", "offer"),
    "entry": (
        "entry",
        "average_price",
        "avg_entry_price",
        "avg_price",
        "cost_price",
        "entry_price",
        "open_price",
        "trade_price",
    ),
    "spot": (
        "spot",
        "index_price",
        "spot_close",
        "spot_price",
        "stock_price",
        "underlying_last",
        "underlying_spot",
    ),
    "forward": ("forward", "forward_price", "future_price", "underlying_price"),
    "rate": ("rate", "interest_rate", "r", "risk_free_rate"),
    "dividend_yield": ("dividend_yield", "div_yield", "q"),
    "currency": ("currency", "ccy", "settlement_currency"),
    "quote_age": ("quote_age", "quote_age_s", "age_seconds"),
}
"""Names that a column may have for each thing that is read; the first one is the usual one."""


def meanings(columns: Iterable[str], report: Report) -> dict[str, str]:
    """What the columns stand for.

    Capitals, blanks, points and dashes do not matter; a column of another name is left alone.

    Parameters
    ----------
    columns : iterable of str
        Names as they stand in the file.
    report : Report
        Grows by one finding where two columns stand for the same thing.

    Returns
    -------
    dict of str to str
        Column by meaning.

    Examples
    --------
    >>> from margin.files.errors import Report
    >>> from margin.files.readers.columns import meanings
    >>> meanings(["Option Type", "Strike Price", "Qty", "Notes"], Report())
    {'right': 'Option Type', 'strike': 'Strike Price', 'quantity': 'Qty'}
    """
    by_alias = {alias: meaning for meaning, names in ALIASES.items() for alias in names}
    found: dict[str, str] = {}
    for column in columns:
        meaning = by_alias.get(_plain(column))
        if meaning is None:
            continue
        if meaning in found:
            report.at("columns").add(
                f"{one_of([found[meaning], column])}: each stands for {meaning}; rename one."
            )
        found.setdefault(meaning, column)
    return found


def _plain(column: str) -> str:
    return re.sub(r"[\s.\-/]+", "_", column.strip().lower())


def renamed(row: Mapping[str, object], found: Mapping[str, str]) -> dict[str, object]:
    """A row with its columns by what they stand for.

    Parameters
    ----------
    row : mapping of str to object
        Values by column.
    found : mapping of str to str
        Column by meaning.

    Returns
    -------
    dict of str to object

    Examples
    --------
    >>> from margin.files.readers.columns import renamed
    >>> renamed({"Qty": 3, "Notes": "hedge"}, {"quantity": "Qty"})
    {'quantity': 3}
    """
    return {meaning: row.get(column) for meaning, column in found.items()}
