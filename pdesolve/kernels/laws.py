"""Moments of spot under jumps and under a stochastic variance.

Each returns ``log M(p)``, where ``M(p) = E (S_T / F)**p``, and its derivatives to expiry and to
volatility.  All arrays broadcast; ``p`` is complex.
"""

import numpy as np


def jump_law(p, expiry, vol, intensity, jump):
    """Moments of a diffusion with jumps whose own moments are ``jump(p) = E exp(p J)``."""
    square = p * (p - 1.0)
    compensated = jump(p) - 1.0 - p * (jump(1.0 + 0j).real - 1.0)
    by_expiry = 0.5 * vol * vol * square + intensity * compensated
    return expiry * by_expiry, by_expiry, expiry * vol * square


def normal_jump(p, log_mean, log_sd):
    """Moments of a jump in the log of spot that is normal (Merton 1976)."""
    return np.exp(p * (log_mean + 0.5 * log_sd * log_sd * p))


def exponential_jump(p, up_share, up_rate, down_rate):
    """Moments of a jump in the log of spot that is exponential either way (Kou 2002, eq. 2)."""
    up, down = up_rate / (up_rate - p), down_rate / (down_rate + p)
    return up_share * up + (1.0 - up_share) * down


def square_root_law(p, expiry, variance):
    """Moments under a variance that follows a square-root process (Heston 1993).

    The form of Albrecher, Mayer, Schoutens and Tistaert (*Wilmott*, January 2007), whose logarithm
    stays on its branch, rearranged so that nothing cancels as the volatility of variance vanishes.
    ``variance`` holds initial, speed, level, vol_of_vol and correlation.  The last derivative is
    that to the square root of the initial variance.
    """
    initial, speed, level, vol_of_vol, correlation = variance
    square = p * (p - 1.0)
    own = vol_of_vol * vol_of_vol
    pull = speed - correlation * vol_of_vol * p
    root = np.sqrt(pull * pull - own * square)
    excess = less(pull, root, own * square)
    faded = fading(root, expiry)
    by_initial = square * faded / (2.0 + excess * faded)
    half = 0.5 * excess * faded
    rate = np.where(own > 0.0, excess / np.where(own > 0.0, own, 1.0), 0.0)
    gentle = abs(excess) < 1e-6 * abs(pull + root)
    rate = np.where(gentle, square / np.where(gentle, pull + root, 1.0), rate)
    by_level = speed * np.where(speed > 0.0, rate, 0.0) * (expiry - faded * log_ratio(half))
    log_moment = initial * by_initial + level * by_level
    climb = 0.5 * square - pull * by_initial + 0.5 * own * by_initial * by_initial
    by_expiry = initial * climb + speed * level * by_initial
    return log_moment, by_expiry, 2.0 * np.sqrt(initial) * by_initial


def less(pull, root, product):
    """Return ``pull - root``, where ``pull**2 - root**2`` is ``product``, without cancelling."""
    together = pull + root
    small = abs(pull - root) < abs(together)
    return np.where(small, product / np.where(small, together, 1.0), pull - root)


def fading(root, expiry):
    """Return ``(1 - exp(-root T)) / root``, ``T`` where the root is zero."""
    x = root * expiry
    near = abs(x) < 0.03
    safe = np.where(near, 1.0, x)
    series = 1.0 - x / 2.0 * (1.0 - x / 3.0 * (1.0 - x / 4.0 * (1.0 - x / 5.0 * (1.0 - x / 6.0))))
    series = np.where(near, series, 0.0)
    return expiry * np.where(near, series, (1.0 - np.exp(-safe)) / safe)


def log_ratio(z):
    """Return ``log(1 + z) / z``, 1 where ``z`` is zero (Kahan)."""
    up = 1.0 + z
    rounded = up - 1.0
    near = rounded == 0.0
    return np.where(near, 1.0, np.log(up) / np.where(near, 1.0, rounded))


def explosion_time(p, speed, vol_of_vol, correlation):
    """Return the expiry from which the moment of real order ``p`` outside 0 to 1 is infinite.

    Andersen and Piterbarg, *Finance and Stochastics* 11 (2007), proposition 3.1.
    """
    drift = correlation * vol_of_vol * p - speed
    square = drift * drift - vol_of_vol * vol_of_vol * p * (p - 1.0)
    root = np.sqrt(abs(square))
    with np.errstate(divide="ignore", invalid="ignore"):
        real = np.log((drift + root) / (drift - root)) / root
        turning = 2.0 * np.arctan2(root, drift) / root
    return np.where(square < 0.0, turning, np.where(drift > 0.0, real, np.inf))
