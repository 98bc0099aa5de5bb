"""Tables in CSV: their cells with line numbers, whatever stands between the columns."""

import csv
from io import StringIO

from margin.files.errors import AccountFileError, Finding, Place

__all__ = ["cells", "records_of"]

DELIMITERS = (",", ";", "\t", "|")

LARGEST_CELL = 10_000
"""Characters; a longer cell means that a quotation mark is not closed."""


def cells(text: str, source: str) -> list[tuple[int, list[str]]]:
    r"""Line and cells of every row that is not empty.

    Parameters
    ----------
    text : str
        Content of the file; its columns are separated by comma, semicolon, tab or bar.
    source : str
        Name of the file, for messages.

    Returns
    -------
    list of tuple

    Raises
    ------
    AccountFileError
        If a quotation mark is not closed, or a cell has more than 10,000 characters.

    Examples
    --------
    >>> from margin.files.readers.csv_table import cells
    >>> cells("symbol;qty\nAAPL;100\n", "positions.csv")
    [(1, ['symbol', 'qty']), (2, ['AAPL', '100'])]
    """
    header = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(StringIO(text), delimiter=delimiter, strict=True)
    rows = []
    try:
        for row in reader:
            stripped = [cell.strip() for cell in row]
            if any(len(cell) > LARGEST_CELL for cell in stripped):
                raise csv.Error("a cell is too long; is a quotation mark missing?")
            if any(stripped):
                rows.append((reader.line_num, stripped))
    except csv.Error as error:
        complaint = f"not valid CSV: {error} (line {reader.line_num})."
        raise AccountFileError(source, [Finding((), complaint)], {}) from error
    return rows


def records_of(rows: list[tuple[int, list[str]]], source: str) -> list[dict[str, object]]:
    """The rows after the first by the names that it holds.

    Parameters
    ----------
    rows : list of tuple
        Line and cells, as `cells` gives them.
    source : str
        Name of the file, for messages.

    Returns
    -------
    list of dict

    Raises
    ------
    AccountFileError
        If a column has no name or that of another, or a row has more cells than there are
        columns.

    Examples
    --------
    >>> from margin.files.readers.csv_table import records_of
    >>> records_of([(1, ["symbol", "qty"]), (2, ["AAPL", "100"])], "positions.csv")
    [{'symbol': 'AAPL', 'qty': '100'}]
    """
    names = rows[0][1] if rows else []
    findings = [
        Finding(("columns",), f'the column "{name}" stands twice; rename one.')
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    for index, (line, row) in enumerate(rows[1:]):
        if any(row[len(names) :]):
            complaint = f"line {line} has {len(row)} cells, but there are {len(names)} columns."
            findings.append(Finding(("rows", index), complaint))
    if findings:
        numbers: dict[Place, int] = {
            ("rows", index): line for index, (line, _) in enumerate(rows[1:])
        }
        raise AccountFileError(source, findings, numbers)
    return [dict(zip(names, row, strict=False)) for _, row in rows[1:]]
