"""Returns of an underlying, their volatility, and spot moves made of them."""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import _check

__all__ = [
    "ewma_volatility",
    "filtered_returns",
    "holding_returns",
    "log_returns",
    "scaled_returns",
    "simulated_returns",
    "spot_moves",
]

Floats = NDArray[np.float64]

RISKMETRICS_DECAY = 0.94
"""Daily decay of J.P. Morgan and Reuters, *RiskMetrics Technical Document* (1996)."""


def log_returns(prices: ArrayLike) -> Floats:
    """Logarithms of each price over the one before, ``r_i = ln(P_i / P_{i-1})``.

    Parameters
    ----------
    prices : (n + 1,) array-like
        Positive, at equal steps of time, the oldest first.

    Returns
    -------
    (n,) array
        Per step.

    Raises
    ------
    ValueError
        If there are fewer than two prices, or one is not positive and finite.

    Examples
    --------
    >>> from margin.returns import log_returns
    >>> log_returns([100.0, 110.0, 99.0]).round(6)
    array([ 0.09531 , -0.105361])
    """
    row = _row("prices", prices, least=2)
    if row.min() <= 0.0:
        raise ValueError(f"prices must be positive, got {row.min()}")
    found: Floats = np.diff(np.log(row))
    return found


def holding_returns(returns: ArrayLike, days: int) -> Floats:
    """Overlapping sums of ``days`` returns in a row: what a position held so long has seen.

    Neighbouring sums share all but one return, so that fewer of them are independent than there
    are; a quantile of them is noisier than their number suggests.

    Parameters
    ----------
    returns : (n,) array-like
        Logarithmic, per step.
    days : int
        Holding period in steps, from 1 to ``n``.

    Returns
    -------
    (n - days + 1,) array

    Raises
    ------
    ValueError
        If the holding period is no whole number, or longer than the history.

    Examples
    --------
    >>> from margin.returns import holding_returns
    >>> holding_returns([0.01, -0.02, 0.04], 2).round(6)
    array([-0.01,  0.02])
    """
    row = _row("returns", returns, least=1)
    if not isinstance(days, int | np.integer) or not 1 <= days <= row.size:
        raise ValueError(f"days must be a whole number from 1 to {row.size}, got {days!r}")
    return np.convolve(row, np.ones(days), mode="valid")


def scaled_returns(returns: ArrayLike, days: float) -> Floats:
    """Returns of one step scaled to a holding period by the root of time, ``r sqrt(days)``.

    Right for independent returns of one variance; in clustered volatility it is a convention.

    Parameters
    ----------
    returns : array-like
        Logarithmic, per step.
    days : float
        Holding period in steps, positive.

    Raises
    ------
    ValueError
        If the holding period is not positive.

    Examples
    --------
    >>> from margin.returns import scaled_returns
    >>> scaled_returns([0.01, -0.02], 4)
    array([ 0.02, -0.04])
    """
    return _row("returns", returns, least=1) * sqrt(_check.positive("days", days))


def ewma_volatility(
    returns: ArrayLike, *, decay: float = RISKMETRICS_DECAY, start: float | None = None
) -> Floats:
    """Volatility forecast before each return and after the last, by exponential weights.

    ``v_{i+1}^2 = decay v_i^2 + (1 - decay) r_i^2``.

    Parameters
    ----------
    returns : (n,) array-like
        Logarithmic, per step.
    decay : float
        Weight of the past, above 0 and below 1.
    start : float, optional
        Volatility before the first return, positive; the root mean square of all if not given,
        which lets the first forecasts know the future.

    Returns
    -------
    (n + 1,) array
        Per root step; entry ``i`` knows the returns before ``i`` only, but for the start.

    Raises
    ------
    ValueError
        If the decay is no weight, the start is not positive, or all returns are zero.

    References
    ----------
    J.P. Morgan and Reuters, *RiskMetrics Technical Document* (1996), section 5.2.

    Examples
    --------
    >>> from margin.returns import ewma_volatility
    >>> ewma_volatility([0.02, -0.01], decay=0.5, start=0.01).round(6)
    array([0.01    , 0.015811, 0.013229])
    """
    row = _row("returns", returns, least=1)
    if not 0.0 < _check.finite("decay", decay) < 1.0:
        raise ValueError(f"decay must lie between 0 and 1, got {decay}")
    first = sqrt(float(row @ row) / row.size) if start is None else start
    variance = np.empty(row.size + 1)
    variance[0] = _check.positive("start", first) ** 2
    for i, squared in enumerate(row**2):
        variance[i + 1] = decay * variance[i] + (1.0 - decay) * squared
    return np.sqrt(variance)


def filtered_returns(returns: ArrayLike, volatilities: ArrayLike) -> Floats:
    """Past returns as they would be at the volatility of now, ``r_i v_now / v_i``.

    Parameters
    ----------
    returns : (n,) array-like
        Logarithmic, per step.
    volatilities : (n + 1,) array-like
        Forecast before each return, and last the one for now: of `ewma_volatility`, or the
        conditional volatility of any other model, or one held up by an anti-procyclicality tool.

    Returns
    -------
    (n,) array

    Raises
    ------
    ValueError
        If there is not one volatility more than returns, or one is not positive.

    References
    ----------
    Hull and White, "Incorporating volatility updating into the historical simulation method for
    value at risk", *J. Risk* 1 (1998).

    Examples
    --------
    >>> from margin.returns import filtered_returns
    >>> filtered_returns([0.01, -0.02], [0.01, 0.04, 0.02])
    array([ 0.02, -0.01])
    """
    row, before = _row("returns", returns, least=1), _row("volatilities", volatilities, least=2)
    if before.size != row.size + 1:
        raise ValueError(
            f"volatilities must be one more than the {row.size} returns, got {before.size}"
        )
    if before.min() <= 0.0:
        raise ValueError(f"volatilities must be positive, got {before.min()}")
    filtered: Floats = row * before[-1] / before[:-1]
    return filtered


def simulated_returns(
    volatility: float, count: int, *, seed: int, degrees: float | None = None
) -> Floats:
    """Random returns of mean zero, normal or of Student's distribution, in antithetic pairs.

    Parameters
    ----------
    volatility : float
        Standard deviation over the holding period, positive.
    count : int
        How many, positive and even; every return comes with its opposite.
    seed : int
        Of numpy's PCG64; the same seed gives the same returns.
    degrees : float, optional
        Degrees of freedom of Student's distribution, above 2; normal if not given.

    Returns
    -------
    (count,) array

    Raises
    ------
    ValueError
        If the volatility is not positive, the count is not even, or there are too few degrees.

    Examples
    --------
    >>> from margin.returns import simulated_returns
    >>> simulated_returns(0.02, 4, seed=1).round(4)
    array([ 0.0069,  0.0164, -0.0069, -0.0164])
    """
    scale = _check.positive("volatility", volatility)
    if not isinstance(count, int | np.integer) or count < 2 or count % 2:
        raise ValueError(f"count must be positive and even, got {count!r}")
    random = np.random.Generator(np.random.PCG64(seed))
    if degrees is None:
        half = random.standard_normal(count // 2)
    elif _check.finite("degrees", degrees) > 2.0:
        half = random.standard_t(degrees, count // 2) * sqrt(1.0 - 2.0 / degrees)
    else:
        raise ValueError(f"degrees must be above 2, got {degrees}; below, no variance exists")
    return scale * np.concatenate([half, -half])


def spot_moves(returns: ArrayLike) -> tuple[float, ...]:
    """Relative moves of the spot that logarithmic returns amount to, ``exp(r) - 1``.

    Examples
    --------
    >>> from math import log
    >>> from margin.returns import spot_moves
    >>> [round(move, 12) for move in spot_moves([log(1.1), log(0.5)])]
    [0.1, -0.5]
    """
    return tuple(float(move) for move in np.expm1(_row("returns", returns, least=1)))


def _row(name: str, values: ArrayLike, *, least: int) -> Floats:
    """The values as a row of finite numbers."""
    row = np.asarray(values, dtype=np.float64)
    if row.ndim != 1 or row.size < least:
        raise ValueError(f"{name} must be a row of at least {least}, got shape {row.shape}")
    if not np.isfinite(row).all():
        at = int(np.flatnonzero(~np.isfinite(row))[0])
        raise ValueError(f"{name} must be finite, got {row[at]} at index {at}; leave it out")
    return row
