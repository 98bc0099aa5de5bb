"""An account from a file, with what was taken for granted; and what is taken where files gap."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from margin import _check
from margin.account import Account
from margin.market import HIGHEST_VOLATILITY, Market
from margin.rules import Rule

__all__ = ["Defaults", "Imported"]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What is taken where a file says nothing; what the file says always comes first.

    Attributes
    ----------
    asof : datetime or None
        Instant of valuation; None is the time at which the file was last changed.
    cash : float
        In the currency of the account.
    currency : str or None
        Currency of the account; it also chooses among accounts that a venue margins apart.  None
        is the currency of the file, or USD.
    rate, dividend_yield : float
        Continuously compounded per year.
    volatility : float
        Of an option that has neither a volatility nor a mark, on an underlying without any.
    spots : mapping of str to float
        Prices of underlyings, in quote currency.
    rule : Rule or None
        None is the rule that the file points to, or the usual one of its venue.

    Raises
    ------
    ValueError
        If a number is not finite, or a price or the volatility not positive.

    Examples
    --------
    >>> from margin.files import Defaults
    >>> Defaults(cash=25_000.0, spots={"AAPL": 268.0}).volatility
    0.5
    """

    asof: datetime | None = None
    cash: float = 0.0
    currency: str | None = None
    rate: float = 0.0
    dividend_yield: float = 0.0
    volatility: float = 0.5
    spots: Mapping[str, float] = field(default_factory=dict)
    rule: Rule | None = None

    def __post_init__(self) -> None:
        if self.asof is not None:
            object.__setattr__(self, "asof", _check.instant("asof", self.asof))
        for name in ("cash", "rate", "dividend_yield"):
            object.__setattr__(self, name, _check.finite(name, getattr(self, name)))
        volatility = _check.positive("volatility", self.volatility)
        object.__setattr__(
            self, "volatility", _check.within("volatility", volatility, 0.0, HIGHEST_VOLATILITY)
        )
        spots = {
            name: _check.positive(f"spots[{name!r}]", spot) for name, spot in self.spots.items()
        }
        object.__setattr__(self, "spots", spots)


@dataclass(frozen=True, slots=True)
class Imported:
    """An account, its market and its rule, and what was taken for granted to have them.

    Attributes
    ----------
    account : Account
        What is held.
    market : Market
        Where it stands.
    rule : Rule
        Whose requirement counts.
    format : str
        What the file was, such as ``Deribit`` or ``positions in CSV``.
    assumptions : tuple of str
        What the file does not say, and what was taken in its place.
    warnings : tuple of str
        What somebody should look at.

    Examples
    --------
    >>> from margin.files import load
    >>> loaded = load("examples/short_strangle.yaml")
    >>> account, market, rule = loaded.parts
    >>> loaded.format
    'native account file'
    """

    account: Account
    market: Market
    rule: Rule
    format: str
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Account, Market, Rule]:
        """Account, market and rule, as `read` gives them."""
        return self.account, self.market, self.rule

    def __str__(self) -> str:
        lines = [f"{self.account} ({self.format}), {self.rule.name}"]
        lines += [f"  assumed: {sentence}" for sentence in self.assumptions]
        lines += [f"  warning: {sentence}" for sentence in self.warnings]
        return "\n".join(lines)
