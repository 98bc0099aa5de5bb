"""Compile everything once, so that nobody waits for it later: in an image, on a new machine."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from pdesolve.american_implied import american_implied_volatility
from pdesolve.batch.many import Scheme, solve_many
from pdesolve.claim import Barrier, Claim
from pdesolve.closed_form import black_scholes, black_scholes_price
from pdesolve.contract import Exercise, Option, Right
from pdesolve.contracts import Contracts
from pdesolve.formulas.barriers import BarrierTerms, barrier_price, double_knock_out_price
from pdesolve.formulas.digitals import (
    asset_digital_price,
    cash_digital_price,
    no_touch_price,
    one_touch_at_expiry_price,
    one_touch_price,
)
from pdesolve.formulas.heston_integral import SquareRootVariance, heston
from pdesolve.formulas.jumps import kou, merton, merton_price
from pdesolve.heston.model import Heston
from pdesolve.heston.solver import solve_heston
from pdesolve.implied import implied_volatility
from pdesolve.jumping.jump_diffusion import JumpDiffusion
from pdesolve.jumping.jump_law import ExponentialJumps, NormalJumps
from pdesolve.local.local_volatility import LocalVolatility
from pdesolve.local.volatility_grid import VolatilityGrid
from pdesolve.model import BlackScholes
from pdesolve.payoff import Payoff
from pdesolve.pricing import price
from pdesolve.solver import solve
from pdesolve.two_assets.contract import exchange_option
from pdesolve.two_assets.model import TwoAssets
from pdesolve.two_assets.solver import solve_two_assets

__all__ = ["STEPS", "Told", "run", "warmup"]

Told = Callable[[str, int, int], object]
"""Is called with what comes next, how much is done, and of how much."""

MODEL = BlackScholes(volatility=0.3, rate=0.05, dividend_yield=0.01)
PUT = Option(Right.PUT, strike=100.0, expiry=0.25, exercise=Exercise.AMERICAN)
TERMS: dict[str, Any] = {"vol": 0.3, "rate": 0.05}
NORMAL = NormalJumps(intensity=0.4, log_mean=-0.2, log_sd=0.2)
EXPONENTIAL = ExponentialJumps(intensity=0.4, up_share=0.4, up_rate=10.0, down_rate=5.0)
VARIANCE = SquareRootVariance(0.04, 2.0, 0.04, vol_of_vol=0.3, correlation=-0.5)

MANY = 17
"""More contracts than the narrower of the two vector registers holds."""


def _quotes() -> None:
    price(spot=100.0, strike=100.0, expiry=0.25, vol=0.3, right="put", style="american")
    price(spot=100.0, strike=np.linspace(80.0, 120.0, MANY), expiry=0.25, vol=0.3)


def _batches() -> None:
    for count in (1, MANY):
        strikes = np.linspace(80.0, 120.0, count)
        puts = Contracts("put", strikes, 0.25, 0.3, 0.05, 0.01, True)
        # Exercise pays between two boundaries if the yield is below a negative rate.
        between = Contracts("put", strikes, 0.25, 0.3, -0.01, -0.05, True)
        for scheme in Scheme:
            solve_many(puts, spots=[90.0, 100.0], times=[0.0, 0.1], scheme=scheme)
        solve_many(between, spots=[90.0, 100.0], times=[0.0, 0.1])


def _closed_forms() -> None:
    black_scholes(100.0, 90.0, expiry=0.5, **TERMS)
    found = black_scholes_price(100.0, 90.0, expiry=0.5, **TERMS)
    implied_volatility(found, 100.0, 90.0, expiry=0.5, rate=0.05)


def _digitals() -> None:
    for digital in (cash_digital_price, asset_digital_price):
        digital(100.0, 90.0, 0.5, **TERMS)
    for touch in (one_touch_price, one_touch_at_expiry_price, no_touch_price):
        touch(100.0, 90.0, 0.5, direction="down", **TERMS)


def _barriers() -> None:
    for kind in ("down_out", "down_in"):
        barrier_price(100.0, 95.0, 0.5, barrier=BarrierTerms(90.0, kind), **TERMS)
    double_knock_out_price(100.0, 100.0, 0.5, barriers=(80.0, 125.0), **TERMS)


def _jumps() -> None:
    merton_price(100.0, 95.0, 0.5, jumps=NORMAL, **TERMS)
    merton(100.0, 95.0, 0.5, jumps=NORMAL, **TERMS)
    kou(100.0, 95.0, 0.5, jumps=EXPONENTIAL, **TERMS)
    heston(100.0, 95.0, 0.5, variance=VARIANCE, rate=0.05)


def _american_implied() -> None:
    american_implied_volatility(5.0, 100.0, 100.0, expiry=0.25, right="put")


def _surfaces(scheme: Scheme) -> None:
    straddle = Payoff.vanilla(Right.CALL, 100.0) + Payoff.vanilla(Right.PUT, 100.0)
    claims = (
        Claim(straddle, 0.25, exercise=Exercise.AMERICAN),
        Claim(Payoff.vanilla(Right.CALL, 100.0), 0.25, barrier=Barrier(upper=125.0)),
    )
    for contract in (PUT, *claims):
        for model in (MODEL, JumpDiffusion(MODEL, NORMAL)):
            if (
                isinstance(model, BlackScholes)
                or not isinstance(contract, Claim)
                or not contract.barrier
            ):
                solve(contract, model, scheme=scheme).value([95.0, 100.0], time=0.1)


def _local_volatility() -> None:
    smile = np.array([[0.3, 0.25, 0.2], [0.3, 0.25, 0.2]])
    grid = VolatilityGrid(np.array([80.0, 100.0, 120.0]), np.array([0.0, 1.0]), smile)
    solve(PUT, LocalVolatility(grid, rate=0.05)).value(100.0)


def _planes() -> None:
    solve_heston(PUT, Heston(VARIANCE, rate=0.05)).value(100.0)
    model = TwoAssets((0.2, 0.3), correlation=0.5)
    solve_two_assets(exchange_option(0.25), model, (100.0, 100.0)).value(100.0, 100.0)


STEPS: Mapping[str, Callable[[], None]] = {
    "quotes": _quotes,
    "batches": _batches,
    "closed forms": _closed_forms,
    "digitals": _digitals,
    "barriers": _barriers,
    "jumps": _jumps,
    "implied volatilities": _american_implied,
    "surfaces by Crank-Nicolson": partial(_surfaces, Scheme.CRANK_NICOLSON),
    "surfaces by TR-BDF2": partial(_surfaces, Scheme.TR_BDF2),
    "local volatility": _local_volatility,
    "planes": _planes,
}
"""What is computed, by its name; together it calls every kernel that Python calls."""


def run(steps: Mapping[str, Callable[[], None]], progress: Told | None = None) -> None:
    """Take steps in turn, telling of each before it begins, and at last that all are done."""
    for done, (name, step) in enumerate(steps.items()):
        if progress:
            progress(name, done, len(steps))
        step()
    if progress:
        progress("done", len(steps), len(steps))


def warmup(progress: Told | None = None) -> None:
    """Compile every kernel of this package, or load it from the cache.

    Machine code stays in the cache folder of the user, or in ``NUMBA_CACHE_DIR``; a process that
    finds it there waits for nothing.

    Parameters
    ----------
    progress : callable, optional
        Called with the name of what comes next, how much is done, and of how much.

    Examples
    --------
    >>> import pdesolve
    >>> pdesolve.warmup()
    """
    run(STEPS, progress)
