"""Put–call parity, and call–put symmetry, of values on grids.

Claim   On the default grids European values satisfy C - P = S exp(-q T) - K exp(-r T), and European
        and American ones C(S, K, r, q) = P(K, S, q, r), within what the estimated errors of the
        two sides allow and at most 1e-5 of the strike; American ones satisfy
        S exp(-q T) - K <= C - P <= S - K exp(-r T).  In `price` the symmetry is exact, as calls are
        marched as the puts that they equal.
Method  200 random contracts: spot 80 to 120, strike 100, 0.1 to 3 years, volatility 0.1 to 0.6,
        rate 0 to 0.1, yield 0 to 0.08, each solved by `solve` and by `price`.
Writes  nothing

    python -m validation.parity_and_symmetry
"""

import sys
from typing import NamedTuple

import numpy as np

from pdesolve import BlackScholes, Exercise, Option, Right, price, solve

STRIKE = 100.0
N_CONTRACTS = 200

LARGEST_GAP = 1e-5 * STRIKE
ROUNDING = 1e-12 * STRIKE


class Columns(NamedTuple):
    """Spot, strike, years, volatility, rate and yield of contracts."""

    spot: np.ndarray
    strike: np.ndarray
    expiry: np.ndarray
    vol: np.ndarray
    rate: np.ndarray
    div_yield: np.ndarray

    def mirrored(self) -> "Columns":
        """Return contracts with spot and strike, and rate and yield, exchanged."""
        return Columns(self.strike, self.spot, self.expiry, self.vol, self.div_yield, self.rate)


def contracts() -> Columns:
    draw = np.random.default_rng(0).uniform
    lows = [80.0, STRIKE, 0.1, 0.1, 0.0, 0.0]
    highs = [120.0, STRIKE, 3.0, 0.6, 0.1, 0.08]
    return Columns(*draw(lows, highs, (N_CONTRACTS, 6)).T)


def by_solve(columns: Columns, right: Right, exercise: Exercise) -> tuple[np.ndarray, np.ndarray]:
    """Return values and estimated errors by `solve`."""
    found = []
    for spot, strike, expiry, *numbers in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        surface = solve(Option(right, strike, expiry, exercise), BlackScholes(*numbers))
        found.append((surface.value(spot), surface.error(spot)))
    values, errors = np.array(found).T
    return values, errors


def by_price(columns: Columns, right: Right, exercise: Exercise) -> tuple[np.ndarray, np.ndarray]:
    """Return values and estimated errors by `price`."""
    quote = price(**columns._asdict(), right=right, style=exercise)
    return np.asarray(quote.price), np.asarray(quote.error)


def main() -> int:
    columns, holds = contracts(), True
    asset = columns.spot * np.exp(-columns.div_yield * columns.expiry)
    money = columns.strike * np.exp(-columns.rate * columns.expiry)
    print(f"{'verb':>10}{'exercise':>10}{'parity':>10}{'symmetry':>10}{'of estimate':>13}")
    for verb in (by_solve, by_price):
        for exercise in Exercise:
            call, call_error = verb(columns, Right.CALL, exercise)
            put, put_error = verb(columns, Right.PUT, exercise)
            mirrored, mirrored_error = verb(columns.mirrored(), Right.PUT, exercise)
            between = call - put
            if exercise is Exercise.EUROPEAN:
                parity = np.abs(between - (asset - money))
            else:  # how far outside its bounds
                low, high = asset - columns.strike, columns.spot - money
                parity = np.maximum(np.maximum(low - between, between - high), 0.0)
            symmetry = np.abs(call - mirrored)
            shares = (
                parity / (call_error + put_error + ROUNDING),
                symmetry / (call_error + mirrored_error + ROUNDING),
            )
            share = max(part.max() for part in shares)
            print(f"{verb.__name__:>10}{exercise.value:>10}{parity.max():>10.1e}", end="")
            print(f"{symmetry.max():>10.1e}{share:>13.2f}")
            exact = verb is by_solve or bool(symmetry.max() <= ROUNDING)
            within = max(parity.max(), symmetry.max()) <= LARGEST_GAP and share <= 1.0
            holds = holds and exact and bool(within)
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
