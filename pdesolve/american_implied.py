"""Implied volatility of American options, through the solver."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Number, Rights
from pdesolve.batch.many import DEFAULT_RESOLUTION, Resolution, solve_many
from pdesolve.certain import best_exercise, certain_value
from pdesolve.closed_form import black_scholes, black_scholes_price
from pdesolve.contracts import COLUMNS, Contracts, assembled
from pdesolve.implied import implied_volatility

__all__ = ["american_implied_volatility", "european_equivalent"]

Floats = NDArray[np.float64]

LOWEST, HIGHEST = 1e-4, 10.0  # volatilities searched
FIRST = 0.02, 3.0  # between which the search starts
INSIDE = 1e-6  # how far a price is kept from its European bounds, in strikes
# A coarse grid finds volatility and vega, and the default grid corrects the volatility; with each,
# the error in volatility at which its search ends.
STAGES = ((Resolution(48, 9), 3e-8), (DEFAULT_RESOLUTION, 4e-9))
# Relative doubt in a vega that one grid hands to another.
LEAST_DOUBT = 1e-3
MOST_STEPS = 60
MOST_BENT = 0.5  # share of the slope that a parabola may add to that of its chord


class _Roots(NamedTuple):
    """Volatilities found so far, (c,), with their vegas and the relative doubt in these."""

    vols: Floats
    vegas: Floats
    doubts: Floats


def american_implied_volatility(
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    *,
    expiry: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
    threads: int = 1,
) -> Number:
    """Volatility at which American options have the prices given.

    Solves ``V(sigma) = price`` with the values of `solve_many` on its default grid, by secant
    steps inside a bracket, all options side by side, to 1e-8 in volatility.

    Parameters
    ----------
    price : array-like
        ``V`` in quote currency.
    spot, strike : array-like
        In quote currency.
    expiry : array-like
        Years of 365 days, positive.
    rate, div_yield : array-like
        Continuously compounded per year.
    right : str, Right or array of them
        "call", "c", "put" or "p" in any case, or a `Right`.
    threads : int
        Threads that march.

    Returns
    -------
    float or array
        Decimals per root year, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        If a price is not above the value without volatility (that of exercise at the best certain
        time, which any small volatility gives) or not below the value at a volatility of 1000 %,
        or an argument is out of its range.
    ArithmeticError
        If the search does not settle.

    Examples
    --------
    >>> from pdesolve import american_implied_volatility, price
    >>> put = price(spot=100.0, strike=110.0, expiry=0.5, vol=0.35, rate=0.05,
    ...             right="put", style="american")
    >>> round(american_implied_volatility(put.price, 100.0, 110.0, expiry=0.5, rate=0.05,
    ...                                   right="put"), 9)
    0.35
    """
    shape, columns = arguments.aligned(
        {
            "price": arguments.positive("price", price),
            "spot": arguments.positive("spot", spot),
            "right": arguments.signs(right),
            "strike": arguments.positive("strike", strike),
            "expiry": arguments.positive("expiry", expiry),
            "rate": arguments.finite("rate", rate),
            "div_yield": arguments.finite("div_yield", div_yield),
        }
    )
    prices, spots, signs, strikes, years, rates, yields = columns
    at = best_exercise(spots, strikes, years, rates, yields, signs)
    lower, _ = certain_value(spots, strikes, at, rates, yields, signs)
    contracts = Contracts(signs, strikes, years, 0.0, rates, yields, True)

    def excess(resolution: Resolution, rows: NDArray[np.int64], vols: Floats) -> Floats:
        values = _values(spots[rows], contracts.take(rows), vols, resolution, threads)
        return values - prices[rows]

    roots, beyond = _guess(columns)
    doubtful = np.flatnonzero(beyond | (prices <= lower))
    above = excess(STAGES[0][0], doubtful, np.full(doubtful.size, HIGHEST))
    refused = (prices[doubtful] <= lower[doubtful]) | (above <= 0.0)
    if refused.any():
        first = int(np.argmax(refused))
        i = int(doubtful[first])
        raise ValueError(
            f"price must be above {lower[i]:.10g} and below {prices[i] + above[first]:.10g}, "
            f"got {prices[i]}{arguments.place(i, shape)}"
        )
    for resolution, enough in STAGES:
        roots = _solve(partial(excess, resolution), roots, enough)
    return arguments.shaped(roots.vols, shape)


def european_equivalent(
    price: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    *,
    expiry: ArrayLike,
    rate: ArrayLike = 0.0,
    div_yield: ArrayLike = 0.0,
    right: Rights = "call",
    threads: int = 1,
) -> Number:
    """Prices that European options would have at the volatilities implied by American prices.

    De-Americanisation: parity and models of European prices apply to the result.

    Parameters
    ----------
    price, spot, strike, expiry, rate, div_yield, right, threads
        As for `american_implied_volatility`.

    Returns
    -------
    float or array
        In quote currency, in the shape to which the arguments broadcast.

    Raises
    ------
    ValueError
        As `american_implied_volatility`.

    Examples
    --------
    >>> from pdesolve import black_scholes_price, european_equivalent, price
    >>> terms = {"expiry": 0.5, "rate": 0.05, "right": "put"}
    >>> put = price(spot=100.0, strike=110.0, vol=0.35, style="american", **terms).price
    >>> european = european_equivalent(put, 100.0, 110.0, **terms)
    >>> round(european - black_scholes_price(100.0, 110.0, vol=0.35, **terms), 9)
    0.0
    """
    vol = american_implied_volatility(
        price,
        spot,
        strike,
        expiry=expiry,
        rate=rate,
        div_yield=div_yield,
        right=right,
        threads=threads,
    )
    return black_scholes_price(
        spot, strike, expiry, vol=vol, rate=rate, div_yield=div_yield, right=right
    )


def _values(
    spots: Floats, contracts: Contracts, vols: Floats, resolution: Resolution, threads: int
) -> Floats:
    """Values of contracts, each at its own spot and volatility."""
    columns = {name: getattr(contracts, name) for name in COLUMNS} | {"volatility": vols}
    moved = assembled(list(columns.values()))
    solved = solve_many(
        moved, spots=spots[:, None, None], resolution=resolution, threads=threads, progress=False
    )
    return solved.values[:, 0, 0]


def _guess(columns: list[Floats]) -> tuple[_Roots, NDArray[np.bool_]]:
    """Return volatilities and vegas of European options at the prices, and which may be too high.

    The volatilities lie above those looked for.  Prices beyond European bounds are moved inside;
    these, and those of high volatility, may be above all that volatilities give.
    """
    prices, spots, signs, strikes, years, rates, yields = columns
    asset, money = spots * np.exp(-yields * years), strikes * np.exp(-rates * years)
    lower = np.maximum(signs * (asset - money), 0.0)
    upper = np.where(signs > 0.0, asset, money)
    inside = np.clip(prices, lower + INSIDE * strikes, (1.0 - INSIDE) * upper)
    terms = {"rate": rates, "div_yield": yields, "right": signs}
    vols = np.clip(implied_volatility(inside, spots, strikes, expiry=years, **terms), *FIRST)
    vega = black_scholes(spots, strikes, years, vol=vols, **terms).vega
    roots = _Roots(vols, np.asarray(vega), np.ones(vols.size))
    return roots, (inside != prices) | (vols == FIRST[1])


def _solve(
    excess: Callable[[NDArray[np.int64], Floats], Floats], start: _Roots, enough: float
) -> _Roots:
    """Return the roots of ``excess(rows, vols)``, which rises, to an error of about ``enough``.

    Steps by the slope given first, then by that of the parabola through the last three points,
    inside a bracket that every step narrows; a step out of the bracket, and every sixth, halves it.
    What a step leaves is the step times the doubt in the slope it was taken by.
    """
    low, high = np.full(start.vols.size, LOWEST), np.full(start.vols.size, HIGHEST)
    here, slopes, doubts = (column.copy() for column in start)
    points = np.full((2, 2, here.size), np.nan)  # the last two, and what was in excess there
    rows = np.arange(here.size)
    for step in range(MOST_STEPS):
        x, found = here[rows], excess(rows, here[rows])
        above = found > 0.0
        high[rows[above]], low[rows[~above]] = x[above], x[~above]
        with np.errstate(divide="ignore", invalid="ignore"):
            bend = np.zeros(rows.size)
            if step:
                slope, bend = _parabola(x, found, points[:, :, rows])
                # A chord is off by about as much as slopes change, a parabola by its square.
                change = np.abs(slopes[rows] / slope - 1.0)
                doubts[rows] = LEAST_DOUBT + change ** min(step, 2)
                slopes[rows] = slope
            new = x - found / slopes[rows]
        inside = (new > low[rows]) & (new < high[rows]) & (step % 6 != 5)
        new = np.where(inside, new, np.sqrt(low[rows] * high[rows]))
        points[1][:, rows] = points[0][:, rows]
        points[0][:, rows] = x, found
        here[rows] = np.where(found == 0.0, x, new)
        slopes[rows] += bend * (here[rows] - x)
        left = np.where(inside, doubts[rows], 1.0) * np.abs(here[rows] - x)
        rows = rows[~(left <= enough)]
        if not rows.size:
            return _Roots(here, slopes, doubts)
    raise ArithmeticError(f"volatility did not settle in {MOST_STEPS} steps at position {rows[0]}")


def _parabola(x: Floats, y: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Slope and bend at ``x`` of the parabola through three points, or of the chord through two.

    ``points`` (2, 2, c) are the last and the one before, each with its ``x`` and ``y``.
    """
    (x1, y1), (x2, y2) = points
    chord = (y - y1) / (x - x1)
    bend = (chord - (y1 - y2) / (x1 - x2)) / (x - x2)
    bend = np.where(np.abs(bend * (x - x1)) < MOST_BENT * np.abs(chord), bend, 0.0)
    return chord + bend * (x - x1), 2.0 * bend
