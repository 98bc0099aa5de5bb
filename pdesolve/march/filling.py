"""Steps of a march between two dates: which kernel takes them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.batch.many import Scheme
from pdesolve.jumping.jump_integral import JumpWeights, scratch
from pdesolve.kernels.held import held_crank_nicolson, held_tr_bdf2
from pdesolve.kernels.jump_held import held_jump_crank_nicolson, held_jump_tr_bdf2
from pdesolve.kernels.jump_march import jump_crank_nicolson, jump_tr_bdf2
from pdesolve.kernels.march import ALPHA, FLOOR, crank_nicolson, tr_bdf2
from pdesolve.march.operator import Operator, Region

__all__ = ["DAMPING_STEPS", "Jumping", "Stretch", "fill", "stage_times"]

Floats = NDArray[np.float64]

# Steps of Crank–Nicolson taken as two implicit half steps after every date.  The first steps of
# graded levels are so short that fewer leave gamma ringing at the strike.
DAMPING_STEPS = 6

# Crank–Nicolson and TR-BDF2, by whether exercise may pay anywhere, and whether spot jumps.
KERNELS: dict[tuple[bool, bool], tuple[Callable[..., None], Callable[..., None]]] = {
    (False, False): (crank_nicolson, tr_bdf2),
    (True, False): (held_crank_nicolson, held_tr_bdf2),
    (False, True): (jump_crank_nicolson, jump_tr_bdf2),
    (True, True): (held_jump_crank_nicolson, held_jump_tr_bdf2),
}


class Jumping(NamedTuple):
    """What jumps bring to the steps between two dates.

    Attributes
    ----------
    intensity : float
        Expected number of jumps per year.
    weights : JumpWeights
        Of the expected value after a jump from each row.
    tails : (n, 2, 2, 2) array
        Of each step, at its start and midway: before the first row and after the last, intercept
        and slope of the value, which is straight in spot there.
    """

    intensity: float
    weights: JumpWeights
    tails: Floats

    def for_kernel(self) -> tuple[object, ...]:
        """Return these and work space, as `pdesolve.kernels.jump_march` takes them."""
        rows = np.zeros((2, self.weights.growth.size))
        return self.intensity, self.weights, scratch(self.weights), rows, self.tails


class Stretch(NamedTuple):
    """Steps between two dates.

    Attributes
    ----------
    times : (n + 1,) array
        Years to expiry.
    ends : (n, 2, 2) array
        Of each step, midway and at its end, the first and the last row.
    floors : (n, 2, m) array or None
        Exercise values midway and at the end of each step, where they change with time.
    damping : int
        Steps of Crank–Nicolson that are damped.
    jumping : Jumping or None
        Jumps of spot, if there are any.
    """

    times: Floats
    ends: Floats
    floors: Floats | None
    damping: int
    jumping: Jumping | None


def stage_times(scheme: Scheme, times: Floats) -> Floats:
    """Times (n, 2) midway and at the end of each step between ``times`` (n + 1,)."""
    share = 0.5 if scheme is Scheme.CRANK_NICOLSON else ALPHA
    return np.stack([times[:-1] + share * np.diff(times), times[1:]], axis=1)


def fill(
    scheme: Scheme,
    region: Region,
    operator: Operator,
    stretch: Stretch,
    stages: Floats,
    levels: Floats,
) -> None:
    """March from ``levels[0]`` over a stretch; ``stages`` and ``levels`` as the kernels fill them.

    Parameters
    ----------
    scheme : Scheme
        Time stepping.
    region : Region
        Where exercise can pay.
    operator : Operator
        Of the steps.
    stretch : Stretch
        The steps.
    stages : (n, m) or (1, m) array
        Values midway, overwritten.
    levels : (n + 1, m) array
        ``levels[1:]`` are overwritten.
    """
    times, ends, floors, damping, jumping = stretch
    anywhere = region is Region.ANYWHERE
    crank, tr = KERNELS[anywhere, jumping is not None]
    limits = operator.bound
    if anywhere and floors is not None:
        limits = floors
    elif anywhere:
        both = np.broadcast_to(operator.bound[:, FLOOR, None], (1, 2, levels.shape[1]))
        limits = np.ascontiguousarray(both)
    jumps = () if jumping is None else (jumping.for_kernel(),)
    if scheme is Scheme.CRANK_NICOLSON:
        crank(operator.bands, limits, times, ends, damping, *jumps, stages, levels)
    else:
        tr(operator.bands, limits, times, ends, *jumps, stages, levels)
