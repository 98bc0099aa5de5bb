"""What the figures of a liquidation map share: names, ranges and notes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from margin.maps.words import moved

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from margin.maps.build import LiquidationMap

__all__ = ["map_name", "padded", "spot_axis", "write_beside"]

# Room around what must be seen, as a share of it.
ROOM = 0.12


def spot_axis(found: "LiquidationMap") -> str:
    """Label of a spot axis, with its unit."""
    account, name = found.revaluation.account, found.revaluation.underlying
    return f"{name} spot ({'quote currency' if found.revaluation.in_coin else account.currency})"


def map_name(found: "LiquidationMap") -> str:
    """Account, rule and volatility move."""
    return f"{found.revaluation.account.name}: {found.rule.name}{moved(found)}"


def padded(spots: Sequence[float], found: "LiquidationMap") -> tuple[float, float]:
    """A range around some spots, within the range searched."""
    room = ROOM * (max(spots) - min(spots))
    return max(min(spots) - room, found.lowest), min(max(spots) + room, found.highest)


def write_beside(ax: "Axes", words: str, at: tuple[float, float], *, side: str) -> None:
    """Write into a white box beside a point; ``side`` is that of the words that touches it."""
    ax.annotate(
        words,
        at,
        xytext=(-8 if side == "right" else 8, 0),
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize=9,
        bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.75},
    )
