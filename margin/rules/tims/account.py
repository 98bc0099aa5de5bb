"""Ten-point portfolio margin of several underlyings: what it requires, and along one of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from margin.account import Account
from margin.market import Market
from margin.rules.rule import revalue_for
from margin.rules.tims.curve import TimsAlong
from margin.rules.tims.groups import PortfolioGroup, ProductGroup, TimsRule
from margin.rules.tims.statement import ClassProfits, GroupProfits, TimsRequirement, worst_loss

__all__ = ["tims_along", "tims_requirement"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Class:
    """One class at its present spot: profits (j,) at its points, in quote currency."""

    underlying: str
    moves: tuple[float, ...]
    profits: Floats
    equity: float
    minimum: float


def tims_requirement(account: Account, market: Market, rule: TimsRule) -> TimsRequirement:
    """Ten-point requirement of an account that may hold several underlyings, now.

    Every class is revalued along its own spot, American options included.

    Parameters
    ----------
    account : Account
        What is held, in quote currency.
    market : Market
        Spots, carry and volatilities.
    rule : TimsRule
        Classes, product groups and portfolio groups.

    Returns
    -------
    TimsRequirement

    Raises
    ------
    ValueError
        If the account is kept in coin, holds an underlying that the rule has no class for, or
        cannot be valued.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> from margin.rules.tims.account import tims_requirement
    >>> from margin.rules.tims.groups import ClassGroup, PortfolioGroup, ProductGroup, TimsRule
    >>> classes = tuple(ClassGroup(name, TEN_POINT_EQUITY) for name in ("A", "B"))
    >>> rule = TimsRule((PortfolioGroup("all", (ProductGroup("both", classes, 0.9),)),))
    >>> spots = {"A": Underlying(100.0), "B": Underlying(50.0)}
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), spots, {})
    >>> held = (Position(Asset("A"), 100), Position(Asset("B"), -200))
    >>> found = tims_requirement(Account("pair", "USD", 5_000.0, held), market, rule)
    >>> round(found.maintenance, 6), round(found.saved_in_products, 6)
    (150.0, 2850.0)
    """
    classes = _classes(account, market, rule)
    products = [
        GroupProfits(product.name, tuple(map(float, total)))
        for _, product, total in _products(rule, classes)
    ]
    portfolios = [
        GroupProfits(portfolio.name, tuple(map(float, total)))
        for portfolio, total in _portfolios(rule, classes)
    ]
    minimum = sum(one.minimum for one in classes.values())
    return TimsRequirement(
        account=account.name,
        rule=rule.name,
        currency=account.currency,
        equity=_fixed(account) + sum(one.equity for one in classes.values()),
        maintenance=max(minimum, sum(one.requirement for one in portfolios)),
        initial_factor=rule.initial_factor,
        minimum=minimum,
        classes=tuple(
            ClassProfits(one.underlying, one.moves, tuple(map(float, one.profits)))
            for one in classes.values()
        ),
        products=tuple(products),
        portfolios=tuple(portfolios),
    )


def tims_along(
    account: Account, market: Market, rule: TimsRule, underlying: str
) -> tuple[Account, TimsAlong]:
    """An account with several underlyings along the spot of one, the others frozen at their marks.

    Parameters
    ----------
    account : Account
        What is held, in quote currency.
    market : Market
        Spots, carry and volatilities.
    rule : TimsRule
        Classes, product groups and portfolio groups.
    underlying : str
        Whose spot moves.

    Returns
    -------
    tuple of Account and TimsAlong
        The holdings in that underlying, the value of all others being cash, and the rule that
        requires of them what the whole account needs.  Both go into `requirement`, `thresholds`
        and `table` as they are; their present equity and requirement are those of the whole.

    Raises
    ------
    ValueError
        As for `tims_requirement`.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.liquidation import thresholds
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> from margin.rules.tims.account import tims_along
    >>> from margin.rules.tims.groups import ClassGroup, PortfolioGroup, ProductGroup, TimsRule
    >>> classes = tuple(ClassGroup(name, TEN_POINT_EQUITY) for name in ("A", "B"))
    >>> rule = TimsRule((PortfolioGroup("all", (ProductGroup("both", classes, 0.9),)),))
    >>> spots = {"A": Underlying(100.0), "B": Underlying(50.0)}
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), spots, {})
    >>> held = (Position(Asset("A"), 100), Position(Asset("B"), -200))
    >>> account = Account("pair", "USD", 2_000.0, held)
    >>> part, along = tims_along(account, market, rule, "A")
    >>> part.cash, round(thresholds(part, market, along).below.spot, 4)
    (-8000.0, 83.7004)
    """
    classes = _classes(account, market, rule)
    portfolio, product, group = rule.place(underlying)
    others = {name: one for name, one in classes.items() if name != underlying}
    rest = _fixed(account) + sum(one.equity for one in others.values())
    near, far = np.zeros(len(group.moves)), np.zeros(len(group.moves))
    for _, other, total in _products(rule, others):
        if other == product:
            near = total
        elif other in portfolio.products:
            far = far + portfolio.kept(total)
    away = (worst_loss(total) for one, total in _portfolios(rule, others) if one != portfolio)
    mine = replace(_part(account, underlying), cash=rest)
    return mine, TimsAlong(
        group,
        offsets=(product.offset, portfolio.offset),
        near=tuple(map(float, near)),
        far=tuple(map(float, far)),
        away=sum(away),
        other_minimum=sum(one.minimum for one in others.values()),
        initial_factor=rule.initial_factor,
        name=f"{rule.name} along {underlying}",
    )


def _classes(account: Account, market: Market, rule: TimsRule) -> dict[str, _Class]:
    """Every class that the account holds, revalued at its points."""
    if account.currency in market.underlyings:
        raise ValueError(
            f"ten-point margin is reckoned in quote currency, got an account in {account.currency}"
        )
    held = [each.instrument.underlying for each in account.positions if each.quantity]
    held += [pledged.asset for pledged in account.collateral if pledged.price is None]
    found = {}
    for name in dict.fromkeys(held):
        _, _, group = rule.place(name)
        part = _part(account, name)
        revaluation = revalue_for(group.rule, part, market, underlying=name)
        branches = group.rule.excess_branches(revaluation)
        excesses = np.array([float(branch.curve(revaluation.spot)) for branch in branches])
        profits = excesses[1:] - excesses[0]
        count = len(group.order)
        minimum = -float(profits[count]) if profits.size > count else 0.0
        ordered = profits[list(group.order)]
        found[name] = _Class(name, group.moves, ordered, float(excesses[0]), minimum)
    return found


def _part(account: Account, underlying: str) -> Account:
    """The holdings that move with one underlying, without cash."""
    positions = [one for one in account.positions if one.instrument.underlying == underlying]
    pledged = [one for one in account.collateral if one.price is None and one.asset == underlying]
    return replace(account, cash=0.0, positions=tuple(positions), collateral=tuple(pledged))


def _fixed(account: Account) -> float:
    """Cash and collateral of a fixed price, after haircuts."""
    pledged = (
        one.amount * one.price * (1.0 - one.haircut)
        for one in account.collateral
        if one.price is not None
    )
    return account.cash + sum(pledged)


def _products(
    rule: TimsRule, classes: Mapping[str, _Class]
) -> Iterator[tuple[PortfolioGroup, ProductGroup, Floats]]:
    """Profits (j,) of every product group that holds one of the classes."""
    for portfolio in rule.groups:
        for product in portfolio.products:
            names = [group.underlying for group in product.classes]
            kept = [product.kept(classes[name].profits) for name in names if name in classes]
            if kept:
                yield portfolio, product, np.sum(kept, axis=0)


def _portfolios(
    rule: TimsRule, classes: Mapping[str, _Class]
) -> Iterator[tuple[PortfolioGroup, Floats]]:
    """Profits (j,) of every portfolio group that holds one of the classes."""
    products = list(_products(rule, classes))
    for portfolio in rule.groups:
        kept = [portfolio.kept(total) for at, _, total in products if at == portfolio]
        if kept:
            yield portfolio, np.sum(kept, axis=0)
