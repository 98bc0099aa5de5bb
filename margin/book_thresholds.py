"""What is said of the thresholds of a book of accounts: one row each."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from margin._columns import data_frame
from margin.danger import State
from margin.kernels.book import (
    ABOVE,
    BELOW,
    FALLING,
    INTERVALS,
    LOWER_OPEN,
    RISING,
    STATE,
    UNDECIDED,
    UPPER_OPEN,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LEVELS", "STATES", "BookThresholds", "typed"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

STATES = (State.SAFE, State.LIQUIDATED, State.UNDECIDED)  # by their number in a report
LEVELS = {"below": BELOW, "above": ABOVE, "recovery_below": FALLING, "recovery_above": RISING}
ENDS = (*LEVELS, "below_error", "above_error", "recovery_below_error", "recovery_above_error")
UNITS = dict.fromkeys(ENDS, "quote currency")


@dataclass(frozen=True, slots=True, eq=False)
class BookThresholds:
    """Where the accounts of a book are liquidated if their underlying moves, one per row.

    A level that does not exist is NaN; ``complete`` says whether that is proven.

    Attributes
    ----------
    rule, underlying : str
        Their names.
    spot : float
        Present spot, in quote currency.
    lowest, highest : float
        Range searched, in quote currency.
    accounts : tuple of str
        Names of the ``a`` accounts.
    state : (a,) array of str
        What is known at the present spot: ``"safe"``, ``"liquidated"`` or ``"undecided"``.
    below, above : (a,) arrays
        First level of liquidation as the spot falls and rises, in quote currency.
    below_error, above_error : (a,) arrays
        How far the true level may lie from it, in quote currency.
    recovery_below, recovery_above : (a,) arrays
        For an account that is short already: where it no longer is, in quote currency.
    recovery_below_error, recovery_above_error : (a,) arrays
        How far these may be off, in quote currency.
    intervals : (a,) array of int
        How many intervals of spots liquidate.
    undecided : (a,) array of int
        How many near-tangencies leave that number open.
    lower_open, upper_open : (a,) arrays of bool
        Whether an interval reaches that end of the range, and may go on beyond it.
    """

    rule: str
    underlying: str
    spot: float
    lowest: float
    highest: float
    accounts: tuple[str, ...]
    state: NDArray[np.str_]
    below: Floats
    below_error: Floats
    above: Floats
    above_error: Floats
    recovery_below: Floats
    recovery_below_error: Floats
    recovery_above: Floats
    recovery_above_error: Floats
    intervals: Counts
    undecided: Counts
    lower_open: Flags
    upper_open: Flags

    def __len__(self) -> int:
        return len(self.accounts)

    @property
    def complete(self) -> Flags:
        """Whether the number of intervals in the range is proven, (a,)."""
        return np.asarray(self.undecided == 0)

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain values that JSON can hold; levels that do not exist are None."""
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: _plain(value) for name, value in (named | {"complete": self.complete}).items()
        }

    def to_dataframe(self) -> "pd.DataFrame":
        """One account per row; units in ``attrs["units"]``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        names = [each.name for each in fields(self)][5:]
        columns = {name: getattr(self, name) for name in names} | {"complete": self.complete}
        return data_frame(columns, UNITS)


def typed(
    told: Floats,
    rule: str,
    underlying: str,
    *,
    accounts: tuple[str, ...],
    spot: float,
    span: tuple[float, float],
) -> BookThresholds:
    """Reports of accounts (a, REPORTED), as the kernel writes them, as a record."""
    levels = {name: told[:, column].copy() for name, column in LEVELS.items()}
    errors = {f"{name}_error": told[:, column + 1].copy() for name, column in LEVELS.items()}
    names = np.array([state.value for state in STATES])
    return BookThresholds(
        rule=rule,
        underlying=underlying,
        spot=spot,
        lowest=span[0],
        highest=span[1],
        accounts=accounts,
        state=names[told[:, STATE].astype(np.int64)],
        intervals=told[:, INTERVALS].astype(np.int64),
        undecided=told[:, UNDECIDED].astype(np.int64),
        lower_open=told[:, LOWER_OPEN] > 0.0,
        upper_open=told[:, UPPER_OPEN] > 0.0,
        **levels,
        **errors,
    )


def _plain(value: Any) -> Any:
    """A value as JSON can hold it: lists, and None for NaN."""
    if isinstance(value, np.ndarray):
        return [None if each != each else each for each in value.tolist()]
    return list(value) if isinstance(value, tuple) else value
