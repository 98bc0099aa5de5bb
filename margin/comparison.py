"""One account under many margin systems, side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from margin import figures
from margin._amounts import amount_digits
from margin._columns import data_frame
from margin.account import Account
from margin.files.rules import NAMED_RULES
from margin.market import Market
from margin.notebook import comparison_html
from margin.requirements import initial_requirement
from margin.revaluation import Revaluation, moving_underlying, revalue
from margin.rules import Rule, labelled_values, refuse_claims

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["ComparedSystem", "Comparison", "compare"]

Floats = NDArray[np.float64]

# Spots at which requirements are compared if none are given, relative to the present one.
FALL, RISE, N_SPOTS = 0.5, 1.5, 101
# Room at both ends of what is revalued, against the rounding of moves.
ROOM = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class ComparedSystem:
    """What one margin system requires of an account, now and at every spot compared.

    Attributes
    ----------
    name : str
        As a file or the command names it.
    title : str
        As the rule calls itself.
    initial, maintenance : float
        Now, in the currency of the account.
    worst_scenario : str
        What binds, in words.
    requirements : (k,) array
        Maintenance requirement at the spots of the comparison, in the currency of the account.
    """

    name: str
    title: str
    initial: float
    maintenance: float
    worst_scenario: str
    requirements: Floats


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison:
    """An account under many margin systems, made by `compare`.

    Amounts are in the currency of the account, a coin account's in coin.

    Attributes
    ----------
    account, currency, underlying : str
        Whose requirements they are, in what, and what moves.
    asof : datetime
        The instant, in UTC.
    spot : float
        Present price of the underlying, in quote currency.
    equity : float
        Cash, positions and collateral at their present values, the same under every system.
    spots : (k,) array
        Where requirements are compared, in quote currency.
    systems : tuple of ComparedSystem
        From the least maintenance requirement now to the greatest.
    refused : dict of str to str
        Systems that do not apply to the account, and why.
    """

    account: str
    currency: str
    underlying: str
    asof: datetime
    spot: float
    equity: float
    spots: Floats
    systems: tuple[ComparedSystem, ...]
    refused: Mapping[str, str]

    @property
    def units(self) -> dict[str, str]:
        """Unit of every column of the table."""
        money = dict.fromkeys(("initial", "maintenance", "excess"), self.currency)
        return money | {"ratio": "equity / maintenance"}

    def columns(self) -> dict[str, list[Any]]:
        """The table with one row per system."""
        required = [system.maintenance for system in self.systems]
        return {
            "system": [system.name for system in self.systems],
            "title": [system.title for system in self.systems],
            "initial": [system.initial for system in self.systems],
            "maintenance": required,
            "excess": [self.equity - amount for amount in required],
            "ratio": [self.equity / amount if amount > 0.0 else None for amount in required],
            "worst_scenario": [system.worst_scenario for system in self.systems],
        }

    def to_dict(self) -> dict[str, Any]:
        """All that is compared, as plain values that JSON can hold."""
        columns = self.columns()
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        curves = {system.name: system.requirements.tolist() for system in self.systems}
        return {
            "account": self.account,
            "currency": self.currency,
            "underlying": self.underlying,
            "asof": self.asof.isoformat(),
            "spot": self.spot,
            "equity": self.equity,
            "systems": rows,
            "refused": dict(self.refused),
            "spots": self.spots.tolist(),
            "requirements": curves,
        }

    def to_dataframe(self) -> "pd.DataFrame":
        """One row per system; units are in ``attrs["units"]``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self.columns(), self.units)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the maintenance requirement of every system against spot.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where to draw.

        Returns
        -------
        matplotlib axes
        """
        return figures.compared_requirements(self, ax=ax)

    def __repr__(self) -> str:
        return "\n".join(_text(self))

    _repr_html_ = comparison_html


def compare(
    account: Account,
    market: Market,
    rules: Mapping[str, Rule] | None = None,
    *,
    spots: ArrayLike | None = None,
    underlying: str | None = None,
) -> Comparison:
    """What many margin systems require of one account, now and against spot.

    Every contract is solved once, at all volatility moves of all systems together.  A system that
    does not apply to the account is listed with its reason and stops nothing.

    Parameters
    ----------
    account : Account
        What is held.
    market : Market
        Spot, carry and volatilities now.
    rules : mapping of str to Rule, optional
        Margin systems by name; by default all that a file may state by name.
    spots : array-like, optional
        Where requirements are compared, in quote currency; by default from half to one and a half
        times the present spot.
    underlying : str, optional
        Whose spot moves; needed only if the account has several.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If no system is given, a spot is not positive and finite, or the account cannot be valued.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Asset, Market, Position, Underlying
    >>> from margin.comparison import compare
    >>> from margin.rules import TEN_POINT_BROAD_INDEX, TEN_POINT_EQUITY
    >>> market = Market(datetime(2026, 11, 20, 21, tzinfo=UTC), {"AAPL": Underlying(80.0)}, {})
    >>> account = Account("shares", "USD", -4_000.0, (Position(Asset("AAPL"), 100),))
    >>> found = compare(
    ...     account, market, {"equity": TEN_POINT_EQUITY, "index": TEN_POINT_BROAD_INDEX}
    ... )
    >>> [(system.name, round(system.maintenance, 2)) for system in found.systems]
    [('index', 640.0), ('equity', 1200.0)]
    """
    systems = NAMED_RULES if rules is None else rules
    if not systems:
        raise ValueError("rules must hold at least one margin system, got none")
    name = moving_underlying(account, market, underlying)
    present = market.underlyings[name].spot
    asked = _asked(spots, present)
    revaluation = _revaluation(systems, account, market, name, np.append(asked, present))
    found, refused = [], {}
    for key, rule in systems.items():
        try:
            found.append(_system(key, rule, revaluation, asked))
        except ValueError as reason:
            refused[key] = str(reason)
    unit = present if revaluation.in_coin else 1.0
    return Comparison(
        account=account.name,
        currency=account.currency,
        underlying=name,
        asof=market.asof,
        spot=present,
        equity=float(revaluation.equity()(present)) / unit,
        spots=asked,
        systems=tuple(sorted(found, key=lambda system: system.maintenance)),
        refused=refused,
    )


def _asked(spots: ArrayLike | None, present: float) -> Floats:
    if spots is None:
        return np.linspace(FALL, RISE, N_SPOTS) * present
    asked = np.atleast_1d(np.asarray(spots, dtype=np.float64))
    if asked.ndim != 1 or not np.all((asked > 0.0) & np.isfinite(asked)):
        raise ValueError(f"spots must be a row of positive and finite numbers, got {spots!r}")
    return asked


def _revaluation(
    systems: Mapping[str, Rule], account: Account, market: Market, name: str, spots: Floats
) -> Revaluation:
    """All that any of the systems reads of the account."""
    falls, rises = zip(*(rule.spot_moves for rule in systems.values()), strict=True)
    moves = (move for rule in systems.values() for move in rule.vol_moves)
    return revalue(
        account,
        market,
        underlying=name,
        vol_moves=tuple(dict.fromkeys(moves)),
        lowest=float(spots.min()) * (1.0 + min(falls)) * (1.0 - ROOM),
        highest=float(spots.max()) * (1.0 + max(rises)) * (1.0 + ROOM),
    )


def _system(name: str, rule: Rule, revaluation: Revaluation, spots: Floats) -> ComparedSystem:
    refuse_claims(rule, revaluation.account)
    at = np.append(revaluation.spot, spots)
    labels, excess = labelled_values(rule, revaluation, at)
    unit = at if revaluation.in_coin else 1.0
    required = (revaluation.equity()(at) - excess.min(axis=0)) / unit
    return ComparedSystem(
        name=name,
        title=rule.name,
        initial=initial_requirement(rule, revaluation, maintenance=float(required[0])),
        maintenance=float(required[0]),
        worst_scenario=labels[int(excess[:, 0].argmin())],
        requirements=required[1:],
    )


def _text(found: Comparison) -> Iterator[str]:
    """The comparison as lines of at most 80 characters."""
    digits = amount_digits(in_coin=found.currency == found.underlying)
    yield f"{found.account}: requirements in {found.currency}, equity {found.equity:,.{digits}f}"
    yield f"{found.asof:%Y-%m-%d %H:%M} UTC, {found.underlying} at {found.spot:,.10g}"
    yield ""
    heads = ("initial", "maintenance", "excess")
    yield f"{'system':<24}" + "".join(f"{head:>15}" for head in heads) + f"{'ratio':>9}"
    for system in found.systems:
        excess = found.equity - system.maintenance
        amounts = (system.initial, system.maintenance, excess)
        ratio = f"{found.equity / system.maintenance:.3f}" if system.maintenance > 0.0 else "-"
        yield (
            f"{system.name[:23]:<24}"
            + "".join(f"{round(amount, digits) + 0.0:>15,.{digits}f}" for amount in amounts)
            + f"{ratio[:8]:>9}"
        )
    for name, reason in found.refused.items():
        yield from wrap(f"{name}: does not apply, {reason}", 80, subsequent_indent="  ")
