"""Smiles at several expiries, and the volatility between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import _check
from margin.smile import NODES, Smile

__all__ = ["CalendarCheck", "SmileSurface"]

Floats = NDArray[np.float64]

LARGEST_MONEYNESS = 3.0
"""Calendar arbitrage is looked for at strikes of 5 % to 2000 % of the forward."""


@dataclass(frozen=True, slots=True)
class CalendarCheck:
    """Whether total variance does not fall from one expiry to the next.

    Attributes
    ----------
    earlier, later : float
        Years to the two expiries.
    least_gain : float
        Least of the later total variance less the earlier one, at equal log-moneyness.
    at : float
        Log-moneyness of that value.

    Examples
    --------
    >>> from margin.smile_surface import CalendarCheck
    >>> CalendarCheck(0.25, 0.5, least_gain=-0.001, at=-1.2).holds
    False
    """

    earlier: float
    later: float
    least_gain: float
    at: float

    @property
    def holds(self) -> bool:
        """Whether there is no such arbitrage."""
        return self.least_gain >= 0.0


@dataclass(frozen=True, slots=True)
class SmileSurface:
    """Implied volatility at every strike and expiry, from smiles at some expiries.

    Total variance is linear in time at constant ``ln(strike / forward)``; before the first and
    after the last expiry it is in proportion to time.  The log of the forward is linear in time.

    Attributes
    ----------
    spot : float
        Price now, in quote currency.
    smiles : tuple of Smile
        At least one, kept in the order of their expiries.

    Raises
    ------
    ValueError
        If there is no smile, or two have the same expiry.

    Examples
    --------
    >>> from margin.smile import Smile
    >>> from margin.smile_surface import SmileSurface
    >>> near, far = Smile(0.25, 100.0, a=0.01), Smile(1.0, 100.0, a=0.09)
    >>> SmileSurface(100.0, (near, far)).volatility(100.0, [0.25, 1.0]).round(4)
    array([0.2, 0.3])
    """

    spot: float
    smiles: tuple[Smile, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "spot", _check.positive("spot", self.spot))
        smiles = tuple(sorted(self.smiles, key=lambda smile: smile.years))
        if not smiles:
            raise ValueError("smiles must hold at least one smile, got none")
        for earlier, later in pairwise(smiles):
            if earlier.years == later.years:
                raise ValueError(f"smiles must hold an expiry once, got {later.years!r} twice")
        object.__setattr__(self, "smiles", smiles)

    def forward(self, years: ArrayLike) -> Floats:
        """Forward in quote currency, after times in years."""
        times = np.array([0.0, *(smile.years for smile in self.smiles)])
        growth = np.log([1.0, *(smile.forward / self.spot for smile in self.smiles)])
        at = np.asarray(years, dtype=float)
        beyond = np.maximum(at / times[-1], 1.0)
        return np.asarray(self.spot * np.exp(np.interp(at, times, growth) * beyond))

    def volatility(self, strike: ArrayLike, years: ArrayLike) -> Floats:
        """Implied volatility, a decimal per root year.

        Parameters
        ----------
        strike : float or array
            In quote currency.
        years : float or array
            Years to the expiry, positive.

        Returns
        -------
        array
            Of the shape to which both broadcast.

        Raises
        ------
        ValueError
            If a strike or a time is not positive.
        """
        strikes, times = np.broadcast_arrays(
            np.asarray(strike, dtype=float), np.asarray(years, dtype=float)
        )
        if not (np.all(strikes > 0.0) and np.all(times > 0.0)):
            raise ValueError("strike and years must be positive")
        k = np.log(strikes / self.forward(times))
        return np.asarray(np.sqrt(self._total_variance(k, times) / times))

    def _total_variance(self, k: Floats, times: Floats) -> Floats:
        """Linear in time between the slices, which are arrays of one shape."""
        ends = np.array([smile.years for smile in self.smiles])
        slices = np.stack([smile.total_variance(k) for smile in self.smiles])
        later = np.clip(np.searchsorted(ends, times), 0, ends.size - 1)
        earlier = np.maximum(later - 1, 0)
        right = np.take_along_axis(slices, later[None], axis=0)[0]
        left = np.take_along_axis(slices, earlier[None], axis=0)[0]
        inside = (times > ends[0]) & (times <= ends[-1])
        span = np.where(inside, ends[later] - ends[earlier], 1.0)
        share = np.where(inside, (times - ends[earlier]) / span, 0.0)
        between = left + share * (right - left)
        return np.asarray(np.where(inside, between, right * times / ends[later]))

    def moved(self, factor: float) -> "SmileSurface":
        """The surface after spot and forwards moved, each smile kept in moneyness.

        A strike at the same ratio to the forward, hence of the same delta, keeps its volatility.

        Parameters
        ----------
        factor : float
            New spot over the old one, positive.

        Returns
        -------
        SmileSurface

        Examples
        --------
        >>> from margin.smile import Smile
        >>> from margin.smile_surface import SmileSurface
        >>> surface = SmileSurface(100.0, (Smile(0.5, 100.0, 0.01, 0.1, -0.5, 0.0, 0.1),))
        >>> float(surface.volatility(90.0, 0.5)), float(surface.moved(1.1).volatility(99.0, 0.5))
        (0.2441, 0.2441)
        """
        scale = _check.positive("factor", factor)
        smiles = (replace(smile, forward=scale * smile.forward) for smile in self.smiles)
        return SmileSurface(scale * self.spot, tuple(smiles))

    def calendar(self) -> tuple[CalendarCheck, ...]:
        """Look for calendar arbitrage between every two neighbouring expiries.

        Returns
        -------
        tuple of CalendarCheck
            One fewer than smiles.
        """
        return tuple(_calendar(pair) for pair in pairwise(self.smiles))


def _calendar(pair: Sequence[Smile]) -> CalendarCheck:
    earlier, later = pair
    nodes = np.concatenate([smile.m + smile.sigma * NODES for smile in pair])
    nodes = nodes[np.abs(nodes) <= LARGEST_MONEYNESS]
    gains = later.total_variance(nodes) - earlier.total_variance(nodes)
    worst = int(np.argmin(gains))
    return CalendarCheck(earlier.years, later.years, float(gains[worst]), float(nodes[worst]))
