"""The BENCHOP problems: error against time, and the time to a relative error of 1e-4.

Claim   At the three spots of each problem the largest relative error is at most 1e-4 within 1 ms
        (1, Black–Scholes: European and its Greeks, American, barrier), 2 ms (2, a dividend), 3 ms
        (3, local volatility), 5 ms (5, Merton), 150 ms (4, Heston; 6, two assets).
Method  Parameters and references from `tests/reference/benchop.csv`.  Grids grow; the time is that
        of the first from which on all shown are within 1e-4.  Processor time of one core, warm,
        best of some repeats: ours from contract, model and spots to values at all spots, grids
        included; QuantLib's finite differences with all objects ready, one call for each spot, on
        grids of its own that double.  Two in a row that are accurate enough end a ladder.

    python -m benchmarks.benchop
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import _benchop_ours as ours
from benchmarks import _benchop_quantlib as quantlib
from benchmarks._benchop import Floats, Problem, problems
from benchmarks._table import Row, show, small
from benchmarks._timing import cpu_seconds, cpu_seconds_once

BOUND = 1e-4
SLOW, REPEATS = 0.02, 20  # seconds above which a solve is timed once; else the best of some

Grid = tuple[int, ...]
Work = Callable[[], Floats]

LANES = tuple((16 * k, 3 * k) for k in (2, 3, 4, 6, 8, 12, 16, 24))
STEPPED = tuple((16 * k, 4 * k) for k in (3, 4, 5, 6, 8, 10, 12, 16, 18, 20, 24, 32))
REFINEMENTS = ((2,), (4,), (6,), (8,))
DOUBLING = tuple((25 * 2**k, 50 * 2**k) for k in range(1, 6))
VOLUME = tuple((25 * 2**k, 100 * 2**k, 25 * 2**k) for k in range(3))
THIN_VOLUME = tuple((25 * 2**k, 100 * 2**k, 10) for k in range(2))
CUBE = tuple((50 * 2**k, 50 * 2**k, 25 * 2**k) for k in range(3))


@dataclass(frozen=True, slots=True)
class Contest:
    """Which solver of ours meets which engine, on which grids, and what was promised."""

    milliseconds: float
    solver: Callable[..., Work]
    grids: tuple[Grid, ...]
    engine: quantlib.Engine | None = None
    engine_grids: tuple[Grid, ...] = DOUBLING


@dataclass(frozen=True, slots=True)
class Point:
    """One grid: its size, the largest relative error, seconds."""

    grid: Grid
    error: float
    seconds: float

    @property
    def size(self) -> str:
        """The grid in words."""
        return " x ".join(str(number) for number in self.grid)


CONTESTS = {
    "1a": Contest(1.0, ours.vanilla, LANES, quantlib.vanilla),
    "1b": Contest(1.0, ours.vanilla, LANES, quantlib.vanilla),
    "1c": Contest(1.0, ours.barrier, STEPPED, quantlib.barrier),
    "2eu": Contest(2.0, ours.dividend, STEPPED),
    "2am": Contest(2.0, ours.dividend, STEPPED),
    "3": Contest(3.0, ours.local_volatility, STEPPED, quantlib.local_volatility),
    "4": Contest(150.0, ours.heston, REFINEMENTS, quantlib.heston, VOLUME),
    "5": Contest(5.0, ours.jumps, STEPPED, quantlib.jumps, THIN_VOLUME),
    "6": Contest(150.0, ours.two_assets, REFINEMENTS, quantlib.two_assets, CUBE),
}


def ladder(problem: Problem, build: Callable[[Grid], Work], grids: tuple[Grid, ...]) -> list[Point]:
    """Measure growing grids, until two in a row are accurate enough."""
    points: list[Point] = []
    build(grids[0])()  # loads what is loaded once
    for grid in grids:
        work = build(grid)
        values, seconds = cpu_seconds_once(work)
        if seconds < SLOW:
            seconds = min(seconds, cpu_seconds(work, REPEATS))
        points.append(Point(grid, problem.relative_error(values), seconds))
        if len(points) > 1 and max(point.error for point in points[-2:]) <= BOUND:
            break
    return points


def first_within(points: list[Point]) -> Point | None:
    """The first grid from which on all are accurate enough."""
    good = None
    for point in reversed(points):
        if point.error > BOUND:
            break
        good = point
    return good


def contest(problem: Problem, terms: Contest) -> list[Row]:
    """All rows of one problem and quantity."""
    mine = ladder(problem, lambda grid: terms.solver(problem, *grid), terms.grids)
    rows = [Row(f"{problem.name} {problem.quantity}"), *_shown("ours", mine)]
    theirs: list[Point] = []
    if terms.engine is not None and problem.quantity in quantlib.METHODS:
        engine = terms.engine
        theirs = ladder(
            problem, lambda grid: quantlib.work(engine, problem, grid), terms.engine_grids
        )
        rows += _shown("QuantLib", theirs)
    return [*rows, _verdict(mine, theirs, terms.milliseconds)]


def _shown(name: str, points: list[Point]) -> list[Row]:
    return [Row(f"  {name} {each.size}", (small(each.error), _ms(each.seconds))) for each in points]


def _verdict(mine: list[Point], theirs: list[Point], floor: float) -> Row:
    """The floor, and how often as fast as QuantLib this is."""
    found, peer = first_within(mine), first_within(theirs)
    if found is None:
        return Row("  within 1e-4: no grid", ("", ""), f"<= {floor:g} ms", holds=False)
    words = f"<= {floor:g} ms"
    if peer is not None:
        words += f"; QuantLib {_ms(peer.seconds)} ms, {peer.seconds / found.seconds:,.0f} times"
    elif theirs:
        last = theirs[-1]
        words += f"; QuantLib {small(last.error)} after {_ms(last.seconds)} ms"
    cells = small(found.error), _ms(found.seconds)
    return Row(f"  within 1e-4: {found.size}", cells, words, 1e3 * found.seconds <= floor)


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:,.2f}" if seconds < 0.01 else f"{1e3 * seconds:,.0f}"


def main() -> int:
    rows = []
    for (name, _), problem in problems().items():
        terms = CONTESTS.get(name.split()[0])
        if terms is not None:
            rows += contest(problem, terms)
    print("ours: cells x steps of the grid, of which every second node and level is solved as well")
    print("for 4 and 6 the refinement of the default grid instead")
    print("QuantLib: steps x cells in spot (x cells in variance or of the second asset)")
    return show(("grid", "error", "ms"), rows)


if __name__ == "__main__":
    sys.exit(main())
