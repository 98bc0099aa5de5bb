"""Values of options: steps of spots and moves, and dates."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import click
import numpy as np

from margin.files.moments import moment, resolved

__all__ = ["DATE", "STEPS", "Steps", "When"]

MOST_STEPS = 10_001

_DAYS = re.compile(r"\+?(\d+(?:\.\d+)?)d")


@dataclass(frozen=True, slots=True)
class Steps:
    """Some numbers, which are relative if they were written in percent.

    Attributes
    ----------
    values : tuple of float
        The numbers, percent as decimals.
    relative : bool
        Whether they were written in percent.
    """

    values: tuple[float, ...]
    relative: bool

    def around(self, centre: float) -> list[float]:
        """The numbers themselves, or the centre moved by each of them."""
        return (
            [centre * (1.0 + value) for value in self.values] if self.relative else [*self.values]
        )


class StepsType(click.ParamType):  # type: ignore[type-arg]
    """``-50%:50%:41`` is 41 even steps; ``-25%,0%,50%`` are three numbers."""

    name = "steps"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Steps:
        """The numbers that a text states."""
        if isinstance(value, Steps):
            return value
        text = str(value).replace(" ", "")
        relative = "%" in text
        parts = re.split("[:,]", text)
        ends = parts[:2] if ":" in text else parts
        try:
            if relative and not all(part.endswith("%") for part in ends):
                raise ValueError("write percent on every number or on none")
            numbers = [float(part.removesuffix("%")) for part in ends]
            values = np.array(numbers)
            if ":" in text:
                values = np.linspace(numbers[0], numbers[1], _count(parts))
            if not np.isfinite(values).all():
                raise ValueError("every number must be finite")
        except (TypeError, ValueError) as error:
            self.fail(
                f"{value!r}: {error}; write even steps as -50%:50%:41, or numbers as 90,100,110.",
                param,
                ctx,
            )
        return Steps(tuple((values / 100.0 if relative else values).tolist()), relative)


def _count(parts: Sequence[str]) -> int:
    """The number of even steps, which stands last."""
    count = int(parts[2]) if len(parts) == 3 else 0
    if not 2 <= count <= MOST_STEPS:
        raise ValueError(f"steps need a first, a last and a count from 2 to {MOST_STEPS}")
    return count


@dataclass(frozen=True, slots=True)
class When:
    """An instant, or so many days from now."""

    instant: datetime | None
    days: float = 0.0

    def after(self, asof: datetime) -> datetime:
        """The instant, counted from ``asof`` if it is a number of days."""
        return asof + timedelta(days=self.days) if self.instant is None else self.instant


class DateType(click.ParamType):  # type: ignore[type-arg]
    """``2027-01-15``, ``2027-01-15T21:00Z``, or ``7d`` for seven days from now."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> When:
        """The instant that a text states."""
        if isinstance(value, When):
            return value
        days = _DAYS.fullmatch(str(value).strip())
        if days:
            return When(None, float(days[1]))
        try:
            return When(resolved(moment(value)))
        except ValueError:
            self.fail(
                f"{value!r} is no date; write 2027-01-15 (21:00 UTC), 2027-01-15T08:00Z, or 7d.",
                param,
                ctx,
            )


STEPS, DATE = StepsType(), DateType()
