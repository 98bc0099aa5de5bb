"""Vanilla contracts side by side, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Rights
from pdesolve.frames import Frame, from_frame

__all__ = ["COLUMNS", "Contracts", "assembled"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Contracts:
    """Vanilla contracts side by side, each with the constants of its underlying.

    Every field is a column of length ``c``; numbers and columns of length one are broadcast.

    Attributes
    ----------
    right : (c,) array
        1 for a call, -1 for a put; given as such, as `Right` or as text.
    strike : (c,) array
        In quote currency.
    expiry : (c,) array
        Years of 365 days from today, zero or more.
    volatility : (c,) array
        Decimal per root year, zero or more.
    rate, dividend_yield : (c,) arrays
        Continuously compounded per year.
    american : (c,) array of bool
        Whether the contract may be exercised at any time, or only at expiry.

    Raises
    ------
    ValueError
        If a number is out of range or not finite, a rate or yield times expiry is beyond 500
        either way, or the columns do not broadcast.

    Examples
    --------
    >>> from pdesolve import Contracts
    >>> book = Contracts("put", [90.0, 100.0], 0.5, 0.3, 0.04, 0.0, True)
    >>> len(book), book.right
    (2, array([-1., -1.]))
    """

    right: Floats
    strike: Floats
    expiry: Floats
    volatility: Floats
    rate: Floats
    dividend_yield: Floats
    american: NDArray[np.bool_]

    def __init__(
        self,
        right: Rights,
        strike: ArrayLike,
        expiry: ArrayLike,
        volatility: ArrayLike,
        rate: ArrayLike,
        dividend_yield: ArrayLike,
        american: ArrayLike,
    ) -> None:
        shape, columns = arguments.aligned(
            {
                "right": np.atleast_1d(arguments.signs(right)),
                "strike": arguments.positive("strike", strike),
                "expiry": arguments.not_negative("expiry", expiry),
                "volatility": arguments.not_negative("volatility", volatility),
                "rate": arguments.finite("rate", rate),
                "dividend_yield": arguments.finite("dividend_yield", dividend_yield),
                "american": arguments.finite("american", american),
            }
        )
        if len(shape) != 1:
            raise ValueError(f"columns of contracts must have one dimension, got shape {shape}")
        arguments.discounting("rate", columns[4], columns[2], shape)
        arguments.discounting("dividend_yield", columns[5], columns[2], shape)
        columns[6] = columns[6].astype(bool)
        for name, column in zip(COLUMNS, columns, strict=True):
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return self.strike.size

    def take(self, rows: NDArray[np.int64]) -> "Contracts":
        """Return the contracts of some rows, in the order asked.

        Parameters
        ----------
        rows : (n,) array of int
            Which; a row may be asked for more than once.

        Returns
        -------
        Contracts
        """
        return assembled([getattr(self, name)[rows] for name in COLUMNS])

    @classmethod
    def from_frame(cls, frame: Frame) -> "Contracts":
        """Return the contracts of a frame of any kind, one for each row.

        Parameters
        ----------
        frame : frame
            Of pandas, polars or pyarrow, or a dict of columns, with columns named as the arguments
            of `price`: ``strike``, ``expiry`` and ``vol``; ``rate`` and ``div_yield`` (0 if
            absent), ``right`` ("call") and ``style`` ("european").  Others are left alone.

        Returns
        -------
        Contracts

        Raises
        ------
        ValueError
            If a column is missing, or holds what `Contracts` refuses.

        Examples
        --------
        >>> from pdesolve import Contracts
        >>> Contracts.from_frame({"strike": [90.0, 95.0], "expiry": 0.5, "vol": [0.3, 0.2]}).rate
        array([0., 0.])
        """
        names = ("right", "strike", "expiry", "vol", "rate", "div_yield", "style")
        of: dict[str, Any] = {"right": "call", "rate": 0.0, "div_yield": 0.0, "style": "european"}
        of |= from_frame(frame, dict.fromkeys(names), ("strike", "expiry", "vol"))
        of["style"] = arguments.american(of["style"])
        return cls(*(of[name] for name in names))


COLUMNS = tuple(field.name for field in fields(Contracts))


def assembled(columns: Sequence[Floats]) -> Contracts:
    """Return contracts of columns in the order of `Contracts`, checked before."""
    contracts = object.__new__(Contracts)
    for name, column in zip(COLUMNS, columns, strict=True):
        object.__setattr__(contracts, name, column)
    return contracts
