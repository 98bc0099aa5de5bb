"""Marches on a plane by alternating directions: one axis implicit at a time.

``dV/dtau = (A0 + A1 + A2) V`` on ``m`` nodes along the first axis and ``w`` across, contiguous:

    A1 = half (S^2 d2/dS2) + drift (S d/dS) - decay,    A2 = bands across,
    A0 = mixed (S d/dS) d/dy,

with ``half``, ``drift``, ``decay`` and ``mixed`` functions of the second coordinate ``y`` only.
``rows`` is the triple ``(along, rates, across)``:

``along``   (m, 6): weights of the node before, the node, the node after in ``S d/dS``, then in
            ``S^2 d2/dS2``; 0 in the end nodes, whose values are given.
``rates``   (4, w): ``HALF, DRIFT, MIXED, DECAY`` per year.
``across``  (7, w): three weights of ``d/dy`` for the mixed derivative, three bands of ``A2`` per
            year, and in the first entry of the last row what the first node takes from the third.

In a step of ``dt`` every stage is solved for a change of values, so that end nodes carry the change
of what is given there.  ``work`` (6, m, w) and ``lines`` (w, 4 + LANES) are overwritten.
"""

import numpy as np

from pdesolve._jit import inner, njit

# The share of a step that is implicit in each direction, of the modified Craig-Sneyd scheme: the
# least for which it is stable with a mixed derivative of any correlation (in 't Hout and Mishra,
# *Math. Comput. Simul.* 81, 2011).
THETA = 1.0 / 3.0
# Steps from expiry taken as two implicit half steps: they keep a kink of the payoff from ringing.
DAMPING = 2
LANES = 8  # lines solved side by side where they lie along the contiguous axis
HALF, DRIFT, MIXED, DECAY = range(4)
# The layers of ``work``.
BEFORE, INVERSE, AFTER, CHANGE, KNOWN, MULTIPLIER = range(6)


@inner
def generate(rows, mixed, rest, values, out):
    """Add ``(mixed A0 + rest (A1 + A2)) values`` to ``out`` (m, w), end rows aside."""
    along, rates, across = rows
    m, w = values.shape
    slope = np.empty(w)
    for i in range(1, m - 1):
        below, here, above, to = values[i - 1], values[i], values[i + 1], out[i]
        near = along[i]
        for j in range(w):
            slope[j] = near[0] * below[j] + near[1] * here[j] + near[2] * above[j]
            bend = near[3] * below[j] + near[4] * here[j] + near[5] * above[j]
            drift = rates[HALF, j] * bend + rates[DRIFT, j] * slope[j] - rates[DECAY, j] * here[j]
            to[j] += rest * drift
        for j in range(1, w - 1):
            cross = across[0, j] * slope[j - 1] + across[1, j] * slope[j]
            cross += across[2, j] * slope[j + 1]
            side = across[3, j] * here[j - 1] + across[4, j] * here[j] + across[5, j] * here[j + 1]
            to[j] += mixed * rates[MIXED, j] * cross + rest * side
        first = across[4, 0] * here[0] + across[5, 0] * here[1] + across[6, 0] * here[2]
        last = across[3, w - 1] * here[w - 2] + across[4, w - 1] * here[w - 1]
        to[0] += rest * first
        to[w - 1] += rest * last


@inner
def factor_along(along, rates, step, factors):
    """Factor ``I - step A1`` of every line along the first axis into ``factors[:3]`` (3, m, w)."""
    m, w = factors.shape[1:]
    for j in range(w):
        factors[AFTER, 0, j] = 0.0
    for i in range(1, m - 1):
        near = along[i]
        lower, inverse, upper = factors[BEFORE, i], factors[INVERSE, i], factors[AFTER, i]
        above = factors[AFTER, i - 1]
        for j in range(w):
            half, drift = step * rates[HALF, j], step * rates[DRIFT, j]
            low = -half * near[3] - drift * near[0]
            pivot = 1.0 - half * near[4] - drift * near[1] + step * rates[DECAY, j]
            pivot -= low * above[j]
            inverse[j] = 1.0 / pivot
            lower[j] = low * inverse[j]
            upper[j] = -(half * near[5] + drift * near[2]) * inverse[j]


@inner
def sweep_along(factors, values):
    """Solve the lines along the first axis for ``values`` (m, w); the end rows are given."""
    m, w = values.shape
    for i in range(1, m - 1):
        lower, inverse = factors[BEFORE, i], factors[INVERSE, i]
        before, here = values[i - 1], values[i]
        for j in range(w):
            here[j] = here[j] * inverse[j] - lower[j] * before[j]
    for i in range(m - 2, 0, -1):
        upper, here, after = factors[AFTER, i], values[i], values[i + 1]
        for j in range(w):
            here[j] -= upper[j] * after[j]


@inner
def factor_across(across, step, lines):
    """Factor ``I - step A2`` into ``lines[:, :4]``; it is the same on all lines across.

    The first row takes from the third node what the second row, taken ``lines[0, 3]`` times, holds.
    """
    third = -step * across[6, 0]
    share = 0.0 if third == 0.0 else third / (-step * across[5, 1])
    lines[0, 3] = share
    lines[0, 0] = 0.0
    lines[0, 1] = 1.0 / (1.0 - step * across[4, 0] + share * step * across[3, 1])
    lines[0, 2] = (-step * across[5, 0] - share * (1.0 - step * across[4, 1])) * lines[0, 1]
    for j in range(1, lines.shape[0]):
        low = -step * across[3, j]
        lines[j, 1] = 1.0 / (1.0 - step * across[4, j] - low * lines[j - 1, 2])
        lines[j, 0] = low * lines[j, 1]
        lines[j, 2] = -step * across[5, j] * lines[j, 1]


@inner
def sweep_across(lines, values):
    """Solve the lines across for ``values`` (m, w), LANES of them side by side."""
    m, w = values.shape
    block = lines[:, 4:]
    for start in range(0, m, LANES):
        chosen = values[start : start + LANES]
        for k in range(chosen.shape[0]):
            for j in range(w):
                block[j, k] = chosen[k, j]
        solve_block(lines, block)
        for k in range(chosen.shape[0]):
            for j in range(w):
                chosen[k, j] = block[j, k]


@inner
def solve_block(lines, block):
    """Solve LANES lines across, which stand side by side in ``block`` (w, LANES)."""
    last = block.shape[0] - 1
    for k in range(LANES):
        block[0, k] = (block[0, k] - lines[0, 3] * block[1, k]) * lines[0, 1]
    for j in range(1, last + 1):
        low, inverse = lines[j, 0], lines[j, 1]
        for k in range(LANES):
            block[j, k] = block[j, k] * inverse - low * block[j - 1, k]
    for j in range(last - 1, -1, -1):
        upper = lines[j, 2]
        for k in range(LANES):
            block[j, k] -= upper * block[j + 1, k]


@inner
def press(before, floor, dt, multiplier, known):
    """Let the multiplier pay for what the equation takes from values at the floor.

    ``known`` is the change of an explicit step; all are (m, w), the multiplier per year.
    """
    m, w = before.shape
    for i in range(1, m - 1):
        for j in range(w):
            short = max(-known[i, j], 0.0) if before[i, j] <= floor[i, j] else 0.0
            multiplier[i, j] = short / dt
            known[i, j] += short


@inner
def hold(before, floor, dt, change, multiplier, known):
    """Hold ``before + change`` above the floor, and let the multiplier pay for it.

    The multiplier is what exercise adds to the equation per year.  It entered the stage as it was,
    and is corrected with the values, so that where it is positive these are at the floor (Ikonen
    and Toivanen, *Numer. Math.* 113, 2009); what the correction adds goes to ``known`` as well.
    All are (m, w).  With a floor of minus infinity nothing happens.
    """
    m, w = change.shape
    for i in range(1, m - 1):
        for j in range(w):
            free = before[i, j] + change[i, j]
            held = max(free - dt * multiplier[i, j], floor[i, j])
            multiplier[i, j] = max(multiplier[i, j] + (floor[i, j] - free) / dt, 0.0)
            change[i, j] = held - before[i, j]
            known[i, j] += held - free


@inner
def copy(values, out):
    """Write ``out = values``, both (m, w)."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = values[i, j]


@inner
def adi_step(rows, floor, dt, stages, before, work, lines, after):
    """Write ``after`` by a step of one or two stages.

    With two, it is the modified Craig-Sneyd scheme, of second order with the mixed derivative (in
    't Hout and Welfert, *Appl. Numer. Math.* 59, 2009).  For the change ``d`` of the first stage,
    ``(I - theta dt A1)(I - theta dt A2) d = dt A before``; that of the second has ``dt A before +
    dt (A / 2 - theta (A1 + A2)) d`` on its right.  With one, which damps, ``theta`` is 1.

    ``floor``, ``before``, ``after`` (m, w), ``dt`` in years; the end rows of the layer KNOWN of
    ``work`` hold their change.
    """
    along, rates, across = rows
    theta = THETA if stages == 2 else 1.0
    factor_along(along, rates, theta * dt, work)
    factor_across(across, theta * dt, lines)
    source, change, known, multiplier = before, work[CHANGE], work[KNOWN], work[MULTIPLIER]
    for i in range(1, known.shape[0] - 1):
        for j in range(known.shape[1]):
            known[i, j] = 0.0
    mixed, rest = dt, dt
    for stage in range(stages):
        generate(rows, mixed, rest, source, known)
        if stage == 0:
            press(before, floor, dt, multiplier, known)
        copy(known, change)
        sweep_along(work, change)
        sweep_across(lines, change)
        hold(before, floor, dt, change, multiplier, known)
        source, mixed, rest = change, 0.5 * dt, (0.5 - theta) * dt
    for i in range(after.shape[0]):
        for j in range(after.shape[1]):
            after[i, j] = before[i, j] + change[i, j]


@njit
def adi_march(rows, floor, times, edges, damping, levels):
    """Fill ``levels[1:]`` from ``levels[0]``.

    ``times`` (n + 1,) in years, ``edges`` (n + 1, 2): values of the first and the last row, up to a
    number each that does not change; the first ``damping`` steps are two implicit half steps;
    ``floor`` (m, w), ``levels`` (n + 1, m, w).
    """
    m, w = floor.shape
    work, lines = np.zeros((6, m, w)), np.zeros((w, 4 + LANES))
    for n in range(times.size - 1):
        parts = 2 if n < damping else 1
        dt, before = (times[n + 1] - times[n]) / parts, levels[n]
        for _ in range(parts):
            for j in range(w):
                work[KNOWN, 0, j] = (edges[n + 1, 0] - edges[n, 0]) / parts
                work[KNOWN, m - 1, j] = (edges[n + 1, 1] - edges[n, 1]) / parts
            adi_step(rows, floor, dt, 3 - parts, before, work, lines, levels[n + 1])
            before = levels[n + 1]
