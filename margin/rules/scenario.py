"""Moves of the market that a rule looks at, and grids of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from margin import _check

__all__ = ["Scenario", "scenario_grid"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One move of the market, and the share of its profit or loss that counts.

    Attributes
    ----------
    spot_move : float
        Relative move of the spot, above -1: -0.15 for 15 % down.
    vol_move : float
        Relative move of every implied volatility, above -1: 0.25 takes 0.40 to 0.50.
    weight : float
        Share of the profit or loss that counts, above 0 and at most 1; less than 1 for extreme
        moves.

    Raises
    ------
    ValueError
        If a move would leave nothing of a price, or the weight lies outside (0, 1].

    Examples
    --------
    >>> from margin.rules import Scenario
    >>> print(Scenario(-0.15, 0.25))
    spot -15 %, vol +25 %
    """

    spot_move: float
    vol_move: float = 0.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        for name in ("spot_move", "vol_move"):
            move = _check.finite(name, getattr(self, name))
            if move <= -1.0:
                raise ValueError(f"{name} must be above -1, got {move}; write -0.15 for 15 % down")
            object.__setattr__(self, name, move)
        weight = _check.within("weight", self.weight, 0.0, 1.0)
        if weight == 0.0:
            raise ValueError("weight must be above 0, got 0; leave the scenario out")
        object.__setattr__(self, "weight", weight)

    def __str__(self) -> str:
        vol = f", vol {_percent(self.vol_move)}" if self.vol_move else ""
        weight = "" if self.weight == 1.0 else f", weight {self.weight:.3g}"
        return f"spot {_percent(self.spot_move)}{vol}{weight}"


def _percent(move: float) -> str:
    """A relative move as signed percent; none is ``"0 %"``."""
    return f"{100.0 * move:+.4g} %" if move else "0 %"


def scenario_grid(
    spot_moves: Iterable[float],
    vol_moves: Iterable[float] = (0.0,),
    *,
    extremes: Iterable[Scenario] = (),
) -> tuple[Scenario, ...]:
    """Every spot move with every volatility move, then the extreme moves.

    Parameters
    ----------
    spot_moves, vol_moves : iterable of float
        Relative moves.
    extremes : iterable of Scenario
        Further scenarios, mostly of a weight below 1.

    Returns
    -------
    tuple of Scenario

    Raises
    ------
    ValueError
        If a move is -1 or less.

    Examples
    --------
    >>> from margin.rules import Scenario, scenario_grid
    >>> grid = scenario_grid(
    ...     (-0.16, 0.0, 0.16), (-0.25, 0.0, 0.5), extremes=(Scenario(1.0, 0.5, weight=0.16),)
    ... )
    >>> len(grid), str(grid[0]), str(grid[-1])
    (10, 'spot -16 %, vol -25 %', 'spot +100 %, vol +50 %, weight 0.16')
    """
    every = (Scenario(spot, vol) for spot, vol in product(tuple(spot_moves), tuple(vol_moves)))
    return (*every, *extremes)
