"""Pickling and copying graphs of any depth, without recursion.

`pickle` descends from a node into its operands and fails a few hundred levels down. So a node is saved as an empty
shell that belongs to a batch: the flat list of all nodes below it that are new, with their records, which fill the
shells on loading. A pickler saves the batch first, when it saves its first shell.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from threading import local
from types import MemberDescriptorType
from typing import Any, Self
from weakref import ref

from ..graph import topological_order

SLOTS = ("data", "grad", "label", "local_grads", "op", "operands")


class Picklable:
    """Flat pickling and copying for nodes with `SLOTS`."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (_shell, (_session().batch_of(self), type(self)))

    def __copy__(self) -> Self:
        return _fill(_shell(None, type(self)), _fields(self))  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        visited = memo.setdefault(id(SLOTS), set())  # so that a container's nodes are walked once in all
        for node in topological_order(self, visited=visited):
            if id(node) not in memo:
                copied = memo[id(node)] = node.__copy__()
                copied.operands = tuple([memo[id(operand)] for operand in node.operands])
                for name, held in _attributes(node).items():
                    setattr(copied, name, deepcopy(held, memo))
        return memo[id(self)]  # type: ignore[no-any-return]


class Session:
    """Which batch each node is in that this thread's picklers have saved. It lives as long as one of its batches does.

    A node is not pickled by its operands, one inside the other, which a long chain would not survive: the first node
    asked for makes a batch of all nodes that are new below it, flat and in order, and pickles as (batch, place in it);
    nodes asked for later are in that batch, or make a further one of what is still new. A pickler saves each batch
    once, by its memo; one that asks for a batch again is another pickler, which has seen nothing: the session begins
    anew.

    (Batches live in the memos of their picklers, and keep the session; it keeps them weakly, so there is no cycle.)
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start anew: nothing is known yet."""
        self.known: set[Any] = set()
        self.batches: dict[Any, Callable[[], Batch | None]] = {}

    def batch_of(self, node: Any) -> "Batch":
        """The batch that saves `node`: the one it is in, else a new one of all that is new below it."""
        self.asked = node
        batch = self.batches.get(node, _nothing)()
        if batch is None:
            if node in self.known:  # its batch went with its pickler
                self.forget()
            batch = Batch(self)
        return batch


class Batch:
    """Nodes that are saved together. On loading, it fills their shells."""

    nodes: list[Any]
    saved: bool

    def __init__(self, session: Session | None = None) -> None:
        self.saved = False
        if session is not None:
            self.session = session
            self.gather()

    def gather(self) -> None:
        """Find all nodes that what was asked for is computed from."""
        self.nodes = topological_order(self.session.asked, visited=self.session.known)
        self.session.batches.update(dict.fromkeys(self.nodes, ref(self)))

    def __reduce__(self) -> Any:
        """A pickler asks once. If we are asked again, it is another pickler, which has nothing of the session yet."""
        if self.saved:
            self.session.forget()
            self.gather()
        self.saved = True
        return (Batch, (), [(node, *_fields(node)) for node in self.nodes])

    def __setstate__(self, records: list[tuple[Any, ...]]) -> None:
        for node, *fields in records:
            _fill(node, fields)


class _Current(local):
    """A weak reference to this thread's session."""

    session: Callable[[], Session | None] = staticmethod(lambda: None)


_current = _Current()


def _session() -> Session:
    session = _current.session()
    if session is None:
        session = Session()
        _current.session = ref(session)
    return session


def _nothing() -> None:
    return None


def _shell(batch: Batch | None, kind: type[Any]) -> Any:
    return object.__new__(kind)


def _fields(node: Any) -> list[Any]:
    """What the slots hold; behind it, where a subclass has more, its attributes."""
    fields = [getattr(node, name) for name in SLOTS]
    return [*fields, attributes] if (attributes := _attributes(node)) else fields


def _attributes(node: Any) -> dict[str, Any]:
    """What a subclass keeps besides, in a `__dict__` or in slots of its own."""
    if type(node).__module__.startswith("autograd."):
        return {}
    own = [name for kind in type(node).__mro__ for name, x in vars(kind).items() if isinstance(x, MemberDescriptorType)]
    held = {name: getattr(node, name) for name in own if name not in SLOTS and hasattr(node, name)}
    return {**held, **getattr(node, "__dict__", {})}


def _fill(node: Any, fields: Sequence[Any]) -> Any:
    attributes = fields[len(SLOTS)] if len(fields) > len(SLOTS) else {}
    for name, field in (*zip(SLOTS, fields, strict=False), *attributes.items()):
        setattr(node, name, field)
    return node
