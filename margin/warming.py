"""Compile everything once, of both packages, so that nobody waits for it later."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from margin.account import Account, Collateral, Position
from margin.book import thresholds_of_book
from margin.comparison import compare
from margin.greeks import margin_greeks
from margin.instrument import Asset, OptionContract, Settlement, Solvable
from margin.liquidation import thresholds
from margin.maps.build import liquidation_map
from margin.margin_table import table
from margin.market import Market, Underlying
from margin.names.path import Direction, thresholds_along
from margin.names.plane import plane_map
from margin.requirements import requirement
from margin.rules import (
    TEN_POINT_EQUITY,
    DerivePortfolio,
    ExpectedShortfall,
    PerpetualRule,
    TailRiskRule,
    excess_at,
    revalue_for,
)
from margin.rules.strategy import STRATEGY_EQUITY
from pdesolve import Exercise, Right
from pdesolve.warming import STEPS as PRICES
from pdesolve.warming import Told, run

__all__ = ["STEPS", "warmup"]

NOW = datetime(2026, 11, 20, 21, tzinfo=UTC)
NEAR, FAR = NOW + timedelta(days=28), NOW + timedelta(days=56)
SPOT = 100.0
SHIFTED = 0.25
AROUND = np.array([90.0, 110.0])
MOVES = tuple(np.linspace(-0.2, 0.2, 41).tolist())


def _shares() -> tuple[Account, Market]:
    """Shares, and American options of two expiries on them."""
    legs = [
        (Right.PUT, 90.0, NEAR, -3.0),
        (Right.PUT, 80.0, FAR, 2.0),
        (Right.CALL, 110.0, NEAR, -4.0),
        (Right.CALL, 115.0, NEAR, 6.0),
        (Right.CALL, 120.0, FAR, -3.0),
    ]
    return _account("USD", legs, (Exercise.AMERICAN, Settlement.PHYSICAL), Asset("XYZ"))


def _coins(currency: str, settlement: Settlement) -> tuple[Account, Market]:
    """European options of two expiries on a coin."""
    legs = [(Right.PUT, 90.0, NEAR, -3.0), (Right.CALL, 110.0, FAR, -2.0)]
    return _account(currency, legs, (Exercise.EUROPEAN, settlement))


def _accounts() -> tuple[tuple[Account, Market], ...]:
    return _shares(), _coins("USD", Settlement.CASH), _coins("XYZ", Settlement.INVERSE)


def _account(
    currency: str,
    legs: list[tuple[Right, float, datetime, float]],
    terms: tuple[Exercise, Settlement],
    asset: Asset | None = None,
) -> tuple[Account, Market]:
    contracts = [OptionContract("XYZ", right, at, expiry, *terms) for right, at, expiry, _ in legs]
    positions = [
        Position(contract, quantity)
        for contract, (*_, quantity) in zip(contracts, legs, strict=True)
    ]
    if asset:
        positions.append(Position(asset, 1.0))
    vols: dict[Solvable, float] = {
        contract: 0.3 + 0.01 * at for at, contract in enumerate(contracts)
    }
    market = Market(NOW, {"XYZ": Underlying(SPOT, rate=0.03)}, vols)
    return Account("warm", currency, 1_000.0, tuple(positions)), market


def _systems() -> None:
    for account, market in _accounts():
        compare(account, market)


def _thresholds() -> None:
    for account, market in _accounts():
        thresholds(account, market, TEN_POINT_EQUITY)
    margin_greeks(*_shares(), TEN_POINT_EQUITY)
    table(*_shares(), TEN_POINT_EQUITY, spots=[90.0, 110.0], vol_moves=[0.0, SHIFTED])


def _tail_risk() -> None:
    rule = TailRiskRule(MOVES, ExpectedShortfall(0.9))
    requirement(*_shares(), rule)
    thresholds(*_shares(), rule)


def _pairing() -> None:
    account, market = _shares()
    doubled = replace(account, positions=tuple(_uneven(account)))
    requirement(doubled, market, STRATEGY_EQUITY)
    thresholds(doubled, market, STRATEGY_EQUITY)


def _uneven(account: Account) -> list[Position]:
    """Quantities that pair in no whole numbers at first."""
    return [
        replace(held, quantity=held.quantity + (1.0 if at % 2 else 0.0))
        for at, held in enumerate(account.positions)
    ]


def _at_spots() -> None:
    cases = ((TEN_POINT_EQUITY, _shares()), (DerivePortfolio(), _coins("USD", Settlement.CASH)))
    for rule, parts in cases:
        excess_at(rule, revalue_for(rule, *parts, spots=AROUND), AROUND)


def _book() -> None:
    account, market = _shares()
    thresholds_of_book([account, account], market, TEN_POINT_EQUITY)


def _maps() -> None:
    liquidation_map(*_shares(), TEN_POINT_EQUITY, horizon=timedelta(days=40)).path()


def _several_names() -> None:
    spots = {"BTC": Underlying(60_000.0), "ETH": Underlying(3_000.0)}
    parts = (
        Account("loan", "USD", 0.0, (Position(Asset("ETH"), -10.0),), (Collateral("BTC", 1.0),)),
        Market(NOW, spots, {}),
        PerpetualRule(),
    )
    thresholds_along(*parts, Direction({"BTC": 1.0, "ETH": 0.5}))
    plane_map(*parts, names=("BTC", "ETH"))


STEPS: Mapping[str, Callable[[], None]] = {
    **PRICES,
    "margin systems": _systems,
    "thresholds": _thresholds,
    "tail risk": _tail_risk,
    "pairing": _pairing,
    "requirements at many spots": _at_spots,
    "books": _book,
    "maps": _maps,
    "several underlyings": _several_names,
}
"""What is computed, by its name; together it calls every kernel that Python calls."""


def warmup(progress: Told | None = None) -> None:
    """Compile every kernel of both packages, or load it from the cache.

    Machine code stays in the cache folder of the user, or in ``NUMBA_CACHE_DIR``; a process that
    finds it there waits for nothing.  It is made for the processor that runs this.

    Parameters
    ----------
    progress : callable, optional
        Called with the name of what comes next, how much is done, and of how much.

    Examples
    --------
    >>> import margin
    >>> margin.warmup()
    """
    run(STEPS, progress)
