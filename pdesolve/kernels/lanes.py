"""Lanes: `WIDTH` numbers side by side, one per contract, that compile to wide vector registers.

A kernel written on lanes reads like one on plain numbers, ``lower * below + upper * above``, and
treats `WIDTH` contracts at once.  Compiled, a value is an LLVM vector of `WIDTH` doubles, which
LLVM spreads over whatever registers the processor has (two of 512 bits, four of 256, eight of 128).
Interpreted, it is a numpy row.  Lanes never mix: a contract's numbers do not depend on its
neighbours, so results are the same to the last bit in any batch.

Arrays of lanes are float64 of shape ``(rows, WIDTH)``, C-contiguous; `load` and `store` take the
row.
"""

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import lower_builtin, models, register_model, type_callable

from pdesolve._jit import inner

WIDTH = 32

_VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
_INTEGERS = ir.VectorType(ir.IntType(64), WIDTH)
# A product followed by a sum may be fused into one rounding; nothing else is reordered.
_FUSE = ("contract",)


class LanesType(types.Type):
    """Numba's type of `WIDTH` doubles side by side."""

    def __init__(self):
        super().__init__(name=f"Lanes{WIDTH}")


_LANES = LanesType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, type_):
        super().__init__(manager, type_, _VECTOR)


def load(rows, i):
    """Lanes of row ``i``."""
    return rows[i].copy()


def store(rows, i, lanes):
    """Write ``lanes`` into row ``i``."""
    rows[i] = lanes


def splat(number):
    """The same number in every lane."""
    return np.full(WIDTH, number)


def larger(a, b):
    """Larger of two, lane by lane."""
    return np.where(a > b, a, b)


def select(condition, chosen, other):
    """``chosen`` in the lanes where ``condition`` is positive, ``other`` elsewhere."""
    return np.where(condition > 0.0, chosen, other)


def any_positive(lanes):
    """Whether some lane is positive."""
    return bool(np.any(lanes > 0.0))


def square_root(lanes):
    """Square root, lane by lane; no lane is negative."""
    return np.sqrt(lanes)


def power_of_two(whole):
    """Two to the power of lanes that hold whole numbers from -1022 to 1023."""
    return np.ldexp(1.0, whole.astype(np.int64))


def _declare(function, result, *arguments):
    """Tell numba that ``function`` of ``arguments`` gives ``result``; decorates its code."""

    def given(*types_):
        return result if all(map(isinstance, types_, arguments)) else None

    # Numba reads the number of arguments off the signature.
    resolvers = (lambda a: given(a), lambda a, b: given(a, b), lambda a, b, c: given(a, b, c))
    type_callable(function)(lambda _context: resolvers[len(arguments) - 1])
    return lower_builtin(function, *arguments)


def _row_pointer(context, builder, signature, values):
    array = context.make_array(signature.args[0])(context, builder, values[0])
    row = context.cast(builder, values[1], signature.args[1], types.intp)
    first = builder.mul(row, ir.Constant(row.type, WIDTH))
    return builder.bitcast(builder.gep(array.data, [first]), _VECTOR.as_pointer())


@_declare(load, _LANES, types.Array, types.Integer)
def _load(context, builder, signature, values):
    lanes = builder.load(_row_pointer(context, builder, signature, values))
    lanes.align = 8
    return lanes


@_declare(store, types.void, types.Array, types.Integer, LanesType)
def _store(context, builder, signature, values):
    builder.store(values[2], _row_pointer(context, builder, signature, values)).align = 8
    return context.get_dummy_value()


@_declare(splat, _LANES, types.Float)
def _splat(_context, builder, _signature, values):
    anything = ir.Constant(_VECTOR, ir.Undefined)
    zero = ir.Constant(ir.IntType(32), 0)
    first = builder.insert_element(anything, values[0], zero)
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(first, anything, everywhere)


@_declare(larger, _LANES, LanesType, LanesType)
def _larger(_context, builder, _signature, values):
    return builder.select(builder.fcmp_ordered(">", *values), *values)


def _positive(builder, lanes):
    return builder.fcmp_ordered(">", lanes, ir.Constant(_VECTOR, [0.0] * WIDTH))


@_declare(select, _LANES, LanesType, LanesType, LanesType)
def _select(_context, builder, _signature, values):
    return builder.select(_positive(builder, values[0]), values[1], values[2])


@_declare(any_positive, types.boolean, LanesType)
def _any_positive(_context, builder, _signature, values):
    bits = builder.bitcast(_positive(builder, values[0]), ir.IntType(WIDTH))
    return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


@_declare(square_root, _LANES, LanesType)
def _square_root(_context, builder, _signature, values):
    signature = ir.FunctionType(_VECTOR, [_VECTOR])
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.sqrt.v{WIDTH}f64")
    return builder.call(function, values)


@_declare(power_of_two, _LANES, LanesType)
def _power_of_two(_context, builder, _signature, values):
    whole = builder.fptosi(values[0], _INTEGERS)
    biased = builder.add(whole, ir.Constant(_INTEGERS, [1023] * WIDTH))
    return builder.bitcast(builder.shl(biased, ir.Constant(_INTEGERS, [52] * WIDTH)), _VECTOR)


@_declare(operator.neg, _LANES, LanesType)
def _neg(_context, builder, _signature, values):
    return builder.fneg(values[0])


@_declare(operator.add, _LANES, LanesType, LanesType)
def _add(_context, builder, _signature, values):
    return builder.fadd(*values, flags=_FUSE)


@_declare(operator.sub, _LANES, LanesType, LanesType)
def _sub(_context, builder, _signature, values):
    return builder.fsub(*values, flags=_FUSE)


@_declare(operator.mul, _LANES, LanesType, LanesType)
def _mul(_context, builder, _signature, values):
    return builder.fmul(*values, flags=_FUSE)


@_declare(operator.truediv, _LANES, LanesType, LanesType)
def _div(_context, builder, _signature, values):
    return builder.fdiv(*values, flags=_FUSE)


_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_TO_WHOLE = 6755399441055744.0  # 1.5 * 2**52: adding and subtracting it rounds to a whole number


@inner
def exp(x):
    """``e`` to the power of lanes, to 2 units in the last place for -700 <= x <= 700 (held there).

    The argument is ``k ln 2 + r`` with ``|r| <= ln(2) / 2``; ``e**r`` is its Taylor polynomial of
    degree 13, whose remainder is below 5e-18.
    """
    x = larger(splat(-700.0), -larger(splat(-700.0), -x))
    whole = (x * splat(_LOG2_E) + splat(_TO_WHOLE)) - splat(_TO_WHOLE)
    r = (x - whole * splat(_LN2_HIGH)) - whole * splat(_LN2_LOW)
    factorial = 6227020800.0  # of 13
    series = splat(1.0 / factorial)
    for order in range(13, 0, -1):
        factorial /= order
        series = series * r + splat(1.0 / factorial)
    return series * power_of_two(whole)
