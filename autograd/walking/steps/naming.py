"""What the steps call each node: its label, or a name that a textbook would give it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, count

from ...notation.numbers import alike
from ...value import Constant, Value
from ..model_layers import Network
from .formatting import Name
from .step import name_of_constant

LOSS_NAMES = ("L", "loss", "out")


def names_of(order: Sequence[Value], network: Network | None = None) -> dict[Value, Name]:
    """A name for every node of a graph, no two alike.

    A label is kept; where several nodes have the same one, a raised index tells them apart (the layer, with a model).
    Without a label the last node is L, a weighted sum z₁, its activation a₁, other results u₁, other leaves x₁.
    """
    names: dict[Value, Name] = {}
    if network is not None:
        names |= _network_names(order, network)
    taken = {str(name) for name in names.values()} | {str(Name(node.label)) for node in order if node.label}
    root = order[-1]
    if not root.label and root not in names:
        names[root] = Name(next(name for name in chain(LOSS_NAMES, _numbered("L", taken)) if name not in taken))
    _add_fallbacks(order, names, taken)
    same = alike(name.label for name in names.values() if not name.literal)
    shown = {node: replace(name, as_given=name.label in same and not name.literal) for node, name in names.items()}
    return _distinct(order, shown)


def _numbered(base: str, taken: set[str]) -> Iterator[str]:
    """w1, w2, …, without those that are taken."""
    return (f"{base}{i}" for i in count(1) if str(Name(f"{base}{i}")) not in taken)


def _add_fallbacks(order: Sequence[Value], names: dict[Value, Name], taken: set[str]) -> None:
    fresh = {base: _numbered(base, taken) for base in "zux"}
    for node in order:
        if node in names:
            continue
        if node.label:
            names[node] = Name(node.label)
        elif constant := name_of_constant(node):
            names[node] = constant
        else:
            names[node] = _activation(node, names, taken) or Name(next(fresh[_base(node)]))
        taken.add(str(names[node]))


def _base(node: Value) -> str:
    if node.op is None:
        return "x"
    return "z" if node.op.name == "dot" else "u"


def _activation(node: Value, names: dict[Value, Name], taken: set[str]) -> Name | None:
    """a₁ for what an activation makes of z₁, if that name is free."""
    if node.op is None or node.op.name not in ACTIVATIONS or node.operands[0] not in names:
        return None
    z = names[node.operands[0]]
    name = Name("a" + z.label[1:], z.index) if z.label[:1] == "z" and z.label[1:].isdigit() else None
    return name if name and str(name) not in taken else None


ACTIVATIONS = frozenset("relu leaky_relu elu gelu silu mish softplus sigmoid log_sigmoid tanh hardtanh sin".split())


def _distinct(order: Sequence[Value], names: dict[Value, Name]) -> dict[Value, Name]:
    """The names, those that occur again with a raised number."""
    totals = Counter(str(name) for name in names.values() if not name.literal)
    used: Counter[str] = Counter()
    for node in order:
        name = names[node]
        if name.literal or totals[str(name)] == 1:
            continue
        used[str(name)] += 1
        index = f"{name.index},{used[str(name)]}" if name.index else str(used[str(name)])
        names[node] = replace(name, index=index)
    return names


def _network_names(order: Sequence[Value], network: Network) -> dict[Value, Name]:
    """z₁⁽²⁾ and a₁⁽²⁾ for neuron 1 of layer 2, and its parameters likewise; a node's own label goes first."""
    names: dict[Value, Name] = {}
    several = len(network.levels) > 1
    for number, level in enumerate(network.levels, 1):
        index = str(number) if several else ""
        for cell in level.cells:
            for inputs, z, a in cell.rows:
                if number == 1:
                    names |= {x: Name(f"x{j}") for j, x in enumerate(inputs, 1) if not x.label}
                names |= {
                    node: Name(f"{base}{cell.place + 1}", index)
                    for base, node in (("a", a), ("z", z))
                    if not node.label
                }
    return {**names, **_parameter_names(order, network)}


def _parameter_names(order: Sequence[Value], network: Network) -> dict[Value, Name]:
    """Each parameter's label, with its layer where another layer has the same label."""
    owners = {
        parameter: str(number)
        for number, level in enumerate(network.levels, 1)
        for cell in level.cells
        for parameter in cell.unit.parameters
        if parameter.label and not isinstance(parameter, Constant)
    }
    levels: dict[str, set[str]] = {}
    for parameter, number in owners.items():
        levels.setdefault(parameter.label, set()).add(number)
    ambiguous = any(len(numbers) > 1 for numbers in levels.values())
    return {
        p: Name(p.label, number if ambiguous else "") for p, number in owners.items() if not isinstance(p, Constant)
    }
