"""Five books of index options on 30 January 2026: where, when and under which volatility lost.

Volatilities are solved from the mids of quotes, forwards and discount factors from put-call
parity.  Margin is ten-point portfolio margin of a broad index.  For each book: today's margin,
the map of the days until the expiry, today's thresholds if volatilities stick to their strikes and
if they rise as the index falls, and the move of volatility that alone liquidates.

    python -m examples.spx_books [chain.parquet forwards.csv]

The chain has one row for each contract, in the columns ``COLUMNS``; the forwards one for each
expiry and root, with rate and carry.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from margin import (
    Account,
    Asset,
    Carry,
    LiquidationMap,
    Market,
    OptionContract,
    Position,
    SpotBeta,
    Underlying,
    liquidation_map,
    requirement,
    volatilities_from_marks,
)
from margin.rules import TEN_POINT_BROAD_INDEX
from pdesolve import Exercise, Right

FILES = "spx_chain_20260130.parquet", "spx_forwards_20260130.csv"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
COLUMNS = ["root", "expiration", "strike", "option_type", "bid", "ask"]
CLOSE = datetime(2026, 1, 30, 21, tzinfo=UTC)
INDEX = 6_939.03
# The contracts of the end of the quarter, which pay at the close.
EXPIRY = datetime(2026, 3, 31, 20, tzinfo=UTC)
# Relative move of volatilities per relative move of the index; -3 is usual for this index.
LEVERAGE = SpotBeta(-3.0)
SPOTS = (5_200.0, 8_700.0)


def option(right: Right, strike: float) -> OptionContract:
    return OptionContract("SPX", right, strike, EXPIRY, Exercise.EUROPEAN)


def legs(*held: tuple[Right, float, float]) -> tuple[Position, ...]:
    """Positions of a hundred units each."""
    return tuple(Position(option(right, strike), count, 100.0) for right, strike, count in held)


PUT, CALL = Right.PUT, Right.CALL
SHARES = (Position(Asset("SPX"), 300.0),)
BOOKS = (
    Account("short strangle", "USD", 70_000.0, legs((PUT, 6_500, -2), (CALL, 7_300, -2))),
    Account(
        "iron condor",
        "USD",
        40_000.0,
        legs((PUT, 6_600, -5), (PUT, 6_500, 5), (CALL, 7_200, -5), (CALL, 7_300, 5)),
    ),
    Account(
        "covered calls with loan",
        "USD",
        -1_750_000.0,
        (*SHARES, *legs((CALL, 7_200, -3))),
    ),
    Account("put backspread", "USD", 20_000.0, legs((PUT, 6_800, -4), (PUT, 6_600, 8))),
    Account(
        "box",
        "USD",
        -90_000.0,
        legs((CALL, 6_800, 5), (PUT, 6_800, -5), (CALL, 7_000, -5), (PUT, 7_000, 5)),
    ),
)


def market_of(chain: Path, forwards: Path) -> Market:
    """The index, its carry to the expiry, and the volatility of every contract of the books."""
    rows = pd.read_parquet(chain, columns=COLUMNS)
    day = EXPIRY.strftime("%Y-%m-%d")
    rows = rows[(rows["root"] == "SPXW") & (rows["expiration"].astype(str) == day)]
    mids = rows.assign(mid=0.5 * (rows["bid"] + rows["ask"]))
    sides = {"C": CALL, "P": PUT}
    quoted = {option(sides[row.option_type], row.strike): row.mid for row in mids.itertuples()}
    held = {p.instrument for book in BOOKS for p in book.positions} & quoted.keys()
    known = pd.read_csv(forwards)
    known = known[(known["expiration"] == day) & (known["root"] == "SPXW")].iloc[0]
    carry = Carry(EXPIRY, float(known["implied_rate"]), float(known["implied_carry_q"]))
    underlyings = {"SPX": Underlying(INDEX, curve=(carry,))}
    marks = {contract: quoted[contract] for contract in sorted(held, key=str)}
    return Market(CLOSE, underlyings, volatilities_from_marks(marks, CLOSE, underlyings))


def mapped(book: Account, market: Market) -> LiquidationMap:
    """The map of the days until the last one before the expiry."""
    horizon = EXPIRY - timedelta(days=1) - CLOSE
    return liquidation_map(book, market, TEN_POINT_BROAD_INDEX, horizon=horizon, spots=SPOTS)


def report(book: Account, market: Market) -> None:
    """Print what becomes of a book."""
    needed, found = requirement(book, market, TEN_POINT_BROAD_INDEX), mapped(book, market)
    print(f"\n{book}")
    print(
        f"equity {needed.equity:,.0f}, maintenance {needed.maintenance:,.0f} "
        f"({needed.worst_scenario}), ratio {needed.ratio:.3f}"
    )
    print(found.words)
    for name, way in (("sticky strike", found), (LEVERAGE.name, found.under(LEVERAGE))):
        danger = ", ".join(map(str, way.intervals(CLOSE))) or "nowhere"
        print(f"{name + ',':<20} danger today {danger}")
    print(found.vol_threshold())


def main(arguments: Sequence[str]) -> int:
    paths = [Path(each) for each in arguments] or [DATA / name for name in FILES]
    if len(paths) != 2 or not all(path.is_file() for path in paths):
        print(f"give the paths of {' and '.join(FILES)} as the arguments", file=sys.stderr)
        return 2
    market = market_of(*paths)
    for book in BOOKS:
        report(book, market)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
