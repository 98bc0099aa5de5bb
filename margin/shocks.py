"""What a shock of the spot does not undo: barriers that were touched before it.

An account is shocked by reading its values at a shifted spot.  That is all there is to it but for
barriers: where the spot before the shock has touched one, the contract is what the touch has left
of it, and a shock back does not bring it to life again.
"""

import numpy as np
from numpy.typing import NDArray

from margin.claim_contract import ClaimContract, ContractBarrier
from margin.piecewise import PiecewiseCubic, combine, unchecked
from margin.revaluation import Revaluation
from margin.vol_move import VolMove

__all__ = ["touched_before"]

Floats = NDArray[np.float64]


def touched_before(
    revaluation: Revaluation, factor: float, date_index: int = 0, vol_move: VolMove = 0.0
) -> PiecewiseCubic | None:
    """What to add to `Revaluation.moving` at ``factor S`` to have it after a shock from ``S``.

    Parameters
    ----------
    revaluation : Revaluation
        The account, revalued.
    factor : float
        One plus the relative move of the spot; positive.
    date_index : int
        Which of its dates.
    vol_move : float or VolMove
        Which of its volatility moves.

    Returns
    -------
    PiecewiseCubic or None
        Against the spot before the shock, in quote currency: for the contracts whose barriers that
        spot has touched, their value as the touch left them less that as if it had not been; zero
        elsewhere.  None if no contract has a barrier that is watched by the date.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Market, Position, Underlying, revalue
    >>> from margin.claim_contract import ContractBarrier, ClaimContract
    >>> from margin.shocks import touched_before
    >>> from pdesolve import Payoff, Right
    >>> now, expiry = datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 2, 20, tzinfo=UTC)
    >>> call, barrier = Payoff.vanilla(Right.CALL, 100.0), ContractBarrier(upper=120.0)
    >>> claim = ClaimContract("X", call, expiry, barrier=barrier)
    >>> market = Market(now, {"X": Underlying(100.0)}, {claim: 0.3})
    >>> short = revalue(Account("demo", "USD", 0.0, (Position(claim, -1.0),)), market)
    >>> lost = touched_before(short, 0.9)  # at 125 it is dead, at 112.5 it would be alive
    >>> float(lost(110.0)), round(float(short.moving()(112.5) + lost(125.0)), 9)
    (0.0, 0.0)
    """
    curves, parts, units = revaluation.curves[date_index], [], []
    for (move, index), gone in curves.touched.items():
        contract, held = revaluation.contracts[index], float(revaluation.units[index])
        if revaluation.vol_moves[move] != vol_move or not held or not curves.alive[index]:
            continue
        assert isinstance(contract, ClaimContract)
        assert contract.barrier is not None
        live = curves.bernstein[move, index], curves.error[move, index]
        both = [unchecked(curves.knots, *each).stretched(factor) for each in (gone, live)]
        parts.append(_beyond(contract.barrier, combine((1.0, -1.0), both)))
        units.append(held)
    return combine(units, parts) if parts else None


def _beyond(barrier: ContractBarrier, curve: PiecewiseCubic) -> PiecewiseCubic:
    """A curve where the spot has touched a barrier, and zero elsewhere."""
    inside = [level for level in barrier.levels if curve.lowest < level < curve.highest]
    edges = np.array([curve.lowest, *inside, curve.highest])
    nothing = unchecked(edges, np.zeros((edges.size - 1, 4)), np.zeros(edges.size - 1))
    cut = combine((1.0, 1.0), (curve, nothing))
    middle = 0.5 * (cut.knots[1:] + cut.knots[:-1])
    gone = (middle < (barrier.lower or 0.0)) | (middle > (barrier.upper or np.inf))
    return unchecked(cut.knots, np.where(gone[:, None], cut.bernstein, 0.0), cut.error * gone)
