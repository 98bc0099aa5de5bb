"""A book of accounts as rows: quantities of the contracts they share, and what is straight."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from margin.account import Account, Collateral, Position
from margin.holdings import Line, fixed_line, moving_line
from margin.instrument import Instrument, Solvable
from margin.revaluation import Revaluation
from margin.rules import ScenarioRule

__all__ = ["Rows", "holding_all", "rows_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Accounts as rows of numbers.

    Attributes
    ----------
    units : (a, l) array
        Units of the underlying held through each contract.
    moving, settled, minimum : (a, 2) arrays
        Intercept and slope, in quote currency, of what a shock of the spot moves besides options,
        of what it leaves alone, and of the least requirement of a rule.
    """

    units: Floats
    moving: Floats
    settled: Floats
    minimum: Floats


def holding_all(accounts: Sequence[Account]) -> Account:
    """An account that holds, once, everything that one of the accounts holds.

    Raises
    ------
    ValueError
        If there is no account, or they are not kept in one currency.
    """
    if not accounts:
        raise ValueError("accounts must be one at least, got none")
    currency = accounts[0].currency
    seen: dict[int, Position] = {}
    pledged: dict[tuple[str, bool], Collateral] = {}
    for index, account in enumerate(accounts):
        if account.currency != currency:
            raise ValueError(
                f"accounts must be kept in one currency, got {currency} and, in accounts[{index}], "
                f"{account.currency}"
            )
        for position in account.positions:
            seen[id(position.instrument)] = position
        pledged |= {(each.asset, each.price is None): each for each in account.collateral}
    distinct = {position.instrument: position for position in seen.values()}
    return Account("book", currency, 0.0, tuple(distinct.values()), tuple(pledged.values()))


def rows_of(accounts: Sequence[Account], revaluation: Revaluation, rule: ScenarioRule) -> Rows:
    """The accounts today as rows, on the contracts of a revaluation.

    Parameters
    ----------
    accounts : sequence of Account
        ``a`` accounts, whose contracts have been solved.
    revaluation : Revaluation
        Of all contracts.
    rule : ScenarioRule
        Whose least requirement counts.

    Returns
    -------
    Rows

    Raises
    ------
    ValueError
        If an account holds a position in another underlying.
    """
    places = {contract: index for index, contract in enumerate(revaluation.contracts)}
    known: dict[int, int | None] = {}  # by identity, which is faster than comparing contracts
    units = np.zeros((len(accounts), len(places)))
    lines = np.zeros((3, len(accounts), 2))
    for index, account in enumerate(accounts):
        straight, row = bool(account.collateral), units[index]
        for position in account.positions:
            instrument = position.instrument
            place = known.get(id(instrument), -1)
            if place == -1:
                place = known[id(instrument)] = _place(instrument, places, revaluation)
            if place is None:
                straight = True
            else:
                row[place] += position.quantity * position.multiplier
        lines[:2, index] = _straight(account, revaluation, held=straight)
        least = rule.least(account, revaluation.dates[0])
        lines[2, index] = (0.0, least) if revaluation.in_coin else (least, 0.0)
    return Rows(units, *lines)


def _place(
    instrument: Instrument, places: dict[Solvable, int], revaluation: Revaluation
) -> int | None:
    """Place of a contract in the rows; None for an instrument that is a straight line."""
    if instrument.underlying != revaluation.underlying:
        raise ValueError(
            f"accounts of a book must hold {revaluation.underlying} only, got {instrument}; use "
            "thresholds_along or plane_map for accounts in several underlyings"
        )
    return places[instrument] if isinstance(instrument, Solvable) else None


def _straight(account: Account, revaluation: Revaluation, *, held: bool) -> Floats:
    """Lines (2, 2) of what moves besides options, and of what is settled."""
    if held:
        terms = account, revaluation.market, revaluation.underlying, revaluation.dates[0]
        lines = moving_line(*terms), fixed_line(*terms)
    elif revaluation.in_coin:
        lines = Line(slope=account.cash), Line()
    else:
        lines = Line(), Line(account.cash)
    return np.array([(each.intercept, each.slope) for each in lines])
