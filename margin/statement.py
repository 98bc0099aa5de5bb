"""The statement of a requirement: what is required, what binds, and what each holding adds."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from margin import figures
from margin._amounts import amount_digits
from margin._columns import data_frame
from margin.notebook import requirement_html
from margin.rules.staged import RequirementLine

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Leg", "Requirement"]

ROUNDING = 1e-9
"""Share of the largest part that a sum of parts may be off by."""

LISTED_SCENARIOS = 12
"""How many scenarios a requirement prints at most, the worst ones."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One holding of an account and its part in the requirement.

    Attributes
    ----------
    holding : str
        ``"cash"``, an instrument or a pledged asset.
    quantity : float
        Signed number of contracts, or an amount.
    unit_value : float
        Value of one unit, in the currency of the account; that of a future or perpetual is its
        profit since entry.
    value : float
        What the holding adds to equity, in the currency of the account.
    delta : float
        Derivative of the value in quote currency by spot: units of the underlying.
    profit : float
        What the holding adds to the profit in the worst scenario, in the currency of the account.
    """

    holding: str
    quantity: float
    unit_value: float
    value: float
    delta: float
    profit: float


@dataclass(frozen=True, slots=True, repr=False)
class Requirement:
    """Requirement of an account under a rule, now.

    All amounts are in the currency of the account, a coin account's in coin.  Equity counts
    options at their present value (equity convention), so the requirement is a loss from present
    marks.

    Attributes
    ----------
    account, rule, currency, underlying : str
        Whose requirement it is, under which rule, in what, and what moves.
    asof : datetime
        The instant, in UTC.
    spot : float
        Price of the underlying in quote currency.
    equity : float
        Cash, positions and collateral at their present values.
    maintenance, initial : float
        Equity below maintenance can be liquidated; a new position needs initial.
    error : float
        Bound on the error of equity less maintenance that the option values bring with them.
    scenarios : tuple of str
        What may bind, in words; the first is that nothing is required.
    profits : tuple of float
        Profit or loss in each, times its weight.  The maintenance requirement is the least of
        them with a minus sign.
    worst : int
        Index of the scenario that binds.
    lines : tuple of Leg
        The holdings.  Their values add up to equity, and their profits, with ``together``, to the
        profit in the worst scenario.
    terms : tuple of RequirementLine
        What the maintenance requirement is made of, in the words of the rule; they add up to it.
    """

    account: str
    rule: str
    currency: str
    underlying: str
    asof: datetime
    spot: float
    equity: float
    maintenance: float
    initial: float
    error: float
    scenarios: tuple[str, ...]
    profits: tuple[float, ...]
    worst: int
    lines: tuple[Leg, ...]
    terms: tuple[RequirementLine, ...] = ()

    @property
    def excess(self) -> float:
        """Equity less the maintenance requirement; the account is below maintenance if negative."""
        return self.equity - self.maintenance

    @property
    def together(self) -> float:
        """What holding all together adds to the profit in the worst scenario.

        Positive if offsets between the holdings save something that each would need alone,
        negative if the rule asks for more than its parts; 0 where losses simply add up.
        """
        rest = self.profits[self.worst] - sum(line.profit for line in self.lines)
        scale = max((abs(line.profit) for line in self.lines), default=0.0)
        return rest if abs(rest) > ROUNDING * scale else 0.0

    @property
    def worst_scenario(self) -> str:
        """The scenario that binds, in words."""
        return self.scenarios[self.worst]

    @property
    def ratio(self) -> float | None:
        """Equity over maintenance, liquidated below 1; None if nothing is required."""
        return self.equity / self.maintenance if self.maintenance > 0.0 else None

    @property
    def inverse_ratio(self) -> float | None:
        """Maintenance over equity, as some venues state it; None unless equity is positive."""
        return self.maintenance / self.equity if self.equity > 0.0 else None

    @property
    def ratio_note(self) -> str:
        """Why there is no ratio; empty where there is one."""
        return "" if self.maintenance > 0.0 else "nothing is required"

    def to_dict(self) -> dict[str, Any]:
        """All fields and what follows from them, as plain values that JSON can hold."""
        derived = ("excess", "together", "ratio", "inverse_ratio", "ratio_note", "worst_scenario")
        return (
            asdict(self)
            | {"asof": self.asof.isoformat()}
            | {name: getattr(self, name) for name in derived}
        )

    def to_dataframe(self) -> "pd.DataFrame":
        """The holdings, one per row; units are in ``attrs["units"]``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        rows = [asdict(line) for line in self.lines]
        columns = {name: [row[name] for row in rows] for name in Leg.__dataclass_fields__}
        money = dict.fromkeys(("unit_value", "value", "profit"), self.currency)
        return data_frame(columns, money | {"quantity": "contracts", "delta": self.underlying})

    plot = figures.scenario_profits

    def __repr__(self) -> str:
        return "\n".join(_text(self))

    _repr_html_ = requirement_html


def _text(found: Requirement) -> Iterator[str]:
    """The requirement as lines of at most 80 characters."""
    digits = amount_digits(in_coin=found.currency == found.underlying)
    yield f"{found.account}: requirement in {found.currency}, {found.rule}"
    yield f"{found.asof:%Y-%m-%d %H:%M} UTC, {found.underlying} at {found.spot:,.10g}"
    yield ""
    for name in ("equity", "maintenance", "initial", "excess"):
        yield f"{name:<14}{getattr(found, name):>20,.{digits}f}"
    ratio = found.ratio_note if found.ratio is None else f"{found.ratio:.4f}"
    yield f"{'ratio':<14}{ratio:>20}   equity / maintenance"
    yield f"{'worst':<14}{found.worst_scenario:>20}"
    yield f"{'error':<14}{found.error:>20.1e}   of the excess, from option values"
    yield ""
    heads = ("unit value", "value", "delta", "worst P&L")
    yield f"{'holding':<27}{'quantity':>9}" + "".join(f"{head:>11}" for head in heads)
    for line in found.lines:
        amounts = (line.value, line.delta, line.profit)
        yield (
            f"{line.holding[:26]:<27}{line.quantity:>9.6g}{line.unit_value:>11,.5g}"
            + "".join(f"{round(amount, digits) + 0.0:>11,.{digits}f}" for amount in amounts)
        )
    if found.together:
        yield f"{'held together':<69}{round(found.together, digits):>11,.{digits}f}"
    yield ""
    worst_first = np.argsort(found.profits, kind="stable")[:LISTED_SCENARIOS]
    for index in sorted(worst_first):
        mark = "   worst" if index == found.worst else ""
        yield f"{found.scenarios[index]:<44}{found.profits[index]:>20,.{digits}f}{mark}"
    if len(found.profits) > LISTED_SCENARIOS:
        yield f"and {len(found.profits) - LISTED_SCENARIOS} scenarios with smaller losses"
