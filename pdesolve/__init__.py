"""Option values on grids and in closed form."""

from pdesolve.american_implied import american_implied_volatility, european_equivalent
from pdesolve.batch import PriceSurfaces, Resolution, Scheme, solve_many
from pdesolve.closed_form import Greeks, black_76, black_scholes, black_scholes_price
from pdesolve.contract import Exercise, Option, Right
from pdesolve.contracts import Contracts
from pdesolve.grid import Grid, time_grid
from pdesolve.implied import implied_volatility
from pdesolve.model import BlackScholes
from pdesolve.pricing import price
from pdesolve.quote import Quote
from pdesolve.solver import solve
from pdesolve.spot_grid import spot_grid
from pdesolve.surface import PriceSurface

__all__ = [
    "BlackScholes",
    "Contracts",
    "Exercise",
    "Greeks",
    "Grid",
    "Option",
    "PriceSurface",
    "PriceSurfaces",
    "Quote",
    "Resolution",
    "Right",
    "Scheme",
    "american_implied_volatility",
    "black_76",
    "black_scholes",
    "black_scholes_price",
    "european_equivalent",
    "implied_volatility",
    "price",
    "solve",
    "solve_many",
    "spot_grid",
    "time_grid",
]
