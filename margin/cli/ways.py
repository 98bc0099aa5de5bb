"""Options that say which spots move, and when: the ways in which an account may be lost."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from margin.cli.values import DATE, When
from margin.maps.dynamics import SpotBeta, StickyDelta, VolDynamics
from margin.names.path import Direction

__all__ = ["Ways", "with_ways"]

Function = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Ways:
    """What was asked of the spots and of time.

    Attributes
    ----------
    date : When
        On which date.
    horizon : When or None
        Until when, for a map through time.
    along : Direction or None
        Which underlyings move, if it is not one alone.
    plane : tuple of str or None
        Two underlyings whose plane is wanted.
    dynamics : VolDynamics or None
        How volatilities move with the spot of a map through time.
    """

    date: When
    horizon: When | None = None
    along: Direction | None = None
    plane: tuple[str, str] | None = None
    dynamics: VolDynamics | None = None

    @property
    def lead(self) -> str | None:
        """The underlying by which the way is told, if it names one."""
        if self.along:
            return self.along.lead
        return self.plane[0] if self.plane else None


def with_ways(function: Function) -> Function:
    """Give a command the options of `Ways`, which it receives as ``ways``."""

    @click.option(
        "--date", type=DATE, help="When: a date, or days from now such as 7d; now if not given."
    )
    @click.option(
        "--horizon",
        type=DATE,
        help="Map the time until a date, or so many days, such as 30d; spot and positions stay.",
    )
    @click.option(
        "--along",
        metavar="NAME[=MOVE],...",
        help="Underlyings that move: BTC alone, or log moves in proportion as BTC=1,ETH=1.3.",
    )
    @click.option("--plane", metavar="NAME,NAME", help="Map the plane of two underlyings.")
    @click.option(
        "--vol-follows",
        metavar="delta|BETA",
        help="With --horizon: the smile moves with the spot, or volatilities by a beta as -1.5.",
    )
    @wraps(function)
    def gathered(
        date: When | None,
        horizon: When | None,
        along: str | None,
        plane: str | None,
        vol_follows: str | None,
        **rest: Any,
    ) -> None:
        asked = {"--horizon": horizon, "--along": along, "--plane": plane}
        given = [name for name, one in asked.items() if one] + ["--date"] * bool(horizon and date)
        if len(given) > 1:
            raise click.UsageError(f"{' and '.join(given)} do not go together; leave one out")
        if vol_follows and not horizon:
            raise click.UsageError("--vol-follows belongs to --horizon; give both")
        ways = Ways(
            date or When(None),
            horizon,
            _direction(along) if along else None,
            _pair(plane) if plane else None,
            _dynamics(vol_follows) if vol_follows else None,
        )
        function(ways=ways, **rest)

    return gathered


def _direction(text: str) -> Direction:
    """Log moves by name; a name without a number moves by 1."""
    try:
        parts = [part.strip().partition("=") for part in text.split(",")]
        return Direction({name.strip(): float(move or 1.0) for name, _, move in parts})
    except ValueError as error:
        raise click.UsageError(f"--along {text}: {error}; write BTC, or BTC=1,ETH=1.3") from error


def _dynamics(text: str) -> VolDynamics:
    """How volatilities follow the spot."""
    if text == "delta":
        return StickyDelta()
    try:
        return SpotBeta(float(text))
    except ValueError as error:
        raise click.UsageError(
            f"--vol-follows takes delta or a beta as -1.5, got {text}"
        ) from error


def _pair(text: str) -> tuple[str, str]:
    """Two names."""
    names = tuple(name.strip() for name in text.split(","))
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise click.UsageError(f"--plane takes two underlyings, such as BTC,ETH, got {text}")
    return names[0], names[1]
