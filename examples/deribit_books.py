"""Five books through February 2026: was the state of each called rightly, and why not.

At every snapshot of the chain a map says at which spots a book will be liquidated at the next one,
time included, volatilities staying at their strikes.  The next snapshot then says where the spot
went and how the book stood.  What the excess changed by is split into the passing of time, the
move of the spot, the move of all volatilities alike, and what is left: the shape of the surface
and the forwards.

    python -m examples.deribit_books [chain.parquet]

The chain is that of `examples/deribit_fall.py`.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from examples.deribit_fall import CHAIN, FILE, RULE, STRANGLE, market_of, option, snapshots
from margin import (
    Account,
    Collateral,
    LiquidationMap,
    Market,
    Position,
    Thresholds,
    liquidation_map,
    requirement,
)
from pdesolve import Right

CONDOR = (
    Position(option(Right.PUT, 70_000), -20),
    Position(option(Right.PUT, 60_000), 20),
    Position(option(Right.CALL, 90_000), -20),
    Position(option(Right.CALL, 100_000), 20),
)
BACKSPREAD = (
    Position(option(Right.PUT, 75_000), -20),
    Position(option(Right.PUT, 65_000), 40),
)
BOX = (
    Position(option(Right.CALL, 70_000), 20),
    Position(option(Right.PUT, 70_000), -20),
    Position(option(Right.CALL, 80_000), -20),
    Position(option(Right.PUT, 80_000), 20),
)
CALLS = (Position(option(Right.CALL, 90_000), -10),)
BITCOIN = (Collateral("BTC", 10.0, haircut=0.05),)

# Cash was chosen for a margin ratio of 1.1 to 2.5 on 1 February; the box has borrowed against
# what it pays.
BOOKS = (
    Account("short strangle", "BTC", 3.5, STRANGLE),
    Account("iron condor", "BTC", 2.8, CONDOR),
    Account("covered call with loan", "USD", -530_000.0, CALLS, BITCOIN),
    Account("put backspread", "BTC", 1.0, BACKSPREAD),
    Account("box", "BTC", -2.1, BOX),
)


@dataclass(frozen=True, slots=True)
class Call:
    """What was said of a book at one snapshot about the next, and what came.

    Excesses are in quote currency: as it was, then after time, spot, volatility and all else.
    """

    book: str
    said: Thresholds
    market: Market
    vol_move: float
    excesses: tuple[float, float, float, float, float]

    @property
    def effects(self) -> tuple[float, float, float, float]:
        """What time, spot, volatility and surface changed the excess by."""
        before, *after = self.excesses
        time, spot, volatility, surface = (b - a for a, b in pairwise((before, *after)))
        return time, spot, volatility, surface

    @property
    def right(self) -> bool:
        """Whether the thresholds gave the state that came at the spot that came."""
        return (self.excesses[2] < 0.0) is (self.excesses[4] < 0.0)

    @property
    def changed(self) -> bool:
        """Whether the state changed."""
        return (self.excesses[0] < 0.0) is not (self.excesses[4] < 0.0)

    @property
    def cause(self) -> str:
        """The first effect after which the state is the one that came, and stays so."""
        names = ("nothing", "time", "spot", "volatility", "surface")
        came = self.excesses[4] < 0.0
        last_wrong = max(
            (index for index, each in enumerate(self.excesses) if (each < 0.0) is not came),
            default=-1,
        )
        return names[last_wrong + 1]


def call(book: Account, market: Market, later: Market) -> Call:
    """Say at one snapshot how a book will stand at the next, and hold it against what came."""
    date, spot = later.asof, later.underlyings["BTC"].spot
    found = liquidation_map(book, market, RULE, horizon=date - market.asof, dates=[date])
    said = found.thresholds(date)
    move = vol_move(found, said, later)
    unit = later.underlyings["BTC"].spot if book.currency == "BTC" else 1.0
    came = requirement(book, later, RULE).excess * unit
    excesses = (
        found.excess(found.spot, market.asof)[0],
        found.excess(found.spot, date)[0],
        found.excess(spot, date)[0],
        found.under(move).excess(spot, date)[0],
        came,
    )
    return Call(book.name, said, later, move, excesses)


def vol_move(found: LiquidationMap, said: Thresholds, later: Market) -> float:
    """Relative move of volatility at the strike of the book that is nearest the spot."""
    now = found.revaluation.market
    held = [position.instrument for position in found.revaluation.account.positions]
    near = min(held, key=lambda each: abs(each.strike - said.spot))
    return later.volatility(near) / now.volatility(near) - 1.0


def calls(book: Account, markets: Sequence[Market]) -> list[Call]:
    """One call for each snapshot but the last."""
    return [call(book, now, later) for now, later in pairwise(markets)]


def line(said: Call) -> str:
    """One call as a row."""
    spot = said.market.underlyings["BTC"].spot
    state = "liquidated" if said.excesses[4] < 0.0 else "safe"
    verdict = "right" if said.right else f"wrong: {said.cause}"
    ends = ", ".join(map(str, said.said.intervals)) or "nowhere"
    effects = "".join(f"{effect / 1_000.0:>9.1f}" for effect in said.effects)
    return (
        f"{said.market.asof:%m-%d %H:%M} {spot:>9,.0f} {100 * said.vol_move:>+6.1f} % "
        f"{effects}  {state:<10} {verdict:<18} {ends}"
    )


def summary(every: Sequence[Call]) -> Iterator[str]:
    """How many were right, and what the others and the changes of state were due to."""
    wrong = [one for one in every if not one.right]
    changed = [one for one in every if one.changed]
    yield f"{len(every)} calls, {len(every) - len(wrong)} right, {len(wrong)} wrong"
    for title, some in (("wrong", wrong), ("changes of state", changed)):
        causes = [one.cause for one in some]
        told = ", ".join(f"{causes.count(name)} by {name}" for name in dict.fromkeys(causes))
        yield f"{title}: {told or 'none'}"


def main(arguments: Sequence[str]) -> int:
    path = Path(arguments[0]) if arguments else CHAIN
    if not path.is_file():
        print(f"no chain at {path}; give the path of {FILE} as the argument", file=sys.stderr)
        return 2
    markets = [market_of(rows) for rows in snapshots(path)]
    print(
        "Effects on the excess in thousands of USD; danger as it was said at the snapshot before."
    )
    every = []
    for book in BOOKS:
        of_book = calls(book, markets)
        every += of_book
        print(f"\n{book}")
        print(f"{'UTC':<11} {'index':>9} {'vol':>8}", end=" ")
        print(*(f"{name:>8}" for name in ("time", "spot", "vol", "surface")), end="")
        print(f"  {'state':<10} {'said':<18} danger")
        print("\n".join(map(line, of_book)))
    print()
    print("\n".join(summary(every)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
