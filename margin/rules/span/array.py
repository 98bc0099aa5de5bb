"""Risk arrays of SPAN, and positions in what they are arrays of."""

from dataclasses import dataclass
from enum import Enum

from margin import _check

__all__ = ["RiskArray", "SpanKind", "SpanPosition"]

SCENARIOS = 16


class SpanKind(Enum):
    """What a risk array is of; everything that is no option counts as a future."""

    FUTURE = "future"
    CALL = "call"
    PUT = "put"


@dataclass(frozen=True, slots=True)
class RiskArray:
    """Losses of one long contract in sixteen scenarios.

    Attributes
    ----------
    name : str
        What it is an array of.
    kind : SpanKind
        Future, call or put.
    losses : tuple of float
        Sixteen, in currency per contract, positive for a loss of the buyer.
    composite_delta : float
        Average delta over the scan range; 1 for a future.
    price : float
        Present price of one unit.
    value_factor : float
        Currency per contract and unit of price.
    month : int
        Month in which its delta counts, as 202703; 0 if it has none.
    scaling : float
        Deltas, and short options, that one contract counts for.

    Raises
    ------
    ValueError
        If there are not sixteen losses, or a number is not finite.

    Examples
    --------
    >>> from margin.rules.span.charges import RiskArray, SpanKind
    >>> future = RiskArray("future", SpanKind.FUTURE, (0.0,) * 16, 1.0, price=100.0)
    >>> future.option_value
    0.0
    """

    name: str
    kind: SpanKind
    losses: tuple[float, ...]
    composite_delta: float
    price: float = 0.0
    value_factor: float = 1.0
    month: int = 0
    scaling: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _check.text("name", self.name))
        _check.instance("kind", self.kind, SpanKind)
        losses = tuple(_check.finite("losses", loss) for loss in self.losses)
        if len(losses) != SCENARIOS:
            raise ValueError(f"losses of {self.name} must be {SCENARIOS}, got {len(losses)}")
        object.__setattr__(self, "losses", losses)
        for name in ("composite_delta", "price", "value_factor", "scaling"):
            object.__setattr__(self, name, _check.finite(name, getattr(self, name)))

    @property
    def option_value(self) -> float:
        """Value of one long option in currency; 0 for a future."""
        return 0.0 if self.kind is SpanKind.FUTURE else self.price * self.value_factor


@dataclass(frozen=True, slots=True)
class SpanPosition:
    """A signed number of contracts of one risk array.

    Attributes
    ----------
    array : RiskArray
        What is held.
    quantity : float
        Contracts, negative if short.

    Examples
    --------
    >>> from margin.rules.span.charges import RiskArray, SpanKind, SpanPosition
    >>> SpanPosition(RiskArray("f", SpanKind.FUTURE, (0.0,) * 16, 1.0), -3).delta
    -3.0
    """

    array: RiskArray
    quantity: float

    def __post_init__(self) -> None:
        _check.instance("array", self.array, RiskArray)
        object.__setattr__(self, "quantity", _check.finite("quantity", self.quantity))

    @property
    def delta(self) -> float:
        """Scaled composite delta of the position."""
        return self.quantity * self.array.scaling * self.array.composite_delta
