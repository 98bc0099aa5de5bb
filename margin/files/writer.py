"""The native account file written, so that reading it gives the same records."""

import json
import os
import re
from collections.abc import Callable
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

import yaml

from margin.account import Account, Position
from margin.claim_contract import ClaimContract
from margin.files.claims import claim_content
from margin.files.rules import rule_content
from margin.instrument import Asset, Future, OptionContract
from margin.market import Market, Underlying
from margin.rules import Rule

__all__ = ["write"]

BARE_TEXT = re.compile(r"[A-Za-z_][\w .\-]*(?<! )", re.ASCII)
RESERVED = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
TEXT_TAG = "tag:yaml.org,2002:str"


def write(path: str | PathLike[str], account: Account, market: Market, rule: Rule) -> None:
    """Write an account, its market and its rule as a native account file.

    Reading the file gives equal records, to the last digit.  The file appears whole or not at
    all: it is written beside its place and then moved there.

    Parameters
    ----------
    path : str or path
        The file, which is replaced; its suffix is ``.yaml``, ``.yml`` or ``.json``.
    account : Account
        What is held.
    market : Market
        Where it stands.  Volatilities of contracts that the account does not hold are left out.
    rule : Rule
        A scenario rule, a perpetual rule, or a rule that files name, with numbers of its own.

    Raises
    ------
    ValueError
        If the suffix is another one, the market lacks a volatility of the account, or a file
        cannot state the rule.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from margin.files import read, write
    >>> parts = read("examples/short_strangle.yaml")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     copy = Path(folder, "copy.json")
    ...     write(copy, *parts)
    ...     read(copy) == parts
    True
    """
    formats: dict[str, Callable[[Any], str]] = {".yaml": _yaml, ".yml": _yaml, ".json": _json}
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in formats:
        raise ValueError(f'path must end in .yaml, .yml or .json, got "{path}"')
    _replace(target, formats[suffix](_tree(account, market, rule)))


def _tree(account: Account, market: Market, rule: Rule) -> dict[str, Any]:
    """The file as plain maps, lists, text and numbers."""
    return {
        "schema": 1,
        "account": account.name,
        "currency": account.currency,
        "asof": _instant(market.asof),
        "cash": account.cash,
        "underlyings": {name: _underlying(at) for name, at in market.underlyings.items()},
        "positions": [_position(position, market) for position in account.positions],
        "collateral": [
            {"asset": held.asset, "amount": held.amount, "haircut": held.haircut}
            | ({} if held.price is None else {"price": held.price})
            for held in account.collateral
        ],
        "rules": rule_content(rule),
    }


def _underlying(underlying: Underlying) -> dict[str, Any]:
    content: dict[str, Any] = {
        "spot": underlying.spot,
        "rate": underlying.rate,
        "div_yield": underlying.dividend_yield,
    }
    if underlying.curve:
        content["curve"] = [
            {"expiry": _instant(at.expiry), "rate": at.rate, "div_yield": at.dividend_yield}
            for at in underlying.curve
        ]
    if underlying.dividends:
        content["dividends"] = [
            {"date": _instant(paid.date), "cash": paid.cash, "share": paid.share}
            for paid in underlying.dividends
        ]
    return content


def _position(position: Position, market: Market) -> dict[str, Any]:
    instrument = position.instrument
    content: dict[str, Any] = {
        "kind": _kind(position),
        "underlying": instrument.underlying,
        "quantity": position.quantity,
        "multiplier": position.multiplier,
    }
    if isinstance(instrument, OptionContract):
        content |= {
            "right": instrument.right.name.lower(),
            "strike": instrument.strike,
            "expiry": _instant(instrument.expiry),
            "style": instrument.exercise.value,
            "settle": instrument.settlement.value,
            "vol": market.volatility(instrument),
        }
    elif isinstance(instrument, ClaimContract):
        content |= claim_content(instrument) | {"vol": market.volatility(instrument)}
    elif not isinstance(instrument, Asset):
        if isinstance(instrument, Future):
            content["expiry"] = _instant(instrument.expiry)
        content |= {"settle": instrument.settlement.value, "entry_price": position.entry_price}
    return content


def _kind(position: Position) -> str:
    """The word for an instrument in a file."""
    name = type(position.instrument).__name__
    return {"OptionContract": "option", "ClaimContract": "claim", "Asset": "spot"}.get(
        name, name.lower()
    )


def _instant(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _json(tree: dict[str, Any]) -> str:
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


class _Dumper(yaml.SafeDumper):
    """Text is bare only where every version of YAML reads it as text."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    bare = BARE_TEXT.fullmatch(value) is not None and value.lower() not in RESERVED
    return dumper.represent_scalar(TEXT_TAG, value, style=None if bare else '"')


_Dumper.add_representer(str, _text)


def _yaml(tree: dict[str, Any]) -> str:
    return yaml.dump(
        tree,
        Dumper=_Dumper,
        default_flow_style=None,  # innermost maps on one line
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )


def _replace(target: Path, text: str) -> None:
    """Put the text where the file is, all at once."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
