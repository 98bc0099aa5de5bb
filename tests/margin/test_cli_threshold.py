"""The ways of ``margin threshold``: what it prints and draws is what the library computes."""

from datetime import timedelta

import pytest

from margin import Direction, SpotBeta, liquidation_map, plane_map, read, thresholds_along
from tests.margin.test_cli import ROOT, STRANGLE, called, plain, printed_numbers, rows_of

CROSS = str(ROOT / "examples" / "cross_collateral.yaml")
MONTH = timedelta(days=30)


def test_a_horizon_gives_the_map_under_the_volatility_move():
    parts = read(STRANGLE)
    options = ("--horizon", "30d", "--vol-shift", "0.2", "--range", "-60%,150%")
    expected = liquidation_map(*parts, horizon=MONTH, vol_moves=(0.2,), spots=(40.0, 250.0))
    assert printed_numbers("threshold", STRANGLE, *options) == plain(expected.under(0.2).to_dict())
    shown = called("threshold", STRANGLE, *options).stdout
    assert expected.under(0.2).words in shown
    rows = rows_of(called("threshold", STRANGLE, *options, "--csv").stdout)
    assert {row["date"] for row in rows} == {date.isoformat() for date in expected.dates}


def test_volatilities_may_follow_the_spot():
    options = ("--horizon", "3d", "--vol-follows", "-1.5", "--range", "-50%,100%")
    expected = liquidation_map(*read(STRANGLE), horizon=timedelta(days=3), spots=(50.0, 200.0))
    found = printed_numbers("threshold", STRANGLE, *options)
    assert found == plain(expected.under(SpotBeta(-1.5)).to_dict())
    assert found["volatility"] == "volatility beta -1.5"


@pytest.mark.parametrize(
    ("asked", "moves"),
    [("BTC", {"BTC": 1.0}), ("ETH=2, BTC=1", {"ETH": 2.0, "BTC": 1.0})],
)
def test_along_gives_the_thresholds_of_a_path(asked, moves):
    account, market, rule = read(CROSS)
    way = Direction(moves)
    spot = market.underlyings[way.lead].spot
    expected = thresholds_along(account, market, rule, way, span=(0.5 * spot, 3.0 * spot))
    found = printed_numbers("threshold", CROSS, "--along", asked, "--range", "-50%,200%")
    assert found == plain(expected.to_dict())


def test_plane_gives_the_map_of_two_names():
    parts = read(CROSS)
    ranges = {"BTC": (30_000.0, 120_000.0), "ETH": (1_500.0, 6_000.0)}
    expected = plane_map(*parts, names=("BTC", "ETH"), spots=ranges)
    options = ("--plane", "BTC,ETH", "--range", "-50%,100%")
    assert printed_numbers("threshold", CROSS, *options) == plain(expected.to_dict())
    assert expected.words in called("threshold", CROSS, *options).stdout
    rows = rows_of(called("threshold", CROSS, *options, "--csv").stdout)
    assert len(rows) == sum(each.first.size for each in expected.contour())


@pytest.mark.parametrize(
    ("path", "options"),
    [
        (STRANGLE, ("--horizon", "10d", "--vol-shift", "0.2")),
        (CROSS, ("--along", "BTC=1,ETH=1.3")),
        (CROSS, ("--plane", "BTC,ETH")),
    ],
)
def test_every_way_has_a_figure(path, options, tmp_path):
    figure = tmp_path / "figure.png"
    called("threshold", path, *options, "--plot", figure)
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--horizon", "9d", "--date", "3d"), "--horizon and --date do not go together"),
        (("--along", "BTC", "--plane", "BTC,ETH"), "--along and --plane do not go together"),
        (("--along", "BTC=much"), "write BTC, or BTC=1,ETH=1.3"),
        (("--along", "BTC=0"), "moves must begin with a name that moves"),
        (("--plane", "BTC"), "--plane takes two underlyings"),
        (("--vol-follows", "delta"), "--vol-follows belongs to --horizon"),
        (("--horizon", "3d", "--vol-follows", "up"), "--vol-follows takes delta or a beta"),
        (("--plane", "BTC,BTC"), "--plane takes two underlyings"),
    ],
)
def test_ways_that_mean_nothing_are_refused(options, complaint):
    assert complaint in " ".join(called("threshold", CROSS, *options, code=2).stderr.split())


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ((), "underlying must name the one that moves, one of BTC, ETH"),
        (("--along", "SOL"), "underlying must be one of BTC, ETH"),
        (("--plane", "BTC,SOL"), "names must be underlyings of the market, got 'SOL'"),
        (("--underlying", "BTC"), "--along"),
    ],
)
def test_ways_that_the_account_does_not_have_are_said(options, complaint):
    assert complaint in called("threshold", CROSS, *options, code=3).stderr
