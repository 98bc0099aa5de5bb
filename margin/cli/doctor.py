"""``margin doctor``: whether this installation can do all that it should, and what to do if not."""

import json
from collections.abc import Iterator
from time import perf_counter

import click

from margin.cli.failures import Exit
from margin.cli.layout import Grid, echo
from pdesolve import black_scholes_price, price
from pdesolve.versions import NOT_INSTALLED, installed

__all__ = ["command"]

EXTRAS = {
    "pandas": "pandas",
    "pyarrow": "parquet",
    "narwhals": "frames",
    "jinja2": "report",
    "xarray": "xarray",
}
"""The extra that brings each optional package."""

TOLERANCE = 1e-4


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Versions, settings, extras, and whether the solver gives the right number here."""
    found = installed()
    start = perf_counter()
    error = _solver_error()
    seconds = perf_counter() - start
    if as_json:
        check = {"solver_error": error, "first_price_seconds": seconds}
        click.echo(json.dumps({**found, **check}, indent=2))
    else:
        echo(*_screen(found, error, seconds))
    ctx.exit(Exit.FINE if error <= TOLERANCE else Exit.NUMERICAL_FAILURE)


def _solver_error() -> float:
    """How far the solver is from the closed form, for one European put at 100."""
    solved = price(spot=100.0, strike=100.0, expiry=1.0, vol=0.2, rate=0.05, right="put").price
    exact = black_scholes_price(
        spot=100.0, strike=100.0, expiry=1.0, vol=0.2, rate=0.05, right="put"
    )
    return abs(float(solved) - float(exact))


def _screen(found: dict[str, str], error: float, seconds: float) -> Iterator[str | Grid]:
    yield Grid(("", ""), list(found.items()), left=(0, 1))
    yield ""
    verdict = "right" if error <= TOLERANCE else "WRONG"
    yield f"solver: {verdict}, {error:.1e} from the closed form; first price in {seconds:.2f} s"
    for package, extra in EXTRAS.items():
        if found.get(package) == NOT_INSTALLED:
            yield f'{package} is missing; pip install "pde-margin[{extra}]" if you need it'
    if found["machine code"].startswith("compiled"):
        yield "no folder for machine code can be written; set NUMBA_CACHE_DIR to one that can"
