"""What an account can hold beyond vanilla options: any payoff, exercise on dates, barriers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from margin import _check
from margin.carry import years_between
from margin.settlement import Settlement
from pdesolve import Barrier, Claim, Exercise, Knock, Paid, Payoff, Right

__all__ = ["ClaimContract", "ContractBarrier"]


@dataclass(frozen=True, slots=True)
class ContractBarrier:
    """One or two spots at which a contract dies or begins to live.

    Attributes
    ----------
    lower, upper : float or None
        Quote currency; at least one.  A spot at a barrier or beyond it has touched.
    knock : Knock
        Out or in.
    rebate : float
        Quote currency: of a knock-out, paid for its death; of a knock-in, at expiry if it was never
        touched.
    paid : Paid
        When the rebate of a knock-out is paid.
    dates : tuple of datetime
        Instants at which spot is looked at; none for every instant.
    touched : bool
        Whether the barrier has been touched before now; a rebate that was paid at the touch is in
        the cash already.

    Raises
    ------
    ValueError
        If there is no barrier, the lower is not below the upper, a number is out of its range, or a
        date has no time zone.

    Examples
    --------
    >>> from margin.claim_contract import ContractBarrier
    >>> ContractBarrier(upper=125.0).levels
    (125.0,)
    """

    lower: float | None = None
    upper: float | None = None
    knock: Knock = Knock.OUT
    rebate: float = 0.0
    paid: Paid = Paid.AT_HIT
    dates: tuple[datetime, ...] = ()
    touched: bool = False

    def __post_init__(self) -> None:
        for name in ("lower", "upper"):
            if getattr(self, name) is not None:
                level = _check.positive(f"{name} barrier", getattr(self, name))
                object.__setattr__(self, name, level)
        object.__setattr__(self, "rebate", _check.finite("rebate", self.rebate))
        object.__setattr__(self, "dates", _instants("dates of a barrier", self.dates))
        _check.instance("touched", self.touched, bool)
        self.until(())

    @property
    def levels(self) -> tuple[float, ...]:
        """The barriers that there are, ascending, in quote currency."""
        return tuple(level for level in (self.lower, self.upper) if level is not None)

    def watched(self, start: datetime, date: datetime) -> bool:
        """Whether spot is looked at after a start and until a date."""
        return not self.dates or any(start < look <= date for look in self.dates)

    def until(self, looks: tuple[float, ...]) -> Barrier:
        """The barrier with its looks in years; none for every instant."""
        return Barrier(self.lower, self.upper, self.knock, self.rebate, self.paid, looks)


@dataclass(frozen=True, slots=True)
class ClaimContract:
    """A contract on one unit of an underlying with any payoff of straight pieces.

    Digitals, Bermudan options, options with barriers, touch contracts, and whole strategies as one
    contract.

    Attributes
    ----------
    underlying : str
        Name of the underlying, as in the market.
    payoff : Payoff
        What is paid on exercise, in quote currency.
    expiry : datetime
        The instant of expiry, kept in UTC.
    exercise : Exercise
        European or American.
    exercise_dates : tuple of datetime
        Instants before expiry at which it may be exercised as well (Bermudan).
    barrier : ContractBarrier or None
        Where it dies, or begins to live.
    settlement : Settlement
        How the contract pays.

    Raises
    ------
    ValueError
        If a field is of another type, a date does not lie before the expiry, dates are given for
        an American contract, or an American payoff has neither kink nor barrier.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.claim_contract import ContractBarrier, ClaimContract
    >>> from pdesolve import Payoff, Right
    >>> call, expiry = Payoff.vanilla(Right.CALL, 100.0), datetime(2027, 1, 15, 21, tzinfo=UTC)
    >>> print(ClaimContract("XYZ", call, expiry, barrier=ContractBarrier(upper=125.0)))
    XYZ 2027-01-15 100 call, knock-out at 125
    """

    underlying: str
    payoff: Payoff
    expiry: datetime
    exercise: Exercise = Exercise.EUROPEAN
    exercise_dates: tuple[datetime, ...] = ()
    barrier: ContractBarrier | None = None
    settlement: Settlement = Settlement.CASH

    def __post_init__(self) -> None:
        object.__setattr__(self, "underlying", _check.text("underlying", self.underlying))
        _check.instance("payoff", self.payoff, Payoff)
        object.__setattr__(self, "expiry", _check.instant("expiry", self.expiry))
        _check.instance("exercise", self.exercise, Exercise)
        dates = _instants("exercise_dates", self.exercise_dates)
        object.__setattr__(self, "exercise_dates", dates)
        if self.barrier is not None:
            _check.instance("barrier", self.barrier, ContractBarrier)
            if any(date > self.expiry for date in self.barrier.dates):
                raise ValueError(f"dates of a barrier must not be after the expiry {self.expiry}")
        _check.instance("settlement", self.settlement, Settlement)
        if dates and self.exercise is Exercise.AMERICAN:
            raise ValueError("exercise_dates must be empty for an American contract")
        if dates and dates[-1] >= self.expiry:
            raise ValueError(
                f"exercise_dates must be before the expiry {self.expiry}, got {dates[-1]}"
            )
        early = self.exercise is Exercise.AMERICAN or bool(dates)
        if early and not self.payoff.kinks.size:
            raise ValueError("a payoff without kinks must be European: it has no best exercise")

    @property
    def levels(self) -> tuple[float, ...]:
        """Kinks of the payoff and barriers, ascending, in quote currency."""
        barriers = () if self.barrier is None else self.barrier.levels
        return tuple(sorted({*self.payoff.kinks.tolist(), *barriers}))

    @property
    def settled_when_touched(self) -> float | None:
        """What a touch after now leaves at once, in quote currency; None if it leaves a claim."""
        barrier = self.barrier
        if barrier is None or barrier.knock is Knock.IN or barrier.paid is Paid.AT_EXPIRY:
            return None
        return barrier.rebate

    def touched(self) -> "ClaimContract":
        """The contract after its barrier has been touched."""
        if self.barrier is None:
            return self
        return replace(self, barrier=replace(self.barrier, touched=True))

    def claim(self, start: datetime) -> Claim:
        """What it is from a date on, times in years from that date; untouched unless it says so.

        Parameters
        ----------
        start : datetime
            Not after the expiry; dates until then are over.

        Returns
        -------
        pdesolve.Claim
        """
        life = years_between(start, self.expiry)
        dates = tuple(years_between(start, each) for each in self.exercise_dates if each > start)
        bare = Claim(self.payoff, life, self.exercise, dates)
        barrier = self.barrier
        if barrier is None:
            return bare
        over = start >= self.expiry or (bool(barrier.dates) and barrier.dates[-1] <= start)
        if barrier.touched or over:
            if (barrier.knock is Knock.IN) is barrier.touched:
                return bare
            at_touch = barrier.knock is Knock.OUT and barrier.paid is Paid.AT_HIT
            return Claim(Payoff.linear(0.0 if at_touch else barrier.rebate, 0.0), life)
        looks = tuple(years_between(start, each) for each in barrier.dates if each > start)
        return replace(bare, barrier=barrier.until(looks))

    def __str__(self) -> str:
        barrier = self.barrier
        parts = [f"{self.underlying} {self.expiry:%Y-%m-%d} {self._payoff_words()}"]
        if barrier is not None:
            levels = " and ".join(f"{level:.10g}" for level in barrier.levels)
            parts.append(f"knock-{barrier.knock.value} at {levels}")
            parts += ["touched"] * barrier.touched
        parts += ["Bermudan"] * bool(self.exercise_dates)
        return ", ".join(parts)

    def _payoff_words(self) -> str:
        for right in Right:
            strike = self.payoff.strike_of(right)
            if strike is not None:
                return f"{strike:.10g} {right.name.lower()}"
        kinks = "/".join(f"{kink:.10g}" for kink in self.payoff.kinks)
        return f"claim {kinks}" if kinks else "claim"


def _instants(name: str, dates: Sequence[datetime]) -> tuple[datetime, ...]:
    """The dates, ascending, in UTC; one that stands twice is refused."""
    found = tuple(sorted(_check.instant(name, date) for date in dates))
    for earlier, later in pairwise(found):
        if earlier == later:
            raise ValueError(f"{name} must hold an instant once, got {later} twice")
    return found
