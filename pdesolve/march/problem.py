"""A contract, its model and the dividends of its underlying, laid out for the march."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pdesolve.claim import Barrier, Claim, Knock, Paid, as_claim, as_option
from pdesolve.contract import Exercise, Option, Right
from pdesolve.dividends import Dividend, EscrowedDividends, ex_spots, shortfalls
from pdesolve.jumping.spot_jumps import SpotJumps
from pdesolve.model import Model
from pdesolve.payoff import Payoff

__all__ = ["Dividends", "Event", "Problem", "pose"]

Floats = NDArray[np.float64]

Dividends = tuple[Dividend, ...] | EscrowedDividends
"""What the underlying pays: by drops of spot, or out of escrow."""


class Event(NamedTuple):
    """What happens at one date: spot is looked at, then exercise, then dividends.

    ``left`` is in years to expiry.
    """

    left: float
    dividends: tuple[Dividend, ...]
    exercise: bool
    monitored: bool


@dataclass(frozen=True, eq=False)  # without slots, so that what every march asks is found once
class Problem:
    """What a march needs to know besides its grid.

    Attributes
    ----------
    claim : Claim
        What is valued.
    option : Option or None
        The same, if it is a vanilla option.
    model : Model
        How the underlying moves.
    drops, escrowed : tuple of Dividend
        Paid before the expiry, in order of time, by drops of spot and out of escrow.
    alive : Problem or None
        What a knock-in becomes at a touch; its ``claim`` is then what it is before, a rebate.
    """

    claim: Claim
    option: Option | None
    model: Model
    drops: tuple[Dividend, ...]
    escrowed: tuple[Dividend, ...]
    alive: "Problem | None" = None

    @property
    def american(self) -> bool:
        """Whether it may be exercised at any time."""
        return self.claim.exercise is Exercise.AMERICAN

    @cached_property
    def mirrored(self) -> bool:
        """Whether rows run over a vanilla call, in units of spot."""
        return self.option is not None and self.option.right is Right.CALL

    @cached_property
    def jumps(self) -> SpotJumps | None:
        """Jumps as rows see them, if there are any."""
        law = self.model.jumps
        return law.exchanged() if law is not None and self.mirrored else law

    @cached_property
    def levels(self) -> tuple[float, ...]:
        """Kinks and barriers, those of what a knock-in becomes included, ascending."""
        others = () if self.alive is None else self.alive.claim.levels
        return tuple(sorted({*self.claim.levels, *others}))

    @cached_property
    def seams(self) -> tuple[float, ...]:
        """Spots at which the value bends or jumps on a date, or coefficients do, ascending."""
        paid = (shortfalls(event.dividends) for event in self.events)
        return tuple(sorted({*self.model.nodes, *(spot for spots in paid for spot in spots)}))

    @cached_property
    def deviation(self) -> float:
        """Deviation of log spot over the life, about the middle one of the levels."""
        levels = self.levels or (1.0,)
        return self.model.deviation(self.claim.expiry, levels[len(levels) // 2])

    def under(self, model: Model) -> "Problem":
        """Return the same problem under another model."""
        alive = None if self.alive is None else replace(self.alive, model=model)
        return replace(self, model=model, alive=alive)

    @property
    def watched(self) -> Barrier | None:
        """The barrier if it is watched at every instant."""
        barrier = self.claim.barrier
        return barrier if barrier is not None and not barrier.dates else None

    @property
    def jumps_in(self) -> bool:
        """Whether spot may jump past a barrier to where a contract has become another."""
        return self.alive is not None and self.watched is not None and self.jumps is not None

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """What happens before expiry, the last date first."""
        claim, found = self.claim, {}
        looks = () if claim.barrier is None else claim.barrier.dates
        paying = [*self.drops, *self.escrowed]
        dates = {*looks, *claim.exercise_dates, *(each.time for each in self.drops)}
        if self.american:
            dates |= {each.time for each in paying}
        for date in sorted(date for date in dates if date < claim.expiry):
            drops = tuple(each for each in self.drops if each.time == date)
            exercise = self.american or date in claim.exercise_dates
            found[date] = Event(claim.expiry - date, drops, exercise, date in looks)
        return tuple(reversed(found.values()))

    def dates(self) -> tuple[float, ...]:
        """Times to expiry of all events, those of what a knock-in becomes included."""
        own = {event.left for event in self.events}
        others = set() if self.alive is None else {event.left for event in self.alive.events}
        return tuple(sorted(own | others))

    def discount(self, left: Floats, until: Floats) -> Floats:
        """Value with ``left`` years to expiry of a unit of cash paid with ``until`` years left."""
        expiry = self.claim.expiry
        return np.exp(-self.model.rates.integral(expiry - left, expiry - until))

    def forward(self, spots: Floats, left: Floats, until: Floats) -> Floats:
        """Where spots with ``left`` years to expiry are with ``until`` left, if that is certain.

        Just after a dividend at the start, just before one at the end.  All arguments broadcast.
        """
        scaled, begin = np.broadcast_arrays(spots / self._growth(left), left)
        for drop in self.drops:
            at = self.claim.expiry - drop.time
            factor = float(self._growth(np.array(at)))
            ahead = (at < begin) & (at > until)
            scaled = np.where(ahead, ex_spots((drop,), scaled * factor)[0] / factor, scaled)
        return np.asarray(scaled * self._growth(until))

    def _growth(self, left: Floats) -> Floats:
        """Forward factor from today to ``left`` years before expiry but for drops."""
        rates, yields = self.model.rates, self.model.yields
        now = self.claim.expiry - left
        return np.exp(rates.integral(0.0, now) - yields.integral(0.0, now))

    def escrow(self, left: Floats) -> Floats:
        """What is in escrow, discounted as the forward grows; on a date just after payment."""
        return self._in_escrow(left, np.less)

    def escrow_before(self, left: Floats) -> Floats:
        """What is in escrow, discounted as the forward grows; on a date just before payment."""
        return self._in_escrow(left, np.less_equal)

    def exercised(self, spots: Floats, left: Floats) -> Floats:
        """Value on exercise at spots of the march, which are less by what is in escrow."""
        return self.claim.payoff.best(spots + self.escrow(left))

    def _in_escrow(self, left: Floats, ahead: np.ufunc) -> Floats:
        total = np.zeros(np.shape(left))
        for dividend in self.escrowed:
            at = np.array(self.claim.expiry - dividend.time)
            worth = dividend.cash * self._growth(np.maximum(left, at)) / self._growth(at)
            total += np.where(ahead(at, left), worth, 0.0)
        return total

    def rebate(self, left: Floats) -> Floats:
        """Value of a knock-out that has just touched, with ``left`` years to expiry."""
        barrier = self.claim.barrier
        if barrier is None or barrier.paid is Paid.AT_HIT:
            return np.full(np.shape(left), 0.0 if barrier is None else barrier.rebate)
        return barrier.rebate * self.discount(left, np.zeros(()))

    def touched(self, spots: Floats) -> NDArray[np.bool_]:
        """Whether spots are at a barrier or beyond it."""
        barrier = self.claim.barrier
        return np.zeros(spots.shape, dtype=bool) if barrier is None else barrier.touched(spots)


def pose(contract: Option | Claim, model: Model, dividends: Dividends) -> Problem:
    """Lay out a contract, its model and the dividends of its underlying.

    Parameters
    ----------
    contract, model, dividends
        As for `pdesolve.solve`.

    Returns
    -------
    Problem

    Raises
    ------
    ValueError
        If a dividend falls on the expiry, or escrowed dividends meet a barrier.
    """
    claim, escrow = as_claim(contract), isinstance(dividends, EscrowedDividends)
    listed = dividends.dividends if isinstance(dividends, EscrowedDividends) else tuple(dividends)
    for dividend in listed:
        if not isinstance(dividend, Dividend):
            raise ValueError(f"dividends must be of Dividend, got {dividend!r}")
        if dividend.time == claim.expiry:
            raise ValueError(
                f"time of a dividend must not be the expiry, {claim.expiry}: say whether exercise "
                "comes first by a time after it or before"
            )
    ahead = tuple(sorted((d for d in listed if d.time < claim.expiry), key=lambda d: d.time))
    if escrow and ahead and claim.barrier is not None:
        raise ValueError("escrowed dividends must not meet a barrier: it would move in time")
    drops, escrowed = ((), ahead) if escrow else (ahead, ())
    barrier = claim.barrier
    if barrier is None or barrier.knock is Knock.OUT:
        return Problem(claim, as_option(contract), model, drops, escrowed)
    bare = Claim(claim.payoff, claim.expiry, claim.exercise, claim.exercise_dates)
    option = as_option(bare) if claim.exercise is Exercise.AMERICAN else None
    alive = Problem(bare, option, model, drops, escrowed)
    waiting = Claim(Payoff.linear(barrier.rebate, 0.0), claim.expiry, barrier=barrier)
    return Problem(waiting, None, model, drops, escrowed, alive)
