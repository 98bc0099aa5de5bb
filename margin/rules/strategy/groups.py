"""Groups of lots, and a grouping of a whole account: what is margined together."""

from dataclasses import dataclass

__all__ = ["Group", "Grouping", "Member"]

Member = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Group:
    """Lots that are margined together; amounts in quote currency.

    Attributes
    ----------
    name : str
        What kind of group it is.
    members : tuple of (str, float)
        Contracts, or stock, and how many; short is negative.
    requirement : float
        What the group requires.
    withheld : float
        Value of stock that does not count because an option against it is in the money.
    lent : float
        Value of long options that counts.
    saved : float
        How much less this takes from the excess than the same lots each by itself.
    """

    name: str
    members: tuple[Member, ...]
    requirement: float
    withheld: float
    lent: float
    saved: float

    def __str__(self) -> str:
        members = ", ".join(f"{count:+g} {member}" for member, count in self.members)
        return f"{self.name}: {members}: {self.requirement:,.2f}, saves {self.saved:,.2f}"


@dataclass(frozen=True, slots=True, repr=False)
class Grouping:
    """The cheapest grouping of an account at one spot, in the balance convention.

    Attributes
    ----------
    spot : float
        In quote currency.
    groups : tuple of Group
        What is grouped; amounts in quote currency.
    apart : float
        Requirement with every lot by itself.
    paid : float
        Value of all options, shorts negative: the net debit at which they could be opened now.
    left : float
        How much less another grouping might need, at most, in quote currency: 0 but for large books
        whose search was ended by its time.
    """

    spot: float
    groups: tuple[Group, ...]
    apart: float
    paid: float
    left: float = 0.0

    @property
    def requirement(self) -> float:
        """Sum of the requirements of the groups."""
        return sum(group.requirement for group in self.groups)

    @property
    def needed(self) -> float:
        """What the balance must hold: requirement and value withheld, less what is lent."""
        return sum(group.requirement + group.withheld - group.lent for group in self.groups)

    @property
    def proven(self) -> bool:
        """Whether it is proven that no other grouping needs less."""
        return self.left == 0.0

    @property
    def deposit(self) -> float:
        """What opening the options now takes: what is needed and the net debit."""
        return self.needed + self.paid

    @property
    def saved(self) -> float:
        """How much less is needed than with every lot by itself."""
        return sum(group.saved for group in self.groups)

    def __repr__(self) -> str:
        least = "" if self.proven else f", perhaps up to {self.left:,.2f} less"
        lines = [f"requirement {self.requirement:,.2f} at a spot of {self.spot:,.10g}{least}"]
        return "\n".join([*lines, *(f"  {group}" for group in self.groups)])
