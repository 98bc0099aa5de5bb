"""Smiles fitted to quoted volatilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import _check
from margin.smile import ButterflyCheck, Smile

__all__ = ["FittedSmile", "fit_smile"]

Floats = NDArray[np.float64]

FEWEST_QUOTES = 5
"""A slice has five parameters; from fewer strikes it is flat."""

PENALTIES = (0.0, 1.0, 10.0, 100.0)
"""Weights of negative density, one after the other until there is none."""

LEAST_DENSITY = 1e-3
"""The penalty begins above zero, so that a fit at its edge lies inside."""

STEEPEST = 1.999
"""Total variance may grow by at most twice the log-moneyness (Lee's moment formula)."""

BENDS = np.sinh(np.linspace(-5.0, 5.0, 161))
"""Where negative density is penalised, in widths from the centre of the slice."""


@dataclass(frozen=True, slots=True)
class FittedSmile:
    """A smile, and how well it fits the quotes it came from.

    Attributes
    ----------
    smile : Smile
        The slice.
    quotes : int
        How many volatilities it was fitted to.
    rms, largest : float
        Root mean square and largest of its errors, in volatility.
    butterfly : ButterflyCheck
        Whether it is free of butterfly arbitrage.

    Examples
    --------
    >>> from margin.smile_fit import fit_smile
    >>> fit_smile([90.0, 110.0], [0.3, 0.3], years=0.5, forward=100.0).largest
    0.0
    """

    smile: Smile
    quotes: int
    rms: float
    largest: float
    butterfly: ButterflyCheck


def fit_smile(
    strike: ArrayLike,
    volatility: ArrayLike,
    *,
    years: float,
    forward: float,
    weight: ArrayLike = 1.0,
) -> FittedSmile:
    """The raw SVI slice nearest to quoted volatilities, free of butterfly arbitrage.

    Least squares in volatility; negative density is penalised until there is none.  Fewer than
    five different strikes give a flat slice at their weighted mean.

    Parameters
    ----------
    strike : array
        Strikes in quote currency.
    volatility : array
        Implied volatilities, decimals per root year.
    years : float
        Years of 365 days to the expiry.
    forward : float
        In quote currency.
    weight : float or array
        Weight of each error, such as one over its width between bid and ask.

    Returns
    -------
    FittedSmile
        Its check says whether arbitrage remains.

    Raises
    ------
    ValueError
        If there is no quote, a number is not positive, or the shapes differ.

    References
    ----------
    Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces", *Quant. Finance* 14 (2014);
    Lee, "The moment formula for implied volatility at extreme strikes", *Math. Finance* 14 (2004).

    Examples
    --------
    >>> from margin.smile_fit import fit_smile
    >>> strikes = [80.0, 90.0, 95.0, 100.0, 105.0, 110.0, 120.0]
    >>> quoted = [0.34, 0.29, 0.27, 0.25, 0.24, 0.235, 0.24]
    >>> fitted = fit_smile(strikes, quoted, years=0.25, forward=100.0)
    >>> fitted.butterfly.holds, fitted.largest < 0.005
    (True, True)
    """
    strikes, vols, weights = _columns(strike, volatility, weight)
    years, forward = _check.positive("years", years), _check.positive("forward", forward)
    k = np.log(strikes / forward)
    if np.unique(strikes).size < FEWEST_QUOTES:
        flat = float(np.average(vols, weights=weights))
        return _judged(Smile(years, forward, flat**2 * years), k, vols)
    start = _start(k, vols**2 * years)
    for penalty in PENALTIES:
        start = _least_squares(start, (k, vols, weights), years, penalty=penalty)
        fitted = _judged(_smile(start, years, forward), k, vols)
        if fitted.butterfly.holds:
            break
    return fitted


def _columns(strike: ArrayLike, volatility: ArrayLike, weight: ArrayLike) -> tuple[Floats, ...]:
    strikes, vols = np.asarray(strike, dtype=float), np.asarray(volatility, dtype=float)
    weights = np.broadcast_to(np.asarray(weight, dtype=float), strikes.shape)
    if strikes.ndim != 1 or strikes.shape != vols.shape or not strikes.size:
        raise ValueError(
            f"strike and volatility must be lists of one length, got {strikes.shape} and "
            f"{vols.shape}"
        )
    for name, column in (("strike", strikes), ("volatility", vols), ("weight", weights)):
        if not np.all((column > 0.0) & np.isfinite(column)):
            raise ValueError(f"{name} must be positive and finite everywhere")
    return strikes, vols, weights / weights.mean()


def _start(k: Floats, w: Floats) -> Floats:
    """Least variance, slopes of both wings, centre and width to begin from."""
    order = np.argsort(k)
    k, w = k[order], w[order]
    lowest = int(np.argmin(w))
    left = (w[0] - w[lowest]) / max(k[lowest] - k[0], 0.05)
    right = (w[-1] - w[lowest]) / max(k[-1] - k[lowest], 0.05)
    slopes = np.clip([left, right], 1e-3, STEEPEST - 0.1)
    width = np.clip(0.3 * (k[-1] - k[0]), 1e-2, 2.0)
    return np.array([0.9 * w[lowest], *slopes, k[lowest], width])


def _raw(x: Floats) -> tuple[float, float, float, float, float]:
    """``a, b, rho, m, sigma`` from least variance, both slopes, centre and width."""
    least, left, right, m, sigma = (float(number) for number in x)
    b = 0.5 * (left + right)
    rho = float(np.clip((right - left) / (2.0 * b), -1.0, 1.0))
    return least - b * sigma * float(np.sqrt(1.0 - rho**2)), b, rho, m, sigma


def _smile(x: Floats, years: float, forward: float) -> Smile:
    return Smile(years, forward, *_raw(x))


def _least_squares(
    start: Floats, quotes: tuple[Floats, Floats, Floats], years: float, *, penalty: float
) -> Floats:
    # scipy takes longer to load than an account takes to read, and most files need no smile.
    from scipy.optimize import least_squares

    k, vols, weights = quotes
    span = max(float(np.ptp(k)), 0.1)
    lowest = np.array([1e-10, 1e-6, 1e-6, k.min() - span, 1e-3])
    highest = np.array([2.0 * (vols**2).max() * years, STEEPEST, STEEPEST, k.max() + span, 10.0])

    def residuals(x: Floats) -> Floats:
        smile = _smile(x, years, 1.0)
        errors = weights * (np.sqrt(smile.total_variance(k) / years) - vols)
        if not penalty:
            return errors
        density = smile.density(smile.m + smile.sigma * BENDS)
        negative = np.minimum(density - LEAST_DENSITY, 0.0)
        return np.concatenate([errors, penalty * negative])

    inside = np.clip(start, lowest + 1e-12, highest - 1e-12)
    found = least_squares(residuals, inside, bounds=(lowest, highest), x_scale="jac", xtol=1e-10)
    return np.asarray(found.x, dtype=float)


def _judged(smile: Smile, k: Floats, vols: Floats) -> FittedSmile:
    errors = np.sqrt(smile.total_variance(k) / smile.years) - vols
    rms, largest = float(np.sqrt(np.mean(errors**2))), float(np.abs(errors).max())
    return FittedSmile(smile, vols.size, rms, largest, smile.butterfly())
