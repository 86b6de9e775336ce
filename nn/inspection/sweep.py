"""All gradients of one result, as a table beside the graph: no node's `.grad` is touched."""

from autograd import Value
from autograd.graph import topological_order


def sensitivities(result: Value) -> dict[Value, float]:
    """∂result/∂node for every node of its graph, to the bit what `result.backward()` would write into `.grad`.

    >>> x = Value(3.0)
    >>> sensitivities(x * x)[x], x.grad
    (6.0, 0.0)
    """
    order = topological_order(result)
    total = {result: 1.0}
    for node in reversed(order):
        for operand, local in zip(node.operands, node.local_grads, strict=True):
            if local is not None and node in total:
                total[operand] = total.get(operand, 0.0) + local * total[node]
    return {node: total.get(node, 0.0) for node in order}
