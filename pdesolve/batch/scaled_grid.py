"""Nodes and levels that all vanilla contracts share, in the coordinates of the batch."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.kernels.stencil import first_derivative, second_derivative

# In the scaled coordinate y = ln(S / K) / (vol sqrt(T)) the grid spans 6 standard deviations,
# beyond which a vanilla option differs from its asymptote by less than 1e-9 of the strike.
HALF_WIDTH = 6.0
STRETCH = 0.5  # standard deviations around the strike within which nodes are nearly even
TIME_POWER = 2.5  # levels at (j / m)**2.5 resolve the payoff's kink and the exercise boundary


class ScaledGrid(NamedTuple):
    """Nodes and levels that all vanilla contracts share in scaled coordinates.

    ``nodes`` (n + 1,) are ``stretch sinh(step (i - n / 2))`` with the strike in the middle,
    ``weights`` (4, n + 1) those of the neighbours below and above in the second and first
    derivative, ``times`` (m + 1,) shares of the contract's life.
    """

    nodes: NDArray[np.float64]
    weights: NDArray[np.float64]
    times: NDArray[np.float64]
    stretch: float
    step: float


@lru_cache(maxsize=32)
def scaled_grid(n_nodes: int, n_steps: int) -> ScaledGrid:
    """Grid of ``n_nodes`` cells (even) and ``n_steps`` steps in scaled coordinates."""
    step = 2.0 * math.asinh(HALF_WIDTH / STRETCH) / n_nodes
    nodes = STRETCH * np.sinh(step * (np.arange(n_nodes + 1) - n_nodes // 2))
    second, first = np.zeros((3, nodes.size)), np.zeros((3, nodes.size))
    second_derivative(nodes, second)
    first_derivative(nodes, first)
    weights = np.stack([second[0], first[0], second[2], first[2]])
    times = (np.arange(n_steps + 1) / n_steps) ** TIME_POWER
    return ScaledGrid(nodes, weights, times, STRETCH, step)
