"""The expected value after a jump, at every node at once, by recursion from cell to cell."""

from pdesolve._jit import inner, njit


@inner
def lines(values, growth, tails, cells):
    """Write intercept and slope of the line ``a + b exp(z)`` through the values of each cell.

    ``values`` (m,); ``growth`` (m,) is ``exp(z)`` of the nodes; ``tails`` (2, 2) intercept and
    slope before the first node and after the last, which become the first and the last of ``cells``
    (m + 1, 2).
    """
    last = values.size - 1
    cells[0], cells[last + 1] = tails[0], tails[1]
    for j in range(last):
        slope = (values[j + 1] - values[j]) / (growth[j + 1] - growth[j])
        cells[j + 1, 0] = values[j] - slope * growth[j]
        cells[j + 1, 1] = slope


@inner
def gather(side, tail, cells, step, sums):
    """Write at each node the integral of the values beyond it against each exponential.

    Over one cell, all that lies beyond it fades by one factor.  ``side`` (3, m - 1, e): of each
    cell on the way, that factor and the weights of its intercept and slope; ``tail`` (2, e) the
    weights of the line beyond the last node; ``cells`` (m + 1, 2); ``step`` 1 on the way up, with
    ``sums`` (m, e) of what lies below, and -1 on the way down.
    """
    last = sums.shape[0] - 1
    node = 0 if step > 0 else last
    cell = 0 if step > 0 else last + 1
    for k in range(sums.shape[1]):
        sums[node, k] = tail[0, k] * cells[cell, 0] + tail[1, k] * cells[cell, 1]
    for j in range(last):
        cell += step
        flat, slope = cells[cell, 0], cells[cell, 1]
        for k in range(sums.shape[1]):
            own = side[1, j, k] * flat + side[2, j, k] * slope
            sums[node + step, k] = side[0, j, k] * sums[node, k] + own
        node += step


@njit
def integrate(weights, values, tails, work, out):
    """Write the expected value after a jump from each node.

    ``weights``: the fields of `pdesolve.jumping.jump_integral.Weights`; ``values``, ``out`` (m,);
    ``tails`` as in `lines`; ``work``: lines of the cells (m + 1, 2) and two arrays of sums (m, e),
    complex, overwritten.
    """
    growth, up, down, up_tail, down_tail, cell, near, far = weights
    cells, above, below = work
    lines(values, growth, tails, cells)
    gather(up, up_tail, cells, -1, above)
    gather(down, down_tail, cells, 1, below)
    last = values.size - 1
    for i in range(values.size):
        c = cell[i]
        total = near[0, i] * cells[c, 0] + near[1, i] * cells[c, 1]
        after, before = min(c, last), max(c - 1, 0)
        for k in range(above.shape[1]):
            total += (far[0, i, k] * above[after, k]).real + (far[1, i, k] * below[before, k]).real
        out[i] = total
