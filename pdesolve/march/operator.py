"""A model on the rows of a contract: the bands of its generator, and what exercise needs.

With the mean variance ``v`` of a step the value in rows obeys

    dV/dtau = v / 2 V_zz + (gain - loss - v / 2) V_z - gain V,

where ``gain``, what early exercise earns on what is paid out, is the rate, and ``loss``, on what is
given up, the yield; for rows that run over a call they change places.  Jumps of intensity
``lambda`` by ``kappa`` on average take ``lambda kappa`` from the drift; how they change the value
is an integral of its own.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from pdesolve.kernels.march import FLOOR
from pdesolve.march.problem import Problem
from pdesolve.march.rows import Rows

__all__ = ["Operator", "Region", "exercise_rates", "exercise_region", "operator_over"]

Floats = NDArray[np.float64]

NEVER = -1.0  # the room of rows out of the money, where exercise cannot pay


class Region(Enum):
    """Where exercise before expiry can pay: nowhere, on rows from the first, or anywhere."""

    NOWHERE = "nowhere"
    FROM_FIRST = "from first"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """The generator of a model on rows, over the steps of a march.

    Attributes
    ----------
    bands : (s, 3, m) array
        Weights of the row before, the row, the row after, per year; 0 in the end rows.  One for
        each step, or one for all.
    bound : (s, 3, m) array
        What early exercise needs, in the rows that `pdesolve.kernels.march` names: the exercise
        value, minus infinity where it is not allowed or never pays, and two about the boundary.
        Under jumps (s, 4, m), with the row that `pdesolve.kernels.jump_march` adds.
    """

    bands: Floats
    bound: Floats


def exercise_region(problem: Problem, starts: Floats, stops: Floats) -> Region:
    """Where a contract can be best exercised before expiry, but for dates of its own.

    Parameters
    ----------
    problem : Problem
        What is valued.
    starts, stops : (s,) array
        Periods of calendar time in years.

    Returns
    -------
    Region
    """
    if not problem.american:
        return Region.NOWHERE
    if problem.option is None or problem.escrowed:
        return Region.ANYWHERE
    gain, loss = exercise_rates(problem, starts, stops)
    pays = (gain > 0.0) | (loss < gain)
    if not pays.any():
        return Region.NOWHERE
    between = (gain < 0.0) & (loss < gain)
    return Region.ANYWHERE if between.any() else Region.FROM_FIRST


def operator_over(
    problem: Problem, rows: Rows, region: Region, starts: Floats, stops: Floats
) -> Operator:
    """Put a model on rows for steps of a march.

    Parameters
    ----------
    problem : Problem
        What is valued.
    rows : Rows
        Of ``m`` nodes.
    region : Region
        Where exercise can pay.
    starts, stops : (s,) array
        The steps in calendar time, years; one is enough where coefficients are constant.

    Returns
    -------
    Operator
    """
    jumps = problem.jumps
    gain, loss = (each[:, None] for each in exercise_rates(problem, starts, stops))
    diffusion = 0.5 * problem.model.variances(rows.spots, starts, stops)
    lost = loss if jumps is None else loss + jumps.intensity * jumps.mean_jump
    drift = gain - lost - diffusion
    bands = diffusion[:, None] * rows.second + drift[:, None] * rows.first
    bands[:, 1, 1:-1] -= gain
    bound = np.ones((1, 3, rows.places.size))
    bound[:, FLOOR] = -np.inf
    if region is Region.FROM_FIRST:
        bound = _bound(rows, gain, lost, diffusion)
    elif region is Region.ANYWHERE:
        bound[:, FLOOR] = rows.payoff
    if jumps is not None:
        cells = np.diff(rows.places, prepend=rows.places[0])
        curb = np.where(rows.places < 0.0, 0.5 * cells**2 / diffusion, 0.0)
        rows_of_bound = np.broadcast_arrays(*bound.transpose(1, 0, 2), curb)
        bound = np.stack(rows_of_bound, axis=1)
    return Operator(bands, bound)


def exercise_rates(problem: Problem, starts: Floats, stops: Floats) -> tuple[Floats, Floats]:
    """Return what early exercise earns on what is paid out, and loses on what is given up.

    Parameters
    ----------
    problem : Problem
        What is valued.
    starts, stops : (s,) array
        Periods of calendar time in years, over which rates are averaged.

    Returns
    -------
    gain, loss : (s,) array
        Per year.
    """
    model = problem.model
    rate, dividend_yield = (each.mean(starts, stops) for each in (model.rates, model.yields))
    return (dividend_yield, rate) if problem.mirrored else (rate, dividend_yield)


def _bound(rows: Rows, gain: Floats, loss: Floats, diffusion: Floats) -> Floats:
    """Floor, room and flattening of each row, (s, 3, m), as the kernels name them.

    At the exercise boundary the second derivative jumps by ``(gain - loss exp(z)) / diffusion``.
    Out of the money exercise cannot pay.
    """
    z = rows.places
    cells = np.diff(z, prepend=z[0])
    room = 0.5 * cells**2 * (gain - loss * np.exp(z)) / diffusion
    slant = (gain - loss - diffusion) / diffusion
    flatter = 1.0 + np.maximum(-slant * cells / 3.0, 0.0)
    bound = np.empty((max(room.shape[0], flatter.shape[0]), 3, z.size))
    bound[:, 0], bound[:, 1], bound[:, 2] = rows.payoff, np.where(z < 0.0, room, NEVER), flatter
    return bound
