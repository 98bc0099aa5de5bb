"""Where results go: text, JSON or CSV on standard output, files, figures."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from margin._amounts import amount_digits
from margin._columns import data_frame
from margin.cli.layout import Grid, echo
from margin.cli.options import QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Target", "json_text", "save_figure", "to_target"]

Columns = Mapping[str, Sequence[Any]]
Function = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked of the output.

    Attributes
    ----------
    form : str or None
        ``"json"``, ``"csv"`` or None for text, on standard output.
    path : str or None
        A file that is written besides; its suffix names the form.
    precision : int or None
        Digits of amounts after the point in text.
    quiet : bool
        Whether nothing goes to standard output.
    """

    form: str | None
    path: str | None
    precision: int | None
    quiet: bool

    def write(self, content: Any, columns: Columns, screen: Iterable[str | Grid]) -> None:
        """Write a result wherever it was asked for.

        Parameters
        ----------
        content : object
            The result as JSON holds it.
        columns : mapping of str to sequence
            The result as CSV holds it.
        screen : iterable of str or Grid
            The result as a person reads it.

        Raises
        ------
        ArithmeticError
            If a number of it is not finite.
        click.UsageError
            If the suffix of the file is not known.
        ImportError
            If Parquet is asked for and pandas or pyarrow is not installed.
        """
        if self.path:
            _save(self.path, content, columns)
        if self.quiet:
            return
        if self.form == "json":
            click.echo(json_text(content))
        elif self.form == "csv":
            click.echo(_csv(columns), nl=False)
        else:
            echo(*screen)

    def digits(self, *, in_coin: bool) -> int:
        """Digits of amounts after the point: as asked, or 6 in coin and 2 in quote currency."""
        if self.precision is not None:
            return self.precision
        return amount_digits(in_coin=in_coin)


def to_target(function: Function) -> Function:
    """Give a command the options of a `Target`, which it receives as ``target``."""

    @click.option("--json", "form", flag_value="json", help="Print JSON, with all digits.")
    @click.option("--csv", "form", flag_value="csv", help="Print CSV, with all digits.")
    @click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        help="Write the numbers into a file too (.csv, .json, .parquet).",
    )
    @click.option(
        "--precision",
        type=click.IntRange(0, 15),
        help="Digits of amounts after the point; 2, or 6 in coin, if not given.",
    )
    @QUIET
    @wraps(function)
    def gathered(
        form: str | None, output: str | None, precision: int | None, quiet: bool, **rest: Any
    ) -> None:
        function(target=Target(form, output, precision, quiet), **rest)

    return gathered


def save_figure(path: str, draw: Callable[[], "Axes"]) -> None:
    """Draw a figure into a file, in the form that its suffix names.

    Raises
    ------
    ValueError
        If there is no such form.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.use("agg")
    figure = draw().get_figure()
    assert isinstance(figure, Figure)
    figure.savefig(path)


def json_text(content: Any) -> str:
    """The content as JSON, without NaN or infinity.

    Raises
    ------
    ArithmeticError
        If a number is not finite.
    """
    try:
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError as error:
        raise ArithmeticError(f"a result is not a finite number: {error}") from error


def _csv(columns: Columns) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()


def _save(path: str, content: Any, columns: Columns) -> None:
    """Write a file in the form that its suffix names."""
    suffix = Path(path).suffix.lower()
    if suffix == ".json":
        Path(path).write_text(json_text(content) + "\n", encoding="utf-8")
    elif suffix == ".csv":
        Path(path).write_text(_csv(columns), encoding="utf-8")
    elif suffix == ".parquet":
        _save_parquet(path, columns)
    else:
        raise click.UsageError(f'the suffix of "{path}" must be .csv, .json or .parquet')


def _save_parquet(path: str, columns: Columns) -> None:
    try:
        import pyarrow  # noqa: F401 (what pandas writes with)
    except ImportError as reason:
        raise ImportError(
            'Parquet files need pyarrow; install it with pip install "pde-margin[parquet]"'
        ) from reason
    data_frame(columns, {}).to_parquet(path)


def _plain(value: Any) -> Any:
    """Dates as ISO text, and whatever else JSON does not know as text."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
