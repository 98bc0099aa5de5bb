"""Four accounts kept in bitcoin through its fall of 5 and 6 February 2026.

The positions stay what they are.  Index, forwards and volatilities are those that Deribit quoted
at each snapshot of its chain, and the thresholds of one snapshot are held against the index of
the next: was the account lost where it had been said?  At the end the model is compared with the
mark of every contract of two snapshots.

    python examples/deribit_fall.py [chain.parquet]

The file has one row for each contract and snapshot, in the columns ``COLUMNS``: prices in bitcoin,
index, forward and strike in dollars, volatility as a decimal, instants in UTC.  Reading it needs
pandas and pyarrow, which the extra ``parquet`` installs.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from margin import (
    Account,
    Level,
    Market,
    OptionContract,
    Perpetual,
    Position,
    Settlement,
    State,
    Thresholds,
    Underlying,
    inverse_carry,
    requirement,
    thresholds,
)
from margin.rules import ScenarioRule, scenario_grid
from pdesolve import Contracts, Exercise, Greeks, Right, black_76, solve_many

FILE = "deribit_chain_202601_202602.parquet"
CHAIN = Path(__file__).resolve().parents[2] / "shared" / "data" / FILE
COLUMNS = (
    "snapshot_utc currency instrument_name expiry_utc strike option_type index_price "
    "underlying_price mark_price bid_price ask_price mark_iv"
).split()
FIRST, LAST = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 10, tzinfo=UTC)

# Nine spots from -16 % to +16 %, each with volatilities down by a quarter, unchanged and up by a
# half: the grid of portfolio margin on bitcoin, without its dependence on the days to expiry.
SPOT_MOVES = tuple(0.04 * k for k in range(-4, 5))
VOL_MOVES = (-0.25, 0.0, 0.5)
RULE = ScenarioRule("venue grid", scenario_grid(SPOT_MOVES, VOL_MOVES))

EXPIRY = datetime(2026, 3, 27, 8, tzinfo=UTC)
OPENED_AT = 76_960.0  # the index of 1 February, where the perpetuals were bought and sold
DOLLARS_PER_CONTRACT = 10.0  # of the perpetual
VOL_STEP, MARK_STEP = 1e-4, 1e-6  # to which the chain rounds volatilities and marks


def option(right: Right, strike: float, expiry: datetime = EXPIRY) -> OptionContract:
    return OptionContract("BTC", right, strike, expiry, Exercise.EUROPEAN, Settlement.INVERSE)


def perpetual(quantity: float) -> Position:
    contract = Perpetual("BTC", Settlement.INVERSE)
    return Position(contract, quantity, multiplier=DOLLARS_PER_CONTRACT, entry_price=OPENED_AT)


STRANGLE = (
    Position(option(Right.PUT, 60_000), -20),
    Position(option(Right.CALL, 95_000), -20),
)
PUT_SPREAD = (
    Position(option(Right.PUT, 70_000), -20),
    Position(option(Right.PUT, 60_000), 20),
)
# Cash holds the premium received.  It was chosen for a margin ratio of 1.2 to 2.4 on 1 February.
ACCOUNTS = (
    Account("strangle", "BTC", 4.0, STRANGLE),
    Account("put spread", "BTC", 2.6, PUT_SPREAD),
    Account("strangle, long perpetual", "BTC", 4.5, (*STRANGLE, perpetual(20_000))),
    Account("strangle, short perpetual", "BTC", 3.0, (*STRANGLE, perpetual(-40_000))),
)


def snapshots(path: Path) -> list[pd.DataFrame]:
    """The bitcoin options of each snapshot from 1 to 9 February, in the order of time."""
    chain = pd.read_parquet(path, columns=COLUMNS)
    at = chain["snapshot_utc"]
    chosen = chain[(chain["currency"] == "BTC") & (at >= FIRST) & (at < LAST)]
    return [rows for _, rows in chosen.groupby("snapshot_utc")]


def market_of(rows: pd.DataFrame) -> Market:
    """The market at a snapshot, which has one index and one forward for each expiry.

    The rows of a snapshot were collected one after the other, so that index and forwards differ
    a little between them; the median is taken.
    """
    asof = rows["snapshot_utc"].iloc[0].to_pydatetime()
    spot = float(rows["index_price"].median())
    forwards = rows.groupby("expiry_utc")["underlying_price"].median()
    curve = tuple(
        inverse_carry(expiry.to_pydatetime(), spot=spot, forward=forward, asof=asof)
        for expiry, forward in forwards.items()
    )
    vols = dict(zip(contracts_of(rows), rows["mark_iv"], strict=True))
    return Market(asof, {"BTC": Underlying(spot, curve=curve)}, vols)


def contracts_of(rows: pd.DataFrame) -> list[OptionContract]:
    """The contract of every row."""
    sides = {"C": Right.CALL, "P": Right.PUT}
    return [
        option(sides[row.option_type], row.strike, row.expiry_utc.to_pydatetime())
        for row in rows.itertuples()
    ]


def told(level: Level | None) -> str:
    """A threshold with its distance in percent and in standard deviations of a day."""
    if level is None:
        return f"{'none':>27}"
    return f"{level.spot:>10,.2f}{level.percent:>+7.1f} %{level.sigmas:>+6.1f} σ"


def line(account: Account, market: Market, found: Thresholds) -> str:
    """One snapshot of an account."""
    needed = requirement(account, market, RULE)
    start = (
        f"{market.asof:%m-%d %H:%M} {needed.spot:>9,.2f} {needed.equity:>7.4f} "
        f"{needed.maintenance:>7.4f} {needed.ratio:>6.3f}"
    )
    if found.state is State.LIQUIDATED:
        safe = [found.recovery_below, found.recovery_above]
        ends = " and ".join(told(level).strip() for level in safe if level is not None)
        return f"{start}   liquidated; safe again at {ends}"
    return f"{start} {told(found.below)} {told(found.above)}"


def events(path: Sequence[Thresholds]) -> Iterator[str]:
    """What became of the account between each snapshot and the next, where its state changed."""
    for before, after in pairwise(path):
        if before.state is after.state:
            continue
        if after.state is State.LIQUIDATED:
            yield f"{after.date:%m-%d %H:%M}: {loss(before, after)}"
        else:
            yield f"{after.date:%m-%d %H:%M}: safe again at an index of {after.spot:,.2f}"


def loss(before: Thresholds, after: Thresholds) -> str:
    """How an account was lost, told by the thresholds of the snapshot before."""
    crossed = crossed_level(before, after.spot)
    if crossed is not None:
        return (
            f"the index, {after.spot:,.2f}, has crossed {crossed.spot:,.2f}, "
            f"the threshold of {before.date:%m-%d %H:%M}"
        )
    return (
        f"lost before the index, {after.spot:,.2f}, reached a threshold: volatility "
        f"{100 * before.volatility:.1f} % before, {100 * after.volatility:.1f} % now"
    )


def crossed_level(before: Thresholds, spot: float) -> Level | None:
    """The threshold of an account that a later spot lies beyond, if it does."""
    if before.below is not None and spot < before.below.spot:
        return before.below
    if before.above is not None and spot > before.above.spot:
        return before.above
    return None


def report(account: Account, markets: Sequence[Market]) -> None:
    """Print the path of an account through the snapshots."""
    path = [thresholds(account, market, RULE) for market in markets]
    print(f"\n{account}")
    for held in account.positions:
        print(f"    {held}")
    print(f"{'UTC':<11} {'index':>9} {'equity':>7} {'require':>7} {'ratio':>6}", end="")
    print(f" {'liquidated below':>27} {'liquidated above':>27}")
    for market, found in zip(markets, path, strict=True):
        print(line(account, market, found))
    print("\n".join(events(path)) or "never liquidated")


def model_values(rows: pd.DataFrame, market: Market | None = None) -> NDArray[np.float64]:
    """Value of every contract in coin, solved from its quoted volatility.

    From the forward in its own row; or from the index and the forwards of a market, as an account
    is valued.
    """
    if market is None:
        spots, rates = rows["underlying_price"].to_numpy(), 0.0
    else:
        index = market.underlyings["BTC"]
        spots = np.full(len(rows), index.spot)
        rates = [index.carry(held.expiry, market.asof)[0] for held in contracts_of(rows)]
    batch = Contracts(
        right=rows["option_type"],
        strike=rows["strike"],
        expiry=years(rows),
        volatility=rows["mark_iv"],
        rate=rates,
        dividend_yield=0.0,
        american=False,
    )
    return solve_many(batch, spots=spots[:, None, None]).values[:, 0, 0] / spots


def formula(rows: pd.DataFrame) -> Greeks:
    """Black's formula for every contract, in dollars, from the forward in its own row."""
    forward = rows["underlying_price"]
    return black_76(
        forward, rows["strike"], years(rows), vol=rows["mark_iv"], right=rows["option_type"]
    )


def shifts_needed(rows: pd.DataFrame, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative shift of each forward that would take the value to the mark.

    Marks and forwards were read at different seconds.  The value in coin, ``V / F``, changes by
    ``delta - V / F`` for a relative shift of one.  What the rounding of quoted volatility and
    mark explains is left out.
    """
    forward, greeks = rows["underlying_price"].to_numpy(), formula(rows)
    rounding = 0.5 * (VOL_STEP * greeks.vega / forward + MARK_STEP)
    gap = np.maximum(np.abs(values - rows["mark_price"]) - rounding, 0.0)
    return gap / np.abs(greeks.delta - greeks.price / forward)


def years(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Years of 365 days to the expiry of every row."""
    return ((rows["expiry_utc"] - rows["snapshot_utc"]) / pd.Timedelta(days=365)).to_numpy()


def spread(differences: ArrayLike) -> str:
    """Median, 90th and 99th percentile and largest of the absolute differences."""
    sizes = np.abs(differences)
    figures = (*np.quantile(sizes, [0.5, 0.9, 0.99]), sizes.max())
    return "".join(f"{figure:>10.1e}" for figure in figures)


def compare(rows: pd.DataFrame) -> None:
    """Print how far the model is from the marks of a snapshot."""
    market, marks = market_of(rows), rows["mark_price"].to_numpy()
    own, shared = model_values(rows), model_values(rows, market)
    out = (rows["option_type"] == "C") == (rows["strike"] > rows["underlying_price"])
    print(f"\n{len(rows)} contracts of {market.asof:%Y-%m-%d %H:%M}, differences in BTC")
    print(f"{'':<44}{'median':>10}{'p90':>10}{'p99':>10}{'max':>10}")
    print(
        f"{'solver less formula':<44}{spread(own - formula(rows).price / rows['underlying_price'])}"
    )
    print(f"{'solver less mark, forward of each row':<44}{spread(own - marks)}")
    print(f"{'    out of the money':<44}{spread((own - marks)[out])}")
    print(f"{'    in the money':<44}{spread((own - marks)[~out])}")
    print(f"{'solver less mark, one market for all rows':<44}{spread(shared - marks)}")
    print(f"{'relative shift of each forward to its mark':<44}{spread(shifts_needed(rows, own))}")
    index_range = rows["index_price"].max() / rows["index_price"].min() - 1.0
    print(f"the index moved by {index_range:.1e} while the snapshot was collected")
    quoted = rows["bid_price"].notna() & rows["ask_price"].notna()
    for name, values in (("mark", marks), ("model", own)):
        inside = (values >= rows["bid_price"]) & (values <= rows["ask_price"])
        share = f"{100 * inside[quoted].mean():.1f} % of the {quoted.sum()} that have both"
        print(f"{name} within bid and ask: {share}")


def main(arguments: Sequence[str]) -> int:
    path = Path(arguments[0]) if arguments else CHAIN
    if not path.is_file():
        print(f"no chain at {path}; give the path of {FILE} as the argument", file=sys.stderr)
        return 2
    chain = snapshots(path)
    markets = [market_of(rows) for rows in chain]
    print("Requirement under a venue's grid of spot -16 % to +16 % and volatility -25 % to +50 %.")
    print("Equity and requirement in BTC, index and thresholds in USD, ratio equity / requirement.")
    for account in ACCOUNTS:
        report(account, markets)
    compare(chain[0])
    compare(min(chain, key=lambda rows: rows["index_price"].median()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
