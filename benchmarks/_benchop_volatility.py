"""The two local volatilities of BENCHOP problem 3 (von Sydow et al. 2015, section 2.3)."""

import numpy as np
from numpy.typing import NDArray

from pdesolve import LocalVolatility

Floats = NDArray[np.float64]

RATE = 0.03


def from_function() -> LocalVolatility:
    """Problem 3 I: a smooth function of spot and time."""

    def sigma(spots: Floats, times: Floats) -> Floats:
        share = spots / 100.0
        return 0.15 + 0.15 * (0.5 + 2.0 * times) * (share - 1.2) ** 2 / (share**2 + 1.44)

    return LocalVolatility(sigma, rate=RATE)


def from_surface(spot: float) -> LocalVolatility:
    """Problem 3 II: Dupire's volatility of an implied surface that moves with the spot priced.

    The squared implied volatility is ``w = a + b d + c sqrt(d^2 + e^2)``, ``d = x - m``, at
    ``x = ln(S / F)``; its derivatives are written out.
    """

    def sigma(spots: Floats, times: Floats) -> Floats:
        x, root, late = np.log(spots / spot) - RATE * times, np.sqrt(times), np.sqrt(times + 0.04)
        a, m, e = 0.01 + 0.03 * late, 0.03 + 0.01 * times, 0.15 * (0.4 + 0.6 * late)
        right, left = 0.06 * (1.0 - 0.87 * root), 0.31 * (1.0 - 0.7 * root)
        b, c, d = 0.5 * (right - left), 0.5 * (right + left), x - m
        bow = np.sqrt(d * d + e * e)
        w, w_x, w_xx = a + b * d + c * bow, b + c * d / bow, c * e * e / bow**3
        # Times the time: the slopes of the wings have no derivative at zero.
        t_right, t_left = -0.5 * 0.06 * 0.87 * root, -0.5 * 0.31 * 0.7 * root
        t_a, t_m, t_e = 0.015 * times / late, 0.01 * times, 0.045 * times / late
        t_b, t_c = 0.5 * (t_right - t_left), 0.5 * (t_right + t_left)
        t_w = t_a + t_b * d - b * t_m + t_c * bow + c * (e * t_e - d * t_m) / bow
        slope = 0.5 * w_x / w
        bent = (1.0 - x * slope) ** 2 - slope**2 * ((0.5 * w * times + 1.0) ** 2 - 1.0)
        return np.sqrt((w + t_w) / (bent + 0.5 * times * w_xx))

    return LocalVolatility(sigma, rate=RATE)
