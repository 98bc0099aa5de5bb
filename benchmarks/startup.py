"""How long a user waits at first, and how much there is to install.

Claim   Imports, first prices, commands, the three tasks of a newcomer, a folder of a thousand
        accounts, and the size of an installation stay within the budgets below.
Method  Median over fresh processes; whole processes, but for the import, which is timed inside.
        A warm cache of machine code was filled by one run before; a cold one is empty.  The sizes
        are those of the files that the distributions of this environment list.

    python -m benchmarks.startup
"""

import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
ACCOUNT = ROOT / "examples" / "short_strangle.yaml"
CONDOR = ROOT / "examples" / "index_condor.json"
MARGIN = Path(sysconfig.get_path("scripts")) / "margin"

IMPORT = """
import time
start = time.perf_counter()
import pdesolve, margin
print(time.perf_counter() - start)
"""
PRICE = """
import pdesolve
pdesolve.price(
    spot=100.0, strike=100.0, expiry=1.0, vol=0.2,
    rate=0.05, div_yield=0.02, right="put", style="american",
)
"""
AMERICAN_PUT = """
import pdesolve
terms = dict(spot=100, strike=100, expiry=1.0, vol=0.2, rate=0.05)
put = pdesolve.price(**terms, right="put", style="american")
print(put)
"""
IRON_CONDOR = f"""
import margin
found = margin.requirement(*margin.read({str(CONDOR)!r}))
print(found)
"""
SHORT_STRADDLE = """
import margin
legs = {"symbol": ["XYZ270115C00100000", "XYZ270115P00100000"], "qty": [-10, -10]}
market = {"vol": [0.3, 0.3], "spot": [100, 100], "asof": ["2026-11-20T21:00Z"] * 2}
account = margin.from_frame(legs | market, margin.Defaults(cash=50_000))
print(margin.thresholds(*account.parts))
"""
TASKS = {
    "American put with all Greeks": AMERICAN_PUT,
    "margin of an iron condor": IRON_CONDOR,
    "liquidation prices of a short straddle": SHORT_STRADDLE,
}
MOST_LINES = 5

RUNS, COLD_RUNS = 5, 3
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"  # an installer compiles all files, so children may too
BELOW_MAINTENANCE = 1  # an exit status that is an answer

FOLDER = 1_000
DEPENDENCIES = (
    *("numpy", "scipy", "numba", "llvmlite", "matplotlib", "pydantic", "pydantic_core"),
    *("rich", "click", "PyYAML", "pillow", "fonttools", "contourpy", "kiwisolver", "pygments"),
)
OWN_MEGABYTES, ALL_MEGABYTES = 3.0, 650.0
"""What is ours, and with all that it needs; the core six alone take 621 MB."""


def run(command: list[str], cache: Path) -> str:
    """Run a command with its machine code kept in ``cache``; its standard output."""
    inherited = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
    environment = inherited | {"NUMBA_CACHE_DIR": str(cache)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode not in (0, BELOW_MAINTENANCE) or "Traceback" in result.stderr:
        raise RuntimeError(f"{' '.join(command)}\n{result.stderr}")
    return result.stdout


def import_seconds(cache: Path) -> float:
    """Seconds of the import statement in a fresh process."""
    return float(run([sys.executable, "-c", IMPORT], cache))


def process_seconds(command: list[str], cache: Path) -> float:
    """Seconds of a whole process."""
    start = time.perf_counter()
    run(command, cache)
    return time.perf_counter() - start


def folder_seconds(cache: Path) -> float:
    """Seconds of `margin run` over a folder of a thousand accounts."""
    with tempfile.TemporaryDirectory() as folder:
        text = ACCOUNT.read_text(encoding="utf-8")
        for number in range(FOLDER):
            cash = f"cash: {-38_500 - 10 * number}"
            Path(folder, f"{number:04d}.yaml").write_text(
                text.replace("cash: -38500", cash), encoding="utf-8"
            )
        return process_seconds([str(MARGIN), "run", folder, "--csv"], cache)


def warmup_seconds() -> float:
    """Seconds to compile everything."""
    with tempfile.TemporaryDirectory() as folder:
        return process_seconds([str(MARGIN), "warmup"], Path(folder))


def warm(measure: Callable[[Path], float], cache: Path, runs: int = RUNS) -> float:
    """Median seconds after one run that may have compiled."""
    measure(cache)
    return statistics.median(measure(cache) for _ in range(runs))


def cold(measure: Callable[[Path], float]) -> float:
    """Median seconds, each run with an empty cache."""
    seconds = []
    for _ in range(COLD_RUNS):
        with tempfile.TemporaryDirectory() as folder:
            seconds.append(measure(Path(folder)))
    return statistics.median(seconds)


def waits(cache: Path) -> Iterator[tuple[str, float, float]]:
    """Name, budget in seconds and measured seconds of each wait."""
    price = partial(process_seconds, [sys.executable, "-c", PRICE])
    show_help = partial(process_seconds, [str(MARGIN), "--help"])
    requirement = partial(process_seconds, [str(MARGIN), "run", str(ACCOUNT)])
    yield "import pdesolve, margin", 0.25, warm(import_seconds, cache)
    yield "first American price, cold cache", 3.0, cold(price)
    yield "first American price, warm cache", 0.7, warm(price, cache)
    yield "margin --help", 0.1, warm(show_help, cache)
    yield "margin run, warm cache", 1.0, warm(requirement, cache)
    yield "margin warmup, cold cache", 180.0, warmup_seconds()
    for name, script in TASKS.items():
        task = partial(process_seconds, [sys.executable, "-c", script])
        yield f"{name}, {lines_of(script)} lines", 0.7, warm(task, cache)
    yield f"margin run, folder of {FOLDER:,} accounts", 20.0, folder_seconds(cache)


def lines_of(script: str) -> int:
    """Lines of a task; more than a newcomer should need are a failure of the library."""
    count = len(script.strip().splitlines())
    if count > MOST_LINES:
        raise RuntimeError(f"{count} lines, {MOST_LINES} are allowed")
    return count


def sizes() -> Iterator[tuple[str, float, float]]:
    """Name, budget and size in megabytes of what is installed."""
    own = sum(
        path.stat().st_size
        for package in ("pdesolve", "margin")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )
    needed = sum(map(_bytes_of, DEPENDENCIES))
    yield "both packages", OWN_MEGABYTES, own / 1e6
    yield "with all that they need", ALL_MEGABYTES, (own + needed) / 1e6


def _bytes_of(name: str) -> int:
    """Bytes of the files of a distribution."""
    paths = [Path(str(file.locate())) for file in distribution(name).files or ()]
    return sum(path.stat().st_size for path in paths if path.is_file())


def shown(heading: str, unit: str, rows: Iterable[tuple[str, float, float]]) -> bool:
    """Print rows as they are measured; whether all are within their budgets."""
    holds = True
    print(f"{heading:<50} {'budget':>8} {unit:>8}")
    for name, budget, found in rows:
        holds = holds and found <= budget
        answer = "holds" if found <= budget else "FAILS"
        print(f"{name:<50} {budget:>8.2f} {found:>8.3f}  {answer}", flush=True)
    print()
    return holds


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        in_time = shown("fresh process", "s", waits(Path(folder)))
    small = shown("installed", "MB", sizes())
    return 0 if in_time and small else 1


if __name__ == "__main__":
    sys.exit(main())
