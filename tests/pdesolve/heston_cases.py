"""Models and contracts that the tests of Heston's model share."""

import numpy as np

from pdesolve import Barrier, Claim, Heston, Payoff, SquareRootVariance

STRIKE = 100.0
SPOTS = np.array([80.0, 90.0, 100.0, 110.0, 125.0])
CALM = SquareRootVariance(0.04, 2.0, 0.04, vol_of_vol=0.3, correlation=-0.7)
MODEL = Heston(CALM, rate=0.03, dividend_yield=0.01)


def random_model(seed):
    draw = np.random.default_rng(seed).uniform
    variance = SquareRootVariance(
        draw(0.01, 0.2), draw(0.3, 5.0), draw(0.01, 0.15), draw(0.1, 1.0), draw(-0.9, 0.6)
    )
    return Heston(variance, rate=draw(-0.02, 0.1), dividend_yield=draw(0.0, 0.08))


def knock_out(right, *, lower=None, upper=None, **terms):
    barrier = Barrier(lower, upper, **terms)
    return Claim(Payoff.vanilla(right, STRIKE), 1.0, barrier=barrier)


def still(volatility, rate, dividend_yield):
    """Heston's model with a variance that does not move."""
    variance = SquareRootVariance(volatility**2, 0.0, 0.0, 0.0, 0.0)
    return Heston(variance, rate=rate, dividend_yield=dividend_yield)
