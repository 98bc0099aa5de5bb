"""Liquidation thresholds of perpetual accounts against the prices that venues publish.

Claim   For accounts of perpetuals the thresholds agree with Binance's worked examples (a cross
        account in two underlyings, two isolated ones) and with 21 isolated cases of Binance,
        OKX or Gate, and Bybit, to the last digit printed; where a venue has no price, "none".
Method  State each venue's formula by the fields of `PerpetualRule`: tiers, fee, entry rate, fixed
        maintenance of the other position; search all thresholds from 1/1000 to 1,000 times the
        entry; compare.
Writes  nothing

    python -m validation.linear_thresholds

The published figures are read from ``../shared/data`` and are no part of this project.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from margin import Account, Market, Perpetual, Position, Underlying
from margin.liquidation import thresholds
from margin.rules import PerpetualRule, Rule, Tier

PUBLISHED = Path(__file__).parents[1] / ".." / "shared" / "data" / "liquidation_price_examples.json"
ASOF = datetime(2026, 11, 20, tzinfo=UTC)
RANGE = 1_000.0
# Prices printed in full follow from balances that their source rounds to about eleven digits.
ROUNDING = 1e-11
# A price of one decimal is exact.
SHORT, EXACT = 1, 1e-9


@dataclass(frozen=True, slots=True)
class Case:
    """One published price: whose it is, and the account, market and rule that must give it."""

    venue: str
    account: Account
    market: Market
    rule: Rule
    underlying: str
    published: str


def cases() -> list[Case]:
    """Every published price of the file, as printed there."""
    content = json.loads(PUBLISHED.read_text(encoding="utf-8"), parse_float=str)
    return [*_cross(content), *_binance(content), *_generic(content["generic_isolated"])]


def _cross(content: dict) -> Iterator[Case]:
    """The cross account of two underlyings, of which one moves."""
    given = content["binance_cross_usdm"]
    held = {row["symbol"]: row for row in given["positions"]}
    positions = tuple(
        Position(Perpetual(name), float(row["qty"]), entry_price=float(row["entry"]))
        for name, row in held.items()
    )
    marks = {name: Underlying(float(row["mark"])) for name, row in held.items()}
    account = Account("cross", "USDT", float(given["wallet_balance"]), positions)
    for name, published in given["expected_liquidation_price"].items():
        (other,) = (row for symbol, row in held.items() if symbol != name)
        fixed = _table(other).maintenance(float(other["qty"]) * float(other["mark"]))
        rule = PerpetualRule(_table(held[name]).tiers, other_maintenance=fixed)
        yield Case("Binance cross", account, Market(ASOF, marks, {}), rule, name, published)


def _binance(content: dict) -> Iterator[Case]:
    """Isolated long positions with their own tier."""
    for row in content["binance_isolated"]:
        held = _held(row["symbol"], row["qty"], row["entry"], row["wallet_balance"])
        yield Case("Binance isolated", *held, _table(row), row["symbol"], row["expected"])


def _generic(given: dict) -> Iterator[Case]:
    """Isolated positions of three families of formulas."""
    rate, amount = float(given["mmr"]), float(given["maintenance_amount"])
    rules = {
        "binance": PerpetualRule((Tier(0.0, rate, amount),)),
        "okx_or_gate": PerpetualRule((Tier(0.0, rate),), fee=float(given["taker_fee"])),
        "bybit": PerpetualRule(entry_rate=rate),
    }
    for row in given["cases"]:
        side = 1.0 if row["side"] == "long" else -1.0
        held = _held("X", side * float(row["qty"]), row["entry"], row["wallet_balance"])
        label = f"{row['venue']} {row['side']}"
        yield Case(label, *held, rules[row["venue"]], "X", row["expected_liquidation_price"])


def _held(name: str, quantity: str | float, entry: str, cash: str) -> tuple[Account, Market]:
    """An account of one perpetual at its entry price, and its market."""
    position = Position(Perpetual(name), float(quantity), entry_price=float(entry))
    market = Market(ASOF, {name: Underlying(float(entry))}, {})
    return Account("isolated", "USDT", float(cash), (position,)), market


def _table(row: dict) -> PerpetualRule:
    """The rule of the one tier that the venue states for a position."""
    return PerpetualRule((Tier(0.0, float(row["mmr"]), float(row["maintenance_amount"])),))


def found(case: Case) -> float | None:
    """The threshold on the losing side of the position that moves, if there is one."""
    spot = case.market.underlyings[case.underlying].spot
    result = thresholds(
        case.account,
        case.market,
        case.rule,
        underlying=case.underlying,
        lowest=spot / RANGE,
        highest=spot * RANGE,
    )
    (side,) = (
        position.quantity
        for position in case.account.positions
        if position.instrument.underlying == case.underlying
    )
    level = result.below if side > 0.0 else result.above
    return level and level.spot


def allowed(case: Case) -> float:
    """One unit in the last place printed, no less than the rounding of the source."""
    decimals = -Decimal(case.published).as_tuple().exponent
    last_place = EXACT if decimals == SHORT else 10.0**-decimals
    return max(last_place, ROUNDING * abs(float(case.published)))


def main() -> int:
    if not PUBLISHED.exists():
        print(f"skipped: {PUBLISHED.name} is not there")
        return 0
    print(f"{'venue':<20}{'published':>20}{'found':>20}{'difference':>12}{'allowed':>10}")
    holds = True
    for case in cases():
        level = found(case)
        apart = float("inf") if level is None else level - float(case.published)
        holds = holds and abs(apart) <= allowed(case)
        print(
            f"{case.venue:<20}{case.published:>20}{level or 0.0:>20.13f}"
            f"{apart:>12.1e}{allowed(case):>10.1e}"
        )
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
