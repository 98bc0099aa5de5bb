"""Implied volatility over strikes and expiries, smooth enough to be differentiated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Number
from pdesolve.local.splines import SplineReading, Splines, natural_splines, read

__all__ = ["ImpliedSurface"]

Floats = NDArray[np.float64]

FEWEST_QUOTES = 3  # fewer have no curvature


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImpliedSurface:
    """Total implied variance over log-moneyness and time to expiry.

    ``w(k, T) = sigma^2 T`` with ``sigma`` the implied volatility of strike ``K``, ``k = ln(K / F)``
    and ``F`` the forward to ``T``.  At each expiry ``w`` is the natural cubic spline through its
    quotes, which has two continuous derivatives and goes on straight beyond the last; between
    expiries, and from zero today, it is linear in time at fixed ``k``.  So it has no calendar
    arbitrage between expiries if it has none at them.

    Parameters
    ----------
    expiries : array-like
        ``n`` years from today, positive, ascending.
    log_moneyness : sequence of n array-likes
        Of the quotes of each expiry, ascending, three or more.
    total_variance : sequence of n array-likes
        Of these quotes, positive.

    Raises
    ------
    ValueError
        If numbers are out of these ranges, or the arguments do not fit together.

    References
    ----------
    Gatheral, *The Volatility Surface* (2006), chapter 1.

    Examples
    --------
    >>> import numpy as np
    >>> from pdesolve import ImpliedSurface
    >>> strikes = [[80.0, 90.0, 100.0, 110.0, 120.0]] * 2
    >>> vols = [[0.28, 0.24, 0.21, 0.2, 0.2], [0.26, 0.235, 0.215, 0.205, 0.205]]
    >>> surface = ImpliedSurface.from_volatilities([0.25, 1.0], strikes, vols, [100.5, 102.0])
    >>> round(surface.volatility(0.0, 0.5), 4)
    0.2111
    """

    expiries: Floats
    log_moneyness: tuple[Floats, ...]
    total_variance: tuple[Floats, ...]
    _splines: Splines = field(init=False)

    def __post_init__(self) -> None:
        expiries = np.array(arguments.positive("expiries", self.expiries), ndmin=1)
        _refuse_descent("expiries", expiries)
        numbers = len(self.log_moneyness), len(self.total_variance)
        if numbers != (expiries.size, expiries.size):
            raise ValueError(
                f"log_moneyness and total_variance must have a row for each of {expiries.size} "
                f"expiries, got {numbers[0]} and {numbers[1]}"
            )
        places = _rows("log_moneyness", self.log_moneyness, arguments.finite)
        values = _rows("total_variance", self.total_variance, arguments.positive)
        for place, value in zip(places, values, strict=True):
            _refuse_unfit_row(place, value)
        # Today total variance is zero at every strike.
        zero = np.array([-1.0, 1.0])
        splines = natural_splines(
            np.insert(expiries, 0, 0.0), [zero, *places], [np.zeros(2), *values]
        )
        object.__setattr__(self, "expiries", expiries)
        object.__setattr__(self, "log_moneyness", places)
        object.__setattr__(self, "total_variance", values)
        object.__setattr__(self, "_splines", splines)

    @classmethod
    def from_volatilities(
        cls,
        expiries: ArrayLike,
        strikes: Sequence[ArrayLike],
        volatilities: Sequence[ArrayLike],
        forwards: ArrayLike,
    ) -> Self:
        """Make a surface of implied volatilities.

        Parameters
        ----------
        expiries : array-like
            ``n`` years from today.
        strikes : sequence of n array-likes
            Of the quotes of each expiry, quote currency, ascending.
        volatilities : sequence of n array-likes
            Decimals per root year, one for each strike.
        forwards : array-like
            Of the underlying to each expiry, quote currency.

        Returns
        -------
        ImpliedSurface

        Raises
        ------
        ValueError
            If a number is not positive, a volatility is above 5, or the arguments do not fit
            together.
        """
        years = np.atleast_1d(arguments.positive("expiries", expiries))
        ahead = np.broadcast_to(arguments.positive("forwards", forwards), years.shape)
        vols = [arguments.volatility("volatilities", row) for row in volatilities]
        at = tuple(
            np.log(arguments.positive("strikes", row) / forward)
            for row, forward in zip(strikes, ahead, strict=True)
        )
        return cls(years, at, tuple(vol**2 * life for vol, life in zip(vols, years, strict=True)))

    def volatility(self, log_moneyness: ArrayLike, time: ArrayLike) -> Number:
        """Implied volatility, a decimal per root year.

        Parameters
        ----------
        log_moneyness : array-like
            ``ln(K / F)``.
        time : array-like
            Years to expiry, positive, up to the last expiry.

        Returns
        -------
        float or array
            In the shape to which the arguments broadcast.

        Raises
        ------
        ValueError
            If a time is out of its range, or the total variance there is negative, as it can be
            far beyond the quotes.
        """
        place, when = np.broadcast_arrays(
            arguments.finite("log_moneyness", log_moneyness), arguments.positive("time", time)
        )
        variance = self.read(place, when).value
        if np.any(variance < 0.0):
            i = int(np.argmin(variance))
            raise ValueError(
                f"total variance must not be negative, got {variance.flat[i]:.3g} at "
                f"log-moneyness {place.flat[i]:.3g} and {when.flat[i]:g} years"
            )
        return arguments.shaped(np.sqrt(variance / when).ravel(), place.shape)

    def read(self, log_moneyness: Floats, time: Floats) -> SplineReading:
        """Total variance, its derivatives by log-moneyness, and its growth by time.

        Parameters
        ----------
        log_moneyness, time : array
            ``k``, and years from 0 to the last expiry, which broadcast.

        Returns
        -------
        SplineReading
            ``w``, ``dw/dk``, ``d2w/dk2`` and, per year, ``dw/dT``.

        Raises
        ------
        ValueError
            If a time is beyond the last expiry.
        """
        last = self.expiries[-1]
        if np.any(time > last):
            raise ValueError(
                f"time must not be beyond the last expiry, {last:g}, got {np.max(time):g}"
            )
        return read(self._splines, log_moneyness, time)

    def quoted(self, time: Floats) -> tuple[Floats, Floats]:
        """Return lowest and highest log-moneyness quoted, at times between the expiries too."""
        ends = np.array([[row[0], row[-1]] for row in self.log_moneyness])
        lows, highs = (np.interp(time, self.expiries, column) for column in ends.T)
        return lows, highs

    def __repr__(self) -> str:
        quotes = sum(row.size for row in self.log_moneyness)
        return (
            f"Implied surface of {quotes} quotes at {self.expiries.size} expiries from "
            f"{self.expiries[0]:g} to {self.expiries[-1]:g} years"
        )


def _rows(
    name: str, rows: Sequence[ArrayLike], checked: Callable[[str, ArrayLike], Floats]
) -> tuple[Floats, ...]:
    return tuple(np.array(checked(name, row)) for row in rows)


def _refuse_descent(name: str, row: Floats) -> None:
    steps = np.diff(row)
    if np.any(steps <= 0.0):
        i = int(np.argmax(steps <= 0.0))
        raise ValueError(f"{name} must ascend, got {row[i + 1]} after {row[i]}")


def _refuse_unfit_row(places: Floats, values: Floats) -> None:
    if places.ndim != 1 or places.size < FEWEST_QUOTES or places.shape != values.shape:
        raise ValueError(
            f"log_moneyness and total_variance must have at least {FEWEST_QUOTES} quotes for each "
            f"expiry, as many of one as of the other, got shapes {places.shape} and {values.shape}"
        )
    _refuse_descent("log_moneyness", places)
