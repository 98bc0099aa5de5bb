"""What is said of an account's thresholds: the levels, how far off they are, why there is none."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from math import log, sqrt
from typing import TYPE_CHECKING, Any

from margin import figures
from margin._columns import data_frame
from margin.danger import Certificate, DangerSet, Interval, State, figure
from margin.notebook import thresholds_html

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Level", "Thresholds"]

DAYS_A_YEAR = 365.0
LEVELS = ("below", "above", "recovery_below", "recovery_above")
UNITS = dict.fromkeys(("lower", "upper", "lower_error", "upper_error"), "quote currency")

End = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Level:
    """A spot at which the excess crosses zero, and its distance from the present spot.

    Attributes
    ----------
    spot : float
        In quote currency.
    error : float
        How far the true crossing may lie from it, in quote currency.
    percent : float
        Distance in percent of the present spot, negative if below.
    sigmas : float or None
        Distance ``ln(level / spot) / (volatility sqrt(1 / 365))`` in standard deviations over
        one day; None if there is no volatility to take.

    Examples
    --------
    >>> from margin.threshold import Level
    >>> print(Level(51_113.73, 0.04, -14.8104, -5.1023))
         51,113.73 ± 0.04      -14.81 %     -5.10 sigma
    """

    spot: float
    error: float
    percent: float
    sigmas: float | None

    def __str__(self) -> str:
        sigmas = "" if self.sigmas is None else f"{self.sigmas:+10.2f} sigma"
        return f"{figure(self.spot):>14} ± {self.error:<8.1g}{self.percent:+9.2f} %{sigmas}"


@dataclass(frozen=True, slots=True, repr=False)
class Thresholds:
    """Where an account is liquidated if its underlying moves and all else stays as it is.

    Attributes
    ----------
    account, rule, underlying : str
        Their names.
    date : datetime
        When; volatilities and the account are those of now.
    spot : float
        Present spot in quote currency.
    volatility : float or None
        Per root year, by which distances are measured.
    liquidation : DangerSet
        Where equity is below the maintenance requirement.
    bankruptcy : DangerSet
        Where equity is below zero.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.danger import danger_set
    >>> from margin.piecewise import from_hermite
    >>> from margin.threshold import Thresholds
    >>> excess = from_hermite([0, 900], [-50, 715], [0.85], right_slopes=[0.85], error=0.01)
    >>> equity = from_hermite([0, 900], [-50, 850], [1.0], right_slopes=[1.0], error=0.01)
    >>> sets = [danger_set([curve], lowest=20, highest=500) for curve in (excess, equity)]
    >>> Thresholds("loan", "15 %", "AAPL", datetime(2026, 11, 20, tzinfo=UTC), 100, None, *sets)
    loan: liquidation thresholds, 15 %
    2026-11-20 00:00 UTC, AAPL at 100.00: safe
    <BLANKLINE>
    below                  58.8235 ± 0.01       -41.18 %
    above           never below maintenance between 100.00 and 500.00
    liquidated      below 58.8235
    bankrupt        below 50.0000
    searched        20.0000 to 500.00
    proof           1 cells, 0 by sign alone, 0 splits
    """

    account: str
    rule: str
    underlying: str
    date: datetime
    spot: float
    volatility: float | None
    liquidation: DangerSet
    bankruptcy: DangerSet

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """All runs of spots in the range at which the account is liquidated, ascending."""
        return self.liquidation.intervals

    @property
    def certificate(self) -> Certificate:
        """What is proven about the intervals."""
        return self.liquidation.certificate

    @property
    def state(self) -> State:
        """What is known of the account at the present spot."""
        return self.liquidation.state(self.spot)

    @property
    def already(self) -> bool:
        """Whether the present spot lies in an interval, its ends included."""
        return any(found.lower <= self.spot <= found.upper for found in self.intervals)

    @property
    def below(self) -> Level | None:
        """First level of liquidation as the spot falls."""
        return self._level(self._ends()["below"])

    @property
    def above(self) -> Level | None:
        """First level of liquidation as the spot rises."""
        return self._level(self._ends()["above"])

    @property
    def recovery_below(self) -> Level | None:
        """For an account that is short already: where it no longer is as the spot falls."""
        return self._level(self._ends()["recovery_below"])

    @property
    def recovery_above(self) -> Level | None:
        """For an account that is short already: where it no longer is as the spot rises."""
        return self._level(self._ends()["recovery_above"])

    @property
    def reasons(self) -> dict[str, str]:
        """Why a level, or the distance in ``sigmas``, is None, in words."""
        reasons = self._passed() if self.already else self._absent()
        if self.volatility is None:
            reasons["sigmas"] = "the account holds no living option whose volatility to take"
        return reasons

    def to_dict(self) -> dict[str, Any]:
        """All fields and what follows from them, as plain values that JSON can hold."""
        levels = {name: getattr(self, name) for name in LEVELS}
        return (
            asdict(self)
            | {"date": self.date.isoformat(), "state": self.state.value, "reasons": self.reasons}
            | {name: level and asdict(level) for name, level in levels.items()}
        )

    def to_dataframe(self) -> "pd.DataFrame":
        """The intervals of liquidation and bankruptcy, one per row; units in ``attrs["units"]``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        sets = (("liquidation", self.liquidation), ("bankruptcy", self.bankruptcy))
        rows = [
            {"kind": kind} | asdict(interval)
            for kind, found in sets
            for interval in found.intervals
        ]
        names = ("kind", *Interval.__dataclass_fields__)
        return data_frame({name: [row[name] for row in rows] for name in names}, UNITS)

    plot = figures.danger_on_line

    def __repr__(self) -> str:
        return "\n".join(_text(self))

    _repr_html_ = thresholds_html

    def _ends(self) -> dict[str, End | None]:
        """Nearest ends of intervals on both sides of the spot, with their errors."""
        ends: dict[str, End | None] = dict.fromkeys(LEVELS)
        for found in self.intervals:
            lower, upper = (found.lower, found.lower_error), (found.upper, found.upper_error)
            if found.upper < self.spot:
                ends["below"] = upper
            elif found.lower > self.spot:
                ends["above"] = ends["above"] or lower
            else:
                ends["recovery_below"] = None if found.lower_open else lower
                ends["recovery_above"] = None if found.upper_open else upper
        if self.already:
            ends |= {"below": None, "above": None}
        return ends

    def _level(self, end: End | None) -> Level | None:
        """An end with its distances from the spot."""
        if end is None:
            return None
        at, error = end
        sigmas = None
        if self.volatility is not None:
            sigmas = log(at / self.spot) / (self.volatility / sqrt(DAYS_A_YEAR))
        return Level(at, error, 100.0 * (at / self.spot - 1.0), sigmas)

    def _passed(self) -> dict[str, str]:
        """Why levels are missing for an account that is short already."""
        note = f"already below maintenance at {figure(self.spot)}"
        ends, searched = self._ends(), self.certificate
        still = {
            "recovery_below": f"below maintenance down to {figure(searched.lowest)}",
            "recovery_above": f"below maintenance up to {figure(searched.highest)}",
        }
        missing = {name: words for name, words in still.items() if ends[name] is None}
        return {"below": note, "above": note} | missing

    def _absent(self) -> dict[str, str]:
        """Why levels are missing for an account that is not short: there is none in the range."""
        ends, searched = self._ends(), self.certificate
        whole = (searched.lowest, searched.highest)
        sides = {"below": (whole[0], self.spot), "above": (self.spot, whole[1])}
        if not self.intervals:
            sides = dict.fromkeys(sides, whole)
        return {name: self._never(*sides[name]) for name in sides if ends[name] is None}

    def _never(self, lowest: float, highest: float) -> str:
        """That there is no level in a range, and whether that is certain."""
        range_in_words = f"between {figure(lowest)} and {figure(highest)}"
        close = any(zone[1] > lowest and zone[0] < highest for zone in self.certificate.undecided)
        if close:
            return f"never certainly short {range_in_words}, see undecided"
        return f"never below maintenance {range_in_words}"


def _told(found: Thresholds) -> dict[str, Level | str]:
    """The levels, or why there is none, by their names; one reason for both sides stands once."""
    reasons = found.reasons
    told = {name: getattr(found, name) or reasons.get(name) for name in LEVELS}
    if told["below"] == told["above"]:
        told = {"threshold": told["below"]} | told | {"below": None, "above": None}
    return {name.replace("_", " "): level for name, level in told.items() if level is not None}


def _text(found: Thresholds) -> Iterator[str]:
    """The thresholds as lines of at most 80 characters."""
    proof, spot = found.certificate, figure(found.spot)
    yield f"{found.account}: liquidation thresholds, {found.rule}"
    yield f"{found.date:%Y-%m-%d %H:%M} UTC, {found.underlying} at {spot}: {found.state.value}"
    yield ""
    for name, level in _told(found).items():
        yield f"{name:<16}{level}"
    for name, spots in (("liquidated", found.liquidation), ("bankrupt", found.bankruptcy)):
        for index, interval in enumerate(spots.intervals or ("nowhere",)):
            yield f"{name if index == 0 else '':<16}{interval}"
    for lower, upper in proof.undecided:
        yield f"{'undecided':<16}{figure(lower)} to {figure(upper)}"
    yield f"{'searched':<16}{figure(proof.lowest)} to {figure(proof.highest)}"
    by_sign = f"{proof.cells:,} cells, {proof.proven:,} by sign alone, {proof.splits:,} splits"
    yield f"{'proof':<16}{by_sign}"
    if found.volatility is not None:
        yield f"{'sigma':<16}one day at a volatility of {found.volatility:.4g}"
