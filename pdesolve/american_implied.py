"""Implied volatility of American options, through the solver."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Number, Rights
from pdesolve.batch import DEFAULT_RESOLUTION, Resolution, solve_many
from pdesolve.certain import best_exercise, certain_value
from pdesolve.closed_form import black_scholes, black_scholes_price
from pdesolve.contracts import Contracts
from pdesolve.implied import implied_volatility

__all__ = ["american_implied_volatility", "european_equivalent"]

Floats = NDArray[np.float64]

LOWEST, HIGHEST = 1e-4, 10.0  # volatilities searched
FIRST = 0.02, 3.0  # between which the search starts
INSIDE = 1e-6  # how far a price is kept from its European bounds, in strikes
# A coarse grid finds the volatility to a part in a million; the default grid corrects it.
ROUGH, ROUGHLY = Resolution(48, 9), 1e-6
EXACT = 1e-10
MOST_STEPS = 60


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
    steps inside a bracket, all options side by side, to 1e-10 in volatility.

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
    values = partial(_values, spots, Contracts(signs, strikes, years, 0.0, rates, yields, True))
    every = np.arange(prices.size)
    highest = values(every, np.full(prices.size, HIGHEST), ROUGH, threads)
    _refuse(prices, lower, highest, shape)

    def excess(
        resolution: Resolution, rows: NDArray[np.int64], vols: Floats
    ) -> NDArray[np.float64]:
        return values(rows, vols, resolution, threads) - prices[rows]

    rough = _solve(partial(excess, ROUGH), *_guess(columns), ROUGHLY)
    vols, _ = _solve(partial(excess, DEFAULT_RESOLUTION), *rough, EXACT)
    return arguments.shaped(vols, shape)


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
    spots: Floats,
    contracts: Contracts,
    rows: NDArray[np.int64],
    vols: Floats,
    resolution: Resolution,
    threads: int,
) -> Floats:
    """Values of some of the contracts, each at its own spot and volatility."""
    moved = replace(contracts.take(rows), volatility=vols)
    where = spots[rows, None, None]
    solved = solve_many(moved, spots=where, resolution=resolution, threads=threads)
    return solved.values[:, 0, 0]


def _refuse(prices: Floats, lower: Floats, highest: Floats, shape: tuple[int, ...]) -> None:
    """Refuse prices that no volatility gives, or any small one."""
    bad = (prices <= lower) | (prices >= highest)
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(
            f"price must be above {lower[i]:.10g} and below {highest[i]:.10g}, "
            f"got {prices[i]}{arguments.place(i, shape)}"
        )


def _guess(columns: list[Floats]) -> tuple[Floats, Floats]:
    """Return the volatilities at which European options have the prices, and their vegas.

    They lie above those looked for.  Prices beyond European bounds are moved inside.
    """
    prices, spots, signs, strikes, years, rates, yields = columns
    asset, money = spots * np.exp(-yields * years), strikes * np.exp(-rates * years)
    lower = np.maximum(signs * (asset - money), 0.0)
    upper = np.where(signs > 0.0, asset, money)
    inside = np.clip(prices, lower + INSIDE * strikes, (1.0 - INSIDE) * upper)
    terms = {"rate": rates, "div_yield": yields, "right": signs}
    vols = np.clip(implied_volatility(inside, spots, strikes, expiry=years, **terms), *FIRST)
    vega = black_scholes(spots, strikes, years, vol=vols, **terms).vega
    return vols, np.asarray(vega)


def _solve(
    excess: Callable[[NDArray[np.int64], Floats], Floats],
    start: Floats,
    slope: Floats,
    exact: float,
) -> tuple[Floats, Floats]:
    """Return the roots of ``excess(rows, vols)``, which rises, and its slopes there.

    Steps by ``slope`` first, then by the secant, inside a bracket that every step narrows; a step
    out of the bracket, and every sixth, halves it.
    """
    low, high = np.full(start.size, LOWEST), np.full(start.size, HIGHEST)
    here, slope, rows = start.copy(), slope.copy(), np.arange(start.size)
    before, before_excess = here.copy(), np.full(start.size, np.nan)
    for step in range(MOST_STEPS):
        found = excess(rows, here[rows])
        above = found > 0.0
        high[rows[above]], low[rows[~above]] = here[rows[above]], here[rows[~above]]
        with np.errstate(divide="ignore", invalid="ignore"):
            if step:
                slope[rows] = (found - before_excess[rows]) / (here[rows] - before[rows])
            new = here[rows] - found / slope[rows]
        inside = (new > low[rows]) & (new < high[rows]) & (step % 6 != 5)
        before[rows], before_excess[rows] = here[rows], found
        new = np.where(inside, new, np.sqrt(low[rows] * high[rows]))
        here[rows] = np.where(found == 0.0, here[rows], new)
        rows = rows[(np.abs(here[rows] - before[rows]) > exact) & (found != 0.0)]
        if not rows.size:
            return here, slope
    raise ArithmeticError(f"volatility did not settle in {MOST_STEPS} steps at position {rows[0]}")
