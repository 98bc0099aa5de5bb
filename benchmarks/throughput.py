"""How fast the batch runs: threads, the march itself, one contract, memory, implied volatility.

Claim   Two threads are at least 1.8 times as fast as one on 10,000 contracts, with the same bits.
        The march takes at most 0.5 ns per node and step for European contracts, 0.6 ns for American
        ones, with the factorisation that every step repeats.  Volatilities implied by American
        prices are recovered to 1e-8 in at most 50 us each.
Method  Contracts drawn like the field's standard set, by a fresh seed; best of some repeats.
        Threads are timed on the wall, everything else in processor time of one core.
        The march: what more steps on the same nodes cost, so that payoffs and reading fall out.
        A Crank-Nicolson step sweeps the nodes once up and once down; a TR-BDF2 step does so twice
        and counts as two here.  What a whole step takes stands beside it.
        Memory: the arrays that exist at the worst moment, as Python's allocator counts them.
        Implied volatilities: of 1,000 prices by the engine itself that are at least 0.01 above
        exercise and above the value without volatility.

    python -m benchmarks.throughput
"""

import sys
import tracemalloc
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks._sample import FRESH_SEED, STRIKE, Sample, standard_set
from benchmarks._table import Row, micro, show, small
from benchmarks._timing import cpu_seconds, wall_seconds
from pdesolve import (
    PriceSurfaces,
    Resolution,
    Scheme,
    american_implied_volatility,
    price,
    solve_many,
)

BATCH, IMPLIED = 10_000, 1_000
LEAST_SPEED_UP = 1.8

MARCHED = 2_048  # contracts, a multiple of any number of lanes
CELLS, FEW_STEPS, MORE_STEPS = 128, 24, 96
# Cells times steps of both grids together, for each cell and step of the coarser.
BOTH_GRIDS = 5
SWEEPS = {Scheme.CRANK_NICOLSON: 1, Scheme.TR_BDF2: 2}
NAMES = {Scheme.CRANK_NICOLSON: "Crank-Nicolson", Scheme.TR_BDF2: "TR-BDF2"}
MARCH_LIMITS = {False: 0.5, True: 0.6}  # nanoseconds, by whether contracts are American

IMPLIED_LIMIT, IMPLIED_ERROR = 50e-6, 1e-8
LEAST_TIME_VALUE = 0.01


def solve(sample: Sample, threads: int = 1) -> PriceSurfaces:
    """Each contract at its own spot, by the engine's defaults."""
    return solve_many(sample.contracts, spots=sample.spots[:, None, None], threads=threads)


def thread_rows() -> list[Row]:
    """A large batch on one and on two threads."""
    sample = standard_set(FRESH_SEED, BATCH)
    one, two = (wall_seconds(partial(solve, sample, threads)) for threads in (1, 2))
    same = np.array_equal(solve(sample).values, solve(sample, 2).values)
    ratio = f"{one / two:.2f} times one" + ("" if same else ", other bits")
    floor = f">= {LEAST_SPEED_UP} times"
    return [
        Row(f"batch of {BATCH:,}, one thread", (f"{micro(one / BATCH)} us each", "wall")),
        Row(
            f"batch of {BATCH:,}, two threads",
            (f"{micro(two / BATCH)} us each", ratio),
            floor,
            same and one / two >= LEAST_SPEED_UP,
        ),
    ]


def latency_rows() -> list[Row]:
    """One contract from arguments to answer."""
    one = standard_set(FRESH_SEED, 1)
    quote = partial(
        price,
        spot=100.0,
        strike=STRIKE,
        expiry=1.0,
        vol=0.2,
        rate=0.05,
        right="put",
        style="american",
    )
    alone = cpu_seconds(partial(solve, one), 100)
    greeks = cpu_seconds(quote, 100)
    return [
        Row("one American contract, solve_many", (f"{micro(alone)} us", "value, delta, gamma")),
        Row("one American contract, price", (f"{micro(greeks)} us", "all Greeks")),
    ]


def march_row(scheme: Scheme, *, american: bool) -> Row:
    """Nanoseconds for each node and sweep, and for each node and step."""
    sample = standard_set(FRESH_SEED, american=american).tiled(MARCHED)
    few, more = (
        cpu_seconds(
            partial(
                solve_many,
                sample.contracts,
                spots=sample.spots[:, None, None],
                resolution=Resolution(CELLS, steps),
                scheme=scheme,
            )
        )
        for steps in (FEW_STEPS, MORE_STEPS)
    )
    node_steps = BOTH_GRIDS * CELLS * (MORE_STEPS - FEW_STEPS) * MARCHED
    step = 1e9 * (more - few) / node_steps
    sweep = step / SWEEPS[scheme]
    limit = MARCH_LIMITS[american]
    style = "American" if american else "European"
    cells = (f"{sweep:.2f} ns a node and sweep", f"{step:.2f} ns a node and step")
    return Row(f"march, {style}, {NAMES[scheme]}", cells, f"<= {limit} ns", sweep <= limit)


def memory_rows() -> list[Row]:
    """The most memory that a batch holds at once, beside the size of its results."""
    sample = standard_set(FRESH_SEED, BATCH)
    grid = np.linspace(60.0, 160.0, 200)
    dates = np.linspace(0.0, 0.1, 30)
    curves = partial(solve_many, sample.take(np.arange(100)).contracts, spots=grid, times=dates)
    work = {
        f"memory, {BATCH:,} contracts at a spot": partial(solve, sample),
        f"memory, {BATCH:,} contracts, two threads": partial(solve, sample, 2),
        "memory, 100 contracts, 30 dates, 200 spots": curves,
    }
    return [memory_row(name, run) for name, run in work.items()]


def memory_row(name: str, run: Callable[[], PriceSurfaces]) -> Row:
    """Megabytes of arrays at the worst moment, and those of the results."""
    tracemalloc.start()
    results = run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    arrays = (results.values, results.deltas, results.gammas, results.errors)
    kept = sum(array.nbytes for array in arrays)
    return Row(name, (f"{most / 1e6:.1f} MB", f"{kept / 1e6:.1f} MB of results"))


def implied_row() -> Row:
    """Volatilities implied by prices that the engine itself found."""
    sample = standard_set(FRESH_SEED, 2 * IMPLIED)
    terms = sample.contracts
    prices = solve(sample).values[:, 0, 0]
    ahead = np.exp(-terms.dividend_yield * terms.expiry) * sample.spots
    money = np.exp(-terms.rate * terms.expiry) * STRIKE
    floor = np.maximum(terms.right * (sample.spots - STRIKE), terms.right * (ahead - money))
    told = np.flatnonzero(prices > np.maximum(floor, 0.0) + LEAST_TIME_VALUE)[:IMPLIED]
    few = sample.take(told)
    invert = partial(
        american_implied_volatility,
        prices[told],
        few.spots,
        STRIKE,
        expiry=few.contracts.expiry,
        rate=few.contracts.rate,
        div_yield=few.contracts.dividend_yield,
        right=few.contracts.right,
    )
    error = float(np.abs(np.asarray(invert()) - few.contracts.volatility).max())
    seconds = cpu_seconds(invert, 2) / told.size
    return Row(
        f"implied volatility of {told.size:,}",
        (f"{micro(seconds)} us each", f"{small(error)} off at most"),
        f"<= {1e6 * IMPLIED_LIMIT:.0f} us at {IMPLIED_ERROR:.0e}",
        seconds <= IMPLIED_LIMIT and error <= IMPLIED_ERROR,
    )


def main() -> int:
    rows = [
        *thread_rows(),
        *latency_rows(),
        *(march_row(scheme, american=american) for scheme in SWEEPS for american in (False, True)),
        *memory_rows(),
        implied_row(),
    ]
    return show((f"seed {FRESH_SEED}, strike 100", "measured", "beside it"), rows)


if __name__ == "__main__":
    sys.exit(main())
