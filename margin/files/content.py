"""The text of a file, before anyone knows what it holds."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from margin.files.errors import AccountFileError, Finding

__all__ = ["Content", "content_of"]

LARGEST_FILE = 32 * 2**20
"""Bytes; an account of ten thousand positions takes two million."""

STANDARD_INPUT = "standard input"

BEGINNINGS = {"{": ".json", "[": ".json", "<": ".xml"}


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a file.

    Attributes
    ----------
    source : str
        Name of the file, for messages.
    text : str
        What it holds.
    suffix : str
        In small letters with its dot; that of its content for standard input.
    changed : datetime
        When the file was last changed, in UTC; now for standard input.

    Examples
    --------
    >>> from margin.files.content import content_of
    >>> content_of("examples/short_strangle.yaml").name
    'short_strangle'
    """

    source: str
    text: str
    suffix: str
    changed: datetime

    @property
    def name(self) -> str:
        """What an account in the file is called if it has no name of its own."""
        return "account" if self.source == STANDARD_INPUT else Path(self.source).stem


def content_of(path: str | PathLike[str]) -> Content:
    """The content of a file.

    Parameters
    ----------
    path : str or path
        The file; ``"-"`` is standard input.

    Returns
    -------
    Content

    Raises
    ------
    AccountFileError
        If it cannot be read, is no text in UTF-8, or is larger than 32 MiB.
    """
    source = STANDARD_INPUT if str(path) == "-" else str(path)
    try:
        if source == STANDARD_INPUT:
            content, changed = sys.stdin.buffer.read(LARGEST_FILE + 1), datetime.now(UTC)
        else:
            with open(path, "rb") as file:
                content = file.read(LARGEST_FILE + 1)
            changed = datetime.fromtimestamp(int(Path(path).stat().st_mtime), UTC)
        text = content.decode("utf-8-sig")
    except OSError as error:
        complaint = f"cannot be read: {error.strerror}."
    except UnicodeDecodeError as error:
        complaint = f"not text in UTF-8 (byte {error.start}); save it as UTF-8."
    else:
        if len(content) <= LARGEST_FILE:
            piped = BEGINNINGS.get(text.lstrip()[:1], "")
            suffix = piped if source == STANDARD_INPUT else Path(source).suffix.lower()
            return Content(source, text, suffix, changed)
        complaint = f"larger than {LARGEST_FILE // 2**20} MiB; split it by account."
    raise AccountFileError(source, [Finding((), complaint)], {})
