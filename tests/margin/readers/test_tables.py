"""Tables of positions: names of columns, gaps, data frames, and the way to a native file."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from margin import Asset, Perpetual, Settlement, requirement
from margin.cli import main
from margin.files import Defaults, from_frame, load, read, write
from margin.files.readers import frames
from pdesolve import Exercise
from tests.margin.readers.payloads import ASOF, FILES, TABLE

COLUMNS = {
    "underlying": ["AAPL", "AAPL", "AAPL"],
    "right": [None, "call", "PUT"],
    "strike": [None, 280.0, 240.0],
    "expiry": [None, "2027-01-15", "2027-01-15"],
    "quantity": [200, -2, -3],
    "vol": [None, 0.31, 0.34],
    "price": [268.0, None, None],
    "comment": ["core", "covered", ""],
}
DEFAULTS = Defaults(asof=ASOF, cash=12_000.5)


@pytest.fixture
def loaded(tmp_path):
    def load_text(text, name="table.csv", defaults=DEFAULTS):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return load(path, defaults)

    return load_text


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_frame_of_any_library_is_the_same_account(library):
    module = pytest.importorskip(library)
    make = module.table if library == "pyarrow" else module.DataFrame
    assert from_frame(make(COLUMNS), DEFAULTS).parts == from_frame(COLUMNS, DEFAULTS).parts


def test_dates_of_a_frame_may_be_dates():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(COLUMNS).assign(expiry=lambda rows: pandas.to_datetime(rows["expiry"]))
    first = from_frame(frame, DEFAULTS).account.positions[1].instrument
    assert first.expiry.date().isoformat() == "2027-01-15"


def test_a_missing_library_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(ImportError, match=r'pip install "pde-margin\[frames\]"'):
        frames.frame_columns(object())


def test_reading_positions_loads_no_library_of_frames(tmp_path):
    path = tmp_path / "positions.csv"
    path.write_text("symbol,qty,price\nAAPL,3,268\n", encoding="utf-8")
    code = (
        "import sys; from margin import read; read(sys.argv[1]); "
        "print({'narwhals', 'pandas', 'pyarrow', 'scipy.optimize'} & set(sys.modules))"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_does_not_matter(loaded, delimiter):
    text = "Symbol,Qty,Spot,IV\nAAPL 15JAN27 280 C,-2,268,0.3\n"
    assert loaded(text.replace(",", delimiter)).parts == loaded(text).parts


@pytest.mark.parametrize(
    "header",
    ["underlying,type,strike,expiration,contracts,iv,spot",
     "Ticker,Put/Call,Strike Price,Exp Date,Net Quantity,Implied Volatility,Stock Price",
     "root,CP Flag,K,Maturity,position,SIGMA,underlying.last"],
)  # fmt: skip
def test_columns_are_known_by_many_names(loaded, header):
    found = loaded(f"{header}\nAAPL,P,240,20270115,-3,0.34,268\n")
    (held,) = found.account.positions
    assert (held.instrument.strike, held.quantity) == (240.0, -3.0)
    assert found.market.volatility(held.instrument) == 0.34


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,250.5", 1250.5), ("(3)", -3.0), ("-.5", -0.5), ("1e2", 100.0), ("+7", 7.0)],
)
def test_numbers_may_be_written_as_spreadsheets_do(loaded, text, number):
    found = loaded(f'symbol;qty;price\nAAPL;"{text}";268\n')
    assert found.account.positions[0].quantity == number


@pytest.mark.parametrize("text", ["1,25", "1.250,5", "3 lots", "0x10", "1e999", "²"])
def test_numbers_that_could_be_others_are_refused(loaded, text):
    with pytest.raises(ValueError, match=r"rows\[0\]\.quantity: got"):
        loaded(f'symbol;qty;price\nAAPL;"{text}";268\n')


def test_a_side_gives_the_sign(loaded):
    found = loaded("symbol,qty,side,price\nAAPL,3,short,268\nAAPL,2,long,268\n")
    assert [held.quantity for held in found.account.positions] == [-3.0, 2.0]


def test_names_of_coin_venues_state_what_their_contracts_are(loaded):
    found = loaded("symbol,qty,price,spot\nBTC-PERPETUAL,-100,90010,90000\n")
    (held,) = found.account.positions
    assert held.instrument == Perpetual("BTC", Settlement.INVERSE)
    assert found.account.currency == "BTC"


def test_a_row_without_option_fields_is_the_underlying_itself(loaded):
    assert loaded("symbol,qty,price\nAAPL,3,268\n").account.positions[0].instrument == Asset("AAPL")


def test_a_stated_style_needs_no_assumption(loaded):
    head = "symbol,qty,vol,spot,multiplier,style,settle\n"
    found = loaded(f"{head}AAPL 15JAN27 280 C,1,.3,268,100,european,cash\n")
    assert found.account.positions[0].instrument.exercise is Exercise.EUROPEAN
    assert not any("American" in sentence for sentence in found.assumptions)


def test_a_volatility_of_last_resort_is_a_warning(loaded):
    found = loaded("symbol,qty,spot\nAAPL 15JAN27 280 C,1,268\n")
    assert set(found.market.vols.values()) == {Defaults().volatility}
    assert any("volatility 0.5 is taken" in sentence for sentence in found.warnings)


def test_a_mark_that_no_volatility_gives_is_a_warning_and_not_an_account(loaded):
    found = loaded("symbol,qty,spot,price\nAAPL 15JAN27 200 C,1,268,1\n")
    assert any("no volatility gives its mark" in sentence for sentence in found.warnings)


def test_rows_may_come_as_a_list_of_maps_in_json(loaded):
    text = '[{"symbol": "AAPL", "qty": 3, "price": 268.0}]'
    assert loaded(text, "rows.json").account.positions[0].quantity == 3.0


def test_the_command_takes_a_table(tmp_path):
    path = tmp_path / "positions.csv"
    path.write_text(TABLE, encoding="utf-8")
    result = CliRunner().invoke(main, ["run", str(path), "--json"])
    assert result.exit_code == 0
    assert '"account": "positions"' in result.stdout


@pytest.mark.parametrize("name", FILES)
def test_an_imported_account_written_and_read_needs_the_same(tmp_path, name):
    (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    found = load(tmp_path / name, Defaults(asof=ASOF))
    write(tmp_path / "native.yaml", *found.parts)
    account, market, rule = read(tmp_path / "native.yaml")
    assert (account, rule) == (found.account, found.rule)
    before, after = requirement(*found.parts), requirement(account, market, rule)
    assert (after.maintenance, after.equity) == (before.maintenance, before.equity)


def test_a_native_file_lists_its_defaults():
    assert load("examples/index_condor.json").format == "native account file"


@pytest.mark.parametrize("text", [TABLE, FILES["deribit.json"], FILES["flex.xml"]])
def test_standard_input_is_known_by_its_content(monkeypatch, text):
    result = CliRunner().invoke(main, ["run", "-", "--json"], input=text)
    assert result.exit_code == 0, result.stderr
