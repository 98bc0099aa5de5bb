"""What may be grouped in an account of one kind."""

from dataclasses import dataclass

__all__ = ["Admitted"]


@dataclass(frozen=True, slots=True)
class Admitted:
    """What may be grouped in an account.

    Attributes
    ----------
    straddles : bool
        Whether two uncovered shorts may be margined as a pair.
    lends : bool
        Whether long options and European long boxes may be lent against.
    any_spread : bool
        Whether options of any style may be spread, longs expiring later than shorts too; else only
        European ones settled in cash, and of one expiry.
    """

    straddles: bool = True
    lends: bool = True
    any_spread: bool = True
