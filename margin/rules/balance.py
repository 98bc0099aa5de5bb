"""An account taken apart: its balance without option value, and its options one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from margin.instrument import Asset, OptionContract
from margin.piecewise import PiecewiseCubic, combine, line
from margin.revaluation import Revaluation
from margin.rules.claims import vanilla

__all__ = [
    "HeldOption",
    "balance",
    "held_options",
    "options_alone",
    "refuse_linear",
]


@dataclass(frozen=True, slots=True)
class HeldOption:
    """A living option of an account.

    Attributes
    ----------
    contract : OptionContract
        What is held.
    units : float
        Signed units of the underlying held through it.
    value : PiecewiseCubic
        Its value per unit against spot, in quote currency.
    """

    contract: OptionContract
    units: float
    value: PiecewiseCubic

    def ray(self, slope: float, intercept: float = 0.0) -> PiecewiseCubic:
        """The line ``intercept + slope S`` over the range of the value."""
        return line(intercept, slope, lowest=self.value.lowest, highest=self.value.highest)


def balance(revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0) -> PiecewiseCubic:
    """Equity without the value of living options, against spot, in quote currency.

    It is what requirements in the balance convention are compared with: cash, premiums included,
    with holdings, futures, collateral and options that have been settled.

    Parameters
    ----------
    revaluation : Revaluation
        The account, revalued.
    date_index : int
        Which of its dates.
    vol_move : float
        Relative move of all volatilities that has happened before.

    Returns
    -------
    PiecewiseCubic

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying, revalue
    >>> from margin.rules.balance import balance
    >>> market = Market(datetime(2026, 11, 20, tzinfo=UTC), {"X": Underlying(100.0)}, {})
    >>> account = Account("demo", "USD", 50.0, (Position(Asset("X"), 2),))
    >>> float(balance(revalue(account, market))(110.0))
    270.0
    """
    account = revaluation.account
    others = [held for held in account.positions if not isinstance(held.instrument, OptionContract)]
    bare = revaluation.with_account(replace(account, positions=tuple(others)))
    moving = bare.moving(date_index, vol_move)
    return combine((1.0, 1.0), (revaluation.settled(date_index), moving))


def options_alone(revaluation: Revaluation) -> Revaluation:
    """The revaluation of the options of an account and nothing else.

    Parameters
    ----------
    revaluation : Revaluation
        The account, revalued.

    Returns
    -------
    Revaluation
    """
    account = revaluation.account
    options = [held for held in account.positions if isinstance(held.instrument, OptionContract)]
    bare = replace(account, cash=0.0, positions=tuple(options), collateral=())
    return revaluation.with_account(bare)


def held_options(
    revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
) -> Iterator[HeldOption]:
    """The living options of an account, net by contract, with their values against spot.

    Parameters
    ----------
    revaluation : Revaluation
        The account, revalued.
    date_index : int
        Which of its dates.
    vol_move : float
        Relative move of all volatilities that has happened before.

    Yields
    ------
    HeldOption
    """
    alive = revaluation.curves[date_index].alive
    for index in np.flatnonzero(alive & (revaluation.units != 0.0)):
        value = revaluation.unit_value(int(index), date_index, vol_move)
        contract = vanilla(revaluation.contracts[index])
        yield HeldOption(contract, float(revaluation.units[index]), value)


def refuse_linear(revaluation: Revaluation) -> None:
    """Refuse what a formula per option does not cover.

    Raises
    ------
    ValueError
        If the account holds futures or perpetuals.
    """
    for held in revaluation.account.positions:
        if held.quantity and not isinstance(held.instrument, OptionContract | Asset):
            raise ValueError(
                f"a rule per option has no requirement for {held.instrument}; keep it in an "
                "account of its own under a perpetual rule"
            )
