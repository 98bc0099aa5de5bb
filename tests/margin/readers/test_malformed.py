"""Files that nobody should send: each is one clear error that names the place, and no more."""

import json

import pytest
from click.testing import CliRunner

from margin.cli import main
from margin.files import load
from tests.margin.readers.payloads import DERIBIT, FLEX, POSITIONS, STATEMENT, TABLE, VENUES

NATIVE = """schema: 1
currency: USD
asof: 2026-11-20
cash: 1000
underlyings: {XYZ: {spot: 100, vol: 0.3}}
positions:
- {kind: option, underlying: XYZ, right: put, strike: 90, expiry: 2027-01-15, style: american,
   quantity: -2, multiplier: 100}
"""


def native(old, new):
    assert old in NATIVE
    return NATIVE.replace(old, new)


def table(old, new):
    assert old in TABLE
    return TABLE.replace(old, new)


def flex(old, new):
    assert old in FLEX
    return FLEX.replace(old, new)


def statement(old, new):
    assert old in STATEMENT
    return STATEMENT.replace(old, new)


def deribit(index=0, **fields):
    positions = [dict(position) for position in POSITIONS]
    positions[index] |= fields
    return json.dumps({"result": positions})


def venue(name, old, new):
    text = json.dumps(VENUES[name])
    assert old in text
    return text.replace(old, new)


CASES = {
    # the text itself
    "empty yaml": ("a.yaml", "", "got nothing"),
    "empty json": ("a.json", "", "not valid JSON"),
    "empty csv": ("a.csv", "", "no row of positions"),
    "empty xml": ("a.xml", "", "not valid XML: no element found"),
    "binary": ("a.json", b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "byte 0"),
    "binary in a table": ("a.csv", b"symbol,qty\nAAPL,\xff\xfe1\n", "byte 16"),
    "null bytes": ("a.csv", "symbol,qty\nAA\0PL,1\n", "rows[0].symbol"),
    "utf-16": ("a.yaml", NATIVE.encode("utf-16"), "byte 0"),
    "an unknown suffix": ("a.exe", "hello", 'got the suffix ".exe"'),
    "truncated json": ("a.json", json.dumps(DERIBIT)[:-40], "line 1, column"),
    "truncated yaml": ("a.yaml", NATIVE[:150], "line 8"),
    "truncated xml": ("a.xml", FLEX[:700], "line 10"),
    "an open quotation mark": ("a.csv", 'symbol,qty\n"AAPL,1\n' + "x,2\n" * 50, "line"),
    "a page of a web site": ("a.json", "<html><body>Sign in</body></html>", "no Flex query"),
    "a bomb of entities": (
        "a.xml",
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><FlexStatement>&b;</FlexStatement>',
        "entities are not read",
    ),
    "json a thousand deep": ("a.json", "[" * 1000 + "]" * 1000, "too deep"),
    "maps a thousand deep": ("a.json", '{"a":' * 1000 + "1" + "}" * 1000, "too deep"),
    "yaml a thousand deep": ("a.yaml", "[" * 1000 + "]" * 1000, "too deep"),
    "xml a thousand deep": ("a.xml", "<a>" * 1000 + "</a>" * 1000, "no Flex query"),
    "repeated keys in json": ("a.json", '{"schema": 1, "schema": 1}', '"schema" stands twice'),
    "repeated keys in yaml": ("a.yaml", NATIVE + "cash: 2\n", '"cash" stands twice'),
    "repeated attributes": ("a.xml", '<FlexStatement a="1" a="2"/>', "duplicate attribute"),
    "repeated columns": ("a.csv", "symbol,qty,qty\nAAPL,1,2\n", '"qty" stands twice'),
    "two columns of one meaning": ("a.csv", "symbol,qty,size\nAAPL,1,2\n", '"qty" or "size"'),
    "a row too long": ("a.csv", "symbol,qty\nAAPL,1,2,3\n", "a.csv:2: rows[0]: line 2 has 4"),
    # a native file
    "a list for a file": ("a.json", "[1, 2]", "got a list"),
    "text for a number": ("a.yaml", native("cash: 1000", "cash: lots"), 'cash: got "lots"'),
    "NaN": ("a.yaml", native("spot: 100", "spot: .nan"), "a.yaml:5: underlyings.XYZ.spot: got nan"),
    "infinity in json": ("a.json", '{"schema": 1, "cash": Infinity}', "cash: got inf"),
    "an unknown underlying": ("a.yaml", native("underlying: XYZ", "underlying: ABC"), 'got "ABC"'),
    "a wrong date": ("a.yaml", native("2027-01-15", "2027-02-30"), "positions[0].expiry"),
    "an expired leg": ("a.yaml", native("2027-01-15", "2020-01-15"), "is not after asof"),
    "a quantity beyond sense": ("a.yaml", native("quantity: -2", "quantity: 1e300"), "quantity"),
    "a spot beyond sense": ("a.yaml", native("spot: 100", "spot: 1e300"), "spot"),
    # Deribit
    "a wrong instrument": ("a.json", deribit(instrument_name="BTC-FOO"), 'got "BTC-FOO"'),
    "a date of no month": ("a.json", deribit(instrument_name="BTC-26XXX27-1-P"), "instrument_name"),
    "a size of text": ("a.json", deribit(size="many"), 'result[0].size: got "many"'),
    "a size beyond sense": ("a.json", deribit(size=-1e300), "result[0].size: got -1e+300"),
    "a size of NaN": ("a.json", deribit(1, size=float("nan")), "result[1].size: missing"),
    "an unknown direction": ("a.json", deribit(direction="up"), 'direction: got "up"'),
    "a direction against the size": ("a.json", deribit(direction="buy"), "with a size of -2"),
    "a negative price": ("a.json", deribit(2, mark_price=-1), "result[2].mark_price: got -1"),
    "an index of a list": ("a.json", deribit(index_price=[1]), "index_price: got a list"),
    "no price at all": (
        "a.json",
        json.dumps([{"instrument_name": "ETH-25DEC99-1000-C", "size": 1, "mark_price": 0.1}]),
        "states no price of ETH",
    ),
    "unknown currencies": (
        "a.json",
        json.dumps([{"currency": "B\nTC", "equity": 1, "margin_balance": 1}]),
        "currency: got",
    ),
    "two currencies": (
        "a.json",
        json.dumps([*POSITIONS, {**POSITIONS[2], "instrument_name": "ETH-PERPETUAL"}]),
        "margined apart",
    ),
    # other venues
    "a size of a list": ("a.json", venue("binance", '"-0.5"', "[1]"), "positionAmt: got a list"),
    "an option where none is read": (
        "a.json",
        venue("okx", "BTC-USDT-SWAP", "BTC-USD-240927-40000-C"),
        "only perpetuals are read from OKX",
    ),
    "an entry price of text": ("a.json", venue("bybit", '"91000"', '"x"'), "avgPrice: got"),
    "a time of nonsense": ("a.json", venue("hyperliquid", "time\": 1", "time\": 99"), "time: got"),
    # Interactive Brokers
    "a position of text": ("a.xml", flex('position="200"', 'position="x"'), "[0].position"),
    "an unknown category": ("a.xml", flex('Category="STK"', 'Category="BOND"'), 'got "BOND"'),
    "a side against the position": ("a.xml", flex('side="Long"', 'side="Short"'), "they disagree"),
    "a strike below zero": ("a.xml", flex('strike="280"', 'strike="-280"'), "strike: got"),
    "a wrong expiry": ("a.xml", flex('"20270115"', '"20271315"'), "OpenPosition[1].expiry"),
    "an ambiguous date": ("a.xml", flex('"20270115"', '"01/02/27"'), 'expiry: got "01/02/27"'),
    "a multiplier of text": ("a.xml", flex('multiplier="100"', 'multiplier="?"'), "multiplier"),
    "no positions": ("a.csv", statement("Open Positions", "Posiciones"), "Open Positions: missing"),
    "a period in Polish": ("a.csv", statement("November", "Listopad"), "Statement.Period"),
    "a close of text": ("a.csv", statement(",268,", ",dear,"), "a.csv:12: Open Positions[0]"),
    # tables
    "no quantity": ("a.csv", "symbol,strike\nAAPL,1\n", "needs the columns quantity"),
    "a quantity of text": ("a.csv", table(",200,", ",two hundred,"), 'a.csv:2: rows[0].quantity'),
    "a blank quantity": ("a.csv", table(",-3,", ",,"), "rows[2].quantity: missing"),
    "a volatility in percent": ("a.csv", table("0.31", "31"), "looks like percent"),
    "an unknown kind": ("a.csv", table("option,AAPL 15", "warrant,AAPL 15"), 'got "warrant"'),
    "a symbol of no date": ("a.csv", table("270115C", "271315C"), "a.csv:3: rows[1].symbol"),
    "a strike of zero": ("a.csv", table("00280000", "00000000"), "strike must be positive"),
    "a time before all times": ("a.csv", table("2026-11-20T21:00Z", "0001-01-01"), "rows[0].asof"),
    "no price of the underlying": ("a.csv", table(",268,", ",,"), "states no price of AAPL"),
    "currencies mixed": ("a.csv", "symbol,qty,currency\nA,1,EUR\nB,1,USD\n", "EUR and USD"),
}  # fmt: skip


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_there_are_fifty_kinds_and_more():
    assert len(CASES) >= 50


@pytest.mark.parametrize(("name", "content", "words"), CASES.values(), ids=CASES)
def test_a_malformed_file_is_an_error_that_names_the_place(tmp_path, name, content, words):
    path, target = written(tmp_path, name, content), tmp_path / "out.parquet"
    result = CliRunner().invoke(main, ["run", str(path), "-o", str(target)])
    assert (result.exit_code, result.stdout) == (3, "")
    assert words in result.stderr
    assert all(line.startswith(str(path)) for line in result.stderr.splitlines())
    assert sorted(tmp_path.iterdir()) == [path]


def test_what_the_cases_spoil_is_sound(tmp_path):
    for name, content in {"a.yaml": NATIVE, "b.csv": TABLE, "c.json": deribit()}.items():
        assert load(written(tmp_path, name, content)).account.positions
