"""Run every script of this folder in turn; the exit status is 1 if a claim fails.

python -m validation
"""

import importlib
import sys
from pathlib import Path

SCRIPTS = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def main() -> int:
    failed = []
    for name in SCRIPTS:
        script = importlib.import_module(f"validation.{name}")
        print(f"\n{name}: {script.__doc__.splitlines()[0]}\n")
        if script.main():
            failed.append(name)
    print("\nall hold" if not failed else f"\nFAILS: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
