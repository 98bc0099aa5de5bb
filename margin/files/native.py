"""The native account file: read and checked as a whole."""

import sys
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from margin.account import Account, Collateral
from margin.files.errors import AccountFileError, Finding, Report
from margin.files.explain import attempt, checked, one_of, show
from margin.files.moments import resolved
from margin.files.positions import holding_entries, holdings
from margin.files.rules import rule_of
from margin.files.schema import DEFAULT_RULE, CollateralEntry, Header
from margin.files.syntax import line_numbers, parse
from margin.files.underlyings import underlying_entries, underlyings_of
from margin.files.volatilities import volatilities_of
from margin.market import Market
from margin.rules import Rule

__all__ = ["read"]

LARGEST_FILE = 32 * 2**20
"""Bytes; an account of ten thousand positions takes two million."""


def read(path: str | PathLike[str]) -> tuple[Account, Market, Rule]:
    """An account, the market it stands in and its margin rule, from a native account file.

    Parameters
    ----------
    path : str or path
        A file whose suffix is ``.yaml``, ``.yml``, ``.json`` or ``.toml``; ``"-"`` reads YAML or
        JSON from standard input.

    Returns
    -------
    tuple of Account, Market and Rule

    Raises
    ------
    AccountFileError
        If the file cannot be read or anything in it is not accepted; it names every such thing
        with its place, what was given and what to do.

    Notes
    -----
    The fields, with their defaults:

    ``schema``
        1, the version of this format.
    ``account``
        Name of the account; the name of the file if left out.
    ``currency``
        Quote currency; or the name of the underlying for a coin account, whose cash is in coin.
    ``asof``
        Instant of valuation.  An instant without a time zone is in UTC.
    ``expiry_time``
        Time of day in UTC that every date without one stands for; ``21:00`` if left out.  Coin
        venues expire at ``"08:00"``.
    ``cash``
        In ``currency``.
    ``rate``
        Continuously compounded per year, for underlyings that state none; 0 if left out.
    ``vol_unit``
        ``decimal`` (if left out) or ``percent``, for every ``vol`` of the file.
    ``underlyings``
        Map of names to ``spot``; ``vol`` (one number, or a list of ``expiry``, ``strike``,
        ``vol``); ``rate``; ``div_yield`` (0 if left out); or, in their place, ``forwards`` (list
        of ``expiry``, ``forward``) or ``curve`` (list of ``expiry``, ``rate``, ``div_yield``).
        Forwards become dividend yields at the rate stated, but rates at yield 0 if the account
        holds inverse options on the underlying, as venues mark those.
    ``positions``
        List of maps with ``kind`` (``option``, ``future``, ``perpetual``, ``spot``),
        ``underlying``, ``quantity`` (signed) and ``multiplier`` (1 for ``spot`` if left out).
        Options: ``right``, ``strike``, ``expiry``, ``style`` (left out: American if settled by
        delivery, else European), ``settle`` (left out: ``cash``; one of the two must be there),
        ``vol`` or ``mark_price`` (per unit; in coin if inverse).  ``symbol``, an OSI symbol, in
        place of ``kind``, ``right``, ``strike``, ``expiry`` and, if its root is the name,
        ``underlying``.  Futures and perpetuals: ``entry_price``, ``settle`` (``cash`` if left
        out) and, for futures, ``expiry``.
    ``collateral``
        List of ``asset``, ``amount``, ``haircut`` (0 if left out) and ``price`` (in ``currency``;
        left out for an underlying, which counts at its spot).
    ``rules``
        ``ten_point_equity`` (if left out), ``ten_point_small_cap``, ``ten_point_broad_index``; or
        a map with such a ``name`` and ``initial_factor``, ``minimum_per_short_option`` or
        ``minimum_per_long_option``; or one with the name ``scenario`` and ``title``,
        ``spot_moves`` and ``vol_moves`` (every one with every other), ``scenarios`` (list of
        ``spot_move``, ``vol_move``, ``weight``) and the three above; or one with the name
        ``perpetual`` and ``tiers`` (list of ``notional_floor``, ``rate``, ``amount``), ``fee``,
        ``entry_rate``, ``other_maintenance``, ``initial_factor``.

    YAML follows the core schema of YAML 1.2; anchors and tags are refused.

    Examples
    --------
    >>> from margin.files import read
    >>> account, market, rule = read("examples/short_strangle.yaml")
    >>> len(account.positions), rule.name
    (3, 'ten-point, equity')
    """
    source, text, suffix = _content(path)
    tree = parse(text, suffix, source)
    report = Report()
    name = "account" if source == STANDARD_INPUT else Path(source).stem
    parts = _parts(tree, name, report)
    if parts is None or report.findings:
        raise AccountFileError(source, report.findings, line_numbers(text, suffix))
    return parts


STANDARD_INPUT = "standard input"


def _content(path: str | PathLike[str]) -> tuple[str, str, str]:
    """Name, text and suffix of a file."""
    source = STANDARD_INPUT if str(path) == "-" else str(path)
    try:
        if source == STANDARD_INPUT:
            content = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with open(path, "rb") as file:
                content = file.read(LARGEST_FILE + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        complaint = f"cannot be read: {error.strerror}."
    except UnicodeDecodeError as error:
        complaint = f"not text in UTF-8 (byte {error.start}); save it as UTF-8."
    else:
        if len(content) <= LARGEST_FILE:
            piped = ".json" if text.lstrip().startswith("{") else ".yaml"
            suffix = piped if source == STANDARD_INPUT else Path(source).suffix.lower()
            return source, text, suffix
        complaint = f"larger than {LARGEST_FILE // 2**20} MiB; split it by account."
    raise AccountFileError(source, [Finding((), complaint)], {})


def _parts(tree: Any, name: str, report: Report) -> tuple[Account, Market, Rule] | None:
    """What the tree of a file says; None or incomplete if the report has grown."""
    header = checked(Header, tree, report)
    shown = tree if isinstance(tree, dict) else {}
    names = report.at("underlyings")
    underlyings = underlying_entries(_or_empty(shown.get("underlyings"), dict), names)
    positions = holding_entries(_or_empty(shown.get("positions"), list), report.at("positions"))
    collateral = _or_empty(shown.get("collateral"), list)
    pledges = [
        (
            report.at("collateral", index),
            checked(CollateralEntry, item, report.at("collateral", index)),
        )
        for index, item in enumerate(collateral)
    ]
    rule = rule_of(shown.get("rules", DEFAULT_RULE), report.at("rules"))
    if header is None:
        return None

    held = holdings(positions, header)
    spots = underlyings_of(underlyings, header, names, held=held)
    vols = volatilities_of(held, header, names, entries=underlyings, underlyings=spots)
    pledged = [_collateral(entry, header, here) for here, entry in pledges if entry is not None]
    if report.findings or rule is None:
        return None
    account = Account(
        header.account or name,
        header.currency,
        header.cash,
        tuple(holding.position for holding in held),
        tuple(one for one in pledged if one is not None),
    )
    asof = resolved(header.asof, header.expiry_time)
    market = attempt(partial(Market, asof, spots, vols), report)
    return None if market is None else (account, market, rule)


def _or_empty(content: Any, kind: type) -> Any:
    """The content if it is of the kind; anything else is the header's to complain about."""
    return content if isinstance(content, kind) else kind()


def _collateral(entry: CollateralEntry, header: Header, report: Report) -> Collateral | None:
    if entry.price is None and entry.asset not in header.underlyings:
        report.at("asset").add(
            f"got {show(entry.asset)}; use {one_of(header.underlyings)}, which count at their "
            "spot; or give the price of another asset."
        )
        return None
    return attempt(partial(Collateral, **entry.model_dump()), report)
