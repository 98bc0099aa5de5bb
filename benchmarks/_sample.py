"""Contracts drawn at random, each with its own spot: the standard set, and one of everything."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdesolve import Contracts

Floats = NDArray[np.float64]

STRIKE = 100.0
DAYS_A_YEAR = 365
STANDARD_SEED, FRESH_SEED = 7, 1901  # the second was never looked at while the engine was made
FIRST_DAY, LAST_DAY = 37, 1095


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Contracts with a spot each; lives are whole days, so that peers can count in dates."""

    spots: Floats
    days: NDArray[np.int64]
    contracts: Contracts

    def __len__(self) -> int:
        return self.spots.size

    def take(self, rows: NDArray[np.int64]) -> "Sample":
        """The sample's rows asked for, in that order."""
        return Sample(self.spots[rows], self.days[rows], self.contracts.take(rows))

    def tiled(self, n_contracts: int) -> "Sample":
        """The same contracts over and over, ``n_contracts`` in all."""
        return self.take(np.arange(n_contracts) % len(self))


def standard_set(seed: int, n_contracts: int = 200, *, american: bool = True) -> Sample:
    """Spot 80 to 120, 0.1 to 3 years, volatility 10 to 60 %, rate 0 to 10 %, yield 0 to 8 %."""
    draw = np.random.default_rng(seed)
    spots = draw.uniform(80.0, 120.0, n_contracts)
    days = draw.integers(FIRST_DAY, LAST_DAY + 1, n_contracts)
    vols = draw.uniform(0.1, 0.6, n_contracts)
    rates, yields = draw.uniform(0.0, 0.1, n_contracts), draw.uniform(0.0, 0.08, n_contracts)
    return _sample(spots, days, (vols, rates, yields), american=american)


def wide_set(seed: int, n_contracts: int, *, american: bool) -> Sample:
    """One day to thirty years, 1 to 300 %, rate -2 to 15 %, yield 0 to 15 %, spot 20 to 500.

    Lives, volatilities and spots are uniform in their logarithms, so that each decade counts.
    """
    draw = np.random.default_rng(seed)

    def spread(low: float, high: float) -> Floats:
        return np.exp(draw.uniform(np.log(low), np.log(high), n_contracts))

    spots, vols = STRIKE * spread(0.2, 5.0), spread(0.01, 3.0)
    days = np.rint(spread(1.0, 30.0 * DAYS_A_YEAR)).astype(np.int64)
    rates, yields = draw.uniform(-0.02, 0.15, n_contracts), draw.uniform(0.0, 0.15, n_contracts)
    return _sample(spots, days, (vols, rates, yields), american=american)


def _sample(
    spots: Floats, days: NDArray[np.int64], market: tuple[Floats, Floats, Floats], *, american: bool
) -> Sample:
    """Puts and calls by turns, all of one strike; ``market`` holds volatility, rate and yield."""
    rights = np.where(np.arange(spots.size) % 2 == 0, -1, 1)
    contracts = Contracts(rights, STRIKE, days / DAYS_A_YEAR, *market, american)
    return Sample(spots, days, contracts)
