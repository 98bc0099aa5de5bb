"""A small writer of SPAN files, after the tables of columns and elements, for tests of readers."""

from xml.etree import ElementTree


def columns(*fields):
    """A line from (first column, text) pairs."""
    line = [" "] * (max(at + len(text) for at, text in fields) - 1)
    for at, text in fields:
        line[at - 1 : at - 1 + len(text)] = text
    return "".join(line)


def digits(value, width, decimals=0):
    return f"{round(abs(value) * 10**decimals):0{width}d}"


def signed(value, width, decimals=0):
    return digits(value, width, decimals) + ("-" if value < 0 else "+")


def header(form="U2"):
    return columns((1, "0 "), (3, "CME"), (9, "20260625"), (17, "S"), (36, form))


def currency():
    return columns((1, "T "), (3, "EUR"), (7, "USD"), (11, digits(1.125, 10, 6)))


def combined(code="ES", style="P", decimals="0", products=("FUT", "OOF")):
    listed = [(23 + 16 * k, f"{code:<10}{kind}{decimals}+") for k, kind in enumerate(products)]
    return columns((1, "2 "), (3, "CME"), (7, f"{code:<6}"), (14, "USD"), (18, style), *listed)


def tiers(code="ES", rows=((1, 202606, 202606), (2, 202609, 202612)), ratio=1.1):
    listed = [(11 + 14 * k, f"{n:02d}{first}{last}") for k, (n, first, last) in enumerate(rows)]
    return columns((1, "3 "), (3, f"{code:<6}"), (9, "10"), *listed, (77, digits(ratio, 4, 3)))


def delivery(code="ES", minimum=20, method="1", month=202606, charges=(0, 0)):
    spot = (11, f"0101{month}" + "".join(digits(charge, 7) for charge in charges))
    return columns(
        (1, "4 "), (3, f"{code:<6}"), (9, "10"), spot, (63, digits(minimum, 7)), (79, method)
    )


def credit(priority=1, rate=60.0, legs=(("ES", 1.0, "A"), ("NQ", 2.0, "B"))):
    listed = [
        (17 + 18 * k, f"CME {code:<6}{digits(ratio, 7, 4)}{side}")
        for k, (code, ratio, side) in enumerate(legs)
    ]
    return columns(
        (1, "6 "), (3, "ALL"), (6, digits(priority, 4)), (10, digits(rate, 7, 4)), *listed
    )


def price(code="ES", kind="FUT", decimals="002", strike_decimals="000", factor=50.0):
    scales = (34, decimals), (37, strike_decimals), (42, digits(factor, 14, 7))
    return columns((1, "P "), (3, "CME"), (6, f"{code:<10}"), (16, kind), *scales, (66, "USD"))


def scan(code="ES", kind="OOF", month="202606", expiry="202606", scaling=1.0):
    numbers = [(37, digits(0.17, 8, 6)), (45, digits(0.04, 8, 6)), (53, digits(12_000, 5))]
    numbers += [(58, digits(3.0, 5, 3)), (63, digits(0.33, 5, 4)), (68, digits(0.04, 5, 4))]
    numbers += [(73, digits(0.25, 7, 6)), (80, digits(0.00274, 6, 6)), (86, digits(scaling, 6, 4))]
    key = (6, f"{code:<10}"), (16, kind), (19, month), (28, expiry)
    return columns((1, "B "), (3, "CME"), *key, *numbers, (110, "01"))


def array(losses, delta, settled, *, right="", strike=0, month="202606", code="ES", width=5):
    """The two records of one risk array."""
    kind = "OOF" if right else "FUT"
    expiry = month if right else "000000"
    key = [(3, "CME"), (6, f"{code:<10}"), (16, f"{code:<10}"), (26, kind), (29, right or " ")]
    key += [(30, month), (39, expiry), (48, digits(strike, 7))]
    values = [(55 + (width + 1) * k, signed(loss, width)) for k, loss in enumerate(losses[:9])]
    rest = [(55 + (width + 1) * k, signed(loss, width)) for k, loss in enumerate(losses[9:])]
    tail = 55 + 7 * (width + 1)
    closing = [(tail, signed(delta, 5, 4)), (tail + 14, signed(settled, 7, 2))]
    first, second = ("81", "82") if width == 5 else ("83", "84")
    return [
        columns((1, first), *key, *values),
        columns((1, second), *key, *rest, *closing, (tail + 22, "+")),
    ]


def element(tag, *children, **leaves):
    """An XML element with leaves that hold text, then other elements."""
    made = ElementTree.Element(tag)
    for name, text in leaves.items():
        ElementTree.SubElement(made, name).text = str(text)
    made.extend(children)
    return made


def risk(losses, delta):
    values = [element("a") for _ in losses]
    for made, loss in zip(values, losses, strict=True):
        made.text = str(loss)
    tail = element("d")
    tail.text = str(delta)
    return element("ra", *values, tail, r=1)


def rate(value):
    return element("rate", r=1, val=value)


def leg(tag, side, **where):
    return element(tag, **where, rs=side, i="1.0")


def span_xml(house):
    point = element("pointInTime", house, date="20260625", isSetl=0)
    root = element("spanFile", point, fileFormat="4.00")
    ElementTree.indent(root)
    return ElementTree.tostring(root, xml_declaration=True, encoding="utf-8")
