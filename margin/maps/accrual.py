"""What time adds to the cash of an account: interest, coupons and funding."""

from dataclasses import dataclass
from datetime import datetime
from math import exp, expm1

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.account import Account
from margin.instrument import Perpetual, Settlement
from margin.market import Market
from margin.piecewise import PiecewiseCubic, from_hermite

__all__ = ["Accrual", "Funding", "Payment", "mean_spot"]

Floats = NDArray[np.float64]

# Gauss–Legendre nodes for the mean over time: the integrand is smooth, so the rest is rounding.
NODES, WEIGHTS = (0.5 * each for each in np.polynomial.legendre.leggauss(20))
# Width of a cell in the log of the spot; the cubic strays by its fourth power.
FINEST = 0.02


@dataclass(frozen=True, slots=True)
class Payment:
    """A single amount: a coupon of collateral, an instalment, a fee.

    Attributes
    ----------
    date : datetime
        When, kept in UTC.
    amount : float
        In the currency of the account; negative if it is paid out.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.maps.accrual import Payment
    >>> Payment(datetime(2026, 12, 15, tzinfo=UTC), 2_125.0).amount
    2125.0
    """

    date: datetime
    amount: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "date", _check.instant("date", self.date))
        object.__setattr__(self, "amount", _check.finite("amount", self.amount))


@dataclass(frozen=True, slots=True)
class Funding:
    """Funding of perpetuals on their mark notional, by its expectation.

    What is paid depends on the whole course of the spot, ``rate q`` times its integral.  Where the
    spot is ``S`` at time ``t``, the integral is replaced by its expectation given both ends, under
    a log spot without other drift: a Brownian bridge.  What the course may add to it or take from
    it is `deviation`.

    Attributes
    ----------
    rate : float
        Per year; positive if longs pay.
    volatility : float
        Of the spot on its way, per root year.

    Raises
    ------
    ValueError
        If the rate is not finite or the volatility is negative.

    Examples
    --------
    >>> from margin.maps.accrual import Funding
    >>> Funding(rate=0.11, volatility=0.6).rate
    0.11
    """

    rate: float
    volatility: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _check.finite("rate", self.rate))
        vol = _check.within("volatility", self.volatility, 0.0, np.inf)
        object.__setattr__(self, "volatility", vol)

    def paid(
        self, units: float, start: float, years: float, *, span: tuple[float, float]
    ) -> PiecewiseCubic:
        """What ``units`` of the underlying have paid where the spot has gone, against that spot.

        Parameters
        ----------
        units : float
            Held through perpetuals, negative if short.
        start : float
            Spot at the start, in quote currency.
        years : float
            Time since.
        span : tuple of float
            Range of spots, in quote currency.

        Returns
        -------
        PiecewiseCubic
            In quote currency; negative if it was received.
        """
        cells = int(np.ceil(np.log(span[1] / span[0]) / FINEST))
        knots = np.geomspace(*span, cells + 1)
        knots[0], knots[-1] = span
        means, slopes = mean_spot(start, knots, years, self.volatility)
        scale = self.rate * units * years
        curve = from_hermite(knots, scale * means, scale * slopes[:-1],
                             right_slopes=scale * slopes[1:], error=0.0)  # fmt: skip
        middle = 0.5 * (knots[:-1] + knots[1:])
        bend = np.abs(curve(middle) - scale * mean_spot(start, middle, years, self.volatility)[0])
        return PiecewiseCubic(curve.knots, curve.bernstein, bend)

    def deviation(self, units: float, start: float, spot: float, years: float) -> float:
        """Standard deviation of what is paid, given both ends, to first order in the volatility.

        In quote currency: ``abs(rate units) volatility`` times the root of the double integral of
        ``L(u) L(v) (min(u, v) - u v / t)``, with ``L`` the spot on the straight way between the
        logs of both ends.
        """
        shares = NODES + 0.5
        level = start * (spot / start) ** shares
        cover = np.minimum(shares[:, None], shares) - shares[:, None] * shares
        weighted = WEIGHTS * level
        spread = float(weighted @ cover @ weighted) * years**3
        return abs(self.rate * units) * self.volatility * float(np.sqrt(spread))


def mean_spot(
    start: float, spots: Floats, years: float, volatility: float
) -> tuple[Floats, Floats]:
    """Expected mean of a spot over time given both ends, and its derivative by the second.

    ``integral over x from 0 to 1 of start**(1 - x) spot**x exp(volatility**2 years x (1 - x) / 2)``

    Parameters
    ----------
    start : float
        First end, in quote currency.
    spots : (n,) array
        Second ends, in quote currency.
    years : float
        Time between them.
    volatility : float
        Per root year.

    Returns
    -------
    tuple of (n,) arrays
        In quote currency, and a pure number.

    Examples
    --------
    >>> import numpy as np
    >>> from margin.maps.accrual import mean_spot
    >>> mean, _ = mean_spot(100.0, np.array([100.0, 200.0]), years=0.1, volatility=0.0)
    >>> mean  # the logarithmic mean
    array([100.        , 144.26950409])
    """
    x = NODES + 0.5
    growth = WEIGHTS * np.exp(0.5 * volatility**2 * years * x * (1.0 - x))
    ratio = (spots / start)[:, None] ** x
    return start * (ratio @ growth), start * ((ratio * x) @ growth) / spots


@dataclass(frozen=True, slots=True)
class Accrual:
    """How the cash of an account changes as time passes.

    Cash grows to ``cash e^(i t) + income (e^(i t) - 1) / i``, every payment from its date on, less
    the funding paid.

    Attributes
    ----------
    interest : float
        Rate on cash, and on a debt, continuously compounded per year.
    income : float
        Even income, such as coupons less funding of a fixed notional, in the currency of the
        account per year.
    payments : tuple of Payment
        Single amounts.
    funding : Funding or None
        Funding of linear perpetuals on their mark notional, which bears no interest.

    Examples
    --------
    >>> from margin.maps.accrual import Accrual
    >>> round(Accrual(interest=0.12).cash(-4_000.0, 30 / 365, ()), 4)
    -4039.6473
    """

    interest: float = 0.0
    income: float = 0.0
    payments: tuple[Payment, ...] = ()
    funding: Funding | None = None

    def __post_init__(self) -> None:
        for name in ("interest", "income"):
            object.__setattr__(self, name, _check.finite(name, getattr(self, name)))
        object.__setattr__(self, "payments", tuple(self.payments))
        for index, payment in enumerate(self.payments):
            _check.instance(f"payments[{index}]", payment, Payment)

    @property
    def dates(self) -> tuple[datetime, ...]:
        """Dates of single payments, at which the excess jumps."""
        return tuple(sorted({payment.date for payment in self.payments}))

    def cash(self, start: float, years: float, since: tuple[tuple[float, float], ...]) -> float:
        """Cash after some years.

        Parameters
        ----------
        start : float
            Cash now, in the currency of the account.
        years : float
            Time from now.
        since : tuple of (float, float)
            Amounts that have been paid, and the years since each.
        """
        rate = self.interest
        earned = expm1(rate * years) / rate if rate else years
        paid = sum(amount * exp(rate * ago) for amount, ago in since)
        return start * exp(rate * years) + self.income * earned + paid

    def cash_on(self, account: Account, market: Market, date: datetime) -> float:
        """Cash of an account on a date, in its currency."""
        since = tuple(
            (one.amount, market.years(date) - market.years(one.date))
            for one in self.payments
            if market.asof < one.date <= date
        )
        return self.cash(account.cash, market.years(date), since)

    def funded_units(self, account: Account, underlying: str) -> float:
        """Units held through perpetuals that pay funding on their mark.

        Raises
        ------
        ValueError
            If an inverse perpetual is held, whose notional is fixed in quote currency.
        """
        units = 0.0
        for held in account.positions:
            contract = held.instrument
            if not isinstance(contract, Perpetual) or contract.underlying != underlying:
                continue
            if contract.settlement is Settlement.INVERSE and held.quantity:
                raise ValueError(
                    f"funding of {contract} must be stated as income, since its notional is fixed "
                    "in quote currency"
                )
            units += held.quantity * held.multiplier
        return units
