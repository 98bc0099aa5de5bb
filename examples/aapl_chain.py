"""A margin account in Apple before and after its split of seven for one, June 2014.

American options at the closes of 6 June (645.57 a share) and of 9 June 2014 (93.70, after the
split).  Volatilities are solved from mids; requirement and thresholds are those of ten-point
portfolio margin.  The account of the second close is that of the first, with seven times the
shares and contracts and a seventh of every strike.  At the end the model is compared with the
quotes.

    python examples/aapl_chain.py [chain.parquet [dividends.csv [every]]]

The chain has one row for each contract and close, in the columns ``COLUMNS``, and the dividends
one for each ex-date, in dollars per share as they were paid.  Reading the chain needs pandas and
pyarrow, which the extra ``parquet`` installs.

Dividends are paid on their ex-dates: the spot drops, and an American call may be exercised on the
eve.  For comparison they also enter as a continuous yield, one for each expiry, that takes from
the forward what the dividends until then take from it.  Of the contracts in the money whose life
holds an ex-date, one in ``every`` is compared (5), since each is solved by itself.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import exp, log
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from margin import (
    Account,
    Asset,
    Carry,
    Dividend,
    Market,
    OptionContract,
    Position,
    Settlement,
    Underlying,
    requirement,
    thresholds,
    volatilities_from_marks,
)
from margin.carry import years_between
from margin.rules import TEN_POINT_EQUITY
from margin.solved_alone import surface_of
from pdesolve import Contracts, Exercise, Right, solve_many

USAGE = "examples/aapl_chain.py [chain.parquet [dividends.csv [every]]]"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CHAIN = DATA / "aapl_chain_201406.parquet"
DIVIDENDS = DATA / "aapl_dividends_2014_2016.csv"
COLUMNS = ["date", "expiry", "strike", "option_type", "bid", "ask", "spot_close"]

FIRST_CLOSE, SECOND_CLOSE = date(2014, 6, 6), date(2014, 6, 9)
SPLIT_ON, SPLIT = date(2014, 6, 9), 7
FIRST_EX_DATE = date(2014, 8, 7)  # of a dividend after the closes
EVERY = 5
RATE = 0.002  # short rates in dollars were between 0.1 % and 0.3 %
OTHER_RATES = (0.004, 0.006)
NEW_YORK = ZoneInfo("America/New_York")

# A mid less than a cent, the step of quotes, above the value without volatility determines none.
LEAST_TIME_VALUE = 0.01
SIDES = {"C": Right.CALL, "P": Right.PUT}
OTHER_SIDE = {"C": "P", "P": "C"}
KEYS = ["expiry", "strike", "option_type"]


def split_on(day: date) -> int:
    """Shares that one share of 6 June 2014 has become."""
    return SPLIT if day >= SPLIT_ON else 1


def last_trade(expiry: date) -> datetime:
    """Close in New York on the day of expiry, or on the Friday before a Saturday."""
    friday = expiry - timedelta(days=max(expiry.weekday() - 4, 0))
    return datetime.combine(friday, time(16), NEW_YORK).astimezone(UTC)


def option(right: Right, strike: float, expiry: date) -> OptionContract:
    """An option on a share."""
    at = last_trade(expiry)
    return OptionContract("AAPL", right, strike, at, Exercise.AMERICAN, Settlement.PHYSICAL)


def account_on(day: date) -> Account:
    """Covered calls, a short strangle and a put spread, on borrowed money."""
    split = split_on(day)

    def options(right: Right, strike: float, expiry: date, *, quantity: int) -> Position:
        held = option(right, round(strike / split, 2), expiry)
        return Position(held, quantity * split, multiplier=100)

    july, august, october = date(2014, 7, 19), date(2014, 8, 16), date(2014, 10, 18)
    positions = (
        Position(Asset("AAPL"), 300 * split),
        options(Right.CALL, 680.0, july, quantity=-3),
        options(Right.PUT, 570.0, october, quantity=-5),
        options(Right.CALL, 740.0, october, quantity=-5),
        options(Right.PUT, 620.0, august, quantity=-10),
        options(Right.PUT, 580.0, august, quantity=10),
    )
    return Account(f"Apple {day}", "USD", -80_000.0, positions)


def quotes_on(day: date, chain: Path) -> pd.DataFrame:
    """Contracts that live on after a close and have a bid below an ask, with mid and contract."""
    rows = pd.read_parquet(chain, columns=COLUMNS)
    chosen = (rows["date"] == f"{day}") & (rows["expiry"] > f"{day}") & (rows["bid"] > 0.0)
    rows = rows[chosen & (rows["ask"] > rows["bid"])]
    contracts = [
        option(SIDES[row.option_type], row.strike, date.fromisoformat(row.expiry))
        for row in rows.itertuples()
    ]
    mid = (rows["bid"] + rows["ask"]) / 2.0
    return rows.assign(mid=mid, contract=contracts).sort_values(KEYS)


def dividends_after(day: date, dividends: Path) -> pd.Series:
    """Dividends in dollars per share of a close, by ex-date."""
    paid = pd.read_csv(dividends, index_col="ex_date")["cash_dividend_unadjusted_usd"]
    return paid[paid.index > f"{day}"] * (SPLIT / split_on(day))


def market_of(quotes: pd.DataFrame, dividends: Path, rate: float = RATE) -> Market:
    """The market at a close: spot, dividends on their dates, and the volatilities of the quotes."""
    day = date.fromisoformat(quotes["date"].iloc[0])
    paid = tuple(
        Dividend(datetime.combine(date.fromisoformat(on), time(9, 30), NEW_YORK), cash=float(cash))
        for on, cash in dividends_after(day, dividends).items()
    )
    spot, asof = float(quotes["spot_close"].iloc[0]), last_trade(day)
    underlyings = {"AAPL": Underlying(spot, rate, dividends=paid)}
    mids = dict(zip(quotes["contract"], quotes["mid"], strict=True))
    return Market(asof, underlyings, volatilities_from_marks(mids, asof, underlyings))


def held_by(account: Account, quotes: pd.DataFrame) -> pd.DataFrame:
    """The quotes of the contracts of an account."""
    held = {position.instrument for position in account.positions}
    return quotes[[contract in held for contract in quotes["contract"]]]


def market_with_yields(quotes: pd.DataFrame, dividends: Path, rate: float = RATE) -> Market:
    """The market at a close with a continuous yield to every expiry in the place of dividends."""
    day = date.fromisoformat(quotes["date"].iloc[0])
    spot, asof = float(quotes["spot_close"].iloc[0]), last_trade(day)
    paid = dividends_after(day, dividends)
    ahead = [years_between(asof, last_trade(date.fromisoformat(on))) for on in paid.index]
    worth = (paid * np.exp(-rate * np.array(ahead))).cumsum()
    curve = []
    for expiry in quotes["expiry"].unique():
        at = last_trade(date.fromisoformat(expiry))
        until = worth[worth.index <= expiry].max() if expiry >= worth.index[0] else 0.0
        curve.append(Carry(at, rate, -log(1.0 - until / spot) / years_between(asof, at)))
    underlyings = {"AAPL": Underlying(spot, curve=tuple(curve))}
    terms = with_terms(quotes, Market(asof, underlyings, {}))
    marks = terms[terms["mid"] >= terms["floor"] + LEAST_TIME_VALUE]
    mids = dict(zip(marks["contract"], marks["mid"], strict=True))
    return Market(asof, underlyings, volatilities_from_marks(mids, asof, underlyings))


def with_terms(quotes: pd.DataFrame, market: Market) -> pd.DataFrame:
    """The quotes with years, rate and yield to expiry, and the value without volatility.

    At these rates and yields that is the value of exercise at once or at expiry.
    """
    underlying = market.underlyings["AAPL"]
    terms = []
    for held in quotes["contract"]:
        years, sign = market.years(held.expiry), held.right.value
        rate, dividend_yield = underlying.carry(held.expiry, market.asof)
        later = underlying.spot * exp(-dividend_yield * years) - held.strike * exp(-rate * years)
        floor = max(0.0, sign * (underlying.spot - held.strike), sign * later)
        terms.append((years, rate, dividend_yield, floor))
    columns = dict(zip(("years", "rate", "yield", "floor"), np.transpose(terms), strict=True))
    return quotes.assign(**columns)


def solved(quotes: pd.DataFrame, market: Market) -> pd.DataFrame:
    """The quotes that gave a volatility, with it and with those that it is held against.

    ``neighbours`` is read off the next strikes on both sides, linearly in log strike; ``twin`` is
    that of the option of the other right.
    """
    rows = with_terms(quotes[[held in market.vols for held in quotes["contract"]]], market)
    rows["vol"] = [market.vols[held] for held in rows["contract"]]
    lines = rows.groupby(["expiry", "option_type"])
    places = np.log(rows["strike"])
    left, right = (np.log(lines["strike"].shift(side)) for side in (1, -1))
    share = (places - left) / (right - left)
    rows["neighbours"] = (1.0 - share) * lines["vol"].shift(1) + share * lines["vol"].shift(-1)
    others = rows.assign(option_type=rows["option_type"].map(OTHER_SIDE))
    twins = others[[*KEYS, "vol"]].rename(columns={"vol": "twin"})
    return rows.merge(twins, on=KEYS, how="left")


def values(rows: pd.DataFrame, market: Market, vols: str) -> pd.Series:
    """Values in dollars per share at the volatilities of a column."""
    contracts = Contracts(
        right=rows["option_type"],
        strike=rows["strike"],
        expiry=rows["years"],
        volatility=rows[vols],
        rate=rows["rate"],
        dividend_yield=rows["yield"],
        american=True,
    )
    found = solve_many(contracts, spots=[market.underlyings["AAPL"].spot])
    return pd.Series(found.values[:, 0, 0], index=rows.index)


def out_of_the_money(rows: pd.DataFrame) -> pd.Series:
    """Which rows have their strike beyond the spot."""
    return (rows["option_type"] == "C") == (rows["strike"] > rows["spot_close"])


def share_within(rows: pd.DataFrame, found: pd.Series) -> float:
    """Share of values that lie between bid and ask, both included."""
    return float(((found >= rows["bid"]) & (found <= rows["ask"])).mean())


def row(name: str, rows: pd.DataFrame, found: pd.Series) -> str:
    """Median, 90th and 99th percentile and largest distance of values from their mids."""
    sizes = (found - rows["mid"]).abs()
    figures = (*sizes.quantile([0.5, 0.9, 0.99]), sizes.max())
    told = "".join(f"{figure:>9.1e}" for figure in figures)
    return f"{name:<42}{len(rows):>6}{told}{100 * share_within(rows, found):>7.1f} %"


def compare(quotes: pd.DataFrame, market: Market) -> None:
    """Model values at several volatilities against mid, bid and ask."""
    rows = solved(quotes, market)
    out, early = out_of_the_money(rows), rows["expiry"] < f"{FIRST_EX_DATE}"
    beside, twin = rows["neighbours"].notna(), rows["twin"].notna()
    print(f"\n{len(quotes)} contracts have a bid below an ask, {len(rows)} of them a volatility")
    heads = "".join(f"{head:>9}" for head in ("median", "p90", "p99", "max"))
    print(f"{'value less mid, USD a share':<42}{'n':>6}{heads}   within")
    print(row("own volatility", rows, values(rows, market, "vol")))
    for name, vols, chosen in (
        ("neighbouring strikes, out of the money", "neighbours", beside & out),
        ("neighbouring strikes, in the money", "neighbours", beside & ~out),
        ("other right, in the money, before dividend", "twin", twin & ~out & early),
        ("the same, over a dividend, as a yield", "twin", twin & ~out & ~early),
    ):
        part = rows[chosen]
        print(row(name, part, values(part, market, vols)))


def over_dividends(quotes: pd.DataFrame, dividends: Path, rate: float, every: int) -> pd.DataFrame:
    """Contracts in the money over an ex-date, valued at the volatility of the other right.

    ``as yield`` and ``on dates`` say how dividends enter; one contract in ``every`` is taken.
    """
    market = market_with_yields(quotes, dividends, rate)
    rows = solved(quotes, market)
    chosen = ~out_of_the_money(rows) & rows["twin"].notna() & (rows["expiry"] > f"{FIRST_EX_DATE}")
    rows = rows[chosen].iloc[::every]
    rows["as yield"] = values(rows, market, "twin")
    others = rows.assign(option_type=rows["option_type"].map(OTHER_SIDE))[KEYS]
    real = market_of(others.merge(quotes, on=KEYS), dividends, rate)
    vols = {(held.expiry, held.strike): vol for held, vol in real.vols.items()}
    spot = real.underlyings["AAPL"].spot
    rows["on dates"] = [
        surface_of(held, real, real.asof, vols[held.expiry, held.strike]).value(spot)
        for held in rows["contract"]
    ]
    return rows


def compare_rates(quotes: pd.DataFrame, dividends: Path, every: int) -> None:
    """What rate the options in the money ask for, and what dividends on their dates change."""
    ways, told = ("as yield", "on dates"), {}
    for rate in (RATE, *OTHER_RATES):
        rows = over_dividends(quotes, dividends, rate, every)
        for expiry, part in (*rows.groupby("expiry"), ("all", rows)):
            shares = [f"{100 * share_within(part, part[way]):>9.0f} %" for way in ways]
            told.setdefault(expiry, [f"{len(part):>5}"]).extend(shares)
    print("\nIn the money over a dividend at the volatility of the other right, within bid and ask")
    print(" " * 17 + "".join(f"{f'rate {100 * rate:.1f} %':>22}" for rate in (RATE, *OTHER_RATES)))
    print(f"{'expiry':<12}{'n':>5}" + "".join(f"{way:>11}" for way in ways) * 3)
    for expiry, shares in told.items():
        print(f"{expiry:<12}{''.join(shares)}")


def main(arguments: Sequence[str]) -> int:
    chain, dividends = (*map(Path, arguments[:2]), *(CHAIN, DIVIDENDS)[len(arguments) :])
    every = int(arguments[2]) if len(arguments) > 2 else EVERY
    for path in (chain, dividends):
        if not path.is_file():
            print(f"no file {path}; give the paths as arguments: {USAGE}", file=sys.stderr)
            return 2
    for day in (FIRST_CLOSE, SECOND_CLOSE):
        quotes, account = quotes_on(day, chain), account_on(day)
        market = market_of(held_by(account, quotes), dividends)
        print(f"\n{requirement(account, market, TEN_POINT_EQUITY)}")
        print(f"\n{thresholds(account, market, TEN_POINT_EQUITY)}")
        compare(quotes, market_with_yields(quotes, dividends))
    for day in (FIRST_CLOSE, SECOND_CLOSE):
        compare_rates(quotes_on(day, chain), dividends, every)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
