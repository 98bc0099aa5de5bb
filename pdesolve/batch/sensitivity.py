"""All Greeks of many contracts: from the grid, and from neighbouring solves."""

import numpy as np
from numpy.typing import NDArray

from pdesolve.batch.many import Resolution, solve_many
from pdesolve.closed_form import Greeks
from pdesolve.contracts import Contracts
from pdesolve.progress import Telling

__all__ = ["solve_greeks", "theta"]

Floats = NDArray[np.float64]

# Bumps that balance the curvature of the value against the error of a solve, which does not cancel
# wholly between neighbours: a share of the volatility, and of its size per root year for rates.
VOLATILITY_BUMP = 0.003
RATE_BUMP = 0.001
# An American value this close to exercise, in strikes, is exercise.
EXERCISED = 1e-12


def solve_greeks(
    contracts: Contracts,
    spots: Floats,
    resolution: Resolution,
    *,
    threads: int = 1,
    progress: Telling = None,
) -> tuple[Greeks, Floats, Floats]:
    """Price and all Greeks of each contract at its own spot, with the error and the residual.

    Price, delta and gamma are read off the march; theta follows from the equation
    ``theta = r V - (r - q) S delta - sigma^2 S^2 gamma / 2``, and is 0 where exercise is due.
    Volatility, rate and yield are moved up and down and solved in the same batch, which gives
    vega, rho, dividend rho, vanna and volga.  Since the value depends on the life ``T`` through
    ``sigma^2 T``, ``r T`` and ``q T`` only,

        T dV/dT = sigma dV/dsigma / 2 + r dV/dr + q dV/dq,

    and the same for delta gives charm.  That of the value gives theta once more, from other
    solves; the difference of the two is the residual of the equation.

    Parameters
    ----------
    contracts : Contracts
        ``c`` contracts with life left and volatility.
    spots : (c,) array
        In quote currency.
    resolution : Resolution
        Size of the grids.
    threads, progress
        As for `solve_many`.

    Returns
    -------
    Greeks
        Arrays (c,).
    (c,) array
        Estimated absolute error of the price, in quote currency.
    (c,) array
        Residual, in quote currency per year.
    """
    n = len(contracts)
    moved, moves = _moved(contracts)
    solved = solve_many(
        moved,
        spots=np.tile(spots, 7)[:, None, None],
        resolution=resolution,
        threads=threads,
        progress=progress,
    )
    value, delta, gamma = (
        array[:, 0, 0].reshape(7, n) for array in (solved.values, solved.deltas, solved.gammas)
    )
    by_vol, by_rate, by_yield = ((value[i] - value[i + 1]) / moves[i // 2] for i in (1, 3, 5))
    delta_by = [(delta[i] - delta[i + 1]) / moves[i // 2] for i in (1, 3, 5)]
    half = 0.5 * moves[0]
    greeks = Greeks(
        price=value[0],
        delta=delta[0],
        gamma=gamma[0],
        theta=theta(contracts, spots, value[0], delta[0], gamma[0]),
        vega=by_vol,
        rho=by_rate,
        dividend_rho=by_yield,
        vanna=delta_by[0],
        volga=(value[1] - 2.0 * value[0] + value[2]) / half**2,
        charm=-_by_life(contracts, delta_by),
    )
    residual = greeks.theta + _by_life(contracts, [by_vol, by_rate, by_yield])
    return greeks, solved.errors[:n, 0, 0], residual


def _moved(contracts: Contracts) -> tuple[Contracts, list[Floats]]:
    """Return the contracts as they are, then with each constant up and down; and the distances."""
    by_vol = VOLATILITY_BUMP * contracts.volatility
    by_rate = RATE_BUMP * contracts.volatility / np.sqrt(contracts.expiry)
    bumps = {"volatility": by_vol, "rate": by_rate, "dividend_yield": by_rate}
    n = len(contracts)
    moved = contracts.take(np.tile(np.arange(n), 7))
    for place, (field, bump) in enumerate(bumps.items()):
        column = getattr(moved, field).reshape(7, n)
        column[2 * place + 1] += bump
        column[2 * place + 2] -= bump
    return moved, [2.0 * bump for bump in bumps.values()]


def theta(
    contracts: Contracts, spots: Floats, value: Floats, delta: Floats, gamma: Floats
) -> Floats:
    """Derivative by calendar time in years that the equation gives; 0 where exercise is due."""
    growth = contracts.rate - contracts.dividend_yield
    diffusion = 0.5 * contracts.volatility**2 * spots**2
    decay = contracts.rate * value - growth * spots * delta - diffusion * gamma
    exercise = contracts.right * (spots - contracts.strike)
    due = contracts.american & (np.abs(value - exercise) <= EXERCISED * contracts.strike)
    return np.where(due & (exercise > 0.0), 0.0, decay)


def _by_life(contracts: Contracts, by: list[Floats]) -> Floats:
    """Derivative by the life of what has the derivatives ``by`` volatility, rate and yield."""
    return (
        0.5 * contracts.volatility * by[0]
        + contracts.rate * by[1]
        + contracts.dividend_yield * by[2]
    ) / contracts.expiry
