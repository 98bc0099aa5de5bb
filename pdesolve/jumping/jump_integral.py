"""Jumps as sums of exponentials, and the expected value after a jump on the nodes of a grid.

The density of a jump in a coordinate ``z``, with a centre ``c``, is written

    f(c + y) = Re sum_k  h_k exp(-b_k y)  for y > 0,      Re sum_k  h'_k exp(b'_k y)  for y < 0.

Kou's has one term either way.  Merton's is a convolution whose transform ``exp(-t)``, with ``t``
half the square of deviation times frequency, is within 3e-10 of the rational function of degree ten
that comes nearest to it for all ``t > 0``; its poles are five pairs of exponentials either way.

Between nodes a value runs on a line ``a + b exp(z)``, straight in spot, and so it does beyond the
last, so that cash and spot are integrated as they are.  The integrals against one exponential
follow from cell to cell by a factor, in one sweep up and one down.

References
----------
Trefethen, Weideman and Schmelzer, "Talbot quadratures and rational approximations", *BIT* 46
(2006), whose algorithm gave the table; Toivanen, "Numerical valuation of European and American
options under Kou's jump-diffusion model", *SIAM J. Sci. Comput.* 30 (2008), for the recursion.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from pdesolve.jumping.jump_law import ExponentialJumps, NormalJumps
from pdesolve.kernels.jump_integral import integrate

__all__ = ["JumpDensity", "JumpWeights", "expected", "jump_density", "jump_weights", "scratch"]

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

# The normal density of deviation one, as Re sum HEIGHTS exp(-RATES |y|).
RATES = np.array(
    [
        2.7074136560769486 + 4.201484405350657j,
        2.7811560737763896 + 3.086039285402127j,
        2.8272340256778783 + 2.1359869307590933j,
        2.8552214588737788 + 1.2588819559487041j,
        2.8685667825980534 + 0.4161855580899778j,
    ]
)
HEIGHTS = np.array(
    [
        0.0010231567167041037 - 0.0020944263118925087j,
        -0.09293581814740716 + 0.09290385808360013j,
        1.5692791631030059 - 0.32511928726809j,
        -6.454472106105481 - 3.3320176083504154j,
        5.376047876838856 + 13.899541035720981j,
    ]
)
# The terms fade more slowly than a normal density.  With a larger deviation the mean of exp(J)
# would be off by more than 4e-7 of itself.
LARGEST_LOG_SD = 1.0
# A jump of one size is one of this deviation, far below any cell.
SMALLEST_LOG_SD = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class JumpDensity:
    """Density of a jump as a sum of exponentials either way about a centre.

    Attributes
    ----------
    centre : float
        Where the two sides meet.
    up, down : (2, e) array
        Heights at the centre, per unit of the coordinate, and rates of decay, complex.
    """

    centre: float
    up: Complex
    down: Complex

    def exchanged(self, growth: float) -> Self:
        """Return the density of the jump the other way, each weighed by ``exp(z)``.

        ``growth`` is the mean of that weight.
        """
        height = np.exp(self.centre) / growth
        up = np.array([height * self.down[0], self.down[1] + 1.0], dtype=np.complex128)
        down = np.array([height * self.up[0], self.up[1] - 1.0], dtype=np.complex128)
        return type(self)(-self.centre, up, down)


class JumpWeights(NamedTuple):
    """Weights of `pdesolve.kernels.jump_integral.integrate` on ``m`` nodes, for ``e`` exponentials.

    Attributes
    ----------
    growth : (m,) array
        ``exp(z)`` of the nodes.
    up, down : (3, m - 1, e) array
        Of each cell, the factor by which what lies beyond it fades, and the weights of intercept
        and slope; ``down`` from the first cell, ``up`` from the last.
    up_tail, down_tail : (2, e) array
        Weights of intercept and slope beyond the last node, and before the first.
    cell : (m,) array
        In which cell the centre of a jump from each node lies; cell ``c`` ends at node ``c``.
    near : (2, m) array
        Weights of intercept and slope in that cell.
    far : (2, m, e) array
        Factors of what lies above that cell, and below.
    """

    growth: Floats
    up: Complex
    down: Complex
    up_tail: Complex
    down_tail: Complex
    cell: NDArray[np.intp]
    near: Floats
    far: Complex


def jump_density(jumps: NormalJumps | ExponentialJumps) -> JumpDensity:
    """Return the density of jumps in log spot as a sum of exponentials.

    Parameters
    ----------
    jumps : NormalJumps or ExponentialJumps
        Of single numbers.

    Returns
    -------
    JumpDensity

    Raises
    ------
    ValueError
        If the parameters are arrays, or a deviation is above 1.

    Examples
    --------
    >>> from pdesolve.formulas.jumps import ExponentialJumps
    >>> jumps = ExponentialJumps(intensity=1.0, up_share=0.4, up_rate=10.0, down_rate=5.0)
    >>> jump_density(jumps).up.real.ravel()
    array([ 4., 10.])
    """
    numbers = {}
    for name, column in jumps.columns().items():
        if column.ndim:
            raise ValueError(f"{name} must be a single number, got shape {column.shape}")
        numbers[name] = float(column)
    if isinstance(jumps, NormalJumps):
        return _normal(numbers["log_mean"], numbers["log_sd"])
    share, up_rate, down_rate = (numbers[name] for name in ("up_share", "up_rate", "down_rate"))
    up = np.array([[share * up_rate], [up_rate]], dtype=np.complex128)
    down = np.array([[(1.0 - share) * down_rate], [down_rate]], dtype=np.complex128)
    return JumpDensity(0.0, up, down)


def _normal(log_mean: float, log_sd: float) -> JumpDensity:
    if log_sd > LARGEST_LOG_SD:
        raise ValueError(f"log_sd must be at most {LARGEST_LOG_SD:g} on a grid, got {log_sd}")
    side = np.array([HEIGHTS, RATES], dtype=np.complex128) / max(log_sd, SMALLEST_LOG_SD)
    return JumpDensity(log_mean, side, side)


def jump_weights(density: JumpDensity, places: Floats) -> JumpWeights:
    """Return the weights that integrate values on nodes against the density of a jump.

    Parameters
    ----------
    density : JumpDensity
        Of the jump in the coordinate of the nodes.
    places : (m,) array
        Nodes ``z``, ascending.

    Returns
    -------
    JumpWeights
    """
    widths = np.diff(places)[:, None]
    up = _side(density.up, places[:-1, None], widths, 1.0)
    down = _side(density.down, places[1:, None], widths, -1.0)
    beyond = np.full((1, 1), np.inf)
    cell, near, far = _own_cell(density, places)
    return JumpWeights(
        np.exp(places),
        np.ascontiguousarray(up[:, ::-1]),
        down,
        _side(density.up, places[-1:, None], beyond, 1.0)[1:, 0],
        _side(density.down, places[:1, None], beyond, -1.0)[1:, 0],
        cell,
        near,
        far,
    )


def expected(weights: JumpWeights, values: Floats, tails: Floats) -> Floats:
    """Return the expected value after a jump from each node.

    Parameters
    ----------
    weights : JumpWeights
        Of ``m`` nodes.
    values : (m,) array
        At the nodes.
    tails : (2, 2) array
        Intercept and slope of the line ``a + b exp(z)`` before the first node and after the last.

    Returns
    -------
    (m,) array
    """
    out = np.empty(values.size)
    integrate(weights, values, tails, scratch(weights), out)
    return out


def scratch(weights: JumpWeights) -> tuple[Floats, Complex, Complex]:
    """Return the work space of `pdesolve.kernels.jump_integral.integrate`."""
    n_nodes, n_terms = weights.far.shape[1:]
    above, below = np.empty((2, n_nodes, n_terms), complex)
    return np.empty((n_nodes + 1, 2)), above, below


def _own_cell(density: JumpDensity, places: Floats) -> tuple[NDArray[np.intp], Floats, Complex]:
    """Return the cell of the centre of a jump from each node, and the weights in and beyond it."""
    centres = places + density.centre
    cell = np.searchsorted(places, centres, side="right")
    ends = np.concatenate([[-np.inf], places, [np.inf]])
    above = _side(density.up, centres[:, None], (ends[cell + 1] - centres)[:, None], 1.0)
    below = _side(density.down, centres[:, None], (centres - ends[cell])[:, None], -1.0)
    near = (above[1:] + below[1:]).real.sum(axis=2)
    return cell, near, np.stack([above[0], below[0]])


def _side(terms: Complex, start: Floats, width: Floats, sign: float) -> Complex:
    """Integrals against one side of a density over widths from its start, (3, m, e).

    The factor by which what lies beyond fades, then the weights of 1 and of ``exp(z)``; ``start``
    and ``width`` (m, 1), ``sign`` 1 upwards and -1 downwards.
    """
    height, rate = terms
    growing = rate - sign
    flat = height * _lost(rate, width) / rate
    slope = height * np.exp(start) * _lost(growing, width) / growing
    return np.stack([1.0 - _lost(rate, width), flat, slope])


def _lost(rate: Complex, width: Floats) -> Complex:
    """``1 - exp(-rate width)``, 1 for an infinite width."""
    finite = np.isfinite(width)
    lost = -np.expm1(-rate * np.where(finite, width, 0.0))
    return np.where(finite, lost, 1.0)
