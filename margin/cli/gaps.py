"""Options that say what the file of a broker does not: prices, time, currency, cash, rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import click

from margin.cli.values import DATE, STEPS, Steps, When
from margin.files import Defaults

__all__ = ["with_gaps", "with_gaps_and_spots"]

Function = Callable[..., None]
Decorator = Callable[[Function], Function]

PRICE_HELP = "Price of an underlying that an imported file does not state; may be repeated."


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one underlying.

    Attributes
    ----------
    name : str
        Of the underlying.
    value : float
        In quote currency.
    """

    name: str
    value: float


class PriceType(click.ParamType):  # type: ignore[type-arg]
    """``AAPL=268`` is the price of an underlying."""

    name = "price"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Price:
        """The name and the price that a text states."""
        name, _, number = str(value).partition("=")
        try:
            return Price(name.strip(), float(number))
        except ValueError:
            self.fail(f"{value!r} is no price of an underlying; write AAPL=268.", param, ctx)


class SpotType(click.ParamType):  # type: ignore[type-arg]
    """``AAPL=268`` is the price of an underlying, anything else the spots to compute at."""

    name = "steps"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Price | Steps:
        """The price or the spots that a text states."""
        kind: click.ParamType[Any] = PRICE if "=" in str(value) else STEPS
        found: Price | Steps = kind.convert(value, param, ctx)
        return found


PRICE, SPOT = PriceType(), SpotType()


def with_gaps(function: Function) -> Function:
    """Give a command the options for gaps of imported files; it receives them as ``defaults``."""
    option = click.option(
        "--spot", "prices", type=PRICE, multiple=True, metavar="NAME=PRICE", help=PRICE_HELP
    )

    @option
    @_others
    @wraps(function)
    def gathered(prices: Sequence[Price], given: dict[str, Any], **rest: Any) -> None:
        function(defaults=_defaults(given, prices), **rest)

    return gathered


def with_gaps_and_spots(usual: str) -> Decorator:
    """As `with_gaps`, for a command that computes at several spots, which are ``--spot`` too.

    Parameters
    ----------
    usual : str
        Spots if none are given.  The command receives them as ``spots``.

    Returns
    -------
    callable
        The decorator of the command.
    """
    option = click.option(
        "--spot",
        "stated",
        type=SPOT,
        multiple=True,
        metavar="STEPS",
        help="Spots: even steps as first:last:count, or numbers; in percent of the present spot.  "
        f"{usual} if not given.  As NAME=PRICE: {PRICE_HELP[0].lower()}{PRICE_HELP[1:]}",
    )

    def decorated(function: Function) -> Function:
        @option
        @_others
        @wraps(function)
        def gathered(stated: Sequence[Price | Steps], given: dict[str, Any], **rest: Any) -> None:
            prices = [each for each in stated if isinstance(each, Price)]
            steps = [each for each in stated if isinstance(each, Steps)]
            if len(steps) > 1:
                raise click.UsageError("give --spot once; list several spots as 90,100,110")
            spots = steps[0] if steps else STEPS.convert(usual, None, None)
            function(defaults=_defaults(given, prices), spots=spots, **rest)

        return gathered

    return decorated


def _others(function: Function) -> Function:
    """The options for gaps other than prices, as ``given``."""

    @click.option("--asof", type=DATE, help="Instant of valuation, if an imported file has none.")
    @click.option("--currency", help="Of an imported account, or which of several to take.")
    @click.option("--cash", type=float, help="Cash that an imported file does not state.")
    @click.option("--rate", type=float, help="Interest rate, a decimal per year, likewise.")
    @wraps(function)
    def gathered(
        asof: When | None,
        currency: str | None,
        cash: float | None,
        rate: float | None,
        **rest: Any,
    ) -> None:
        instant = None if asof is None else asof.after(datetime.now(UTC))
        given = {"asof": instant, "currency": currency, "cash": cash, "rate": rate}
        stated = {name: value for name, value in given.items() if value is not None}
        function(given=stated, **rest)

    return gathered


def _defaults(given: dict[str, Any], prices: Sequence[Price]) -> Defaults:
    """What is taken where a file says nothing."""
    try:
        return Defaults(**given, spots={price.name: price.value for price in prices})
    except ValueError as error:
        raise click.UsageError(str(error)) from error
