"""A price surface at any spots, also outside its grid."""

import numpy as np
from numpy.typing import ArrayLike

from pdesolve import arguments
from pdesolve.march.certainty import at_expiry, without_volatility
from pdesolve.march.reading import Reading, read_marches
from pdesolve.surface import PriceSurface

__all__ = ["everywhere"]


def everywhere(surface: PriceSurface, spots: ArrayLike, time: float = 0.0) -> Reading:
    """Value, delta, gamma, theta and error of a contract at any spots, at one time.

    Outside the grid the outcome is as good as certain: the value is that of spot on its forward,
    exercised at the best time, which is what the march takes at its ends.

    Parameters
    ----------
    surface : PriceSurface
        Of the contract.
    spots : (k,) array-like
        Quote currency, positive.
    time : float
        Years from today, not after expiry.

    Returns
    -------
    Reading
        Its fields ``value``, ``delta``, ``gamma``, ``theta`` and ``error`` are (k,), in the units
        of the methods of `PriceSurface` with these names.

    Raises
    ------
    ValueError
        If a spot is not positive, or the time lies after expiry.

    Examples
    --------
    >>> from pdesolve import BlackScholes, Option, Right, everywhere, solve
    >>> surface = solve(Option(Right.PUT, 100.0, 0.5), BlackScholes(0.2))
    >>> everywhere(surface, [0.01, 1e5]).value.round(2)
    array([99.99,  0.  ])
    """
    at = np.atleast_1d(arguments.positive("spots", spots))
    left = surface.contract.expiry - float(arguments.not_negative("time", time))
    if left < 0.0:
        raise ValueError(f"time must not be after expiry, {surface.contract.expiry}, got {time}")
    if left == 0.0:
        found = at_expiry(surface.problem, at)
    elif surface.marches is None:
        found = without_volatility(surface.problem, at, np.full(at.size, left))
    else:
        return read_marches(surface.marches, at, left)
    return Reading(*(found[name] for name in Reading._fields))
