"""All gradients of one result, as a table beside the graph: no node's `.grad` is touched."""

from collections import deque

from autograd import Value
from autograd.graph import sweep, topological_order


def sensitivities(result: Value) -> dict[Value, float]:
    """∂result/∂node for every node of its graph, to the bit what `result.backward()` would write into `.grad`.

    >>> x = Value(3.0)
    >>> sensitivities(x * x)[x], x.grad
    (6.0, 0.0)
    """
    order, total = topological_order(result), {result: 1.0}
    deque(sweep(order, total, zero=0.0), maxlen=0)
    return {node: total.get(node, 0.0) for node in order}
