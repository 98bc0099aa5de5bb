"""Elements of an XML file that know their lines."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from margin.files.span.tables import SpanFileError

__all__ = ["Element", "parse_elements"]


@dataclass(slots=True)
class Element:
    """One element: its tag, where it begins, its text and what is in it.

    Examples
    --------
    >>> from margin.files.span.element import parse_elements
    >>> root = parse_elements(b"<fut><p> 24051.8 </p></fut>", "a.spn")
    >>> root.number("p"), root.text("pe"), root.number("sc", 1.0)
    (24051.8, '', 1.0)
    """

    tag: str
    source: str
    line: int
    content: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator["Element"]:
        """The children of some tags."""
        return (child for child in self.children if child.tag in tags)

    def first(self, tag: str) -> "Element | None":
        """The first child of a tag, if there is one."""
        return next(self.all(tag), None)

    def text(self, tag: str) -> str:
        """Text of the first child of a tag, without blanks around it; "" if there is none."""
        child = self.first(tag)
        return "" if child is None else child.content.strip()

    def needed(self, tag: str) -> str:
        """Text of the first child of a tag, which must not be empty."""
        found = self.text(tag)
        if not found:
            raise self.error(f"has no <{tag}>; one is needed")
        return found

    def number(self, tag: str, default: float | None = None) -> float:
        """Number in the first child of a tag, or a default if there is none."""
        if default is not None and not self.text(tag):
            return default
        found = self.needed(tag)
        try:
            return float(found)
        except ValueError:
            raise self.error(f"<{tag}> is {found!r}; use a number") from None

    def error(self, complaint: str) -> SpanFileError:
        """The error that names this element and its line."""
        return SpanFileError(self.source, self.line, f"<{self.tag}>", complaint)


def parse_elements(content: bytes, source: str) -> Element:
    """The root element of an XML file; entities of its own are refused.

    Parameters
    ----------
    content : bytes
        The file.
    source : str
        Its name, for errors.

    Returns
    -------
    Element

    Raises
    ------
    SpanFileError
        If it is no XML, or declares entities.
    """
    parser = expat.ParserCreate()
    top = Element("", source, 0)
    stack = [top]

    def start(tag: str, attributes: dict[str, str]) -> None:
        del attributes
        child = Element(tag, source, parser.CurrentLineNumber)
        stack[-1].children.append(child)
        stack.append(child)

    def refuse(*declaration: object) -> None:
        raise SpanFileError(source, parser.CurrentLineNumber, "", "declares an entity; use none")

    def add(text: str) -> None:
        stack[-1].content += text

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: stack.pop() and None
    parser.CharacterDataHandler = add
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as reason:
        complaint = f"is no XML: {expat.errors.messages[reason.code]}"
        raise SpanFileError(
            source, reason.lineno, f"column {reason.offset + 1}", complaint
        ) from None
    return top.children[0]
