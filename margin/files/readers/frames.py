"""Positions from a data frame of any library, by way of narwhals."""

from collections.abc import Mapping
from typing import Any

from margin.files.errors import AccountFileError, Place
from margin.files.readers.assembly import assembled
from margin.files.readers.imported import Defaults, Imported
from margin.files.readers.rows import read_rows

__all__ = ["frame_columns", "from_frame"]

MISSING = 'data frames are read by narwhals; install it with pip install "pde-margin[frames]"'


def from_frame(frame: Any, defaults: Defaults | None = None, *, name: str = "account") -> Imported:
    """An account from a data frame of positions.

    Parameters
    ----------
    frame : data frame
        Of pandas, polars, pyarrow or any library that narwhals knows; one row per position, its
        columns named as in a CSV file of positions.  A map of lists will do as well.
    defaults : Defaults, optional
        What is taken where the frame says nothing; the instant of valuation must stand in one of
        them.
    name : str
        Of the account.

    Returns
    -------
    Imported

    Raises
    ------
    AccountFileError
        If anything in the frame makes no sense; it names every such thing with row and column.
    ImportError
        If narwhals is not installed.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.files import Defaults, from_frame
    >>> positions = {
    ...     "underlying": ["AAPL", "AAPL"], "right": [None, "call"], "strike": [None, 280.0],
    ...     "expiry": [None, "2027-01-15"], "quantity": [100, -1], "vol": [None, 0.3],
    ...     "spot": [268.0, 268.0],
    ... }
    >>> asof = datetime(2026, 11, 20, 21, tzinfo=UTC)
    >>> found = from_frame(positions, Defaults(asof=asof, cash=5_000.0))
    >>> print(found.account)
    account: 5000 USD, 2 positions
    """
    given = defaults or Defaults()
    columns = frame_columns(frame)
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    draft = read_rows(rows, given, "data frame")
    try:
        found = assembled(draft, given, name=name)
    except (ArithmeticError, ValueError) as error:  # of a record that checks itself
        draft.report.add(f"{error}.")
        found = None
    if found is None or draft.report.findings:
        no_lines: dict[Place, int] = {}
        raise AccountFileError("data frame", draft.report.findings, no_lines)
    return found


def frame_columns(frame: Any) -> dict[str, list[Any]]:
    """The columns of a data frame as lists.

    Parameters
    ----------
    frame : data frame or mapping
        Of a library that narwhals knows, or a map of names to sequences of one length.

    Returns
    -------
    dict of str to list

    Raises
    ------
    ImportError
        If it is a data frame and narwhals is not installed.
    TypeError
        If it is neither.

    Examples
    --------
    >>> from margin.files.readers.frames import frame_columns
    >>> frame_columns({"strike": (90.0, 100.0)})
    {'strike': [90.0, 100.0]}
    """
    if isinstance(frame, Mapping):
        return {str(name): list(values) for name, values in frame.items()}
    try:
        import narwhals
    except ImportError as reason:
        raise ImportError(MISSING) from reason
    eager = narwhals.from_native(frame, eager_only=True)
    return {str(name): eager[name].to_list() for name in eager.columns}
