"""How far the funding that is expected may be from the funding that is paid."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from margin.maps.sensitivity import threshold_ends

if TYPE_CHECKING:
    from margin.maps.record import LiquidationMap

__all__ = ["FundingGap", "funding_gaps"]


@dataclass(frozen=True, slots=True)
class FundingGap:
    """What funding has cost on the way to one threshold, and what its course leaves open.

    Attributes
    ----------
    spot : float
        The threshold, in quote currency.
    paid : float
        Expected payment until then, in quote currency; negative if received.
    deviation : float
        Standard deviation of it given both ends, in quote currency.
    shift : float
        By how much one deviation moves the threshold, in quote currency of spot.

    Examples
    --------
    >>> from margin.maps.funding_gap import FundingGap
    >>> FundingGap(52_000.0, 480.0, 25.0, 27.5).shift
    27.5
    """

    spot: float
    paid: float
    deviation: float
    shift: float


def funding_gaps(found: "LiquidationMap", date: datetime) -> tuple[FundingGap, ...]:
    """For every threshold of a date: the funding that is expected, and how far off it may be.

    Parameters
    ----------
    found : LiquidationMap
        A map that accrues funding on mark notional.
    date : datetime
        Within its horizon.

    Returns
    -------
    tuple of FundingGap
        In ascending order of the thresholds.

    Raises
    ------
    ValueError
        If the map accrues no funding on mark notional.
    """
    funding = found.accrual.funding
    if funding is None:
        raise ValueError("found must accrue funding, write found.accruing(funding=Funding(...))")
    known, start = found.revaluation, found.spot
    years = known.market.years(date)
    units = found.accrual.funded_units(known.account, known.underlying)
    paid = funding.paid(units, start, max(years, 0.0), span=(found.lowest, found.highest))
    gaps = []
    for spot, slope in zip(*(each.tolist() for each in threshold_ends(found, date)), strict=True):
        deviation = funding.deviation(units, start, spot, years)
        gaps.append(FundingGap(spot, float(paid(spot)), deviation, deviation / abs(slope)))
    return tuple(gaps)
