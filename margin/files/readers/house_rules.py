"""The margin rule that an account most likely stands under, where its file names none."""

from collections.abc import Sequence

from margin.files.readers.conventions import family
from margin.files.readers.imported import Defaults
from margin.files.readers.leg import Kind, Leg
from margin.files.readers.notes import Notes
from margin.rules import (
    DERIBIT_PORTFOLIO_ETH,
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    DeribitPortfolio,
    DeribitStandard,
    PerpetualRule,
    Rule,
    continuous_tiers,
)

__all__ = ["deribit_rule", "flat_rule", "usual_rule"]

FLAT_RATE = 0.01
"""Maintenance of perpetuals where a file states none, as a share of their notional."""


def usual_rule(defaults: Defaults, legs: Sequence[Leg], notes: Notes) -> Rule:
    """The rule given beside the file, or else the usual one for what is held.

    Parameters
    ----------
    defaults : Defaults
        May hold a rule.
    legs : sequence of Leg
        What is held.
    notes : Notes
        Grows by the rule that is taken.

    Returns
    -------
    Rule
    """
    if defaults.rule is not None:
        return defaults.rule
    families = {family(leg.underlying) for leg in legs}
    options = any(leg.kind is Kind.OPTION for leg in legs)
    rule: Rule = TEN_POINT_EQUITY
    if families == {"coin"}:
        rule = DeribitStandard() if options else flat_rule(FLAT_RATE)
    elif families == {"index"}:
        rule = TEN_POINT_BROAD_INDEX
    notes.assume(f"the rule is {rule.name}")
    return rule


def flat_rule(rate: float, name: str = "perpetual, one rate") -> PerpetualRule:
    """Maintenance at one rate of the notional.

    Parameters
    ----------
    rate : float
        Share of the notional.
    name : str
        What the rule is called.

    Returns
    -------
    PerpetualRule

    Examples
    --------
    >>> from margin.files.readers.house_rules import flat_rule
    >>> flat_rule(0.01).maintenance(50_000.0)
    500.0
    """
    return PerpetualRule(continuous_tiers((0.0,), (rate,)), name=name)


def deribit_rule(model: str, coin: str) -> Rule:
    """The rule of a Deribit account by its ``margin_model``.

    Parameters
    ----------
    model : str
        ``segregated_sm``, ``segregated_pm``, ``cross_sm`` or ``cross_pm``.
    coin : str
        Underlying whose parameters count.

    Returns
    -------
    Rule

    Examples
    --------
    >>> from margin.files.readers.house_rules import deribit_rule
    >>> deribit_rule("segregated_pm", "BTC").name
    'Deribit portfolio margin, BTC'
    """
    if not model.endswith("_pm"):
        return DeribitStandard()
    return DERIBIT_PORTFOLIO_ETH if coin == "ETH" else DeribitPortfolio()
