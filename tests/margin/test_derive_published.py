"""The portfolio manager PMRM_2 against Derive's published test portfolios, scenario by scenario.

The published values are Black's at one spot, after every move.  They enter as broken lines through
them, so that the arithmetic is the one by which accounts are margined.
"""

import json
from collections import defaultdict
from dataclasses import replace
from functools import cache
from math import exp
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from margin.piecewise import combine, from_hermite, line
from margin.rules.derive.book import (
    DeriveBook,
    ExpiryBook,
    Pledged,
    low_confidence,
    naked_shorts,
)
from margin.rules.derive.discount import DeriveDiscount
from margin.rules.derive.scenario import DeriveScenario, Feeds, VolDirection
from margin.rules.derive.skew import DeriveSkew
from margin.rules.skew import SkewShock
from margin.rules.tenor_shock import TenorShock

PATH = Path(__file__).parents[2] / ".." / "shared" / "data" / "derive_pm_scenario_cases.json"
DATA = json.loads(PATH.read_text()) if PATH.exists() else {"cases": {"absent": None}}
YEAR = 365 * 86_400
EXACT = 1e-9  # relative
CANCELLED = 1e-13  # of the largest figure of a case: what sums that are printed as zero leave

pytestmark = pytest.mark.skipif(
    not PATH.exists(), reason="the published portfolios are not beside the repository"
)

# The linear skew of this portfolio is printed for a cap of 0.15, not for the one it states.
STATED_CAP_NOT_USED = "67_misc_skew_scenario_with_spot_move"


def rule_of(name):
    """The rule with the parameters of a case."""
    stated = dict(DATA["default_parameters"])
    for group, values in DATA["cases"][name]["parameter_overrides"].items():
        stated[group] = stated[group] | values if isinstance(values, dict) else values
    margin, other, basis = (
        stated[group] for group in ("Margin", "OtherContingency", "BasisContingency")
    )
    vol, skew = stated["VolShock"], stated["SkewShock"]
    tenor = (vol["SHORTTERMPOWER"], vol["LONGTERMPOWER"], vol["DTE_FLOOR"])
    if name == STATED_CAP_NOT_USED:
        skew = skew | {"LINEAR_SCALE_CAP": 0.15}
    discounts = (
        (margin["BASE_STATIC_DISCOUNT"], "LONG"),
        (margin["BASE_STATIC_DISCOUNT_NEG"], "SHORT"),
    )
    return DeriveSkew(
        scenarios=tuple(scenario_of(scenario) for scenario in stated["Scenarios"]),
        up=TenorShock(vol["VOLRANGEUP"], *tenor, least=vol["MIN_VOL_EVAL_SHOCKED"]),
        down=TenorShock(-vol["VOLRANGEDOWN"], *tenor),
        skew=SkewShock(
            skew["LINEAR_SCALE_CAP"],
            skew["ABS_SCALE_CAP"],
            linear_slope=skew["LINEAR_CBASE"],
            abs_slope=skew["ABS_CBASE"],
            least_width=skew["MIN_K_STAR"],
            width=skew["MIN_WIDTH_SCALE"],
            vol_static=skew["VOL_PARAM_STATIC"],
            vol_slope=skew["VOL_PARAM_SCALE"],
        ),
        discounts=tuple(
            DeriveDiscount(
                static, margin[f"{side}_RATE_MULTSCALE"], margin[f"{side}_RATE_ADDSCALE"]
            )
            for static, side in discounts
        ),
        mm_factor=margin["MM_LOSS_FACTOR"],
        im_factor=margin["IM_LOSS_FACTOR"],
        basis_moves=(basis["SCENARIO_SPOT_UP"] - 1.0, basis["SCENARIO_SPOT_DOWN"] - 1.0),
        basis_add=basis["BASIS_CONT_ADD_FACTOR"],
        basis_per_year=basis["BASIS_CONT_MULT_FACTOR"],
        perpetual=(other["MM_PERP_PERCENT"], other["IM_PERP_PERCENT"]),
        naked=(other["MM_OPTION_PERCENT"], other["IM_OPTION_PERCENT"]),
        confidence=(other["CONF_THRESHOLD"], other["CONF_MARGIN"]),
        peg=(other["PEG_LOSS_THRESHOLD"], other["PEG_LOSS_FACTOR"]),
        feeds=Feeds(stable_price=DATA["cases"][name]["inputs"]["StablePrice"]),
    )


def scenario_of(stated):
    way = VolDirection(stated["VolShockDirection"].lower())
    return DeriveScenario(stated["SpotShock"] - 1.0, way, stated["DampeningFactor"])


def black(forward, strike, years, volatility, sign):
    """Black's value without discounting, for any volatility."""
    deviation = volatility * np.sqrt(years)
    if deviation <= 0.0:
        return max(sign * (forward - strike), 0.0)
    d1 = np.log(forward / strike) / deviation + 0.5 * deviation
    d2 = d1 - deviation
    return sign * (forward * ndtr(sign * d1) - strike * ndtr(sign * d2))


def volatility_after(rule, option, feed, way):
    volatility, years = option["MarkVol"], np.array(option["Expiry"] / YEAR)
    if way.skewed:
        moneyness = np.log(option["Strike"] / feed["Forward"])
        return volatility * float(rule.skew.multiplier(moneyness, float(years), way))
    if way is VolDirection.NONE:
        return volatility
    shock = rule.up if way is VolDirection.UP else rule.down
    return max(volatility * float(shock.multiplier(years)), shock.least)


def through(spot, values):
    """A broken line through values by relative move of the spot, level beyond them."""
    moves = sorted(values)
    knots = spot * np.array([0.1, *(1.0 + move for move in moves), 20.0])
    heights = np.array([values[moves[0]], *(values[move] for move in moves), values[moves[-1]]])
    chords = np.diff(heights) / np.diff(knots)
    return from_hermite(knots, heights, chords, right_slopes=chords, error=0.0)


def expiry_book(rule, inputs, feed):
    """One expiry of a case: values at its marks in all states of the rule."""
    options = [one for one in inputs["Options"] if one["Expiry"] == feed["FeedExpiry"]]
    years, rate = feed["FeedExpiry"] / YEAR, feed["Rate"]
    strikes = defaultdict(list)
    for one in options:
        strikes[one["Strike"]].append(one["Amount"])

    def value(move, way):
        forward = feed["Forward"] * (1.0 + move)
        total = sum(
            one["Amount"]
            * black(
                forward,
                one["Strike"],
                years,
                volatility_after(rule, one, feed, way),
                2 * one["IsCall"] - 1,
            )
            for one in options
        )
        return exp(-max(rate, 0.0) * years) * total

    trusted = [inputs["SpotConfidence"], feed["ForwardConfidence"], feed["RateConfidence"]]
    trusted += [feed["OptionVolConfidences"]]
    trusted += [inputs["PerpConfidence"]] if inputs["NumPerps"] else []
    ways = defaultdict(dict)
    for move, way in rule.scenario_set.states:
        ways[way][move] = value(move, way)
    return ExpiryBook(
        years=years,
        rate=rate,
        size=sum(abs(one["Amount"]) for one in options),
        naked=naked_shorts(strikes),
        confidence=min(trusted),
        ways={way: through(inputs["SpotPrice"], values) for way, values in ways.items()},
    )


def book_of(name, rule):
    """The account of a case, its curves level but for the spot itself."""
    inputs = DATA["cases"][name]["inputs"]
    spot = inputs["SpotPrice"]
    ends = {"lowest": 0.5 * spot, "highest": 2.0 * spot}

    def level(value):
        return line(value, 0.0, **ends)

    pledged = tuple(
        Pledged(
            level(one["Amount"] * one["Price"] / inputs["StablePrice"]),
            one["MMHaircut"],
            one["IMHaircut"],
            one["IsRiskCancelling"],
            min(one["Confidence"], inputs["SpotConfidence"]),
        )
        for one in inputs["Collaterals"]
    )
    expiries = tuple(expiry_book(rule, inputs, feed) for feed in inputs["OptionFeeds"])
    settled = inputs["Cash"] + inputs["UnrealisedPerpPNL"] + inputs["UnrealisedFunding"]
    parts = [level(settled), *(one.value for one in pledged), *(one.present for one in expiries)]
    return DeriveBook(
        spot=line(0.0, 1.0, **ends),
        perpetual=inputs["NumPerps"],
        perpetual_value=level(inputs["NumPerps"] * inputs["PerpPrice"]),
        perpetual_confidence=min(inputs["SpotConfidence"], inputs["PerpConfidence"]),
        pledged=pledged,
        expiries=expiries,
        total=combine([1.0] * len(parts), parts),
    )


@cache
def found(name):
    """Everything that a case prints, as the rule has it."""
    rule = rule_of(name)
    book, spot = book_of(name, rule), DATA["cases"][name]["inputs"]["SpotPrice"]
    basis, *profits = (float(curve(spot)) for _, curve in rule.profits(book))
    excesses = {
        stage: min(float(branch.curve(spot)) for branch in branches(book))
        for stage, branches in (("MM", rule.maintenance_of), ("IM", rule.initial_of))
    }
    total = float(book.total(spot))
    return excesses | {"profits": profits, "ForwardContingency": basis, "PortfolioMTM": total}


@pytest.mark.parametrize("name", DATA["cases"])
def test_every_scenario_is_the_printed_one(name):
    printed = DATA["cases"][name]["expected"]
    rows = [*printed["reg_losses"], *printed["tail_losses"], *printed["skew_losses"]]
    losses = [row[-1] for row in rows]
    scale = max(np.abs([*losses, printed["OptionMTM"]]))
    assert found(name)["profits"] == pytest.approx(losses, rel=EXACT, abs=CANCELLED * scale)


@pytest.mark.parametrize("name", DATA["cases"])
@pytest.mark.parametrize("figure", ["MM", "IM", "PortfolioMTM", "ForwardContingency"])
def test_margins_and_contingencies_are_the_printed_ones(name, figure):
    printed = DATA["cases"][name]["expected"]
    scale = max(abs(printed["OptionMTM"]), abs(printed["PortfolioMTM"]))
    assert found(name)[figure] == pytest.approx(printed[figure], rel=EXACT, abs=CANCELLED * scale)


@pytest.mark.parametrize("name", DATA["cases"])
def test_discounts_and_confidence_terms_are_the_printed_ones(name):
    rule, printed = rule_of(name), DATA["cases"][name]["expected"]
    book, spot = book_of(name, rule), DATA["cases"][name]["inputs"]["SpotPrice"]
    discounts = [
        [
            rule.discounts[0].factor(one.rate, one.years),
            rule.discounts[1].burden(one.rate, one.years),
        ]
        for one in book.expiries
    ]
    assert np.ravel(discounts) == pytest.approx(np.ravel(printed["discount_factors"]), rel=EXACT)
    unsure = float(low_confidence(book, *rule.confidence)(spot))
    assert unsure == pytest.approx(-printed["OracleCont"], rel=EXACT)


@pytest.mark.parametrize("name", DATA["cases"])
def test_volatilities_after_a_shock_are_the_printed_ones(name):
    rule, case = rule_of(name), DATA["cases"][name]
    feeds = {feed["FeedExpiry"]: feed for feed in case["inputs"]["OptionFeeds"]}
    for way, figure in ((VolDirection.UP, "Up"), (VolDirection.DOWN, "Down")):
        after = [
            volatility_after(rule, one, feeds[one["Expiry"]], way)
            for one in case["inputs"]["Options"]
        ]
        assert after == pytest.approx(case["expected"][f"VolShock{figure}Evaluated"], rel=EXACT)


def test_the_stated_cap_of_one_portfolio_is_not_the_one_that_its_skew_is_printed_for():
    rule = rule_of(STATED_CAP_NOT_USED)
    stated = replace(rule, skew=replace(rule.skew, linear_cap=9.9))
    book = book_of(STATED_CAP_NOT_USED, stated)
    spot = DATA["cases"][STATED_CAP_NOT_USED]["inputs"]["SpotPrice"]
    linear = float(stated.profits(book)[-1][1](spot))
    printed = DATA["cases"][STATED_CAP_NOT_USED]["expected"]["skew_losses"][-1][1]
    assert linear == pytest.approx(5.0 * -34.890098731, rel=1e-9)
    assert printed == pytest.approx(-31.430148642, rel=1e-9)
