"""An account with several underlyings, divided by underlying."""

from dataclasses import replace

from margin.account import Account
from margin.market import Market

__all__ = ["held_names", "split"]


def held_names(account: Account, market: Market) -> tuple[str, ...]:
    """Underlyings whose spots an account depends on, in alphabetical order.

    Parameters
    ----------
    account : Account
        What is held.
    market : Market
        Where it stands.

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        If the market lacks one of them.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Collateral, Market, Position, Underlying
    >>> from margin.names.split import held_names
    >>> spots = {"BTC": Underlying(60_000.0), "ETH": Underlying(3_000.0)}
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), spots, {})
    >>> debt = Position(Asset("ETH"), -10.0)
    >>> held_names(Account("loan", "USD", 0.0, (debt,), (Collateral("BTC", 1.0),)), market)
    ('BTC', 'ETH')
    """
    held = {position.instrument.underlying for position in account.positions if position.quantity}
    held |= {pledged.asset for pledged in account.collateral if pledged.price is None}
    missing = sorted(held - set(market.underlyings))
    if missing:
        raise ValueError(f"underlyings of the market must hold {', '.join(missing)}")
    return tuple(sorted(held))


def split(account: Account, market: Market) -> dict[str, Account]:
    """One account for each underlying; their equities add up to that of the whole.

    Cash and collateral of a stated price go with the first underlying.

    Parameters
    ----------
    account : Account
        Kept in quote currency.
    market : Market
        Where it stands.

    Returns
    -------
    dict of str to Account
        By underlying, in alphabetical order.

    Raises
    ------
    ValueError
        If the account is kept in coin, depends on no underlying, or the market lacks one.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.names.split import split
    >>> spots = {"AAPL": Underlying(80.0), "MSFT": Underlying(90.0)}
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), spots, {})
    >>> held = Position(Asset("AAPL"), 5.0), Position(Asset("MSFT"), 2.0)
    >>> for name, part in split(Account("two", "USD", 100.0, held), market).items():
    ...     print(name, part)
    AAPL two: 100 USD, 1 position
    MSFT two: 0 USD, 1 position
    """
    if account.currency in market.underlyings:
        raise ValueError(
            f"an account with several underlyings must be kept in quote currency, got "
            f"{account.currency}; state coin that is held as collateral without a price"
        )
    names = held_names(account, market)
    if not names:
        raise ValueError("the account must depend on an underlying, got cash only")
    return {name: _part(account, name, first=name == names[0]) for name in names}


def _part(account: Account, name: str, *, first: bool) -> Account:
    """What an account holds in one underlying."""
    positions = (held for held in account.positions if held.instrument.underlying == name)
    pledged = (
        each
        for each in account.collateral
        if (first if each.price is not None else each.asset == name)
    )
    return replace(
        account,
        cash=account.cash if first else 0.0,
        positions=tuple(held for held in positions if held.quantity),
        collateral=tuple(pledged),
    )
