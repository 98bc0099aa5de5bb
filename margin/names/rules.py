"""How a rule reads several underlyings: each by itself, or all moved together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from margin import _check
from margin.curve_shape import least_of
from margin.names.terms import Term
from margin.revaluation import Revaluation
from margin.rules import PerpetualRule, Rule, ScenarioRule, TailRiskRule, TimsAlong, TimsRule

__all__ = ["JointRule", "MovedTogether", "NameByName", "joint_rule"]


@dataclass(frozen=True, slots=True)
class NameByName:
    """Each underlying is margined by itself, and the requirements add up.

    So do venues that margin by currency, brokers that margin by class without offsets, and every
    rule that margins position by position.  A gain in one name offsets no requirement of another;
    equity is that of the whole account.

    Attributes
    ----------
    rules : mapping of str to Rule
        One rule for each underlying of the account.

    Raises
    ------
    ValueError
        If there is no rule, or one of them knows other underlyings already.

    Examples
    --------
    >>> from margin.names.rules import NameByName
    >>> from margin.rules import TEN_POINT_EQUITY, PerpetualRule, continuous_tiers
    >>> coins = PerpetualRule(continuous_tiers((0.0,), (0.05,)))
    >>> NameByName({"AAPL": TEN_POINT_EQUITY, "BTC": coins}).name
    'ten-point, equity + perpetual'
    """

    rules: Mapping[str, Rule]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", dict(self.rules))
        if not self.rules:
            raise ValueError("rules must hold one for each underlying, got none")
        for name, rule in self.rules.items():
            _refuse_joined(name, rule)

    @property
    def name(self) -> str:
        """What the rule is called."""
        return " + ".join(dict.fromkeys(rule.name for rule in self.rules.values()))

    def rule_of(self, name: str) -> Rule:
        """The rule of an underlying, refused with a ValueError if there is none."""
        if name not in self.rules:
            raise ValueError(f"rules must hold one for {name}, got {', '.join(self.rules)}")
        return self.rules[name]

    def terms(self, revalued: Mapping[str, Revaluation], vol_move: float = 0.0) -> tuple[Term, ...]:
        """The excess as one sum over names, each the lesser of the branches of its rule.

        Parameters
        ----------
        revalued : mapping of str to Revaluation
            What is held in each underlying, revalued for its rule.
        vol_move : float
            Relative move of all volatilities that has happened before.
        """
        curves = {}
        for name, revaluation in revalued.items():
            branches = self.rule_of(name).excess_branches(revaluation, 0, vol_move)
            curves[name] = least_of([branch.curve for branch in branches])
        return (Term("name by name", curves),)


@dataclass(frozen=True, slots=True)
class MovedTogether:
    """Every scenario of a rule moves all underlyings at once; the worst sum of losses is required.

    Attributes
    ----------
    rule : ScenarioRule
        The scenarios, and the minimum, which adds up over names.
    betas : mapping of str to float
        Spot move of an underlying per spot move of a scenario; 1 for those left out.

    Raises
    ------
    ValueError
        If the rule is of another kind, or a beta takes a spot to zero in some scenario.

    Examples
    --------
    >>> from margin.names.rules import MovedTogether
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> rule = MovedTogether(TEN_POINT_EQUITY, {"MSFT": 1.2})
    >>> rule.rule_of("MSFT").spot_moves, rule.name
    ((-0.18, 0.18), 'ten-point, equity, all moved together')
    """

    rule: ScenarioRule
    betas: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check.instance("rule", self.rule, ScenarioRule)
        betas = {name: _check.finite(f"betas[{name!r}]", beta) for name, beta in self.betas.items()}
        object.__setattr__(self, "betas", betas)
        for name in betas:
            self.rule_of(name)

    @property
    def name(self) -> str:
        """What the rule is called."""
        return f"{self.rule.name}, all moved together"

    def rule_of(self, name: str) -> ScenarioRule:
        """The rule with its spot moves as those of one underlying."""
        beta = self.betas.get(name, 1.0)
        scenarios = (replace(one, spot_move=beta * one.spot_move) for one in self.rule.scenarios)
        return replace(self.rule, scenarios=tuple(scenarios))

    def terms(self, revalued: Mapping[str, Revaluation], vol_move: float = 0.0) -> tuple[Term, ...]:
        """The excess as the least of the sums over names, one for each scenario.

        Parameters
        ----------
        revalued : mapping of str to Revaluation
            What is held in each underlying, revalued for `rule_of` it.
        vol_move : float
            Relative move of all volatilities that has happened before.
        """
        every = {
            name: self.rule_of(name).excess_branches(revaluation, 0, vol_move)
            for name, revaluation in revalued.items()
        }
        named = self.rule.scenarios
        count = len(next(iter(every.values())))
        labels = ["no loss", *map(str, named), "minimum"][:count]
        return tuple(
            Term(label, {name: branches[index].curve for name, branches in every.items()})
            for index, label in enumerate(labels)
        )


JointRule = NameByName | MovedTogether
"""A rule for several underlyings."""


def joint_rule(rule: Rule | JointRule, names: Iterable[str]) -> JointRule:
    """The rule for several underlyings that a rule for one stands for.

    A rule for one underlying margins each name by itself.  Rules that offset names against one
    another are refused, and so are tail-risk rules unless `NameByName` says that they add up.

    Parameters
    ----------
    rule : Rule, NameByName or MovedTogether
        Whose requirement it is.
    names : iterable of str
        The underlyings.

    Returns
    -------
    NameByName or MovedTogether

    Raises
    ------
    ValueError
        If the rule does not say what it requires of several underlyings.

    Examples
    --------
    >>> from margin.names.rules import joint_rule
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> sorted(joint_rule(TEN_POINT_EQUITY, ("AAPL", "MSFT")).rules)
    ['AAPL', 'MSFT']
    """
    if isinstance(rule, NameByName | MovedTogether):
        return rule
    if isinstance(rule, TailRiskRule):
        raise ValueError(
            f"{rule.name} does not say how losses of several underlyings add up; "
            "write NameByName to require the sum"
        )
    return NameByName(dict.fromkeys(names, rule))


def _refuse_joined(name: str, rule: Rule) -> None:
    """Refuse a rule whose requirement of one underlying depends on the others."""
    if isinstance(rule, TimsRule | TimsAlong):
        raise ValueError(
            f"the rule of {name} offsets underlyings against one another, which is no sum over "
            "them; use tims_along and the thresholds of one underlying"
        )
    if isinstance(rule, PerpetualRule) and rule.other_maintenance:
        raise ValueError(
            f"other_maintenance of the rule of {name} must be 0, since no underlying is frozen, "
            f"got {rule.other_maintenance}"
        )
