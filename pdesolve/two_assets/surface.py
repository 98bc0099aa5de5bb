"""The value of a contract on two assets at any spots and date."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.arguments import Number
from pdesolve.contract import Exercise
from pdesolve.plane.grid import PlaneGrid
from pdesolve.plane.points import Window, points_on
from pdesolve.plane.reading import PlaneMarches
from pdesolve.two_assets.contract import BasketOption
from pdesolve.two_assets.grid import follows_forwards, placed
from pdesolve.two_assets.model import TwoAssets

__all__ = ["TwoAssetSurface"]

Floats = NDArray[np.float64]

# A value this close to exercise, in spots, is exercise.
ROUNDING = 1e-11
N_ASKED = 41  # spots of each asset at which the largest error is looked for


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TwoAssetSurface:
    """Value of a contract at every pair of spots of a grid and every time to its expiry.

    Made by `solve_two_assets`.  All methods take array-likes that broadcast: ``spots`` and
    ``others``, of the first and the second asset, in quote currency, and ``time`` in years from
    today.  They answer in the shape of these, a float for single numbers, and raise ValueError
    outside the window; nothing is extrapolated.  At expiry they answer with the payoff
    and its derivatives, NaN at its kink.

    Attributes
    ----------
    contract : BasketOption
        What was valued.
    model : TwoAssets
        How the underlyings move.
    grid : PlaneGrid
        Nodes and levels of the finest of the marches.
    window : pair of pairs
        The lowest and the highest spot of each asset that may be read; nodes around are a margin.
    marches : PlaneMarches or None
        The values at nodes and levels; None without life.
    converged : bool
        Whether the estimated error met the tolerance asked for; true if none was.
    """

    contract: BasketOption
    model: TwoAssets
    grid: PlaneGrid
    window: Window
    marches: PlaneMarches | None
    converged: bool = True

    def value(self, spots: ArrayLike, others: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Value ``V`` in quote currency."""
        return self._read("value", spots, others, time)

    def delta(self, spots: ArrayLike, others: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Derivative ``dV/dS1``, units of the first asset."""
        return self._read("delta", spots, others, time)

    def other_delta(self, spots: ArrayLike, others: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Derivative ``dV/dS2``, units of the second asset."""
        return self._read("other_delta", spots, others, time)

    def gamma(self, spots: ArrayLike, others: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Second derivative ``d2V/dS1^2``, units of the asset per unit of quote currency."""
        return self._read("gamma", spots, others, time)

    def other_gamma(self, spots: ArrayLike, others: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Second derivative ``d2V/dS2^2``, units of the asset per unit of quote currency."""
        return self._read("other_gamma", spots, others, time)

    def cross_gamma(self, spots: ArrayLike, others: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Mixed derivative ``d2V/dS1 dS2``, units of an asset per unit of quote currency."""
        return self._read("cross_gamma", spots, others, time)

    def theta(self, spots: ArrayLike, others: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Derivative by calendar time ``dV/dt``, quote currency per year.

        From the equation; 0 where exercise is due.
        """
        return self._read("theta", spots, others, time)

    def error(self, spots: ArrayLike, others: ArrayLike, time: ArrayLike = 0.0) -> Number:
        """Estimated absolute error of `value`, in quote currency.

        How much the two finer grids changed what the two coarser ones gave, at the nodes around;
        usually some five to ten times the error that is left.
        """
        return self._read("error", spots, others, time)

    def largest_error(self) -> float:
        """Largest estimated error today in the window, in quote currency."""
        spots, others = (np.geomspace(*ends, N_ASKED) for ends in self.window)
        return float(np.max(self.error(spots[:, None], others)))

    def __repr__(self) -> str:
        (low, high), (other_low, other_high) = self.window
        met = "" if self.converged else ", which misses the tolerance asked for"
        return (
            f"{self.contract.exercise.value.capitalize()} contract on two assets, "
            f"{self.contract.expiry:g} years to expiry: values at spots from {low:g} to {high:g} "
            f"and from {other_low:g} to {other_high:g}, estimated error today at most "
            f"{self.largest_error():.1e}{met}"
        )

    def _read(self, name: str, spots: ArrayLike, others: ArrayLike, time: ArrayLike) -> Number:
        asked = {"spots": spots, "others": others}
        points = points_on(self.window, self.contract.expiry, asked, time)
        out = np.empty(points.spots.size)
        for rows, left in points.by_date():
            out[rows] = self._greeks(points.spots[rows], points.others[rows], left)[name]
        return points.shaped(out)

    def _greeks(self, spots: Floats, others: Floats, left: float) -> dict[str, Floats]:
        """Value and derivatives by name at points (k,) of one date."""
        if self.marches is None or left == 0.0:
            return self._paid(spots, others)
        grows, discount = (1.0, 1.0), 1.0
        if follows_forwards(self.contract):
            grows, discount = self.model.growths(left), np.exp(-self.model.rate * left)
        at = placed(self.contract, self.model, spots, others, left)
        read = self.marches.read(left, self.grid.spots, self.grid.others, at)
        slope, along = self.model.slope / spots, grows[0] * read.slope
        mixed = grows[0] * read.cross
        greeks = {
            "value": read.value,
            "delta": along - slope * read.side,
            "other_delta": read.side / others,
            "gamma": grows[0] ** 2 * read.bend
            + slope * (slope * read.side_bend - 2.0 * mixed + read.side / spots),
            "other_gamma": (read.side_bend - read.side) / others**2,
            "cross_gamma": (mixed - slope * read.side_bend) / others,
            "error": read.error,
        }
        greeks = {name: discount * column for name, column in greeks.items()}
        greeks["theta"] = self._theta(greeks, spots, others)
        return self._held(greeks, spots, others)

    def _theta(self, greeks: dict[str, Floats], spots: Floats, others: Floats) -> Floats:
        """Derivative by time, from the equation."""
        model, (first, second) = self.model, self.model.volatilities
        carry = (model.rate - model.dividend_yields[0]) * spots * greeks["delta"]
        carry += (model.rate - model.dividend_yields[1]) * others * greeks["other_delta"]
        bends = (first * spots) ** 2 * greeks["gamma"]
        bends += (second * others) ** 2 * greeks["other_gamma"]
        mixed = first * second * spots * others * greeks["cross_gamma"]
        moves = 0.5 * bends + model.correlation * mixed
        return np.asarray(model.rate * greeks["value"] - carry - moves)

    def _held(self, greeks: dict[str, Floats], spots: Floats, others: Floats) -> dict[str, Floats]:
        """Greeks (k,) with what exercise pays where it is due."""
        if self.contract.exercise is Exercise.EUROPEAN:
            return greeks
        paid = self._paid(spots, others)
        near = greeks["value"] <= paid["value"] + ROUNDING * (spots + others)
        due = near & (paid["value"] > 0.0)
        held = {name: np.where(due, paid[name], column) for name, column in greeks.items()}
        return held | {"value": np.maximum(greeks["value"], paid["value"])}

    def _paid(self, spots: Floats, others: Floats) -> dict[str, Floats]:
        """Payoff and its derivatives by name at points (k,)."""
        contract, (first, second) = self.contract, self.contract.weights
        worth = float(contract.right) * (first * spots + second * others - contract.strike)
        zero = np.where(worth == 0.0, np.nan, 0.0)
        names = ("gamma", "other_gamma", "cross_gamma", "theta")
        taken = float(contract.right) * np.where(worth > 0.0, 1.0, zero)
        return {
            **dict.fromkeys(names, zero),
            "value": np.maximum(worth, 0.0),
            "delta": first * taken,
            "other_delta": second * taken,
            "error": np.zeros(spots.size),
        }
