"""Slow and obvious versions of what the library does fast."""

from math import comb

import numpy as np
from numpy.polynomial import Polynomial


def polynomial(bernstein):
    """The cubic with these four Bernstein coefficients, in the powers of t."""
    t, rest = Polynomial([0.0, 1.0]), Polynomial([1.0, -1.0])
    return sum(b * comb(3, k) * t**k * rest ** (3 - k) for k, b in enumerate(bernstein))


def bernstein(cubic):
    """Bernstein coefficients of a cubic in the powers of t."""
    power = np.append(cubic.coef, np.zeros(4 - cubic.coef.size))
    return np.array(
        [sum(comb(j, i) / comb(3, i) * power[i] for i in range(j + 1)) for j in range(4)]
    )


def restricted(coefficients, start, stop):
    """The cubic on a part of its cell, by substitution."""
    inner = Polynomial([start, stop - start])
    return bernstein(polynomial(coefficients)(inner).trim(0.0))


def roots_inside(coefficients):
    """Real roots between 0 and 1, from the companion matrix."""
    found = polynomial(coefficients).roots()
    real = found[np.abs(found.imag) < 1e-9].real
    return np.sort(real[(real > 0.0) & (real < 1.0)])


def evaluate(curve, spots):
    """Value and derivative of a piecewise cubic, spot by spot."""
    values, slopes = [], []
    for spot in spots:
        cell = max(k for k in range(curve.error.size) if curve.knots[k] <= spot)
        width = curve.knots[cell + 1] - curve.knots[cell]
        cubic, t = polynomial(curve.bernstein[cell]), (spot - curve.knots[cell]) / width
        values.append(cubic(t))
        slopes.append(cubic.deriv()(t) / width)
    return np.array(values), np.array(slopes)


def least(curves, spots, *, side=0):
    """The least of the curves at each spot, each moved by ``side`` times its error."""
    lowest = np.full(spots.size, np.inf)
    for curve in curves:
        moved = curve(spots)
        if side:
            cell = np.searchsorted(curve.knots, spots, side="right") - 1
            moved += side * curve.error[np.minimum(cell, curve.error.size - 1)]
        np.minimum(lowest, moved, out=lowest)
    return lowest


def members(intervals, spots):
    """Which spots lie inside one of the intervals, given as pairs."""
    inside = np.zeros(spots.size, dtype=bool)
    for lower, upper in intervals:
        inside |= (spots > lower) & (spots < upper)
    return inside


def dense(bands):
    """The matrix of three bands, as rows of the march hold them."""
    return np.diag(bands[0, 1:], -1) + np.diag(bands[1]) + np.diag(bands[2, :-1], 1)


def step_system(bands, step, explicit, before, ends):
    """Matrix and right side of one theta step with both end rows given."""
    identity, operator = np.eye(before.size), dense(bands)
    matrix, known = identity - step * operator, before + explicit * step * operator @ before
    matrix[[0, -1]], known[[0, -1]] = identity[[0, -1]], ends
    return matrix, known


def held_above(matrix, known, floor):
    """The values at or above the floor that solve each row wherever they are above it.

    Policy iteration: rows whose value is below the floor are held, rows that would pay more than
    the floor are released, until nothing changes.
    """
    held = np.zeros(known.size, dtype=bool)
    for _ in range(100):
        policy = np.where(held[:, None], np.eye(known.size), matrix)
        values = np.linalg.solve(policy, np.where(held, floor, known))
        slack = matrix @ values - known
        now = np.where(held, slack > 0.0, values < floor)
        if np.array_equal(now, held):
            return values
        held = now
    raise AssertionError("policy iteration did not settle")
