"""Options whose outcome is certain: at expiry, or without volatility."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_exercise", "certain_greeks", "certain_value"]

Floats = NDArray[np.float64]


def best_exercise(
    spot: Floats,
    strike: Floats,
    expiry: Floats,
    rate: Floats,
    dividend_yield: Floats,
    right: Floats,
) -> Floats:
    """Time in years at which exercising an American option pays most if the spot is certain.

    Exercise at ``t`` is worth ``w (S exp(-q t) - K exp(-r t))`` today, with ``w`` 1 for a call and
    -1 for a put.  A put waits while it earns more from the fall of the spot than it loses on the
    strike, which ends at ``t = ln(q S / (r K)) / (q - r)`` if ``q > r > 0``; a call likewise with
    the roles exchanged. Elsewhere the best time is one of the ends.

    All arguments are arrays of one shape; so is the result.
    """
    call = right > 0.0
    gain, loss = (
        np.where(call, rate * strike, dividend_yield * spot),
        np.where(call, dividend_yield * spot, rate * strike),
    )
    fading = np.where(call, rate - dividend_yield, dividend_yield - rate)
    with np.errstate(divide="ignore", invalid="ignore"):
        turning = np.log(gain / loss) / fading
    inner = (loss > 0.0) & (gain > loss) & (fading > 0.0)
    worth = [
        right * (spot * np.exp(-dividend_yield * t) - strike * np.exp(-rate * t))
        for t in (0.0, expiry)
    ]
    end = np.where(worth[1] > worth[0], expiry, 0.0)
    return np.where(inner, np.minimum(turning, expiry), end)


def certain_value(
    spot: Floats, strike: Floats, at: Floats, rate: Floats, dividend_yield: Floats, right: Floats
) -> tuple[Floats, Floats]:
    """Value and delta of paying the strike at time ``at`` or leaving the option.

    All arguments are arrays of one shape.  At the kink, where both are worth the same, delta is
    NaN.
    """
    asset = np.exp(-dividend_yield * at)
    worth = right * (spot * asset - strike * np.exp(-rate * at))
    delta = np.where(worth > 0.0, right * asset, 0.0)
    return np.maximum(worth, 0.0), np.where(worth == 0.0, np.nan, delta)


def certain_greeks(
    spot: Floats,
    strike: Floats,
    expiry: Floats,
    rate: Floats,
    dividend_yield: Floats,
    right: Floats,
) -> dict[str, Floats]:
    """Value and Greeks of American options without volatility, by name; the rest are 0.

    By the envelope theorem the time of exercise counts as fixed in first derivatives.  All
    arguments are arrays of one shape.
    """
    at = best_exercise(spot, strike, expiry, rate, dividend_yield, right)
    value, delta = certain_value(spot, strike, at, rate, dividend_yield, right)
    asset, money = spot * np.exp(-dividend_yield * at), strike * np.exp(-rate * at)
    taken, waits = value > 0.0, (at > 0.0) & (at < expiry)
    lasts = (at == expiry) & taken
    with np.errstate(divide="ignore", invalid="ignore"):
        bend = dividend_yield * asset / (np.abs(rate - dividend_yield) * spot**2)
    return {
        "price": value,
        "delta": delta,
        "gamma": np.where(waits & taken, bend, 0.0),
        "theta": np.where(lasts, right * (dividend_yield * asset - rate * money), 0.0),
        "rho": np.where(taken, right * at * money, 0.0),
        "dividend_rho": np.where(taken, -right * at * asset, 0.0),
    }
