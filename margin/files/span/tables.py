"""What readers of SPAN files share: keys, layout parameters, tables that fill up, errors."""

from collections import Counter
from dataclasses import dataclass, field

from margin.rules.span.charges import InterSpread, RiskArray, SpanCommodity

__all__ = ["SpanFileError", "SpanKey", "SpanLayout", "SpanScanRecord", "SpanTables"]

RATIOS = {"member": (69, 72), "hedger": (73, 76), "speculator": (77, 80)}
"""Columns of the initial-to-maintenance ratio by class of account."""


class SpanFileError(ValueError):
    """A SPAN file that cannot be read.

    Parameters
    ----------
    source : str
        Name of the file.
    line : int
        Line of the file; 0 if it is about the file as a whole.
    where : str
        Columns of the line, or the element.
    complaint : str
        What is wrong and what would be right.

    Examples
    --------
    >>> from margin.files.span.file import SpanFileError
    >>> print(SpanFileError("a.pa2", 7, "columns 48-54", "got '12x'; use digits"))
    a.pa2:7: columns 48-54: got '12x'; use digits
    """

    def __init__(self, source: str, line: int, where: str, complaint: str) -> None:
        super().__init__(source, line, where, complaint)
        self.source, self.line, self.where, self.complaint = source, line, where, complaint

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.line else self.source
        return ": ".join(part for part in (place, self.where, self.complaint) if part)


@dataclass(frozen=True, slots=True)
class SpanKey:
    """What identifies a contract of a SPAN file.

    Attributes
    ----------
    exchange, code : str
        Exchange and product code.
    kind : str
        Product type: ``FUT``, ``PHY``, ``OOF``, ``OOP``, ``OOC`` and so on.
    month : str
        Contract month of the future as 202606, or a day as 20260630; empty if there is none.
    right : str
        ``C``, ``P`` or empty.
    expiry : str
        Contract month of the option, as ``month``.
    strike : float
        In units of price; 0 if there is none.

    Examples
    --------
    >>> from margin.files.span.file import SpanKey
    >>> SpanKey("CME", "ES", "FUT", "202606").product
    ('CME', 'ES', 'FUT')
    """

    exchange: str
    code: str
    kind: str
    month: str = ""
    right: str = ""
    expiry: str = ""
    strike: float = 0.0

    @property
    def product(self) -> tuple[str, str, str]:
        """Exchange, code and type."""
        return self.exchange, self.code, self.kind


@dataclass(frozen=True, slots=True)
class SpanLayout:
    """What the published layouts leave open, or leave to the reader.

    Attributes
    ----------
    delta_decimals : int
        Decimals of deltas in fixed columns; one public reader takes 3, a sample of a deep option
        carries 10000, which makes sense as 4.
    precise_decimals : int or None
        Decimals of high-precision settlement prices; no layout states them, so a price that
        stands there only is refused until they are given.
    account : str
        Whose ratio of initial to maintenance: ``member``, ``hedger`` or ``speculator``.
    credit_unit : float
        What a credit rate of 1 in XML is; 0.01 if rates are in percent.

    Raises
    ------
    ValueError
        If the class of account is another.

    Examples
    --------
    >>> from margin.files.span.file import SpanLayout
    >>> SpanLayout(delta_decimals=3).account
    'speculator'
    """

    delta_decimals: int = 4
    precise_decimals: int | None = None
    account: str = "speculator"
    credit_unit: float = 1.0

    def __post_init__(self) -> None:
        if self.account not in RATIOS:
            raise ValueError(f"account must be one of {', '.join(RATIOS)}, got {self.account!r}")


@dataclass(frozen=True, slots=True)
class SpanScanRecord:
    """How an exchange made the arrays of a contract month.

    Attributes
    ----------
    volatility, vol_range : float
        Base volatility and volatility scan range, decimals.
    price_range : float
        Price scan range, in currency per contract in fixed columns, in units of price in XML.
    extreme_multiple, cover : float
        Extreme move in price scan ranges, and the share of the loss that counts; 0 if not stated.
    rate : float
        Interest rate, a decimal.
    years, look_ahead_years : float
        Time to expiry and look-ahead, in years.
    scaling : float
        Delta scaling factor.
    model : str
        Pricing model as the file calls it.
    """

    volatility: float
    vol_range: float
    price_range: float
    extreme_multiple: float = 0.0
    cover: float = 0.0
    rate: float = 0.0
    years: float = 0.0
    look_ahead_years: float = 0.0
    scaling: float = 1.0
    model: str = ""


@dataclass(slots=True)
class SpanTables:
    """Tables that a reader fills; fields as those of `SpanFile`."""

    clearing_org: str = ""
    business_date: str = ""
    stage: str = ""
    form: str = ""
    arrays: dict[SpanKey, RiskArray] = field(default_factory=dict)
    products: dict[tuple[str, str, str], str] = field(default_factory=dict)
    commodities: dict[str, SpanCommodity] = field(default_factory=dict)
    credits: list[tuple[int, InterSpread]] = field(default_factory=list)
    scans: dict[SpanKey, SpanScanRecord] = field(default_factory=dict)
    rates: dict[tuple[str, str], float] = field(default_factory=dict)
    unread: dict[str, list[str]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)

    def note(self, commodity: str, text: str) -> None:
        """Say once what the file states of a commodity and the tables do not hold."""
        notes = self.unread.setdefault(commodity, [])
        if text not in notes:
            notes.append(text)
