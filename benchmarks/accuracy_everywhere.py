"""Errors on contracts of every kind, told or small; and whether a tolerance asked for is met.

Claim   On 2,000 random contracts of each exercise style an error above 1e-5 of the strike is
        flagged, which an estimate above 1e-5 does.  No value is NaN, below exercise or outside the
        bounds of no arbitrage; curves are monotone and convex.  At least 99 % of prices are within
        the tolerance asked for, from 1e-2 to 1e-6, and the rest are flagged.
Method  Wide set: one day to thirty years, volatility 1 to 300 %, rate -2 to 15 %, yield 0 to 15 %,
        spot 0.2 to 5 strikes, by three fresh seeds, on the default grids.  Truth is the closed
        form for European contracts and the engine on eight times the cells and steps for American
        ones.
        That truth is set against QdFp "high precision" on the first contracts, where QdFp can be
        relied on: where its two fixed-point equations agree to 1e-7 of the strike, which says
        nothing of our engine.
        Curves of the first 300 contracts on 400 spots from 0.2 to 5 strikes; a value may rise or
        bend the wrong way by the estimated errors of the values compared.
        Tolerances: on 1,000 contracts of the standard set by a fresh seed, half of them American,
        whose truth is the engine on twelve times the cells and steps.

    python -m benchmarks.accuracy_everywhere
"""

import sys
from functools import partial

import numpy as np
import QuantLib as ql
from numpy.typing import NDArray

from benchmarks import _quantlib as quantlib
from benchmarks._sample import FRESH_SEED, STRIKE, Floats, Sample, standard_set, wide_set
from benchmarks._table import Row, micro, show, small
from benchmarks._timing import cpu_seconds
from pdesolve import PriceSurfaces, Quote, Resolution, black_scholes_price, price, solve_many

SEEDS = (FRESH_SEED, FRESH_SEED + 1, FRESH_SEED + 2)
WIDE, CROSS_CHECKED, CURVES, TOLERANCES_ON = 2_000, 200, 300, 1_000
ALLOWED = 1e-5  # of the strike
FINE, FINEST = Resolution(1280, 224), Resolution(1920, 336)
CURVE = STRIKE * np.geomspace(0.2, 5.0, 400)
ROUNDING = 1e-12  # of the larger of spot and strike
RELIABLE, CROSS_CHECK = 1e-7, 1e-6  # of the strike
TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
LEAST_WITHIN = 0.99

Bools = NDArray[np.bool_]


def at_spots(sample: Sample, resolution: Resolution | None = None) -> PriceSurfaces:
    """Each contract at its own spot, on the default grids if none is given."""
    solve = partial(solve_many, sample.contracts, spots=sample.spots[:, None, None])
    return solve() if resolution is None else solve(resolution=resolution)


def european(sample: Sample) -> Floats:
    """Closed form, (c,)."""
    terms = sample.contracts
    exact = black_scholes_price(
        sample.spots,
        terms.strike,
        terms.expiry,
        vol=terms.volatility,
        rate=terms.rate,
        div_yield=terms.dividend_yield,
        right=terms.right,
    )
    return np.asarray(exact)


def truth(sample: Sample, resolution: Resolution) -> Floats:
    """Reference values (c,) of contracts of both exercise styles."""
    exact = european(sample)
    early = np.flatnonzero(sample.contracts.american)
    exact[early] = at_spots(sample.take(early), resolution).values[:, 0, 0]
    return exact


def bounds(sample: Sample) -> tuple[Floats, Floats]:
    """Least and largest value without arbitrage, (c,)."""
    terms = sample.contracts
    ahead = sample.spots * np.exp(-terms.dividend_yield * terms.expiry)
    money = terms.strike * np.exp(-terms.rate * terms.expiry)
    lowest = np.maximum(terms.right * (ahead - money), 0.0)
    exercise = np.maximum(terms.right * (sample.spots - terms.strike), 0.0)
    lowest = np.where(terms.american, np.maximum(lowest, exercise), lowest)
    call = terms.right > 0.0
    highest = np.where(call, ahead, money)
    at_once = np.where(call, sample.spots, terms.strike)
    return lowest, np.where(terms.american, np.maximum(highest, at_once), highest)


def outside(sample: Sample, values: Floats) -> int:
    """How many values break a bound by more than rounding."""
    lowest, highest = bounds(sample)
    room = ROUNDING * np.maximum(sample.spots, sample.contracts.strike)
    return int(np.count_nonzero((values < lowest - room) | (values > highest + room)))


def counted(name: str, count: int, of: int) -> Row:
    """A row for what must never happen."""
    return Row(name, (f"{count} of {of:,}", ""), "none", count == 0)


def wide_rows(seed: int, *, american: bool) -> list[Row]:
    """Errors, flags and bounds on the wide set."""
    sample = wide_set(seed, WIDE, american=american)
    solved = at_spots(sample)
    values, estimates = solved.values[:, 0, 0], solved.errors[:, 0, 0] / STRIKE
    exact = truth(sample, FINE)
    errors = np.abs(values - exact) / STRIKE
    beyond, flagged = errors > ALLOWED, estimates > ALLOWED
    style = "American" if american else "European"
    rows = [
        Row(f"{style}, wide set, seed {seed}"),
        Row("error of the strike, 99 % and most", _quantiles(errors)),
        Row("flagged", (f"{flagged.sum()} of {WIDE:,}", f"{(beyond & flagged).sum()} with reason")),
        counted("above 1e-5, not flagged", int(np.count_nonzero(beyond & ~flagged)), WIDE),
        counted("NaN", int(np.isnan(values).sum()), WIDE),
        counted("outside the bounds of no arbitrage", outside(sample, values), WIDE),
        *curve_rows(sample.take(np.arange(CURVES))),
    ]
    return [*rows, cross_check(sample, exact)] if american and seed == FRESH_SEED else rows


def _quantiles(errors: Floats) -> tuple[str, str]:
    return small(float(np.quantile(errors, 0.99))), small(float(errors.max()))


def curve_rows(sample: Sample) -> list[Row]:
    """Curves that fall where they should rise, or bend the wrong way."""
    solved = solve_many(sample.contracts, spots=CURVE)
    values, errors = solved.values[:, 0], solved.errors[:, 0]
    room = errors + ROUNDING * np.maximum(CURVE, STRIKE)
    rises = sample.contracts.right[:, None] * np.diff(values, axis=1)
    wrong = rises < -(room[:, 1:] + room[:, :-1])
    # The value between two spots is never above their chord.
    share = (CURVE[1:-1] - CURVE[:-2]) / (CURVE[2:] - CURVE[:-2])

    def on_chord(columns: Floats) -> Floats:
        return (1.0 - share) * columns[:, :-2] + share * columns[:, 2:]

    bent = values[:, 1:-1] > on_chord(values) + room[:, 1:-1] + on_chord(room)
    return [
        counted("curves not monotone", _broken(wrong), len(sample)),
        counted("curves not convex", _broken(bent), len(sample)),
    ]


def _broken(found: Bools) -> int:
    return int(np.count_nonzero(found.any(axis=1)))


def cross_check(sample: Sample, exact: Floats) -> Row:
    """Our truth against QdFp where its two equations agree."""
    part = sample.take(np.arange(CROSS_CHECKED))
    one, other = (
        qdfp_values(part, equation)
        for equation in (ql.QdFpAmericanEngine.FP_A, ql.QdFpAmericanEngine.FP_B)
    )
    reliable = np.abs(one - other) <= RELIABLE * STRIKE
    largest = float(np.abs(one - exact[:CROSS_CHECKED])[reliable].max()) / STRIKE
    return Row(
        "truth less QdFp, of the strike, at most",
        (small(largest), f"on {reliable.sum()} of {CROSS_CHECKED}"),
        f"<= {small(CROSS_CHECK)}",
        largest <= CROSS_CHECK,
    )


def qdfp_values(sample: Sample, equation: int) -> Floats:
    """QdFp "high precision" by one of its fixed-point equations; NaN where it fails."""

    def engine(process: ql.GeneralizedBlackScholesProcess) -> ql.PricingEngine:
        return ql.QdFpAmericanEngine(process, quantlib.HIGH_PRECISION(), equation)

    found = np.full(len(sample), np.nan)
    for i in range(len(sample)):
        try:
            found[i] = quantlib.values(sample.take(np.array([i])), engine)[0]
        except RuntimeError:  # it does not bracket its root
            continue
    return found


def tolerance_rows() -> list[Row]:
    """Share of prices within the tolerance asked for, and whether the rest are flagged."""
    half = TOLERANCES_ON // 2
    rows = [Row(f"tolerance asked for, standard set, seed {FRESH_SEED}")]
    samples = [standard_set(FRESH_SEED, half, american=american) for american in (False, True)]
    exact = np.concatenate([truth(sample, FINEST) for sample in samples])
    for tolerance in TOLERANCES:
        ask = partial(asked, samples, tolerance)
        quotes = ask()
        values = np.concatenate([np.asarray(quote.price) for quote in quotes])
        met = np.concatenate([np.asarray(quote.converged) for quote in quotes])
        within = np.abs(values - exact) <= tolerance
        told = int(np.count_nonzero(~within & met))
        seconds = cpu_seconds(ask, 1) / TOLERANCES_ON
        rows.append(
            Row(
                f"{tolerance:.0e}, {micro(seconds)} us each, {np.count_nonzero(~met)} flagged",
                (f"{within.mean():.1%} within", f"{told} not told"),
                f">= {LEAST_WITHIN:.0%}, rest told",
                bool(within.mean() >= LEAST_WITHIN and told == 0),
            )
        )
    return rows


def asked(samples: list[Sample], tolerance: float) -> list[Quote]:
    """Prices and Greeks of European and of American contracts to a tolerance."""
    styles = ("european", "american")
    return [
        price(
            spot=sample.spots,
            strike=STRIKE,
            expiry=sample.contracts.expiry,
            vol=sample.contracts.volatility,
            rate=sample.contracts.rate,
            div_yield=sample.contracts.dividend_yield,
            right=sample.contracts.right.astype(np.int64),
            style=style,
            tolerance=tolerance,
        )
        for style, sample in zip(styles, samples, strict=True)
    ]


def main() -> int:
    wide = [
        row for seed in SEEDS for style in (False, True) for row in wide_rows(seed, american=style)
    ]
    rows = [*wide, *tolerance_rows()]
    return show(("strike 100", "found", "beside it"), rows)


if __name__ == "__main__":
    sys.exit(main())
