"""The requirement of one contract, short and long, over strikes and expiries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import figures
from margin._columns import data_frame, data_set, write_csv
from margin.account import Account, Position
from margin.instrument import OptionContract, Settlement
from margin.market import Market
from margin.notebook import contracts_html
from margin.revaluation import Revaluation
from margin.rules import Rule, revalue_for

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["ContractTable", "contract_table"]

Floats = NDArray[np.float64]

PRINTED_STRIKES = 21
"""How many strikes are printed at most; all are in the arrays."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ContractTable:
    """Value and maintenance requirement of single contracts, as a desk publishes them.

    Amounts are per contract in the currency of the account that would hold it: the quote
    currency, or coin for inverse options.  The requirement is a loss from present marks (equity
    convention); a buyer pays the value too, a seller receives it.

    Attributes
    ----------
    contract : OptionContract
        What all have in common, at the first strike and expiry.
    rule, currency : str
        Under which rule, and in what.
    spot : float
        Present spot in quote currency.
    expiries : tuple of datetime
        ``e`` instants, in UTC.
    strikes : (k,) array
        In quote currency.
    values, short, long, error : (e, k) arrays
        Value, requirement of a short and of a long contract, and a bound on the error of the
        requirements.

    Examples
    --------
    See `contract_table`.
    """

    contract: OptionContract
    rule: str
    currency: str
    spot: float
    expiries: tuple[datetime, ...]
    strikes: Floats
    values: Floats
    short: Floats
    long: Floats
    error: Floats

    @property
    def units(self) -> dict[str, str]:
        """Unit of every column of the table."""
        money = dict.fromkeys(("value", "short", "long", "error"), f"{self.currency} per contract")
        return {"expiry": "UTC", "strike": "quote currency"} | money

    def columns(self) -> dict[str, list[Any]]:
        """The table with one row per contract: expiry, strike, then the amounts."""
        rows = np.indices(self.values.shape).reshape(2, -1)
        return {
            "expiry": [self.expiries[index] for index in rows[0]],
            "strike": self.strikes[rows[1]].tolist(),
            "value": self.values.ravel().tolist(),
            "short": self.short.ravel().tolist(),
            "long": self.long.ravel().tolist(),
            "error": self.error.ravel().tolist(),
        }

    def to_dataframe(self) -> "pd.DataFrame":
        """The table with one row per contract; units are in ``attrs["units"]``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self.columns(), self.units)

    def to_xarray(self) -> "xr.Dataset":
        """The amounts over named axes; the units of each are in its ``attrs["units"]``.

        Raises
        ------
        ImportError
            If xarray is not installed.
        """
        axes = {"expiry": self.expiries, "strike": self.strikes}
        arrays = {"value": self.values, "short": self.short, "long": self.long, "error": self.error}
        return data_set(axes, arrays, self.units)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write the table with one row per contract, all digits kept.

        Parameters
        ----------
        path : str or path
            The file, which is overwritten.
        """
        columns = self.columns()
        write_csv(path, columns | {"expiry": [date.isoformat() for date in columns["expiry"]]})

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the requirement of a short contract against strike, one line per expiry.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where to draw.

        Returns
        -------
        matplotlib axes
        """
        return figures.contract_requirements(self, ax=ax)

    def __repr__(self) -> str:
        return "\n".join(_text(self))

    _repr_html_ = contracts_html


def contract_table(
    market: Market,
    rule: Rule,
    contract: OptionContract,
    *,
    strikes: ArrayLike,
    expiries: Sequence[datetime],
    volatility: ArrayLike,
    multiplier: float = 1.0,
) -> ContractTable:
    """Requirement of one contract, short and long, over strikes and expiries.

    Parameters
    ----------
    market : Market
        Spot and carry; its own volatilities are not read.
    rule : Rule
        Whose requirement it is.
    contract : OptionContract
        Underlying, right, exercise and settlement of all contracts.
    strikes : array-like
        ``k`` strikes in quote currency.
    expiries : sequence of datetime
        ``e`` instants after now.
    volatility : array-like
        Implied volatilities, decimals per root year; one for all, or whatever broadcasts to
        ``(e, k)``.
    multiplier : float
        Units of the underlying per contract.

    Returns
    -------
    ContractTable

    Raises
    ------
    ValueError
        If there is no strike or no expiry, the volatilities do not broadcast, or a contract
        cannot be valued.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from pdesolve import Exercise, Right
    >>> from margin import Market, OptionContract, Underlying
    >>> from margin.contract_margin import contract_table
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> now, expiry = datetime(2026, 11, 20, 21, tzinfo=UTC), datetime(2027, 1, 15, 21, tzinfo=UTC)
    >>> put = OptionContract("AAPL", Right.PUT, 250.0, expiry, Exercise.AMERICAN)
    >>> market = Market(now, {"AAPL": Underlying(268.0, rate=0.04)}, {})
    >>> found = contract_table(
    ...     market, TEN_POINT_EQUITY, put, strikes=[250, 260], expiries=[expiry], volatility=0.31
    ... )
    >>> found.short.shape, bool(found.short[0, 0] < found.short[0, 1])
    ((1, 2), True)
    """
    asked = np.atleast_1d(np.asarray(strikes, dtype=np.float64))
    if asked.ndim != 1 or not asked.size * len(expiries):
        raise ValueError("strikes and expiries must be rows of at least one each")
    shape = (len(expiries), asked.size)
    vols = _volatilities(volatility, shape)
    grid = [[replace(contract, strike=k, expiry=date) for k in asked] for date in expiries]
    contracts = [member for row in grid for member in row]
    priced = replace(market, vols=dict(zip(contracts, vols.ravel().tolist(), strict=True)))
    inverse = contract.settlement is Settlement.INVERSE
    currency = contract.underlying if inverse else "quote currency"
    positions = [Position(member, 1.0, multiplier) for member in contracts]
    account = Account("single contracts", currency, 0.0, tuple(positions))
    revaluation = revalue_for(rule, account, priced)
    rows = [_single(held, revaluation, rule) for held in positions]
    values, short, long, error = np.array(rows).T.reshape(4, *shape)
    return ContractTable(
        contract=grid[0][0],
        rule=rule.name,
        currency=currency,
        spot=revaluation.spot,
        expiries=tuple(row[0].expiry for row in grid),
        strikes=asked,
        values=values,
        short=short,
        long=long,
        error=error,
    )


def _volatilities(volatility: ArrayLike, shape: tuple[int, int]) -> Floats:
    """The volatilities, one per expiry and strike."""
    given = np.asarray(volatility, dtype=np.float64)
    try:
        return np.broadcast_to(given, shape)
    except ValueError as reason:
        raise ValueError(
            f"volatility must broadcast to {shape} (expiries, strikes), got shape {given.shape}"
        ) from reason


def _single(
    held: Position, revaluation: Revaluation, rule: Rule
) -> tuple[float, float, float, float]:
    """Value, requirement short and long, and error of one contract, in its own currency."""
    spot = revaluation.spot
    unit = spot if revaluation.in_coin else 1.0
    found = {}
    for side in (-1.0, 1.0):
        position = replace(held, quantity=side)
        alone = revaluation.with_account(replace(revaluation.account, positions=(position,)))
        branches = rule.excess_branches(alone)
        equity = float(alone.equity()(spot))
        needed = equity - min(float(branch.curve(spot)) for branch in branches)
        error = max(float(branch.error(spot)) for branch in branches)
        found[side] = (equity / unit, needed / unit, error / unit)
    value, long, error = found[1.0]
    return value, found[-1.0][1], long, error


def _text(table: ContractTable) -> Iterator[str]:
    """The table as lines of at most 80 characters, some contracts of every expiry."""
    yield f"one contract as {table.contract}, amounts in {table.currency}"
    yield f"{table.rule}, spot {table.spot:,.10g}"
    rows = np.unique(np.linspace(0, table.strikes.size - 1, PRINTED_STRIKES).round().astype(int))
    for at, expiry in enumerate(table.expiries):
        yield ""
        yield f"{expiry:%Y-%m-%d %H:%M} UTC"
        yield "".join(f"{head:>16}" for head in ("strike", "value", "short", "long"))
        for row in rows:
            amounts = (table.values[at, row], table.short[at, row], table.long[at, row])
            yield f"{table.strikes[row]:>16,.6g}" + "".join(f"{one:>16,.6g}" for one in amounts)
