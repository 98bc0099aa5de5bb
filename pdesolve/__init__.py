"""Option values on grids and in closed form."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pdesolve.american_implied import american_implied_volatility, european_equivalent
    from pdesolve.batch.many import PriceSurfaces, Resolution, Scheme, solve_by_date, solve_many
    from pdesolve.claim import Barrier, Claim, Knock, Paid, no_touch, one_touch
    from pdesolve.closed_form import Greeks, black_76, black_scholes, black_scholes_price
    from pdesolve.contract import Exercise, Option, Right
    from pdesolve.contracts import Contracts
    from pdesolve.dividends import Dividend, EscrowedDividends, Shortfall
    from pdesolve.formulas.heston_integral import SquareRootVariance
    from pdesolve.forward_curves import forward_rates, forward_volatilities, forward_yields
    from pdesolve.grid import Grid, time_grid
    from pdesolve.heston.model import Heston
    from pdesolve.heston.solver import solve_heston
    from pdesolve.heston.surface import HestonSurface
    from pdesolve.implied import implied_volatility
    from pdesolve.jumping.jump_diffusion import JumpDiffusion
    from pdesolve.jumping.jump_law import ExponentialJumps, NormalJumps
    from pdesolve.local.arbitrage import Arbitrage, Violation, violations
    from pdesolve.local.dupire_volatility import dupire
    from pdesolve.local.implied_surface import ImpliedSurface
    from pdesolve.local.local_volatility import LocalVolatility
    from pdesolve.local.volatility_grid import VolatilityGrid, VolatilitySteps
    from pdesolve.march.beyond_grid import everywhere
    from pdesolve.model import BlackScholes, BlackScholesCurves
    from pdesolve.payoff import Payoff
    from pdesolve.plane.grid import PlaneGrid
    from pdesolve.pricing import price
    from pdesolve.quote import Quote
    from pdesolve.solver import solve
    from pdesolve.spot_nodes import spot_grid
    from pdesolve.surface import PriceSurface
    from pdesolve.term_structure import Flat, PiecewiseConstant, SmoothCurve
    from pdesolve.two_assets.contract import BasketOption, exchange_option, spread_option
    from pdesolve.two_assets.model import TwoAssets
    from pdesolve.two_assets.solver import solve_two_assets
    from pdesolve.two_assets.surface import TwoAssetSurface
    from pdesolve.versions import show_versions
    from pdesolve.warming import warmup

# Where each public name lives.  A module is imported when a name of it is first used.
_HOMES = {
    "american_implied": ("american_implied_volatility", "european_equivalent"),
    "local.arbitrage": ("Arbitrage", "Violation", "violations"),
    "batch.many": ("PriceSurfaces", "Resolution", "Scheme", "solve_by_date", "solve_many"),
    "march.beyond_grid": ("everywhere",),
    "claim": ("Barrier", "Claim", "Knock", "Paid", "no_touch", "one_touch"),
    "closed_form": ("Greeks", "black_76", "black_scholes", "black_scholes_price"),
    "contract": ("Exercise", "Option", "Right"),
    "contracts": ("Contracts",),
    "dividends": ("Dividend", "EscrowedDividends", "Shortfall"),
    "local.dupire_volatility": ("dupire",),
    "forward_curves": ("forward_rates", "forward_volatilities", "forward_yields"),
    "grid": ("Grid", "time_grid"),
    "heston.model": ("Heston",),
    "heston.solver": ("solve_heston",),
    "heston.surface": ("HestonSurface",),
    "formulas.heston_integral": ("SquareRootVariance",),
    "implied": ("implied_volatility",),
    "local.implied_surface": ("ImpliedSurface",),
    "jumping.jump_diffusion": ("JumpDiffusion",),
    "jumping.jump_law": ("ExponentialJumps", "NormalJumps"),
    "local.local_volatility": ("LocalVolatility",),
    "model": ("BlackScholes", "BlackScholesCurves"),
    "payoff": ("Payoff",),
    "plane.grid": ("PlaneGrid",),
    "pricing": ("price",),
    "quote": ("Quote",),
    "solver": ("solve",),
    "spot_nodes": ("spot_grid",),
    "surface": ("PriceSurface",),
    "term_structure": ("Flat", "PiecewiseConstant", "SmoothCurve"),
    "two_assets.contract": ("BasketOption", "exchange_option", "spread_option"),
    "two_assets.model": ("TwoAssets",),
    "two_assets.solver": ("solve_two_assets",),
    "two_assets.surface": ("TwoAssetSurface",),
    "versions": ("show_versions",),
    "local.volatility_grid": ("VolatilityGrid", "VolatilitySteps"),
    "warming": ("warmup",),
}

__all__ = [
    "Arbitrage",
    "Barrier",
    "BasketOption",
    "BlackScholes",
    "BlackScholesCurves",
    "Claim",
    "Contracts",
    "Dividend",
    "EscrowedDividends",
    "Exercise",
    "ExponentialJumps",
    "Flat",
    "Greeks",
    "Grid",
    "Heston",
    "HestonSurface",
    "ImpliedSurface",
    "JumpDiffusion",
    "Knock",
    "LocalVolatility",
    "NormalJumps",
    "Option",
    "Paid",
    "Payoff",
    "PiecewiseConstant",
    "PlaneGrid",
    "PriceSurface",
    "PriceSurfaces",
    "Quote",
    "Resolution",
    "Right",
    "Scheme",
    "Shortfall",
    "SmoothCurve",
    "SquareRootVariance",
    "TwoAssetSurface",
    "TwoAssets",
    "Violation",
    "VolatilityGrid",
    "VolatilitySteps",
    "american_implied_volatility",
    "black_76",
    "black_scholes",
    "black_scholes_price",
    "dupire",
    "european_equivalent",
    "everywhere",
    "exchange_option",
    "forward_rates",
    "forward_volatilities",
    "forward_yields",
    "implied_volatility",
    "no_touch",
    "one_touch",
    "price",
    "show_versions",
    "solve",
    "solve_by_date",
    "solve_heston",
    "solve_many",
    "solve_two_assets",
    "spot_grid",
    "spread_option",
    "time_grid",
    "violations",
    "warmup",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"pdesolve.{module}"), name)
    raise AttributeError(f"module 'pdesolve' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
