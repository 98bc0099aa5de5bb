"""Volatilities of many quotes at once; a quote that has none does not stop the others."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

import pdesolve
from margin.market import HIGHEST_VOLATILITY
from pdesolve import Exercise

__all__ = ["inside_bounds", "inverted", "solved"]

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[np.float64]]
Inversion = Callable[..., object]


def inside_bounds(columns: Columns, exercise: Exercise) -> NDArray[np.bool_]:
    """Whether each price lies between its bounds at no and at endless volatility.

    Parameters
    ----------
    columns : mapping of str to (n,) array
        ``price``, ``spot``, ``strike``, ``expiry`` in years, ``rate``, ``div_yield`` and
        ``right``, 1 or -1.
    exercise : Exercise
        American options are worth at least what exercise pays.

    Returns
    -------
    (n,) array of bool

    Examples
    --------
    >>> import numpy as np
    >>> from margin.chains.inversion import inside_bounds
    >>> from pdesolve import Exercise
    >>> row = {"price": 9.0, "spot": 100.0, "strike": 90.0, "expiry": 1.0, "rate": 0.0,
    ...     "div_yield": 0.0, "right": 1.0}
    >>> inside_bounds({name: np.array([x]) for name, x in row.items()}, Exercise.EUROPEAN)
    array([False])
    """
    sign, price = columns["right"], columns["price"]
    spot = columns["spot"] * np.exp(-columns["div_yield"] * columns["expiry"])
    strike = columns["strike"] * np.exp(-columns["rate"] * columns["expiry"])
    lowest = np.maximum(sign * (spot - strike), 0.0)
    highest = np.where(sign > 0.0, spot, strike)
    if exercise is Exercise.AMERICAN:
        lowest = np.maximum(lowest, sign * (columns["spot"] - columns["strike"]))
        highest = np.maximum(highest, np.where(sign > 0.0, columns["spot"], columns["strike"]))
    with np.errstate(invalid="ignore"):
        return np.asarray((price > lowest) & (price < highest))


def inverted(columns: Columns, exercise: Exercise) -> Floats:
    """Implied volatility of every row, NaN where there is none up to 500 %.

    Parameters
    ----------
    columns : mapping of str to (n,) array
        As for `inside_bounds`.
    exercise : Exercise
        Style of all rows.

    Returns
    -------
    (n,) array
        Decimals per root year.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.chains.inversion import inverted
    >>> from pdesolve import Exercise
    >>> row = {"price": 10.450583572185565, "spot": 100.0, "strike": 100.0, "expiry": 1.0,
    ...     "rate": 0.05, "div_yield": 0.0, "right": 1.0}
    >>> inverted({name: np.array([x]) for name, x in row.items()}, Exercise.EUROPEAN).round(6)
    array([0.2])
    """
    american = exercise is Exercise.AMERICAN
    invert = pdesolve.american_implied_volatility if american else pdesolve.implied_volatility
    found = solved(invert, columns, inside_bounds(columns, exercise))
    with np.errstate(invalid="ignore"):
        usable = (found > 0.0) & (found <= HIGHEST_VOLATILITY)
    return np.where(usable, found, np.nan)


def solved(invert: Inversion, columns: Columns, tried: NDArray[np.bool_]) -> Floats:
    """What an inversion gives for the rows that are tried; NaN for those that it refuses.

    A batch that is refused is halved until the rows to blame stand alone.

    Parameters
    ----------
    invert : callable
        Takes ``price, spot, strike`` and the rest by name; refuses a batch by a ValueError.
    columns : mapping of str to (n,) array
        As for `inside_bounds`.
    tried : (n,) array of bool
        Which rows.

    Returns
    -------
    (n,) array
    """
    out = np.full(tried.size, np.nan)
    batches = [np.flatnonzero(tried)]
    while batches:
        rows = batches.pop()
        if not rows.size:
            continue
        try:
            out[rows] = _batch(invert, columns, rows)
        except (ArithmeticError, ValueError):
            if rows.size > 1:
                batches += [rows[: rows.size // 2], rows[rows.size // 2 :]]
    return out


def _batch(invert: Inversion, columns: Columns, rows: NDArray[np.intp]) -> Floats:
    part = {name: column[rows] for name, column in columns.items()}
    first = [part.pop(name) for name in ("price", "spot", "strike")]
    part["right"] = part["right"].astype(np.int64)
    rights = [pdesolve.Right(int(sign)) for sign in part.pop("right")]
    return np.atleast_1d(np.asarray(invert(*first, right=rights, **part), dtype=float))
