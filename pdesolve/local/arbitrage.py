"""Arbitrage that an implied surface allows: spreads that cost less than nothing."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from pdesolve.local.implied_surface import ImpliedSurface
from pdesolve.local.splines import SplineReading

__all__ = ["Arbitrage", "Violation", "density_factor", "violations"]

Floats = NDArray[np.float64]

LOOKS = 16  # places looked at between two neighbouring quotes
ROUNDING = 1e-10  # of total variance, and of the density, that is not arbitrage


class Arbitrage(Enum):
    """What a surface may allow for nothing: a butterfly spread or a calendar spread."""

    BUTTERFLY = "butterfly"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Violation:
    """A stretch of an implied surface that allows arbitrage, by its worst place.

    Attributes
    ----------
    arbitrage : Arbitrage
        Of which kind.
    time : float
        Years: of a butterfly its expiry, of a calendar spread the later one.
    log_moneyness : float
        ``ln(K / F)`` of the worst place.
    lowest, highest : float
        Ends of the stretch, ``ln(K / F)``.
    amount : float
        Of a butterfly by how much `density_factor` is below zero; of a calendar spread by how much
        total variance falls from the expiry before.
    """

    arbitrage: Arbitrage
    time: float
    log_moneyness: float
    lowest: float
    highest: float
    amount: float

    def __str__(self) -> str:
        return (
            f"{self.arbitrage.value} arbitrage of {self.amount:.2g} at {self.time:g} years and "
            f"log-moneyness {self.log_moneyness:.3g}"
        )


def violations(surface: ImpliedSurface) -> tuple[Violation, ...]:
    """Look for arbitrage in an implied surface, at and between its quotes.

    Butterflies are looked at on each expiry and midway to the one before, as far as strikes are
    quoted; calendar spreads from each expiry to the next, where both are.

    Parameters
    ----------
    surface : ImpliedSurface
        What is looked at.

    Returns
    -------
    tuple of Violation
        In the order of time; empty if there are none.

    References
    ----------
    Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces", *Quantitative Finance* 14
    (2014), section 2.

    Examples
    --------
    A smile so steep that total variance at a strike falls with time:

    >>> from pdesolve import ImpliedSurface, violations
    >>> smiles = [[0.09, 0.04, 0.02], [0.08, 0.05, 0.04]]
    >>> surface = ImpliedSurface([0.5, 1.0], [[-0.4, 0.0, 0.4]] * 2, smiles)
    >>> for violation in violations(surface):
    ...     print(violation)
    calendar arbitrage of 0.01 at 1 years and log-moneyness -0.4
    """
    found: list[Violation] = []
    for i in range(surface.expiries.size):
        found += _butterflies(surface, i) + (_calendars(surface, i) if i else [])
    return tuple(found)


def density_factor(log_moneyness: Floats, smile: SplineReading) -> Floats:
    """Return Durrleman's function of a smile, to which the density of spot is proportional.

        g = (1 - k w' / (2 w))^2 - w'^2 / 4 (1 / w + 1 / 4) + w'' / 2

    Where it is negative a butterfly spread costs less than nothing.

    Parameters
    ----------
    log_moneyness : array
        ``k``.
    smile : SplineReading
        Total variance ``w`` there and its derivatives, of the shape of ``k``.

    Returns
    -------
    array
        Of the same shape.
    """
    variance, slope = smile.value, smile.slope
    level = (1.0 - 0.5 * log_moneyness * slope / variance) ** 2
    factor = level - 0.25 * slope**2 * (1.0 / variance + 0.25) + 0.5 * smile.bend
    return np.asarray(factor)


def _butterflies(surface: ImpliedSurface, i: int) -> list[Violation]:
    """Return the stretches of butterfly arbitrage midway to an expiry, and on it."""
    before = surface.expiries[i - 1] if i else 0.0
    found = []
    for time in (0.5 * (before + surface.expiries[i]), surface.expiries[i]):
        low, high = surface.quoted(np.asarray(time))
        at = _between(np.unique(np.clip(surface.log_moneyness[i], low, high)))
        factor = density_factor(at, surface.read(at, np.asarray(time)))
        found += _stretches(Arbitrage.BUTTERFLY, float(time), at, -factor)
    return found


def _calendars(surface: ImpliedSurface, i: int) -> list[Violation]:
    """Return the stretches over which total variance falls from the expiry before."""
    early, late = surface.log_moneyness[i - 1 : i + 1]
    low, high = max(early[0], late[0]), min(early[-1], late[-1])
    if low >= high:
        return []
    at = _between(np.unique(np.clip(np.concatenate([early, late]), low, high)))
    before, after = (surface.read(at, time).value for time in surface.expiries[i - 1 : i + 1])
    return _stretches(Arbitrage.CALENDAR, float(surface.expiries[i]), at, before - after)


def _between(knots: Floats) -> Floats:
    """Return the knots and places between each two of them."""
    shares = np.arange(LOOKS) / LOOKS
    inner = knots[:-1, None] + np.diff(knots)[:, None] * shares
    return np.append(inner.ravel(), knots[-1])


def _stretches(kind: Arbitrage, time: float, at: Floats, amounts: Floats) -> list[Violation]:
    """Return a record of each run of positive amounts."""
    wrong = amounts > ROUNDING
    edges = np.flatnonzero(np.diff(wrong, prepend=False, append=False))
    found = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        worst = start + int(np.argmax(amounts[start:stop]))
        ends = float(at[start]), float(at[stop - 1])
        found.append(Violation(kind, time, float(at[worst]), *ends, float(amounts[worst])))
    return found
