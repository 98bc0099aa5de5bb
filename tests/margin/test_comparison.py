"""One account under all margin systems: each line is what that system alone would say."""

import numpy as np
import pytest

from margin import Position, compare, requirement, thresholds
from margin.files.rules import NAMED_RULES
from margin.rules import (
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    BybitOption,
    DeribitStandard,
    StrategyRule,
)
from pdesolve import Exercise
from tests.margin.by_hand import account, call, market, put

SYSTEMS = {
    "ten": TEN_POINT_EQUITY,
    "broad": TEN_POINT_BROAD_INDEX,
    "bybit": BybitOption(),
    "strategy": StrategyRule(),
}
STRANGLE = account(
    50_000.0,
    Position(put(90.0), -10, multiplier=100.0),
    Position(call(110.0), -10, multiplier=100.0),
)


def vols(held, level=0.25):
    return {position.instrument: level for position in held.positions}


@pytest.fixture(scope="module")
def strangle():
    return compare(STRANGLE, market(100.0, vols(STRANGLE)), SYSTEMS)


def test_each_system_requires_what_it_requires_alone(strangle):
    there = market(100.0, vols(STRANGLE))
    for system in strangle.systems:
        alone = requirement(STRANGLE, there, SYSTEMS[system.name])
        # Knots of the shared revaluation lie elsewhere; both are within their error.
        assert system.maintenance == pytest.approx(alone.maintenance, abs=2.0 * alone.error + 1e-6)
        assert system.initial == pytest.approx(alone.initial, rel=1e-6)


def test_systems_ascend_by_requirement(strangle):
    required = [system.maintenance for system in strangle.systems]
    assert required == sorted(required)
    assert {system.name for system in strangle.systems} == set(SYSTEMS)


def test_a_curve_crosses_equity_where_the_threshold_of_its_system_is():
    there = market(100.0, vols(STRANGLE))
    found = thresholds(STRANGLE, there, TEN_POINT_EQUITY)
    at = [found.below.spot, found.above.spot]
    compared = compare(STRANGLE, there, {"ten": TEN_POINT_EQUITY}, spots=at)
    moved = [requirement(STRANGLE, market(spot, vols(STRANGLE)), TEN_POINT_EQUITY) for spot in at]
    assert compared.systems[0].requirements == pytest.approx([each.equity for each in moved], 1e-6)


def test_a_system_that_does_not_apply_is_listed_with_its_reason():
    american = account(0.0, Position(put(90.0, exercise=Exercise.AMERICAN), -1))
    there = market(100.0, vols(american))
    found = compare(american, there, SYSTEMS | {"deribit": DeribitStandard()})
    assert list(found.refused) == ["deribit"]
    assert "European options only" in found.refused["deribit"]
    assert len(found.systems) == len(SYSTEMS)


def test_by_default_every_system_with_a_name_is_compared_or_refused():
    found = compare(STRANGLE, market(100.0, vols(STRANGLE)))
    assert {system.name for system in found.systems} | set(found.refused) == set(NAMED_RULES)


def test_the_results_of_a_comparison_agree_with_one_another(strangle):
    content, frame = strangle.to_dict(), strangle.to_dataframe()
    assert [row["maintenance"] for row in content["systems"]] == frame["maintenance"].tolist()
    assert frame["excess"].to_numpy() == pytest.approx(
        strangle.equity - frame["maintenance"].to_numpy()
    )
    assert all(len(line) <= 80 for line in repr(strangle).splitlines())


def test_the_figure_has_one_line_per_system(strangle):
    axes = strangle.plot()
    labels = {line.get_label() for line in axes.get_lines()}
    assert set(SYSTEMS) <= labels
    drawn = next(line for line in axes.get_lines() if line.get_label() == "ten")
    ten = next(system for system in strangle.systems if system.name == "ten")
    assert np.array_equal(drawn.get_ydata(), ten.requirements)


@pytest.mark.parametrize(
    ("given", "message"),
    [({"rules": {}}, "at least one margin system"), ({"spots": [100.0, -1.0]}, "positive")],
)
def test_bad_arguments_of_a_comparison_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        compare(STRANGLE, market(100.0, vols(STRANGLE)), **given)
