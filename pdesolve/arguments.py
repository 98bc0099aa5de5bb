"""Array-like arguments: checked value by value, broadcast together, results given their shape."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pdesolve.contract import Exercise, Right
from pdesolve.model import LARGEST_VOLATILITY

__all__ = [
    "Number",
    "Rights",
    "Styles",
    "aligned",
    "american",
    "discounting",
    "finite",
    "not_negative",
    "place",
    "positive",
    "shaped",
    "signs",
    "volatility",
]

# A larger rate times expiry is a slip of units; below it no discount factor overflows.
LARGEST_EXPONENT = 500.0

Array = NDArray[np.float64]
Number = float | NDArray[np.float64]
"""What a function of array-like arguments returns: a float if all of them are single numbers."""
Rights = str | Right | Sequence[str | Right] | NDArray[np.generic]
"""A right, as text or `Right`, or an array of them."""
Styles = str | Exercise | Sequence[str | Exercise] | NDArray[np.generic]
"""An exercise style, as text or `Exercise`, or an array of them."""


def positive(name: str, value: ArrayLike) -> Array:
    """Return ``value`` as an array of positive, finite numbers."""
    array = _numbers(name, value)
    return _held(name, array, (array > 0.0) & (array < np.inf), "positive and finite")


def not_negative(name: str, value: ArrayLike) -> Array:
    """Return ``value`` as an array of finite numbers that are zero or positive."""
    array = _numbers(name, value)
    return _held(name, array, (array >= 0.0) & (array < np.inf), "finite and not negative")


def finite(name: str, value: ArrayLike) -> Array:
    """Return ``value`` as an array of finite numbers."""
    array = _numbers(name, value)
    return _held(name, array, np.isfinite(array), "finite")


def volatility(name: str, value: ArrayLike) -> Array:
    """Return ``value`` as an array of volatilities in decimals, none of them percent."""
    array = not_negative(name, value)
    rule = f"at most {LARGEST_VOLATILITY:g} in decimals (0.2 is 20 %)"
    return _held(name, array, array <= LARGEST_VOLATILITY, rule)


def signs(right: Rights) -> Array:
    """Return 1 for each call and -1 for each put."""
    if isinstance(right, str | Right):
        return np.array(float(Right.parse(right)))
    rights = np.asarray(right)
    if np.issubdtype(rights.dtype, np.number):  # numpy makes integers of a list of `Right`
        rule = "1 for a call or -1 for a put"
        return _held("right", rights.astype(float), abs(rights) == 1, rule)
    return _parsed(right, lambda text: float(Right.parse(text)))


def american(style: Styles) -> Array:
    """Return 1 for each American style and 0 for each European one."""
    return _parsed(style, lambda text: float(Exercise.parse(text) is Exercise.AMERICAN))


def aligned(arguments: dict[str, Array]) -> tuple[tuple[int, ...], list[Array]]:
    """Return the common shape of named arrays, and each broadcast to it as one column.

    The columns are copies: writable and contiguous, so that kernels compile once.
    """
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arguments.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arguments.items())
        raise ValueError(f"arguments must broadcast together, got shapes {shapes}") from None
    return shape, [np.broadcast_to(array, shape).flatten() for array in arguments.values()]


def discounting(name: str, rates: Array, years: Array, shape: tuple[int, ...]) -> None:
    """Refuse columns of rates whose discount factors are no sensible numbers."""
    with np.errstate(over="ignore"):
        exponents = (rates * years).reshape(shape)
    rule = f"within {LARGEST_EXPONENT:g} of zero"
    _held(f"{name} times expiry", exponents, abs(exponents) <= LARGEST_EXPONENT, rule)


def shaped(column: Array, shape: tuple[int, ...]) -> Number:
    """Return a column in the shape of the arguments; a float if that is no array."""
    return column.reshape(shape) if shape else float(column[0])


def place(position: int, shape: tuple[int, ...]) -> str:
    """Return words for a position in a column of results of ``shape``."""
    if not shape:
        return ""
    index = tuple(int(i) for i in np.unravel_index(position, shape))
    return f" at index {index[0] if len(index) == 1 else index}"


def _parsed(words: Rights | Styles, parse: Callable[[str], float]) -> Array:
    """Return the number that each word stands for; every word is parsed once."""
    array = np.asarray(words, dtype=object)
    flat, table = array.ravel().tolist(), {}
    for word in dict.fromkeys(flat):
        try:
            table[word] = parse(word)
        except ValueError as error:
            raise ValueError(f"{error}{place(flat.index(word), array.shape)}") from None
    return np.array([table[word] for word in flat]).reshape(array.shape)


def _numbers(name: str, value: ArrayLike) -> Array:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number or an array of them, got {value!r}") from None


def _held(name: str, array: Array, holds: NDArray[np.bool_], rule: str) -> Array:
    if not holds.all():
        first = int(np.argmin(holds))
        where = place(first, array.shape)
        raise ValueError(f"{name} must be {rule}, got {array.flat[first]}{where}")
    return array
