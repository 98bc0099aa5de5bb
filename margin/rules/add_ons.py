"""What is required on top of a rule for positions that are large against the traded volume."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, sqrt

from margin import _check
from margin.account import Position
from margin.instrument import Instrument

__all__ = [
    "ConcentrationAddOn",
    "LiquidityAddOn",
    "average_exit_factor",
    "days_to_liquidate",
]


def days_to_liquidate(units: float, volume: float, *, participation: float = 0.1) -> float:
    """Days that it takes to close a position at a share of the traded volume.

    ``abs(units) / (participation volume)``

    Parameters
    ----------
    units : float
        Signed size of the position.
    volume : float
        Average traded a day, in the same units; positive.
    participation : float
        Share of the volume that one may be without moving the price, above 0 and at most 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> from margin.rules.add_ons import days_to_liquidate
    >>> days_to_liquidate(-50_000.0, 100_000.0, participation=0.25)
    2.0
    """
    size = abs(_check.finite("units", units))
    share = _check.within("participation", participation, 0.0, 1.0)
    return size / (_check.positive("participation", share) * _check.positive("volume", volume))


def average_exit_factor(days: float) -> float:
    """Standard deviation of what is lost while closing evenly over ``days``, in those of one day.

    A position closed in ``D`` equal parts at the end of each day has the variance
    ``(1 + 4 + ... + D**2) / D**2 = (D + 1)(2 D + 1) / (6 D)`` daily ones.  1 up to one day.

    Parameters
    ----------
    days : float
        ``D``, not negative.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the days are negative.

    Examples
    --------
    >>> from margin.rules.add_ons import average_exit_factor
    >>> average_exit_factor(0.5), round(average_exit_factor(4), 6)
    (1.0, 1.369306)
    """
    closing = max(1.0, _check.within("days", days, 0.0, inf))
    return sqrt((closing + 1.0) * (2.0 * closing + 1.0) / (6.0 * closing))


@dataclass(frozen=True, slots=True)
class ConcentrationAddOn:
    """A charge on the part of every position that is large against the traded volume.

    Options count like as many units of the underlying, without their delta.  Inverse futures and
    perpetuals have their size and their volume in quote currency, and their charge is an amount.

    For a position of ``q`` units of which ``V`` are traded a day, at spot ``S``::

        coefficient max(0, q / V - free) ** power volatility S q

    Attributes
    ----------
    volumes : mapping of Instrument to float
        Units of the underlying traded a day through each instrument of the account, positive; a
        volume in contracts times their multiplier.
    volatility : float
        Of the underlying over a day, a decimal.
    coefficient, free, power : float
        ``coefficient`` and ``free`` not negative, ``power`` positive.  Choices of the house: no
        venue publishes them.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Almgren, Thum, Hauptmann and Li, "Direct estimation of equity market impact", *Risk* 18 (2005):
    the price moves with a power near one half of the share of the volume.

    Examples
    --------
    >>> from margin.instrument import Asset
    >>> from margin.account import Position
    >>> from margin.rules.add_ons import ConcentrationAddOn
    >>> add_on = ConcentrationAddOn({Asset("X"): 1_000.0}, volatility=0.02, coefficient=1.0)
    >>> add_on.charge(Position(Asset("X"), -1_250.0))
    25.0
    """

    volumes: Mapping[Instrument, float]
    volatility: float
    coefficient: float = 1.0
    free: float = 0.25
    power: float = 0.5

    def __post_init__(self) -> None:
        _check_volumes(self.volumes)
        for name in ("volatility", "power"):
            object.__setattr__(self, name, _check.positive(name, getattr(self, name)))
        for name in ("coefficient", "free"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))

    def charge(self, held: Position) -> float:
        """Charge for a position per unit of the spot: times the spot it is an amount.

        Raises
        ------
        ValueError
            If the volume of its instrument is missing, or it has none.
        """
        size = abs(held.quantity) * held.multiplier
        excess = size / _volume(self.volumes, held) - self.free
        impact: float = max(0.0, excess) ** self.power
        return self.coefficient * impact * self.volatility * size


@dataclass(frozen=True, slots=True)
class LiquidityAddOn:
    """A charge for the days that closing a position takes beyond those that margin covers.

    For a position of ``q`` units that takes ``D`` days to close, at spot ``S``::

        quantile volatility S q max(0, average_exit_factor(D) - sqrt(covered_days))

    Attributes
    ----------
    volumes : mapping of Instrument to float
        Units of the underlying traded a day through each instrument of the account, positive.
    volatility : float
        Of the underlying over a day, a decimal.
    quantile : float
        Standard deviations that are covered; 2.33 for 99 % of a normal distribution.
    participation : float
        Share of the volume at which positions are closed, above 0 and at most 1.
    covered_days : float
        Holding period of the rule below, in days; 2 under Article 26 of Commission Delegated
        Regulation (EU) No 153/2013 (2012-12-19) for listed contracts.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> from margin.instrument import Asset
    >>> from margin.account import Position
    >>> from margin.rules.add_ons import LiquidityAddOn
    >>> add_on = LiquidityAddOn({Asset("X"): 1_000.0}, volatility=0.02)
    >>> round(add_on.charge(Position(Asset("X"), 1_000.0)), 4)
    25.5335
    """

    volumes: Mapping[Instrument, float]
    volatility: float
    quantile: float = 2.33
    participation: float = 0.1
    covered_days: float = 2.0

    def __post_init__(self) -> None:
        _check_volumes(self.volumes)
        for name in ("volatility", "quantile", "participation", "covered_days"):
            object.__setattr__(self, name, _check.positive(name, getattr(self, name)))
        _check.within("participation", self.participation, 0.0, 1.0)

    def charge(self, held: Position) -> float:
        """Charge for a position per unit of the spot; as for `ConcentrationAddOn.charge`."""
        size, volume = abs(held.quantity) * held.multiplier, _volume(self.volumes, held)
        days = days_to_liquidate(size, volume, participation=self.participation)
        beyond = max(0.0, average_exit_factor(days) - sqrt(self.covered_days))
        return self.quantile * self.volatility * size * beyond


def _check_volumes(volumes: Mapping[Instrument, float]) -> None:
    for instrument, volume in volumes.items():
        _check.positive(f"volume of {instrument}", volume)


def _volume(volumes: Mapping[Instrument, float], held: Position) -> float:
    """Daily volume of the instrument of a position.

    Raises
    ------
    ValueError
        If it is missing.
    """
    if held.instrument not in volumes:
        raise ValueError(
            f"volumes must hold {held.instrument}, of which the account holds "
            f"{held.quantity:+g}; give the units traded a day, or close the position"
        )
    return volumes[held.instrument]
