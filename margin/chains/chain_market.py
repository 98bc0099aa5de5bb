"""A market from a chain of quoted options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.carry import Carry, years_between
from margin.chains.forwards import ExpiryForward, expiry_forwards
from margin.chains.inversion import inside_bounds, inverted
from margin.chains.quotes import Chain, Flaw, Side, chain_columns, prices
from margin.files.readers.conventions import family
from margin.files.readers.frames import frame_columns
from margin.files.readers.names import contract_name
from margin.instrument import OptionContract, Settlement
from margin.market import Market, Underlying
from margin.smile_fit import FEWEST_QUOTES, FittedSmile, fit_smile
from margin.smile_surface import SmileSurface
from pdesolve import Exercise, Right

__all__ = ["ChainMarket", "chain_market"]

Floats = NDArray[np.float64]

QUARTER_HOUR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ChainMarket:
    """A market from a chain, and what became of its quotes.

    Attributes
    ----------
    market : Market
        Spot, carry to every expiry, the volatility of every quote that has one, and a smile for
        every other contract.
    forwards : tuple of ExpiryForward
        One for each expiry, in the order of time.
    smiles : tuple of FittedSmile
        For each expiry with five quotes out of the money.
    volatilities : (n,) array
        Of each row of the chain; NaN where there is none.
    flaws : tuple of (Flaw or None)
        Why a row has none.
    assumptions : tuple of str
        What the chain does not say, and what was taken in its place.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin.chains.chain_market import chain_market
    >>> chain = {"right": ["C", "P"], "strike": [100.0, 100.0], "expiry": ["2027-11-20"] * 2,
    ...     "bid": [10.0, 5.1], "ask": [10.9, 5.0]}
    >>> found = chain_market(chain, underlying="SPX", spot=100.0, rate=0.05,
    ...     asof=datetime(2026, 11, 20, 21, tzinfo=UTC))
    >>> [flaw and flaw.value for flaw in found.flaws]
    [None, 'bid above ask']
    """

    market: Market
    forwards: tuple[ExpiryForward, ...]
    smiles: tuple[FittedSmile, ...]
    volatilities: Floats
    flaws: tuple[Flaw | None, ...]
    assumptions: tuple[str, ...]

    def count(self, flaw: Flaw | None) -> int:
        """How many rows have a flaw; None counts those without."""
        return sum(at is flaw for at in self.flaws)

    def __str__(self) -> str:
        words = [f"{self.count(None)} quotes of {len(self.flaws)} used"]
        words += [f"{self.count(flaw)} {flaw.value}" for flaw in Flaw if self.count(flaw)]
        lines = [", ".join(words)] + [f"  assumed: {sentence}" for sentence in self.assumptions]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for every contract of a chain."""

    underlying: str
    exercise: Exercise
    settlement: Settlement


def chain_market(
    frame: Any,
    *,
    underlying: str,
    spot: float | None = None,
    asof: datetime | None = None,
    rate: float | None = None,
    side: Side = Side.MID,
    exercise: Exercise | None = None,
    stale_after: timedelta = QUARTER_HOUR,
) -> ChainMarket:
    """The market that a chain of quotes on one underlying describes.

    Forwards come from their column; where there is none, from put-call parity, of American
    options after their right to early exercise is taken off.  Volatilities are solved from the
    side of the quotes that counts, and smiles fitted to those out of the money.

    Parameters
    ----------
    frame : data frame or mapping of lists
        One row per option: ``right``, ``strike``, ``expiry``, and ``bid`` and ``ask`` or
        ``mark``; perhaps ``asof`` or ``quote_age``, ``spot``, ``forward``, ``symbol``, and
        ``settlement`` with AM or PM.  Names as in `margin.files.readers.columns`.
    underlying : str
        Name of the underlying.
    spot : float, optional
        In quote currency; None is the median of the column.
    asof : datetime, optional
        None is the instant of the last quote.
    rate : float, optional
        Continuously compounded per year, for all expiries.  None is fitted together with the
        forward of European options, and 0 for American ones.
    side : Side
        Which price of a quote counts.
    exercise : Exercise, optional
        None is American for shares and European for indices and coins.
    stale_after : timedelta
        Quotes older than this, measured from ``asof``, do not count.

    Returns
    -------
    ChainMarket

    Raises
    ------
    AccountFileError
        If a column is missing or holds what makes no sense.
    ImportError
        If the frame is a data frame and narwhals is not installed.
    ValueError
        If neither the chain nor an argument states the spot or the instant, or no quote can be
        used.
    """
    chain = chain_columns(frame_columns(frame), underlying)
    terms, assumptions = _terms(chain, underlying, exercise)
    now = _instant(chain, asof)
    price, flaws = prices(chain, side, asof=now, stale_after=stale_after)
    at = _spot(chain, spot)
    quoted = price * (at if terms.settlement is Settlement.INVERSE else 1.0)
    forwards = expiry_forwards(
        chain, quoted, spot=at, asof=now, rate=rate, inverse=_inverse(terms), style=terms.exercise
    )
    if not forwards:
        raise ValueError(f"the chain of {underlying} holds no quote that can be used")
    curve = tuple(Carry(one.expiry, one.rate, one.dividend_yield) for one in forwards)
    bare = Underlying(at, curve=curve)
    vols = _volatilities(chain, quoted, flaws, bare, (now, terms.exercise))
    surface, smiles = _smiles(chain, vols, forwards, spot=at, asof=now)
    market = Market(
        now,
        {underlying: bare},
        _by_contract(chain, vols, terms),
        {} if surface is None else {underlying: surface},
    )
    assumptions += _carry_assumptions(forwards, rate, inverse=_inverse(terms))
    return ChainMarket(market, forwards, smiles, vols, tuple(flaws.tolist()), assumptions)


def _carry_assumptions(
    forwards: Sequence[ExpiryForward], rate: float | None, *, inverse: bool
) -> tuple[str, ...]:
    """What is taken where parity tells no forward or no rate."""
    found = []
    if any(one.pairs == 0 and not one.stated for one in forwards):
        found.append("carry of expiries without a pair of call and put is that of the nearest")
    if rate is None and not inverse and not all(one.fitted_rate for one in forwards):
        found.append("interest rate 0 per year where it is not fitted")
    return tuple(found)


def _inverse(terms: _Terms) -> bool:
    return terms.settlement is Settlement.INVERSE


def _terms(
    chain: Chain, underlying: str, exercise: Exercise | None
) -> tuple[_Terms, tuple[str, ...]]:
    """Style and settlement, from the name of a contract or by convention."""
    try:
        named = contract_name(chain.names[0]) if chain.names else None
    except ValueError:
        named = None
    kind, settle = family(underlying), named.settle if named else None
    style = exercise or (Exercise.AMERICAN if kind == "share" else Exercise.EUROPEAN)
    assumptions = [] if exercise else [f"options on {underlying} are {style.value}"]
    if settle is None:
        settle = Settlement.PHYSICAL if kind == "share" else Settlement.CASH
        assumptions.append(f"options on {underlying} are settled by {_words(settle)}")
    return _Terms(underlying, style, settle), tuple(assumptions)


def _words(settle: Settlement) -> str:
    return "delivery" if settle is Settlement.PHYSICAL else "cash"


def _instant(chain: Chain, asof: datetime | None) -> datetime:
    found = asof if asof is not None else chain.asof
    if found is None:
        raise ValueError("asof is missing; give it, or a column of it")
    return _check.instant("asof", found).astimezone(UTC)


def _spot(chain: Chain, spot: float | None) -> float:
    if spot is not None:
        return _check.positive("spot", spot)
    stated = chain.numbers["spot"][chain.numbers["spot"] > 0.0]
    if not stated.size:
        raise ValueError("spot is missing; give it, or a column of it")
    return float(np.median(stated))


def _volatilities(
    chain: Chain,
    price: Floats,
    flaws: NDArray[np.object_],
    underlying: Underlying,
    when: tuple[datetime, Exercise],
) -> Floats:
    """Volatility of each row; a row without one gets its flaw."""
    asof, exercise = when
    carries = {expiry: underlying.carry(expiry, asof) for expiry in set(chain.expiries.tolist())}
    by_row = np.array([carries[expiry] for expiry in chain.expiries.tolist()])
    columns = {
        "price": price,
        "spot": np.full(price.size, underlying.spot),
        "strike": chain.numbers["strike"],
        "expiry": np.array([years_between(asof, expiry) for expiry in chain.expiries.tolist()]),
        "rate": by_row[:, 0],
        "div_yield": by_row[:, 1],
        "right": chain.rights.astype(float),
    }
    clean = flaws == np.array(None)
    outside = clean & ~inside_bounds(columns, exercise)
    found = inverted(columns, exercise)
    flaws[outside] = Flaw.OUTSIDE
    flaws[clean & ~outside & np.isnan(found)] = Flaw.NO_VOLATILITY
    return np.where(flaws == np.array(None), found, np.nan)


def _by_contract(chain: Chain, vols: Floats, terms: _Terms) -> Mapping[OptionContract, float]:
    rows = np.flatnonzero(~np.isnan(vols))
    return {
        OptionContract(
            terms.underlying,
            Right(int(chain.rights[row])),
            float(chain.numbers["strike"][row]),
            chain.expiries[row],
            terms.exercise,
            terms.settlement,
        ): float(vols[row])
        for row in rows
    }


def _smiles(
    chain: Chain,
    vols: Floats,
    forwards: tuple[ExpiryForward, ...],
    *,
    spot: float,
    asof: datetime,
) -> tuple[SmileSurface | None, tuple[FittedSmile, ...]]:
    """A smile for every expiry with enough quotes out of the money."""
    found = []
    for one in forwards:
        away = chain.rights * (chain.numbers["strike"] - one.forward) >= 0.0
        rows = (chain.expiries == np.array(one.expiry, dtype=object)) & away & ~np.isnan(vols)
        strikes = chain.numbers["strike"][rows]
        if np.unique(strikes).size >= FEWEST_QUOTES:
            years = years_between(asof, one.expiry)
            found.append(fit_smile(strikes, vols[rows], years=years, forward=one.forward))
    surface = SmileSurface(spot, tuple(one.smile for one in found)) if found else None
    return surface, tuple(found)
