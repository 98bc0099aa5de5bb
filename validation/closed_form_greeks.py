"""The closed-form price and Greeks against their derivation, symbolically and to 60 digits.

Claim   The Black–Scholes formula is the discounted expectation of the payoff and solves the
        Black–Scholes equation; `black_scholes` returns it and its derivatives with an error of at
        most 10 roundings, in the middle and 30 standard deviations out.
Method  Integrate the payoff over the normal density and differentiate the result with sympy;
        compare at 60 digits on seeded contracts.  One rounding of a number ``g`` is what the last
        places of itself and of its arguments ``p`` are worth: ``eps (|g| + sum |p dg/dp|)``.
Writes  nothing

    python -m validation.closed_form_greeks
"""

import sys
from dataclasses import astuple

import mpmath
import numpy as np
import sympy as sp

from pdesolve import Greeks, Right, black_scholes

SPOT, STRIKE, YEARS, VOL = sp.symbols("S K T sigma", positive=True)
RATE, YIELD = sp.symbols("r q", real=True)
ARGUMENTS = (SPOT, STRIKE, YEARS, VOL, RATE, YIELD)

N_CONTRACTS = 150
DIGITS = 60
SMALLEST = 1e-290  # below it doubles begin to lose digits

LARGEST_ERROR = 10.0


def normal(x: sp.Expr) -> sp.Expr:
    """Return the normal distribution function."""
    return sp.erfc(-x / sp.sqrt(2)) / 2


def expectation_above(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """Return the expectation of ``exp(a z)`` where a normal ``z`` exceeds ``b``."""
    return sp.exp(a**2 / 2) * normal(a - b)


def integral_holds() -> bool:
    """Whether `expectation_above` is the integral that it stands for."""
    a, b, z = sp.symbols("a b z", real=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    integral = sp.integrate(sp.exp(a * z) * density, (z, b, sp.oo))
    return sp.simplify((integral - expectation_above(a, b)).rewrite(sp.erf)) == 0


def price(sign: int) -> sp.Expr:
    """Return the discounted expectation of ``max(sign (S exp(m + s z) - K), 0)``, ``z`` normal."""
    s = VOL * sp.sqrt(YEARS)
    m = (RATE - YIELD - VOL**2 / 2) * YEARS
    exercised_above = -sign * (sp.log(SPOT / STRIKE) + m) / s
    received = SPOT * sp.exp(m - RATE * YEARS) * expectation_above(sign * s, exercised_above)
    paid = STRIKE * sp.exp(-RATE * YEARS) * expectation_above(sp.S.Zero, exercised_above)
    return sign * (sp.powsimp(received) - paid)


def derivatives(value: sp.Expr) -> Greeks:
    """Return the price and its derivatives; calendar time runs against time to expiry."""
    delta, vega = sp.diff(value, SPOT), sp.diff(value, VOL)
    return Greeks(
        price=value,
        delta=delta,
        gamma=sp.diff(delta, SPOT),
        theta=-sp.diff(value, YEARS),
        vega=vega,
        rho=sp.diff(value, RATE),
        dividend_rho=sp.diff(value, YIELD),
        vanna=sp.diff(delta, VOL),
        volga=sp.diff(vega, VOL),
        charm=-sp.diff(delta, YEARS),
    )


def residual(greeks: Greeks) -> sp.Expr:
    """Return what the formula leaves of the Black–Scholes equation."""
    drift = (RATE - YIELD) * SPOT * greeks.delta
    diffusion = VOL**2 * SPOT**2 * greeks.gamma / 2
    return sp.simplify(greeks.theta + drift + diffusion - RATE * greeks.price)


def contracts() -> np.ndarray:
    """Rows of spot, strike, years, vol, rate and yield; up to 30 deviations off the strike."""
    draw = np.random.default_rng(0).uniform
    strike, years = 10.0 ** draw(-1, 5, N_CONTRACTS), 10.0 ** draw(-4, 1, N_CONTRACTS)
    vol = 10.0 ** draw(-2, 0.5, N_CONTRACTS)
    rate, dividend_yield = draw(-0.1, 0.2, (2, N_CONTRACTS))
    deviations = draw(-1, 1, N_CONTRACTS) * np.resize([0.1, 3.0, 30.0], N_CONTRACTS)
    spot = strike * np.exp(deviations * vol * np.sqrt(years) - (rate - dividend_yield) * years)
    return np.column_stack([spot, strike, years, vol, rate, dividend_yield])


def exact(greeks: Greeks, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the Greeks of each contract, and one rounding of each: (contracts, 10) both."""
    formulas = astuple(greeks)
    slopes = [p * sp.diff(formula, p) for formula in formulas for p in ARGUMENTS]
    evaluate = sp.lambdify(ARGUMENTS, [*formulas, *slopes], "mpmath", cse=True)
    with mpmath.workdps(DIGITS):
        numbers = np.array([evaluate(*map(mpmath.mpf, row.tolist())) for row in rows])
    values, flat = np.split(numbers, [len(formulas)], axis=1)
    moved = abs(flat).reshape(*values.shape, len(ARGUMENTS)).sum(axis=2)
    return values, np.finfo(float).eps * (abs(values) + moved)


def largest_errors(greeks: Greeks, right: Right) -> np.ndarray:
    """Return the largest errors of the ten numbers; columns relative and in roundings."""
    rows = contracts()
    spot, strike, years, vol, rate, dividend_yield = rows.T
    found = black_scholes(
        spot, strike, years, vol=vol, rate=rate, div_yield=dividend_yield, right=right
    )
    values, rounding = exact(greeks, rows)
    errors = np.where(abs(values) > SMALLEST, abs(np.column_stack(astuple(found)) - values), 0.0)
    relative, roundings = errors / abs(values), errors / rounding
    return np.array([relative.max(axis=0), roundings.max(axis=0)], dtype=float)


def main() -> int:
    derived, errors = integral_holds(), np.zeros((2, len(Greeks.__slots__)))
    for right in Right:
        greeks = derivatives(price(int(right)))
        derived = derived and residual(greeks) == 0
        errors = np.maximum(errors, largest_errors(greeks, right))

    print(f"the formula is the expectation and solves the equation: {derived}")
    print(f"{'largest error':>16}{'relative':>12}{'in roundings':>14}")
    for name, relative, roundings in zip(Greeks.__slots__, *errors, strict=True):
        print(f"{name:>16}{relative:>12.1e}{roundings:>14.1f}")

    holds = derived and errors[1].max() <= LARGEST_ERROR
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
