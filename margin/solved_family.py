"""A revaluation as a key, for what is computed once for it and all its accounts."""

from dataclasses import dataclass

from margin.revaluation import Revaluation

__all__ = ["SolvedFamily"]


@dataclass(frozen=True, slots=True, eq=False)
class SolvedFamily:
    """A revaluation as a key: equal to all that share its solved curves, whatever the quantities.

    Attributes
    ----------
    revaluation : Revaluation
        One of them.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from margin import Account, Market, Underlying, revalue
    >>> from margin.solved_family import SolvedFamily
    >>> market = Market(datetime(2026, 11, 20, tzinfo=UTC), {"X": Underlying(100.0)}, {})
    >>> poor, rich = Account("demo", "USD", 0.0, ()), Account("demo", "USD", 9.0, ())
    >>> found = revalue(poor, market)
    >>> SolvedFamily(found) == SolvedFamily(found.with_account(rich))
    True
    """

    revaluation: Revaluation

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SolvedFamily) and self.revaluation.curves is other.revaluation.curves
        )

    def __hash__(self) -> int:
        return id(self.revaluation.curves)
