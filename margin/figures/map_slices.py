"""One date of a liquidation map: its ladder of levels, and danger by spot and volatility."""

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from margin.figures.axes import BLUE, GREY, VERMILION, new_axes
from margin.figures.map_axes import map_name, padded, spot_axis, write_beside
from margin.maps.ladder import Rung

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from margin.maps.build import LiquidationMap

__all__ = ["danger_by_volatility", "danger_ladder"]

# Spots at which the excess is read for the map over volatilities.
SPOTS = 601
SHADES = {Rung.WARNING: 0.18, Rung.INITIAL: 0.35, Rung.MAINTENANCE: 0.6, Rung.BANKRUPTCY: 1.0}


def danger_ladder(
    found: "LiquidationMap", date: datetime | None = None, *, ax: "Axes | None" = None
) -> "Axes":
    """One bar per level: the spots at which the account is warned, called, liquidated, bankrupt.

    Parameters
    ----------
    found : LiquidationMap
        What is drawn.
    date : datetime, optional
        When; the first date of the map if not given.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes
    """
    ax = ax or new_axes()
    at = found.dates[0] if date is None else date
    rungs = found.ladder(at).rungs()
    ends = [
        end
        for _, danger in rungs
        for interval in danger.intervals
        for end in (interval.lower, interval.upper)
        if found.lowest < end < found.highest
    ]
    lowest, highest = padded([*ends, 0.8 * found.spot, 1.2 * found.spot], found)
    for row, (rung, danger) in enumerate(rungs):
        for interval in danger.intervals:
            left, right = max(interval.lower, lowest), min(interval.upper, highest)
            ax.barh(row, right - left, left=left, color=VERMILION, alpha=SHADES[rung], height=0.6)
            if not interval.lower_open:
                write_beside(ax, f"{interval.lower:,.6g}", (interval.lower, row), side="right")
            if not interval.upper_open:
                write_beside(ax, f"{interval.upper:,.6g}", (interval.upper, row), side="left")
        if not danger.intervals:
            write_beside(ax, "nowhere in the range searched", (found.spot, row), side="left")
    ax.axvline(found.spot, color="black", lw=1.4, label=f"spot {found.spot:,.6g}")
    ax.set_yticks(range(len(rungs)), [f"below {rung.value}" for rung, _ in rungs])
    ax.set_yticks([row - 0.5 for row in range(1, len(rungs))], minor=True)
    ax.grid(which="minor", axis="y", alpha=0.4)
    ax.set(xlim=(lowest, highest), ylim=(len(rungs) - 0.5, -0.5), xlabel=spot_axis(found))
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.set_title(f"{map_name(found)}, {at:%Y-%m-%d %H:%M} UTC", loc="left", fontsize=11)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), frameon=False)
    return ax


def danger_by_volatility(
    found: "LiquidationMap", date: datetime | None = None, *, ax: "Axes | None" = None
) -> "Axes":
    """Danger by spot and by move of all volatilities, on one date.

    Dots are the thresholds that were isolated at the moves of the map; the filled region is drawn
    through the excess between them.

    Parameters
    ----------
    found : LiquidationMap
        Solved at two volatility moves at least.
    date : datetime, optional
        When; the first date of the map if not given.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes

    Raises
    ------
    ValueError
        If the map has one volatility move only.
    """
    if len(found.vol_moves) < 2:
        raise ValueError(f"found must be solved at two vol_moves or more, got {found.vol_moves}")
    ax = ax or new_axes()
    at = found.dates[0] if date is None else date
    moves = sorted(found.vol_moves)
    maps = [found.under(move) for move in moves]
    ends = [(end, move) for each, move in zip(maps, moves, strict=True) for end in _ends(each, at)]
    seen = [end for end, _ in ends] + [0.8 * found.spot, 1.2 * found.spot]
    lowest, highest = padded(seen, found)
    spots = np.linspace(lowest, highest, SPOTS)
    excess = [np.min([curve(spots) for curve in each.excess_curves(at)], axis=0) for each in maps]
    percent = 100.0 * np.array(moves)
    if np.min(excess) < 0.0:
        floor = 2.0 * float(np.min(excess))
        ax.contourf(spots, percent, excess, levels=[floor, 0.0], colors=[VERMILION], alpha=0.3)
        ax.contour(spots, percent, excess, levels=[0.0], colors=[VERMILION], linewidths=1.2)
        ax.fill_between([], [], color=VERMILION, alpha=0.3, label="liquidated")
    across, up = [end for end, _ in ends], [100.0 * move for _, move in ends]
    ax.plot(across, up, "o", color=VERMILION, ms=4, label="threshold")
    ax.plot(found.spot, 0.0, "D", color=BLUE, ms=6, label="now", zorder=5)
    ax.axvline(found.spot, color="black", lw=1.4, label=f"spot {found.spot:,.6g}")
    ax.axhline(0.0, color=GREY, lw=0.8)
    ax.set(xlim=(lowest, highest), xlabel=spot_axis(found), ylabel="move of volatilities (%)")
    ax.xaxis.set_major_formatter("{x:,.6g}")
    words = str(found.vol_threshold(date=at))
    title = f"{map_name(found)}, {at:%Y-%m-%d %H:%M} UTC\n{words}"
    ax.set_title(title, loc="left", fontsize=11)
    ax.grid(alpha=0.25)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=4, frameon=False)
    return ax


def _ends(found: "LiquidationMap", date: datetime) -> list[float]:
    """Thresholds of a date inside the range searched."""
    ends = [end for each in found.intervals(date) for end in (each.lower, each.upper)]
    return [end for end in ends if found.lowest < end < found.highest]
