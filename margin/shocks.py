"""What a shock of the spot leaves of an account: barriers that were touched before it stay touched.

Values against spot are read at a shifted spot to shock an account.  That is all there is to it but
for barriers: where the spot before the shock has touched one, the contract is what a touch has
left of it, and a shock back does not undo that.
"""

import numpy as np
from numpy.typing import NDArray

from margin.claim_contract import ClaimContract
from margin.piecewise import PiecewiseCubic, combine, line, unchecked
from margin.revaluation import Revaluation

__all__ = ["holds_barriers", "shocked"]

Floats = NDArray[np.float64]


def holds_barriers(revaluation: Revaluation, date_index: int = 0) -> bool:
    """Whether an account holds contracts whose barriers may be touched by a date."""
    return any(
        revaluation.units[index] for _, index in revaluation.curves[date_index].touched
    )


def shocked(
    revaluation: Revaluation, factor: float, date_index: int = 0, vol_move: float = 0.0
) -> PiecewiseCubic:
    """The moving part of equity after a shock, against the spot before it, in quote currency.

    Parameters
    ----------
    revaluation : Revaluation
        The account, revalued.
    factor : float
        One plus the relative move of the spot; positive.
    date_index : int
        Which of its dates.
    vol_move : float
        Which of its volatility moves.

    Returns
    -------
    PiecewiseCubic
        Of ``S``: `Revaluation.moving` at ``factor S``, with the contracts whose barriers ``S`` has
        touched as a touch left them.

    Raises
    ------
    ValueError
        If the volatility move was not revalued.
    """
    found = revaluation.moving(date_index, vol_move).stretched(factor)
    curves, move = revaluation.curves[date_index], revaluation.vol_moves.index(vol_move)
    parts, units = [found], [1.0]
    for (row, index), gone in curves.touched.items():
        contract = revaluation.contracts[index]
        if row != move or not revaluation.units[index] or not curves.alive[index]:
            continue
        assert isinstance(contract, ClaimContract)
        live = curves.bernstein[move, index], curves.error[move, index]
        both = [unchecked(curves.knots, *each).stretched(factor) for each in (gone, live)]
        parts.append(_beyond(contract, combine((1.0, -1.0), both)))
        units.append(float(revaluation.units[index]))
    return combine(units, parts) if len(parts) > 1 else found


def _beyond(contract: ClaimContract, curve: PiecewiseCubic) -> PiecewiseCubic:
    """A curve where the spot has touched a barrier, and zero elsewhere."""
    barrier, ends = contract.barrier, {"lowest": curve.lowest, "highest": curve.highest}
    assert barrier is not None
    inside = [level for level in barrier.levels if curve.lowest < level < curve.highest]
    edges = [curve.lowest, *inside, curve.highest]
    level = np.zeros((len(edges) - 1, 4)), np.zeros(len(edges) - 1)
    cut = combine((1.0, 1.0), (curve, unchecked(np.array(edges), *level)))
    middle = 0.5 * (cut.knots[1:] + cut.knots[:-1])
    lower, upper = barrier.lower or 0.0, barrier.upper or np.inf
    gone = (middle < lower) | (middle > upper)
    if not gone.any():
        return line(0.0, 0.0, **ends)
    return unchecked(cut.knots, np.where(gone[:, None], cut.bernstein, 0.0), cut.error * gone)
