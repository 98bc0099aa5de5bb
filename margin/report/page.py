"""An account on one self-contained HTML page."""

from collections.abc import Sequence
from datetime import timedelta
from importlib.resources import files

from margin.account import Account
from margin.market import Market
from margin.report.assessment import assess
from margin.report.parts import Notes, Picture, Table
from margin.report.sections import key_figures, sections
from margin.report.words import headline
from margin.rules import Rule

__all__ = ["html_report"]

HORIZON = timedelta(days=30)


def html_report(
    account: Account,
    market: Market,
    rule: Rule,
    *,
    horizon: timedelta = HORIZON,
    underlying: str | None = None,
    assumptions: Sequence[str] = (),
) -> str:
    """A page on one account: requirement, thresholds, map, table, Greeks, other systems.

    The page holds its style and its figures and asks for nothing from elsewhere.  It follows the
    reader's choice of light or dark, and prints to A4.

    Parameters
    ----------
    account : Account
        What is held.
    market : Market
        Spot, carry and volatilities now.
    rule : Rule
        Whose requirement counts.
    horizon : timedelta
        How far ahead the liquidation map looks.
    underlying : str, optional
        Whose spot moves; needed only if the account has several.
    assumptions : sequence of str
        What was taken for granted when the account was read; listed on the page.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    ValueError
        If the account cannot be valued in this market or under this rule, or the horizon is not
        positive.

    Examples
    --------
    >>> import margin
    >>> page = margin.html_report(*margin.read("examples/short_strangle.yaml"))
    >>> page[:15], page.count("<svg"), "http-equiv" in page
    ('<!doctype html>', 5, False)
    """
    try:
        from jinja2 import Environment
    except ImportError as reason:
        raise ImportError(
            'reports need jinja2; install it with pip install "pde-margin[report]"'
        ) from reason
    found = assess(account, market, rule, horizon=horizon, underlying=underlying)
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.tests |= {
        "table": lambda part: isinstance(part, Table),
        "picture": lambda part: isinstance(part, Picture),
        "notes": lambda part: isinstance(part, Notes),
    }
    folder = files("margin.report")
    template = environment.from_string(folder.joinpath("page.html.jinja").read_text("utf-8"))
    return template.render(
        style=folder.joinpath("page.css").read_text("utf-8"),
        account=account.name,
        rule=rule.name,
        asof=f"{market.asof:%Y-%m-%d %H:%M} UTC",
        state=found.thresholds.state.value,
        headline=headline(found),
        key_figures=key_figures(found),
        sections=sections(found, assumptions),
    )
