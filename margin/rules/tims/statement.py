"""The statement of a ten-point requirement: profits at every point, and what each offset saved."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["ClassProfits", "GroupProfits", "TimsRequirement", "worst_loss"]


@dataclass(frozen=True, slots=True)
class ClassProfits:
    """Profit of one class at each of its points.

    Attributes
    ----------
    underlying : str
        What moves.
    moves : tuple of float
        Relative spot moves, ascending.
    profits : tuple of float
        Profit at each, in quote currency.

    Examples
    --------
    >>> from margin.rules.tims.statement import ClassProfits
    >>> ClassProfits("X", (-0.1, 0.1), (-50.0, 40.0)).requirement
    50.0
    """

    underlying: str
    moves: tuple[float, ...]
    profits: tuple[float, ...]

    @property
    def requirement(self) -> float:
        """What the class would need alone, without a minimum."""
        return worst_loss(self.profits)


@dataclass(frozen=True, slots=True)
class GroupProfits:
    """Profit of a product or portfolio group at each point, gains at their offsets.

    Attributes
    ----------
    name : str
        The group.
    profits : tuple of float
        Points matched by position, from the deepest fall, in quote currency.

    Examples
    --------
    >>> from margin.rules.tims.statement import GroupProfits
    >>> GroupProfits("indices", (20.0, -5.0)).worst
    1
    """

    name: str
    profits: tuple[float, ...]

    @property
    def requirement(self) -> float:
        """What the group needs, without a minimum."""
        return worst_loss(self.profits)

    @property
    def worst(self) -> int:
        """Position of the point at which it loses most, or gains least."""
        return int(np.argmin(self.profits))


@dataclass(frozen=True, slots=True, repr=False)
class TimsRequirement:
    """Ten-point requirement of an account with several underlyings, now, in its currency.

    Attributes
    ----------
    account, rule, currency : str
        Whose requirement it is, under which rule, in what.
    equity : float
        Cash, positions and collateral at their present values.
    maintenance : float
        The requirement: of all portfolio groups together, or the minimum.
    initial_factor : float
        Initial requirement as a multiple of it.
    minimum : float
        Least requirement, by contracts.
    classes : tuple of ClassProfits
        Every class that is held.
    products, portfolios : tuple of GroupProfits
        Every group that is held.

    Examples
    --------
    >>> from margin.rules.tims.statement import ClassProfits, GroupProfits, TimsRequirement
    >>> alone, group = ClassProfits("X", (-0.1, 0.1), (-50.0, 40.0)), GroupProfits("X", (-50.0, 36))
    >>> TimsRequirement(
    ...     "one", "ten-point", "USD", 200.0, 50.0, 1.0, 37.5, (alone,), (group,), (group,)
    ... )
    one: requirement in USD, ten-point
    equity                      200.00
    maintenance                  50.00
    initial                      50.00
    excess                      150.00
    minimum                      37.50
    ...
    """

    account: str
    rule: str
    currency: str
    equity: float
    maintenance: float
    initial_factor: float
    minimum: float
    classes: tuple[ClassProfits, ...]
    products: tuple[GroupProfits, ...]
    portfolios: tuple[GroupProfits, ...]

    @property
    def initial(self) -> float:
        """What a new position needs."""
        return self.initial_factor * self.maintenance

    @property
    def excess(self) -> float:
        """Equity less the maintenance requirement."""
        return self.equity - self.maintenance

    @property
    def saved_in_products(self) -> float:
        """What offsets between the classes of product groups saved."""
        return _sum(self.classes) - _sum(self.products)

    @property
    def saved_in_portfolios(self) -> float:
        """What offsets between the product groups of portfolio groups saved."""
        return _sum(self.products) - _sum(self.portfolios)

    def __repr__(self) -> str:
        return "\n".join(_text(self))


def worst_loss(profits: ArrayLike) -> float:
    """The largest loss among some profits, 0 if there is none.

    Examples
    --------
    >>> from margin.rules.tims.statement import worst_loss
    >>> worst_loss([-3.0, 2.0]), worst_loss([1.0])
    (3.0, 0.0)
    """
    return max(0.0, -float(np.min(profits)))


def _sum(groups: tuple[ClassProfits, ...] | tuple[GroupProfits, ...]) -> float:
    return sum(group.requirement for group in groups)


def _text(found: TimsRequirement) -> Iterator[str]:
    """The requirement as lines of at most 80 characters."""
    yield f"{found.account}: requirement in {found.currency}, {found.rule}"
    for name in ("equity", "maintenance", "initial", "excess", "minimum"):
        yield f"{name:<14}{getattr(found, name):>20,.2f}"
    yield ""
    for one in found.classes:
        at = f"at spot {100.0 * one.moves[int(np.argmin(one.profits))]:+.4g} %"
        yield f"{'class ' + one.underlying:<34}{one.requirement:>16,.2f}   {at}"
    for group in found.products:
        yield f"{'product ' + group.name:<34}{group.requirement:>16,.2f}   {_point(group)}"
    for group in found.portfolios:
        yield f"{'portfolio ' + group.name:<34}{group.requirement:>16,.2f}   {_point(group)}"
    yield f"{'saved between classes':<34}{found.saved_in_products:>16,.2f}"
    yield f"{'saved between product groups':<34}{found.saved_in_portfolios:>16,.2f}"


def _point(group: GroupProfits) -> str:
    return f"at point {group.worst + 1} of {len(group.profits)}" if group.requirement else "no loss"
