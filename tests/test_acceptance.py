"""What a friendly library keeps to: any kind of number, one compilation, any place to live in.

Times and sizes are in `benchmarks/startup.py`; upgrades in `test_jit.py`; imports in
`test_house.py`; extras in `margin/test_results.py`.
"""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import margin
import pdesolve
from pdesolve.formulas.barriers import BarrierTerms, barrier_price, double_knock_out_price
from pdesolve.formulas.digitals import (
    asset_digital_price,
    cash_digital_price,
    no_touch_price,
    one_touch_at_expiry_price,
    one_touch_price,
)
from pdesolve.formulas.exchange import kirk_approximate_price, margrabe_price
from pdesolve.formulas.heston_integral import heston
from pdesolve.formulas.jumps import kou, merton, merton_price

ROOT = Path(__file__).parents[1]
TERMS = {"expiry": 0.5, "vol": 0.25, "rate": 0.04}
TOUCH = {"expiry": 0.5, "direction": "down", "vol": 0.25}
JUMPS = pdesolve.NormalJumps(intensity=0.4, log_mean=-0.2, log_sd=0.2)
KINDS = pdesolve.ExponentialJumps(intensity=0.4, up_share=0.4, up_rate=10.0, down_rate=5.0)
VARIANCE = pdesolve.SquareRootVariance(0.04, 2.0, 0.04, vol_of_vol=0.3, correlation=-0.5)
SURFACE = pdesolve.solve(
    pdesolve.Option(pdesolve.Right.PUT, 100.0, 0.5), pdesolve.BlackScholes(0.3)
)
DOWN_OUT = BarrierTerms(80.0, "down_out")
PAIR = {"expiry": 1.0, "vols": (0.2, 0.3), "correlation": 0.3}

# Functions of spot, or of a price from 9 to 11, whose results have the shape of the argument.
ELEMENTWISE = {
    "price": lambda s: pdesolve.price(spot=s, strike=100.0, style="american", **TERMS).price,
    "black_scholes": lambda s: pdesolve.black_scholes(s, 100.0, **TERMS).gamma,
    "black_scholes_price": lambda s: pdesolve.black_scholes_price(s, 100.0, **TERMS),
    "black_76": lambda s: pdesolve.black_76(s, 100.0, **TERMS).price,
    "implied_volatility": lambda p: pdesolve.implied_volatility(p / 10, 100.0, 100.0, expiry=0.5),
    "american_implied_volatility": lambda p: pdesolve.american_implied_volatility(
        p / 10, 100.0, 100.0, expiry=0.5, rate=0.04, right="put"
    ),
    "european_equivalent": lambda p: pdesolve.european_equivalent(
        p / 10, 100.0, 100.0, expiry=0.5, rate=0.04, right="put"
    ),
    "surface": lambda s: SURFACE.value(s),
    "surface delta": lambda s: SURFACE.delta(s, time=0.25),
    "cash_digital_price": lambda s: cash_digital_price(s, 100.0, **TERMS),
    "asset_digital_price": lambda s: asset_digital_price(s, 100.0, **TERMS),
    "one_touch_price": lambda s: one_touch_price(s, 80.0, **TOUCH),
    "one_touch_at_expiry_price": lambda s: one_touch_at_expiry_price(s, 80.0, **TOUCH),
    "no_touch_price": lambda s: no_touch_price(s, 80.0, **TOUCH),
    "barrier_price": lambda s: barrier_price(s, 100.0, barrier=DOWN_OUT, **TERMS),
    "double_knock_out_price": lambda s: double_knock_out_price(
        s, 100.0, barriers=(70.0, 140.0), **TERMS
    ),
    "merton_price": lambda s: merton_price(s, 100.0, jumps=JUMPS, **TERMS),
    "merton": lambda s: merton(s, 100.0, jumps=JUMPS, **TERMS).price,
    "kou": lambda s: kou(s, 100.0, jumps=KINDS, **TERMS).price,
    "margrabe_price": lambda s: margrabe_price(s, 90.0, **PAIR),
    "kirk_approximate_price": lambda s: kirk_approximate_price(s, 90.0, strike=5.0, **PAIR),
    "heston": lambda s: heston(s, 100.0, 0.5, variance=VARIANCE).price,
}
SCALED = ("implied_volatility", "american_implied_volatility", "european_equivalent")
"""Those of which the argument is scaled above, as a list cannot be."""
SPOTS = [90, 100, 110]
"""Whole, and the same number in single and double precision."""

WITHOUT_A_HOME = {"HOME": os.devnull, "XDG_CACHE_HOME": "", "PYTHONDONTWRITEBYTECODE": "1"}
CLOSED_FORM = "import pdesolve; print(pdesolve.black_scholes_price(100, 100, expiry=1, vol=0.2))"


@pytest.mark.parametrize("package", [pdesolve, margin])
def test_no_public_name_is_that_of_a_module(package):
    # Importing the module would hide what the name stands for.
    modules = {path.stem for path in Path(package.__file__).parent.iterdir()}
    assert modules & set(package.__all__) == set()


def signatures():
    """How many times kernels have been compiled for a kind of argument."""
    ours = [module for name, module in list(sys.modules.items()) if ".kernels." in name]
    kernels = {id(each): each for module in ours for each in vars(module).values()}
    return sum(len(getattr(kernel, "signatures", ())) for kernel in kernels.values())


def one_by_one(function):
    return np.array([float(function(float(spot))) for spot in SPOTS])


def series(values):
    return pytest.importorskip("pandas").Series(values)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize(
    "make",
    [
        np.array,
        lambda values: np.array(values, dtype=np.float32),
        lambda values: np.array(values, dtype=float)[::-1][::-1],
        series,
    ],
    ids=["integers", "single", "strided", "series"],
)
def test_arrays_of_all_kinds_give_the_same_numbers_from_one_compilation(name, make):
    function = ELEMENTWISE[name]
    expected = one_by_one(function)
    function(np.array(SPOTS, dtype=float))
    compiled = signatures()
    found = np.asarray(function(make(SPOTS)))
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert signatures() == compiled


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize(
    "make", [int, np.float32, np.array, np.int64], ids=["int", "single", "0-d", "int64"]
)
def test_single_numbers_of_all_kinds_give_the_same_float(name, make):
    function = ELEMENTWISE[name]
    expected = function(100.0)
    compiled = signatures()
    assert float(function(make(100))) == float(expected)
    assert signatures() == compiled


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_arrays_keep_their_shape(name):
    function = ELEMENTWISE[name]
    block = np.array([[90.0, 100.0, 110.0], [110.0, 90.0, 100.0]])
    found = np.asarray(function(block))
    np.testing.assert_array_equal(found, np.asarray(function(block.ravel())).reshape(2, 3))


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name not in SCALED])
def test_lists_will_do(name):
    function = ELEMENTWISE[name]
    np.testing.assert_array_equal(function(SPOTS), function(np.array(SPOTS, dtype=float)))


PARTS = margin.read(ROOT / "examples" / "short_strangle.yaml")
OPTION = PARTS[0].positions[1].instrument
TABLES = {
    "table": lambda spots: margin.table(*PARTS, spots=spots).excess,
    "compare": lambda spots: (
        margin.compare(*PARTS[:2], {"it": PARTS[2]}, spots=spots).systems[0].requirements
    ),
    "contract_table": lambda strikes: (
        margin.contract_table(
            PARTS[1], PARTS[2], OPTION, strikes=strikes, expiries=[OPTION.expiry], volatility=0.3
        ).short
    ),
    "solve_many": lambda spots: (
        pdesolve.solve_many(
            pdesolve.Contracts("put", 100.0, 0.5, 0.3, 0.04, 0.0, True), spots=spots
        ).values
    ),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(
    "make",
    [list, np.array, lambda values: np.array(values, dtype=np.float32), series],
    ids=["list", "integers", "single", "series"],
)
def test_tables_take_rows_of_all_kinds(name, make):
    function = TABLES[name]
    expected = function(np.array(SPOTS, dtype=float))
    compiled = signatures()
    np.testing.assert_array_equal(function(make(SPOTS)), expected)
    assert signatures() == compiled


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_it_works_where_nothing_can_be_written():
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", CLOSED_FORM],
        cwd=ROOT,
        env=inherited | WITHOUT_A_HOME,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    # Black-Scholes: 100 (2 N(0.1) - 1).
    assert float(done.stdout) == pytest.approx(7.965567455405804, abs=1e-12)
