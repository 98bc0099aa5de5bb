"""What ``margin threshold`` says and draws: one date, a map through time, a path, a plane."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from margin import figures
from margin.cli.layout import Grid
from margin.cli.options import Case
from margin.cli.screens import threshold_heading, threshold_screen
from margin.cli.ways import Ways
from margin.danger import Interval, State
from margin.liquidation import thresholds
from margin.maps.build import liquidation_map
from margin.maps.record import LiquidationMap
from margin.margin_table import table
from margin.names.path import thresholds_along
from margin.names.plane import PlaneMap, plane_map
from margin.names.table import table_along
from margin.threshold import Thresholds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from margin.margin_table import MarginTable

__all__ = ["View", "view_of"]

Span = tuple[float, float]
Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class View:
    """An answer in all its forms.

    Attributes
    ----------
    content : callable
        Gives what JSON holds.
    columns : callable
        Gives what CSV holds.
    screen : callable
        Gives what a person reads; thresholds of one date with so many digits after the point.
    draw : callable
        Draws the figure.
    short : bool
        Whether the account is liquidated now.
    """

    content: Callable[[], Any]
    columns: Callable[[], Columns]
    screen: Callable[[int | None], Iterable[str | Grid]]
    draw: Callable[[], "Axes"]
    short: bool


def view_of(case: Case, ways: Ways, span: Span, shift: float) -> View:
    """The answer to what was asked.

    Parameters
    ----------
    case : Case
        The account; its underlying is the first of the way.
    ways : Ways
        Which spots move, and when.
    span : tuple of float
        Lowest and highest spot of that underlying, in quote currency.
    shift : float
        Relative move of all volatilities.

    Returns
    -------
    View

    Raises
    ------
    ValueError
        If the account cannot be valued so.
    """
    if ways.horizon:
        return _over_time(case, ways, span, shift)
    vols = {contract: (1.0 + shift) * vol for contract, vol in case.market.vols.items()}
    moved = replace(case, market=replace(case.market, vols=vols))
    if ways.plane:
        return _in_the_plane(moved, ways, span)
    return _along_a_path(moved, ways, span) if ways.along else _on_one_date(moved, ways, span)


def _on_one_date(case: Case, ways: Ways, span: Span) -> View:
    """One underlying moves, on one date."""
    parts, name = (case.account, case.market, case.rule), case.underlying
    date = ways.date.after(case.market.asof)
    found = thresholds(*parts, underlying=name, lowest=span[0], highest=span[1], date=date)

    def drawn() -> "MarginTable":
        spots = figures.telling_spots(found)
        return table(*parts, underlying=name, spots=spots, dates=(date,))

    return _of_thresholds(found, drawn)


def _along_a_path(case: Case, ways: Ways, span: Span) -> View:
    """Several underlyings move in proportion."""
    assert ways.along is not None
    parts = case.account, case.market, case.rule, ways.along
    date = ways.date.after(case.market.asof)
    found = thresholds_along(*parts, span=span, date=date)
    return _of_thresholds(
        found, lambda: table_along(*parts, spots=figures.telling_spots(found), date=date)
    )


def _of_thresholds(found: Thresholds, drawn: "Callable[[], MarginTable]") -> View:
    """Thresholds on one date, drawn over a table of amounts."""
    return View(
        content=found.to_dict,
        columns=lambda: _interval_columns(
            (
                ("liquidation", found.liquidation.intervals),
                ("bankruptcy", found.bankruptcy.intervals),
            ),
            "kind",
        ),
        screen=lambda digits: [*threshold_heading(found), *threshold_screen(found, digits)],
        draw=lambda: figures.against_spot(drawn(), found),
        short=found.state is State.LIQUIDATED,
    )


def _over_time(case: Case, ways: Ways, span: Span, shift: float) -> View:
    """The map until a date."""
    assert ways.horizon is not None
    found = liquidation_map(
        case.account,
        case.market,
        case.rule,
        horizon=ways.horizon.after(case.market.asof) - case.market.asof,
        vol_moves=(shift,),
        spots=span,
        underlying=case.underlying,
    ).under(shift)
    if ways.dynamics is not None:
        found = found.under(ways.dynamics)
    return View(
        content=found.to_dict,
        columns=lambda: _interval_columns(
            ((date.isoformat(), found.intervals(date)) for date in found.dates), "date"
        ),
        screen=lambda _: _map_screen(found),
        draw=lambda: figures.danger_by_date(found),
        short=found.danger(found.dates[0]).state(found.spot) is State.LIQUIDATED,
    )


def _map_screen(found: LiquidationMap) -> Iterable[str]:
    """The map as text, its first line in bold."""
    name, *rest = repr(found).splitlines()
    return [click.style(name, bold=True), *rest]


def _in_the_plane(case: Case, ways: Ways, span: Span) -> View:
    """The plane of two underlyings; the range is that of both, relative to their spots."""
    assert ways.plane is not None
    ranges = {
        name: tuple(case.market.underlyings[name].spot * end / case.spot for end in span)
        for name in ways.plane
        if name in case.market.underlyings
    }
    found = plane_map(
        case.account,
        case.market,
        case.rule,
        names=ways.plane,
        spots={name: (low, high) for name, (low, high) in ranges.items()},
        date=ways.date.after(case.market.asof),
    )
    return View(
        content=found.to_dict,
        columns=lambda: _border_columns(found),
        screen=lambda _: _plane_screen(found),
        draw=found.plot,
        short=found.state(*found.spots) is State.LIQUIDATED,
    )


def _plane_screen(found: PlaneMap) -> Iterable[str]:
    """Whose plane it is, what is nearest, and how many borders there are."""
    yield click.style(f"{found.account}  |  {found.rule}", bold=True)
    spots = ", ".join(f"{n} {s:,.6g}" for n, s in zip(found.names, found.spots, strict=True))
    yield f"{spots}  |  {found.date:%Y-%m-%d %H:%M} UTC"
    yield ""
    yield found.words
    for index, border in enumerate(found.contour(), start=1):
        reach = " and ".join(
            f"{name} {spots.min():,.6g} to {spots.max():,.6g}"
            for name, spots in zip(found.names, (border.first, border.second), strict=True)
        )
        yield f"border {index}{' (closed)' if border.closed else ''}: {reach}"


def _border_columns(found: PlaneMap) -> Columns:
    """One row per point of a border."""
    borders = found.contour()
    return {
        "border": [index for index, each in enumerate(borders) for _ in each.first],
        found.names[0]: [spot for each in borders for spot in each.first.tolist()],
        found.names[1]: [spot for each in borders for spot in each.second.tolist()],
        "relative_error": [error for each in borders for error in each.error.tolist()],
    }


def _interval_columns(sets: Iterable[tuple[str, Sequence[Interval]]], key: str) -> Columns:
    """One row per interval."""
    rows = [{key: name} | asdict(interval) for name, spots in sets for interval in spots]
    names = (key, *Interval.__dataclass_fields__)
    return {name: [row[name] for row in rows] for name in names}
