"""SPAN files: risk arrays and parameters as exchanges publish them, in fixed columns or XML."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from margin.files.span.pa2 import parse_pa2
from margin.files.span.tables import SpanFileError, SpanKey, SpanLayout, SpanScanRecord, SpanTables
from margin.files.span.xml import parse_xml
from margin.rules.span.charges import InterSpread, RiskArray, SpanBook, SpanCommodity, SpanPosition

__all__ = [
    "SpanFile",
    "SpanFileError",
    "SpanKey",
    "SpanLayout",
    "SpanScanRecord",
    "read_span",
]


@dataclass(frozen=True, slots=True)
class SpanFile:
    """What a SPAN file holds, as plain tables.

    Attributes
    ----------
    source : str
        Name of the file.
    clearing_org, business_date, stage, form : str
        Clearing organisation; date as 20260625; ``S`` for settlement or ``I`` for intraday; form
        of the file as it calls it.
    arrays : mapping of SpanKey to RiskArray
        Risk arrays by contract.
    products : mapping of (str, str, str) to str
        Combined commodity of every product, by exchange, code and type.
    commodities : mapping of str to SpanCommodity
        Parameters by combined commodity.
    credits : tuple of InterSpread
        Spreads between commodities in the order of priority.
    scans : mapping of SpanKey to SpanScanRecord
        Parameters from which the exchange made its arrays, as far as the file states them.
    rates : mapping of (str, str) to float
        What one unit of the first currency is in the second.
    unread : mapping of str to tuple of str
        By combined commodity ("" for the file): what the file states and the tables do not hold.
    skipped : mapping of str to int
        Records, or elements, of unknown kinds and how many there were.
    """

    source: str
    clearing_org: str
    business_date: str
    stage: str
    form: str
    arrays: Mapping[SpanKey, RiskArray]
    products: Mapping[tuple[str, str, str], str]
    commodities: Mapping[str, SpanCommodity]
    credits: tuple[InterSpread, ...]
    scans: Mapping[SpanKey, SpanScanRecord]
    rates: Mapping[tuple[str, str], float]
    unread: Mapping[str, tuple[str, ...]]
    skipped: Mapping[str, int]

    def books(
        self,
        quantities: Mapping[SpanKey, float],
        commodities: Mapping[str, SpanCommodity] | None = None,
        prices: Mapping[str, float] | None = None,
    ) -> tuple[SpanBook, ...]:
        """Positions in contracts of the file, one book per combined commodity.

        Parameters
        ----------
        quantities : mapping of SpanKey to float
            Contracts held, negative if short.
        commodities : mapping of str to SpanCommodity, optional
            Parameters that take the place of those in the file.
        prices : mapping of str to float, optional
            Price of the underlying of a commodity, where a charge is a share of it.

        Returns
        -------
        tuple of SpanBook

        Raises
        ------
        ValueError
            If a contract or its commodity is not in the file, or the file states charges of a
            commodity that the tables do not hold and none are given in its place.
        """
        given = dict(commodities or {})
        held: dict[str, list[SpanPosition]] = {}
        for key, quantity in quantities.items():
            held.setdefault(self._commodity(key), []).append(
                SpanPosition(self.arrays[key], quantity)
            )
        for name in held:
            if name not in given and self.unread.get(name):
                raise ValueError(
                    f"{self.source} states of {name}: {'; '.join(self.unread[name])}; this is not "
                    "read, so give the commodity with all its charges"
                )
        known, at = {**self.commodities, **given}, prices or {}
        return tuple(
            SpanBook(known[name], tuple(rows), at.get(name, 0.0)) for name, rows in held.items()
        )

    def _commodity(self, key: SpanKey) -> str:
        """The combined commodity of a contract of the file."""
        if key not in self.arrays:
            raise ValueError(f"{self.source} has no risk array of {key}")
        return self.products[key.product]


def read_span(path: str | PathLike[str], layout: SpanLayout | None = None) -> SpanFile:
    """Read a SPAN file: expanded ``.pa2`` columns, or XML of file format 4.

    Unknown records and elements are passed over and counted.  A field that is needed and cannot
    be read is an error that names file, line and columns.

    Parameters
    ----------
    path : str or path
        The file.
    layout : SpanLayout, optional
        What the published layouts leave open.

    Returns
    -------
    SpanFile

    Raises
    ------
    SpanFileError
        If a field cannot be read, or records do not fit together.

    References
    ----------
    Chicago Mercantile Exchange, *SPAN risk parameter file layouts*.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from margin.files.span.file import read_span
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "empty.pa2")
    ...     _ = path.write_text("0 CME   20260625S" + " " * 18 + "U2")
    ...     file = read_span(path)
    >>> file.clearing_org, file.business_date, file.form, len(file.arrays)
    ('CME', '20260625', 'U2', 0)
    """
    name, layout = Path(path).name, layout or SpanLayout()
    content = Path(path).read_bytes()
    is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    tables: SpanTables
    if is_xml:
        tables = parse_xml(content, name, layout)
    else:
        tables = parse_pa2(content.decode("latin-1"), name, layout)
    return SpanFile(
        source=name,
        clearing_org=tables.clearing_org,
        business_date=tables.business_date,
        stage=tables.stage,
        form=tables.form,
        arrays=tables.arrays,
        products=tables.products,
        commodities=tables.commodities,
        credits=tuple(spread for _, spread in sorted(tables.credits, key=lambda pair: pair[0])),
        scans=tables.scans,
        rates=tables.rates,
        unread={name: tuple(notes) for name, notes in tables.unread.items()},
        skipped=tables.skipped,
    )
