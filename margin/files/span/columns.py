"""Fields of a line in fixed columns, counted from 1 and with both ends included."""

from dataclasses import dataclass

from margin.files.span.tables import SpanFileError

__all__ = ["Columns"]


@dataclass(frozen=True, slots=True)
class Columns:
    """One line of a file, and where it stands.

    Attributes
    ----------
    source : str
        Name of the file.
    number : int
        Line, from 1.
    line : str
        The text; columns beyond its end are blank.

    Examples
    --------
    >>> from margin.files.span.columns import Columns
    >>> row = Columns("a.pa2", 3, "4 ES    0001250-")
    >>> row.text(3, 8), row.decimal(9, 15, 2, sign=16)
    ('ES', -12.5)
    """

    source: str
    number: int
    line: str

    def text(self, first: int, last: int) -> str:
        """The field without blanks around it."""
        return self.line[first - 1 : last].strip()

    def needed(self, first: int, last: int) -> str:
        """The field, which must not be blank."""
        found = self.text(first, last)
        if not found:
            raise self.error(first, last, "is blank; a value is needed")
        return found

    def decimal(
        self, first: int, last: int, decimals: int = 0, *, sign: int | None = None
    ) -> float:
        """The field as digits with so many decimals, and the sign that may stand in a column."""
        found = self.needed(first, last)
        if not (found.isascii() and found.isdigit()):
            raise self.error(first, last, f"got {found!r}; use digits")
        mark = self.text(sign, sign) if sign else ""
        if mark not in ("", "+", "-"):
            assert sign is not None  # there is no mark otherwise
            raise self.error(sign, sign, f"got {mark!r}; use + or - or leave it blank")
        return (-1.0 if mark == "-" else 1.0) * int(found) / 10.0**decimals

    def decimal_or(self, first: int, last: int, decimals: int, default: float) -> float:
        """`decimal`, or a default if the field is blank."""
        return self.decimal(first, last, decimals) if self.text(first, last) else default

    def locator(self, first: int, last: int) -> int:
        """A number of decimals, whose minus sign stands in the first byte; blank is 0."""
        found = self.text(first, last) or "0"
        try:
            return int(found)
        except ValueError:
            raise self.error(first, last, f"got {found!r}; use a whole number") from None

    def error(self, first: int, last: int, complaint: str) -> SpanFileError:
        """The error that names this line and some of its columns."""
        return SpanFileError(self.source, self.number, f"columns {first}-{last}", complaint)
