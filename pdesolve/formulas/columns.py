"""Array-like arguments of the closed forms, as the checked columns that their kernels take."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve import arguments
from pdesolve.arguments import Array, Number

__all__ = ["Words", "above", "chosen", "filled", "growing_slowly", "market", "priced", "within"]

# Below it, the cosine under the integral of a touch cancels more than four digits.
LOWEST_GROWTH = -8.0

Words = str | list[str] | tuple[str, ...] | NDArray[np.str_]
"""A word, or an array of words."""


def market(
    expiry: ArrayLike, vol: ArrayLike, rate: ArrayLike, div_yield: ArrayLike
) -> dict[str, Array]:
    """Return the checked arguments that all models on one spot share."""
    return {
        "expiry": arguments.not_negative("expiry", expiry),
        "vol": arguments.volatility("vol", vol),
        "rate": arguments.finite("rate", rate),
        "div_yield": arguments.finite("div_yield", div_yield),
    }


def chosen(name: str, words: Words, numbers: Mapping[str, float]) -> Array:
    """Return the number that stands for each word; ``numbers`` holds the words allowed.

    Raises
    ------
    ValueError
        If a word is none of them.

    Examples
    --------
    >>> chosen("direction", ["up", "down"], {"up": -1.0, "down": 1.0})
    array([-1.,  1.])
    """
    texts = np.asarray(words)
    flat = texts.ravel().tolist()
    for position, word in enumerate(flat):
        if word not in numbers:
            rule = " or ".join(f'"{known}"' for known in numbers)
            where = arguments.place(position, texts.shape)
            raise ValueError(f"{name} must be {rule}, got {word!r}{where}")
    return np.array([numbers[word] for word in flat], dtype=float).reshape(texts.shape)


def within(name: str, value: ArrayLike, low: float, high: float) -> Array:
    """Return ``value`` as an array of numbers from ``low`` to ``high``."""
    array = arguments.finite(name, value)
    _hold(name, array, (array >= low) & (array <= high), f"from {low:g} to {high:g}")
    return array


def above(name: str, value: ArrayLike, low: float) -> Array:
    """Return ``value`` as an array of finite numbers above ``low``."""
    array = arguments.finite(name, value)
    _hold(name, array, array > low, f"finite and above {low:g}")
    return array


def growing_slowly(rate: Array, expiry: Array) -> None:
    """Refuse rates so negative that the value of cash at a touch would lose its digits."""
    lowest = float((np.min(rate, initial=0.0)) * np.max(expiry, initial=0.0))
    if lowest < LOWEST_GROWTH:
        rule = f"at least {LOWEST_GROWTH:g} where cash is paid at a touch"
        raise ValueError(f"rate times expiry must be {rule}, got {lowest:g}")


def filled(named: dict[str, Array]) -> tuple[tuple[int, ...], dict[str, Array]]:
    """Return the common shape of checked arguments, and a column for each.

    Raises
    ------
    ValueError
        If they do not broadcast, or a rate or yield times expiry is beyond 500 either way.
    """
    shape, columns = arguments.aligned(named)
    by_name = dict(zip(named, columns, strict=True))
    for name in ("rate", "div_yield"):
        if name in by_name:
            arguments.discounting(name, by_name[name], by_name["expiry"], shape)
    return shape, by_name


def priced(kernel: Callable[..., None], named: dict[str, Array]) -> Number:
    """Return what a kernel makes of checked arguments, a tuple of columns in their order."""
    shape, columns = filled(named)
    out = np.empty(columns["expiry"].size)
    kernel(tuple(columns.values()), out)
    return arguments.shaped(out, shape)


def _hold(name: str, array: Array, holds: NDArray[np.bool_], rule: str) -> None:
    if not holds.all():
        first = int(np.argmin(holds))
        where = arguments.place(first, array.shape)
        raise ValueError(f"{name} must be {rule}, got {array.flat[first]}{where}")
