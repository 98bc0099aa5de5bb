"""What a report is made of: sections of tables, pictures and lists, in no markup yet."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Notes", "Part", "Picture", "Section", "Table"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under heads.

    Attributes
    ----------
    caption : str
        What the table tells, with units.
    heads : tuple of str
        Heads of the columns.
    rows : sequence of tuple of str
        The cells, as many in every row as there are heads; the first names the row.
    words : tuple of int
        Columns of words, which stand left; numbers stand right.
    """

    caption: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    words: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure.

    Attributes
    ----------
    svg : str
        The element, as `inline_svg` makes it.
    caption : str
        What to see in it.
    """

    svg: str
    caption: str


@dataclass(frozen=True, slots=True)
class Notes:
    """Sentences, one below the other.

    Attributes
    ----------
    sentences : sequence of str
        In plain text.
    """

    sentences: Sequence[str]


Part = Table | Picture | Notes


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report under a heading.

    Attributes
    ----------
    key : str
        Its name in links.
    title : str
        The heading.
    lead : str
        What it says, in a sentence or two.
    parts : tuple of Table, Picture or Notes
        The evidence.
    """

    key: str
    title: str
    lead: str
    parts: tuple[Part, ...]
