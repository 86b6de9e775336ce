"""Pickling and copying graphs of any depth, without recursion.

`pickle` descends from a node into its operands and fails a few hundred levels down. So the first node of a
pickle saves the records of all nodes below it in one flat list, and each node in that list is saved as an empty
shell which its record fills on loading.
"""

from collections.abc import Callable, Iterable
from threading import local
from typing import Any, Self
from weakref import ref

from .graph import topological_order

SLOTS = ("data", "grad", "label", "local_grads", "op", "operands")


class Picklable:
    """Flat pickling and copying for nodes with `SLOTS`."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> Any:
        session = _current.session()
        if session is not None and self in session.announced:
            session.announced.remove(self)
            return (_shell, (type(self),))
        session = _session_for(self)
        return (_shell, (type(self),), (session, session.records(self)))

    def __setstate__(self, state: tuple[Any, list[tuple[Any, ...]]]) -> None:
        for node, *fields in state[1]:
            _fill(node, fields)

    def __copy__(self) -> Self:
        return _fill(_shell(type(self)), [getattr(self, name) for name in SLOTS])  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        visited = memo.setdefault(id(SLOTS), set())  # so that a container's nodes are walked once in all
        for node in topological_order(self, visited=visited):
            if id(node) not in memo:
                copied = memo[id(node)] = node.__copy__()
                copied.operands = tuple([memo[id(operand)] for operand in node.operands])
        return memo[id(self)]  # type: ignore[no-any-return]


class Session:
    """The nodes that one pickle knows so far: all of them, and those announced whose shell is not yet saved.

    A session is saved with the pickle (as nothing), so that the pickler's memo keeps it alive exactly as long as
    the pickler. One left over from another pickle is noticed: a pickler never asks twice for a node that it has.
    """

    def __init__(self) -> None:
        self.known: set[Any] = set()
        self.announced: set[Any] = set()

    def __reduce__(self) -> Any:
        return (bool, ())

    def records(self, root: Any) -> list[tuple[Any, ...]]:
        """A record for each node below `root` that the pickle has not yet: the node and its slots."""
        nodes = topological_order(root, visited=self.known)
        self.announced.update(nodes)
        self.announced.discard(root)
        return [(node, *[getattr(node, name) for name in SLOTS]) for node in nodes]


class _Current(local):
    """A weak reference to the session of the pickle that this thread is making."""

    session: Callable[[], Session | None] = staticmethod(lambda: None)


_current = _Current()


def _session_for(node: object) -> Session:
    session = _current.session()
    if session is None or node in session.known:
        session = Session()
        _current.session = ref(session)
    return session


def _shell(kind: type[Any]) -> Any:
    return object.__new__(kind)


def _fill(node: Any, fields: Iterable[Any]) -> Any:
    for name, field in zip(SLOTS, fields, strict=True):
        setattr(node, name, field)
    return node
