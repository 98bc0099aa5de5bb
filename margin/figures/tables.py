"""Margin tables as maps and curves, and the requirement of single contracts."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from margin.figures.axes import (
    VERMILION,
    diverging,
    label_axes,
    list_lines,
    mark_spot,
    new_axes,
    shades,
    spot_label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from margin.comparison import Comparison
    from margin.contract_margin import ContractTable
    from margin.margin_table import MarginTable

__all__ = ["compared_requirements", "contract_requirements", "excess_by_date", "excess_map"]

MOST_NUMBERS = 10
"""Spots up to which the cells of a map hold their numbers."""
LINE_STYLES = ("-", "--", "-.", ":")


def excess_map(table: "MarginTable", *, date_index: int = 0, ax: "Axes | None" = None) -> "Axes":
    """Excess over maintenance by spot and volatility move, with the line where it is zero.

    Parameters
    ----------
    table : MarginTable
        At least two spots and two volatility moves.
    date_index : int
        Which of its dates.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes

    Raises
    ------
    ValueError
        If there are fewer than two spots or volatility moves.
    """
    if min(table.spots.size, table.vol_moves.size) < 2:
        raise ValueError(
            f"a map needs two spots and two vol_moves, got {table.spots.size} and "
            f"{table.vol_moves.size}"
        )
    ax = ax or new_axes()
    spots, moves = np.argsort(table.spots), np.argsort(table.vol_moves)
    across, up = table.spots[spots], 100.0 * table.vol_moves[moves]
    excess = table.excess[date_index][np.ix_(moves, spots)]
    bound = max(float(np.quantile(np.abs(excess), 0.9)), np.finfo(float).tiny)
    mesh = ax.pcolormesh(
        across, up, excess, cmap=diverging(), vmin=-bound, vmax=bound, shading="nearest"
    )
    if excess.min() < 0.0 < excess.max():
        ax.contour(across, up, excess, levels=[0.0], colors="black", linewidths=2.2)
        ax.plot([], [], color="black", lw=2.2, label="excess 0")
    if across.size <= MOST_NUMBERS:
        _write_cells(ax, across, up, excess)
    mark_spot(ax, table.spot)
    date = f"{table.dates[date_index]:%Y-%m-%d %H:%M} UTC"
    ax.set_title(f"{table.account}: {table.rule}, {date}", loc="left")
    ax.set(xlabel=spot_label(table), ylabel="move of all volatilities (%)")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=2, frameon=False)
    label = f"excess ({table.currency}), liquidated if negative"
    ax.figure.colorbar(mesh, ax=ax, label=label, extend="both", format="{x:,.6g}")
    return ax


def excess_by_date(table: "MarginTable", *, vol_index: int = 0, ax: "Axes | None" = None) -> "Axes":
    """Excess over maintenance against spot, one line per date.

    Parameters
    ----------
    table : MarginTable
        What is drawn.
    vol_index : int
        Which of its volatility moves.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes
    """
    ax = ax or new_axes()
    colours = shades(len(table.dates))
    for index, date in enumerate(table.dates):
        label = f"{date:%Y-%m-%d %H:%M}"
        ax.plot(table.spots, table.excess[index, vol_index], color=colours[index], label=label)
    ax.axhline(0.0, color=VERMILION, lw=1.5)
    mark_spot(ax, table.spot)
    label_axes(ax, table)
    ax.set_ylabel(f"excess over maintenance ({table.currency})")
    move = 100.0 * table.vol_moves[vol_index]
    moved = f", volatilities {move:+g} %" if move else ""
    ax.set_title(f"{table.account}: {table.rule}{moved}", loc="left")
    list_lines(ax, "date (UTC)")
    return ax


def contract_requirements(table: "ContractTable", *, ax: "Axes | None" = None) -> "Axes":
    """Maintenance requirement of one short contract against strike, one line per expiry.

    Parameters
    ----------
    table : ContractTable
        What is drawn.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes
    """
    ax = ax or new_axes()
    colours = shades(len(table.expiries))
    order = np.argsort(table.strikes)
    for index, expiry in enumerate(table.expiries):
        label = f"{expiry:%Y-%m-%d}"
        values = table.short[index, order]
        ax.plot(table.strikes[order], values, "o-", ms=4, color=colours[index], label=label)
    mark_spot(ax, table.spot)
    kind = table.contract
    name = f"{kind.underlying} {kind.exercise.name.lower()} {kind.right.name.lower()}"
    ax.set_title(f"one short {name}: {table.rule}", loc="left")
    ax.set(xlabel="strike (quote currency)", ylabel=f"requirement ({table.currency} per contract)")
    ax.set_ylim(bottom=0.0)
    ax.grid(alpha=0.25)
    list_lines(ax, "expiry")
    return ax


def compared_requirements(found: "Comparison", *, ax: "Axes | None" = None) -> "Axes":
    """Maintenance requirement of one account against spot, one line per margin system.

    Parameters
    ----------
    found : Comparison
        What is drawn.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes
    """
    ax = ax or new_axes()
    colours = shades(len(found.systems))
    for index, system in enumerate(found.systems):
        style = LINE_STYLES[index % len(LINE_STYLES)]
        ax.plot(found.spots, system.requirements, ls=style, color=colours[index], label=system.name)
    mark_spot(ax, found.spot)
    ax.set_title(f"{found.account}: maintenance requirement by margin system", loc="left")
    label_axes(ax, found)
    ax.set_ylabel(f"maintenance requirement ({found.currency})")
    list_lines(ax, "system")
    return ax


def _write_cells(
    ax: "Axes", across: NDArray[np.float64], up: NDArray[np.float64], cells: NDArray[np.float64]
) -> None:
    """Write the number into every cell of a map."""
    for row, height in enumerate(up):
        for column, place in enumerate(across):
            text = f"{cells[row, column]:,.4g}"
            box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.6}
            ax.text(place, height, text, ha="center", va="center", fontsize=8, bbox=box)
