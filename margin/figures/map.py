"""The liquidation map: danger by spot and date, with the spot and where it may go."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from margin.figures.axes import BLUE, ORANGE, VERMILION, new_axes
from margin.figures.map_axes import map_name, padded, spot_axis, write_beside
from margin.maps.events import EventKind
from margin.maps.slices import links

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from margin.maps.build import LiquidationMap
    from margin.maps.slices import Slice

__all__ = ["danger_by_date"]

# Opaque, so that strips side by side show no seam.
DANGER = "#F2CDB2"
DAY_SECONDS, DAYS_A_YEAR = 86_400.0, 365.0
LABELLED = (EventKind.BIRTH, EventKind.LIQUIDATION)
# Events that are labelled; more would hide the map.
MOST_LABELS = 4


def danger_by_date(found: "LiquidationMap", *, ax: "Axes | None" = None) -> "Axes":
    """Danger intervals filled over the horizon, with the spot and where it may go.

    The cones hold the spot with one and two standard deviations of the log, without drift, at the
    volatility of the living option whose strike is nearest.

    Parameters
    ----------
    found : LiquidationMap
        What is drawn, at its volatility move.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes
    """
    ax = ax or new_axes()
    slices = found.slices()
    days = _days(found, [each.date for each in slices])
    _fill(ax, days, slices)
    for curve in found.path():
        ax.plot(_days(found, curve.dates), curve.spots, color=VERMILION, lw=1.2)
    ax.axhline(found.spot, color="black", lw=1.4, label=f"spot {found.spot:,.6g}")
    reach = _cone(ax, found, days)
    _mark_expiries(ax, found)
    lowest, highest = _seen(found, reach)
    ax.set(xlim=(days[0], days[-1]), ylim=(lowest, highest))
    _label_events(ax, found)
    _date_axis(ax, found)
    ax.set_ylabel(spot_axis(found))
    ax.set_title(_title(found), loc="left", fontsize=11)
    ax.yaxis.set_major_formatter("{x:,.6g}")
    ax.grid(alpha=0.25)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=6, frameon=False)
    return ax


def _fill(ax: "Axes", days: NDArray[np.float64], slices: Sequence["Slice"]) -> None:
    """Fill what lies between each interval and the one it goes on as."""
    from matplotlib.collections import PolyCollection

    strips = []
    for start, stop, (before, after) in zip(days[:-1], days[1:], pairwise(slices), strict=True):
        for i, j in links(before, after):
            old, new = before.intervals[i], after.intervals[j]
            strips.append(
                [(start, old.lower), (start, old.upper), (stop, new.upper), (stop, new.lower)]
            )
    ax.add_collection(
        PolyCollection(strips, facecolor=DANGER, edgecolor="face", lw=0.4, zorder=0.5)
    )
    if strips:
        ax.fill_between([], [], color=DANGER, label="liquidated")


def _cone(ax: "Axes", found: "LiquidationMap", days: NDArray[np.float64]) -> list[float]:
    """Lines at one and two standard deviations of the log spot; the furthest spots drawn."""
    volatility = found.thresholds(found.dates[0]).volatility
    if volatility is None:
        return []
    time = np.linspace(0.0, days[-1], 201)
    reach = []
    for sigmas, style in ((1.0, "--"), (2.0, ":")):
        width = sigmas * volatility * np.sqrt(time / DAYS_A_YEAR)
        label = f"± {sigmas:g} σ at {100 * volatility:.3g} %"
        ax.plot(time, found.spot * np.exp(width), color=BLUE, lw=1.2, ls=style, label=label)
        ax.plot(time, found.spot * np.exp(-width), color=BLUE, lw=1.2, ls=style)
        reach = [found.spot * np.exp(-width[-1]), found.spot * np.exp(width[-1])]
    return reach


def _seen(found: "LiquidationMap", reach: list[float]) -> tuple[float, float]:
    """Spots shown: the cone, every threshold of the path no further than half as far again."""
    spots = [spot for curve in found.path() for spot in (curve.spots.min(), curve.spots.max())]
    return padded([*spots, *reach, 0.9 * found.spot, 1.1 * found.spot], found)


def _mark_expiries(ax: "Axes", found: "LiquidationMap") -> None:
    """A line at every expiry within the horizon."""
    dates = [event.date for event in found.events() if event.kind is EventKind.EXPIRY]
    for index, day in enumerate(_days(found, dates)):
        label = "expiry" if index == 0 else None
        ax.axvline(day, color=ORANGE, lw=1.2, ls="-.", label=label)


def _label_events(ax: "Axes", found: "LiquidationMap") -> None:
    """Mark births, and where danger reaches the spot; say when, once a day for each kind."""
    shown = [event for event in found.events() if event.kind in LABELLED]
    for event in shown:
        ax.plot(_days(found, [event.date])[0], event.spot, "o", color=VERMILION, ms=5, zorder=5)
    told = {(event.kind, event.date.date()): event for event in reversed(shown)}
    for event in sorted(told.values(), key=lambda event: event.date)[:MOST_LABELS]:
        day = float(_days(found, [event.date])[0])
        verb = "born" if event.kind is EventKind.BIRTH else "liquidated"
        words = f"{verb} {event.date.day} {event.date:%b %H:%M} at {event.spot:,.6g}"
        side = "right" if day > 0.5 * ax.get_xlim()[1] else "left"
        write_beside(ax, words, (day, event.spot), side=side)


def _date_axis(ax: "Axes", found: "LiquidationMap") -> None:
    """Days from now along the axis, with the date under each."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    first = found.dates[0]
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda day, _: f"{day:g}"))
    stay = "spot and volatilities unchanged" if found.dynamics is None else "spot unchanged"
    ax.set_xlabel(f"days from {first:%Y-%m-%d %H:%M} UTC, {stay}")


def _days(found: "LiquidationMap", dates: Sequence[datetime]) -> NDArray[np.float64]:
    """Days from the first date."""
    first = found.dates[0]
    return np.array([(date - first).total_seconds() / DAY_SECONDS for date in dates])


def _title(found: "LiquidationMap") -> str:
    """Account and rule, and the next change in words."""
    return f"{map_name(found)}\n{found.words}"
