"""The value of a contract under Heston's model at any spot, variance and date."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.arguments import Number
from pdesolve.claim import Claim
from pdesolve.contract import Exercise
from pdesolve.heston.grid import follows_forward
from pdesolve.heston.model import Heston
from pdesolve.plane.grid import PlaneGrid
from pdesolve.plane.points import Window, points_on
from pdesolve.plane.reading import PlaneMarches

__all__ = ["HestonSurface"]

Floats = NDArray[np.float64]

# A value this close to exercise, in spots, is exercise.
ROUNDING = 1e-11


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HestonSurface:
    """Value of a contract at every spot and variance of a grid and every time to its expiry.

    Made by `solve_heston`.  All methods take array-likes that broadcast: ``spots`` in quote
    currency, ``time`` in years from today, ``variance`` at that time in decimals squared per year,
    by default the initial one of the model.  They answer in the shape of these, a float for single
    numbers, and raise ValueError outside the window; nothing is extrapolated.  At
    expiry they answer with the payoff and its derivatives, NaN at its kinks.

    Attributes
    ----------
    claim : Claim
        What was valued.
    model : Heston
        How the underlying moves.
    grid : PlaneGrid
        Nodes and levels of the finer of the two marches.
    window : pair of pairs
        The lowest and the highest spot and variance that may be read; nodes around are a margin.
    marches : PlaneMarches or None
        The values at nodes and levels; None without life.
    whole : HestonSurface or None
        Of a knock-in, the contract without the barrier, of which ``claim`` and ``marches`` are what
        a touch takes away.
    converged : bool
        Whether the estimated error met the tolerance asked for; true if none was.
    """

    claim: Claim
    model: Heston
    grid: PlaneGrid
    window: Window
    marches: PlaneMarches | None
    whole: "HestonSurface | None" = None
    converged: bool = True

    def value(
        self, spots: ArrayLike, time: ArrayLike = 0.0, variance: ArrayLike | None = None
    ) -> Number:
        """Value ``V`` in quote currency per unit of the underlying."""
        return self._read("value", spots, time, variance)

    def delta(
        self, spots: ArrayLike, time: ArrayLike = 0.0, variance: ArrayLike | None = None
    ) -> Number:
        """Derivative ``dV/dS`` at a fixed variance, units of the underlying."""
        return self._read("delta", spots, time, variance)

    def gamma(
        self, spots: ArrayLike, time: ArrayLike = 0.0, variance: ArrayLike | None = None
    ) -> Number:
        """Second derivative ``d2V/dS2``, units of the underlying per unit of quote currency."""
        return self._read("gamma", spots, time, variance)

    def variance_vega(
        self, spots: ArrayLike, time: ArrayLike = 0.0, variance: ArrayLike | None = None
    ) -> Number:
        """Derivative by the variance ``dV/dv``, quote currency per 1.00 of variance."""
        return self._read("variance_vega", spots, time, variance)

    def vega(
        self, spots: ArrayLike, time: ArrayLike = 0.0, variance: ArrayLike | None = None
    ) -> Number:
        """Derivative by the volatility, ``2 sqrt(v) dV/dv``, quote currency per 1.00."""
        return self._read("vega", spots, time, variance)

    def cross(
        self, spots: ArrayLike, time: ArrayLike = 0.0, variance: ArrayLike | None = None
    ) -> Number:
        """Mixed derivative ``d2V/dS dv``, units of the underlying per 1.00 of variance."""
        return self._read("cross", spots, time, variance)

    def theta(
        self, spots: ArrayLike, time: ArrayLike = 0.0, variance: ArrayLike | None = None
    ) -> Number:
        """Derivative by calendar time ``dV/dt``, quote currency per year.

        From the equation; 0 where exercise is due.
        """
        return self._read("theta", spots, time, variance)

    def error(
        self, spots: ArrayLike, time: ArrayLike = 0.0, variance: ArrayLike | None = None
    ) -> Number:
        """Estimated absolute error of `value`, in quote currency.

        How much the two finer grids changed what the two coarser ones gave, at the nodes around;
        usually some five to ten times the error that is left.
        """
        return self._read("error", spots, time, variance)

    def __repr__(self) -> str:
        (low, high), (_, highest) = self.window
        met = "" if self.converged else ", which misses the tolerance asked for"
        return (
            f"{self.claim.exercise.value.capitalize()} contract under Heston's model, "
            f"{self.claim.expiry:g} years to expiry: values at spots from {low:g} to {high:g} and "
            f"variances to {highest:g}, estimated error today at most {self.largest_error():.1e}"
            f"{met}"
        )

    def largest_error(self) -> float:
        """Largest estimated error today at any node of spot, at the initial variance."""
        low, high = self.window[0]
        spots = self.grid.spots[(self.grid.spots >= low) & (self.grid.spots <= high)]
        return float(np.max(self.error(spots)))

    def _read(
        self, name: str, spots: ArrayLike, time: ArrayLike, variance: ArrayLike | None
    ) -> Number:
        others = self.model.numbers.initial if variance is None else variance
        asked = {"spots": spots, "variance": others}
        points = points_on(self.window, self.claim.expiry, asked, time)
        out = np.empty(points.spots.size)
        for rows, left in points.by_date():
            greeks = self._greeks(points.spots[rows], points.others[rows], left)
            out[rows] = greeks[name]
        return points.shaped(out)

    def _greeks(self, spots: Floats, variances: Floats, left: float) -> dict[str, Floats]:
        """Value and derivatives by name at points (k,) of one date."""
        own = self._marched(spots, variances, left)
        if self.whole is None:
            return own
        whole = self.whole._marched(spots, variances, left)
        error = whole["error"] + own["error"]
        return {name: whole[name] - column for name, column in own.items()} | {"error": error}

    def _marched(self, spots: Floats, variances: Floats, left: float) -> dict[str, Floats]:
        """Value and derivatives by name of what was marched."""
        if self.marches is None or left == 0.0:
            return self._paid(spots)
        model, grows, discount = self.model, 1.0, 1.0
        if follows_forward(self.claim):
            grows = np.exp((model.rate - model.dividend_yield) * left)
            discount = np.exp(-model.rate * left)
        at = np.stack([grows * spots, variances])
        read = self.marches.read(left, self.grid.spots, self.grid.others, at)
        greeks = {
            "value": discount * read.value,
            "delta": discount * grows * read.slope,
            "gamma": discount * grows**2 * read.bend,
            "variance_vega": discount * read.side,
            "vega": discount * 2.0 * np.sqrt(variances) * read.side,
            "cross": discount * grows * read.cross,
            "error": discount * read.error,
        }
        greeks["theta"] = self._theta(greeks, discount * read.side_bend, spots, variances)
        return self._held(greeks, spots)

    def _theta(
        self, greeks: dict[str, Floats], volga: Floats, spots: Floats, variances: Floats
    ) -> Floats:
        """Derivative by time, from the equation; ``volga`` is that by the variance twice."""
        model, numbers = self.model, self.model.numbers
        carry = (model.rate - model.dividend_yield) * spots * greeks["delta"]
        pull = numbers.speed * (numbers.level - variances) * greeks["variance_vega"]
        mixed = numbers.correlation * numbers.vol_of_vol * spots * greeks["cross"]
        bends = spots**2 * greeks["gamma"] + numbers.vol_of_vol**2 * volga
        moves = variances * (0.5 * bends + mixed)
        return np.asarray(model.rate * greeks["value"] - carry - pull - moves)

    def _held(self, greeks: dict[str, Floats], spots: Floats) -> dict[str, Floats]:
        """Greeks (k,) with what exercise pays where it is due."""
        if self.claim.exercise is Exercise.EUROPEAN:
            return greeks
        paid = self._paid(spots)
        due = greeks["value"] <= paid["value"] + ROUNDING * spots
        due &= paid["value"] > 0.0
        return {name: np.where(due, paid[name], column) for name, column in greeks.items()} | {
            "value": np.maximum(greeks["value"], paid["value"])
        }

    def _paid(self, spots: Floats) -> dict[str, Floats]:
        """Payoff, or the rebate at a barrier, and its derivatives by name at spots (k,)."""
        payoff, barrier = self.claim.payoff, self.claim.barrier
        value, bends = payoff(spots), np.isin(spots, payoff.kinks)
        if barrier is not None and (not barrier.dates or self.claim.expiry in barrier.dates):
            value = np.where(barrier.touched(spots), barrier.rebate, value)
            bends = bends | np.isin(spots, barrier.levels)
        zero = np.where(bends, np.nan, 0.0)
        greeks = dict.fromkeys(("gamma", "variance_vega", "vega", "cross", "theta"), zero)
        delta = np.where(bends, np.nan, payoff.slope(spots))
        return {**greeks, "value": value, "delta": delta, "error": np.zeros(spots.size)}
