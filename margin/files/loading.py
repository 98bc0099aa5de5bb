"""An account from a file of any kind that is known, told by its content."""

from os import PathLike
from typing import Any

from margin.account import Account
from margin.files.content import Content, content_of
from margin.files.errors import AccountFileError, Finding, Place
from margin.files.native import native_account
from margin.files.readers.assembly import assembled
from margin.files.readers.csv_table import cells, records_of
from margin.files.readers.deribit import is_deribit, read_deribit
from margin.files.readers.ibkr_flex import read_flex
from margin.files.readers.ibkr_statement import is_statement, read_statement
from margin.files.readers.imported import Defaults, Imported
from margin.files.readers.leg import Draft
from margin.files.readers.perpetuals import read_perpetuals
from margin.files.readers.rows import is_position_table, read_rows
from margin.files.readers.venues import venue_of
from margin.files.syntax import line_numbers, parse
from margin.market import Market
from margin.rules import Rule

__all__ = ["load", "loaded", "read"]

TABLES = (".csv", ".tsv")
TREES = (".json", ".toml", ".yaml", ".yml")

Drafted = tuple[Draft, dict[Place, int]]


def read(path: str | PathLike[str]) -> tuple[Account, Market, Rule]:
    """An account, the market it stands in and its margin rule, from a file.

    Parameters
    ----------
    path : str or path
        A native account file (``.yaml``, ``.yml``, ``.json``, ``.toml``), or any other that `load`
        knows; ``"-"`` reads from standard input.

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
        ``dividends``: list of ``date`` (the ex-date, from the start of the day in UTC if it has
        no time) with ``cash``, ``share`` or both.
        Forwards become dividend yields at the rate stated, but rates at yield 0 if the account
        holds inverse options on the underlying, as venues mark those.
    ``positions``
        List of maps with ``kind`` (``option``, ``future``, ``perpetual``, ``spot``, ``claim``),
        ``underlying``, ``quantity`` (signed) and ``multiplier`` (1 for ``spot`` if left out).
        Options: ``right``, ``strike``, ``expiry``, ``style`` (left out: American if settled by
        delivery, else European), ``settle`` (left out: ``cash``; one of the two must be there),
        ``vol`` or ``mark_price`` (per unit; in coin if inverse).  ``symbol``, an OSI symbol, in
        place of ``kind``, ``right``, ``strike``, ``expiry`` and, if its root is the name,
        ``underlying``.  Futures and perpetuals: ``entry_price``, ``settle`` (``cash`` if left
        out) and, for futures, ``expiry``.  Claims: ``expiry``, ``vol``; ``right`` and ``strike``
        (with ``pays``, ``cash`` or ``asset``, a digital) or ``payoff`` (``kinks``,
        ``intercepts``, ``slopes``); ``style``, ``exercise_dates``, ``barrier`` (``lower``,
        ``upper``, ``knock``, ``rebate``, ``paid``, ``dates``, ``touched``).
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
    return load(path).parts


def load(path: str | PathLike[str], defaults: Defaults | None = None) -> Imported:
    """An account from a file, with all that was taken for granted to have it.

    Known are native account files; answers of Deribit (positions, account summaries, tickers,
    book summaries, instruments), wrapped or bare, alone or together in one file, also inside the
    ``info`` of ccxt; positions and balances of Binance, Bybit, OKX, BitMEX, Hyperliquid, Derive
    and Kraken Futures; Flex queries in XML and activity statements in CSV of Interactive
    Brokers; and tables of positions in CSV or as a list of maps in JSON.  A file is told by its
    content.

    Parameters
    ----------
    path : str or path
        The file; ``"-"`` is standard input.
    defaults : Defaults, optional
        What is taken where the file says nothing.  A native file has its own defaults.

    Returns
    -------
    Imported

    Raises
    ------
    AccountFileError
        If the file is of no known kind, or anything in it makes no sense; it names every such
        thing with its place.

    Examples
    --------
    >>> from margin.files import load
    >>> load("examples/short_strangle.yaml").assumptions
    ('expiries without a time of day are at 21:00 UTC',)
    """
    return loaded(content_of(path), defaults or Defaults())


def loaded(content: Content, defaults: Defaults) -> Imported:
    """An account from the content of a file; as `load`.

    Parameters
    ----------
    content : Content
        Of the file.
    defaults : Defaults
        What is taken where the file says nothing.

    Returns
    -------
    Imported

    Raises
    ------
    AccountFileError
        As `load`.
    """
    drafted = _draft(content, defaults)
    if isinstance(drafted, Imported):
        return drafted
    draft, lines = drafted
    try:
        found = assembled(draft, defaults, name=content.name, changed=content.changed)
    except (ArithmeticError, ValueError) as error:  # of a record that checks itself
        draft.report.add(f"{error}.")
        found = None
    if found is None or draft.report.findings:
        raise AccountFileError(content.source, draft.report.findings, lines)
    return found


def _draft(content: Content, defaults: Defaults) -> Drafted | Imported:
    """What the file says, by the reader that knows its kind."""
    if content.suffix == ".xml" or content.text.lstrip().startswith("<"):
        return read_flex(content.text, content.source)
    if content.suffix in TREES:
        return _from_tree(content, content.suffix, defaults)
    if content.text.lstrip().startswith(("{", "[")):
        return _from_tree(content, ".json", defaults)
    if content.suffix in TABLES or _is_table(content.text):
        return _from_table(content, defaults)
    return _from_tree(content, content.suffix or ".yaml", defaults)


def _from_tree(content: Content, suffix: str, defaults: Defaults) -> Drafted | Imported:
    tree = parse(content.text, suffix, content.source)
    draft = _of_tree(tree, defaults)
    if draft is None:
        return native_account(tree, content)
    return draft, line_numbers(content.text, suffix)


def _of_tree(tree: Any, defaults: Defaults) -> Draft | None:
    """None for a native account file, and for a tree of no known kind."""
    if isinstance(tree, dict) and "schema" in tree:
        return None
    venue = venue_of(tree)
    if venue is not None:
        return read_perpetuals(tree, venue, defaults)
    if is_deribit(tree):
        return read_deribit(tree, defaults)
    if isinstance(tree, list) and tree and all(isinstance(row, dict) for row in tree):
        return read_rows(tree, defaults, "positions in JSON")
    return None


def _is_table(text: str) -> bool:
    header = next((line for line in text.splitlines() if line.strip()), "")
    try:
        rows = cells(header, "")
    except AccountFileError:
        return False
    return bool(rows) and (is_position_table(rows[0][1]) or is_statement([rows[0][1]]))


def _from_table(content: Content, defaults: Defaults) -> Drafted:
    rows = cells(content.text, content.source)
    if is_statement([row for _, row in rows]):
        return read_statement(rows)
    records = records_of(rows, content.source)
    if not records:
        complaint = "no row of positions; the first line names the columns."
        raise AccountFileError(content.source, [Finding((), complaint)], {})
    lines: dict[Place, int] = {("rows", index): line for index, (line, _) in enumerate(rows[1:])}
    lines["columns",] = rows[0][0]
    return read_rows(records, defaults, "positions in CSV"), lines
