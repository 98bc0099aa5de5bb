"""Implied volatility of American options, through the solver."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Number, Rights
from pdesolve.batch import solve_many
from pdesolve.certain import best_exercise, certain_value
from pdesolve.closed_form import black_scholes
from pdesolve.contracts import Contracts

__all__ = ["american_implied_volatility"]

Floats = NDArray[np.float64]

LOWEST, HIGHEST = 1e-4, 10.0  # volatilities searched
FIRST_GUESS = 0.3
EXACT = 1e-10  # largest error in volatility
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

    def excess(rows: NDArray[np.int64], vols: Floats) -> Floats:
        contracts = Contracts(
            signs[rows], strikes[rows], years[rows], vols, rates[rows], yields[rows], True
        )
        solved = solve_many(contracts, spots=spots[rows, None, None], threads=threads)
        return solved.values[:, 0, 0] - prices[rows]

    at = best_exercise(spots, strikes, years, rates, yields, signs)
    lower, _ = certain_value(spots, strikes, at, rates, yields, signs)
    every = np.arange(prices.size)
    _refuse(prices, lower, excess(every, np.full(prices.size, HIGHEST)), shape)
    guess = black_scholes(
        spots, strikes, years, vol=FIRST_GUESS, rate=rates, div_yield=yields, right=signs
    )
    return arguments.shaped(_solve(excess, np.asarray(guess.vega)), shape)


def _refuse(prices: Floats, lower: Floats, at_highest: Floats, shape: tuple[int, ...]) -> None:
    """Refuse prices that no volatility gives, or any small one."""
    bad = (prices <= lower) | (at_highest <= 0.0)
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(
            f"price must be above {lower[i]:.10g} and below {prices[i] + at_highest[i]:.10g}, "
            f"got {prices[i]}{arguments.place(i, shape)}"
        )


def _solve(excess: Callable[[NDArray[np.int64], Floats], Floats], slope: Floats) -> Floats:
    """Return the roots of ``excess(rows, vols)``, whose ``slope`` at the first guess is known."""
    n = slope.size
    low, high = np.full(n, LOWEST), np.full(n, HIGHEST)
    here, rows = np.full(n, FIRST_GUESS), np.arange(n)
    before, before_excess = np.full(n, np.nan), np.full(n, np.nan)
    for step in range(MOST_STEPS):
        found = excess(rows, here[rows])
        above = found > 0.0
        high[rows[above]], low[rows[~above]] = here[rows[above]], here[rows[~above]]
        with np.errstate(divide="ignore", invalid="ignore"):
            if step:
                slope[rows] = (found - before_excess[rows]) / (here[rows] - before[rows])
            move = -found / slope[rows]
        new = here[rows] + move
        inside = (new > low[rows]) & (new < high[rows])
        halved = np.sqrt(low[rows] * high[rows])
        before[rows], before_excess[rows] = here[rows], found
        new = np.where(inside & (step % 6 != 5), new, halved)
        here[rows] = np.where(found == 0.0, here[rows], new)
        open_ = (np.abs(here[rows] - before[rows]) > EXACT) & (found != 0.0)
        rows = rows[open_]
        if not rows.size:
            return here
    raise ValueError(
        f"implied volatility did not settle in {MOST_STEPS} steps at position {rows[0]}"
    )
