"""Margin that does not chase volatility: three tools against procyclicality, and their measures.

Each tool turns a series of margins, or of the volatilities that they are proportional to, into
another one.  Article 28 of Commission Delegated Regulation (EU) No 153/2013 lets a clearing house
choose between the three.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import _check

__all__ = ["buffered", "floored", "largest_rise", "peak_to_trough", "stress_weighted"]

Floats = NDArray[np.float64]

LEAST_BUFFER = 0.25
"""Article 28(1)(a): a buffer of at least 25 % of the calculated margins."""

LEAST_STRESS_WEIGHT = 0.25
"""Article 28(1)(b): at least 25 % weight to stressed observations of the look-back period."""


def buffered(margins: ArrayLike, *, release: float, buffer: float = LEAST_BUFFER) -> Floats:
    """Margins with a buffer on top, which is used up while they rise above what ``release`` covers.

    ``max(M, min((1 + buffer) M, release))``: in calm a quarter more than calculated, then level
    while the calculated margin catches up, then what is calculated.

    Parameters
    ----------
    margins : array-like
        Calculated margins or volatilities, not negative.
    release : float
        Level from which the buffer is used up, in the same unit; positive.
    buffer : float
        Share on top, not negative.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If a margin or the buffer is negative, or the level is not positive.

    References
    ----------
    Commission Delegated Regulation (EU) No 153/2013, Article 28(1)(a).

    Examples
    --------
    >>> from margin.procyclicality import buffered
    >>> buffered([1.0, 2.0, 2.2, 3.0], release=2.4)
    array([1.25, 2.4 , 2.4 , 3.  ])
    """
    series, level = _series(margins), _check.positive("release", release)
    raised = (1.0 + _check.within("buffer", buffer, 0.0, np.inf)) * series
    return np.maximum(series, np.minimum(raised, level))


def stress_weighted(
    margins: ArrayLike, stressed: float, *, weight: float = LEAST_STRESS_WEIGHT
) -> Floats:
    """Margins of which a part is always that of a stressed time, ``(1 - w) M + w M_stress``.

    Parameters
    ----------
    margins : array-like
        Calculated margins or volatilities, not negative.
    stressed : float
        The same of the stressed time, in the same unit; positive.
    weight : float
        ``w``, from 0 to 1.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Commission Delegated Regulation (EU) No 153/2013, Article 28(1)(b).

    Examples
    --------
    >>> from margin.procyclicality import stress_weighted
    >>> stress_weighted([1.0, 3.0], 5.0)
    array([2. , 3.5])
    """
    share = _check.within("weight", weight, 0.0, 1.0)
    return (1.0 - share) * _series(margins) + share * _check.positive("stressed", stressed)


def floored(margins: ArrayLike, floor: ArrayLike) -> Floats:
    """Margins that never fall below those of a long look-back, ``max(M, M_10y)``.

    Parameters
    ----------
    margins : array-like
        Calculated margins or volatilities, not negative.
    floor : array-like
        Margin or volatility estimated over ten years, one for all or one for each.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If a number is negative.

    References
    ----------
    Commission Delegated Regulation (EU) No 153/2013, Article 28(1)(c).

    Examples
    --------
    >>> from margin.procyclicality import floored
    >>> floored([1.0, 3.0], 2.0)
    array([2., 3.])
    """
    return np.maximum(_series(margins), np.asarray(floor, dtype=np.float64))


def peak_to_trough(margins: ArrayLike) -> float:
    """Largest over least margin of a series, the measure of how far it swings over a cycle.

    Raises
    ------
    ValueError
        If the least margin is zero.

    References
    ----------
    Murphy, Vasios and Vause, "An investigation into the procyclicality of risk-based initial margin
    models", Bank of England Financial Stability Paper 29 (2014).

    Examples
    --------
    >>> from margin.procyclicality import peak_to_trough
    >>> peak_to_trough([2.0, 1.0, 5.0])
    5.0
    """
    series = _series(margins)
    if series.min() <= 0.0:
        raise ValueError(f"margins must be positive for a ratio, got {series.min()}")
    return float(series.max() / series.min())


def largest_rise(margins: ArrayLike, days: int) -> float:
    """Largest rise within ``days`` steps, as the ratio of the later to the earlier margin.

    It measures the call for cash that comes within a few days.  At least 1.

    Parameters
    ----------
    margins : (n,) array-like
        Positive, at equal steps, the oldest first.
    days : int
        Steps at most between the two, from 1 to ``n - 1``.

    Raises
    ------
    ValueError
        If a margin is zero, or the days are no whole number in their range.

    References
    ----------
    Murphy, Vasios and Vause (2014), as for `peak_to_trough`.

    Examples
    --------
    >>> from margin.procyclicality import largest_rise
    >>> largest_rise([1.0, 1.5, 3.0, 2.0], 1), largest_rise([1.0, 1.5, 3.0, 2.0], 2)
    (2.0, 3.0)
    """
    series = _series(margins)
    if series.min() <= 0.0:
        raise ValueError(f"margins must be positive for a ratio, got {series.min()}")
    if not isinstance(days, int | np.integer) or not 1 <= days < series.size:
        raise ValueError(f"days must be a whole number from 1 to {series.size - 1}, got {days!r}")
    rises = (float((series[gap:] / series[:-gap]).max()) for gap in range(1, days + 1))
    return max(1.0, *rises)


def _series(margins: ArrayLike) -> Floats:
    """The margins as a row of finite numbers that are not negative."""
    series = np.atleast_1d(np.asarray(margins, dtype=np.float64))
    if series.size == 0 or not np.isfinite(series).all() or series.min() < 0.0:
        raise ValueError(f"margins must be finite and not negative, got {margins!r}")
    return series
