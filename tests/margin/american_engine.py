"""American options by an independent engine: Andersen, Lake and Offengenden in QuantLib."""

from functools import cache

import QuantLib as ql

YEAR = 365


def equity(held, market, spot):
    """Cash and American options in quote currency."""
    carry = market.underlyings["X"]
    total = held.cash
    for each in held.positions:
        leg = each.instrument
        days = round(market.years(leg.expiry) * YEAR)
        total += each.quantity * each.multiplier * value(
            int(leg.right), leg.strike, days, market.volatility(leg), carry.rate,
            carry.dividend_yield, spot,
        )  # fmt: skip
    return total


def value(right, strike, days, volatility, rate, dividend_yield, spot):
    """One option, to about ten digits."""
    option, quote = engine(right, strike, days, volatility, rate, dividend_yield)
    quote.setValue(spot)
    return option.NPV()


@cache
def engine(right, strike, days, volatility, rate, dividend_yield):
    """An option whose spot can be set."""
    today, count = ql.Date(20, 11, 2026), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    quote = ql.SimpleQuote(strike)

    def flat(level):
        return ql.YieldTermStructureHandle(ql.FlatForward(today, level, count))

    vol = ql.BlackVolTermStructureHandle(
        ql.BlackConstantVol(today, ql.NullCalendar(), volatility, count)
    )
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(quote), flat(dividend_yield), flat(rate), vol
    )
    kind = ql.Option.Call if right > 0 else ql.Option.Put
    exercise = ql.AmericanExercise(today, today + days)
    option = ql.VanillaOption(ql.PlainVanillaPayoff(kind, strike), exercise)
    scheme = ql.QdFpAmericanEngine.highPrecisionScheme()
    option.setPricingEngine(ql.QdFpAmericanEngine(process, scheme))
    return option, quote
