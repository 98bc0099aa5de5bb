"""Jumps of spot as a march takes them: what they add to the drift, and how far they go."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pdesolve.jumping.jump_integral import JumpDensity, JumpWeights, jump_density, jump_weights
from pdesolve.jumping.jump_law import ExponentialJumps, NormalJumps

__all__ = ["SpotJumps", "spot_jumps"]

Floats = NDArray[np.float64]

# A jump that goes further has a chance of less than 1e-8.
NORMAL_REACH = 5.7  # deviations beyond the mean
EXPONENTIAL_REACH = 18.4  # mean jumps


@dataclass(frozen=True, slots=True, eq=False)
class SpotJumps:
    """Jumps that multiply spot by ``exp(J)``.

    Attributes
    ----------
    intensity : float
        ``lambda``, expected number of jumps per year.
    mean_jump : float
        ``k = E exp(J) - 1``.
    mean_square : float
        ``E J**2``.
    reach : float
        How far a jump may go in log spot, decimals.
    density : JumpDensity
        Of ``J``.
    """

    intensity: float
    mean_jump: float
    mean_square: float
    reach: float
    density: JumpDensity

    def deviation(self, expiry: float) -> float:
        """Return the deviation of log spot by jumps over a life in years."""
        return math.sqrt(self.intensity * expiry * self.mean_square)

    def exchanged(self) -> Self:
        """Return the jumps of strike over spot, for values in units of spot.

        They go the other way, and those that take spot up count by as much more.
        """
        growth = 1.0 + self.mean_jump
        density = self.density.exchanged(growth)
        moments = 1.0 / growth - 1.0, self.mean_square, self.reach
        return type(self)(growth * self.intensity, *moments, density)

    def weights(self, places: Floats) -> JumpWeights:
        """Return the weights of the expected value after a jump from nodes ``ln S``, (m,)."""
        return jump_weights(self.density, places)


def spot_jumps(law: NormalJumps | ExponentialJumps) -> SpotJumps:
    """Return jumps of a law, of single numbers, for a march.

    Parameters
    ----------
    law : NormalJumps or ExponentialJumps
        A normal deviation at most 1.

    Returns
    -------
    SpotJumps

    Raises
    ------
    ValueError
        As `jump_density`.

    Examples
    --------
    >>> from pdesolve.formulas.jumps import NormalJumps
    >>> round(spot_jumps(NormalJumps(intensity=0.4, log_mean=-0.5, log_sd=0.4)).mean_jump, 4)
    -0.343
    """
    density = jump_density(law)
    columns = {name: float(column) for name, column in law.columns().items()}
    if isinstance(law, NormalJumps):
        mean, sd = columns["log_mean"], columns["log_sd"]
        growth, square = math.exp(mean + 0.5 * sd**2), mean**2 + sd**2
        reach = abs(mean) + NORMAL_REACH * sd
    else:
        share, up, down = columns["up_share"], columns["up_rate"], columns["down_rate"]
        growth = share * up / (up - 1.0) + (1.0 - share) * down / (down + 1.0)
        square = 2.0 * (share / up**2 + (1.0 - share) / down**2)
        longest = max(1.0 / up if share > 0.0 else 0.0, 1.0 / down if share < 1.0 else 0.0)
        reach = EXPONENTIAL_REACH * longest
    return SpotJumps(columns["intensity"], growth - 1.0, square, reach, density)
