"""Which layer and neuron a node belongs to, found afterwards: training keeps no such record and pays nothing."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from ..model_view import Model, Path, module_of, units
from ..value import Constant, Value


def groups(order: Sequence[Value], model: Model) -> dict[Value, Path]:
    """The path of every node of a topological `order` that belongs to a module of `model`.

    A parameter belongs to the module that holds it, and what takes parameters of one module to that module. So does
    what is computed from one module's nodes alone, if it is the module's activation or feeds other modules; in that
    case a node of several modules belongs to what holds them all. Raises ValueError for a model that has no part in
    the graph, TypeError for what is no model.
    """
    if not hasattr(model, "named_parameters"):
        raise TypeError(f"model must have named_parameters(), as nn.Module has; got {type(model).__name__}")
    owned = {parameter: module_of(name) for name, parameter in model.named_parameters()}
    parts = units(model)
    owned |= {parameter: unit.path for unit in parts for parameter in unit.parameters}
    found = {node: owned[node] for node in order if node in owned}
    if not found:
        raise ValueError("the model has no parameter in this graph: draw what this very model computed")
    feeding = _feeding(order, found.keys())
    activations = {unit.path: unit.activation for unit in parts}
    for node in order:
        if node.operands and (path := _path(node, owned, found, activations, node in feeding)):
            found[node] = path
    return {node: path for node, path in found.items() if path}


def _path(
    node: Value, owned: dict[Value, Path], found: dict[Value, Path], activations: dict[Path, str], feeds: bool
) -> Path:
    """Where a computed node belongs; () for nowhere. Its operands have been found already."""
    own = {owned[x] for x in node.operands if x in owned}
    if own:
        return _common(own)
    operands = {x for x in node.operands if type(x) is not Constant}
    paths = {found.get(x, ()) for x in operands}
    if len(paths) > 1:
        return _common(paths) if feeds else ()
    (path,) = paths
    assert node.op is not None
    continues_sum = len(operands) > 1 and any(_is_product(x, owned) for x in operands)
    return path if feeds or continues_sum or activations.get(path) == node.op.name else ()


def _is_product(node: Value, owned: dict[Value, Path]) -> bool:
    """Whether it is one wᵢxᵢ, as `expanded()` and hand-written neurons have them."""
    return node.op is not None and node.op.name == "mul" and not owned.keys().isdisjoint(node.operands)


def _feeding(order: Sequence[Value], parameters: Iterable[Value]) -> set[Value]:
    """The nodes that something with parameters of its own is computed from."""
    known, feeding = set(parameters), set[Value]()
    for node in reversed(order):
        if node in feeding or not known.isdisjoint(node.operands):
            feeding.update(node.operands)
    return feeding


def _common(paths: Iterable[Path]) -> Path:
    """The longest beginning that all have in common."""
    columns = zip(*paths, strict=False)  # as long as the shortest
    return tuple(words[0] for words in takewhile(lambda words: len(set(words)) == 1, columns))


def nested(paths: Iterable[Path]) -> Iterator[Path]:
    """Every path with all its beginnings, outer before inner, in order and each once."""
    beginnings = (path[:length] for path in paths for length in range(1, len(path) + 1))
    yield from dict.fromkeys(beginnings)
