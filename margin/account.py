"""What an account owns and owes: cash, positions and collateral."""

from dataclasses import dataclass

from margin import _check
from margin.instrument import Asset, Instrument, Solvable

__all__ = ["Account", "Collateral", "Position"]


@dataclass(frozen=True, slots=True)
class Position:
    """A signed number of contracts.

    Attributes
    ----------
    instrument : OptionContract, ClaimContract, Future, Perpetual or Asset
        What is held.
    quantity : float
        Contracts held: positive if long, negative if short; zero is allowed.
    multiplier : float
        Units of the underlying per contract (100 for an equity option); for an inverse future or
        perpetual, quote currency per contract.
    entry_price : float or None
        Price in quote currency from which the profit of a future or perpetual counts; None for
        everything else, whose price was paid out of cash.

    Raises
    ------
    ValueError
        If the quantity is not finite, the multiplier is not positive, or the entry price is
        missing where it is needed or given where it means nothing.

    Examples
    --------
    >>> from margin.account import Position
    >>> from margin.instrument import Asset, Perpetual
    >>> print(Position(Asset("AAPL"), 500))
    +500 × AAPL
    >>> print(Position(Perpetual("BTC"), -2, entry_price=61_250))
    -2 × BTC perpetual from 61250
    """

    instrument: Instrument
    quantity: float
    multiplier: float = 1.0
    entry_price: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.instrument, Instrument):
            raise ValueError(
                "instrument must be an OptionContract, Future, Perpetual, Asset or ClaimContract, "
                f"got {self.instrument!r}"
            )
        object.__setattr__(self, "quantity", _check.finite("quantity", self.quantity))
        object.__setattr__(self, "multiplier", _check.positive("multiplier", self.multiplier))
        if isinstance(self.instrument, Solvable | Asset):
            if self.entry_price is not None:
                raise ValueError(
                    f"entry_price of {self.instrument} must be None, got {self.entry_price}; "
                    "what was paid for it has left the cash of the account"
                )
        elif self.entry_price is None:
            raise ValueError(f"entry_price of {self.instrument} is missing; its profit needs it")
        else:
            entry_price = _check.positive("entry_price", self.entry_price)
            object.__setattr__(self, "entry_price", entry_price)

    def __str__(self) -> str:
        multiplier = "" if self.multiplier == 1.0 else f" × {self.multiplier:g}"
        entry = "" if self.entry_price is None else f" from {self.entry_price:.10g}"
        return f"{self.quantity:+.10g}{multiplier} × {self.instrument}{entry}"


@dataclass(frozen=True, slots=True)
class Collateral:
    """An asset that is pledged and counts at less than its price.

    It adds ``amount * price * (1 - haircut)`` to equity.

    Attributes
    ----------
    asset : str
        Name of the asset.
    amount : float
        Units pledged; not negative, since a debt is a position of negative quantity.
    haircut : float
        Share of the value that does not count, from 0 to 1.
    price : float or None
        Price of a unit in the currency of the account.  None means that the asset is one of the
        underlyings and moves with its spot.

    Raises
    ------
    ValueError
        If the amount is negative, the haircut lies outside 0 to 1, or the price is not positive.

    Examples
    --------
    >>> from margin.account import Collateral
    >>> print(Collateral("USDC", 250_000, haircut=0.02, price=1.0))
    250000 USDC at 1, haircut 2 %
    """

    asset: str
    amount: float
    haircut: float = 0.0
    price: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "asset", _check.text("asset", self.asset))
        amount = _check.finite("amount", self.amount)
        if amount < 0.0:
            raise ValueError(
                f"amount of collateral must not be negative, got {amount}; "
                "a debt is a position of negative quantity"
            )
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "haircut", _check.within("haircut", self.haircut, 0.0, 1.0))
        if self.price is not None:
            object.__setattr__(self, "price", _check.positive("price", self.price))

    def __str__(self) -> str:
        price = "spot" if self.price is None else f"{self.price:.10g}"
        return f"{self.amount:.10g} {self.asset} at {price}, haircut {100 * self.haircut:g} %"


@dataclass(frozen=True, slots=True)
class Account:
    """One margin account.

    Attributes
    ----------
    name : str
        What the account is called.
    currency : str
        The quote currency, or the name of the underlying for a coin account: cash, equity and
        requirement are then in coin.
    cash : float
        Cash in ``currency``; negative if borrowed.
    positions : tuple of Position
        What is held besides cash.
    collateral : tuple of Collateral
        What is pledged.

    Raises
    ------
    ValueError
        If a field is of another type, or the cash is not finite.

    Examples
    --------
    >>> from margin.account import Account, Position
    >>> from margin.instrument import Asset
    >>> account = Account("demo", "USD", -4_000.0, (Position(Asset("AAPL"), 100),))
    >>> print(account)
    demo: -4000 USD, 1 position
    """

    name: str
    currency: str
    cash: float
    positions: tuple[Position, ...]
    collateral: tuple[Collateral, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _check.text("name", self.name))
        object.__setattr__(self, "currency", _check.text("currency", self.currency))
        object.__setattr__(self, "cash", _check.finite("cash", self.cash))
        object.__setattr__(self, "positions", tuple(self.positions))
        object.__setattr__(self, "collateral", tuple(self.collateral))
        for index, position in enumerate(self.positions):
            _check.instance(f"positions[{index}]", position, Position)
        for index, pledged in enumerate(self.collateral):
            _check.instance(f"collateral[{index}]", pledged, Collateral)

    def __str__(self) -> str:
        count = len(self.positions)
        positions = "1 position" if count == 1 else f"{count} positions"
        return f"{self.name}: {self.cash:.10g} {self.currency}, {positions}"
