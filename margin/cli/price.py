"""``margin price``: price and Greeks of one option."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import click

from margin.carry import years_between
from margin.cli.failures import Exit, Failure, reported
from margin.cli.layout import Grid
from margin.cli.output import Target, to_target
from margin.cli.values import DATE, When
from pdesolve import Quote, price

__all__ = ["command"]

RAW = ("price", "delta", "gamma", "theta", "vega", "rho")
DESK = ("", "delta_cash", "gamma_pct", "theta_day", "vega_pt", "rho_pt")
UNITS = {
    "price": "quote currency",
    "delta": "per 1 of spot",
    "gamma": "per 1 of spot, squared",
    "theta": "per year",
    "vega": "per 1.00 of volatility",
    "rho": "per 1.00 of rate",
    "delta_cash": "quote currency",
    "gamma_pct": "delta per 1 % of spot",
    "theta_day": "per calendar day",
    "vega_pt": "per point of volatility",
    "rho_pt": "per point of rate",
    "error": "quote currency, estimated",
}


def _years(ctx: click.Context, param: click.Parameter, years: float | None) -> float | None:
    if years is not None and not years >= 0.0:
        raise click.BadParameter("must be zero or more")
    return years


def contract_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of one contract, which it receives as ``contract``."""

    @click.option("--spot", type=float, required=True, help="Spot in quote currency.")
    @click.option("--strike", type=float, required=True, help="Strike in quote currency.")
    @click.option("--vol", type=float, required=True, help="Volatility, a decimal: 0.2 is 20 %.")
    @click.option("--rate", type=float, default=0.0, help="Continuous, a decimal per year.")
    @click.option("--div-yield", type=float, default=0.0, help="Continuous, a decimal per year.")
    @click.option("--call/--put", "call", default=True, show_default=True, help="The right.")
    @click.option(
        "--european/--american", "european", default=True, show_default=True, help="The style."
    )
    @wraps(function)
    def gathered(call: bool, european: bool, **rest: Any) -> None:
        names = ("spot", "strike", "vol", "rate", "div_yield")
        contract = {name: rest.pop(name) for name in names}
        right = "call" if call else "put"
        style = "european" if european else "american"
        function(contract=contract | {"right": right, "style": style}, **rest)

    return gathered


@click.command()
@contract_options
@click.option("--expiry", type=DATE, help="Expiry: a date (21:00 UTC), or days such as 30d.")
@click.option("--asof", type=DATE, help="Instant of valuation; now if not given.")
@click.option("--years", type=float, callback=_years, help="Years to expiry, in place of --expiry.")
@to_target
def command(
    contract: dict[str, Any],
    expiry: When | None,
    asof: When | None,
    years: float | None,
    target: Target,
) -> None:
    """Price and Greeks of one option.

    The time to expiry is --years, or runs from --asof to --expiry in years of 365 days.
    """
    if years is not None and (expiry or asof):
        raise click.UsageError("give --expiry or --years, not both")
    time = _years_between(asof, expiry) if years is None else years
    with reported("margin price", Exit.BAD_USAGE):
        quote = price(**contract, expiry=time)
    if not quote.converged:
        raise Failure("margin price: the grids did not converge", Exit.NUMERICAL_FAILURE)
    content = contract | {"years": time} | quote.to_dict() | {"units": UNITS}
    columns = {name: [content[name]] for name in content if name != "units"}
    target.write(content, columns, _screen(contract, time, quote, target))


def _years_between(asof: When | None, expiry: When | None) -> float:
    """Time to expiry; without ``asof`` it runs from now."""
    if expiry is None:
        raise click.UsageError("give --expiry or --years")
    now = datetime.now(UTC)
    start = now if asof is None else asof.after(now)
    end = expiry.after(start)
    years = years_between(start, end)
    if years < 0.0:
        raise click.UsageError(f"--expiry {end:%Y-%m-%d %H:%M} is before {start:%Y-%m-%d %H:%M}")
    return years


def _screen(
    contract: dict[str, Any], years: float, quote: Quote, target: Target
) -> Iterator[str | Grid]:
    yield f"{contract['style']} {contract['right']} {contract['strike']:.10g}, {years:.6g} years"
    given = (("spot", "spot"), ("volatility", "vol"), ("rate", "rate"), ("yield", "div_yield"))
    yield ", ".join(f"{word} {contract[name]:.10g}" for word, name in given)
    yield ""
    rows = [
        (*_cell(quote, raw, target), *_cell(quote, desk, target))
        for raw, desk in zip(RAW, DESK, strict=True)
    ]
    yield Grid(("",) * 6, rows, left=(0, 2, 3, 5))
    yield ""
    yield f"error {quote.error:.1g} quote currency, estimated; {quote.method}"


def _cell(quote: Quote, name: str, target: Target) -> tuple[str, str, str]:
    """Name, number and unit."""
    if not name:
        return "", "", ""
    digits = 6 if target.precision is None else target.precision
    return name, f"{getattr(quote, name):,.{digits}f}", UNITS[name]
