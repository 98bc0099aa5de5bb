"""A contract that was marched on one grid, and its dense output in time."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.batch.many import Scheme
from pdesolve.jumping.jump_integral import JumpWeights
from pdesolve.kernels.between import VALUE, read_rows
from pdesolve.kernels.march import FLOOR, ROOM
from pdesolve.march.ends import beyond, end_values
from pdesolve.march.events import Happening
from pdesolve.march.filling import DAMPING_STEPS, Jumping, Stretch, fill, stage_times
from pdesolve.march.operator import Operator, Region, operator_over
from pdesolve.march.problem import Event, Problem
from pdesolve.march.rows import Rows

__all__ = ["Column", "March"]

Floats = NDArray[np.float64]

# Multiples of the ends at which values beyond the nodes are looked at, which run straight there.
AWAY = np.array([[0.5, 0.25], [2.0, 4.0]])
EVERY = slice(None)


class Column(NamedTuple):
    """Values at the nodes at one time, in the units of the rows, and which rows are exercised."""

    values: Floats
    held: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class March:
    """The values of a contract on every node and level of one grid.

    Attributes
    ----------
    problem : Problem
        What was marched.
    rows : Rows
        On what nodes.
    region : Region
        Where exercise can pay.
    constant : Operator or None
        The operator of all steps, if coefficients do not depend on time.
    jumps : JumpWeights or None
        Weights of the expected value after a jump from each row, if spot jumps.
    scheme : Scheme
        Time stepping.
    times : (n + 1,) array
        Years to expiry.
    levels : (n + 1, m) array
        Values in the units of the rows, at events just before them; row 0 is the payoff.
    stages : (n, m) or (1, m) array
        Values midway in each step, if they are kept.
    arrivals : dict
        By number of a level with an event, values just after it.
    alive : March or None
        What a knock-in becomes, on the whole grid.
    """

    problem: Problem
    rows: Rows
    region: Region
    constant: Operator | None
    jumps: JumpWeights | None
    scheme: Scheme
    times: Floats
    levels: Floats
    stages: Floats
    arrivals: dict[int, Floats]
    alive: "March | None"

    @property
    def aligned(self) -> bool:
        """Whether all kinks, barriers and seams on the grid are nodes."""
        spots = self.rows.spots
        low, high = sorted(spots[[0, -1]].tolist())
        levels = (*self.problem.levels, *self.problem.seams)
        return all((spots == level).any() for level in levels if low <= level <= high)

    @cached_property
    def _beyond_barrier(self) -> NDArray[np.bool_]:
        """Rows beyond a barrier, where a contract that waits is no longer itself."""
        spots, barrier = self.rows.spots, self.problem.claim.barrier
        if barrier is None or not self.problem.jumps_in:
            return np.zeros(spots.size, dtype=bool)
        return self.problem.touched(spots) & ~np.isin(spots, barrier.levels)

    def column(self, left: float) -> Column:
        """Return the values at the nodes with ``left`` years to expiry, above 0.

        At an event they are those just after it.  A time between levels is reached by a step of
        its own from the level before.  It keeps the exercise boundary in its place, which a
        polynomial in time through the levels does not.
        """
        j = int(np.searchsorted(self.times, left))
        if left == self.times[j]:
            return self.marked(self.arrivals.get(j, self.levels[j]), left)
        return self.marked(self.stepped(j - 1, left)[1], left)

    def marked(self, values: Floats, left: float) -> Column:
        """Return values at the nodes with the rows marked that are exercised."""
        if self.region is Region.NOWHERE:
            return Column(values, self._beyond_barrier)
        escrowed = bool(self.problem.escrowed)
        held = values <= (self.floors(self.rows.spots, left)[0] if escrowed else self.rows.payoff)
        if self.region is Region.FROM_FIRST:
            held = np.logical_and.accumulate(held)
        return Column(values, held)

    def boundary(self, left: float) -> float:
        """Return the place of the exercise boundary with ``left`` years to expiry; NaN if none.

        For exercise on rows from the first.  Inside its cell, from the height of the first free
        row above the floor, which is ``ROOM`` times the square of its distance from the boundary in
        cells.
        """
        values, held = self.column(left)
        free = int(np.argmin(held))
        if not 0 < free < values.size:
            return np.nan
        places, bound = self.rows.places, self.operator(np.array([left, left])).bound[0]
        room = max(float(bound[ROOM, free]), 0.0)
        height = min(float(values[free] - bound[FLOOR, free]), room)
        cells = math.sqrt(height / room) if room > 0.0 else 1.0
        return float(places[free] - cells * (places[free] - places[free - 1]))

    def floors(self, spots: Floats, left: float) -> Floats:
        """Exercise value and its slope by ``z`` at spots (k,), in units of the rows, (2, k).

        Minus infinity, and no slope, where there is no exercise.
        """
        if self.region is Region.NOWHERE:
            return np.repeat([[-np.inf], [np.nan]], spots.size, axis=1)
        rows, payoff = self.rows, self.problem.claim.payoff
        if self.problem.escrowed:
            whole = spots + self.problem.escrow(np.array(left))
            piece = np.searchsorted(payoff.kinks, whole, side="right")
            return np.stack([payoff(whole), payoff.slopes[piece] * spots]) / rows.scale
        at = rows.places_of(spots)
        piece = np.searchsorted(rows.pieces.kinks, at, side="right")
        return np.stack([rows.pieces(at), rows.pieces.slopes[piece] * np.exp(at)])

    def read(self, column: Column, left: float, spots: Floats) -> Floats:
        """Read a column at any spots (k,), also beyond the nodes, in quote currency."""
        rows, out = self.rows, np.empty(spots.size)
        low, high = np.sort(rows.spots[[0, -1]])
        inside = (spots >= low) & (spots <= high)
        if self.problem.watched is not None:
            inside &= ~self.problem.touched(spots)
        at = spots[inside]
        found, errors = np.empty((5, at.size)), np.zeros(rows.places.size)
        places, floors = rows.places_of(at), self.floors(at, left)
        read_rows(rows.places, column.values, errors, column.held, places, floors, found)
        out[inside] = found[VALUE] * rows.units_of(at)
        if not inside.all():
            out[~inside] = self._outside(left, spots[~inside])
        return out

    def operator(self, times: Floats) -> Operator:
        """Return the operator over steps between times to expiry (s + 1,)."""
        if self.constant is not None:
            return self.constant
        now = self.problem.claim.expiry - times
        return operator_over(self.problem, self.rows, self.region, now[1:], now[:-1])

    def stepped(self, start: int, left: float) -> tuple[Floats, Floats]:
        """Return the values midway to ``left`` and there, one step beyond level ``start``."""
        levels = np.empty((2, self.rows.places.size))
        levels[0] = self.levels[start]
        stages = np.empty((1, levels.shape[1]))
        self.fill(start, np.array([self.times[start], left]), stages, levels)
        return stages[0], levels[1]

    def fill(self, start: int, times: Floats, stages: Floats, levels: Floats) -> None:
        """March from level ``start`` over ``times``, without an event but at the last."""
        problem, rows = self.problem, self.rows
        left = stage_times(self.scheme, times)
        ends = end_values(problem, rows, self.region, left)
        if self.alive is not None and problem.watched is not None:
            for side in np.flatnonzero(problem.touched(rows.spots[[0, -1]])).tolist():
                spot = float(rows.spots[[0, -1]][side])
                ends[..., side] = self.alive.along(spot, start, times) / rows.scale
        region, floors = self._held(start, times, left)
        damping = max(DAMPING_STEPS - (start - self._restart(start)), 0)
        stretch = Stretch(times, ends, floors, damping, self._jumping(times[:-1], left[:, 0]))
        fill(self.scheme, region, self.operator(times), stretch, stages, levels)

    def _held(self, start: int, times: Floats, left: Floats) -> tuple[Region, Floats | None]:
        """Where values are held above a floor, and the floor (n, 2, m) if it moves with time."""
        problem, rows = self.problem, self.rows
        if self.alive is not None and problem.jumps_in:
            # Nowhere is what waits worth more than what is alive: held above it, it becomes it.
            nowhere = np.full((*left.shape, rows.places.size), -np.inf)
            alive = self.alive.through(start, times)
            return Region.ANYWHERE, self.beyond_barrier(alive, nowhere)
        if problem.escrowed and self.region is Region.ANYWHERE:
            return self.region, problem.exercised(rows.spots, left[..., None]) / rows.units
        return self.region, None

    def tails(self, left: Floats) -> Floats:
        """Intercept and slope of the value before the first row and after the last, (t, 2, 2).

        Against ``exp(z)`` and in the units of the rows, with ``left`` (t,) years to expiry: the
        line through two spots beyond.
        """
        growth = np.exp(self.rows.places[[0, -1]])[:, None] * AWAY
        spots = self.rows.scale * (1.0 / growth if self.rows.mirrored else growth).ravel()
        values = beyond(self.problem, spots, left) / self.rows.units_of(spots)
        values = values.reshape(-1, 2, 2)
        slopes = np.diff(values, axis=2)[..., 0] / np.diff(growth, axis=1)[:, 0]
        return np.stack([values[..., 0] - slopes * growth[:, 0], slopes], axis=2)

    def _jumping(self, starts: Floats, midway: Floats) -> Jumping | None:
        """Return what jumps bring to steps from ``starts`` (n,), if spot jumps."""
        law = self.problem.jumps
        if law is None or self.jumps is None:
            return None
        tails = [self.tails(left) for left in (starts, midway)]
        return Jumping(law.intensity, self.jumps, np.stack(tails, axis=1))

    def along(self, spot: float, start: int, times: Floats) -> Floats:
        """Values in quote currency at a node, midway and at the end of each step, (n, 2)."""
        row = int(np.argmin(np.abs(self.rows.spots - spot)))
        rows = slice(row, row + 1)
        return np.asarray(self.through(start, times, rows)[..., 0] * self.rows.units[row])

    def through(self, start: int, times: Floats, rows: slice = EVERY) -> Floats:
        """Values of rows midway and at the end of each step, in their units, (n, 2, m)."""
        if times.size == 2 and times[1] != self.times[start + 1]:
            midway, end = self.stepped(start, float(times[1]))
            return np.stack([midway[rows], end[rows]])[None]
        stop = start + times.size - 1
        both = np.stack([self.stages[start:stop, rows], self.levels[start + 1 : stop + 1, rows]], 1)
        if stop in self.arrivals:
            both[-1, 1] = self.arrivals[stop][rows]
        return both

    def beyond_barrier(self, alive: Floats, here: Floats) -> Floats:
        """Put what is alive, on its own rows (..., m), in the place of ``here`` (..., m).

        At a barrier and beyond it.
        """
        assert self.alive is not None
        spots, rows = self.rows.spots, self.alive.rows
        values = alive * (rows.units / self.rows.scale)
        ordered = values[..., ::-1] if rows.mirrored else values
        return np.where(self.problem.touched(spots), ordered, here)

    def happening(self, event: Event) -> Happening:
        """Return an event on the rows of this march."""

        def after(spots: Floats) -> Floats:
            return self.read(self.column(event.left), event.left, spots)

        def touched(spots: Floats) -> Floats:
            if self.alive is None and self.problem.watched is not None:
                return self._outside(event.left, spots)
            if self.alive is None:
                return np.broadcast_to(self.problem.rebate(np.array(event.left)), spots.shape)
            before = self.alive.levels[int(np.searchsorted(self.times, event.left))]
            return self.alive.read(self.alive.marked(before, event.left), event.left, spots)

        return Happening(event, self.problem, self.rows, after, touched)

    def _outside(self, left: float, spots: Floats) -> Floats:
        """Values beyond the nodes, or beyond a barrier, (k,)."""
        out = beyond(self.problem, spots, np.array([left]))[0]
        touched = self.problem.touched(spots)
        if self.alive is not None and self.problem.watched is not None and touched.any():
            out[touched] = self.alive.read(self.alive.column(left), left, spots[touched])
        return np.asarray(out)

    def _restart(self, start: int) -> int:
        """Return the level of the last event up to level ``start``, or of the expiry."""
        return max((j for j in self.arrivals if j <= start), default=0)
