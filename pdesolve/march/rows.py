"""A contract on spot nodes: rows in coordinates in which values stay small.

Rows run over ``z = ln(S / scale)``, ascending, and hold values in units of the scale.  A vanilla
call runs the other way and is valued in units of the spot, which makes it a put: in

    z = ln(S / K) for a put,    z = ln(K / S) for a call,

both are worth ``max(1 - exp(z), 0)`` at expiry (McDonald and Schroder, *J. Comput. Finance* 1,
1998).  Values stay below one however far the nodes reach, and exercise pays on rows from the first.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.kernels.stencil import first_derivative, second_derivative
from pdesolve.march.problem import Problem
from pdesolve.payoff import Payoff

__all__ = [
    "PUT",
    "Pieces",
    "Rows",
    "lay_rows",
    "share_of_cell",
    "smoothed_maximum",
    "smoothed_payoff",
]

Floats = NDArray[np.float64]


class Pieces(NamedTuple):
    """A payoff in rows: ``intercepts[i] + slopes[i] exp(z)`` from ``kinks[i - 1]`` on."""

    kinks: Floats
    intercepts: Floats
    slopes: Floats

    def __call__(self, places: Floats) -> Floats:
        """Return the payoff at ``places``, without loss of digits next to a kink."""
        piece = np.searchsorted(self.kinks, places, side="right")
        anchors = np.append(self.kinks[:1], self.kinks) if self.kinks.size else np.zeros(1)
        anchor = anchors[piece]
        growth = self.slopes[piece] * np.exp(anchor)
        return np.asarray(self.intercepts[piece] + growth + growth * np.expm1(places - anchor))

    def mean(self, start: float, stop: float) -> float:
        """Return the average over ``z`` from ``start`` to ``stop``, between which a kink lies."""
        inside = self.kinks[(self.kinks > start) & (self.kinks < stop)]
        ends, total = np.concatenate([[start], inside, [stop]]), 0.0
        for low, high in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            piece = int(np.searchsorted(self.kinks, low, side="right"))
            anchor = low if low > start else high
            growth = self.slopes[piece] * np.exp(anchor)
            total += (self.intercepts[piece] + growth) * (high - low)
            total += growth * (_exp_remainder(high - anchor) - _exp_remainder(low - anchor))
        return float(total / (stop - start))


PUT = Pieces(np.zeros(1), np.array([1.0, 0.0]), np.array([-1.0, 0.0]))
"""The payoff of a put of strike one, ``max(1 - exp(z), 0)``."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The nodes of a march, in its coordinates and units.

    Attributes
    ----------
    spots : (m,) array
        Nodes in quote currency, in the order of the rows.
    places : (m,) array
        ``z`` of the nodes, ascending.
    units : (m,) array
        Quote currency per unit of value: the scale, or the spot where rows run over a call.
    scale : float
        Spot at which ``z`` is 0, in quote currency.
    mirrored : bool
        Whether rows run over a call, from high spots to low.
    pieces : Pieces
        The payoff.
    payoff : (m,) array
        What exercise pays at the nodes, at a jump on its better side.
    second, first : (3, m) array
        Weights of the row before, the row and the row after in derivatives by ``z``.
    """

    spots: Floats
    places: Floats
    units: Floats
    scale: float
    mirrored: bool
    pieces: Pieces
    payoff: Floats
    second: Floats
    first: Floats

    def places_of(self, spots: Floats) -> Floats:
        """Return ``z`` at spots, in quote currency."""
        places: Floats = np.log(spots / self.scale)
        return -places if self.mirrored else places

    def spots_at(self, places: Floats) -> Floats:
        """Return spots at ``z``, in quote currency."""
        return np.asarray(self.scale * np.exp(-places if self.mirrored else places))

    def units_of(self, spots: Floats) -> Floats:
        """Return the quote currency per unit of value at spots."""
        return spots if self.mirrored else np.full(spots.shape, self.scale)


def lay_rows(problem: Problem, spots: Floats) -> Rows:
    """Lay out a contract on spot nodes.

    Parameters
    ----------
    problem : Problem
        What is valued.
    spots : (m,) array
        Nodes in quote currency, ascending.

    Returns
    -------
    Rows
    """
    option = problem.option
    mirrored = problem.mirrored
    outwards = spots[::-1].copy() if mirrored else spots
    if option is not None:
        scale = option.strike
    else:
        levels = problem.claim.levels
        scale = levels[len(levels) // 2] if levels else float(np.sqrt(spots[0] * spots[-1]))
    places = np.log(outwards / scale)
    if mirrored:
        places = -places
    second, first = np.empty((3, places.size)), np.empty((3, places.size))
    second_derivative(places, second)
    first_derivative(places, first)
    units = outwards if mirrored else np.full(outwards.size, scale)
    pieces = PUT if mirrored else _pieces(problem.claim.payoff, scale)
    payoff = pieces(places)
    jumps = (outwards[:, None] == problem.claim.payoff.kinks).any(axis=1)
    payoff[jumps] = problem.claim.payoff.best(outwards[jumps]) / units[jumps]
    return Rows(outwards, places, units, scale, mirrored, pieces, payoff, second, first)


def _pieces(payoff: Payoff, scale: float) -> Pieces:
    return Pieces(np.log(payoff.kinks / scale), payoff.intercepts / scale, payoff.slopes + 0.0)


def smoothed_payoff(places: Floats, pieces: Pieces = PUT) -> Floats:
    """Payoff at ``places`` (m,), averaged over the cells of its kinks and jumps.

    The cell of a node ends midway to its neighbours (Pooley, Vetzal and Forsyth, *J. Comput.
    Finance* 6, 2003).
    """
    payoff = pieces(places)
    middles = 0.5 * (places[1:] + places[:-1])
    for k in set(np.searchsorted(middles, pieces.kinks).tolist()) - {0, middles.size}:
        payoff[k] = pieces.mean(float(middles[k - 1]), float(middles[k]))
    return payoff


def smoothed_maximum(places: Floats, values: Floats, others: Floats) -> Floats:
    """Return the greater of two rows (m,), averaged over the cells in which they cross.

    Between nodes their difference runs straight.
    """
    out, gaps = np.maximum(values, others), others - values
    middles = 0.5 * (places[1:] + places[:-1])
    for i in np.flatnonzero(gaps[:-1] * gaps[1:] < 0.0).tolist():
        slope = (gaps[i + 1] - gaps[i]) / (places[i + 1] - places[i])
        root = places[i] - gaps[i] / slope
        k = int(np.searchsorted(middles, root))
        if 0 < k < middles.size:
            side = middles[k] - root if slope > 0.0 else root - middles[k - 1]
            out[k] = values[k] + 0.5 * abs(slope) * side**2 / (middles[k] - middles[k - 1])
    return out


def share_of_cell(places: Floats, wall: float, *, below: bool) -> tuple[int, float, float]:
    """Return the cell of ``places`` (m,) that a wall divides, and the part of it on one side.

    Its number, from 0 to ``m - 1``, the share of it below the wall or above, and the middle of that
    part.
    """
    middles = 0.5 * (places[1:] + places[:-1])
    k = int(np.searchsorted(middles, wall))
    if not 0 < k < middles.size:
        return k, 1.0, wall
    low, high = float(middles[k - 1]), float(middles[k])
    end = low if below else high
    return k, abs(wall - end) / (high - low), 0.5 * (end + wall)


def _exp_remainder(a: float) -> float:
    """``exp(a) - 1 - a``, by its series where the difference would lose digits."""
    if abs(a) > 1.0:
        return float(np.expm1(a) - a)
    total = 0.0
    for order in range(18, 1, -1):
        total = (total + 1.0) * a / order
    return total * a
