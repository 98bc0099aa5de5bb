"""Seeded contracts and barriers for the tests of barrier options."""

import numpy as np


def contracts(n=100, seed=0):
    draw = np.random.default_rng(seed).uniform
    return {
        "spot": np.full(n, 100.0),
        "strike": draw(70.0, 140.0, n),
        "expiry": np.ceil(365.0 * draw(0.05, 3.0, n)) / 365.0,
        "vol": draw(0.05, 0.7, n),
        "rate": draw(0.0, 0.12, n),
        "div_yield": draw(-0.02, 0.1, n),
    }


def levels(kind, n=100, seed=1):
    share = np.random.default_rng(seed).uniform(0.005, 0.4, n)
    return 100.0 * (1.0 + share if kind.startswith("up") else 1.0 - share)
