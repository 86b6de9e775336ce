"""DOT text read back: the part of the language that the package graphviz writes, which is one statement a line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Look: TypeAlias = dict[str, str]

_TOKEN = re.compile(
    r'\s+|//[^\n]*|(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign>->|[{}\[\]=;,])|(?P<word>[\w.+-]+?(?=->)|[\w.+-]+)|<', re.S
)


class DotError(ValueError):
    """DOT text that is not understood."""


@dataclass(eq=False)
class Frame:
    """A cluster, or the whole graph: what stands in it, and how it looks."""

    name: str = ""
    outer: "Frame | None" = None
    look: Look = field(default_factory=dict)
    parts: list["Node | Frame"] = field(default_factory=list)


@dataclass(eq=False)
class Node:
    """A box: its name, the frame around it, and its attributes."""

    name: str
    outer: Frame
    look: Look


@dataclass(eq=False)
class Edge:
    """An arrow from one box to another, with its attributes."""

    tail: Node
    head: Node
    look: Look

    @property
    def is_visible(self) -> bool:
        """Whether it is drawn at all."""
        return self.look.get("style") != "invis"


@dataclass(eq=False)
class Graph:
    """All of a digraph. An attribute that stands nowhere has Graphviz's default, which is asked for where it counts."""

    frame: Frame = field(default_factory=Frame)
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    defaults: dict[str, Look] = field(default_factory=lambda: {"graph": {}, "node": {}, "edge": {}})


def read(source: str) -> Graph:
    """The graph that DOT text describes; raises DotError for what `graphviz.Digraph` does not write.

    >>> graph = read('digraph { a [label="x|y"] a -> b [style=dashed] }')
    >>> list(graph.nodes), graph.nodes["a"].look, graph.edges[0].look
    (['a', 'b'], {'label': 'x|y'}, {'style': 'dashed'})
    """
    reader = _Reader(source)
    while reader.next() != "{":  # `digraph`, perhaps `strict`, perhaps a name
        pass
    reader.statements(reader.graph.frame)
    return reader.graph


class _Reader:
    def __init__(self, source: str) -> None:
        self.tokens = _tokens(source)
        self.graph = Graph()
        self.waiting: list[str] = []

    def next(self) -> str:
        if self.waiting:
            return self.waiting.pop()
        try:
            return next(self.tokens)
        except StopIteration:
            raise DotError("the DOT text ends too early") from None

    def statements(self, frame: Frame) -> None:
        """What stands between { and }."""
        while (token := self.next()) != "}":
            if token == "subgraph":
                self.subgraph(frame)
            elif token in self.graph.defaults:
                look = self.attributes()
                (frame.look if token == "graph" else self.graph.defaults[token]).update(look)
            elif token != ";":
                self.node_or_edge(token, frame)

    def subgraph(self, outer: Frame) -> None:
        name = self.next()
        frame = Frame(_plain(name), outer)
        outer.parts.append(frame)
        if self.next() != "{":
            raise DotError(f"a subgraph without {{ after {name}")
        self.statements(frame)

    def node_or_edge(self, token: str, frame: Frame) -> None:
        """`a`, `a -> b`, `key=value`: names may carry a port, which is left out."""
        sign = self.next()
        if sign == "=":
            frame.look[token] = _plain(self.next())
            return
        self.waiting.append(sign)
        tail = self.node(_plain(token), frame)
        if sign != "->":
            tail.look.update(self.attributes())
            return
        self.next()
        head = self.node(_plain(self.next()), frame)
        self.graph.edges.append(Edge(tail, head, self.graph.defaults["edge"] | self.attributes()))

    def node(self, name: str, frame: Frame) -> Node:
        if name not in self.graph.nodes:
            self.graph.nodes[name] = Node(name, frame, dict(self.graph.defaults["node"]))
            frame.parts.append(self.graph.nodes[name])
        return self.graph.nodes[name]

    def attributes(self) -> Look:
        """`[key=value …]`, or nothing."""
        found: Look = {}
        token = self.next()
        if token != "[":
            self.waiting.append(token)
            return found
        while (key := self.next()) != "]":
            if key in (",", ";"):
                continue
            if self.next() != "=":
                raise DotError(f"the attribute {key} has no value")
            found[_plain(key)] = _plain(self.next())
        return found


def _plain(token: str) -> str:
    """A quoted text without its quotes; within, only \\" stands for something else."""
    return token[1:-1].replace('\\"', '"') if token.startswith('"') else token


def _tokens(source: str) -> Iterator[str]:
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise DotError(f"not understood: {source[at : at + 20]!r}")
        at = found.end()
        if found[0] == "<":
            start, at = found.start(), _end_of_html(source, at)
            yield source[start:at]
        elif found.lastgroup:
            yield found[0]


def _end_of_html(source: str, at: int) -> int:
    """Behind the > that closes an HTML label whose < has been read."""
    depth = 1
    while depth:
        found = re.compile("[<>]").search(source, at)
        if found is None:
            raise DotError("an HTML label is never closed")
        depth += 1 if found[0] == "<" else -1
        at = found.end()
    return at
