"""Spots between which an account's value is carried by cubics: dense where its options bend."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from margin.kernels.bernstein import merge_knots
from margin.kernels.cells import join_levels, knot_counts, spread_knots

__all__ = ["merged_knots", "spot_knots"]

Floats = NDArray[np.float64]

# Width of a cell at a strike, in standard deviations of the log spot over the life left.  A cubic
# with exact values and slopes then strays from an option by about 1e-8 of the strike, a tenth of
# what the solver leaves.
FINEST = 0.05
# A knot nearer to a strike than this share of its cell is left out.
SLIVER = 0.25
# Log-spot mesh on which the density of knots is integrated.
MESH = 4096
# Rows up to which merging two at a time is faster than sorting all of them.
FEW = 3
# Knots at least, whatever the account holds: one cell could carry a line.
LEAST_CELLS = 16


def spot_knots(strikes: Floats, deviations: Floats, lowest: float, highest: float) -> Floats:
    """Knots from ``lowest`` to ``highest`` that resolve options near their strikes.

    Around a strike the width of a cell grows like the distance, from a twentieth of the standard
    deviation.  All strikes in the range are knots, so that payoffs are exact at expiry.

    Parameters
    ----------
    strikes : (l,) array
        Strikes in quote currency; equal ones may repeat.
    deviations : (l,) array
        Standard deviation of the log spot over the life left of each option; 0 once expired.
    lowest, highest : float
        Ends of the range, in quote currency.

    Returns
    -------
    (n + 1,) array
        Ascending knots, the ends of the range included.
    """
    alive = deviations > 0.0
    total = np.empty(MESH)
    knot_counts(lowest, highest, np.log(strikes[alive]), deviations[alive], total)
    cells = max(LEAST_CELLS, int(np.ceil(total[-1] / FINEST)))
    even = np.empty(cells + 1)
    spread_knots(lowest, highest, total, even)
    inside = np.unique(strikes[(strikes > lowest) & (strikes < highest)])
    knots = np.empty(even.size + inside.size)
    return knots[: join_levels(even, inside, SLIVER, knots)]


def merged_knots(rows: Sequence[Floats]) -> Floats:
    """All knots of some rows within the range that they share.

    Parameters
    ----------
    rows : sequence of (n + 1,) arrays
        Ascending knots, at least one row.

    Returns
    -------
    (m + 1,) array

    Raises
    ------
    ValueError
        If the rows share no range.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.knots import merged_knots
    >>> merged_knots([np.array([1.0, 9.0]), np.array([3.0, 4.0, 12.0])])
    array([3., 4., 9.])
    """
    distinct = list({id(row): row for row in rows}.values())
    knots = max(distinct, key=len)
    if len(distinct) == 1:
        return knots
    lowest, highest = max(row[0] for row in distinct), min(row[-1] for row in distinct)
    if not lowest < highest:
        raise ValueError(f"curves must share a range, got {[(r[0], r[-1]) for r in distinct]}")
    # A single cell around all others adds no knot.
    inner = [row for row in distinct if row.size > 2 or row[0] == lowest or row[-1] == highest]
    if len(inner) > FEW:
        every: Floats = np.unique(np.concatenate(inner))
        return every[np.searchsorted(every, lowest) : np.searchsorted(every, highest) + 1]
    for row in inner:
        if row is not knots and not (row.size == 2 and row[0] <= knots[0] and knots[-1] <= row[1]):
            room: Floats = np.empty(knots.size + row.size)
            knots = room[: merge_knots(knots, row, room)]
    return knots
