"""American prices and deltas against an independent engine and against refinement.

Claim   On the default grids the largest error over 200 random contracts with a strike of 100 is at
        most 1e-4 in price and in delta; TR-BDF2 is of second order in price before extrapolation
        (at least 1.9), Crank–Nicolson as well.
Method  `solve` and `price` against QuantLib's QdFp engine at its highest precision (good to 1e-6;
        Andersen, Lake and Offengenden, *J. Comput. Finance* 20, 2016), spot 80 to 120, 0.1 to 3
        years, volatility 0.1 to 0.6, rate 0 to 0.1, yield 0 to 0.08; a quotient over 0.004 for its
        delta.  Orders from one march on halved cells and steps at 53 spots on both sides of the
        exercise boundary, against 5120 cells extrapolated; those of delta and gamma are reported
        only.
Writes  nothing

    python -m validation.american_references
"""

import sys

import numpy as np
import QuantLib as ql

from pdesolve import (
    BlackScholes,
    Exercise,
    Grid,
    Option,
    PriceSurface,
    Right,
    Scheme,
    price,
    solve,
    spot_grid,
    time_grid,
)
from pdesolve.march.marching import march
from pdesolve.march.problem import pose
from pdesolve.march.reading import read_column

STRIKE = 100.0
MODEL = BlackScholes(volatility=0.3, rate=0.06, dividend_yield=0.06)
SPOTS = np.linspace(55.0, 185.0, 53)  # the exercise boundaries lie at 61 and 165
N_CELLS = np.array([160, 320, 640, 1280])
FINEST = 5120
CELLS_PER_STEP = 40 / 7
GREEKS = ("value", "delta", "gamma")
N_CONTRACTS = 200
BUMP = 0.004
TODAY, DAYS = ql.Date(20, 11, 2026), ql.Actual365Fixed()

LEAST_ORDER = 1.9
LARGEST_DEFAULT_ERROR = 1e-4


def grid(n_cells: int) -> Grid:
    steps = 2 * round(0.5 * n_cells / CELLS_PER_STEP)
    return Grid(spot_grid(STRIKE, MODEL.volatility, n_cells=n_cells), time_grid(1.0, steps))


def orders(right: Right, scheme: Scheme) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest errors over ``SPOTS``, grids by Greeks, and the order of each Greek."""
    option = Option(right, STRIKE, 1.0, Exercise.AMERICAN)
    truth = solve(option, MODEL, grid=grid(FINEST))
    errors = np.empty((N_CELLS.size, len(GREEKS)))
    for row, n_cells in enumerate(N_CELLS.tolist()):
        marched = march(pose(option, MODEL, ()), grid(n_cells), scheme)
        column = marched.column(1.0)
        found = read_column(marched, column, 0.0 * column.values, 1.0, SPOTS)
        for column_, greek in enumerate(GREEKS):
            apart = getattr(found, greek) - getattr(truth, greek)(SPOTS)
            errors[row, column_] = np.abs(apart).max()
    return errors, -np.polyfit(np.log(N_CELLS), np.log(errors), 1)[0]


def contracts() -> tuple[np.ndarray, np.ndarray]:
    """Return the right of each contract; and spot, years, volatility, rate and yield, (c, 5)."""
    draw = np.random.default_rng(0).uniform
    lows, highs = [80.0, 0.1, 0.1, 0.0, 0.0], [120.0, 3.0, 0.6, 0.1, 0.08]
    rows = draw(lows, highs, (N_CONTRACTS, 5))
    rows[:, 1] = np.ceil(365.0 * rows[:, 1]) / 365.0  # the engine counts whole days
    return np.resize([1, -1], N_CONTRACTS), rows


def independent(right: int, row: np.ndarray) -> tuple[float, float]:
    """Return price and delta of one contract by the engine."""
    spot, years, vol, rate, div_yield = row.tolist()

    def curve(level: float) -> ql.YieldTermStructureHandle:
        return ql.YieldTermStructureHandle(ql.FlatForward(TODAY, level, DAYS))

    quote = ql.SimpleQuote(spot)
    variance = ql.BlackConstantVol(TODAY, ql.NullCalendar(), vol, DAYS)
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(quote),
        curve(div_yield),
        curve(rate),
        ql.BlackVolTermStructureHandle(variance),
    )
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if right > 0 else ql.Option.Put, STRIKE)
    option = ql.VanillaOption(payoff, ql.AmericanExercise(TODAY, TODAY + round(365.0 * years)))
    scheme = ql.QdFpAmericanEngine.highPrecisionScheme()
    option.setPricingEngine(ql.QdFpAmericanEngine(process, scheme))
    values = []
    for move in (0.0, BUMP, -BUMP):
        quote.setValue(spot + move)
        values.append(option.NPV())
    return values[0], (values[1] - values[2]) / (2.0 * BUMP)


def solved(right: int, row: np.ndarray) -> tuple[PriceSurface, float]:
    """Return the surface of one contract, and the spot to read it at."""
    option = Option(Right(right), STRIKE, float(row[1]), Exercise.AMERICAN)
    return solve(option, BlackScholes(*row[2:].tolist())), float(row[0])


def default_errors() -> dict[str, np.ndarray]:
    """Return errors of price and delta of the default grids, (2, c), by verb."""
    rights, rows = contracts()
    ql.Settings.instance().evaluationDate = TODAY
    exact = np.array([independent(w, row) for w, row in zip(rights.tolist(), rows, strict=True)]).T
    surfaces = [solved(w, row) for w, row in zip(rights.tolist(), rows, strict=True)]
    found = np.array([(surface.value(spot), surface.delta(spot)) for surface, spot in surfaces]).T
    spot, years, vol, rate, div_yield = rows.T
    quote = price(
        spot=spot,
        strike=STRIKE,
        expiry=years,
        vol=vol,
        rate=rate,
        div_yield=div_yield,
        right=rights,
        style="american",
    )
    return {"solve": found - exact, "price": np.array([quote.price, quote.delta]) - exact}


def main() -> int:
    holds = True
    print(f"{'scheme':>15}{'right':>6}{'cells':>7}", *(f"{greek:>10}" for greek in GREEKS))
    for scheme in Scheme:
        for right in Right:
            errors, fitted = orders(right, scheme)
            for n_cells, row in zip(N_CELLS, errors, strict=True):
                numbers = (f"{error:>10.2e}" for error in row)
                print(f"{scheme.value:>15}{right.name.lower():>6}{n_cells:>7}", *numbers)
            print(f"{'order':>28}", *(f"{order:>10.2f}" for order in fitted))
            holds = holds and bool(fitted[0] >= LEAST_ORDER)

    print(f"\n{'200 contracts':>15}{'max price':>11}{'rms':>9}{'max delta':>11}{'rms':>9}")
    for verb, errors in default_errors().items():
        worst, rms = abs(errors).max(axis=1), np.sqrt((errors**2).mean(axis=1))
        print(f"{verb:>15}{worst[0]:>11.1e}{rms[0]:>9.1e}{worst[1]:>11.1e}{rms[1]:>9.1e}")
        holds = holds and bool(worst.max() <= LARGEST_DEFAULT_ERROR)
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
