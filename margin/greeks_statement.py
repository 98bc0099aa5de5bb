"""The Greeks of a requirement as records: by spot, by volatility, and what each holding adds."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from margin._columns import data_frame
from margin.notebook import greeks_html

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HoldingGreeks", "MarginGreeks", "Slope"]


@dataclass(frozen=True, slots=True)
class Slope:
    """Derivative of a function that may have a kink: from below and from above.

    They differ where what binds changes, and the function has no derivative there but these two.

    Attributes
    ----------
    below, above : float
        Derivative towards lower and towards higher arguments.

    Examples
    --------
    >>> from margin.greeks_statement import Slope
    >>> print(Slope(-1.0, 2.0), Slope(0.5, 0.5))
    -1 | 2 0.5
    """

    below: float
    above: float

    @property
    def unique(self) -> bool:
        """Whether both are the same, so that there is a derivative."""
        return self.below == self.above

    def __str__(self) -> str:
        return f"{self.above:.6g}" if self.unique else f"{self.below:.6g} | {self.above:.6g}"


@dataclass(frozen=True, slots=True)
class HoldingGreeks:
    """What one contract, share or unit more of a holding changes, and its part in the total.

    Attributes
    ----------
    holding : str
        The instrument or the pledged asset.
    quantity : float
        Signed contracts, or an amount.
    requirement, excess : Slope
        Per contract, in the currency of the account.
    share : float or None
        Quantity times the derivative of the requirement (Euler's allocation), in the currency of
        the account; None where there is no derivative.
    """

    holding: str
    quantity: float
    requirement: Slope
    excess: Slope
    share: float | None


@dataclass(frozen=True, slots=True, repr=False)
class MarginGreeks:
    """Derivatives of the requirement of an account and of its excess, made by `margin_greeks`.

    Amounts are in the currency of the account, a coin account's in coin.

    Attributes
    ----------
    account, rule, currency, underlying : str
        Whose derivatives they are, under which rule, in what, and what moves.
    asof : datetime
        The instant, in UTC.
    spot : float
        Price of the underlying in quote currency.
    maintenance : float
        The requirement itself.
    spot_requirement, spot_excess : Slope
        Per unit of quote currency by which spot rises.
    volatility_requirement, volatility_excess : Slope
        Per relative move of all volatilities by 1, that is, doubled.
    holdings : tuple of HoldingGreeks
        One per position and pledged asset.
    """

    account: str
    rule: str
    currency: str
    underlying: str
    asof: datetime
    spot: float
    maintenance: float
    spot_requirement: Slope
    spot_excess: Slope
    volatility_requirement: Slope
    volatility_excess: Slope
    holdings: tuple[HoldingGreeks, ...]

    @property
    def unallocated(self) -> float | None:
        """The requirement less all shares; None if a share is missing.

        By Euler's theorem a requirement that doubles with the account is the sum of its shares;
        charges that do not double leave a rest.
        """
        shares = [line.share for line in self.holdings if line.share is not None]
        return self.maintenance - sum(shares) if len(shares) == len(self.holdings) else None

    def to_dict(self) -> dict[str, Any]:
        """All fields and what follows from them, as plain values that JSON can hold."""
        plain = {"asof": self.asof.isoformat(), "unallocated": self.unallocated}
        return asdict(self) | plain | {"holdings": [asdict(line) for line in self.holdings]}

    def columns(self) -> dict[str, list[Any]]:
        """The table with one row per holding."""
        columns: dict[str, list[Any]] = {
            "holding": [line.holding for line in self.holdings],
            "quantity": [line.quantity for line in self.holdings],
        }
        for name in ("requirement", "excess"):
            slopes = [getattr(line, name) for line in self.holdings]
            columns[f"{name}_below"] = [slope.below for slope in slopes]
            columns[f"{name}_above"] = [slope.above for slope in slopes]
        return columns | {"share": [line.share for line in self.holdings]}

    @property
    def units(self) -> dict[str, str]:
        """Unit of every column of the table."""
        slopes = ("requirement_below", "requirement_above", "excess_below", "excess_above")
        per_contract = dict.fromkeys(slopes, f"{self.currency} per contract")
        return per_contract | {"quantity": "contracts", "share": self.currency}

    def to_dataframe(self) -> "pd.DataFrame":
        """One row per holding; units are in ``attrs["units"]``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self.columns(), self.units)

    def __repr__(self) -> str:
        return "\n".join(_text(self))

    _repr_html_ = greeks_html


def _text(found: MarginGreeks) -> Iterator[str]:
    """The derivatives as lines of at most 80 characters."""
    yield f"{found.account}: derivatives of the requirement in {found.currency}"
    yield f"{found.rule}, {found.asof:%Y-%m-%d %H:%M} UTC, {found.underlying} at {found.spot:,.10g}"
    yield "from below | from above where what binds changes just here"
    yield ""
    yield f"{'by':<28}{'requirement':>26}{'excess':>26}"
    yield _pair("spot", found.spot_requirement, found.spot_excess)
    yield _pair("volatilities (doubled)", found.volatility_requirement, found.volatility_excess)
    for line in found.holdings:
        yield _pair(line.holding, line.requirement, line.excess)
    yield ""
    yield f"{'share of':<38}{'quantity':>16}{'requirement':>26}"
    for line in found.holdings:
        yield f"{line.holding[:37]:<38}{line.quantity:>16,.6g}{_amount(line.share):>26}"
    yield f"{'not allocated':<54}{_amount(found.unallocated):>26}"
    yield f"{'maintenance':<54}{_amount(found.maintenance):>26}"


def _amount(value: float | None) -> str:
    return "none, it has a kink" if value is None else f"{value:,.6g}"


def _pair(name: str, required: Slope, excess: Slope) -> str:
    return f"{name[:27]:<28}{required!s:>26}{excess!s:>26}"
