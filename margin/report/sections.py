"""The sections of a report in order, what comes before them, and what they rest on."""

from collections.abc import Sequence

from margin.danger import figure
from margin.instrument import OptionContract
from margin.report.account_sections import (
    greeks_section,
    holdings_section,
    requirement_section,
    systems_section,
)
from margin.report.assessment import Assessment
from margin.report.danger_sections import map_section, table_section, threshold_section
from margin.report.parts import Notes, Section
from margin.report.words import amount, digits_of
from pdesolve.versions import installed

__all__ = ["key_figures", "sections"]

LIBRARIES = ("pde-margin", "Python", "numpy", "scipy", "numba", "matplotlib")
"""Whose versions bear on the numbers and the pictures."""

CONVENTIONS = (
    "Volatilities stick to their strikes as spot moves, and stay as they are as time passes.",
    "Rates and yields are continuously compounded; years have 365 days.",
    "Legs that expire within the horizon are settled at the spot considered.",
    "Error bars come from two grids; a statement that no threshold exists is proven on what was "
    "computed, within these bars.",
)


def key_figures(found: Assessment) -> list[tuple[str, str, str]]:
    """Name, value and note of the figures that come first."""
    required, danger = found.required, found.thresholds
    digits = digits_of(found)
    ratio = required.ratio_note if required.ratio is None else f"{required.ratio:.3f} × maintenance"
    shown = [
        ("Equity", amount(required.equity, digits), ratio),
        ("Maintenance", amount(required.maintenance, digits), required.worst_scenario),
        ("Excess", amount(required.excess, digits), f"± {required.error:.1g} from option values"),
        ("Initial", amount(required.initial, digits), "needed for new risk"),
    ]
    for side in ("below", "above"):
        level = getattr(danger, side)
        if level is None:
            shown.append((f"Liquidated {side}", "–", danger.reasons[side]))
        else:
            shown.append((f"Liquidated {side}", figure(level.spot), f"{level.percent:+.2f} %"))
    return shown


def sections(found: Assessment, assumptions: Sequence[str]) -> tuple[Section, ...]:
    """All sections in order.

    Parameters
    ----------
    found : Assessment
        What is shown.
    assumptions : sequence of str
        What was taken for granted when the account was read.

    Returns
    -------
    tuple of Section
    """
    return (
        holdings_section(found),
        requirement_section(found),
        threshold_section(found),
        map_section(found),
        table_section(found),
        greeks_section(found),
        systems_section(found),
        _basis(found, assumptions),
    )


def _basis(found: Assessment, assumptions: Sequence[str]) -> Section:
    curves = [
        f"{name}: spot {figure(underlying.spot)}, "
        + (
            f"carry stated to {len(underlying.curve)} dates"
            if underlying.curve
            else f"rate {underlying.rate:.4g}, yield {underlying.dividend_yield:.4g}"
        )
        for name, underlying in found.market.underlyings.items()
    ]
    versions = installed()
    used = ", ".join(f"{name} {versions[name]}" for name in LIBRARIES)
    return Section(
        "basis",
        "What this rests on",
        "Assumptions, market data and versions.",
        (
            Notes([*assumptions, *CONVENTIONS]),
            Notes([*curves, *_volatilities(found), used]),
        ),
    )


def _volatilities(found: Assessment) -> list[str]:
    held = [
        position.instrument
        for position in found.account.positions
        if isinstance(position.instrument, OptionContract) and position.instrument in found.quotes
    ]
    return [f"{contract}: volatility {found.market.volatility(contract):.4g}" for contract in held]
