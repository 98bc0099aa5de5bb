"""The BENCHOP problems by this library: what one solve of all spots does on one grid."""

from collections.abc import Callable

import numpy as np

from benchmarks._benchop import Floats, Problem
from pdesolve import (
    Barrier,
    BlackScholes,
    Claim,
    Contracts,
    Dividend,
    Exercise,
    JumpDiffusion,
    NormalJumps,
    Option,
    Payoff,
    Resolution,
    Right,
    solve,
    solve_many,
)
from pdesolve.batch.sensitivity import solve_greeks
from pdesolve.claim import as_claim
from pdesolve.formulas.heston_integral import SquareRootVariance
from pdesolve.heston.grid import heston_grid
from pdesolve.heston.model import Heston
from pdesolve.heston.solver import solve_heston
from pdesolve.march.default_grid import default_grid
from pdesolve.march.problem import Dividends, pose
from pdesolve.model import Model
from pdesolve.two_assets.contract import exchange_option
from pdesolve.two_assets.grid import two_asset_grid
from pdesolve.two_assets.model import TwoAssets
from pdesolve.two_assets.solver import solve_two_assets

PAID_AT = 0.4  # of problem 2, years

Work = Callable[[], Floats]


def vanilla(problem: Problem, n_cells: int, n_steps: int) -> Work:
    """Black–Scholes by the batch solver; vega by solving again."""
    terms = (100.0, *(problem[name] for name in ("expiry", "vol", "rate")), 0.0)
    contract = Contracts(problem.right, *terms, problem.name.startswith("1b"))
    resolution = Resolution(n_cells, n_steps)
    if problem.quantity == "vega":
        each = contract.take(np.zeros(problem.spots.size, dtype=int))
        return lambda: solve_greeks(each, problem.spots, resolution)[0].vega
    column = {"price": "values", "delta": "deltas", "gamma": "gammas"}[problem.quantity]

    def work() -> Floats:
        solved = solve_many(contract, spots=problem.spots, resolution=resolution)
        found: Floats = getattr(solved, column)[0, 0]
        return found

    return work


def barrier(problem: Problem, n_cells: int, n_steps: int) -> Work:
    """An up-and-out call."""
    payoff = Payoff.vanilla(Right.CALL, problem["strike"])
    claim = Claim(payoff, problem["expiry"], barrier=Barrier(upper=problem["barrier"]))
    return _solved(claim, _diffusion(problem), problem.spots, (n_cells, n_steps))


def dividend(problem: Problem, n_cells: int, n_steps: int) -> Work:
    """A call on an underlying that pays a share of its spot."""
    exercise = Exercise.AMERICAN if problem.name == "2am" else Exercise.EUROPEAN
    option = Option(Right.CALL, problem["strike"], problem["expiry"], exercise)
    paid = (Dividend(PAID_AT, share=problem["dividend"]),)
    return _solved(option, _diffusion(problem), problem.spots, (n_cells, n_steps), paid)


def local_volatility(problem: Problem, n_cells: int, n_steps: int) -> Work:
    """A call under local volatility; where it moves with the spot priced, one solve for each."""
    size = n_cells, n_steps
    if problem.name == "3 I":
        return _solved(_call(problem), problem.local_volatility(100.0), problem.spots, size)
    each = [
        _solved(_call(problem), problem.local_volatility(spot), np.array([spot]), size)
        for spot in problem.spots.tolist()
    ]
    return lambda: np.concatenate([work() for work in each])


def jumps(problem: Problem, n_cells: int, n_steps: int) -> Work:
    """A call under normal jumps."""
    law = NormalJumps(*(problem[name] for name in ("intensity", "log_mean", "log_sd")))
    model = JumpDiffusion(_diffusion(problem), law)
    return _solved(_call(problem), model, problem.spots, (n_cells, n_steps))


def heston(problem: Problem, refinement: int) -> Work:
    """A call under stochastic variance."""
    names = ("initial", "speed", "level", "vol_of_vol", "correlation")
    variance = SquareRootVariance(**{name: problem[name] for name in names})
    call, model = _call(problem), Heston(variance, rate=problem["rate"])

    def work() -> Floats:
        grid = heston_grid(as_claim(call), model, refinement)
        return np.asarray(solve_heston(call, model, grid=grid).value(problem.spots))

    return work


def two_assets(problem: Problem, refinement: int) -> Work:
    """An option to exchange two assets."""
    vols = problem["vol"], problem["vol"]
    contract, model = (
        exchange_option(problem["expiry"]),
        TwoAssets(vols, problem["correlation"], problem["rate"]),
    )

    def work() -> Floats:
        around = 100.0, 100.0
        grid = two_asset_grid(contract, model, around, refinement)
        surface = solve_two_assets(contract, model, around, grid=grid)
        return np.asarray(surface.value(problem.spots, problem.other_spots))

    return work


def _call(problem: Problem) -> Option:
    return Option(Right.CALL, problem["strike"], problem["expiry"])


def _diffusion(problem: Problem) -> BlackScholes:
    return BlackScholes(problem["vol"], problem["rate"])


def _solved(
    contract: Option | Claim,
    model: Model,
    spots: Floats,
    size: tuple[int, int],
    dividends: Dividends = (),
) -> Work:
    """Return the work from contract and model to values, grid included."""
    between = float(spots.min()), float(spots.max())

    def work() -> Floats:
        grid = default_grid(pose(contract, model, dividends), *size, between)
        surface = solve(contract, model, dividends=dividends, grid=grid)
        return np.asarray(surface.value(spots))

    return work
