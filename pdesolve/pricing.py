"""The one-call front door: numbers or arrays in, price and all Greeks out."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Rights
from pdesolve.batch import DEFAULT_RESOLUTION, Resolution, solve_many
from pdesolve.certain import certain_greeks
from pdesolve.closed_form import Greeks, black_scholes
from pdesolve.contract import Exercise
from pdesolve.contracts import Contracts
from pdesolve.quote import Quote
from pdesolve.sensitivity import solve_greeks

__all__ = ["Styles", "price"]

Floats = NDArray[np.float64]
Styles = str | Exercise | Sequence[str | Exercise] | NDArray[np.generic]
"""An exercise style, as text or `Exercise`, or an array of them."""

# Grids tried one after the other until the tolerance is met.
LADDER = tuple(Resolution(32 * 2**k, 6 * 2**k) for k in range(6))
# From one grid of the ladder to the next the error falls by four at least, so that half their
# difference bounds the error of the finer with room to spare; where two grids agree by chance, a
# quarter of the estimate before does.
SHARE_OF_DIFFERENCE, SHARE_OF_ESTIMATE = 0.5, 0.25


def price(  # noqa: PLR0913 (a contract and its market, all by name)
    *,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
    style: Styles = "european",
    tolerance: float | None = None,
    threads: int = 1,
) -> Quote:
    """Price and Greeks of vanilla options.

    Every option is solved on a grid (`solve_many`), also the European ones; those at expiry or
    without volatility are known without.  The arguments broadcast together.

    Parameters
    ----------
    spot, strike : array-like
        In quote currency, positive.
    expiry : array-like
        Years of 365 days, zero or more.
    vol : array-like
        Decimal per root year (0.2 is 20 %), zero or more.
    rate, div_yield : array-like
        Continuously compounded per year.
    right : str, Right or array of them
        "call", "c", "put" or "p" in any case, or a `Right`.
    style : str, Exercise or array of them
        "european" or "american" in any case, or an `Exercise`.
    tolerance : float, optional
        Largest estimated error of the price in quote currency.  Grids are refined for each option
        until it is met; `Quote.converged` tells where the finest did not.  By default one grid
        serves all, whose error is about a millionth of the strike.
    threads : int
        Threads that march.

    Returns
    -------
    Quote

    Raises
    ------
    ValueError
        If a number is out of its range or not finite, a volatility looks like percent, a right or
        style is unknown, the shapes do not broadcast, or the tolerance is not positive.

    Examples
    --------
    >>> from pdesolve import price
    >>> put = price(spot=100.0, strike=100.0, expiry=1.0, vol=0.2, rate=0.05,
    ...             right="put", style="american")
    >>> round(put.price, 3), round(put.delta, 3), round(put.vega_pt, 3)
    (6.09, -0.411, 0.375)
    >>> price(spot=[90.0, 110.0], strike=100.0, expiry=0.5, vol=0.3).price.round(2)
    array([ 3.99, 14.75])
    """
    if tolerance is not None and not 0.0 < tolerance < np.inf:
        raise ValueError(f"tolerance must be positive and finite, got {tolerance}")
    shape, columns = arguments.aligned(
        {
            "spot": arguments.positive("spot", spot),
            "right": arguments.signs(right),
            "strike": arguments.positive("strike", strike),
            "expiry": arguments.not_negative("expiry", expiry),
            "vol": arguments.volatility("vol", vol),
            "rate": arguments.finite("rate", rate),
            "div_yield": arguments.finite("div_yield", div_yield),
            "style": _american(style),
        }
    )
    spots, contracts = columns[0], Contracts(*columns[1:])
    table = np.empty((len(fields(Greeks)), spots.size))
    error, residual = np.zeros(spots.size), np.zeros(spots.size)
    sure = (contracts.expiry == 0.0) | (contracts.volatility == 0.0)
    table[:, sure] = _certain(contracts.take(np.flatnonzero(sure)), spots[sure])
    open_ = np.flatnonzero(~sure)
    levels = [DEFAULT_RESOLUTION] if tolerance is None else LADDER
    chosen = _choose(contracts.take(open_), spots[open_], levels, tolerance, threads)
    for level, (served, estimates) in chosen.items():
        at = open_[served]
        greeks, own, residual[at] = solve_greeks(contracts.take(at), spots[at], level, threads)
        table[:, at] = [getattr(greeks, field.name) for field in fields(Greeks)]
        error[at] = own if tolerance is None else estimates
    names = ("spot", *(field.name for field in fields(Greeks)), "error", "residual")
    rows = (spots, *table, error, residual)
    numbers = {n: arguments.shaped(row, shape) for n, row in zip(names, rows, strict=True)}
    met = np.ones(spots.size, dtype=bool) if tolerance is None else error <= tolerance
    converged = met.reshape(shape) if shape else bool(met[0])
    return Quote(**numbers, converged=converged, method=_method(levels))


def _american(style: Styles) -> Floats:
    """Return 1 for each American style and 0 for each European one."""
    styles = np.asarray(style, dtype=object)
    parsed = [Exercise.parse(one) is Exercise.AMERICAN for one in styles.ravel()]
    return np.array(parsed, dtype=float).reshape(styles.shape)


def _method(levels: Sequence[Resolution]) -> str:
    last = levels[-1]
    up_to = "" if len(levels) == 1 else "up to "
    cells, steps = last.n_cells, last.n_steps
    return f"TR-BDF2 on {up_to}{cells} x {steps} and {2 * cells} x {2 * steps}, extrapolated"


def _choose(
    contracts: Contracts,
    spots: Floats,
    levels: Sequence[Resolution],
    tolerance: float | None,
    threads: int,
) -> dict[Resolution, tuple[NDArray[np.int64], Floats]]:
    """Rows that each resolution is to serve, with the estimated errors of their prices."""
    rows = np.arange(spots.size)
    if tolerance is None:
        return {levels[0]: (rows, np.zeros(spots.size))} if rows.size else {}
    chosen, before, bound = {}, np.full(spots.size, np.nan), np.full(spots.size, np.inf)
    for level in levels:
        if not rows.size:
            break
        solved = solve_many(
            contracts.take(rows), spots=spots[rows, None, None], resolution=level, threads=threads
        )
        value, estimate = solved.values[:, 0, 0], solved.errors[:, 0, 0]
        if level is not levels[0]:
            apart = SHARE_OF_DIFFERENCE * np.abs(value - before[rows])
            estimate = np.maximum(apart, SHARE_OF_ESTIMATE * bound[rows])
        before[rows], bound[rows] = value, estimate
        done = (estimate <= tolerance) | (level is levels[-1])
        chosen[level] = (rows[done], estimate[done])
        rows = rows[~done]
    return {level: served for level, served in chosen.items() if served[0].size}


def _certain(contracts: Contracts, spots: Floats) -> Floats:
    """Greeks (10, c) of options at expiry or without volatility."""
    if not len(contracts):
        return np.empty((len(fields(Greeks)), 0))
    greeks = black_scholes(
        spots,
        contracts.strike,
        contracts.expiry,
        vol=contracts.volatility,
        rate=contracts.rate,
        div_yield=contracts.dividend_yield,
        right=contracts.right,
    )
    table = np.array([getattr(greeks, field.name) for field in fields(Greeks)])
    early = contracts.american & (contracts.expiry > 0.0)
    if early.any():
        table[:, early] = 0.0
        columns = ("strike", "expiry", "rate", "dividend_yield", "right")
        american = certain_greeks(spots[early], *(getattr(contracts, c)[early] for c in columns))
        for row, field in enumerate(fields(Greeks)):
            table[row, early] = american.get(field.name, 0.0)
    return table
