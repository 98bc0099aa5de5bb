"""Results as named columns of equal length: into a data frame, into a CSV file."""

import csv
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["data_frame", "write_csv"]

Columns = Mapping[str, Sequence[Any]]


def data_frame(columns: Columns, units: Mapping[str, str]) -> "pd.DataFrame":
    """The columns as a data frame; the units of its columns stand in ``attrs["units"]``.

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as reason:
        raise ImportError(
            'data frames need pandas; install it with pip install "pde-margin[pandas]"'
        ) from reason
    frame = pd.DataFrame(dict(columns))
    frame.attrs["units"] = dict(units)
    return frame


def write_csv(path: str | PathLike[str], columns: Columns) -> None:
    """Write the columns with a row of names; numbers keep all their digits."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
