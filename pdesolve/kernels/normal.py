"""The standard normal distribution, each value right to a few rounding errors of itself.

Far out in a tail the distribution function is the density times the Mills ratio
``(1 - N(x)) / n(x)``, which falls slowly like ``1 / x``; so nothing cancels and nothing is lost
before the density itself underflows, beyond 38 standard deviations.
"""

import math

from pdesolve._jit import njit

ROOT_TWO_PI = math.sqrt(2.0 * math.pi)
ROOT_HALF_PI = math.sqrt(0.5 * math.pi)
ROOT_PI = math.sqrt(math.pi)

UNDERFLOW = 39.0  # standard deviations beyond which the density is below the smallest double

# Coefficients of exp(z^2) erfc(z), highest power first: Cody, "Rational Chebyshev approximations
# for the error function", Math. Comp. 23 (1969), tables I to III.
SMALL = 0.46875
SMALL_UPPER = (
    1.85777706184603153e-1,
    3.16112374387056560,
    1.13864154151050156e2,
    3.77485237685302021e2,
    3.20937758913846947e3,
)
SMALL_LOWER = (
    1.0,
    2.36012909523441209e1,
    2.44024637934444173e2,
    1.28261652607737228e3,
    2.84423683343917062e3,
)
LARGE = 4.0
MIDDLE_UPPER = (
    2.15311535474403846e-8,
    5.64188496988670089e-1,
    8.88314979438837594,
    6.61191906371416295e1,
    2.98635138197400131e2,
    8.81952221241769090e2,
    1.71204761263407058e3,
    2.05107837782607147e3,
    1.23033935479799725e3,
)
MIDDLE_LOWER = (
    1.0,
    1.57449261107098347e1,
    1.17693950891312499e2,
    5.37181101862009858e2,
    1.62138957456669019e3,
    3.29079923573345963e3,
    4.36261909014324716e3,
    3.43936767414372164e3,
    1.23033935480374942e3,
)
LARGE_UPPER = (
    1.63153871373020978e-2,
    3.05326634961232344e-1,
    3.60344899949804439e-1,
    1.25781726111229246e-1,
    1.60837851487422766e-2,
    6.58749161529837803e-4,
)
LARGE_LOWER = (
    1.0,
    2.56852019228982242,
    1.87295284992346047,
    5.27905102951428412e-1,
    6.05183413124413191e-2,
    2.33520497626869185e-3,
)


@njit
def polynomial(x, coefficients):
    """Return a polynomial by Horner's rule; ``coefficients`` is a tuple, highest power first."""
    total = 0.0
    for coefficient in coefficients:
        total = total * x + coefficient
    return total


@njit
def mills(x):
    """Return the Mills ratio ``(1 - N(x)) / n(x)`` of ``x >= 0``."""
    z = x / math.sqrt(2.0)
    square = z * z
    if z > LARGE:
        inverse = 1.0 / square
        rest = polynomial(inverse, LARGE_UPPER) / polynomial(inverse, LARGE_LOWER)
        scaled = (1.0 / ROOT_PI - inverse * rest) / z
    elif z > SMALL:
        scaled = polynomial(z, MIDDLE_UPPER) / polynomial(z, MIDDLE_LOWER)
    else:
        error = z * polynomial(square, SMALL_UPPER) / polynomial(square, SMALL_LOWER)
        scaled = math.exp(square) * (1.0 - error)
    return ROOT_HALF_PI * scaled


@njit
def pdf(x):
    """Return the density ``n(x) = exp(-x**2 / 2) / sqrt(2 pi)``."""
    if abs(x) > UNDERFLOW:
        return 0.0
    # The square of a multiple of 1/16 is exact, so the exponent loses nothing to rounding.
    coarse = math.floor(16.0 * x) / 16.0
    fine = (x - coarse) * (x + coarse)
    return math.exp(-0.5 * coarse * coarse) * math.exp(-0.5 * fine) / ROOT_TWO_PI


@njit
def cdf(x):
    """Return the distribution function ``N(x)``."""
    tail = pdf(x) * mills(abs(x))
    return tail if x < 0.0 else 1.0 - tail
