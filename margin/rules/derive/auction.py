"""The Dutch auction of Derive, in which bidders take a part of an account below maintenance."""

from dataclasses import dataclass, replace
from math import inf

from margin import _check

__all__ = ["AuctionedAccount", "DeriveAuction"]


@dataclass(frozen=True, slots=True)
class AuctionedAccount:
    """What an auction knows of an account, in quote currency.

    Attributes
    ----------
    marked : float
        Value at the venue's marks.
    maintenance : float
        Maintenance balance, below 0.
    reserved : float
        Cash that earlier bidders have paid in, which is not for sale.

    Examples
    --------
    >>> from margin.rules.derive.auction import AuctionedAccount
    >>> AuctionedAccount(589.15, -253.22).reserved
    0.0
    """

    marked: float
    maintenance: float
    reserved: float = 0.0

    def __post_init__(self) -> None:
        for name in ("marked", "maintenance"):
            object.__setattr__(self, name, _check.finite(name, getattr(self, name)))
        reserved = _check.within("reserved", self.reserved, 0.0, inf)
        object.__setattr__(self, "reserved", reserved)


@dataclass(frozen=True, slots=True)
class DeriveAuction:
    """Parameters of the solvent auction of Derive, and what they say of an account.

    With the marked value ``V``, the maintenance balance ``M``, the cash ``R`` of earlier bidders
    and the discount ``d``, the buffer balance is ``B = M + buffer (M - V)``, the whole account
    costs ``(V - R) d``, and a bid takes at most the part at which ``B`` is back at zero::

        B / (B - V d - R (1 - d))

    Attributes
    ----------
    start, cut : float
        Discount at the start, and when the fast stage ends.
    fast_seconds, slow_seconds : float
        Length of the two stages; the discount falls to ``cut`` in the first, to 0 in the second.
    buffer : float
        What a bid must restore beyond maintenance, as a share of the loss to it.
    cut_off : float
        Marked value below which a bid may take the whole account, in quote currency.
    fee : float
        Share of the account that goes to the insurance fund first.
    source : str
        Where the numbers come from.

    Raises
    ------
    ValueError
        If a number is out of its range, or the discount rises.

    References
    ----------
    Derive v2-core, ``DutchAuction``.

    Examples
    --------
    >>> from margin.rules.derive.auction import AuctionedAccount, DeriveAuction
    >>> auction = DeriveAuction(0.98, 0.80, fast_seconds=100.0, slow_seconds=14_400.0, buffer=0.20)
    >>> account = AuctionedAccount(589.15, -253.22)
    >>> round(auction.largest_part(account, 0.0), 4)
    0.4221
    """

    start: float = 0.95
    cut: float = 0.70
    fast_seconds: float = 900.0
    slow_seconds: float = 43_200.0
    buffer: float = 0.15
    cut_off: float = 0.0
    fee: float = 0.10
    source: str = (
        "Derive v2-core, DutchAuction: parameters of the production file as recorded in 2025, "
        "repository commit 7736900d39"
    )

    def __post_init__(self) -> None:
        for name in ("start", "cut", "fee"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, 1.0))
        for name in ("fast_seconds", "slow_seconds"):
            object.__setattr__(self, name, _check.positive(name, getattr(self, name)))
        for name in ("buffer", "cut_off"):
            object.__setattr__(self, name, _check.within(name, getattr(self, name), 0.0, inf))
        if self.cut > self.start:
            raise ValueError(f"cut must be at most start {self.start}, got {self.cut}")

    def discount(self, seconds: float) -> float:
        """Share of the marked value that a bidder pays so long after the start."""
        seconds = _check.within("seconds", seconds, 0.0, inf)
        if seconds < self.fast_seconds:
            return self.start - (self.start - self.cut) * seconds / self.fast_seconds
        return self.cut * max(0.0, 1.0 - (seconds - self.fast_seconds) / self.slow_seconds)

    def buffer_balance(self, account: AuctionedAccount) -> float:
        """Maintenance balance less the buffer; a healthy account has 0 or more."""
        return account.maintenance + self.buffer * (account.maintenance - account.marked)

    def largest_part(self, account: AuctionedAccount, seconds: float) -> float:
        """The largest part of the account that one bid may take, from 0 to 1."""
        if account.marked < self.cut_off:
            return 1.0
        short = min(self.buffer_balance(account), 0.0)
        share = self.discount(seconds)
        rest = account.marked * share + account.reserved * (1.0 - share)
        return short / (short - rest) if short < 0.0 else 0.0

    def payment(self, account: AuctionedAccount, seconds: float, part: float) -> float:
        """What a bidder pays for a part, in quote currency."""
        part = _check.within("part", part, 0.0, 1.0)
        return part * (account.marked - account.reserved) * self.discount(seconds)

    def after(self, account: AuctionedAccount, seconds: float, part: float) -> AuctionedAccount:
        """The account after a bid, whose payment has become reserved cash.

        Parameters
        ----------
        account : AuctionedAccount
            Before the bid.
        seconds : float
            Since the start of the auction.
        part : float
            Taken by the bidder, from 0 to 1.

        Returns
        -------
        AuctionedAccount
        """
        kept, paid = account.reserved, self.payment(account, seconds, part)

        def left(amount: float) -> float:
            return (amount - kept) * (1.0 - part) + kept + paid

        return replace(
            account,
            marked=left(account.marked),
            maintenance=left(account.maintenance),
            reserved=kept + paid,
        )
