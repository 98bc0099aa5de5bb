"""The performance table of the README, written between its markers by the benchmark itself."""

from collections.abc import Sequence
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- performance: written by `make bench` -->"
END = "<!-- end of performance -->"
COLUMNS = ("", "largest error", "rms error", "per option")


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """A table in Markdown under `COLUMNS`."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def with_table(text: str, rows: Sequence[tuple[str, ...]]) -> str:
    """The text of a page with its table replaced.

    Raises
    ------
    ValueError
        If the page does not have both markers, once each and in order.
    """
    if not text.count(BEGIN) == text.count(END) == 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"README must have {BEGIN} and {END}, once each and in this order")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table(rows)}\n{END}{after}"


def write(rows: Sequence[tuple[str, ...]]) -> None:
    """Replace the table of the README."""
    text = README.read_text(encoding="utf-8")
    README.write_text(with_table(text, rows), encoding="utf-8")
