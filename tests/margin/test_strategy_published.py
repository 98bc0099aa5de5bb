"""Strategy rules against published cases, and where those leave the rule."""

import json
from pathlib import Path

import pytest

from margin import Asset, Position
from margin.rules.strategy import STRATEGY_EQUITY, OptionTerms, StrategyRule
from tests.margin.by_hand import ASOF, call, put

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "data"
PUBLISHED = FOLDER / "regt_strategy_margin_examples.json"
DOLLAR = 0.5 + 1e-9  # the published cases are rounded to dollars
BY_ITSELF = ("uncovered", "short straddle or strangle")
STOCK = ("covered_call", "shares", "covered_put")


def initial(held, spot, rule=STRATEGY_EQUITY, shares=0.0):
    positions = [Position(contract, number, 100) for contract, number, _ in held]
    prices = {contract: price for contract, _, price in held}
    stock = [Position(Asset("X"), shares)]
    return rule.initial_grouping(positions + stock, prices, spot=spot, asof=ASOF)


def cases():
    return json.loads(PUBLISHED.read_text())["cases"] if PUBLISHED.exists() else []


def published_rule(underlying):
    percent = 0.15 if underlying["etf_type"] == "broad" else 0.20
    return StrategyRule(OptionTerms(percent=percent, leverage=underlying["leverage_factor"]))


def published_legs(case):
    options = [leg for leg in case["legs"] if leg["instrument"] == "option"]
    kinds = {"C": call, "P": put}
    return [
        (
            kinds[leg["option_type"]](leg["strike"], leg["days_to_expiry"] + 1),
            leg["quantity"],
            leg["price"],
        )
        for leg in options
    ]


@pytest.mark.skipif(not PUBLISHED.exists(), reason="published cases are absent")
@pytest.mark.parametrize("index", range(25))
def test_published_cases_are_met(index):
    case = [each for each in cases() if each["case"] not in STOCK][index]
    held = published_legs(case)
    found = initial(held, case["underlying"]["price"], published_rule(case["underlying"]))
    # The source leaves the proceeds of uncovered shorts out, and takes those of spreads off.
    prices = {str(contract): price for contract, _, price in held}
    proceeds = sum(
        -100.0 * count * prices[name]
        for group in found.groups
        if group.name in BY_ITSELF
        for name, count in group.members
    )
    assert found.deposit + proceeds == pytest.approx(case["expected"]["margin_usd"], abs=DOLLAR)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="published cases are absent")
def test_published_stock_is_met_at_the_price_of_the_trade():
    expected = {case["case"]: case["expected"]["margin_usd"] for case in cases()}
    assert initial([], 47.38, shares=100.0).needed == pytest.approx(expected["shares"])
    # The source counts the proceeds of the short sale among what is required.
    short = initial([(put(250), -1, 3.0)], 255.0, shares=-100.0).needed
    assert short + 25_500.0 == pytest.approx(expected["covered_put"])
    # The source lends against stock above the strike of its short call, which section 1.4 does not.
    covered = initial([(call(90), -1, 7.0)], 92.38, shares=100.0).needed
    assert covered == pytest.approx(expected["covered_call"] + 0.5 * 238.0)
