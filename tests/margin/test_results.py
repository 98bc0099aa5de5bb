"""What all results have in common: text, HTML, frames, labelled arrays, figures, pickles."""

import pickle
import sys
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import margin
from margin.rules import TEN_POINT_EQUITY
from pdesolve import Quote, price
from pdesolve.notebook import MOST_ROWS, html_table

ROOT = Path(__file__).parents[2]
ACCOUNT, MARKET, RULE = PARTS = margin.read(ROOT / "examples" / "short_strangle.yaml")
DATES = (MARKET.asof, MARKET.asof + timedelta(days=7))
OPTION = ACCOUNT.positions[1].instrument
RESULTS = {
    "quote": lambda: price(spot=100.0, strike=100.0, expiry=0.5, vol=0.2),
    "quotes": lambda: price(spot=[90.0, 110.0, 100.0], strike=100.0, expiry=0.5, vol=0.2),
    "requirement": lambda: margin.requirement(*PARTS),
    "thresholds": lambda: margin.thresholds(*PARTS),
    "table": lambda: margin.table(
        *PARTS, spots=[80.0, 100.0, 120.0], vol_moves=[0.0, 0.5], dates=DATES
    ),
    "contracts": lambda: margin.contract_table(
        MARKET, RULE, OPTION, strikes=[90.0, 100.0], expiries=DATES[1:], volatility=0.3
    ),
    "map": lambda: margin.liquidation_map(*PARTS, horizon=timedelta(days=7)),
    "comparison": lambda: margin.compare(ACCOUNT, MARKET, {"equity": TEN_POINT_EQUITY}),
    "greeks": lambda: margin.margin_greeks(*PARTS),
}
DRAWN = ("quotes", "requirement", "thresholds", "table", "contracts", "map", "comparison")
FRAMED = tuple(name for name in RESULTS if name != "map")
TABLES = {
    "table": (("date", "vol_move", "spot"), "excess"),
    "contracts": (("expiry", "strike"), "short"),
}


@pytest.fixture(scope="module")
def results():
    return {name: make() for name, make in RESULTS.items()}


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


class Cells(HTMLParser):
    """The text of all cells, and tags that were opened and not closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.cells = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells.append(text)


@pytest.mark.parametrize("name", RESULTS)
def test_the_text_of_a_result_fits_a_terminal(results, name):
    assert max(len(line) for line in repr(results[name]).splitlines()) <= 80


@pytest.mark.parametrize("name", RESULTS)
def test_a_notebook_shows_a_result_as_a_table_that_is_well_formed(results, name):
    page = Cells(results[name]._repr_html_())
    assert page.open == []
    assert len(page.cells) > 5


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_survives_pickling(results, name):
    copy = pickle.loads(pickle.dumps(results[name]))
    assert repr(copy) == repr(results[name])
    assert copy._repr_html_() == results[name]._repr_html_()


@pytest.mark.parametrize("name", FRAMED)
def test_a_frame_states_the_units_of_its_columns(results, name):
    pytest.importorskip("pandas")
    frame = results[name].to_dataframe()
    assert set(frame.attrs["units"]) <= set(frame.columns) | {"excess", "ratio"}
    assert frame.attrs["units"]


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_drawn_into_the_axes_given_and_returns_them(results, name):
    _, ax = plt.subplots()
    assert results[name].plot(ax=ax) is ax
    assert ax.get_xlabel()
    own = results[name].plot()
    assert own is not ax
    own.figure.draw_without_rendering()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_becomes_a_data_set_over_named_axes(results, name):
    pytest.importorskip("xarray")
    axes, amount = TABLES[name]
    found = results[name].to_xarray()
    assert found[amount].dims == axes
    np.testing.assert_array_equal(found[amount], getattr(results[name], amount))
    assert found[amount].attrs["units"].startswith(results[name].currency)
    assert found[axes[0]].values[0] == np.datetime64(
        getattr(results[name], "dates" if name == "table" else "expiries")[0].replace(tzinfo=None)
    )


def test_thresholds_are_drawn_where_they_are(results):
    found = results["thresholds"]
    ends = {line.get_xdata()[0] for line in found.plot().lines}
    assert {found.below.spot, found.above.spot, found.spot} <= ends
    assert {interval.upper for interval in found.bankruptcy.intervals[:1]} <= ends


@pytest.mark.parametrize("greek", ["price", "gamma", "theta_day"])
def test_a_quote_draws_its_numbers_in_the_order_of_spot(results, greek):
    (line,) = results["quotes"].plot(greek).lines
    np.testing.assert_array_equal(line.get_xdata(), [90.0, 100.0, 110.0])
    np.testing.assert_array_equal(line.get_ydata(), getattr(results["quotes"], greek)[[0, 2, 1]])


@pytest.mark.parametrize(
    ("result", "name", "complaint"),
    [("quote", "price", "a row of options at several spots"), ("quotes", "speed", "one of price")],
)
def test_a_quote_refuses_figures_that_mean_nothing(results, result, name, complaint):
    with pytest.raises(ValueError, match=complaint):
        results[result].plot(name)


def test_text_is_escaped_and_long_tables_are_cut():
    rows = [("<script>", count) for count in range(MOST_ROWS + 5)]
    html = html_table("a < b\nand c", ("x & y",), rows)
    assert "<script>" not in html
    assert Cells(html).cells[:3] == ["x & y", "<script>", "0"]
    assert "a &lt; b<br>and c" in html
    assert html.endswith("<p>and 5 more rows</p>")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234.567, "1,234.57"),
        (0.123456789, "0.123457"),
        (-2, "-2"),
        (float("inf"), "inf"),
        (None, "–"),
        (True, "True"),
        (MARKET.asof, "2026-11-20 21:00"),
    ],
)
def test_cells_are_rounded_for_reading(value, shown):
    assert Cells(html_table("", (), [(value,)])).cells == [shown]


EXTRAS = {
    "pandas": ("pandas", lambda results: results["table"].to_dataframe()),
    "pandas of a quote": ("pandas", lambda results: results["quote"].to_dataframe()),
    "xarray": ("xarray", lambda results: results["table"].to_xarray()),
    "report": ("jinja2", lambda _: margin.html_report(*PARTS)),
    "frames": ("narwhals", lambda _: margin.from_frame(object())),
}


@pytest.mark.parametrize("case", EXTRAS)
def test_what_is_not_installed_is_named_with_the_command_that_installs_it(
    results, case, monkeypatch
):
    package, use = EXTRAS[case]
    monkeypatch.setitem(sys.modules, package, None)
    extra = case.split()[0]
    with pytest.raises(ImportError, match=rf'pip install "pde-margin\[{extra}\]"'):
        use(results)


def test_quote_is_a_result_of_pdesolve(results):
    assert isinstance(results["quotes"], Quote)
