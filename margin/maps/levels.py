"""Spots at whose volatilities an account is solved, where volatilities move with the spot."""

from dataclasses import replace
from math import ceil, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from margin.maps.diagonal import BEYOND
from margin.maps.dynamics import VolDynamics
from margin.market import HIGHEST_VOLATILITY, Market
from margin.revaluation import Revaluation

__all__ = ["followed_span", "level_spots", "moved_market"]

Floats = NDArray[np.float64]


def followed_span(
    dynamics: VolDynamics, spot: float, span: tuple[float, float]
) -> tuple[float, float]:
    """The part of a range of spots over which volatilities are followed."""
    factor = float(np.exp(min(dynamics.reach, 700.0)))
    return max(span[0], spot / factor), min(span[1], spot * factor)


def level_spots(dynamics: VolDynamics, span: tuple[float, float]) -> Floats:
    """Spots at whose volatilities the account is solved, evenly spread in the log."""
    cells = max(1, ceil(log(span[1] / span[0]) / dynamics.step))
    step = log(span[1] / span[0]) / cells
    found: Floats = span[0] * np.exp(step * np.arange(-BEYOND, cells + BEYOND + 1))
    return found


def moved_market(known: Revaluation, dynamics: VolDynamics, spot: float) -> Market:
    """The market with the volatilities of a spot; the spot itself stays.

    Raises
    ------
    ValueError
        If a volatility leaves the range from 0 to 500 %.
    """
    vols: dict[Any, float] = dict(known.market.vols)
    for contract in known.contracts:
        vols[contract] = known.market.volatility(contract) * dynamics.factor(
            contract, known.market, spot
        )
        if not 0.0 < vols[contract] <= HIGHEST_VOLATILITY:
            raise ValueError(
                f"{dynamics.name} takes the volatility of {contract} to {vols[contract]:.4g} at a "
                f"spot of {spot:.6g}; narrow the range of spots"
            )
    return replace(known.market, vols=vols)
