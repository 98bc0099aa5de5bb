"""A diffusion whose spot also jumps, as in the models of Merton and of Kou."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pdesolve.jumping.jump_law import ExponentialJumps, NormalJumps
from pdesolve.jumping.spot_jumps import SpotJumps, spot_jumps
from pdesolve.local.local_volatility import LocalVolatility
from pdesolve.model import BlackScholes, BlackScholesCurves
from pdesolve.term_structure import Curve

__all__ = ["JumpDiffusion"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class JumpDiffusion:
    """A diffusion with independent jumps.

    Jumps come with intensity ``lambda`` and multiply spot by ``exp(J)``; between them spot diffuses
    with a drift that makes up for them:

        dS / S = (r - q - lambda k) dt + sigma dW + (exp(J) - 1) dN,      k = E exp(J) - 1.

    A contract obeys the integro-differential equation

        dV/dtau = sigma^2 S^2 / 2 V_SS + (r - q - lambda k) S V_S - (r + lambda) V
                  + lambda E V(S exp(J), tau),      tau time to expiry.

    Parameters
    ----------
    diffusion : BlackScholes, BlackScholesCurves or LocalVolatility
        ``sigma``, ``r`` and ``q``.
    law : NormalJumps or ExponentialJumps
        Intensity and law of ``J``, of single numbers.  Normal jumps, of a deviation of at most 1,
        make it Merton's model, exponential ones Kou's.

    Raises
    ------
    ValueError
        If a parameter of the jumps is an array, or their deviation is above 1.

    References
    ----------
    Merton, *J. Financial Economics* 3 (1976); Kou, *Management Science* 48 (2002); for the
    equation, d'Halluin, Forsyth and Vetzal, *IMA J. Numer. Anal.* 25 (2005).

    Examples
    --------
    BENCHOP problem 5, 14.336251 by Merton's series:

    >>> from pdesolve import BlackScholes, JumpDiffusion, NormalJumps, Option, Right, solve
    >>> law = NormalJumps(intensity=0.4, log_mean=-0.5, log_sd=0.4)
    >>> model = JumpDiffusion(BlackScholes(volatility=0.15, rate=0.03), law)
    >>> surface = solve(Option(Right.CALL, strike=100.0, expiry=1.0), model)
    >>> round(surface.value(100.0), 4)
    14.3363
    """

    diffusion: BlackScholes | BlackScholesCurves | LocalVolatility
    law: NormalJumps | ExponentialJumps

    def __post_init__(self) -> None:
        spot_jumps(self.law)

    @property
    def rates(self) -> Curve:
        """Rate over time."""
        return self.diffusion.rates

    @property
    def yields(self) -> Curve:
        """Dividend yield over time."""
        return self.diffusion.yields

    @property
    def constant(self) -> bool:
        """Whether no coefficient depends on time."""
        return self.diffusion.constant

    @property
    def nodes(self) -> tuple[float, ...]:
        """Spots that must be nodes of a grid."""
        return self.diffusion.nodes

    @property
    def dates(self) -> tuple[float, ...]:
        """Times at which coefficients jump, in years from today."""
        return self.diffusion.dates

    @property
    def jumps(self) -> SpotJumps:
        """The jumps, as a march takes them."""
        return spot_jumps(self.law)

    def variances(self, spots: Floats, starts: Floats, stops: Floats) -> Floats:
        """Mean variance of the diffusion over periods, see `LocalVolatility.variances`."""
        return self.diffusion.variances(spots, starts, stops)

    def deviation(self, expiry: float, spot: float) -> float:
        """Deviation of log spot over a life by the diffusion, see `LocalVolatility.deviation`.

        How far jumps go is in `SpotJumps.reach`.
        """
        return self.diffusion.deviation(expiry, spot)

    def moved(self, parameter: str, by: float) -> Self:
        """Return the model with one parameter of the diffusion moved in parallel.

        Parameters
        ----------
        parameter : str
            "volatility", "rate" or "dividend_yield".
        by : float
            How far.

        Returns
        -------
        JumpDiffusion
        """
        return replace(self, diffusion=self.diffusion.moved(parameter, by))
