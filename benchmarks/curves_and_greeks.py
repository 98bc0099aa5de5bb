"""A whole curve of American prices, and all first Greeks, from one batch of marches.

Claim   A curve of 200 spots takes at most 30 us a contract in a batch, with errors up to 2e-4, and
        at most 0.25 ms for a contract alone.  All six first Greeks take at most 60 us a contract in
        a batch, with errors below those of QuantLib's QdFp engine bumped.
Method  American contracts with strike 100 drawn like the field's standard set, by a fresh seed.
        Processor time of one core, best of some repeats, from arrays to arrays: curves in a batch
        of 960, Greeks in one of 1,600, each on the cheapest grid of a ladder that is accurate
        enough.  A curve of a contract alone is allowed the error of the batch or, as the second
        row of it has it, 5e-4.
        Truth is QdFp "high precision": for curves of 40 contracts at every tenth spot, another
        tenth for each; for Greeks of 40 contracts by differences of fourth order, theta by the
        scaling of time.  QdFp "fast" is bumped once up and down, nine calls.

    python -m benchmarks.curves_and_greeks
"""

import sys
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks import _quantlib as quantlib
from benchmarks._peer_greeks import FOURTH_ORDER, GREEKS, SECOND_ORDER, bumped_greeks
from benchmarks._sample import FRESH_SEED, Floats, Sample, standard_set
from benchmarks._table import Row, micro, show, sizes, small
from benchmarks._timing import cpu_seconds
from pdesolve import Resolution, solve_many
from pdesolve.batch.sensitivity import solve_greeks

REFERRED = 40  # contracts that are compared with the reference
CURVE = np.linspace(60.0, 160.0, 200)
CURVES_BATCH, GREEKS_BATCH = 960, 1_600
LADDER = tuple(Resolution(16 * k, 3 * k) for k in range(2, 13))

CURVE_ERROR, CURVE_LIMIT = 2e-4, 30e-6
ALONE_ERRORS, ALONE_LIMIT = (2e-4, 5e-4), 250e-6
# The published errors of QdFp "fast" bumped; nobody publishes one for the yield.
GREEK_ERRORS = dict(zip(GREEKS, (1.3e-4, 1.5e-5, 1.4e-3, 5e-3, 0.17, 0.17), strict=True))
GREEKS_LIMIT = 60e-6
BUMPED_CALLS = 9


def curve_errors(sample: Sample) -> list[Floats]:
    """Errors of curves, (c, k / 10) of each grid of the ladder."""
    shown = (np.arange(len(sample))[:, None] + np.arange(0, CURVE.size, 10)) % CURVE.size
    contracts = np.repeat(np.arange(len(sample)), shown.shape[1])
    points = sample.take(contracts)
    points = Sample(CURVE[shown.ravel()], points.days, points.contracts)
    exact = quantlib.values(points, quantlib.qdfp(quantlib.HIGH_PRECISION)).reshape(shown.shape)
    solved = (
        solve_many(sample.contracts, spots=CURVE, resolution=resolution).values[:, 0]
        for resolution in LADDER
    )
    return [np.take_along_axis(values, shown, axis=1) - exact for values in solved]


def coarsest(errors: list[Floats], bound: float) -> int:
    """The first grid of the ladder from which on no error is above the bound."""
    within = [bool(np.abs(found).max() <= bound) for found in errors]
    if not within[-1]:
        raise ValueError(f"the finest grid of the ladder must be within {bound}")
    return len(within) - within[::-1].index(False) if False in within else 0


def timed_row(name: str, errors: Floats, work: Callable[[], object], *, count: int) -> Row:
    """A row of error and seconds of one contract out of ``count``."""
    seconds = cpu_seconds(work, 5 if count > 1 else 200) / count
    limit = CURVE_LIMIT if count > 1 else ALONE_LIMIT
    cells = (*map(small, sizes(errors)), micro(seconds))
    return Row(name, cells, f"<= {1e6 * limit:.0f} us", seconds <= limit)


def curve_rows(fresh: Sample) -> list[Row]:
    """Curves in a batch and alone."""
    referred = fresh.take(np.arange(REFERRED))
    errors = curve_errors(referred)
    rows = [Row(f"curve of {CURVE.size} spots, seed {FRESH_SEED}")]
    kinds = [(CURVES_BATCH, CURVE_ERROR), *((1, error) for error in ALONE_ERRORS)]
    for count, bound in kinds:
        index = coarsest(errors, bound)
        contracts = fresh.tiled(count).contracts
        work = partial(solve_many, contracts, spots=CURVE, resolution=LADDER[index])
        where = "in a batch" if count > 1 else "alone"
        name = f"{where} within {bound:.0e}: {_grid(LADDER[index])}"
        rows.append(timed_row(name, errors[index], work, count=count))
    return rows


def greek_errors(sample: Sample, exact: dict[str, Floats], resolution: Resolution) -> Floats:
    """Errors (6, c) of our Greeks on one grid."""
    found = solve_greeks(sample.contracts, sample.spots, resolution)[0]
    return np.array([getattr(found, name) - exact[name] for name in GREEKS])


def greek_rows(fresh: Sample) -> list[Row]:
    """Greek by Greek: the floor, ours on the grid chosen, and QdFp bumped."""
    referred = fresh.take(np.arange(REFERRED))
    exact = bumped_greeks(referred, quantlib.qdfp(quantlib.HIGH_PRECISION), FOURTH_ORDER)
    bound = np.array(list(GREEK_ERRORS.values()))[:, None]
    scaled = [greek_errors(referred, exact, resolution) / bound for resolution in LADDER]
    index = coarsest(scaled, 1.0)
    batch = fresh.tiled(GREEKS_BATCH)
    work = partial(solve_greeks, batch.contracts, batch.spots, LADDER[index])
    seconds = cpu_seconds(work) / GREEKS_BATCH
    limit = f"<= {1e6 * GREEKS_LIMIT:.0f} us"
    name = f"all, in a batch: {_grid(LADDER[index])}"
    rows = [Row(name, ("", "", micro(seconds)), limit, seconds <= GREEKS_LIMIT)]
    for greek, errors in zip(GREEKS, scaled[index], strict=True):
        largest, rms = sizes(errors * GREEK_ERRORS[greek])
        floor = GREEK_ERRORS[greek]
        rows.append(
            Row(greek, (small(largest), small(rms), ""), f"<= {small(floor)}", largest <= floor)
        )
    return [Row(f"first Greeks, seed {FRESH_SEED}"), *rows, *_bumped_rows(referred, exact)]


def _bumped_rows(sample: Sample, exact: dict[str, Floats]) -> list[Row]:
    """The same from QdFp "fast"."""
    engine = quantlib.qdfp(quantlib.FAST)
    found = bumped_greeks(sample, engine, SECOND_ORDER)
    seconds = BUMPED_CALLS * quantlib.seconds(sample, engine, 5)
    rows = [Row("all, QdFp fast bumped", ("", "", micro(seconds)))]
    for greek in GREEKS:
        cells = (*map(small, sizes(found[greek] - exact[greek])), "")
        rows.append(Row(f"{greek}, QdFp fast bumped", cells))
    return rows


def _grid(resolution: Resolution) -> str:
    return f"{resolution.n_cells} x {resolution.n_steps}"


def main() -> int:
    fresh = standard_set(FRESH_SEED)
    columns = ("American, strike 100", "max error", "rms error", "us each")
    return show(columns, curve_rows(fresh) + greek_rows(fresh))


if __name__ == "__main__":
    sys.exit(main())
