"""QuantLib's engines on a sample: values, and the time of one call with all objects ready."""

import time
from collections.abc import Callable

import numpy as np
import QuantLib as ql
from numpy.typing import NDArray

from benchmarks._sample import Sample

Floats = NDArray[np.float64]
Engine = Callable[[ql.GeneralizedBlackScholesProcess], ql.PricingEngine]

TODAY, DAY_COUNT, CALENDAR = ql.Date(2, 1, 2024), ql.Actual365Fixed(), ql.NullCalendar()
ql.Settings.instance().evaluationDate = TODAY

CRANK_NICOLSON, DOUGLAS = ql.FdmSchemeDesc.CrankNicolson, ql.FdmSchemeDesc.Douglas
TR_BDF2 = ql.FdmSchemeDesc.TrBDF2
FAST = ql.QdFpAmericanEngine.fastScheme
ACCURATE = ql.QdFpAmericanEngine.accurateScheme
HIGH_PRECISION = ql.QdFpAmericanEngine.highPrecisionScheme


def qdfp(scheme: Callable[[], ql.QdFpIterationScheme]) -> Engine:
    """The exercise boundary by fixed-point iteration on Chebyshev nodes."""
    return lambda process: ql.QdFpAmericanEngine(process, scheme())


def finite_differences(
    n_times: int, n_spots: int, scheme: Callable[[], ql.FdmSchemeDesc], *, damping: int = 0
) -> Engine:
    """The finite-difference engine, its first ``damping`` steps implicit."""
    return lambda process: ql.FdBlackScholesVanillaEngine(
        process, n_times, n_spots, damping, scheme()
    )


def leisen_reimer(n_steps: int) -> Engine:
    """The binomial tree of Leisen and Reimer."""
    return lambda process: ql.BinomialVanillaEngine(process, "lr", n_steps)


def closed_form() -> Engine:
    """Black and Scholes, European."""
    return ql.AnalyticEuropeanEngine


def values(sample: Sample, engine: Engine) -> Floats:
    """Value of each contract at its own spot, (c,)."""
    return np.array([_option(sample, i, engine).NPV() for i in range(len(sample))])


def seconds(sample: Sample, engine: Engine, repeats: int = 1) -> float:
    """Processor seconds of one call of the engine, the mean over a sample, best of repeats."""
    options = [_option(sample, i, engine) for i in range(len(sample))]
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        for option in options:
            option.recalculate()
        best = min(best, time.process_time() - start)
    return best / len(options)


def _option(sample: Sample, i: int, engine: Engine) -> ql.VanillaOption:
    terms = sample.contracts
    last_day = TODAY + int(sample.days[i])
    american = bool(terms.american[i])
    exercise = ql.AmericanExercise(TODAY, last_day) if american else ql.EuropeanExercise(last_day)
    right = ql.Option.Call if terms.right[i] > 0.0 else ql.Option.Put
    option = ql.VanillaOption(ql.PlainVanillaPayoff(right, float(terms.strike[i])), exercise)
    option.setPricingEngine(engine(_process(sample, i)))
    return option


def _process(sample: Sample, i: int) -> ql.BlackScholesMertonProcess:
    terms = sample.contracts
    vol = ql.BlackConstantVol(TODAY, CALENDAR, float(terms.volatility[i]), DAY_COUNT)
    return ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(float(sample.spots[i]))),
        _curve(terms.dividend_yield[i]),
        _curve(terms.rate[i]),
        ql.BlackVolTermStructureHandle(vol),
    )


def _curve(rate: float) -> ql.YieldTermStructureHandle:
    return ql.YieldTermStructureHandle(ql.FlatForward(TODAY, float(rate), DAY_COUNT))
