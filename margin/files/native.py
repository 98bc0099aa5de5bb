"""The native account file: checked as a whole."""

from functools import partial
from typing import Any

from margin.account import Account, Collateral
from margin.files.content import Content
from margin.files.errors import AccountFileError, Report
from margin.files.explain import attempt, checked, one_of, show
from margin.files.moments import END_OF_DAY, resolved
from margin.files.positions import holding_entries, holdings
from margin.files.readers.imported import Imported
from margin.files.rules import rule_of
from margin.files.schema import DEFAULT_RULE, CollateralEntry, Header
from margin.files.syntax import line_numbers
from margin.files.underlyings import underlying_entries, underlyings_of
from margin.files.volatilities import volatilities_of
from margin.market import Market
from margin.rules import Rule

__all__ = ["native_account"]

FORMAT = "native account file"


def native_account(tree: Any, content: Content) -> Imported:
    """The account that the tree of a native account file describes.

    Parameters
    ----------
    tree : object
        What the file says, as plain maps, lists, text and numbers.
    content : Content
        Its name and its text, for messages.

    Returns
    -------
    Imported

    Raises
    ------
    AccountFileError
        If anything in it is not accepted; it names every such thing with its place.
    """
    report = Report()
    parts = _parts(tree, content.name, report)
    if parts is None or report.findings:
        lines = line_numbers(content.text, content.suffix)
        raise AccountFileError(content.source, report.findings, lines)
    return Imported(*parts, FORMAT, _assumptions(tree))


def _assumptions(tree: dict[str, Any]) -> tuple[str, ...]:
    """What the file leaves to its defaults and a requirement depends on."""
    found = []
    underlyings = tree["underlyings"].values()
    if "rate" not in tree and any(at.keys().isdisjoint(("rate", "curve")) for at in underlyings):
        found.append("interest rate 0 per year")
    if "rules" not in tree:
        found.append(f"the rule is {DEFAULT_RULE}")
    dated = [held.get("expiry") for held in tree["positions"]]
    if "expiry_time" not in tree and any(len(str(day)) == len("2027-01-15") for day in dated):
        found.append(f"expiries without a time of day are at {END_OF_DAY:%H:%M} UTC")
    return tuple(found)


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
