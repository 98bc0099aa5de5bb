"""QuantLib's flat market, on dates, for the tests that take it as an independent library."""

import QuantLib as ql

TODAY = ql.Date(20, 11, 2026)
YEAR = ql.Actual365Fixed()


def today():
    ql.Settings.instance().evaluationDate = TODAY


def date(expiry):
    """Return the date on which a life of whole days ends."""
    return TODAY + ql.Period(round(365.0 * expiry), ql.Days)


def curve(rate):
    return ql.YieldTermStructureHandle(ql.FlatForward(TODAY, float(rate), YEAR))


def quote(value):
    return ql.QuoteHandle(ql.SimpleQuote(float(value)))


def process(spot, vol, rate, div_yield):
    flat = ql.BlackConstantVol(TODAY, ql.NullCalendar(), float(vol), YEAR)
    return ql.BlackScholesMertonProcess(
        quote(spot), curve(div_yield), curve(rate), ql.BlackVolTermStructureHandle(flat)
    )


def right(name):
    return ql.Option.Call if name == "call" else ql.Option.Put
