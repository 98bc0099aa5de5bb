"""Forwards and discount factors from put-call parity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ParityFit", "parity_fit"]

Floats = NDArray[np.float64]

FEWEST_TO_DISCOUNT = 8
"""Pairs from which a discount factor is fitted as well as a forward."""

ROUNDS = 20
"""Of reweighting; the weights settle in fewer."""

TOLERANCE_IN_MEDIANS = 2.5
"""Errors beyond this many median errors count less (Huber)."""


@dataclass(frozen=True, slots=True)
class ParityFit:
    """A forward and a discount factor, and how well they explain calls less puts.

    Attributes
    ----------
    forward : float
        In quote currency.
    discount : float
        Value now of one unit of quote currency at the expiry.
    pairs : int
        Strikes with both a call and a put.
    rms : float
        Root mean square error of calls less puts, weighted, in quote currency.

    Examples
    --------
    >>> from margin.chains.parity import parity_fit
    >>> parity_fit([90.0, 100.0], [12.0, 2.0], discount=1.0).forward
    102.0
    """

    forward: float
    discount: float
    pairs: int
    rms: float


def parity_fit(
    strike: ArrayLike,
    call_less_put: ArrayLike,
    *,
    weight: ArrayLike = 1.0,
    discount: float | None = None,
) -> ParityFit:
    """Fit ``call - put = discount (forward - strike)`` over strikes, robustly.

    Least squares, with less weight on errors beyond 2.5 median errors (Huber).

    Parameters
    ----------
    strike : array
        In quote currency.
    call_less_put : array
        In quote currency, of European options.
    weight : float or array
        Such as one over the widths between bid and ask.
    discount : float or None
        None is fitted, which takes eight strikes.

    Returns
    -------
    ParityFit

    Raises
    ------
    ValueError
        If there is no strike, or fewer than eight and no discount factor; or if the discount
        factor that is found is not positive.

    References
    ----------
    Stoll, "The relationship between put and call option prices", *J. Finance* 24 (1969); Huber,
    "Robust estimation of a location parameter", *Ann. Math. Statist.* 35 (1964).

    Examples
    --------
    >>> import numpy as np
    >>> from margin.chains.parity import parity_fit
    >>> strikes = np.linspace(80.0, 120.0, 9)
    >>> fitted = parity_fit(strikes, 0.98 * (101.0 - strikes))
    >>> round(fitted.forward, 9), round(fitted.discount, 9)
    (101.0, 0.98)
    """
    strikes, gaps = np.asarray(strike, dtype=float), np.asarray(call_less_put, dtype=float)
    weights = np.broadcast_to(np.asarray(weight, dtype=float), strikes.shape)
    fewest = FEWEST_TO_DISCOUNT if discount is None else 1
    if strikes.size < fewest:
        raise ValueError(f"parity needs at least {fewest} strikes with both, got {strikes.size}")
    counted = weights.copy()
    for _ in range(ROUNDS):
        forward, found = _fit(strikes, gaps, counted, discount)
        errors = gaps - found * (forward - strikes)
        scale = TOLERANCE_IN_MEDIANS * np.median(np.abs(errors))
        counted = weights * np.minimum(1.0, scale / np.maximum(np.abs(errors), 1e-300))
        if scale == 0.0:
            break
    if found <= 0.0 or forward <= 0.0:
        raise ValueError(f"calls less puts give the discount factor {found:g}, forward {forward:g}")
    rms = float(np.sqrt(np.average(errors**2, weights=weights)))
    return ParityFit(float(forward), float(found), strikes.size, rms)


def _fit(
    strikes: Floats, gaps: Floats, weights: Floats, discount: float | None
) -> tuple[float, float]:
    """Forward and discount factor by weighted least squares."""
    total = weights.sum()
    if not total > 0.0:
        weights, total = np.ones(strikes.size), float(strikes.size)
    centre, level = weights @ strikes / total, weights @ gaps / total
    if discount is None:
        offset = strikes - centre
        discount = float(-(weights @ (offset * (gaps - level))) / (weights @ offset**2))
    if discount == 0.0:
        return 0.0, 0.0
    return float(centre + level / discount), discount
