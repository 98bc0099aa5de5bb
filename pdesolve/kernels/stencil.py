"""Three-point weights of derivatives on nodes of any spacing."""


def first_derivative(x, out):
    """Fill ``out`` (3, m) with the weights of the neighbour below, the node, the neighbour above.

    With steps ``a`` below and ``b`` above the node,

        f' = -b / (a (a + b)) f_below + (b - a) / (a b) f + a / (b (a + b)) f_above - a b f''' / 6.

    ``x`` (m,) ascends.  The two end columns are zero.
    """
    a, b = x[1:-1] - x[:-2], x[2:] - x[1:-1]
    out[:] = 0.0
    out[0, 1:-1] = -b / (a * (a + b))
    out[1, 1:-1] = (b - a) / (a * b)
    out[2, 1:-1] = a / (b * (a + b))


def second_derivative(x, out):
    """Fill ``out`` (3, m) with the weights of the neighbour below, the node, the neighbour above.

    With steps ``a`` below and ``b`` above the node,

        f'' = 2 / (a (a + b)) f_below - 2 / (a b) f + 2 / (b (a + b)) f_above - (b - a) f''' / 3,

    of second order where neighbouring steps differ by the square of the step.  ``x`` (m,) ascends.
    The two end columns are zero.
    """
    a, b = x[1:-1] - x[:-2], x[2:] - x[1:-1]
    out[:] = 0.0
    out[0, 1:-1] = 2.0 / (a * (a + b))
    out[1, 1:-1] = -2.0 / (a * b)
    out[2, 1:-1] = 2.0 / (b * (a + b))
