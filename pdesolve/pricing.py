"""The one-call front door: numbers, arrays or a frame in, price and all Greeks out."""

from dataclasses import fields, replace
from functools import partial
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Rights, Styles
from pdesolve.batch.many import DEFAULT_RESOLUTION
from pdesolve.batch.refinement import LADDER, refined
from pdesolve.batch.sensitivity import solve_greeks, theta
from pdesolve.certain import certain_greeks
from pdesolve.closed_form import Greeks, black_scholes
from pdesolve.contracts import Contracts, assembled
from pdesolve.frames import Frame, from_frame
from pdesolve.progress import Progress, Telling, told
from pdesolve.quote import Quote

__all__ = ["price"]

Floats = NDArray[np.float64]

# The grid of the ladder beyond which neighbouring solves, seven times the work, are not refined.
NEIGHBOURS = 3

NAMES = ("spot", "right", "strike", "expiry", "vol", "rate", "div_yield", "style")
NEEDED = ("spot", "strike", "expiry", "vol")
DEFAULTS: dict[str, Any] = {"right": "call", "rate": 0.0, "div_yield": 0.0, "style": "european"}


@overload
def price(
    *,
    spot: ArrayLike,
    strike: ArrayLike,
    expiry: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike = ...,
    div_yield: ArrayLike = ...,
    right: Rights = ...,
    style: Styles = ...,
    tolerance: float | None = ...,
    threads: int = ...,
    progress: Telling = ...,
) -> Quote: ...
@overload
def price(
    frame: Frame,
    /,
    *,
    spot: ArrayLike | None = ...,
    strike: ArrayLike | None = ...,
    expiry: ArrayLike | None = ...,
    vol: ArrayLike | None = ...,
    rate: ArrayLike | None = ...,
    div_yield: ArrayLike | None = ...,
    right: Rights | None = ...,
    style: Styles | None = ...,
    tolerance: float | None = ...,
    threads: int = ...,
    progress: Telling = ...,
) -> Quote: ...
def price(  # noqa: PLR0913 (a contract and its market, all by name)
    frame: Frame | None = None,
    /,
    *,
    spot: ArrayLike | None = None,
    strike: ArrayLike | None = None,
    expiry: ArrayLike | None = None,
    vol: ArrayLike | None = None,
    rate: ArrayLike | None = None,
    div_yield: ArrayLike | None = None,
    right: Rights | None = None,
    style: Styles | None = None,
    tolerance: float | None = None,
    threads: int = 1,
    progress: Telling = None,
) -> Quote:
    """Price and Greeks of vanilla options.

    Every option is solved on a grid (`solve_many`), also the European ones; those at expiry or
    without volatility are known without.  The arguments broadcast together.

    Parameters
    ----------
    frame : frame, optional
        Of pandas, polars or pyarrow, or a dict of columns: one option for each row, with columns
        named as the arguments below.  Those that are given count instead of columns; columns of
        other names are left alone.
    spot, strike : array-like
        In quote currency, positive.
    expiry : array-like
        Years of 365 days, zero or more.
    vol : array-like
        Decimal per root year (0.2 is 20 %), zero or more.
    rate, div_yield : array-like
        Continuously compounded per year, 0 by default.
    right : str, Right or array of them
        "call" (the default), "c", "put" or "p" in any case, or a `Right`.
    style : str, Exercise or array of them
        "european" (the default) or "american" in any case, or an `Exercise`.
    tolerance : float, optional
        Largest estimated error of the price in quote currency.  Grids are refined for each option
        until it is met; `Quote.converged` tells where the finest did not.  By default one grid
        serves all, whose error is about a millionth of the strike.  The tolerance concerns the
        price: vega, rho and what else takes neighbouring solves come from no finer grid than that.
    threads : int
        Threads that march.
    progress : callable or False, optional
        As for `solve_many`; counts begin anew with every grid.

    Returns
    -------
    Quote

    Raises
    ------
    ValueError
        If a number is out of its range or not finite, a volatility looks like percent, a right or
        style is unknown, the shapes do not broadcast, the tolerance is not positive, or a frame
        lacks a column.
    TypeError
        If an argument is missing, and there is no frame.

    Examples
    --------
    >>> from pdesolve import price
    >>> put = price(spot=100.0, strike=100.0, expiry=1.0, vol=0.2, rate=0.05,
    ...             right="put", style="american")
    >>> round(put.price, 3), round(put.delta, 3), round(put.vega_pt, 3)
    (6.09, -0.411, 0.375)
    >>> price(spot=[90.0, 110.0], strike=100.0, expiry=0.5, vol=0.3).price.round(2)
    array([ 3.99, 14.75])
    >>> price({"spot": [90.0, 110.0], "strike": [100.0, 100.0]}, expiry=0.5, vol=0.3).delta.round(2)
    array([0.35, 0.71])
    """
    if tolerance is not None and not 0.0 < tolerance < np.inf:
        raise ValueError(f"tolerance must be positive and finite, got {tolerance}")
    given = (spot, right, strike, expiry, vol, rate, div_yield, style)
    shape, spots, contracts = _checked(frame, dict(zip(NAMES, given, strict=True)))
    table = np.empty((len(fields(Greeks)), spots.size))
    error, residual = np.zeros(spots.size), np.zeros(spots.size)
    sure = (contracts.expiry == 0.0) | (contracts.volatility == 0.0)
    table[:, sure] = _certain(contracts.take(np.flatnonzero(sure)), spots[sure])
    at = np.flatnonzero(~sure)
    if at.size:
        ask = partial(_solved, threads=threads, progress=told(progress))
        table[:, at], error[at], residual[at] = ask(contracts.take(at), spots[at], tolerance)
    names = ("spot", *(field.name for field in fields(Greeks)), "error", "residual")
    rows = (spots, *table, error, residual)
    numbers = {n: arguments.shaped(row, shape) for n, row in zip(names, rows, strict=True)}
    met = np.ones(spots.size, dtype=bool) if tolerance is None else error <= tolerance
    converged = met.reshape(shape) if shape else bool(met[0])
    return Quote(**numbers, converged=converged, method=_method(tolerance))


def _checked(
    frame: Frame | None, given: dict[str, Any]
) -> tuple[tuple[int, ...], Floats, Contracts]:
    """Return the common shape of all arguments, and spots and contracts as columns."""
    of = DEFAULTS | from_frame(frame, given, NEEDED)
    shape, (spots, *columns) = arguments.aligned(
        {
            "spot": arguments.positive("spot", of["spot"]),
            "right": arguments.signs(of["right"]),
            "strike": arguments.positive("strike", of["strike"]),
            "expiry": arguments.not_negative("expiry", of["expiry"]),
            "vol": arguments.volatility("vol", of["vol"]),
            "rate": arguments.finite("rate", of["rate"]),
            "div_yield": arguments.finite("div_yield", of["div_yield"]),
            "style": arguments.american(of["style"]),
        }
    )
    _, _, expiry, _, rate, div_yield, american = columns
    arguments.discounting("rate", rate, expiry, shape)
    arguments.discounting("div_yield", div_yield, expiry, shape)
    return shape, spots, assembled([*columns[:-1], american.astype(bool)])


def _method(tolerance: float | None) -> str:
    last, up_to = (DEFAULT_RESOLUTION, "") if tolerance is None else (LADDER[-1], "up to ")
    cells, steps = last.n_cells, last.n_steps
    return f"TR-BDF2 on {up_to}{cells} x {steps} and {2 * cells} x {2 * steps}, extrapolated"


def _solved(
    contracts: Contracts,
    spots: Floats,
    tolerance: float | None,
    *,
    threads: int,
    progress: Progress,
) -> tuple[Floats, Floats, Floats]:
    """Greeks (10, c), errors and residuals of options with life left and volatility."""
    ask = partial(solve_greeks, threads=threads, progress=progress)
    if tolerance is None:
        greeks, error, residual = ask(contracts, spots, DEFAULT_RESOLUTION)
        return _table(greeks), error, residual
    value, delta, gamma, error, level = refined(
        contracts, spots, tolerance, threads=threads, progress=progress
    )
    table, residual = np.empty((len(fields(Greeks)), spots.size)), np.empty(spots.size)
    beside = np.minimum(level, NEIGHBOURS)
    for place in np.unique(beside).tolist():
        rows = np.flatnonzero(beside == place)
        greeks, _, residual[rows] = ask(contracts.take(rows), spots[rows], LADDER[place])
        table[:, rows] = _table(greeks)
    decay = theta(contracts, spots, value, delta, gamma)
    own = replace(Greeks(*table), price=value, delta=delta, gamma=gamma, theta=decay)
    return _table(own), error, residual


def _table(greeks: Greeks) -> Floats:
    return np.array([getattr(greeks, field.name) for field in fields(Greeks)])


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
    table = _table(greeks)
    early = contracts.american & (contracts.expiry > 0.0)
    if early.any():
        table[:, early] = 0.0
        columns = ("strike", "expiry", "rate", "dividend_yield", "right")
        american = certain_greeks(spots[early], *(getattr(contracts, c)[early] for c in columns))
        for row, field in enumerate(fields(Greeks)):
            table[row, early] = american.get(field.name, 0.0)
    return table
