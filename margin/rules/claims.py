"""Which rules have a requirement for claims: those that only move spot and volatility."""

from typing import Protocol, runtime_checkable

from margin.account import Account
from margin.claim_contract import ClaimContract
from margin.instrument import OptionContract, Solvable

__all__ = ["ReadsClaims", "refuse_claims", "vanilla"]


@runtime_checkable
class ReadsClaims(Protocol):
    """A rule that can say whether it needs no more of a contract than its value against spot."""

    @property
    def reads_claims(self) -> bool:
        """Whether it has a requirement for claims."""


def refuse_claims(rule: object, account: Account) -> None:
    """Refuse claims under a rule that reads strikes and rights of vanilla options.

    Parameters
    ----------
    rule : Rule
        Whose requirement it is.
    account : Account
        What is held.

    Raises
    ------
    ValueError
        If the account holds a claim that the rule has no requirement for.

    Examples
    --------
    >>> from margin import Account
    >>> from margin.rules import NakedVault
    >>> from margin.rules.claims import refuse_claims
    >>> refuse_claims(NakedVault(), Account("no claims", "USD", 0.0, ()))
    """
    if isinstance(rule, ReadsClaims) and rule.reads_claims:
        return
    for held in account.positions:
        if isinstance(held.instrument, ClaimContract) and held.quantity:
            name = getattr(rule, "name", type(rule).__name__)
            raise ValueError(
                f"{name} has no requirement for {held.instrument}: it reads strikes of vanilla "
                "options; use a scenario rule, or keep the claim in an account of its own under one"
            )


def vanilla(contract: Solvable) -> OptionContract:
    """A contract that is a vanilla option, for rules that read its strike.

    Raises
    ------
    ValueError
        If it is a claim.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.instrument import OptionContract
    >>> from margin.rules.claims import vanilla
    >>> from pdesolve import Exercise, Right
    >>> expiry = datetime(2027, 1, 15, tzinfo=UTC)
    >>> vanilla(OptionContract("X", Right.PUT, 90.0, expiry, Exercise.EUROPEAN)).strike
    90.0
    """
    if isinstance(contract, ClaimContract):
        raise ValueError(f"{contract} has no strike of a vanilla option; use a scenario rule")
    return contract
