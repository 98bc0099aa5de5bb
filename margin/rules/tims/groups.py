"""Class, product and portfolio groups of ten-point margin: which gains offset which losses."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.revaluation import Revaluation
from margin.rules.rule import Branch
from margin.rules.scenario_rule import ScenarioRule

__all__ = ["ClassGroup", "PortfolioGroup", "ProductGroup", "TimsRule"]

Floats = NDArray[np.float64]

PRODUCT_OFFSET = 0.90
"""Share of gains that offsets losses in other classes of a product group; commonly published by
brokers (as recorded 2026-01), not confirmed in a table of the clearing house."""

PORTFOLIO_OFFSET = 0.30
"""The same between product groups of a portfolio group: the cautious end of the 30 % to 75 % that
brokers publish (as recorded 2026-01)."""


@dataclass(frozen=True, slots=True)
class ClassGroup:
    """All contracts on one underlying, and the moves under which they are revalued together.

    Attributes
    ----------
    underlying : str
        Name of the underlying.
    rule : ScenarioRule
        Its range and points, such as `TEN_POINT_EQUITY`, and its minimum per contract.

    Raises
    ------
    ValueError
        If the rule is no scenario rule, or its points are not between its moves down and up.

    Examples
    --------
    >>> from margin.rules import TEN_POINT_BROAD_INDEX
    >>> from margin.rules.tims.groups import ClassGroup
    >>> [round(move, 3) for move in ClassGroup("SPX", TEN_POINT_BROAD_INDEX).moves[:2]]
    [-0.08, -0.064]
    """

    underlying: str
    rule: ScenarioRule

    def __post_init__(self) -> None:
        object.__setattr__(self, "underlying", _check.text("underlying", self.underlying))
        _check.instance("rule", self.rule, ScenarioRule)

    @property
    def order(self) -> tuple[int, ...]:
        """Scenarios of the rule from the deepest fall to the highest rise."""
        moves = [scenario.spot_move for scenario in self.rule.scenarios]
        return tuple(int(index) for index in np.argsort(moves, kind="stable"))

    @property
    def moves(self) -> tuple[float, ...]:
        """Relative spot moves of the points, ascending."""
        return tuple(self.rule.scenarios[index].spot_move for index in self.order)

    @property
    def shape(self) -> tuple[int, int]:
        """Points below and points above the present spot."""
        down = sum(move < 0.0 for move in self.moves)
        return down, len(self.moves) - down


@dataclass(frozen=True, slots=True)
class ProductGroup:
    """Classes whose gains offset losses of one another, such as broad indices and their funds.

    Attributes
    ----------
    name : str
        What the group is called.
    classes : tuple of ClassGroup
        At least one.
    offset : float
        Share of a class's gain that counts, point by point, from 0 to 1.

    Raises
    ------
    ValueError
        If there is no class, or the offset is no share.

    Examples
    --------
    >>> from margin.rules import TEN_POINT_BROAD_INDEX
    >>> from margin.rules.tims.groups import ClassGroup, ProductGroup
    >>> classes = tuple(ClassGroup(name, TEN_POINT_BROAD_INDEX) for name in ("SPX", "SPY"))
    >>> ProductGroup("broad indices", classes).offset
    0.9
    """

    name: str
    classes: tuple[ClassGroup, ...]
    offset: float = PRODUCT_OFFSET

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _check.text("name", self.name))
        object.__setattr__(self, "classes", tuple(self.classes))
        if not self.classes:
            raise ValueError(f"classes of {self.name} must hold at least one, got none")
        for index, group in enumerate(self.classes):
            _check.instance(f"classes[{index}]", group, ClassGroup)
        object.__setattr__(self, "offset", _check.within("offset", self.offset, 0.0, 1.0))

    def kept(self, profit: Floats) -> Floats:
        """What of a class's profit counts in the group: losses in full, gains at the offset."""
        return np.minimum(profit, self.offset * profit)


@dataclass(frozen=True, slots=True)
class PortfolioGroup:
    """Product groups whose gains offset losses of one another.

    Attributes
    ----------
    name : str
        What the group is called.
    products : tuple of ProductGroup
        At least one; the points of all their classes match by position.
    offset : float
        Share of a product group's gain that counts, point by point, from 0 to 1.

    Raises
    ------
    ValueError
        If there is no product group, the points do not match, or the offset is no share.

    Examples
    --------
    >>> from margin.rules import TEN_POINT_EQUITY
    >>> from margin.rules.tims.groups import ClassGroup, PortfolioGroup, ProductGroup
    >>> alone = ProductGroup("AAPL", (ClassGroup("AAPL", TEN_POINT_EQUITY),))
    >>> PortfolioGroup("technology", (alone,)).offset
    0.3
    """

    name: str
    products: tuple[ProductGroup, ...]
    offset: float = PORTFOLIO_OFFSET

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _check.text("name", self.name))
        object.__setattr__(self, "products", tuple(self.products))
        if not self.products:
            raise ValueError(f"products of {self.name} must hold at least one, got none")
        for index, product in enumerate(self.products):
            _check.instance(f"products[{index}]", product, ProductGroup)
        object.__setattr__(self, "offset", _check.within("offset", self.offset, 0.0, 1.0))
        shapes = {group.shape: group for product in self.products for group in product.classes}
        if len(shapes) > 1:
            listed = ", ".join(
                f"{group.underlying} {down} down and {up} up"
                for (down, up), group in shapes.items()
            )
            raise ValueError(
                f"points of {self.name} must match by position, equally many down and up; "
                f"got {listed}"
            )

    def kept(self, profit: Floats) -> Floats:
        """What of a product group's profit counts: losses in full, gains at the offset."""
        return np.minimum(profit, self.offset * profit)


@dataclass(frozen=True, slots=True)
class TimsRule:
    """Ten-point margin of an account with several underlyings, offsets at three levels.

    With ``P[g, j]`` the profit of class ``g`` at its own point ``j``, and points matched by
    position, each level counts gains at its offset before it adds them to losses::

        P[product, j]   = sum over classes  of min(P[g, j], offset P[g, j])
        P[portfolio, j] = sum over products of min(P[p, j], offset P[p, j])
        R = max(minimum, sum over portfolio groups of max(0, max over j of -P[portfolio, j]))

    Inside a class offsets are full; between portfolio groups there are none.  A gain that reaches
    another product group is reduced by both offsets.

    Attributes
    ----------
    groups : tuple of PortfolioGroup
        Every underlying in one of them.
    initial_factor : float
        Initial requirement as a multiple of the maintenance requirement, at least 1.
    name, source : str
        What the rule is called and where the numbers come from.

    Raises
    ------
    ValueError
        If there is no group, or an underlying stands in two.

    References
    ----------
    FINRA Rule 4210(g); Cboe Rule 10.4; Options Clearing Corporation, *Customer portfolio margin*.

    Examples
    --------
    >>> from margin.rules import TEN_POINT_BROAD_INDEX, TEN_POINT_SMALL_CAP
    >>> from margin.rules.tims.groups import ClassGroup, PortfolioGroup, ProductGroup, TimsRule
    >>> large, small = (
    ...     ProductGroup(name, (ClassGroup(name, rule),))
    ...     for name, rule in (("SPX", TEN_POINT_BROAD_INDEX), ("RUT", TEN_POINT_SMALL_CAP))
    ... )
    >>> rule = TimsRule((PortfolioGroup("indices", (large, small)),))
    >>> rule.place("RUT")[2].underlying
    'RUT'
    """

    groups: tuple[PortfolioGroup, ...]
    initial_factor: float = 1.0
    name: str = "ten-point portfolio margin"
    source: str = (
        "FINRA Rule 4210(g), theoretical values of the Options Clearing Corporation (TIMS); "
        "offsets as published by brokers, recorded 2026-01: the exact table is not public"
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", tuple(self.groups))
        if not self.groups:
            raise ValueError("groups must hold at least one, got none")
        for index, group in enumerate(self.groups):
            _check.instance(f"groups[{index}]", group, PortfolioGroup)
        factor = _check.within("initial_factor", self.initial_factor, 1.0, inf)
        object.__setattr__(self, "initial_factor", factor)
        object.__setattr__(self, "name", _check.text("name", self.name))
        names = [placed[2].underlying for placed in self._places()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"an underlying must stand in one class, got {', '.join(twice)} twice")

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """Volatility moves whose revaluations any class reads; 0 comes first."""
        every = (move for _, _, group in self._places() for move in group.rule.vol_moves)
        return tuple(dict.fromkeys(every))

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest relative spot move of all classes."""
        down, up = zip(*(group.rule.spot_moves for _, _, group in self._places()), strict=True)
        return min(down), max(up)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance excess of an account in one underlying; see `tims_along` for several.

        Raises
        ------
        ValueError
            If the underlying has no class, or the account holds another one.
        """
        _, _, group = self.place(revaluation.underlying)
        return group.rule.excess_branches(revaluation, date_index, vol_move)

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `excess_branches` at spots: (b, k) in quote currency."""
        _, _, group = self.place(revaluation.underlying)
        return group.rule.excess_values(revaluation, spots, date_index, vol_move)

    def place(self, underlying: str) -> tuple[PortfolioGroup, ProductGroup, ClassGroup]:
        """The groups that an underlying belongs to, from the widest to its class.

        Raises
        ------
        ValueError
            If it belongs to none.
        """
        for placed in self._places():
            if placed[2].underlying == underlying:
                return placed
        raise ValueError(
            f"{self.name} has no class for {underlying}, which the account holds; "
            f"add a ClassGroup({underlying!r}, ...) to one of its groups"
        )

    def _places(self) -> Iterator[tuple[PortfolioGroup, ProductGroup, ClassGroup]]:
        for portfolio in self.groups:
            for product in portfolio.products:
                for group in product.classes:
                    yield portfolio, product, group
