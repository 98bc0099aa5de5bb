"""Equity, requirement and excess against spot, with the spots at which the account is lost."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from margin.figures.axes import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    VERMILION,
    label_axes,
    mark_spot,
    new_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from margin.danger import Interval
    from margin.margin_table import MarginTable
    from margin.threshold import Thresholds

__all__ = ["against_spot", "danger_on_line", "telling_spots"]

# How far equity and requirement are shown, in multiples of the larger of the two at the spot.
SHOWN_ABOVE, SHOWN_BELOW = 2.5, 1.25
# Beyond this share of the axis an error is drawn as a bar, not only stated in the note.
VISIBLE = 0.003
DAYS_A_YEAR = 365.0
# Labels of neighbouring thresholds stand below one another; height as a share of the axes.
LABEL_HEIGHT, LABEL_LEVELS = 0.095, 4


def telling_spots(thresholds: "Thresholds", n_spots: int = 401) -> NDArray[np.float64]:
    """Spots for a figure: the present one, every threshold, and some room around them.

    Parameters
    ----------
    thresholds : Thresholds
        What must be seen.
    n_spots : int
        How many.

    Returns
    -------
    (n_spots,) array
        Evenly spaced within the range searched, in quote currency.
    """
    searched = thresholds.certificate
    seen = [0.75 * thresholds.spot, thresholds.spot, 1.25 * thresholds.spot]
    seen += [end for interval in thresholds.intervals for end in _ends(interval)]
    room = 0.12 * (max(seen) - min(seen))
    lowest, highest = min(seen) - room, max(seen) + room
    return np.linspace(max(lowest, searched.lowest), min(highest, searched.highest), n_spots)


def against_spot(
    table: "MarginTable", thresholds: "Thresholds | None" = None, *, ax: "Axes | None" = None
) -> "Axes":
    """Equity, maintenance requirement and excess against spot, at the table's first date.

    Parameters
    ----------
    table : MarginTable
        Holds volatilities unmoved; its first date is drawn.
    thresholds : Thresholds, optional
        Their danger intervals are shaded, their ends marked with value and distance.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes

    Raises
    ------
    ValueError
        If the table has no column of unmoved volatilities, or the thresholds are of another
        account, rule or date.
    """
    unmoved = np.flatnonzero(table.vol_moves == 0.0)
    if unmoved.size == 0:
        raise ValueError(f"table must hold a vol_move of 0, got {table.vol_moves}")
    ax = ax or new_axes()
    at = (0, int(unmoved[0]))
    excess = table.excess[at]
    ax.plot(table.spots, table.equity[at], color=BLUE, lw=1.5, label="equity")
    ax.plot(table.spots, table.maintenance[at], color=ORANGE, lw=1.8, ls="--", label="maintenance")
    ax.plot(table.spots, excess, color=GREEN, lw=2.6, label="excess")
    ax.axhline(0.0, color="black", lw=0.8)
    mark_spot(ax, table.spot)
    _limit_amounts(ax, table, at)
    label_axes(ax, table)
    ax.set_title(f"{table.account}: {table.rule}, {table.dates[0]:%Y-%m-%d %H:%M} UTC", loc="left")
    if thresholds is not None:
        _refuse_strangers(table, thresholds)
        _mark_danger(ax, thresholds)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=5, frameon=False)
    return ax


def danger_on_line(thresholds: "Thresholds", *, ax: "Axes | None" = None) -> "Axes":
    """Spots at which the account is liquidated, on one line; dashed where equity is zero.

    Parameters
    ----------
    thresholds : Thresholds
        What is drawn; `against_spot` shows the amounts behind it.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes
    """
    ax = ax or new_axes()
    ax.set_xlim(*telling_spots(thresholds, 2))
    ax.set_ylim(0.0, 1.0)
    ax.set_yticks([])
    mark_spot(ax, thresholds.spot)
    _mark_danger(ax, thresholds)
    left, right = ax.get_xlim()
    broken = [end for found in thresholds.bankruptcy.intervals for end in _ends(found)]
    for index, end in enumerate(end for end in broken if left < end < right):
        ax.axvline(end, color="black", lw=1.2, ls="--", label=None if index else "equity 0")
    name = f"{thresholds.account}: {thresholds.rule}, {thresholds.date:%Y-%m-%d %H:%M} UTC"
    ax.set_title(name, loc="left")
    ax.set_xlabel(f"{thresholds.underlying} spot (quote currency)")
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=3, frameon=False)
    return ax


def _refuse_strangers(table: "MarginTable", thresholds: "Thresholds") -> None:
    """Refuse thresholds that are not those of the table."""
    ours = (table.account, table.rule, table.dates[0])
    theirs = (thresholds.account, thresholds.rule, thresholds.date)
    if ours != theirs:
        raise ValueError(f"thresholds must be of account, rule and date {ours}, got {theirs}")


def _mark_danger(ax: "Axes", thresholds: "Thresholds") -> None:
    """Shade the danger intervals within the axes and label their ends."""
    left, right = ax.get_xlim()
    seen = [found for found in thresholds.intervals if found.lower < right and found.upper > left]
    for index, interval in enumerate(seen):
        label = "liquidated" if index == 0 else None
        lower = left if interval.lower_open else max(interval.lower, left)
        upper = right if interval.upper_open else min(interval.upper, right)
        ax.axvspan(lower, upper, color=VERMILION, alpha=0.16, lw=0.0, label=label)
    ends = [end for interval in seen for end in _ends(interval) if left < end < right]
    for level, end in enumerate(ends):
        ax.axvline(end, color=VERMILION, lw=1.2, ls=":")
        ax.annotate(
            _distance(end, thresholds),
            (end, 0.985 - LABEL_HEIGHT * (level % LABEL_LEVELS)),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if end > 0.5 * (left + right) else 4, 0),
            textcoords="offset points",
            ha="right" if end > 0.5 * (left + right) else "left",
            va="top",
            fontsize=9,
            bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": VERMILION, "lw": 0.6},
        )
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.75}
    note = _note(ax, seen)
    ax.text(0.012, 0.02, note, transform=ax.transAxes, fontsize=8.5, color=GREY, bbox=box)


def _ends(interval: "Interval") -> list[float]:
    """The ends of an interval at which the excess crosses zero."""
    ends = [(interval.lower, interval.lower_open), (interval.upper, interval.upper_open)]
    return [end for end, is_open in ends if not is_open]


def _distance(end: float, thresholds: "Thresholds") -> str:
    """A threshold in words: its value, and how far it is from the present spot."""
    sigmas = ""
    if thresholds.volatility is not None:
        deviation = thresholds.volatility / np.sqrt(DAYS_A_YEAR)
        sigmas = f", {np.log(end / thresholds.spot) / deviation:+.1f} daily σ"
    return f"{end:,.6g}\n{100.0 * (end / thresholds.spot - 1.0):+.1f} %{sigmas}"


def _note(ax: "Axes", intervals: Sequence["Interval"]) -> str:
    """What is said about errors, and about there being no danger; visible errors become bars."""
    left, right = ax.get_xlim()
    errors = [
        (end, error)
        for found in intervals
        for end, error in ((found.lower, found.lower_error), (found.upper, found.upper_error))
        if left < end < right
    ]
    if not errors:
        return f"liquidated at {'every' if intervals else 'no'} spot shown"
    for end, error in errors:
        if error > VISIBLE * (right - left):
            ax.errorbar(end, 0.0, xerr=error, color=VERMILION, capsize=4)
    largest = max(error for _, error in errors)
    return f"thresholds ± {largest:.1g} at most, from the error of option values"


def _limit_amounts(ax: "Axes", table: "MarginTable", at: tuple[int, int]) -> None:
    """Show amounts near those at the spot; losses far away may be hundreds of times larger."""
    equity, maintenance = table.equity[at], table.maintenance[at]
    nearest = int(np.abs(table.spots - table.spot).argmin())
    scale = max(abs(equity[nearest]), abs(maintenance[nearest]))
    highest = max(equity.max(), maintenance.max())
    lowest = min(table.excess[at].min(), equity.min(), 0.0)
    if scale > 0.0:
        highest, lowest = min(highest, SHOWN_ABOVE * scale), max(lowest, -SHOWN_BELOW * scale)
    room = 0.06 * (highest - lowest)
    ax.set_ylim(lowest - room, highest + 3.0 * room)
