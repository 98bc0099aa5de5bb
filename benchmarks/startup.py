"""How long a user waits for the first answer of a fresh process.

Claim   Imports, first prices and commands stay within the budgets below.
Method  Median over fresh processes; whole processes, but for the import, which is timed inside.
        A warm cache of machine code was filled by one run before; a cold one is empty.

    python -m benchmarks.startup
"""

import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
ACCOUNT = ROOT / "examples" / "short_strangle.yaml"
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
RUNS, COLD_RUNS = 5, 3
BELOW_MAINTENANCE = 1  # an exit status that is an answer


def run(command: list[str], cache: Path) -> str:
    """Run a command with its machine code kept in ``cache``; its standard output."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
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


def warm(measure: Callable[[Path], float]) -> float:
    """Median seconds with a cache that one run has filled."""
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder))
        return statistics.median(measure(Path(folder)) for _ in range(RUNS))


def cold(measure: Callable[[Path], float]) -> float:
    """Median seconds, each run with an empty cache."""
    seconds = []
    for _ in range(COLD_RUNS):
        with tempfile.TemporaryDirectory() as folder:
            seconds.append(measure(Path(folder)))
    return statistics.median(seconds)


def measurements() -> list[tuple[str, float, float]]:
    """Name, budget in seconds and measured seconds of each wait."""
    price = partial(process_seconds, [sys.executable, "-c", PRICE])
    show_help = partial(process_seconds, [str(MARGIN), "--help"])
    requirement = partial(process_seconds, [str(MARGIN), "run", str(ACCOUNT)])
    return [
        ("import pdesolve, margin", 0.25, warm(import_seconds)),
        ("first American price, warm cache", 0.7, warm(price)),
        ("first American price, cold cache", 3.0, cold(price)),
        ("margin --help", 0.1, warm(show_help)),
        ("margin run, warm cache", 1.0, warm(requirement)),
    ]


def main() -> int:
    rows = measurements()
    print(f"{'fresh process':<34} {'budget s':>9} {'measured s':>11}")
    for name, budget, seconds in rows:
        answer = "holds" if seconds <= budget else "FAILS"
        print(f"{name:<34} {budget:>9.2f} {seconds:>11.3f}  {answer}")
    return 0 if all(seconds <= budget for _, budget, seconds in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
