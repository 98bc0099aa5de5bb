"""Vaults of the Opyn kind whose collateral covers the worst payoff of a spread."""

from dataclasses import dataclass

from margin.revaluation import Revaluation
from margin.rules.balance import balance
from margin.rules.rule import Branch
from margin.rules.vault.legs import less, option_value, vault_legs
from pdesolve import Right

__all__ = ["SpreadVault", "spread_need"]

SOURCE = "Opyn, GammaProtocol: MarginCalculator and its tests; amounts have eight decimals"


def spread_need(
    right: Right, short: tuple[float, float], long: tuple[float, float] = (0.0, 0.0)
) -> float:
    """Collateral that covers the worst payoff of a short and a long option of one expiry.

    For puts, in the currency of the strike, ``max(qs Ks - Kl min(qs, ql), 0)``; for calls, in
    units of the underlying, ``max((Kl - Ks) qs / Kl, qs - ql, 0)``, and ``qs`` without a long.

    Parameters
    ----------
    right : Right
        Calls or puts.
    short, long : tuple of float
        Units of the underlying, not negative, and strike of each; a strike of 0 is none.

    Returns
    -------
    float

    Examples
    --------
    >>> from margin.rules.vault.naked import spread_need
    >>> from pdesolve import Right
    >>> spread_need(Right.PUT, (4, 1_900), (3, 1_700)), spread_need(Right.CALL, (4, 1_900))
    (2500.0, 4.0)
    """
    (sold, strike), (bought, cover) = short, long
    if right is Right.PUT:
        return max(float(sold * strike - cover * min(sold, bought)), 0.0)
    gap = (cover - strike) * sold / cover if cover else 0.0
    return max(float(gap), float(sold - bought), 0.0)


@dataclass(frozen=True, slots=True)
class SpreadVault:
    """A vault whose collateral covers the worst payoff of its spread at expiry.

    The need is level for puts and a number of coins for calls.  Once expired, a vault needs
    nothing: its payoffs are settled.

    Attributes
    ----------
    name, source : str
        What the rule is called and where it comes from.

    References
    ----------
    Opyn, *GammaProtocol*, ``MarginCalculator``.

    Examples
    --------
    >>> from margin.rules.vault.naked import SpreadVault
    >>> SpreadVault().spot_moves
    (0.0, 0.0)
    """

    name: str = "spread vault"
    source: str = SOURCE

    @property
    def initial_factor(self) -> float:
        """A vault is opened at what it must keep."""
        return 1.0

    @property
    def vol_moves(self) -> tuple[float, ...]:
        """The rule reads present volatilities, and those only to leave option value out."""
        return (0.0,)

    @property
    def spot_moves(self) -> tuple[float, float]:
        """The rule looks at no spot but the one it is asked about."""
        return (0.0, 0.0)

    def excess_branches(
        self, revaluation: Revaluation, date_index: int = 0, vol_move: float = 0.0
    ) -> tuple[Branch, ...]:
        """Collateral less need at every spot, in quote currency: one branch.

        Parameters
        ----------
        revaluation : Revaluation
            The vault, revalued.
        date_index : int
            Which of the dates of the revaluation.
        vol_move : float
            Relative move of all volatilities that has happened before; it changes nothing.

        Returns
        -------
        tuple of Branch

        Raises
        ------
        ValueError
            If the vault holds more than one short and one long option, or they differ in right,
            expiry or settlement.
        """
        collateral = balance(revaluation, date_index, vol_move)
        short, long = vault_legs(revaluation, date_index)
        if short is None:
            return (Branch("no short option", collateral),)
        cover = (0.0, 0.0) if long is None else (long.units, long.contract.strike)
        right = short.contract.right
        need = spread_need(right, (-short.units, short.contract.strike), cover)
        amount = (need, 0.0) if right is Right.PUT else (0.0, need)
        return (less("worst payoff at expiry", collateral, amount),)

    def leg_profit(self, leg: Revaluation, worst: int) -> float:
        """Value of an option leg with a minus sign, which the collateral does not hold.

        The need is that of the whole vault and stands in no leg.
        """
        del worst
        return -option_value(leg)
