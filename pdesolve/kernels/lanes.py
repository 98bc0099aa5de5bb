"""Lanes: numbers side by side, one per contract, that compile to wide vector registers.

A kernel written on lanes reads like one on plain numbers, ``lower * below + upper * above``, and
treats as many contracts at once as there are lanes.  Compiled, a value is an LLVM vector of
doubles, which LLVM spreads over whatever registers the processor has (32 of them over four of 512
bits, eight of 256, sixteen of 128).  Interpreted, it is a numpy row.  Lanes never mix: a contract's
numbers do not depend on its neighbours, nor on how many there are, so results are the same to the
last bit in any batch.

An array of lanes has the dtype ``rows_of(width)``; `load` and `store` take the row.  A kernel is
compiled once for each width that it meets.
"""

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import lower_builtin, models, register_model, type_callable

from pdesolve._jit import inner

# Many lanes keep the units of the processor busy through the long divisions of a march; a few
# contracts are done sooner in one register.
WIDE, NARROW = 32, 8
FIELD = "lanes"

# A product followed by a sum may be fused into one rounding; nothing else is reordered.
_FUSE = ("contract",)


def rows_of(width):
    """The dtype of arrays whose elements are rows of ``width`` lanes."""
    return np.dtype([(FIELD, np.float64, width)])


class LanesType(types.Type):
    """Numba's type of ``width`` doubles side by side."""

    def __init__(self, width):
        self.width = width
        super().__init__(name=f"Lanes{width}")


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, type_):
        super().__init__(manager, type_, ir.VectorType(ir.DoubleType(), type_.width))


def load(rows, i):
    """Lanes of row ``i``."""
    return rows[i][FIELD].copy()


def store(rows, i, lanes):
    """Write ``lanes``, or one number for all of them, into row ``i``."""
    rows[i] = (lanes,)


def spread(number, lanes):
    """The same number in every lane, as many as ``lanes`` has."""
    return np.full_like(lanes, number)


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


def _lanes_of(given):
    """Type of the lanes among the types of arguments, or None: that of rows, if there are any."""
    for type_ in given:
        if isinstance(type_, LanesType):
            return type_
        if isinstance(type_, types.Array) and isinstance(type_.dtype, types.Record):
            return LanesType(type_.dtype.fields[FIELD].type.shape[0])
    return None


def _each(kinds):
    """Every choice of one type from each kind."""
    if not kinds:
        return [()]
    first = kinds[0] if isinstance(kinds[0], tuple) else kinds[:1]
    return [(one, *rest) for one in first for rest in _each(kinds[1:])]


def _declare(function, *kinds, result=_lanes_of):
    """Tell numba that ``function`` of arguments of these kinds gives ``result`` of their types.

    A kind may be a tuple of types.  Decorates the code of the function.
    """

    def given(*found):
        fits = all(map(isinstance, found, kinds)) and _lanes_of(found)
        return result(found) if fits else None

    def lowered(code):
        for one in _each(kinds):
            lower_builtin(function, *one)(code)

    # Numba reads the number of arguments off the signature.
    resolvers = (lambda a: given(a), lambda a, b: given(a, b), lambda a, b, c: given(a, b, c))
    type_callable(function)(lambda _context: resolvers[len(kinds) - 1])
    return lowered


def _lane_by_lane(function, n_arguments):
    """Declare a function of lanes, some of which may be numbers; decorates the code for lanes."""

    def declared(code):
        def lower(context, builder, signature, values):
            lanes = context.get_value_type(signature.return_type)
            same = (v if v.type == lanes else _everywhere(builder, lanes, v) for v in values)
            return code(builder, *same)

        _declare(function, *[(LanesType, types.Float)] * n_arguments)(lower)

    return declared


def _everywhere(builder, lanes, number):
    zero = ir.Constant(ir.IntType(32), 0)
    first = builder.insert_element(ir.Constant(lanes, ir.Undefined), number, zero)
    places = ir.Constant(ir.VectorType(ir.IntType(32), lanes.count), None)
    return builder.shuffle_vector(first, first, places)


def _row_pointer(context, builder, signature, values):
    lanes = context.get_value_type(_lanes_of(signature.args))
    array = context.make_array(signature.args[0])(context, builder, values[0])
    row = context.cast(builder, values[1], signature.args[1], types.intp)
    return lanes, builder.gep(builder.bitcast(array.data, lanes.as_pointer()), [row])


@_declare(load, types.Array, types.Integer)
def _load(context, builder, signature, values):
    _, pointer = _row_pointer(context, builder, signature, values)
    lanes = builder.load(pointer)
    lanes.align = 8
    return lanes


@_declare(store, types.Array, types.Integer, (LanesType, types.Float), result=lambda _: types.void)
def _store(context, builder, signature, values):
    lanes, pointer = _row_pointer(context, builder, signature, values)
    value = values[2] if values[2].type == lanes else _everywhere(builder, lanes, values[2])
    builder.store(value, pointer).align = 8
    return context.get_dummy_value()


@_declare(spread, types.Float, LanesType)
def _spread(context, builder, signature, values):
    return _everywhere(builder, context.get_value_type(signature.return_type), values[0])


def _positive(builder, lanes):
    return builder.fcmp_ordered(">", lanes, ir.Constant(lanes.type, None))


@_lane_by_lane(larger, 2)
def _larger(builder, a, b):
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


@_lane_by_lane(select, 3)
def _select(builder, condition, chosen, other):
    return builder.select(_positive(builder, condition), chosen, other)


@_declare(any_positive, LanesType, result=lambda _: types.boolean)
def _any_positive(_context, builder, _signature, values):
    bits = builder.bitcast(_positive(builder, values[0]), ir.IntType(values[0].type.count))
    return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


@_lane_by_lane(square_root, 1)
def _square_root(builder, lanes):
    name, signature = f"llvm.sqrt.v{lanes.type.count}f64", ir.FunctionType(lanes.type, [lanes.type])
    return builder.call(cgutils.get_or_insert_function(builder.module, signature, name), [lanes])


@_lane_by_lane(power_of_two, 1)
def _power_of_two(builder, whole):
    count = whole.type.count
    integers = ir.VectorType(ir.IntType(64), count)
    biased = builder.add(builder.fptosi(whole, integers), ir.Constant(integers, [1023] * count))
    return builder.bitcast(builder.shl(biased, ir.Constant(integers, [52] * count)), whole.type)


@_lane_by_lane(operator.neg, 1)
def _neg(builder, a):
    return builder.fneg(a)


@_lane_by_lane(operator.add, 2)
def _add(builder, a, b):
    return builder.fadd(a, b, flags=_FUSE)


@_lane_by_lane(operator.sub, 2)
def _sub(builder, a, b):
    return builder.fsub(a, b, flags=_FUSE)


@_lane_by_lane(operator.mul, 2)
def _mul(builder, a, b):
    return builder.fmul(a, b, flags=_FUSE)


@_lane_by_lane(operator.truediv, 2)
def _div(builder, a, b):
    return builder.fdiv(a, b, flags=_FUSE)


_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_TO_WHOLE = 6755399441055744.0  # 1.5 * 2**52: adding and subtracting it rounds to a whole number


@inner
def exp(x):
    """``e`` to the power of lanes, to 2 units in the last place for -700 <= x <= 700 (held there).

    The argument is ``k ln 2 + r`` with ``|r| <= ln(2) / 2``; ``e**r`` is its Taylor polynomial of
    degree 13, whose remainder is below 5e-18.
    """
    x = larger(-700.0, -larger(-700.0, -x))
    whole = (x * _LOG2_E + _TO_WHOLE) - _TO_WHOLE
    r = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
    factorial = 6227020800.0  # of 13
    series = spread(1.0 / factorial, x)
    for order in range(13, 0, -1):
        factorial /= order
        series = series * r + 1.0 / factorial
    return series * power_of_two(whole)
