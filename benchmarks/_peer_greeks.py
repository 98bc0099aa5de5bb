"""First Greeks by bumping QuantLib's QdFp engine."""

from dataclasses import replace

import numpy as np

from benchmarks import _quantlib as quantlib
from benchmarks._sample import Floats, Sample

GREEKS = ("delta", "gamma", "theta", "vega", "rho", "dividend_rho")
BUMPED = ("spot", "volatility", "rate", "dividend_yield")
BUMPS = {"spot": 0.5, "volatility": 0.004, "rate": 0.002, "dividend_yield": 0.002}
# Weights of the values one and two bumps up, each less its mirror image below, and of the values
# one and two bumps away on both sides, in the first and second derivative.
SECOND_ORDER = ((0.5, 0.0), (1.0, 0.0))
FOURTH_ORDER = ((2.0 / 3.0, -1.0 / 12.0), (4.0 / 3.0, -1.0 / 12.0))

Weights = tuple[tuple[float, float], tuple[float, float]]


def bumped_greeks(sample: Sample, engine: quantlib.Engine, weights: Weights) -> dict[str, Floats]:
    """Greeks by name, (c,), from central differences with the weights given.

    Theta follows from the others: the value depends on the life ``T`` through ``sigma^2 T``,
    ``r T`` and ``q T`` only.
    """
    here = quantlib.values(sample, engine)
    by, bend = {}, np.zeros(len(sample))
    for name in BUMPED:
        first = np.zeros(len(sample))
        for steps, (one, two) in enumerate(zip(*weights, strict=True), start=1):
            if one:
                up, down = (
                    quantlib.values(_moved(sample, name, sign * steps), engine) for sign in (1, -1)
                )
                first += one * (up - down)
                bend += (name == "spot") * two * (up - 2.0 * here + down)
        by[name] = first / BUMPS[name]
    terms = sample.contracts
    by_life = 0.5 * terms.volatility * by["volatility"]
    by_life += terms.rate * by["rate"] + terms.dividend_yield * by["dividend_yield"]
    return {
        "delta": by["spot"],
        "gamma": bend / BUMPS["spot"] ** 2,
        "theta": -by_life / terms.expiry,
        "vega": by["volatility"],
        "rho": by["rate"],
        "dividend_rho": by["dividend_yield"],
    }


def _moved(sample: Sample, name: str, steps: int) -> Sample:
    """The sample with one of its numbers moved by some bumps."""
    move = steps * BUMPS[name]
    if name == "spot":
        return replace(sample, spots=sample.spots + move)
    column = getattr(sample.contracts, name) + move
    return replace(sample, contracts=replace(sample.contracts, **{name: column}))
