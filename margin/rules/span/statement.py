"""A SPAN requirement, line by line."""

from dataclasses import dataclass

from margin.rules.span.scan import scan_points
from margin.rules.span.spreads import Spreads

__all__ = ["CommodityRisk", "SpanStatement"]


@dataclass(frozen=True, slots=True)
class CommodityRisk:
    """What one commodity adds to a requirement, and from what; amounts in currency.

    Attributes
    ----------
    name : str
        The commodity.
    losses : tuple of float
        Loss in each of the sixteen scenarios.
    active : int
        Index of the scenario with the largest loss.
    scan, calendar, delivery, credit, minimum : float
        Scan risk, calendar charge, delivery charge, credit for spreads with other commodities,
        and short-option minimum.
    spreads : Spreads
        The calendar spreads formed.
    option_value : float
        Net option value, long positive.
    initial_factor : float
        Initial risk over maintenance risk.
    """

    name: str
    losses: tuple[float, ...]
    active: int
    scan: float
    calendar: float
    delivery: float
    credit: float
    minimum: float
    spreads: Spreads
    option_value: float
    initial_factor: float

    @property
    def risk(self) -> float:
        """The larger of scan risk and charges less credit, and the minimum."""
        return max(self.scan + self.calendar + self.delivery - self.credit, self.minimum)

    @property
    def lines(self) -> tuple[tuple[str, float], ...]:
        """What the risk is made of, in words and currency; credits are negative."""
        point = str(scan_points()[self.active]) if self.active < 14 else "extreme move"
        scan = f"scan risk, scenario {self.active + 1}: {point}" if self.scan else "scan risk: none"
        every = [(scan, self.scan)]
        for rank, count in enumerate(self.spreads.counts):
            if count:
                text = f"calendar spread {rank + 1}, formed {count:.6g} times"
                every.append((text, self.spreads.charges[rank]))
        every += [("delivery", self.delivery), ("inter-commodity credit", -self.credit)]
        if self.minimum and self.risk == self.minimum:
            every.append(("up to the short-option minimum", self.risk - sum(v for _, v in every)))
        return tuple((text, value) for text, value in every if value or text == scan)


@dataclass(frozen=True, slots=True)
class SpanStatement:
    """A SPAN requirement and all that it is made of.

    ``maintenance`` and ``initial`` are requirements in the balance convention: they are compared
    with a balance that holds no option value.  An equity that holds it already is compared with
    ``maintenance_from_marks`` instead; to do both counts the premium twice.

    Attributes
    ----------
    commodities : tuple of CommodityRisk
        By commodity.
    credited : tuple of float
        How often each spread between commodities was formed.

    Examples
    --------
    See `span_requirement`.
    """

    commodities: tuple[CommodityRisk, ...]
    credited: tuple[float, ...]

    @property
    def risk(self) -> float:
        """SPAN risk of all commodities."""
        return sum(each.risk for each in self.commodities)

    @property
    def option_value(self) -> float:
        """Net option value of all commodities, long positive."""
        return sum(each.option_value for each in self.commodities)

    @property
    def maintenance(self) -> float:
        """Risk less net option value, and not below 0."""
        return max(0.0, self.risk - self.option_value)

    @property
    def initial(self) -> float:
        """The same with the risk of every commodity times its initial factor."""
        risk = sum(each.risk * each.initial_factor for each in self.commodities)
        return max(0.0, risk - self.option_value)

    @property
    def maintenance_from_marks(self) -> float:
        """Maintenance as a loss from present marks, for an equity that holds option value."""
        return self.maintenance + self.option_value

    @property
    def lines_from_marks(self) -> tuple[tuple[str, float], ...]:
        """What `maintenance_from_marks` is made of, in words and currency."""
        every = [line for each in self.commodities for line in each.lines]
        return (*every, *_beyond(self.maintenance_from_marks - self.risk))

    @property
    def initial_lines_from_marks(self) -> tuple[tuple[str, float], ...]:
        """What the initial requirement from present marks is made of, in words and currency."""
        every = [line for each in self.commodities for line in each.lines]
        more = sum(each.risk * (each.initial_factor - 1.0) for each in self.commodities)
        beyond = self.initial + self.option_value - self.risk - more
        return (*every, ("initial factor on the risk", more), *_beyond(beyond))

    def __str__(self) -> str:
        rows = [
            f"{each.name + ': ' + text:<60}{value:>16,.2f}"
            for each in self.commodities
            for text, value in each.lines
        ]
        closing = {
            "SPAN risk": self.risk,
            "net option value": -self.option_value,
            "total requirement": self.maintenance,
            "initial requirement": self.initial,
        }
        return "\n".join(
            [*rows, *(f"{text:<60}{value:>16,.2f}" for text, value in closing.items())]
        )


def _beyond(value: float) -> list[tuple[str, float]]:
    """The line of option value that gives no credit, if there is any."""
    return [("option value beyond the risk, no credit", value)] if value > 0.0 else []
