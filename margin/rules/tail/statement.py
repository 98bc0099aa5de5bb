"""Why a tail risk rule requires what it does: scenarios that bind, and what each holding adds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from margin.revaluation import Revaluation
from margin.rules.staged import RequirementLine
from margin.rules.tail.rule import TailRiskRule, profits

__all__ = ["TailScenario", "TailStatement", "explain_tail"]

Terms = tuple[tuple[float, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class TailScenario:
    """One scenario that counts in the loss measure.

    Attributes
    ----------
    index : int
        Its place among the moves of the rule.
    move : float
        Relative move of the spot.
    share : float
        What it counts at; the shares of all add up to 1.
    profit : float
        Profit of the account in it, in the currency of the account.

    Examples
    --------
    >>> from margin.rules.tail.statement import TailScenario
    >>> print(TailScenario(17, -0.0812, 0.1, -5_300.0))
    scenario 17: spot -8.12 %, profit -5,300.00, share 10 %
    """

    index: int
    move: float
    share: float
    profit: float

    def __str__(self) -> str:
        return (
            f"scenario {self.index}: spot {100.0 * self.move:+.4g} %, "
            f"profit {self.profit:,.2f}, share {100.0 * self.share:.4g} %"
        )


@dataclass(frozen=True, slots=True)
class TailStatement:
    """A tail risk requirement, taken apart; amounts in the currency of the account.

    Attributes
    ----------
    required : float
        The maintenance requirement.
    binding : str
        The branch that binds.
    parts : tuple of RequirementLine
        The losses that it is made of, with their weights.
    scenarios : tuple of TailScenario
        Those of ``moves`` that count, the worst first.
    holdings : tuple of RequirementLine
        What each holding adds; these add up to the requirement (Euler's allocation).
    saved : float
        What the holdings would need alone, less what they need together.
    """

    required: float
    binding: str
    parts: tuple[RequirementLine, ...]
    scenarios: tuple[TailScenario, ...]
    holdings: tuple[RequirementLine, ...]
    saved: float


def explain_tail(rule: TailRiskRule, revaluation: Revaluation) -> TailStatement:
    """What a tail risk requirement is made of, today, at the present spot.

    A requirement is homogeneous in the holdings, so it is the sum of its derivatives by each: the
    profit of the holding in the scenarios that bind for the account.  At a tie of two scenarios
    that is one of several derivatives.

    Parameters
    ----------
    rule : TailRiskRule
        The rule.
    revaluation : Revaluation
        The account, revalued for it.

    Returns
    -------
    TailStatement

    Raises
    ------
    ValueError
        If a moved spot lies outside the range of the revaluation.

    References
    ----------
    Tasche, "Allocating portfolio economic capital to sub-portfolios", in *Economic Capital* (2004).

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying, revalue
    >>> from margin.rules.tail.rule import TailRiskRule
    >>> from margin.rules.tail.statement import explain_tail
    >>> rule = TailRiskRule(tuple(k / 100 for k in range(-20, 21)))
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"X": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", 0.0, (Position(Asset("X"), 100),))
    >>> found = explain_tail(rule, revalue(account, market))
    >>> round(found.required, 2), len(found.scenarios), str(found.holdings[0]).split()[0]
    (1598.05, 2, 'X')
    """
    unit = revaluation.spot if revaluation.in_coin else 1.0
    losses = [_loss(rule, revaluation, terms) for _, terms in rule.terms()]
    branch = int(np.argmax(losses))
    label, terms = rule.terms()[branch] if losses[branch] > 0.0 else ("no loss", ())
    required = max(losses[branch], 0.0)
    alone = list(_alone(revaluation))
    single = sum(max(0.0, _loss(rule, part, terms)) for _, part in alone)
    return TailStatement(
        required=required / unit,
        binding=label,
        parts=tuple(_parts(rule, revaluation, terms, unit)),
        scenarios=tuple(_scenarios(rule, revaluation, unit)),
        holdings=tuple(
            RequirementLine(name, _added(rule, revaluation, part, terms) / unit)
            for name, part in alone
        ),
        saved=(single - required) / unit,
    )


def _loss(rule: TailRiskRule, revaluation: Revaluation, terms: Terms) -> float:
    """The weighted sum of some loss measures of an account, in quote currency."""
    return sum(weight * rule.measure.loss(profits(revaluation, moves)) for weight, moves in terms)


def _alone(revaluation: Revaluation) -> Iterator[tuple[str, Revaluation]]:
    """Every holding that a move of the spot changes, in an account of its own."""
    account = revaluation.account
    empty = replace(account, cash=0.0, positions=(), collateral=())
    for held in account.positions:
        if held.quantity:
            part = replace(empty, positions=(held,))
            yield str(held.instrument), revaluation.with_account(part)
    for pledged in account.collateral:
        if pledged.amount:
            part = replace(empty, collateral=(pledged,))
            yield f"{pledged.asset} pledged", revaluation.with_account(part)


def _added(rule: TailRiskRule, whole: Revaluation, part: Revaluation, terms: Terms) -> float:
    """What one holding adds to the requirement of the account, in quote currency."""
    added = 0.0
    for weight, moves in terms:
        shares = rule.measure.shares(profits(whole, moves))
        added -= weight * float(shares @ profits(part, moves))
    return added


def _parts(
    rule: TailRiskRule, revaluation: Revaluation, terms: Terms, unit: float
) -> Iterator[RequirementLine]:
    """The losses that the requirement is made of, each with its weight, the buffer included."""
    for weight, moves in terms:
        amount = weight * rule.measure.loss(profits(revaluation, moves)) / unit
        yield RequirementLine(
            f"{weight:.4g} times {rule.measure} of {len(moves)} scenarios", amount
        )


def _scenarios(rule: TailRiskRule, revaluation: Revaluation, unit: float) -> Iterator[TailScenario]:
    """The scenarios of the rule that count, the worst first."""
    found = profits(revaluation, rule.moves)
    shares = rule.measure.shares(found)
    for index in np.argsort(found, kind="stable"):
        if shares[index]:
            at = int(index)
            yield TailScenario(at, rule.moves[at], float(shares[at]), float(found[at]) / unit)
