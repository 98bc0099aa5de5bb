"""QuantLib's finite-difference engines on the BENCHOP problems.

Dates are whole days, so every life is 365 of them: volatilities and rates are scaled to it, which
leaves values as they are.  Every function returns the instruments of one problem on one grid, one
for each spot, with all objects ready.  QuantLib has no such engine for proportional dividends, and
none for Merton's model but that of Bates, here with hardly any volatility of variance.
"""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import QuantLib as ql

from benchmarks._benchop import Floats, Problem
from benchmarks._quantlib import CALENDAR, DAY_COUNT, TODAY

EXPIRY = TODAY + 365
DAMPING = 2
# Local volatility is handed over as a table, finer than any grid.
TABLE_SPOTS = np.geomspace(20.0, 500.0, 1601)
TABLE_TIMES = np.linspace(0.0, 1.0, 101) ** 2
# Volatility that sizes the grid under local volatility, wide enough for its wings.
WIDTH = 0.2
STILL = 1e-3  # volatility of variance that is as good as none

Grid = tuple[int, ...]
Instruments = list[ql.Instrument]
METHODS = {"price": "NPV", "delta": "delta", "gamma": "gamma"}


def read(instruments: Instruments, quantity: str) -> Floats:
    """Solve again, and return the quantity of each instrument."""
    for instrument in instruments:
        instrument.recalculate()
    return np.array([getattr(instrument, METHODS[quantity])() for instrument in instruments])


def vanilla(problem: Problem, grid: Grid) -> Instruments:
    """Black–Scholes, European or American."""

    def engine(spot: float) -> ql.PricingEngine:
        process = _process(spot, problem)
        return ql.FdBlackScholesVanillaEngine(process, *grid, DAMPING, ql.FdmSchemeDesc.Douglas())

    return [_option(problem, engine(spot)) for spot in problem.spots.tolist()]


def barrier(problem: Problem, grid: Grid) -> Instruments:
    """An up-and-out call."""
    found = []
    for spot in problem.spots.tolist():
        terms = ql.Barrier.UpOut, problem["barrier"], 0.0
        option = ql.BarrierOption(*terms, _payoff(problem), ql.EuropeanExercise(EXPIRY))
        option.setPricingEngine(
            ql.FdBlackScholesBarrierEngine(_process(spot, problem), *grid, DAMPING)
        )
        found.append(option)
    return found


def local_volatility(problem: Problem, grid: Grid) -> Instruments:
    """A call under local volatility, from a table."""

    def engine(spot: float) -> ql.PricingEngine:
        table = ql.LocalVolTermStructureHandle(_table(problem, spot))
        black = _flat_volatility(WIDTH)
        process = ql.GeneralizedBlackScholesProcess(
            _quote(spot), _flat(0.0), _flat(_rate(problem)), black, table
        )
        scheme = ql.FdmSchemeDesc.Douglas()
        return ql.FdBlackScholesVanillaEngine(process, *grid, DAMPING, scheme, True)

    return [_option(problem, engine(spot)) for spot in problem.spots.tolist()]


def heston(problem: Problem, grid: Grid) -> Instruments:
    """A call under stochastic variance."""

    def engine(spot: float) -> ql.PricingEngine:
        names = ("initial", "speed", "level", "vol_of_vol", "correlation")
        process = ql.HestonProcess(
            _flat(_rate(problem)), _flat(0.0), _quote(spot), *(problem[name] for name in names)
        )
        return ql.FdHestonVanillaEngine(ql.HestonModel(process), *grid)

    return [_option(problem, engine(spot)) for spot in problem.spots.tolist()]


def jumps(problem: Problem, grid: Grid) -> Instruments:
    """A call under normal jumps, by the engine for Bates' model."""

    def engine(spot: float) -> ql.PricingEngine:
        variance = problem["vol"] ** 2
        process = ql.BatesProcess(
            _flat(_rate(problem)), _flat(0.0), _quote(spot), variance, 1.0, variance, STILL, 0.0,
            problem["intensity"], problem["log_mean"], problem["log_sd"],
        )  # fmt: skip
        return ql.FdBatesVanillaEngine(ql.BatesModel(process), *grid)

    return [_option(problem, engine(spot)) for spot in problem.spots.tolist()]


def two_assets(problem: Problem, grid: Grid) -> Instruments:
    """An option to exchange two assets."""
    found = []
    for first, second in zip(problem.spots.tolist(), problem.other_spots.tolist(), strict=True):
        free = ql.PlainVanillaPayoff(ql.Option.Call, 0.0)
        option = ql.BasketOption(ql.SpreadBasketPayoff(free), ql.EuropeanExercise(EXPIRY))
        processes = _process(first, problem), _process(second, problem)
        engine = ql.Fd2dBlackScholesVanillaEngine(*processes, problem["correlation"], *grid)
        option.setPricingEngine(engine)
        found.append(option)
    return found


def _option(problem: Problem, engine: ql.PricingEngine) -> ql.VanillaOption:
    american = problem.name.startswith("1b")
    exercise = ql.AmericanExercise(TODAY, EXPIRY) if american else ql.EuropeanExercise(EXPIRY)
    option = ql.VanillaOption(_payoff(problem), exercise)
    option.setPricingEngine(engine)
    return option


def _payoff(problem: Problem) -> ql.PlainVanillaPayoff:
    right = ql.Option.Call if problem.right == "call" else ql.Option.Put
    return ql.PlainVanillaPayoff(right, problem["strike"])


def _process(spot: float, problem: Problem) -> ql.BlackScholesMertonProcess:
    vol = problem["vol"] * np.sqrt(problem["expiry"])
    return ql.BlackScholesMertonProcess(
        _quote(spot), _flat(0.0), _flat(_rate(problem)), _flat_volatility(vol)
    )


@cache
def _table(problem: Problem, spot: float) -> ql.LocalVolTermStructure:
    life = problem["expiry"]
    sigma = problem.local_volatility(spot).volatility
    vols = np.sqrt(life) * np.asarray(sigma(TABLE_SPOTS[:, None], life * TABLE_TIMES))
    matrix = ql.Matrix(TABLE_SPOTS.size, TABLE_TIMES.size)
    for i, row in enumerate(vols.tolist()):
        for j, each in enumerate(row):
            matrix[i][j] = each
    times, spots = TABLE_TIMES.tolist(), TABLE_SPOTS.tolist()
    return ql.FixedLocalVolSurface(TODAY, times, spots, matrix, DAY_COUNT)


def _rate(problem: Problem) -> float:
    return problem["rate"] * problem["expiry"]


def _quote(spot: float) -> ql.QuoteHandle:
    return ql.QuoteHandle(ql.SimpleQuote(spot))


def _flat(rate: float) -> ql.YieldTermStructureHandle:
    return ql.YieldTermStructureHandle(ql.FlatForward(TODAY, rate, DAY_COUNT))


def _flat_volatility(vol: float) -> ql.BlackVolTermStructureHandle:
    return ql.BlackVolTermStructureHandle(ql.BlackConstantVol(TODAY, CALENDAR, vol, DAY_COUNT))


Engine = Callable[[Problem, Grid], Instruments]


def work(engine: Engine, problem: Problem, grid: Grid) -> Callable[[], Floats]:
    """Return what one solve of all spots does, with the objects made."""
    return partial(read, engine(problem, grid), problem.quantity)
