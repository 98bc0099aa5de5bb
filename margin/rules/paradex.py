"""The rule of Paradex per option in cross margin."""

from dataclasses import dataclass
from math import inf

from margin import _check
from margin.piecewise import PiecewiseCubic, combine
from margin.revaluation import Revaluation
from margin.rules.balance import HeldOption, held_options, refuse_linear
from margin.rules.kinked import greater, lesser
from margin.rules.rule import Branch
from pdesolve import Right

__all__ = ["ParadexRates", "ParadexXM"]


@dataclass(frozen=True, slots=True)
class ParadexRates:
    """Rates of one requirement per option at Paradex.

    Attributes
    ----------
    itm, otm : float
        Of a short option: share of the spot less the amount out of the money, and at least.
    premium, index : float
        Of a long option: share of its mark, and share of the spot, the lesser of which counts.
    """

    itm: float
    otm: float
    premium: float
    index: float

    def __post_init__(self) -> None:
        for name in ("itm", "otm", "premium", "index"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))


@dataclass(frozen=True, slots=True)
class ParadexXM:
    """Requirement per option in the cross margin of Paradex, on top of its value.

    Per unit, with ``OTM`` the amount out of the money::

        short: max(itm S - OTM, otm S), for puts at most put_cap K
        long:  min(premium mark, index S)

    Options count in equity at their marks (equity convention), long ones too.  The initial
    requirement has the same formula with other rates and is no multiple of maintenance.

    Attributes
    ----------
    maintenance, initial : ParadexRates
        Rates of the two requirements.
    put_cap : float
        Share of the strike that a short put needs at most.
    name, source : str
        What the rule is called and where its numbers come from.

    References
    ----------
    Paradex, *Cross margin: options*.

    Examples
    --------
    >>> from margin.rules.per_option import ParadexXM
    >>> from pdesolve import Right
    >>> rule = ParadexXM()
    >>> [rule.short(rates, Right.CALL, 212.0, 200.0) for rates in (rule.initial, rule.maintenance)]
    [20.0, 10.0]
    >>> [rule.long(rates, 200.0, 60.0) for rates in (rule.initial, rule.maintenance)]
    [40.0, 20.0]
    """

    maintenance: ParadexRates = ParadexRates(itm=0.075, otm=0.05, premium=0.5, index=0.10)
    initial: ParadexRates = ParadexRates(itm=0.15, otm=0.10, premium=1.0, index=0.20)
    put_cap: float = 0.5
    name: str = "Paradex cross margin, options"
    source: str = "Paradex documentation, cross margin of options"

    def __post_init__(self) -> None:
        object.__setattr__(self, "put_cap", _check.within("put_cap", self.put_cap, 0.0, inf))

    @property
    def initial_factor(self) -> float:
        """Initial over maintenance of a short option in the money; `initial_branches` is exact."""
        return self.initial.itm / self.maintenance.itm

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """The rule reads present volatilities only."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """The rule looks at no spot but the one it is asked about."""
        return (0.0, 0.0)

    def short(self, rates: ParadexRates, right: Right, strike: float, spot: float) -> float:
        """Requirement per unit of a short option, without its value, in quote currency."""
        out = max(0.0, right.value * (strike - spot))
        needed = max(rates.itm * spot - out, rates.otm * spot)
        return needed if right is Right.CALL else min(needed, self.put_cap * strike)

    def long(self, rates: ParadexRates, spot: float, mark: float) -> float:
        """Requirement per unit of a long option in quote currency."""
        return min(rates.premium * mark, rates.index * spot)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Equity less maintenance at every spot, in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.
        date_index : int
            Which of the dates of the revaluation.
        vol_move : float
            Relative move of all volatilities that has happened before.

        Returns
        -------
        tuple of Branch
            Equity, and the options.

        Raises
        ------
        ValueError
            If the account holds futures or perpetuals, which the formula does not cover.
        """
        return self._branches(revaluation, date_index, vol_move, self.maintenance)

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Equity less the initial requirement, as `excess_branches`."""
        return self._branches(revaluation, date_index, vol_move, self.initial)

    def _branches(
        self, revaluation: Revaluation, date_index: int, vol_move: float, rates: ParadexRates
    ) -> tuple[Branch, ...]:
        refuse_linear(revaluation)
        equity = revaluation.equity(date_index, vol_move)
        parts = [(1.0, equity)]
        for held in held_options(revaluation, date_index, vol_move):
            parts.append((-abs(held.units), self._curve(held, rates)))
        every = combine(*zip(*parts, strict=True))
        return Branch("no requirement", equity), Branch("options", every)

    def _curve(self, held: HeldOption, rates: ParadexRates) -> PiecewiseCubic:
        """`short` or `long` against spot."""
        if held.units > 0.0:
            return lesser(combine((rates.premium,), (held.value,)), held.ray(rates.index))
        strike, sign = held.contract.strike, held.contract.right.value
        near = held.ray(rates.itm + sign, -sign * strike)
        needed = greater(lesser(held.ray(rates.itm), near), held.ray(rates.otm))
        if held.contract.right is Right.CALL:
            return needed
        return lesser(needed, held.ray(0.0, self.put_cap * strike))
