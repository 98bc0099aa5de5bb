"""How volatilities move with the spot: the smile moves along, or all move by a beta."""

from dataclasses import dataclass
from math import inf, log
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import _check
from margin.instrument import OptionContract, Solvable
from margin.market import Market

__all__ = ["RegressionBeta", "SpotBeta", "StickyDelta", "VolDynamics", "regression_beta"]

Floats = NDArray[np.float64]

# Change of volatilities from one spot at which the account is solved to the next, and the step of
# the log spot at most.
FINEST, WIDEST = 0.06, 0.06
# Volatilities are followed from a quarter to four times their present size.
LARGEST_FACTOR = 4.0


class VolDynamics(Protocol):
    """How the volatility of every contract changes as the spot moves: a frozen record."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def step(self) -> float:
        """Log move of the spot over which volatilities change little."""

    @property
    def reach(self) -> float:
        """Largest log move of the spot for which it stands."""

    def factor(self, contract: Solvable, market: Market, spot: float) -> float:
        """Volatility of a contract at a spot over its present one."""


@dataclass(frozen=True, slots=True)
class SpotBeta:
    """Volatilities move in proportion with the spot: ``ln vol`` by ``beta`` times its log move.

    Attributes
    ----------
    beta : float
        Relative move of all volatilities per relative move of the spot; about -1 to -4 for equity
        indices.  `regression_beta` finds it from history.

    Raises
    ------
    ValueError
        If the beta is not finite.

    Examples
    --------
    >>> from margin.maps.dynamics import SpotBeta
    >>> leverage = SpotBeta(-2.0)
    >>> round(leverage.step, 3), leverage.name
    (0.03, 'volatility beta -2')
    """

    beta: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "beta", _check.finite("beta", self.beta))

    @property
    def name(self) -> str:
        """What it is called."""
        return f"volatility beta {self.beta:g}"

    @property
    def step(self) -> float:
        """Log move of the spot over which volatilities change by a sixteenth."""
        return min(WIDEST, FINEST / abs(self.beta)) if self.beta else WIDEST

    @property
    def reach(self) -> float:
        """Log move of the spot that takes volatilities to four times or a quarter."""
        return log(LARGEST_FACTOR) / abs(self.beta) if self.beta else inf

    def factor(self, contract: Solvable, market: Market, spot: float) -> float:
        """Volatility of a contract at a spot over its present one."""
        return float((spot / market.underlyings[contract.underlying].spot) ** self.beta)


@dataclass(frozen=True, slots=True)
class StickyDelta:
    """The smile moves with the spot: volatility stays the same at the same strike over spot.

    The smile is that of the market.  A contract whose volatility lies off the smile keeps its
    distance from it, as in `sticky_delta`.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from pdesolve import Exercise, Right
    >>> from margin import Market, OptionContract, Smile, SmileSurface, Underlying
    >>> from margin.maps.dynamics import StickyDelta
    >>> now = datetime(2026, 11, 20, 21, tzinfo=UTC)
    >>> put = OptionContract("X", Right.PUT, 90.0, now + timedelta(days=73), Exercise.EUROPEAN)
    >>> skew = Smile(0.2, 100.0, a=0.004, b=0.05, rho=-0.6, m=0.0, sigma=0.1)
    >>> market = Market(now, {"X": Underlying(100.0)}, {}, {"X": SmileSurface(100.0, (skew,))})
    >>> round(StickyDelta().factor(put, market, 90.0), 4)
    0.7899
    """

    @property
    def name(self) -> str:
        """What it is called."""
        return "sticky delta"

    @property
    def step(self) -> float:
        """Log move of the spot over which a smile bends little."""
        return 0.5 * WIDEST

    @property
    def reach(self) -> float:
        """Log move of the spot: to two fifths and to two and a half times."""
        return log(2.5)

    def factor(self, contract: Solvable, market: Market, spot: float) -> float:
        """Volatility of a contract at a spot over its present one.

        Raises
        ------
        ValueError
            If the market holds no smile for the underlying, or the contract is a claim.
        """
        if not isinstance(contract, OptionContract):
            raise ValueError(
                f"sticky delta needs contracts with a strike, got {contract}; use SpotBeta"
            )
        name = contract.underlying
        if name not in market.smiles:
            raise ValueError(
                f"smiles of the market must hold {name} for sticky delta; fit one to its chain, "
                "or use SpotBeta"
            )
        smile, years = market.smiles[name], market.years(contract.expiry)
        there = contract.strike * market.underlyings[name].spot / spot
        shift = smile.volatility(there, years) - smile.volatility(contract.strike, years)
        return 1.0 + float(shift) / market.volatility(contract)


@dataclass(frozen=True, slots=True)
class RegressionBeta:
    """The beta of volatility to spot that history shows.

    Attributes
    ----------
    beta : float
        Slope of changes of log volatility on changes of log spot, through their means.
    error : float
        Its standard error.
    correlation : float
        Of both changes.
    changes : int
        How many there were.

    Examples
    --------
    >>> from margin.maps.dynamics import RegressionBeta
    >>> RegressionBeta(-1.8, 0.2, -0.75, changes=14).beta
    -1.8
    """

    beta: float
    error: float
    correlation: float
    changes: int


def regression_beta(spots: ArrayLike, volatilities: ArrayLike) -> RegressionBeta:
    """Least squares of changes of log volatility on changes of log spot.

    Parameters
    ----------
    spots : (n,) array
        Spots in the order of time, in quote currency; four at least.
    volatilities : (n,) array
        Volatility at the money at the same times, per root year.

    Returns
    -------
    RegressionBeta

    Raises
    ------
    ValueError
        If there are fewer than four of both, a number is not positive, or the spot never moves.

    Examples
    --------
    >>> from margin.maps.dynamics import regression_beta
    >>> spots = [100.0, 90.0, 95.0, 80.0, 100.0]
    >>> found = regression_beta(spots, [0.2 * (spot / 100.0) ** -1.5 for spot in spots])
    >>> round(found.beta, 9), round(found.correlation, 9)
    (-1.5, -1.0)
    """
    rows = [np.asarray(row, dtype=np.float64) for row in (spots, volatilities)]
    if rows[0].shape != rows[1].shape or rows[0].ndim != 1 or rows[0].size < 4:
        shapes = f"{rows[0].shape} and {rows[1].shape}"
        raise ValueError(
            f"spots and volatilities must be equally many, four at least, got {shapes}"
        )
    if not all(np.all((row > 0.0) & np.isfinite(row)) for row in rows):
        raise ValueError("spots and volatilities must be positive and finite")
    x, y = (np.diff(np.log(row)) for row in rows)
    x, y = x - x.mean(), y - y.mean()
    spread = float(x @ x)
    if spread == 0.0:
        raise ValueError("spots must move, got changes that are all alike")
    beta = float(x @ y) / spread
    rest = y - beta * x
    error = float(np.sqrt(rest @ rest / (x.size - 2) / spread))
    size = float(np.sqrt(spread * (y @ y)))
    return RegressionBeta(beta, error, float(x @ y) / size if size else 0.0, x.size)
