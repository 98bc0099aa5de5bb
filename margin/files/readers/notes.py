"""What is taken for granted where a file says nothing, as sentences."""

from dataclasses import dataclass, field

__all__ = ["Notes"]

NAMES_SHOWN = 4
"""Names that a sentence lists; the rest is counted."""


@dataclass(slots=True)
class Notes:
    """Sentences, each once, with the names that they are about.

    Examples
    --------
    >>> from margin.files.readers.notes import Notes
    >>> notes = Notes()
    >>> for name in ("AAPL", "TSLA", "AAPL"):
    ...     notes.assume("options on shares are American", name)
    >>> notes.assumptions
    ('options on shares are American (AAPL, TSLA)',)
    """

    assumed: dict[str, list[str]] = field(default_factory=dict)
    warned: dict[str, list[str]] = field(default_factory=dict)

    def assume(self, sentence: str, about: str = "") -> None:
        """Note what is taken where the file says nothing."""
        _note(self.assumed, sentence, about)

    def warn(self, sentence: str, about: str = "") -> None:
        """Note what a reader should look at."""
        _note(self.warned, sentence, about)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """All that is assumed."""
        return tuple(_sentence(*item) for item in self.assumed.items())

    @property
    def warnings(self) -> tuple[str, ...]:
        """All that was warned of."""
        return tuple(_sentence(*item) for item in self.warned.items())


def _note(sentences: dict[str, list[str]], sentence: str, about: str) -> None:
    names = sentences.setdefault(sentence, [])
    if about and about not in names:
        names.append(about)


def _sentence(sentence: str, names: list[str]) -> str:
    if not names:
        return sentence
    shown, hidden = names[:NAMES_SHOWN], len(names) - NAMES_SHOWN
    rest = f" and {hidden} more" if hidden > 0 else ""
    return f"{sentence} ({', '.join(shown)}{rest})"
