"""The margin table: equity and requirement over spots, volatility moves and dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import figures
from margin._amounts import amount_digits
from margin._columns import data_frame, data_set, write_csv
from margin.account import Account
from margin.market import Market
from margin.notebook import table_html
from margin.revaluation import Revaluation
from margin.rules import Rule, revalue_for

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes

__all__ = ["MarginTable", "table"]

Floats = NDArray[np.float64]

PRINTED_SPOTS = 21
PRINTED_MOVES = 5
PRINTED_DATES = 3
"""How much of a table is printed at most; all is in its arrays."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarginTable:
    """Equity and maintenance requirement of an account in many states of the market.

    Amounts are in the currency of the account, a coin account's in coin.  Volatilities have moved
    before the rule is applied, and the rule then makes its own moves.

    Attributes
    ----------
    account, rule, currency, underlying : str
        Whose table it is, under which rule, in what, and what moves.
    spot : float
        Present spot in quote currency.
    dates : tuple of datetime
        ``d`` instants, in UTC; nothing but time has passed.
    vol_moves : (v,) array
        Relative moves of all volatilities.
    spots : (k,) array
        In quote currency.
    equity, maintenance, error : (d, v, k) arrays
        Equity, what it must not fall below, and a bound on the error of their difference.

    Examples
    --------
    See `table`.
    """

    account: str
    rule: str
    currency: str
    underlying: str
    spot: float
    dates: tuple[datetime, ...]
    vol_moves: Floats
    spots: Floats
    equity: Floats
    maintenance: Floats
    error: Floats

    @property
    def excess(self) -> Floats:
        """Equity less the maintenance requirement: (d, v, k)."""
        return self.equity - self.maintenance

    @property
    def units(self) -> dict[str, str]:
        """Unit of every column of the table."""
        money = dict.fromkeys(("equity", "maintenance", "excess", "error"), self.currency)
        return {"date": "UTC", "vol_move": "relative", "spot": "quote currency"} | money

    def columns(self) -> dict[str, list[Any]]:
        """The table with one row per state: date, volatility move, spot, then the amounts."""
        shape = self.equity.shape
        states = np.indices(shape).reshape(3, -1)
        return {
            "date": [self.dates[index] for index in states[0]],
            "vol_move": self.vol_moves[states[1]].tolist(),
            "spot": self.spots[states[2]].tolist(),
            "equity": self.equity.ravel().tolist(),
            "maintenance": self.maintenance.ravel().tolist(),
            "excess": self.excess.ravel().tolist(),
            "error": self.error.ravel().tolist(),
        }

    def to_dataframe(self) -> "pd.DataFrame":
        """The table with one row per state; units are in ``attrs["units"]``.

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
        axes = {"date": self.dates, "vol_move": self.vol_moves, "spot": self.spots}
        names = ("equity", "maintenance", "excess", "error")
        arrays = {name: getattr(self, name) for name in names}
        return data_set(axes, arrays, self.units)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write the table with one row per state, all digits kept.

        Parameters
        ----------
        path : str or path
            The file, which is overwritten.
        """
        columns = self.columns()
        write_csv(path, columns | {"date": [date.isoformat() for date in columns["date"]]})

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the excess: over spot and volatility if several moves, else over spot by date.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where to draw.

        Returns
        -------
        matplotlib axes
        """
        draw = figures.excess_map if self.vol_moves.size > 1 else figures.excess_by_date
        return draw(self, ax=ax)

    def __repr__(self) -> str:
        shown = range(min(len(self.dates), PRINTED_DATES))
        lines = [line for index in shown for line in _text(self, index)]
        more = len(self.dates) - len(shown)
        return "\n".join([*lines, f"and {more} later dates"] if more else lines[:-1])

    _repr_html_ = table_html


def table(
    account: Account,
    market: Market,
    rule: Rule,
    *,
    spots: ArrayLike,
    vol_moves: ArrayLike = (0.0,),
    dates: Sequence[datetime] = (),
    underlying: str | None = None,
) -> MarginTable:
    """Equity and maintenance requirement over spots, volatility moves and dates.

    Every contract is solved once per volatility that the table and the rule reach together; all
    spots and dates are read off those solutions.

    Parameters
    ----------
    account : Account
        What is held.
    market : Market
        Spot, carry and volatilities now.
    rule : Rule
        Whose requirement it is.
    spots : array-like
        ``k`` spots in quote currency.
    vol_moves : array-like
        ``v`` relative moves of all volatilities, above -1.
    dates : sequence of datetime
        ``d`` instants from now on; none for now.
    underlying : str, optional
        Whose spot moves; needed only if the account has several.

    Returns
    -------
    MarginTable

    Raises
    ------
    ValueError
        If a spot is not positive, a move is not above -1, or the account cannot be valued.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.margin_table import table
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", -4_000.0, (Position(Asset("AAPL"), 100),))
    >>> found = table(account, market, TEN_POINT_EQUITY, spots=[40, 60, 80])
    >>> found.excess[0, 0]
    array([-600., 1100., 2800.])
    """
    asked = np.atleast_1d(np.asarray(spots, dtype=np.float64))
    moves = np.atleast_1d(np.asarray(vol_moves, dtype=np.float64))
    if asked.ndim != 1 or moves.ndim != 1 or not asked.size * moves.size:
        raise ValueError("spots and vol_moves must be rows of at least one number each")
    if not np.all((moves > -1.0) & np.isfinite(moves)):
        raise ValueError(f"vol_moves must be above -1 and finite, got {vol_moves!r}")
    revaluation = revalue_for(
        rule,
        account,
        market,
        underlying=underlying,
        spots=asked,
        vol_moves=moves.tolist(),
        dates=dates,
    )
    shape = (len(revaluation.dates), moves.size, asked.size)
    equity, maintenance, error = np.empty(shape), np.empty(shape), np.empty(shape)
    for date, move in np.ndindex(shape[:2]):
        state = _state(rule, revaluation, asked, date_index=date, vol_move=float(moves[move]))
        equity[date, move], maintenance[date, move], error[date, move] = state
    unit = asked if revaluation.in_coin else 1.0
    return MarginTable(
        account=account.name,
        rule=rule.name,
        currency=account.currency,
        underlying=revaluation.underlying,
        spot=revaluation.spot,
        dates=revaluation.dates,
        vol_moves=moves,
        spots=asked,
        equity=equity / unit,
        maintenance=maintenance / unit,
        error=error / unit,
    )


def _state(
    rule: Rule, revaluation: Revaluation, spots: Floats, *, date_index: int, vol_move: float
) -> tuple[Floats, Floats, Floats]:
    """Equity, maintenance and error at spots, in quote currency: three arrays (k,)."""
    branches = rule.excess_branches(revaluation, date_index, vol_move)
    equity = revaluation.equity(date_index, vol_move)(spots)
    excess = np.min([branch.curve(spots) for branch in branches], axis=0)
    return equity, equity - excess, np.max([branch.error(spots) for branch in branches], axis=0)


def _text(table: MarginTable, date_index: int) -> list[str]:
    """The excess at one date as lines of at most 80 characters."""
    rows = np.unique(np.linspace(0, table.spots.size - 1, PRINTED_SPOTS).round().astype(int))
    moves = table.vol_moves[:PRINTED_MOVES]
    digits = amount_digits(in_coin=table.currency == table.underlying)
    date = table.dates[date_index]
    lines = [
        f"{table.account}: excess over maintenance in {table.currency}, {table.rule}",
        f"{date:%Y-%m-%d %H:%M} UTC, {table.underlying} now at {table.spot:,.10g}",
        f"{'spot':>12}" + "".join(f"{f'vol {100.0 * move:+.3g} %':>13}" for move in moves),
    ]
    for row in rows:
        excess = table.excess[date_index, : moves.size, row]
        lines.append(
            f"{table.spots[row]:>12,.6g}" + "".join(f"{value:>13,.{digits}f}" for value in excess)
        )
    return [*lines, ""]
