"""Error against time of one price, American and European, beside other engines.

Claim   On a fresh seed a batch of American contracts is within 2e-4 at 12 us and within 4e-5 at
        45 us each, European ones within 3e-5 at 5 us.  At the largest error of QuantLib's QdFp
        "accurate" it is at least 6 times as fast; at the root-mean-square error of its
        finite differences on 3200 times and 800 spots, at least 3,000 times.
Method  200 contracts with strike 100 drawn like the field's standard set, by its seed and by a
        fresh one.  Truth is QdFp "high precision" for American contracts (itself good to some
        4e-7), the closed form for European ones.  Processor time of one core, best of some
        repeats: for ours a batch of 3,200 contracts from arrays to arrays, for others one call
        with all objects ready.  Slow engines are shown on the first contracts of the set, as many
        as the column says; where ours is set against one of them, it is at the error that ours has
        on all 200.

    python -m benchmarks.work_precision            prints the table
    python -m benchmarks.work_precision --readme   writes that of the README, too
"""

import sys
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from benchmarks import _quantlib as quantlib
from benchmarks import _readme
from benchmarks._sample import FRESH_SEED, STANDARD_SEED, Floats, Sample, standard_set
from benchmarks._table import Row, micro, show, sizes, small
from benchmarks._timing import cpu_seconds
from pdesolve import Resolution, Scheme, black_scholes, black_scholes_price, solve_many

BATCH = 3_200
CELLS = (32, 48, 64, 80, 96, 112, 128, 144, 160, 192, 256, 384)
# Steps for each cell that suit a scheme: Crank-Nicolson pays for its steps with half the sweeps.
STEPS = {Scheme.TR_BDF2: 3 / 16, Scheme.CRANK_NICOLSON: 3 / 8}
NAMES = {Scheme.TR_BDF2: "TR-BDF2", Scheme.CRANK_NICOLSON: "Crank-Nicolson"}

# Largest error and microseconds promised, by whether contracts are American.
FLOORS = {True: ((2e-4, 12.0), (4e-5, 45.0)), False: ((3e-5, 5.0),)}
QDFP, DIFFERENCES = "QuantLib QdFp accurate", "QuantLib Douglas 3200 x 800"
TIMES_QDFP, TIMES_DIFFERENCES = 6.0, 3_000.0

# American engines that the README shows, by what it calls them.
README_SHOWS = {
    "TR-BDF2 64 x 12": "pde-margin, 64 x 12 and its double",
    "TR-BDF2 128 x 24": "pde-margin, 128 x 24",
    "TR-BDF2 256 x 48": "pde-margin, 256 x 48",
    "QuantLib QdFp fast": "QuantLib QdFp fast",
    QDFP: "QuantLib QdFp accurate",
    "QuantLib CN 400 x 400, 2 damped": "QuantLib finite differences, 400 x 400",
    DIFFERENCES: "QuantLib finite differences, 3200 x 800",
}

# Engine, contracts it is shown on, and repeats.
Peer = tuple[quantlib.Engine, int, int]
AMERICAN_PEERS: dict[str, Peer] = {
    "QuantLib QdFp fast": (quantlib.qdfp(quantlib.FAST), 200, 5),
    QDFP: (quantlib.qdfp(quantlib.ACCURATE), 200, 3),
    "QuantLib QdFp high precision, truth": (quantlib.qdfp(quantlib.HIGH_PRECISION), 10, 1),
    DIFFERENCES: (quantlib.finite_differences(3200, 800, quantlib.DOUGLAS), 30, 1),
    "QuantLib CN 400 x 400, 2 damped": (
        quantlib.finite_differences(400, 400, quantlib.CRANK_NICOLSON, damping=2),
        100,
        1,
    ),
    "QuantLib Leisen-Reimer 401": (quantlib.leisen_reimer(401), 200, 1),
}
EUROPEAN_PEERS: dict[str, Peer] = {
    "QuantLib closed form": (quantlib.closed_form(), 200, 5),
    "QuantLib TR-BDF2 200 x 1600": (
        quantlib.finite_differences(200, 1600, quantlib.TR_BDF2),
        50,
        1,
    ),
    "QuantLib CN 400 x 400, 2 damped": (
        quantlib.finite_differences(400, 400, quantlib.CRANK_NICOLSON, damping=2),
        50,
        1,
    ),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One engine on one set: contracts it was shown on, errors, seconds of one price.

    ``gamma`` is the largest error of gamma, where there is a closed form and we are the engine.
    """

    name: str
    shown: int
    largest: float
    rms: float
    seconds: float
    gamma: float | None = None

    def row(self) -> Row:
        """The point as a row of the table."""
        gamma = "" if self.gamma is None else small(self.gamma)
        sizes_and_time = small(self.largest), small(self.rms), gamma, micro(self.seconds)
        return Row(self.name, (str(self.shown), *sizes_and_time))


def truth(sample: Sample) -> Floats:
    """Reference value of each contract at its own spot."""
    terms = sample.contracts
    if terms.american.all():
        return quantlib.values(sample, quantlib.qdfp(quantlib.HIGH_PRECISION))
    exact = black_scholes_price(
        sample.spots,
        terms.strike,
        terms.expiry,
        vol=terms.volatility,
        rate=terms.rate,
        div_yield=terms.dividend_yield,
        right=terms.right,
    )
    return np.asarray(exact)


def exact_gamma(sample: Sample) -> Floats | None:
    """Gamma of each contract at its own spot in closed form; None for American contracts."""
    terms = sample.contracts
    if terms.american.all():
        return None
    exact = black_scholes(
        sample.spots,
        terms.strike,
        terms.expiry,
        vol=terms.volatility,
        rate=terms.rate,
        div_yield=terms.dividend_yield,
        right=terms.right,
    )
    return np.asarray(exact.gamma)


def ours(sample: Sample, exact: Floats) -> list[Point]:
    """Every grid of the ladder, by scheme."""
    points = []
    gammas = exact_gamma(sample)
    batch = sample.tiled(BATCH)
    for scheme, steps in STEPS.items():
        for n_cells in CELLS:
            resolution = Resolution(n_cells, round(steps * n_cells))
            solve = partial(solve_many, resolution=resolution, scheme=scheme)
            found = solve(sample.contracts, spots=sample.spots[:, None, None])
            run = partial(solve, batch.contracts, spots=batch.spots[:, None, None])
            seconds = cpu_seconds(run, 3 if n_cells < 200 else 1) / BATCH
            name = f"{NAMES[scheme]} {resolution.n_cells} x {resolution.n_steps}"
            largest, rms = sizes(found.values[:, 0, 0] - exact)
            gamma = None if gammas is None else sizes(found.gammas[:, 0, 0] - gammas)[0]
            points.append(Point(name, len(sample), largest, rms, seconds, gamma))
    return points


def peers(sample: Sample, exact: Floats) -> list[Point]:
    """Other engines on the first contracts of a sample."""
    american = bool(sample.contracts.american.all())
    points = []
    for name, (engine, shown, repeats) in (AMERICAN_PEERS if american else EUROPEAN_PEERS).items():
        part = sample.take(np.arange(shown))
        errors = quantlib.values(part, engine) - exact[:shown]
        points.append(Point(name, shown, *sizes(errors), quantlib.seconds(part, engine, repeats)))
    if american and find_spec("financepy"):
        financepy = import_module("benchmarks._financepy")
        part = sample.take(np.arange(50))
        for name, model in financepy.MODELS.items():
            found, seconds = financepy.measure(part, model)
            points.append(Point(name, len(part), *sizes(found - exact[:50]), seconds))
    return points


def cheapest(points: list[Point], *, largest: float = np.inf, rms: float = np.inf) -> Point | None:
    """The fastest point within both bounds."""
    within = [point for point in points if point.largest <= largest and point.rms <= rms]
    return min(within, key=lambda point: point.seconds, default=None)


def promised(found: Point | None, name: str, floor: str, *, at_most: float) -> Row:
    """A row for a floor in seconds."""
    if found is None:
        return Row(f"{name}: no grid", ("", "", "", "", ""), floor, holds=False)
    cells = found.row().cells
    return Row(f"{name}: {found.name}", cells, floor, found.seconds <= at_most)


def floors(sample: Sample, mine: list[Point], others: list[Point]) -> list[Row]:
    """The floors for one exercise style."""
    american = bool(sample.contracts.american.all())
    rows = [
        promised(
            cheapest(mine, largest=error),
            f"within {error:.0e}",
            f"<= {limit:g} us",
            at_most=1e-6 * limit,
        )
        for error, limit in FLOORS[american]
    ]
    if not american:
        return rows
    by_name = {point.name: point for point in others}
    qdfp, differences = by_name[QDFP], by_name[DIFFERENCES]
    pairs = (
        (qdfp, {"largest": qdfp.largest}, TIMES_QDFP, "largest error of QdFp accurate"),
        (differences, {"rms": differences.rms}, TIMES_DIFFERENCES, "rms of Douglas 3200 x 800"),
    )
    for peer, bound, times, name in pairs:
        best = cheapest(mine, **bound)
        ratio = peer.seconds / best.seconds if best else 0.0
        floor = f">= {times:,.0f} times as fast, is {ratio:,.{1 if ratio < 100.0 else 0}f}"
        rows.append(promised(best, name, floor, at_most=peer.seconds / times))
    return rows


def block(seed: int, *, american: bool) -> tuple[list[Point], list[Row]]:
    """All points of one seed and exercise style, and their rows."""
    sample = standard_set(seed, american=american)
    exact = truth(sample)
    mine, others = ours(sample, exact), peers(sample, exact)
    style = "American" if american else "European"
    seen = [*others, *mine]
    rows = [Row(f"{style}, seed {seed}"), *(point.row() for point in seen)]
    return seen, rows + (floors(sample, mine, others) if seed == FRESH_SEED else [])


def readme_rows(seen: list[Point]) -> list[tuple[str, ...]]:
    """The points that the README shows, in its words."""
    by_name = {point.name: point for point in seen}
    shown = [(words, by_name[name]) for name, words in README_SHOWS.items()]
    return [
        (words, small(point.largest), small(point.rms), f"{micro(point.seconds)} µs")
        for words, point in shown
    ]


def main() -> int:
    print("cells x steps of the coarser grid; the finer, extrapolated with it, has twice of both")
    columns = ("strike 100", "contracts", "max error", "rms error", "max gamma error", "us each")
    rows: list[Row] = []
    for seed in (STANDARD_SEED, FRESH_SEED):
        for american in (True, False):
            seen, block_rows = block(seed, american=american)
            rows += block_rows
            if american and seed == FRESH_SEED and "--readme" in sys.argv:
                _readme.write(readme_rows(seen))
    return show(columns, rows)


if __name__ == "__main__":
    sys.exit(main())
