"""FinancePy's American engines on a sample; imported only where the package is installed."""

import time
from collections.abc import Callable

import numpy as np
from financepy.models.black_scholes import BlackScholes
from financepy.utils.global_types import BlackScholesTypes, OptionTypes
from numpy.typing import NDArray

from benchmarks._sample import Sample

Floats = NDArray[np.float64]
Model = Callable[[float], BlackScholes]


def tree(volatility: float) -> BlackScholes:
    """A binomial tree of 400 steps a year."""
    return BlackScholes(volatility, BlackScholesTypes.CRR_TREE, 400)


def finite_differences(volatility: float) -> BlackScholes:
    """Crank-Nicolson with 400 steps a year on 400 nodes."""
    return BlackScholes(
        volatility, BlackScholesTypes.FINITE_DIFFERENCE, 400, params={"num_samples": 400}
    )


MODELS: dict[str, Model] = {
    "FinancePy tree, 400 a year": tree,
    "FinancePy finite differences": finite_differences,
}


def measure(sample: Sample, model: Model) -> tuple[Floats, float]:
    """Values (c,) of American contracts, and processor seconds of one, the mean over them."""
    _values(sample.take(np.array([0])), model)  # compiles
    start = time.process_time()
    found = _values(sample, model)
    return found, (time.process_time() - start) / len(sample)


def _values(sample: Sample, model: Model) -> Floats:
    terms = sample.contracts
    kinds = {1.0: OptionTypes.AMERICAN_CALL, -1.0: OptionTypes.AMERICAN_PUT}
    columns = (terms.expiry, terms.strike, terms.rate, terms.dividend_yield, terms.volatility)
    rows = zip(sample.spots, *columns, terms.right, strict=True)
    return np.array([model(vol).value(*row, kinds[right]) for *row, vol, right in rows])
