"""The plane of two underlyings: which pairs of spots liquidate an account."""

from typing import TYPE_CHECKING

import numpy as np

from margin.figures.axes import BLUE, VERMILION, new_axes
from margin.figures.map_axes import write_beside

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from margin.names.plane import PlaneMap

__all__ = ["danger_plane"]

# Spots of either underlying at which the excess is read to fill the region.
SPOTS = 201
# The figure shows moves of at least the first size around the present spots, and the border within
# the second, as factors; with some room.
SHOWN, MOST_SHOWN, ROOM = 1.2, 2.0, 1.05


def danger_plane(found: "PlaneMap", *, ax: "Axes | None" = None) -> "Axes":
    """Pairs of spots that liquidate, filled; their border, the present spots, the nearest border.

    Parameters
    ----------
    found : PlaneMap
        What is drawn.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes
    """
    ax = ax or new_axes()
    across, up = (np.geomspace(*limits, SPOTS) for limits in _limits(found))
    excess = found.excess(across[None, :], up[:, None])
    if excess.min() < 0.0:
        floor = 2.0 * float(excess.min())
        ax.contourf(across, up, excess, levels=[floor, 0.0], colors=[VERMILION], alpha=0.3)
        ax.fill_between([], [], color=VERMILION, alpha=0.3, label="liquidated")
    for index, border in enumerate(found.contour()):
        label = "threshold" if index == 0 else None
        ax.plot(border.first, border.second, color=VERMILION, lw=1.4, label=label)
    first, second = found.spots
    ax.axvline(first, color=BLUE, lw=0.8, ls=":")
    ax.axhline(second, color=BLUE, lw=0.8, ls=":", label="one spot alone moves")
    both = np.geomspace(1.0 / MOST_SHOWN, MOST_SHOWN, 101)
    ax.plot(first * both, second * both, color=BLUE, lw=0.8, ls="--", label="both move alike")
    ax.plot(first, second, "D", color=BLUE, ms=6, label="now", zorder=5)
    _mark_nearest(ax, found)
    ax.set(
        xscale="log",
        yscale="log",
        xlim=(across[0], across[-1]),
        ylim=(up[0], up[-1]),
        xlabel=f"{found.names[0]} spot ({found.joint.currency})",
        ylabel=f"{found.names[1]} spot ({found.joint.currency})",
    )
    _label_ticks(ax)
    ax.set_title(f"{_name(found)}\n{found.words}", loc="left", fontsize=11)
    ax.grid(alpha=0.25)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=5, frameon=False)
    return ax


def _limits(found: "PlaneMap") -> list[tuple[float, float]]:
    """Spots shown: the present ones with some room, and the border where it is not far off."""
    limits = []
    lines = [(border.first, border.second) for border in found.contour()]
    for axis, (spot, span) in enumerate(zip(found.spots, found.spans, strict=True)):
        border = np.concatenate([np.empty(0), *(line[axis] for line in lines)])
        near = border[(border > spot / MOST_SHOWN) & (border < spot * MOST_SHOWN)]
        lowest, highest = min([spot / SHOWN, *near]), max([spot * SHOWN, *near])
        limits.append((max(lowest / ROOM, span[0]), min(highest * ROOM, span[1])))
    return limits


def _mark_nearest(ax: "Axes", found: "PlaneMap") -> None:
    """A line from the present spots to the nearest border, with both moves beside it."""
    nearest = found.nearest()
    if nearest is None:
        return
    ax.plot(*zip(found.spots, nearest, strict=True), color="black", lw=1.0)
    moves = [100.0 * (to / spot - 1.0) for to, spot in zip(nearest, found.spots, strict=True)]
    told = zip(found.names, moves, strict=True)
    words = "\n".join(f"{name} {move:+.1f} %" for name, move in told)
    write_beside(ax, words, nearest, side="left" if moves[0] > 0.0 else "right")


def _label_ticks(ax: "Axes") -> None:
    """Plain numbers on logarithmic axes that span less than a decade."""
    from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator, StrMethodFormatter

    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(7))
        axis.set_major_formatter(StrMethodFormatter("{x:,.6g}"))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())


def _name(found: "PlaneMap") -> str:
    """Account, rule and date."""
    return f"{found.account}: {found.rule}, {found.date:%Y-%m-%d %H:%M} UTC"
