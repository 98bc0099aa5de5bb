"""Markets after a move of the spot that the smile follows."""

from dataclasses import replace
from typing import Any

from margin.instrument import OptionContract, Solvable
from margin.market import HIGHEST_VOLATILITY, Market
from margin.smile_surface import SmileSurface

__all__ = ["sticky_delta"]


def sticky_delta(market: Market, underlying: str, factor: float) -> Market:
    """The market after one spot moved by a factor and its smile moved with it.

    Strikes at the same ratio to the forward keep their volatility; what a quoted volatility
    differed from the smile stays with its contract::

        vol after = vol before + smile(strike / factor) - smile(strike)

    Parameters
    ----------
    market : Market
        Its ``smiles`` hold a `SmileSurface` of the underlying.
    underlying : str
        Whose spot moves; its forwards move in proportion.
    factor : float
        New spot over the old one, positive.

    Returns
    -------
    Market

    Raises
    ------
    ValueError
        If the market has no such smile, the factor is not positive, or a volatility leaves the
        range from 0 to 500 %.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Market, OptionContract, Smile, SmileSurface, Underlying, sticky_delta
    >>> from pdesolve import Exercise, Right
    >>> now, expiry = datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 11, 20, tzinfo=UTC)
    >>> surface = SmileSurface(100.0, (Smile(1.0, 100.0, 0.01, 0.1, -0.5, 0.0, 0.1),))
    >>> market = Market(now, {"XYZ": Underlying(100.0)}, {}, {"XYZ": surface})
    >>> put = OptionContract("XYZ", Right.PUT, 90.0, expiry, Exercise.EUROPEAN)
    >>> moved = sticky_delta(market, "XYZ", 0.9)
    >>> moved.volatility(put) == float(surface.volatility(100.0, 1.0))
    True
    """
    surface = market.smiles.get(underlying)
    if not isinstance(surface, SmileSurface):
        raise ValueError(f"the market has no SmileSurface of {underlying}; give one in smiles")
    moved = surface.moved(factor)
    spot = replace(market.underlyings[underlying], spot=moved.spot)
    vols: dict[Any, float] = dict(market.vols)
    for contract in vols:
        if contract.underlying == underlying:
            vols[contract] = _moved(market, contract, surface, moved)
    return replace(
        market,
        underlyings={**market.underlyings, underlying: spot},
        vols=vols,
        smiles={**market.smiles, underlying: moved},
    )


def _moved(market: Market, contract: Solvable, before: SmileSurface, after: SmileSurface) -> float:
    if not isinstance(contract, OptionContract):
        raise ValueError(
            f"sticky delta needs contracts with a strike, got {contract}; give its volatility "
            "in the moved market"
        )
    years = market.years(contract.expiry)
    shift = after.volatility(contract.strike, years) - before.volatility(contract.strike, years)
    volatility = market.vols[contract] + float(shift)
    if not 0.0 < volatility <= HIGHEST_VOLATILITY:
        raise ValueError(f"the smile moves the volatility of {contract} to {volatility:g}")
    return volatility
