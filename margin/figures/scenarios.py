"""Profit and loss of an account in the scenarios of its rule."""

from typing import TYPE_CHECKING

import numpy as np

from margin.figures.axes import BLUE, VERMILION, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from margin.statement import Requirement

__all__ = ["scenario_profits"]

SHOWN = 24


def scenario_profits(requirement: "Requirement", *, ax: "Axes | None" = None) -> "Axes":
    """Profit or loss in every scenario, the one that binds marked; of many, the worst.

    Parameters
    ----------
    requirement : Requirement
        What is drawn.
    ax : matplotlib axes, optional
        Where to draw.

    Returns
    -------
    matplotlib axes
    """
    ax = ax or new_axes()
    worst_first = np.argsort(requirement.profits, kind="stable")[:SHOWN]
    shown = sorted(worst_first, reverse=True)
    profits = [requirement.profits[index] for index in shown]
    colours = [VERMILION if index == requirement.worst else BLUE for index in shown]
    bars = ax.barh(range(len(shown)), profits, color=colours)
    ax.bar_label(bars, fmt="{:,.6g}", padding=3, fontsize=8.5)
    ax.set_yticks(range(len(shown)), [requirement.scenarios[index] for index in shown], fontsize=9)
    ax.axvline(0.0, color="black", lw=0.8)
    ax.margins(x=0.15)
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.set_title(f"{requirement.account}: {requirement.rule}, worst marked", loc="left")
    ax.set_xlabel(f"profit or loss ({requirement.currency})")
    return ax
