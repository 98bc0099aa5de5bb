"""The map of one date over spot and volatility: thresholds as curves over the volatility move."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.danger import DangerSet
from margin.maps.path import ThresholdSide, joined
from margin.maps.slices import overlapping

if TYPE_CHECKING:
    from margin.maps.record import LiquidationMap

__all__ = ["VolCurve", "VolMap", "vol_map"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class VolCurve:
    """One threshold over moves of all volatilities, from where it appears to where it vanishes.

    Attributes
    ----------
    side : ThresholdSide
        Which end of a danger interval it is.
    moves : (n,) array
        Relative moves of all volatilities, ascending.
    spots, errors : (n,) array
        The threshold at each and how far it may be off, in quote currency.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.maps.path import ThresholdSide
    >>> from margin.maps.vol_map import VolCurve
    >>> moves, spots = np.array([0.0, 0.5]), np.array([80.0, 84.0])
    >>> VolCurve(ThresholdSide.UPPER, moves, spots, np.zeros(2)).at(0.25)
    82.0
    """

    side: ThresholdSide
    moves: Floats
    spots: Floats
    errors: Floats

    def at(self, move: float) -> float:
        """The threshold at a move, in quote currency; linear between the moves.

        Raises
        ------
        ValueError
            If it does not exist at the move.
        """
        _check.within("move", move, float(self.moves[0]), float(self.moves[-1]))
        return float(np.interp(move, self.moves, self.spots))


@dataclass(frozen=True, slots=True, eq=False)
class VolMap:
    """Where an account is liquidated on one date, over spot and moves of all volatilities.

    Built by `LiquidationMap.over_volatility`.

    Attributes
    ----------
    date : datetime
        When.
    moves : tuple of float
        Relative moves of all volatilities, ascending.
    sets : tuple of DangerSet
        Danger at each, in spots in quote currency, with its proof.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.danger import danger_set
    >>> from margin.maps.vol_map import VolMap
    >>> from margin.piecewise import line
    >>> sets = [
    ...     danger_set([line(-end, 1.0, lowest=1, highest=90)], lowest=5, highest=80)
    ...     for end in (40.0, 44.0)
    ... ]
    >>> found = VolMap(datetime(2026, 11, 20, tzinfo=UTC), (0.0, 0.5), tuple(sets))
    >>> found.curves()[0].spots
    array([40., 44.])
    """

    date: datetime
    moves: tuple[float, ...]
    sets: tuple[DangerSet, ...]

    def curves(self) -> tuple[VolCurve, ...]:
        """The thresholds as curves over the moves."""
        pairs = [()] + [
            overlapping(before.intervals, after.intervals)
            for before, after in zip(self.sets[:-1], self.sets[1:], strict=True)
        ]
        rows = joined(pairs, [found.intervals for found in self.sets])
        return tuple(
            VolCurve(
                side,
                np.array([self.moves[at] for at, _, _ in points]),
                np.array([spot for _, spot, _ in points]),
                np.array([error for _, _, error in points]),
            )
            for side, points in rows
        )

    def to_dict(self) -> dict[str, Any]:
        """The sets by move as plain values that JSON can hold; spots in quote currency."""
        return {
            "date": self.date.isoformat(),
            "moves": [
                {
                    "vol_move": move,
                    "complete": found.certificate.complete,
                    "intervals": [asdict(each) for each in found.intervals],
                }
                for move, found in zip(self.moves, self.sets, strict=True)
            ],
        }


def vol_map(found: "LiquidationMap", moves: Iterable[float], date: datetime) -> VolMap:
    """The danger sets of one date at several volatility moves, solved in one batch.

    Parameters
    ----------
    found : LiquidationMap
        The map, of which the range of spots is taken.
    moves : iterable of float
        Relative moves of all volatilities from the present ones.
    date : datetime
        Within the horizon of the map.

    Returns
    -------
    VolMap

    Raises
    ------
    ValueError
        If there is no move, or one is not finite or not above -1.
    """
    every = tuple(sorted({_check.finite("moves", move) for move in moves}))
    if not every:
        raise ValueError("moves must hold at least one, got none")
    near = found.elsewhere((date,), vol_moves=every)
    return VolMap(date, every, tuple(near.under(move).danger(date) for move in every))
