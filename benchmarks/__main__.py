"""Run every script of this folder, each in a process of its own: ``python -m benchmarks``.

The one that measures prices beside their peers writes the table of the README from its run.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OPTIONS = {"work_precision": ("--readme",)}


def main() -> int:
    failed = []
    for name in sorted(path.stem for path in HERE.glob("[!_]*.py")):
        print(f"\nbenchmarks.{name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *OPTIONS.get(name, ())]
        if subprocess.run(command, cwd=HERE.parent, check=False).returncode != 0:
            failed.append(name)
    print(f"\nFAILS: {', '.join(failed)}" if failed else "\nall hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
