"""Rules that an account file states in full: SPAN, tail risk, groups of products, spread vaults."""

import json
from pathlib import Path

import pytest
import yaml

from margin import AccountFileError, read, requirement, write
from margin.rules import (
    TEN_POINT_BROAD_INDEX,
    TEN_POINT_EQUITY,
    Buffer,
    ClassGroup,
    ExpectedShortfall,
    LookBackFloor,
    PortfolioGroup,
    ProductGroup,
    Quantile,
    SpanCommodity,
    SpanRule,
    SpanScan,
    SpreadVault,
    StressedWindow,
    TailRiskRule,
    TimsRule,
    ValueAtRisk,
    VolRange,
)
from margin.rules.span.commodity import CalendarSpread, Delivery, MonthTier, OptionStyle
from tests.margin import span_writer

EXAMPLE = Path(__file__).parents[2] / "examples" / "index_condor.json"
MOVES = [k / 100 for k in range(-50, 51)]
BROAD = ClassGroup("SPX", TEN_POINT_BROAD_INDEX)
SPAN = {
    "name": "span",
    "title": "house SPAN",
    "scan": {"price_range": 0.06, "vol_range": 0.3, "vol_unit": "relative", "cover": 0.33},
    "commodity": {
        "title": "A",
        "tiers": [
            {"number": 1, "first": 202612, "last": 202612},
            {"number": 2, "first": 202703, "last": 202712},
        ],
        "calendar": [
            {
                "legs": [{"of": 1, "ratio": 1, "side": 1}, {"of": 2, "ratio": 1, "side": -1}],
                "charge": 60,
            }
        ],
        "deliveries": [{"tier": 1, "spread_charge": 2.5}],
        "style": "futures",
    },
}
STATED = [
    ({"name": "spread_vault"}, SpreadVault()),
    ({"name": "tail_risk", "moves": MOVES}, TailRiskRule(tuple(MOVES))),
    (
        {
            "name": "tail_risk",
            "moves": MOVES,
            "measure": {"value_at_risk": {"level": 0.98, "quantile": "linear"}},
            "stressed": {"moves": MOVES, "weight": 0.5},
            "floor": {"moves": MOVES},
            "buffer": {"share": 0.25},
            "initial_factor": 1.1,
            "source": "ours",
        },
        TailRiskRule(
            tuple(MOVES),
            ValueAtRisk(0.98, Quantile.LINEAR),
            StressedWindow(tuple(MOVES), 0.5),
            LookBackFloor(tuple(MOVES)),
            Buffer(0.25),
            initial_factor=1.1,
            source="ours",
        ),
    ),
    (
        {"name": "tail_risk", "moves": MOVES, "measure": {"expected_shortfall": {"level": 0.9}}},
        TailRiskRule(tuple(MOVES), ExpectedShortfall(0.9)),
    ),
    (
        {
            "name": "tims",
            "groups": [
                {
                    "title": "indices",
                    "offset": 0.5,
                    "products": [
                        {
                            "title": "broad",
                            "classes": [{"underlying": "SPX", "rule": "ten_point_broad_index"}],
                        }
                    ],
                }
            ],
        },
        TimsRule((PortfolioGroup("indices", (ProductGroup("broad", (BROAD,)),), 0.5),)),
    ),
    (
        SPAN,
        SpanRule(
            SpanScan(0.06, 0.3, VolRange.RELATIVE, cover=0.33),
            SpanCommodity(
                "A",
                (MonthTier(1, 202612, 202612), MonthTier(2, 202703, 202712)),
                (CalendarSpread.between(1, 2, charge=60.0),),
                (Delivery(1, spread_charge=2.5),),
                style=OptionStyle.FUTURES,
            ),
            name="house SPAN",
        ),
    ),
]


class WithoutAnchors(yaml.SafeDumper):
    """Lists that occur twice are written twice."""

    def ignore_aliases(self, data):
        return True


def file_with(folder, entry, suffix=".json"):
    tree = json.loads(EXAMPLE.read_text(encoding="utf-8")) | {"rules": entry}
    path = folder / f"account{suffix}"
    text = json.dumps(tree) if suffix == ".json" else yaml.dump(tree, Dumper=WithoutAnchors)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
@pytest.mark.parametrize(("entry", "rule"), STATED)
def test_a_file_states_a_rule_in_full(tmp_path, entry, rule, suffix):
    assert read(file_with(tmp_path, entry, suffix))[2] == rule


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
@pytest.mark.parametrize("rule", [rule for _, rule in STATED])
def test_what_is_written_is_read_back(tmp_path, rule, suffix):
    account, market, _ = read(EXAMPLE)
    path = tmp_path / f"copy{suffix}"
    write(path, account, market, rule)
    assert read(path) == (account, market, rule)


def test_only_what_differs_is_written(tmp_path):
    account, market, _ = read(EXAMPLE)
    write(tmp_path / "copy.json", account, market, STATED[4][1])
    assert json.loads((tmp_path / "copy.json").read_text(encoding="utf-8"))["rules"] == STATED[4][0]


def test_moves_may_stand_in_a_file_of_their_own(tmp_path):
    listed = tmp_path / "moves.txt"
    listed.write_text("move\n" + "\n".join(map(str, MOVES)) + "\n\n", encoding="utf-8")
    found = read(file_with(tmp_path, {"name": "tail_risk", "moves": str(listed)}))[2]
    assert found == TailRiskRule(tuple(MOVES))


def test_parameters_of_a_span_file_count_per_unit(tmp_path):
    lines = [span_writer.header(), span_writer.currency(), span_writer.combined()]
    lines += [span_writer.tiers(), span_writer.delivery(minimum=20)]
    path = tmp_path / "one.pa2"
    path.write_text("\n".join(lines), encoding="latin-1")
    entry = {"name": "span", "scan": {"price_range": 0.06, "vol_range": 0.04}}
    entry["file"] = {"path": str(path), "commodity": "ES", "units": 50}
    commodity = read(file_with(tmp_path, entry))[2].commodity
    assert (commodity.name, commodity.initial_factor) == ("ES", 1.1)
    assert commodity.short_option_minimum == pytest.approx(20.0 / 50.0)


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"name": "tims"}, "rules.groups: missing; give it."),
        ({"name": "tims", "groups": 3}, "rules.groups: got 3; use a list."),
        (
            {"name": "tims", "groups": [{"title": "a", "products": [{"title": "b"}]}]},
            "rules.groups[0].products[0].classes: missing; give it.",
        ),
        ({"name": "tail_risk", "moves": [0.1, "x"]}, 'rules.moves[1]: got "x"; use a finite'),
        ({"name": "tail_risk", "moves": [0.1]}, "rules: a level of 0.975 needs at least 40"),
        ({"name": "tail_risk", "moves": "absent.txt"}, "rules.moves: absent.txt cannot be read"),
        (
            {"name": "tail_risk", "moves": MOVES, "measure": {"var": {}}},
            'rules.measure: got a map; use a map with "value_at_risk" or "expected_shortfall"',
        ),
        ({"name": "span"}, "rules.scan: missing; give it."),
        (
            {"name": "span", "scan": {"price_range": 0.06, "vol_range": 0.1, "vol_unit": "x"}},
            'rules.scan.vol_unit: got "x"; use "absolute" or "relative".',
        ),
        (SPAN | {"scan": {"price_rang": 0.06}}, "rules.scan.price_rang: unknown field; did you"),
        (
            {"name": "span", "scan": SPAN["scan"], "file": {"path": "no.pa2", "commodity": "A"}},
            "rules.file.path: no.pa2 cannot be read",
        ),
        ({"name": "spread_vault", "shock": 1}, "rules.shock: unknown field"),
    ],
)
def test_a_fault_is_reported_at_its_place(tmp_path, entry, complaint):
    with pytest.raises(AccountFileError) as refused:
        read(file_with(tmp_path, entry))
    assert str(refused.value.findings[0]).startswith(complaint)


def test_a_fault_knows_its_line(tmp_path):
    path = file_with(tmp_path, {"name": "tail_risk", "moves": [0.1, "x"]}, ".yaml")
    line = path.read_text(encoding="utf-8").split("\n").index("  - x") + 1
    with pytest.raises(AccountFileError, match=rf"account\.yaml:{line}: rules\.moves\[1\]"):
        read(path)


def test_groups_of_one_underlying_require_what_its_class_does():
    account, market, _ = read(EXAMPLE)
    (name,) = market.underlyings
    classes = (ClassGroup(name, TEN_POINT_EQUITY),)
    rule = TimsRule((PortfolioGroup("all", (ProductGroup("one", classes),)),))
    alone = requirement(account, market, TEN_POINT_EQUITY).maintenance
    assert requirement(account, market, rule).maintenance == alone
