"""Three-point weights of the first and second derivative on nodes of any spacing.

Claim   The kernels hold the only weights that are exact for parabolas.  With steps ``a`` below and
        ``b`` above a node, the first derivative is of second order on any spacing; the second is
        of first order on any spacing and of second order on nodes that a smooth map spreads.
Method  Solve for the weights with sympy and expand what they leave of a Taylor series, in the
        steps and in the step of the mapped coordinate; compare with the kernels on random nodes;
        fit the order of both kernels on alternating and on sinh-mapped nodes.
Writes  nothing

    python -m validation.stencils
"""

import sys
from collections.abc import Callable

import numpy as np
import sympy as sp

from pdesolve.kernels.stencil import first_derivative, second_derivative

BELOW, ABOVE, STEP = sp.symbols("a b eta", positive=True)
KERNELS = {1: first_derivative, 2: second_derivative}
TERMS = 5  # derivatives of f that are kept
N_NODES = np.array([81, 161, 321, 641])

LARGEST_DIFFERENCE = 1e-14  # relative: room for another order of the same few operations
ORDERS = {1: (2, 2), 2: (1, 2)}  # on any spacing, on mapped nodes
LARGEST_MISFIT = 0.1


def weights(derivative: int) -> sp.Matrix:
    """Return the weights below, at and above the node that are exact for 1, x and x squared."""
    powers = sp.Matrix(3, 3, lambda power, node: [-BELOW, 0, ABOVE][node] ** power)
    exact = sp.Matrix([sp.factorial(derivative) if n == derivative else 0 for n in range(3)])
    return powers.solve(exact).applyfunc(sp.factor)


def errors(derivative: int) -> dict[int, sp.Expr]:
    """Return what the weights make of each derivative of ``f`` above the second."""
    below, _, above = weights(derivative)
    return {
        n: sp.factor((below * (-BELOW) ** n + above * ABOVE**n) / sp.factorial(n))
        for n in range(3, TERMS + 1)
    }


def order(error: dict[int, sp.Expr], below: sp.Expr, above: sp.Expr) -> int:
    """Return the power of ``STEP`` with which the error falls for these steps."""
    total = sum(
        term.subs({BELOW: below, ABOVE: above}) * sp.Symbol(f"f{n}") for n, term in error.items()
    )
    return min(power for (power,) in sp.Poly(total, STEP).monoms())


def orders(derivative: int) -> tuple[int, int]:
    """Return the orders on any spacing, and where ``x(xi)`` spreads evenly spaced ``xi``."""
    ratio, *slopes = sp.symbols("ratio x1 x2 x3 x4", positive=True)
    error = errors(derivative)
    above = sum(slope * STEP**n / sp.factorial(n) for n, slope in enumerate(slopes, 1))
    below = -above.subs(STEP, -STEP)
    return order(error, STEP, ratio * STEP), order(error, below, above)


def difference(derivative: int) -> float:
    """Return the largest relative difference from the kernel on random nodes."""
    x = np.cumsum(np.random.default_rng(derivative).uniform(0.01, 1.0, 1000))
    steps = np.diff(x)
    derived = sp.lambdify((BELOW, ABOVE), list(weights(derivative)))(steps[:-1], steps[1:])
    found = np.empty((3, x.size))
    KERNELS[derivative](x, found)
    return float(np.max(abs(found[:, 1:-1] / np.array(derived) - 1.0)))


def alternating(n_nodes: int) -> np.ndarray:
    """Return nodes on [0, 1] whose steps are in turn one part and two parts."""
    x = np.cumsum(np.resize([1.0, 2.0], n_nodes))
    return (x - x[0]) / (x[-1] - x[0])


def mapped(n_nodes: int) -> np.ndarray:
    """Return nodes on [0, 1] closest at the middle, spread by a hyperbolic sine."""
    return 0.5 + 0.5 * np.sinh(np.linspace(-2.0, 2.0, n_nodes)) / np.sinh(2.0)


def fitted_order(derivative: int, nodes: Callable[[int], np.ndarray]) -> float:
    """Return the order at which the kernel's derivative of ``exp(x)`` converges."""
    largest = []
    for n_nodes in N_NODES:
        x = nodes(n_nodes)
        found = np.empty((3, x.size))
        KERNELS[derivative](x, found)
        f = np.exp(x)
        inner = found[0, 1:-1] * f[:-2] + found[1, 1:-1] * f[1:-1] + found[2, 1:-1] * f[2:]
        largest.append(abs(inner - f[1:-1]).max())
    return float(-np.polyfit(np.log(N_NODES - 1), np.log(largest), 1)[0])


def main() -> int:
    holds = True
    print(
        f"{'derivative':>10}{'orders derived':>16}{'fitted':>12}{'from kernel':>13}  leading error"
    )
    for derivative in KERNELS:
        derived = orders(derivative)
        fitted = [fitted_order(derivative, nodes) for nodes in (alternating, mapped)]
        apart = difference(derivative)
        print(
            f"{derivative:>10}{derived!s:>16}{fitted[0]:>7.2f}{fitted[1]:>5.2f}{apart:>13.1e}"
            f"  {errors(derivative)[3]} f''' + ({errors(derivative)[4]}) f''''"
        )
        holds = holds and derived == ORDERS[derivative] and apart <= LARGEST_DIFFERENCE
        holds = holds and np.allclose(fitted, derived, rtol=0.0, atol=LARGEST_MISFIT)
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
