"""Results as named columns of equal length or labelled arrays: data frames, data sets, CSV."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["data_frame", "data_set", "write_csv"]

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


def data_set(
    axes: Mapping[str, Any], arrays: Mapping[str, Any], units: Mapping[str, str]
) -> "xr.Dataset":
    """Arrays over named axes as a data set; dates are in UTC, units in ``attrs["units"]``.

    Raises
    ------
    ImportError
        If xarray is not installed.
    """
    try:
        import xarray as xr
    except ImportError as reason:
        raise ImportError(
            'data sets need xarray; install it with pip install "pde-margin[xarray]"'
        ) from reason
    labels = {name: _labels(values) for name, values in axes.items()}
    found = xr.Dataset({name: (tuple(axes), values) for name, values in arrays.items()}, labels)
    for name, unit in units.items():
        found[name].attrs["units"] = unit
    return found


def _labels(values: Any) -> Any:
    """Values along an axis; of dates the instants in UTC, which xarray keeps without a zone."""
    if not isinstance(values[0], datetime):
        return values
    return np.array([date.replace(tzinfo=None) for date in values], dtype="datetime64[ns]")


def write_csv(path: str | PathLike[str], columns: Columns) -> None:
    """Write the columns with a row of names; numbers keep all their digits."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
