"""What all figures share: their size, their colours, and how axes are named.

Colours are those of Okabe and Ito, which people with any colour vision tell apart; lines differ in
style too.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

    from margin.comparison import Comparison
    from margin.margin_table import MarginTable

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "VERMILION",
    "diverging",
    "label_axes",
    "list_lines",
    "mark_spot",
    "new_axes",
    "shades",
    "spot_label",
]

BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#555555"
# 900 x 550 pixels.
SIZE, RESOLUTION = (9.0, 5.5), 100
LEGEND_ENTRIES = 12


def new_axes() -> "Axes":
    """Axes of a new figure."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=SIZE, dpi=RESOLUTION, layout="constrained")[1]


def mark_spot(ax: "Axes", spot: float) -> None:
    """A line at the present spot."""
    ax.axvline(spot, color=GREY, lw=1.2, ls="-.", label=f"spot {spot:,.6g}")


def spot_label(table: "MarginTable | Comparison") -> str:
    """Label of a spot axis, with its unit."""
    in_coin = table.currency == table.underlying
    return f"{table.underlying} spot ({'quote currency' if in_coin else table.currency})"


def label_axes(ax: "Axes", table: "MarginTable | Comparison") -> None:
    """Names and units of axes that show amounts against spot."""
    ax.set(xlabel=spot_label(table), ylabel=f"amount ({table.currency})")
    ax.set_xlim(table.spots.min(), table.spots.max())
    ax.ticklabel_format(axis="y", style="plain", useOffset=False)
    ax.yaxis.set_major_formatter("{x:,.6g}")
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.grid(alpha=0.25)


def shades(count: int) -> NDArray[np.float64]:
    """Colours from dark to light, even in brightness."""
    import matplotlib.pyplot as plt

    return plt.get_cmap("viridis")(np.linspace(0.0, 0.88, count))


def diverging() -> "Colormap":
    """Orange below zero, violet above, light enough at both ends for black numbers."""
    import matplotlib.pyplot as plt
    from matplotlib.colors import ListedColormap

    return ListedColormap(plt.get_cmap("PuOr")(np.linspace(0.18, 0.8, 256)))


def list_lines(ax: "Axes", title: str) -> None:
    """A legend beside the axes, of all lines or some, the first and the last among them."""
    handles, labels = ax.get_legend_handles_labels()
    shown = np.linspace(0, len(handles) - 1, min(len(handles), LEGEND_ENTRIES)).round().astype(int)
    ax.legend(
        [handles[index] for index in shown],
        [labels[index] for index in shown],
        title=title,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        fontsize=8.5,
        frameon=False,
    )
