"""All results that a report shows, computed once."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from margin.account import Account
from margin.comparison import Comparison, compare
from margin.figures import telling_spots
from margin.greeks import margin_greeks
from margin.greeks_statement import MarginGreeks
from margin.instrument import OptionContract
from margin.liquidation import thresholds
from margin.maps.build import liquidation_map
from margin.maps.record import LiquidationMap
from margin.margin_table import MarginTable, table
from margin.market import Market
from margin.requirements import requirement
from margin.revaluation import moving_underlying
from margin.rules import Rule
from margin.solved_alone import surface_of, together
from margin.statement import Requirement
from margin.threshold import Thresholds
from pdesolve import Exercise, Quote, price

__all__ = ["Assessment", "assess"]

TABLE_SPOTS = np.linspace(0.7, 1.3, 13)
"""Spots of the margin table, relative to the present one."""
TABLE_MOVES = (-0.25, 0.0, 0.25, 0.5)
"""Relative moves of all volatilities in the margin table."""


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """Everything that is known of one account, made by `assess`.

    Attributes
    ----------
    account, market, rule : Account, Market, Rule
        What is assessed, where, and under which rule.
    required : Requirement
        The requirement now.
    thresholds : Thresholds
        Where the account is liquidated now.
    map : LiquidationMap
        Where it is over the horizon.
    table : MarginTable
        Excess by spot and volatility.
    curve : MarginTable
        Equity and requirement at spots that tell most, for the figure.
    compared : Comparison
        Under all margin systems.
    greeks : MarginGreeks
        Derivatives of the requirement.
    quotes : dict of OptionContract to Quote
        Price and Greeks of each option that lives, per unit of the underlying.
    """

    account: Account
    market: Market
    rule: Rule
    required: Requirement
    thresholds: Thresholds
    map: LiquidationMap
    table: MarginTable
    curve: MarginTable
    compared: Comparison
    greeks: MarginGreeks
    quotes: dict[OptionContract, Quote]


def assess(
    account: Account,
    market: Market,
    rule: Rule,
    *,
    horizon: timedelta,
    underlying: str | None = None,
) -> Assessment:
    """Compute all that a report shows.

    Parameters
    ----------
    account : Account
        What is held.
    market : Market
        Spot, carry and volatilities now.
    rule : Rule
        Whose requirement counts.
    horizon : timedelta
        How far ahead the liquidation map looks, positive.
    underlying : str, optional
        Whose spot moves; needed only if the account has several.

    Returns
    -------
    Assessment

    Raises
    ------
    ValueError
        If the account cannot be valued in this market or under this rule, or the horizon is not
        positive.
    """
    parts = (account, market, rule)
    name = moving_underlying(account, market, underlying)
    danger = thresholds(*parts, underlying=name)
    around = TABLE_SPOTS * market.underlyings[name].spot
    return Assessment(
        account=account,
        market=market,
        rule=rule,
        required=requirement(*parts, underlying=name),
        thresholds=danger,
        map=liquidation_map(*parts, horizon=horizon, underlying=name),
        table=table(*parts, spots=around, vol_moves=TABLE_MOVES, underlying=name),
        curve=table(*parts, spots=telling_spots(danger), underlying=name),
        compared=compare(account, market, underlying=name),
        greeks=margin_greeks(*parts, underlying=name),
        quotes=_quotes(account, market),
    )


def _quotes(account: Account, market: Market) -> dict[OptionContract, Quote]:
    """Price and Greeks of every option that lives."""
    return {
        held.instrument: _quote(held.instrument, market)
        for held in account.positions
        if isinstance(held.instrument, OptionContract) and held.instrument.expiry > market.asof
    }


def _quote(contract: OptionContract, market: Market) -> Quote:
    if not together(contract, market):
        return _quote_with_dividends(contract, market)
    underlying = market.underlyings[contract.underlying]
    rate, dividend_yield = underlying.carry(contract.expiry, market.asof)
    return price(
        spot=underlying.spot,
        strike=contract.strike,
        expiry=market.years(contract.expiry),
        vol=market.volatility(contract),
        rate=rate,
        div_yield=dividend_yield,
        right=contract.right,
        style="american" if contract.exercise is Exercise.AMERICAN else "european",
    )


def _quote_with_dividends(contract: OptionContract, market: Market) -> Quote:
    """Price and first derivatives of an option whose life holds an ex-date; the others are NaN."""
    spot = market.underlyings[contract.underlying].spot
    surface = surface_of(contract, market, market.asof, market.volatility(contract))
    first = ("delta", "gamma", "theta", "vega", "rho", "dividend_rho", "error")
    return Quote(
        spot=spot,
        price=surface.value(spot),
        **{name: getattr(surface, name)(spot) for name in first},
        **dict.fromkeys(("vanna", "volga", "charm", "residual"), float("nan")),
        converged=surface.converged,
        method="solved with dividends on their dates",
    )
