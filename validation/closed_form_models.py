"""The closed forms of touches, barriers, jumps, Heston and spreads against many digits.

Claim   Touches, single and double knock-outs, Kou and Heston prices are exact to rounding, in
        units of the strike, also at low volatility and where Feller's condition is broken; Merton's
        series and transform agree; Kirk's price of a spread is off by what the table says.
Method  Sum the images of the path, and integrate the moments along a straight line, to 40 digits on
        seeded contracts; integrate the spread over one asset given the other.
Writes  nothing

    python -m validation.closed_form_models
"""

import sys
from collections.abc import Callable

import mpmath as mp
import numpy as np

from pdesolve import black_76
from pdesolve.formulas.barriers import BarrierTerms, barrier_price, double_knock_out_price
from pdesolve.formulas.digitals import one_touch_price
from pdesolve.formulas.exchange import kirk_approximate_price
from pdesolve.formulas.heston_integral import SquareRootVariance, heston
from pdesolve.formulas.jumps import ExponentialJumps, NormalJumps, kou, merton, merton_price

DIGITS = 40
N_CONTRACTS, N_INTEGRALS = 60, 5
LARGEST_ERROR = 1e-14  # of the strike
KIRK_ERROR = 1e-3  # of the forward


def markets(n: int, seed: int) -> np.ndarray:
    """Rows of log spot over strike, years, vol, rate and yield."""
    draw = np.random.default_rng(seed).uniform
    vol, years = 10.0 ** draw(-2, 0, n), draw(0.02, 3.0, n)
    spot = draw(-2.0, 2.0, n) * vol * np.sqrt(years)
    return np.column_stack([spot, years, vol, draw(-0.02, 0.1, n), draw(0.0, 0.1, n)])


def surviving_call(x: float, edges: tuple[float, float], starts: list, market: list) -> mp.mpf:
    """Return a call on spot ``exp(x)`` struck at 1, paid where log spot ends between two edges.

    ``starts`` holds where images of the path start, relative to it, and their signs.
    """
    years, vol, rate, div_yield = map(mp.mpf, market)
    s, drift = vol * mp.sqrt(years), (rate - div_yield - vol**2 / 2) * years
    total = mp.mpf(0)
    for start, sign in starts:
        low, high = ((edge - x - start - drift) / s for edge in edges)
        weight = sign * mp.exp(start * drift / s**2)
        cash = mp.ncdf(high) - mp.ncdf(low)
        asset = mp.exp(x + start + drift + s**2 / 2) * (mp.ncdf(high - s) - mp.ncdf(low - s))
        total += weight * mp.exp(-rate * years) * (asset - cash)
    return total


def named(market: list) -> dict[str, float]:
    return dict(zip(("vol", "rate", "div_yield"), market[1:], strict=True))


def knock_out_error(x: float, market: list) -> mp.mpf:
    """Return the error of an up-and-out call whose barrier is a deviation away."""
    h = max(x, 0.0) + market[1] * np.sqrt(market[0])
    spot, level = np.exp(x), np.exp(h)
    log_spot, log_level = mp.log(spot), mp.log(level)
    starts = [(0, 1), (2 * (log_level - log_spot), -1)]
    expected = surviving_call(log_spot, (mp.mpf(0), log_level), starts, market)
    barrier = BarrierTerms(level, "up_out")
    return barrier_price(spot, 1.0, market[0], barrier=barrier, **named(market)) - expected


def double_error(x: float, market: list) -> mp.mpf:
    """Return the error of a call between two barriers, from half to two deviations away."""
    s = market[1] * np.sqrt(market[0])
    spot, pair = np.exp(x), (np.exp(min(x, 0.0) - 0.5 * s), np.exp(max(x, 0.0) + s))
    log_spot, low, high = mp.log(spot), mp.log(pair[0]), mp.log(pair[1])
    period = 2 * (high - low)
    starts = [(n * period, 1) for n in range(-12, 13)]
    starts += [(2 * (low - log_spot) + n * period, -1) for n in range(-12, 13)]
    expected = surviving_call(log_spot, (mp.mpf(0), high), starts, market)
    found = double_knock_out_price(spot, 1.0, market[0], barriers=pair, **named(market))
    return found - expected


def touch_error(x: float, market: list) -> mp.mpf:
    """Return the error of cash at the touch of a barrier at 1."""
    spot = np.exp(x)
    years, vol, rate, div_yield = map(mp.mpf, market)
    s, h = vol * mp.sqrt(years), mp.log(spot)
    a, m = abs(h) / s, -mp.sign(h) * (rate - div_yield - vol**2 / 2) * years / s
    g = mp.sqrt(m**2 + 2 * rate * years)
    expected = mp.exp(a * (m - g)) * mp.ncdf(g - a) + mp.exp(a * (m + g)) * mp.ncdf(-a - g)
    direction = "up" if x < 0.0 else "down"
    found = one_touch_price(spot, 1.0, market[0], direction=direction, **named(market))
    return found - mp.re(expected)


def largest(error: Callable[[float, list], mp.mpf], seed: int) -> float:
    """Return the largest of the errors on seeded contracts."""
    with mp.workdps(DIGITS):
        rows = markets(N_CONTRACTS, seed).tolist()
        return float(max(abs(error(x, market)) for x, *market in rows))


def straight_call(x: float, log_moment: Callable[[mp.mpc], mp.mpc]) -> float:
    """Return a call on a forward ``exp(x)`` struck at 1, integrated along ``Re p = 1/2``."""

    def integrand(u: mp.mpf) -> mp.mpf:
        p = mp.mpc(0.5, u)
        return (mp.exp(p * x + log_moment(p)) / (p * (1 - p))).real

    ends = [0, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120]
    return float(mp.exp(x) - mp.quad(integrand, ends) / mp.pi)


def heston_moment(p: mp.mpc, years: float, variance: list) -> mp.mpc:
    """Return the log of a moment by the formula of Heston (1993), in the stable form."""
    initial, speed, level, own, correlation = variance
    pull = speed - correlation * own * p
    root = mp.sqrt(pull**2 - own**2 * p * (p - 1))
    g, fade = (pull - root) / (pull + root), mp.exp(-root * years)
    inflow = (pull - root) * years - 2 * mp.log((1 - g * fade) / (1 - g))
    start = (pull - root) * (1 - fade) / (1 - g * fade)
    return (speed * level * inflow + initial * start) / mp.mpf(own) ** 2


def heston_error() -> float:
    """Return the largest error of Heston prices, Feller's condition broken."""
    draw, worst = np.random.default_rng(3).uniform, 0.0
    for _ in range(N_INTEGRALS):
        x, years = draw(-0.5, 0.5), draw(0.2, 2.0)
        variance = [
            draw(0.01, 0.2),
            draw(0.2, 2.0),
            draw(0.01, 0.1),
            draw(0.5, 1.5),
            draw(-0.9, 0.5),
        ]
        expected = straight_call(x, lambda p, t=years, v=variance: heston_moment(p, t, v))
        found = heston(np.exp(x), 1.0, years, variance=SquareRootVariance(*variance)).price
        worst = max(worst, abs(found - expected))
    return worst


def kou_moment(p: mp.mpc, years: float, vol: float, law: list) -> mp.mpc:
    """Return the log of a moment from Kou (2002), equations 2 and 3."""
    intensity, share, up, down = law

    def jump(q: mp.mpc) -> mp.mpc:
        return share * up / (up - q) + (1 - share) * down / (down + q)

    diffusion = mp.mpf(vol) ** 2 / 2 * p * (p - 1)
    return years * (diffusion + intensity * (jump(p) - 1 - p * (jump(mp.mpf(1)) - 1)))


def kou_error() -> float:
    """Return the largest error of Kou prices."""
    draw, worst = np.random.default_rng(4).uniform, 0.0
    for _ in range(N_INTEGRALS):
        x, years, vol = draw(-0.5, 0.5), draw(0.2, 2.0), draw(0.1, 0.4)
        law = [draw(0.1, 3.0), draw(0.0, 1.0), draw(3.0, 20.0), draw(2.0, 20.0)]
        expected = straight_call(x, lambda p, t=years, v=vol, j=law: kou_moment(p, t, v, j))
        found = kou(np.exp(x), 1.0, years, jumps=ExponentialJumps(*law), vol=vol).price
        worst = max(worst, abs(found - expected))
    return worst


def merton_error() -> float:
    """Return the largest difference of Merton's series and the transform, in strikes."""
    x, years, vol, rate, div_yield = markets(N_CONTRACTS, 5).T
    draw = np.random.default_rng(6).uniform
    jumps = NormalJumps(*draw([[0.0], [-0.5], [0.02]], [[5.0], [0.2], [0.4]], (3, N_CONTRACTS)))
    terms = {"jumps": jumps, "vol": 0.05 + vol, "rate": rate, "div_yield": div_yield}
    series = merton_price(np.exp(x), 1.0, years, **terms)
    return float(np.max(abs(merton(np.exp(x), 1.0, years, **terms).price - series)))


def spread(strike: float, vols: tuple[float, float], correlation: float) -> float:
    """Return a call on ``F1 - F2``, both 100, over a year (Pearson, *J. Derivatives* 3, 1995)."""
    z = np.linspace(-9.0, 9.0, 4001)
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) * (z[1] - z[0])
    shared, own = correlation * vols[0], vols[0] * np.sqrt(1.0 - correlation**2)
    first = 100.0 * np.exp(shared * z - 0.5 * shared**2)
    second = 100.0 * np.exp(vols[1] * z - 0.5 * vols[1] ** 2)
    return float(density @ black_76(first, second + strike, 1.0, vol=own).price)


def kirk_errors() -> np.ndarray:
    """Rows of strike, correlation, the spread, and Kirk's price less it."""
    rows = []
    for strike in (0.0, 5.0, 20.0):
        for correlation in (-0.5, 0.5, 0.9):
            terms = {"vols": (0.3, 0.2), "correlation": correlation}
            exact = spread(strike, **terms)
            kirk = kirk_approximate_price(100.0, 100.0, 1.0, strike=strike, **terms)
            rows.append((strike, correlation, exact, kirk - exact))
    return np.array(rows)


def main() -> int:
    errors = {
        "touch": largest(touch_error, 0),
        "knock-out": largest(knock_out_error, 1),
        "double knock-out": largest(double_error, 2),
        "Heston": heston_error(),
        "Kou": kou_error(),
        "Merton, series and transform": merton_error(),
    }
    print(f"{'largest error, in strikes':>30}")
    for name, error in errors.items():
        print(f"{name:>30}{error:>12.1e}")

    kirk = kirk_errors()
    print(f"{'strike':>8}{'correlation':>13}{'spread':>10}{'Kirk is off by':>16}")
    for strike, correlation, exact, error in kirk:
        print(f"{strike:>8.0f}{correlation:>13.1f}{exact:>10.4f}{error:>16.1e}")

    exact_without_strike = np.all(abs(kirk[kirk[:, 0] == 0.0, 3]) < 1e-12)
    near = abs(kirk[:, 3]).max() <= 100.0 * KIRK_ERROR
    holds = max(errors.values()) <= LARGEST_ERROR and exact_without_strike and near
    print("holds" if holds else "FAILS")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
