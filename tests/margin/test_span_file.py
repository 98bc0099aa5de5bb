"""Readers of SPAN files, on files written after the tables of columns and elements."""

from dataclasses import replace

import pytest

from margin.files.span.file import SpanFileError, SpanKey, SpanLayout, read_span
from margin.rules.span.charges import (
    CalendarSpread,
    InterSpread,
    OptionStyle,
    ShortCount,
    SpanKind,
    SpreadLeg,
    span_requirement,
)
from tests.margin import span_writer as write

CALL = [-36.0, 38, -78, 1, 0, 68, -125, -44, 32, 91, -177, -95, 58, 109, -185, 47]
LINE = [-100.0 * third for third in (0, 1, -1, 2, -2, 3, -3) for _ in range(2)] + [-297, 297]
FUTURE_KEY = SpanKey("CME", "ES", "FUT", "202606")
CALL_KEY = SpanKey("CME", "ES", "OOF", "202606", "C", "202606", 105.0)
LINES = [
    write.header(),
    write.currency(),
    "1 some exchange header",
    write.combined(),
    write.tiers(),
    write.delivery(charges=(3, 11)),
    "5 ALL       ES    NQ    ",
    write.credit(),
    write.price(),
    write.price(kind="OOF"),
    write.scan(),
    *write.array(LINE, 1.0, 100.0),
    *write.array(CALL, 0.3667, 2.93, right="C", strike=105),
]


def read(tmp_path, lines, layout=None, name="file.pa2"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="latin-1")
    return read_span(path, layout)


def with_line(number, line):
    return [*LINES[:number], line, *LINES[number + 1 :]]


def altered(line, column, text):
    return line[: column - 1] + text + line[column - 1 + len(text) :]


def test_the_header_and_the_currencies_are_read(tmp_path):
    file = read(tmp_path, LINES)
    assert (file.clearing_org, file.business_date, file.stage, file.form) == (
        "CME",
        "20260625",
        "S",
        "U2",
    )
    assert file.rates == {("EUR", "USD"): 1.125}
    assert file.skipped == {"1": 1}


def test_the_arrays_are_read_with_price_delta_and_value(tmp_path):
    file = read(tmp_path, LINES)
    assert list(file.arrays) == [FUTURE_KEY, CALL_KEY]
    call = file.arrays[CALL_KEY]
    assert call.losses == tuple(CALL)
    assert (call.kind, call.month, call.scaling) == (SpanKind.CALL, 202606, 1.0)
    assert (call.composite_delta, call.price, call.option_value) == (0.3667, 2.93, 146.5)
    assert file.arrays[FUTURE_KEY].kind is SpanKind.FUTURE


def test_the_parameters_of_a_commodity_are_read(tmp_path):
    file = read(tmp_path, LINES)
    terms = file.commodities["ES"]
    assert [(tier.number, tier.first, tier.last) for tier in terms.tiers] == [
        (1, 202606, 202606),
        (2, 202609, 202612),
    ]
    assert (terms.initial_factor, terms.currency) == (1.1, "USD")
    assert (terms.short_option_minimum, terms.short_count) == (20.0, ShortCount.LARGER)
    assert [(each.tier, each.spread_charge, each.outright_charge) for each in terms.deliveries] == [
        (1, 3.0, 11.0)
    ]


def test_credits_and_the_making_of_arrays_are_read(tmp_path):
    file = read(tmp_path, [*LINES, write.credit(0, 55.5)])
    legs = SpreadLeg("ES", 1.0, 1), SpreadLeg("NQ", 2.0, -1)
    assert file.credits == (InterSpread(legs, 0.555), InterSpread(legs, 0.6))
    made = file.scans[SpanKey("CME", "ES", "OOF", "202606", expiry="202606")]
    assert (made.volatility, made.vol_range, made.price_range) == (0.17, 0.04, 12_000.0)
    assert (made.extreme_multiple, made.cover, made.years) == (3.0, 0.33, 0.25)
    assert (made.rate, made.look_ahead_years, made.model) == (0.04, 0.00274, "01")


def test_a_book_in_the_file_has_the_requirement_of_its_arrays(tmp_path):
    file = read(tmp_path, LINES)
    found = span_requirement(file.books({FUTURE_KEY: 2, CALL_KEY: -2}), file.credits)
    (risk,) = found.commodities
    expected = [2 * line - 2 * call for line, call in zip(LINE, CALL, strict=True)]
    assert risk.losses == pytest.approx(expected)
    assert (risk.scan, risk.minimum) == (max(expected), 40.0)
    assert risk.delivery == pytest.approx(11.0 * (2 - 2 * 0.3667))
    assert found.option_value == -293.0


def test_wide_records_hold_wide_values(tmp_path):
    wide = [1_000.0 * loss for loss in LINE]
    file = read(tmp_path, [*LINES[:11], *write.array(wide, 1.0, 100.0, width=8)])
    assert file.arrays[FUTURE_KEY].losses == tuple(wide)
    assert file.arrays[FUTURE_KEY].price == 100.0


def test_array_values_carry_the_decimals_of_their_product(tmp_path):
    file = read(tmp_path, with_line(3, write.combined(decimals="1")))
    assert file.arrays[CALL_KEY].losses == pytest.approx([loss / 10 for loss in CALL])


@pytest.mark.parametrize(
    ("style", "read_as"), [("P", "PREMIUM"), ("F", "FUTURES"), (" ", "PREMIUM")]
)
def test_the_style_of_options_is_read(tmp_path, style, read_as):
    file = read(tmp_path, with_line(3, write.combined(style=style)))
    assert file.commodities["ES"].style is OptionStyle[read_as]


@pytest.mark.parametrize(("method", "count"), [("1", "LARGER"), ("2", "SUM"), (" ", "SUM")])
def test_both_ways_of_counting_short_options_are_read(tmp_path, method, count):
    file = read(tmp_path, with_line(5, write.delivery(method=method)))
    assert file.commodities["ES"].short_count is ShortCount[count]


def test_what_the_layout_leaves_open_is_a_parameter(tmp_path):
    file = read(tmp_path, LINES, SpanLayout(delta_decimals=3, account="member"))
    assert file.arrays[CALL_KEY].composite_delta == 3.667
    assert file.commodities["ES"].initial_factor == 1.0  # members' columns are blank
    with pytest.raises(ValueError, match="account must be one of member, hedger, speculator"):
        SpanLayout(account="broker")


def test_the_scaling_of_deltas_is_taken_from_the_making_of_the_array(tmp_path):
    file = read(tmp_path, with_line(10, write.scan(scaling=0.5)))
    (book,) = file.books({CALL_KEY: -2})
    assert book.delta == -0.3667


def test_a_price_that_stands_in_the_precise_field_only_needs_its_decimals(tmp_path):
    first, second = write.array(LINE, 1.0, 0.0)
    precise = write.columns((1, first), (109, "00000024051800"), (123, "Y"))
    lines = [*LINES[:11], precise, second]
    assert read(tmp_path, lines, SpanLayout(precise_decimals=3)).arrays[FUTURE_KEY].price == 24051.8
    with pytest.raises(SpanFileError, match="columns 109-122: is the only price; state its dec"):
        read(tmp_path, lines)


def test_calendar_spreads_that_are_not_read_must_be_given(tmp_path):
    file = read(tmp_path, [*LINES, "C ES    10"])
    assert file.unread == {"ES": ("calendar spreads by tier (records C)",)}
    with pytest.raises(ValueError, match=r"states of ES: calendar spreads .* give the commodity"):
        file.books({FUTURE_KEY: 1})
    spread = CalendarSpread.between(1, 2, charge=60.0)
    given = replace(file.commodities["ES"], calendar=(spread,))
    (book,) = file.books({FUTURE_KEY: 1}, {"ES": given})
    assert book.commodity.calendar == (spread,)


def test_a_delivery_month_among_others_is_noted(tmp_path):
    file = read(tmp_path, with_line(5, write.delivery(month=202609, charges=(3, 11))))
    assert file.commodities["ES"].deliveries == ()
    assert file.unread["ES"] == ("a delivery charge of 202609, a month among others in its tier",)


def test_a_contract_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no risk array of SpanKey.*code='NQ'"):
        read(tmp_path, LINES).books({SpanKey("CME", "NQ", "FUT", "202606"): 1})


CALL_LINE = write.array(CALL, 0.3667, 2.93, right="C", strike=105)


def with_call(column, text):
    """The file with another key in both halves of the call."""
    return [*LINES[:13], *(altered(line, column, text) for line in CALL_LINE)]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (with_call(48, "12x"), "pa2:14: columns 48-54: got '12x0105'; use digits"),
        (with_line(13, altered(CALL_LINE[0], 60, "*")), r"pa2:14: columns 60-60: got '\*'; use \+"),
        (with_line(14, altered(CALL_LINE[1], 111, " " * 7)), "pa2:15: columns 111-117: is blank"),
        (with_call(29, "X"), "pa2:14: columns 29-29: got 'X'; use C or P"),
        (LINES[:-1], "pa2:14: columns 1-2: record 81 has no second half with the same key"),
        (with_line(13, ""), "pa2:15: columns 3-54: no first half with the same key"),
        ([*LINES, *CALL_LINE], "pa2:16: columns 3-54: .* stands twice"),
        (with_line(9, ""), "pa2:14: columns 3-28: no record P states the product CME ES OOF"),
        (with_line(3, ""), "pa2:12: columns 3-28: no record 2 states the product CME ES FUT"),
        (with_line(3, write.combined(style="Q")), "pa2:4: columns 18-18: got 'Q'; use one of"),
        (with_line(5, write.delivery(method="7")), "pa2:6: columns 79-79: got '7'"),
        (
            with_line(4, write.tiers(rows=((1, 202609, 202606),))),
            "pa2:5: record 3: tier 1 must ascend, got 202609 to 202606",
        ),
        (
            with_line(7, write.credit(legs=(("ES", 1.0, "A"), ("NQ", 1.0, "A")))),
            "pa2:8: record 6: legs of a spread must have both sides",
        ),
        (
            with_line(8, altered(LINES[8], 34, "0x2")),
            "pa2:9: columns 34-36: got '0x2'; use a whole",
        ),
    ],
)
def test_what_cannot_be_read_names_file_line_and_columns(tmp_path, lines, message):
    with pytest.raises(SpanFileError, match=message):
        read(tmp_path, lines)


def house(**changes):
    """A clearing house with one index: a future of two months, a call, spreads and charges."""
    parts = {
        "future": write.element(
            "fut",
            write.element("scanRate", r=1, priceScan=2234.01, volScan=0.04),
            write.risk(LINE, 1.0),
            cId=7,
            pe="20260630",
            p=24051.8,
            sc=1.0,
        ),
        "option": write.element("opt", write.risk(CALL, 0.48), o="C", k=24000, p=437.65, v=0.16),
        "calendar": write.element(
            "dSpread",
            write.rate(425.0),
            write.leg("tLeg", "A", cc="NIFTY", tn=1),
            write.leg("tLeg", "B", cc="NIFTY", tn=2),
            spread=1,
            chargeMeth="F",
        ),
        "valueMeth": "EQTY",
        "somMeth": "MAX",
        "credit": 0.4,
    } | changes
    tiers = write.element(
        "intraTiers",
        write.element("tier", tn=1, sPe="202606", ePe="202606"),
        write.element("tier", tn=2, sPe="202607", ePe="202607"),
    )
    definition = write.element(
        "ccDef",
        *(
            write.element("pfLink", exch="NSE", pfCode="NIFTY", pfType=kind)
            for kind in ("FUT", "OOP")
        ),
        write.element("spotRate", r=1, pe="202606", sprd=1.5, outr=2.5),
        tiers,
        write.element("somTiers", write.element("tier", write.rate(30.0), tn=1)),
        parts["calendar"],
        cc="NIFTY",
        currency="INR",
        somMeth=parts["somMeth"],
    )
    between = write.element(
        "interSpreads",
        write.element(
            "dSpread",
            write.rate(parts["credit"]),
            write.leg("tLeg", "A", cc="NIFTY"),
            write.leg("tLeg", "B", cc="BANKNIFTY"),
            spread=1,
        ),
        write.element("sSpread", spread=2),
    )
    under = write.element("undC", pfId=1, cId=7)
    series = write.element("series", under, parts["option"], pe="20260630", cvf=1.0)
    exchange = write.element(
        "exchange",
        write.element("futPf", parts["future"], pfId=1, pfCode="NIFTY", cvf=1.0),
        write.element("oopPf", series, pfId=2, pfCode="NIFTY", valueMeth=parts["valueMeth"]),
        write.element("novelPf"),
        exch="NSE",
    )
    rates = write.element("curConv", fromCur="USD", toCur="INR", factor=83.5)
    return write.element("clearingOrg", rates, definition, between, exchange, ec="NSCCL")


def read_xml(tmp_path, layout=None, **changes):
    path = tmp_path / "file.spn"
    path.write_bytes(write.span_xml(house(**changes)))
    return read_span(path, layout)


XML_FUTURE = SpanKey("NSE", "NIFTY", "FUT", "20260630")
XML_CALL = SpanKey("NSE", "NIFTY", "OOP", "20260630", "C", "20260630", 24000.0)


def test_the_xml_form_gives_the_same_tables(tmp_path):
    file = read_xml(tmp_path)
    assert (file.clearing_org, file.business_date, file.stage, file.form) == (
        "NSCCL",
        "20260625",
        "I",
        "4.00",
    )
    assert list(file.arrays) == [XML_FUTURE, XML_CALL]
    call = file.arrays[XML_CALL]
    assert (call.losses, call.composite_delta, call.price) == (tuple(CALL), 0.48, 437.65)
    assert (call.month, file.products[XML_CALL.product]) == (202606, "NIFTY")
    assert file.scans[XML_FUTURE].price_range == 2234.01
    assert file.rates == {("USD", "INR"): 83.5}


def test_the_parameters_of_the_xml_form_are_read(tmp_path):
    file = read_xml(tmp_path)
    terms = file.commodities["NIFTY"]
    assert (terms.short_option_minimum, terms.short_count) == (30.0, ShortCount.LARGER)
    assert terms.calendar == (CalendarSpread.between(1, 2, charge=425.0),)
    assert [(each.tier, each.outright_charge) for each in terms.deliveries] == [(1, 2.5)]
    assert [spread.credit for spread in file.credits] == [0.4]
    assert file.skipped == {"novelPf": 1}
    assert file.unread == {"": ("spreads between commodities in <sSpread>",)}
    found = span_requirement(file.books({XML_FUTURE: 65, XML_CALL: -65}))
    assert found.commodities[0].minimum == 65 * 30.0


def test_options_paid_day_by_day_are_known_from_their_portfolio(tmp_path):
    assert read_xml(tmp_path, valueMeth="FUT").commodities["NIFTY"].style is OptionStyle.FUTURES


def test_credit_rates_in_percent_are_a_parameter(tmp_path):
    layout = SpanLayout(credit_unit=0.01)
    assert read_xml(tmp_path, layout, credit=40).credits[0].credit == pytest.approx(0.4)
    with pytest.raises(SpanFileError, match="<dSpread>: credit must lie from 0 to 1, got 40"):
        read_xml(tmp_path, credit=40)


def test_spreads_of_months_are_spreads_of_their_tiers(tmp_path):
    legs = [
        write.leg("pLeg", side, cc="NIFTY", pe=pe) for side, pe in (("A", 202606), ("B", 202609))
    ]
    calendar = write.element("dSpread", write.rate(9.0), *legs, spread=1)
    terms = read_xml(tmp_path, calendar=calendar).commodities["NIFTY"]
    assert terms.calendar == (CalendarSpread.between(1, 3, charge=9.0),)
    assert terms.tiers[2].first == 202609


def test_charges_by_another_method_are_noted(tmp_path):
    calendar = write.element("dSpread", write.rate(9.0), spread=1, chargeMeth="P")
    file = read_xml(tmp_path, calendar=calendar)
    with pytest.raises(ValueError, match="calendar spreads charged by method P; this is not read"):
        file.books({XML_FUTURE: 1})


def test_a_contract_without_an_array_is_counted(tmp_path):
    option = write.element("opt", o="C", k=24000, p=437.65)
    assert read_xml(tmp_path, option=option).skipped == {"novelPf": 1, "opt without ra": 1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"option": write.element("opt", write.risk(CALL[:15], 0.4), o="C", k=1, p=2)},
            r"spn:\d+: <ra>: losses of NIFTY .* must be 16, got 15",
        ),
        ({"option": write.element("opt", write.risk(CALL, 0.4), o="X", k=1)}, "<opt>: <o> is 'X'"),
        ({"option": write.element("opt", write.risk(CALL, 0.4), o="C")}, "<opt>: has no <k>"),
        (
            {"option": write.element("opt", write.risk(["x", *CALL[1:]], 0.4), o="C", k=1, p=2)},
            "<a>: is 'x'; use a number",
        ),
        ({"somMeth": "SOME"}, "<ccDef>: <somMeth> is 'SOME'; use MAX or GROSS"),
    ],
)
def test_what_cannot_be_read_names_the_element(tmp_path, changes, message):
    with pytest.raises(SpanFileError, match=message):
        read_xml(tmp_path, **changes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<spanFile><date>", "no element found|is no XML"),
        (b"<other/>", "<other>: is not <spanFile>"),
        (b"<spanFile/>", "<spanFile>: holds 0 <pointInTime>; one is read"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>\n<spanFile>&a;</spanFile>', "declares an entity"),
    ],
)
def test_what_is_no_span_file_is_refused(tmp_path, content, message):
    path = tmp_path / "file.spn"
    path.write_bytes(content)
    with pytest.raises(SpanFileError, match=message):
        read_span(path)
