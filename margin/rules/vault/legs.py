"""What a vault holds: one short option, at most one long one, and collateral."""

from dataclasses import dataclass

from margin.instrument import OptionContract
from margin.piecewise import PiecewiseCubic, combine, line
from margin.revaluation import Revaluation
from margin.rules.balance import options_alone
from margin.rules.claims import vanilla
from margin.rules.rule import Branch

__all__ = ["VaultLeg", "less", "option_value", "vault_legs"]


@dataclass(frozen=True, slots=True)
class VaultLeg:
    """An option of a vault, and signed units of the underlying held through it."""

    contract: OptionContract
    units: float


def vault_legs(
    revaluation: Revaluation, date_index: int = 0
) -> tuple[VaultLeg | None, VaultLeg | None]:
    """The short and the long option of a vault that are alive at a date; None where there is none.

    Parameters
    ----------
    revaluation : Revaluation
        The vault, revalued.
    date_index : int
        Which of its dates.

    Returns
    -------
    tuple of VaultLeg or None

    Raises
    ------
    ValueError
        If there are two short or two long options, or they differ in right, expiry or settlement.
    """
    alive = revaluation.curves[date_index].alive
    held = zip(revaluation.contracts, revaluation.units.tolist(), alive.tolist(), strict=True)
    legs = [VaultLeg(vanilla(one), units) for one, units, lives in held if lives and units]
    short = _single([leg for leg in legs if leg.units < 0.0], "short")
    long = _single([leg for leg in legs if leg.units > 0.0], "long")
    if short is not None and long is not None:
        _refuse_mismatch(short.contract, long.contract)
    return short, long


def less(label: str, collateral: PiecewiseCubic, need: tuple[float, float]) -> Branch:
    """The branch ``collateral - (intercept + slope S)``.

    Parameters
    ----------
    label : str
        What binds, in words.
    collateral : PiecewiseCubic
        In quote currency.
    need : tuple of float
        Intercept in quote currency, and slope in units of the underlying.

    Returns
    -------
    Branch
    """
    needed = line(*need, lowest=collateral.lowest, highest=collateral.highest)
    return Branch(label, combine((1.0, -1.0), (collateral, needed)))


def option_value(leg: Revaluation) -> float:
    """Value of the living options of an account at the present spot, in quote currency."""
    return float(options_alone(leg).moving()(leg.spot))


def _single(legs: list[VaultLeg], side: str) -> VaultLeg | None:
    if len(legs) > 1:
        named = " and ".join(str(leg.contract) for leg in legs)
        raise ValueError(
            f"a vault holds one {side} option at most, got {named}; give each a vault of its own"
        )
    return legs[0] if legs else None


def _refuse_mismatch(short: OptionContract, long: OptionContract) -> None:
    for name in ("right", "expiry", "settlement"):
        if getattr(short, name) != getattr(long, name):
            raise ValueError(
                f"the options of a vault must have one {name}, got {short} short and {long} long; "
                "keep the long one outside"
            )
