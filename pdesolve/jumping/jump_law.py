"""What a jump does to spot, and the law of log spot under such jumps."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Array
from pdesolve.formulas.columns import above, within
from pdesolve.formulas.transform import Complex, Law
from pdesolve.kernels import laws

__all__ = ["ExponentialJumps", "NormalJumps", "jump_law"]

BEND = np.pi / 8.0


@dataclass(frozen=True, slots=True, eq=False)
class NormalJumps:
    """Jumps in log spot that are normal (Merton); numbers or arrays.

    Parameters
    ----------
    intensity : array-like
        ``lambda``, expected number of jumps per year.
    log_mean, log_sd : array-like
        Mean and standard deviation of the jump ``J`` in log spot, decimals.

    Raises
    ------
    ValueError
        If a number is not finite, or an intensity or a deviation is negative.

    Examples
    --------
    >>> NormalJumps(intensity=0.4, log_mean=-0.5, log_sd=0.4)
    NormalJumps(intensity=0.4, log_mean=-0.5, log_sd=0.4)
    """

    intensity: ArrayLike
    log_mean: ArrayLike
    log_sd: ArrayLike

    def __post_init__(self) -> None:
        self.columns()

    def columns(self) -> dict[str, Array]:
        """Checked arrays by field, in the order of the fields."""
        return {
            "intensity": arguments.not_negative("intensity", self.intensity),
            "log_mean": arguments.finite("log_mean", self.log_mean),
            "log_sd": arguments.not_negative("log_sd", self.log_sd),
        }


@dataclass(frozen=True, slots=True, eq=False)
class ExponentialJumps:
    """Jumps in log spot that are exponential upwards and downwards (Kou); numbers or arrays.

    Parameters
    ----------
    intensity : array-like
        ``lambda``, expected number of jumps per year.
    up_share : array-like
        Probability that a jump is upwards, 0 to 1.
    up_rate : array-like
        ``eta_1``, reciprocal of the mean jump upwards in log spot; above 1, as otherwise spot has
        no expectation.
    down_rate : array-like
        ``eta_2``, reciprocal of the mean jump downwards; above 0.

    Raises
    ------
    ValueError
        If a number is not finite or not in these ranges, or an intensity is negative.

    Examples
    --------
    >>> ExponentialJumps(intensity=1.0, up_share=0.4, up_rate=10.0, down_rate=5.0)
    ExponentialJumps(intensity=1.0, up_share=0.4, up_rate=10.0, down_rate=5.0)
    """

    intensity: ArrayLike
    up_share: ArrayLike
    up_rate: ArrayLike
    down_rate: ArrayLike

    def __post_init__(self) -> None:
        self.columns()

    def columns(self) -> dict[str, Array]:
        """Checked arrays by field, in the order of the fields."""
        return {
            "intensity": arguments.not_negative("intensity", self.intensity),
            "up_share": within("up_share", self.up_share, 0.0, 1.0),
            "up_rate": above("up_rate", self.up_rate, 1.0),
            "down_rate": arguments.positive("down_rate", self.down_rate),
        }


def jump_law(columns: dict[str, Array]) -> Callable[[NDArray[np.intp], Array], Law]:
    """Return the `Law` of some options, by their positions, from columns of arguments.

    Under normal jumps the line of integration is straight, as large real moments grow like those
    of no diffusion; under exponential jumps it bends to where the options pay nothing.
    """

    def normal(rows: NDArray[np.intp], x: Array) -> Law:
        of = _rows(columns, rows)
        jump = partial(laws.normal_jump, log_mean=of["log_mean"], log_sd=of["log_sd"])
        return Law(_moments(of, jump), np.isfinite, np.zeros_like(x))

    def exponential(rows: NDArray[np.intp], x: Array) -> Law:
        of = _rows(columns, rows)
        names = ("up_share", "up_rate", "down_rate")
        jump = partial(laws.exponential_jump, **{name: of[name] for name in names})
        return Law(
            _moments(of, jump),
            lambda p: (p < of["up_rate"]) & (p > -of["down_rate"]),
            _bend(of, jump, x),
        )

    return normal if "log_mean" in columns else exponential


def _rows(columns: dict[str, Array], rows: NDArray[np.intp]) -> dict[str, Array]:
    return {name: column[rows, None] for name, column in columns.items()}


def _moments(
    of: dict[str, Array], jump: Callable[..., Complex]
) -> Callable[..., tuple[Complex, Complex, Complex]]:
    """Return the moments of spot, given those of a jump."""
    return partial(
        laws.jump_law,
        expiry=of["expiry"],
        vol=of["vol"],
        intensity=of["intensity"],
        jump=jump,
    )


def _bend(of: dict[str, Array], jump: Callable[..., Complex], x: Array) -> Array:
    """Return the angle that turns a path without jumps, which is normal, into decay."""
    lost = of["intensity"] * (jump(1.0 + 0j).real - 1.0) * of["expiry"]
    s = of["vol"] * np.sqrt(of["expiry"])
    return np.asarray(BEND * np.tanh((x - lost - 0.5 * s * s) / (s + np.finfo(float).tiny)))
