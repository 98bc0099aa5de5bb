"""SPAN as a margin rule: the requirement of an account in one underlying at every spot."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from margin import _check
from margin.piecewise import PiecewiseCubic, combine
from margin.revaluation import Revaluation
from margin.rules.balance import balance
from margin.rules.rule import Branch
from margin.rules.span.arrays import risk_arrays, scan_values, scanned
from margin.rules.span.charges import SpanBook, span_requirement
from margin.rules.span.commodity import OptionStyle, SpanCommodity
from margin.rules.span.curves import charge_values, charges, exposure, short_minimum
from margin.rules.span.scan import SpanScan
from margin.rules.span.statement import SpanStatement
from margin.rules.staged import RequirementLine

__all__ = ["SpanRule"]

Floats = NDArray[np.float64]

EQUITY, VALUE, NO_LOSS, MINIMUM = "equity", "value", "no loss", "minimum"
LABELS = {
    EQUITY: "no requirement",
    VALUE: "option value, no credit beyond the risk",
    NO_LOSS: "charges without scan loss",
    MINIMUM: "short-option minimum",
}

Kind = str | int


@dataclass(frozen=True, slots=True)
class SpanRule:
    """SPAN for an account in one underlying: scan, charges, minimum and net option value.

    Bookkeeping.  SPAN compares ``max(0, risk - NOV)`` with a balance ``B`` that holds no option
    value; equity is ``E = B + NOV``.  Hence the excess is ``min(E - NOV, E - risk)``, the option
    value is counted once, and the requirement from present marks is ``max(risk, NOV)``: option
    value beyond the risk gives no credit.  Where options are paid day by day it is ``risk``.

    With ``U`` what moves, ``U'`` the same one look-ahead later, and ``C(S)`` the calendar and
    delivery charges, the risk at spot ``S`` is::

        max(max(0, max over scenarios of w (U(S) - U'(S (1 + d), vol))) + C(S), minimum)

    so that the excess is the least of piecewise cubics.  Scan ranges stay a share of the price,
    and deltas, charges and shares of the notional are taken at the spot considered.

    Attributes
    ----------
    scan : SpanScan
        Scan ranges, look-ahead and extreme moves.
    commodity : SpanCommodity
        Tiers, charges, minimum, style and initial factor.  Its amounts are in quote currency per
        unit of the underlying.
    exposure_rate : float
        Share of the notional of futures and short options that is required on top.
    name, asof, source : str
        What the rule is called, the date of its numbers and where they come from.

    Raises
    ------
    ValueError
        If the exposure rate is negative.

    References
    ----------
    Chicago Mercantile Exchange, *SPAN methodology*; NSE Clearing, *NSCCL SPAN*.

    Examples
    --------
    >>> from margin.rules.span.rule import SpanRule
    >>> from margin.rules.span.scan import SpanScan
    >>> rule = SpanRule(SpanScan(price_range=0.06, vol_range=0.04, extreme_multiple=3.0))
    >>> [round(move, 2) for move in rule.spot_moves]
    [-0.18, 0.18]
    """

    scan: SpanScan
    commodity: SpanCommodity = field(default_factory=lambda: SpanCommodity("account"))
    exposure_rate: float = 0.0
    name: str = "SPAN"
    asof: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        _check.instance("scan", self.scan, SpanScan)
        _check.instance("commodity", self.commodity, SpanCommodity)
        rate = _check.within("exposure_rate", self.exposure_rate, 0.0, inf)
        object.__setattr__(self, "exposure_rate", rate)
        object.__setattr__(self, "name", _check.text("name", self.name))

    @property
    def initial_factor(self) -> float:
        """Initial risk as a multiple of the maintenance risk; see `initial_branches`."""
        return self.commodity.initial_factor

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """Present volatilities; those of a scan are solved apart, one look-ahead later."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """Least and largest relative spot move of a scan."""
        return min(self.scan.price_moves), max(self.scan.price_moves)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Maintenance excess at every spot as the least of these branches, in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.
        date_index : int
            Which of the dates of the revaluation.
        vol_move : float
            Relative move of all volatilities that has happened before.

        Returns
        -------
        tuple of Branch
            First equity; then the value of options, the sixteen scenarios, charges alone and the
            short-option minimum, as far as the rule has them.

        Raises
        ------
        ValueError
            If the account is kept in coin, or holds another underlying or a future that pays in
            coin.
        """
        return self._branches(revaluation, date_index, vol_move, factor=1.0)

    def initial_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Equity less the initial requirement as the least of these branches.

        The risk is multiplied by the initial factor, the option value is not.  Parameters and
        errors as for `excess_branches`.
        """
        return self._branches(revaluation, date_index, vol_move, factor=self.initial_factor)

    def excess_values(
        self,
        revaluation: Revaluation,
        spots: Floats,
        date_index: int = 0,
        vol_move: float = 0.0,
    ) -> Floats:
        """The branches of `excess_branches` at spots: (b, k) in quote currency.

        Parameters
        ----------
        revaluation : Revaluation
            As for `excess_branches`, which has the same errors.
        spots : (k,) array
            In quote currency.
        date_index, vol_move : int and float
            As for `excess_branches`.
        """
        _refuse_coin(revaluation)
        equity = revaluation.equity(date_index, vol_move)(spots)
        extra = exposure(revaluation, self.exposure_rate, date_index)(spots)
        at = (date_index, vol_move)
        risky = extra + charge_values(revaluation, self.scan, self.commodity, spots=spots, at=at)
        after = scan_values(revaluation, self.scan, spots=spots, at=at)
        rows = [equity]
        for kind in self._kinds[1:]:
            if isinstance(kind, int):
                rows.append(after[kind] - risky)
            elif kind == VALUE:
                rows.append(balance(revaluation, date_index, vol_move)(spots) - extra)
            elif kind == MINIMUM:
                least = short_minimum(revaluation, self.commodity, date_index)
                rows.append(equity - least(spots) - extra)
            else:
                rows.append(equity - risky)
        return np.stack(rows)

    def statement(self, revaluation: Revaluation, date_index: int = 0) -> SpanStatement:
        """The requirement at the present spot, line by line, from risk arrays.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.
        date_index : int
            Which of the dates of the revaluation.

        Returns
        -------
        SpanStatement
            Without the exposure margin, which is `exposure_rate` of the notional on top.
        """
        _refuse_coin(revaluation)
        positions = risk_arrays(revaluation, self.scan, date_index)
        return span_requirement([SpanBook(self.commodity, positions, revaluation.spot)])

    def maintenance_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What the maintenance requirement is made of, at the present spot and from present marks.

        Parameters
        ----------
        revaluation : Revaluation
            The account, revalued.

        Returns
        -------
        tuple of RequirementLine
            They add up to the requirement; credits are negative.
        """
        return self._lines(revaluation, self.statement(revaluation).lines_from_marks)

    def initial_lines(self, revaluation: Revaluation) -> tuple[RequirementLine, ...]:
        """What the initial requirement is made of, as `maintenance_lines`."""
        return self._lines(revaluation, self.statement(revaluation).initial_lines_from_marks)

    def _lines(
        self, revaluation: Revaluation, rows: tuple[tuple[str, float], ...]
    ) -> tuple[RequirementLine, ...]:
        extra = float(exposure(revaluation, self.exposure_rate)(revaluation.spot))
        last = (("exposure, share of the notional", extra),) if self.exposure_rate else ()
        return tuple(RequirementLine(*row) for row in (*rows, *last))

    @property
    def _kinds(self) -> tuple[Kind, ...]:
        """What each branch is: a scenario by its index, or one of the others."""
        kinds: list[Kind] = [EQUITY]
        if self.commodity.style is OptionStyle.PREMIUM:
            kinds.append(VALUE)
        kinds += range(len(self.scan.points))
        if self.commodity.calendar or self.commodity.deliveries or self.exposure_rate:
            kinds.append(NO_LOSS)
        if self.commodity.short_option_minimum or self.commodity.short_option_rate:
            kinds.append(MINIMUM)
        return tuple(kinds)

    def _branches(
        self, revaluation: Revaluation, date_index: int, vol_move: float, *, factor: float
    ) -> tuple[Branch, ...]:
        _refuse_coin(revaluation)
        equity = revaluation.equity(date_index, vol_move)
        branches = [Branch(LABELS[EQUITY], equity)]
        charge = charges(
            revaluation, self.scan, self.commodity, date_index=date_index, vol_move=vol_move
        )
        fixed = []
        if self.exposure_rate:
            fixed.append((-1.0, exposure(revaluation, self.exposure_rate, date_index)))
        risky = [*fixed, (-factor, charge)] if charge is not None else fixed
        after = dict(self._scenarios(revaluation, date_index, vol_move, factor=factor))
        for kind in self._kinds[1:]:
            if isinstance(kind, int):
                parts = [*after[kind], *risky]
            elif kind == VALUE:
                parts = [(1.0, balance(revaluation, date_index, vol_move)), *fixed]
            elif kind == MINIMUM:
                least = short_minimum(revaluation, self.commodity, date_index)
                parts = [(1.0, equity), (-factor, least), *fixed]
            else:
                parts = [(1.0, equity), *risky]
            label = str(self.scan.points[kind]) if isinstance(kind, int) else LABELS[kind]
            branches.append(Branch(label, combine(*zip(*parts, strict=True))))
        return tuple(branches)

    def _scenarios(
        self, revaluation: Revaluation, date_index: int, vol_move: float, *, factor: float
    ) -> Iterator[tuple[int, list[tuple[float, PiecewiseCubic]]]]:
        """Equity less the scan loss of each scenario, as weights and curves."""
        settled = revaluation.settled(date_index)
        now = revaluation.moving(date_index, vol_move)
        later = scanned(revaluation, self.scan, date_index=date_index, vol_move=vol_move)
        for index, point in enumerate(self.scan.points):
            weight = factor * point.weight
            after = 1.0 + point.price * self.scan.price_range
            parts = [(1.0, settled), (weight, later[point.vol].stretched(after))]
            if weight != 1.0:
                parts.append((1.0 - weight, now))
            yield index, parts


def _refuse_coin(revaluation: Revaluation) -> None:
    if revaluation.in_coin:
        raise ValueError(
            f"a SPAN rule counts in quote currency, got an account kept in "
            f"{revaluation.account.currency}; use a scenario rule"
        )
