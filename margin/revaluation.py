"""An account revalued: its equity as a function of spot, at dates and after volatility moves.

Every option of the account is solved once per volatility move, on all dates in one batch; an
account is then a row of quantities, and its equity a product of that row with what was solved.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.account import Account
from margin.holdings import Line, fixed_line, moving_line, option_units
from margin.instrument import Solvable
from margin.market import Market
from margin.piecewise import PiecewiseCubic, combine, line, unchecked
from margin.solved import Curves, solve_contracts
from margin.vol_move import VolMove, checked_moves

__all__ = ["Revaluation", "revalue"]

Floats = NDArray[np.float64]

# Range of spots around the present one, if none is given.
WIDEST_FALL, WIDEST_RISE = 0.05, 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Revaluation:
    """Equity of an account at every spot of a range, on dates and after volatility moves.

    Built by `revalue`.  All values are in quote currency, also those of a coin account, whose cash
    is then units of the underlying.

    Attributes
    ----------
    account, market : Account, Market
        What is revalued, and at what.
    underlying : str
        Whose spot moves; positions in others stay at their marks.
    vol_moves : tuple of float or VolMove
        Moves of all volatilities; 0 comes first.
    dates : tuple of datetime
        The dates, in UTC, none before the market's.
    lowest, highest : float
        Range of spots, in quote currency.
    contracts : tuple of OptionContract or ClaimContract
        The contracts that were solved.
    units : (l,) array
        Units of the underlying held through each of them.
    curves : tuple of Curves
        Their values, by date.
    """

    account: Account
    market: Market
    underlying: str
    vol_moves: tuple[VolMove, ...]
    dates: tuple[datetime, ...]
    lowest: float
    highest: float
    contracts: tuple[Solvable, ...]
    units: Floats
    curves: tuple[Curves, ...]

    @property
    def spot(self) -> float:
        """Present price of the underlying, in quote currency."""
        return self.market.underlyings[self.underlying].spot

    @property
    def in_coin(self) -> bool:
        """Whether the account is kept in the underlying itself."""
        return self.account.currency == self.underlying

    def equity(self, date_index: int = 0, vol_move: VolMove = 0.0) -> PiecewiseCubic:
        """Equity against spot: what moves and what is settled together.

        Parameters
        ----------
        date_index : int
            Which of ``dates``.
        vol_move : float or VolMove
            Which of ``vol_moves``.

        Returns
        -------
        PiecewiseCubic
            In quote currency.

        Raises
        ------
        ValueError
            If the volatility move was not revalued.
        """
        parts = [self.moving(date_index, vol_move), self.settled(date_index)]
        return combine([1.0, 1.0], parts)

    def moving(self, date_index: int = 0, vol_move: VolMove = 0.0) -> PiecewiseCubic:
        """The part of equity that a shock of the spot moves: living contracts, holdings, coin.

        Parameters and errors as for `equity`.
        """
        curves, move = self.curves[date_index], self._move(vol_move)
        units = np.where(curves.alive, self.units, 0.0)
        linear = moving_line(self.account, self.market, self.underlying, self.dates[date_index])
        return self._with_options(linear, date_index, move, units)

    def settled(self, date_index: int = 0) -> PiecewiseCubic:
        """The part of equity that a shock leaves alone: cash, and contracts that have expired.

        An expired contract has been settled at the spot considered.  Parameters as for `equity`.
        """
        units = np.where(self.curves[date_index].alive, 0.0, self.units)
        linear = fixed_line(self.account, self.market, self.underlying, self.dates[date_index])
        return self._with_options(linear, date_index, 0, units)

    def unit_value(
        self, contract: int, date_index: int = 0, vol_move: VolMove = 0.0
    ) -> PiecewiseCubic:
        """Value of one unit of a contract against spot, in quote currency.

        Parameters
        ----------
        contract : int
            Index of one of ``contracts``.
        date_index : int
            Which of ``dates``.
        vol_move : float or VolMove
            Which of ``vol_moves``.

        Returns
        -------
        PiecewiseCubic

        Raises
        ------
        ValueError
            If the volatility move was not revalued.
        """
        curves, move = self.curves[date_index], self._move(vol_move)
        cells, error = curves.bernstein[move, contract], curves.error[move, contract]
        return unchecked(curves.knots, cells, error)

    def options(
        self, rows: Floats, date_index: int = 0, vol_move: VolMove = 0.0
    ) -> tuple[PiecewiseCubic, ...]:
        """Values against spot of rows of units (m, l) of the contracts; as for `unit_value`."""
        curves, move = self.curves[date_index], self._move(vol_move)
        if not self.contracts:
            return (self._line(Line()),) * len(rows)
        cells = rows @ curves.bernstein[move].reshape(len(self.contracts), -1)
        errors = np.abs(rows) @ curves.error[move]
        return tuple(
            unchecked(curves.knots, cell.reshape(-1, 4), error)
            for cell, error in zip(cells, errors, strict=True)
        )

    def with_account(self, account: Account) -> "Revaluation":
        """The same for other cash and quantities; nothing is priced.

        Parameters
        ----------
        account : Account
            Holds no option that was not solved.

        Returns
        -------
        Revaluation

        Raises
        ------
        ValueError
            If the account holds an option that was not solved, or another currency.
        """
        if account.currency != self.account.currency:
            raise ValueError(
                f"account must be kept in {self.account.currency}, got {account.currency}"
            )
        units = held_units(account, self.underlying, self.contracts)
        return replace(self, account=account, units=units)

    def _with_options(
        self, linear: Line, date_index: int, move: int, units: Floats
    ) -> PiecewiseCubic:
        """A line and so many units (l,) of the contracts after a volatility move."""
        straight = self._line(linear)
        if not units.any():
            return straight
        return combine([1.0, 1.0], [self.curves[date_index].total(move, units), straight])

    def _move(self, vol_move: VolMove) -> int:
        if vol_move not in self.vol_moves:
            raise ValueError(f"vol_move must be one of {self.vol_moves}, got {vol_move}")
        return self.vol_moves.index(vol_move)

    def _line(self, linear: Line) -> PiecewiseCubic:
        return line(linear.intercept, linear.slope, lowest=self.lowest, highest=self.highest)


def revalue(
    account: Account,
    market: Market,
    *,
    underlying: str | None = None,
    vol_moves: Sequence[VolMove] = (0.0,),
    dates: Sequence[datetime] = (),
    lowest: float | None = None,
    highest: float | None = None,
) -> Revaluation:
    """Price every option of an account once per volatility move, on all dates and spots.

    All contracts and volatility moves are marched side by side in one batch and read, at every
    date, on knots that lie dense around the strikes.  Volatilities stick to their strikes; carry
    to an expiry stays what it is today; positions in other underlyings stay at their marks.

    Parameters
    ----------
    account : Account
        What is held.
    market : Market
        Spots, carry and volatilities now.
    underlying : str, optional
        Whose spot moves; needed only if the account has several.
    vol_moves : sequence of float or VolMove
        A number is relative, ``volatility * (1 + move)``; a `DatedMove` depends on the life left.
    dates : sequence of datetime
        None before the market's; the market's own by default.
    lowest, highest : float, optional
        Range of spots in quote currency; from a twentieth to eight times the present spot by
        default.

    Returns
    -------
    Revaluation

    Raises
    ------
    ValueError
        If a date is in the past, an option expired before now or has no volatility, a move takes a
        volatility to zero, or the range does not ascend.
    """
    name = moving_underlying(account, market, underlying)
    spot = market.underlyings[name].spot
    low = WIDEST_FALL * spot if lowest is None else _check.positive("lowest", lowest)
    high = WIDEST_RISE * spot if highest is None else _check.positive("highest", highest)
    if not low < high:
        raise ValueError(f"lowest must be below highest, got {low} and {high}")
    at = tuple(_check.instant("dates", date) for date in dates) or (market.asof,)
    moves = checked_moves(vol_moves)
    contracts = tuple(option_units(account, name))
    curves = solve_contracts(contracts, market, moves, at, (low, high))
    units = held_units(account, name, contracts)
    return Revaluation(account, market, name, moves, at, low, high, contracts, units, curves)


def held_units(account: Account, underlying: str, contracts: tuple[Solvable, ...]) -> Floats:
    """Units of the underlying held through each contract, (l,).

    Raises
    ------
    ValueError
        If the account holds an option that is none of the contracts.
    """
    units = option_units(account, underlying)
    unsolved = [str(contract) for contract in units if contract not in contracts]
    if unsolved:
        raise ValueError(f"account must hold solved options only, got {', '.join(unsolved)}")
    return np.array([units.get(contract, 0.0) for contract in contracts])


def moving_underlying(account: Account, market: Market, underlying: str | None) -> str:
    """The underlying whose spot moves: the one named, or the only one that the account holds.

    Raises
    ------
    ValueError
        If it is not in the market, or the account holds several and none is named.
    """
    held = {position.instrument.underlying for position in account.positions}
    held |= {pledged.asset for pledged in account.collateral if pledged.price is None}
    held |= {account.currency} & set(market.underlyings)
    missing = sorted(held - set(market.underlyings))
    if missing:
        raise ValueError(f"underlyings of the market must hold {', '.join(missing)}")
    candidates = sorted(held or market.underlyings)
    if underlying is None and len(candidates) != 1:
        raise ValueError(
            f"underlying must name the one that moves, one of {', '.join(candidates)}; got None"
        )
    name = candidates[0] if underlying is None else underlying
    if name not in market.underlyings:
        known = ", ".join(sorted(market.underlyings))
        raise ValueError(f"underlying must be one of {known}, got {name!r}")
    return name
