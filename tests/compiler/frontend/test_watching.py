"""What a compiled function reads from outside is watched: whatever its code names, wherever that is kept.

Of autograd.compiler.frontend.holders, autograd.compiler.frontend.names, autograd.compiler.frontend.spaces,
autograd.compiler.frontend.reach, autograd.compiler.frontend.contents and autograd.compiler.frontend.guards.
"""

import argparse
import contextvars
import operator
import os
import sys
import threading
import types
import weakref
from array import array
from collections import OrderedDict, UserDict, UserList, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, make_dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, compile
from autograd.compiler.frontend.reach import Reach

Case = tuple[Callable[[Any], Any], Callable[[], Any]]
context: contextvars.ContextVar[float] = contextvars.ContextVar("context", default=2.0)


@dataclass
class Settings:
    rate: float = 2.0
    more: list[float] = field(default_factory=lambda: [1.0])


class Numbers(list[float]):
    factor = 2.0


class Other(Numbers):
    factor = 3.0


class Meta(type):
    rate = 2.0


class Made(metaclass=Meta):
    pass


class Own(nn.Neuron):
    pass


class Hidden:
    def __init__(self) -> None:
        self.hidden = 2.0

    @property
    def rate(self) -> float:
        return self.hidden

    def __call__(self, x: Any) -> Any:
        return x * self.rate


class Whole(int):
    factor = 2.0


def to(thing: Any, name: str, new: Any = 3.0) -> Callable[[], None]:
    """What sets an attribute."""
    return partial(setattr, thing, name, new)


def item(thing: Any, key: Any, new: Any = 3.0) -> Callable[[], None]:
    return partial(operator.setitem, thing, key, new)


def objects() -> dict[str, Case]:
    """Functions that read an attribute, and a change of it."""
    options, settings, hidden, config = argparse.Namespace(rate=2.0), Settings(), Hidden(), types.ModuleType("config")
    made = make_dataclass("Made", [("rate", float)])(2.0)
    sgd, local = nn.SGD([Value(1.0)], lr=2.0), threading.local()
    local.rate, whole, weight = 2.0, Whole(1), Value(2.0, label="w")
    schedule = nn.StepLR(sgd, 1, gamma=0.5)
    config.rate = 2.0  # type: ignore[attr-defined]
    holder, numbers, link = SimpleNamespace(config=config), Numbers([1.0]), weakref.ref(settings)
    slope = autograd.grad(lambda x: x * x * settings.rate)

    @autograd.no_grad()
    def decorated() -> float:
        return settings.rate

    def linked(x: Any) -> Any:
        return x * link().rate

    def matching(x: Any) -> Any:
        match settings:
            case Settings(rate, _):
                return x * rate

    exec("kept = [2.0]\ndef __getattr__(name):\n    return {'lazy': kept}[name][0]", vars(config))
    read = operator.attrgetter("rate")
    linked.kept = settings  # type: ignore[attr-defined]
    return {
        "argparse.Namespace": (lambda x: x * options.rate, to(options, "rate")),
        "argparse.Namespace, by vars": (lambda x: x * vars(options)["rate"], to(options, "rate")),
        "a sum over attributes": (lambda x: x * sum(vars(options).values()), to(options, "more")),
        "sgd.lr": (lambda x: x * sgd.lr, to(sgd, "lr")),
        "a schedule": (lambda x: x * schedule.gamma * schedule.optimizer.lr, schedule.step),
        "make_dataclass": (lambda x: x * made.rate, to(made, "rate")),
        "asdict": (lambda x: x * sum(asdict(settings)["more"]), item(settings.more, 0)),
        "a module in an attribute": (lambda x: x * holder.config.rate, to(config, "rate")),
        "an attribute of a list": (lambda x: x * numbers.factor * numbers[0], to(numbers, "factor")),
        "an attribute of a whole number": (lambda x: x * whole.factor, to(whole, "factor")),
        "a label": (lambda x: x * weight * len(weight.label), to(weight, "label", "longer")),
        "an attribute of its class": (lambda x: x * numbers.factor * numbers[0], to(numbers, "__class__", Other)),
        "a metaclass": (lambda x: x * Made.rate, to(Meta, "rate")),
        "threading.local": (lambda x: x * local.rate, to(local, "rate")),
        "a weak reference": (linked, to(settings, "rate")),
        "getattr": (lambda x: x * getattr(settings, "ra" + "te"), to(settings, "rate")),
        "attrgetter": (lambda x: x * operator.attrgetter("config.rate")(holder), to(config, "rate")),
        "a stored attrgetter": (lambda x: x * read(options), to(options, "rate")),
        "a format": (lambda x: x * float("{0.rate}".format(options)), to(options, "rate")),  # noqa: UP030, UP032
        "a pattern": (matching, to(settings, "rate")),
        "__getattr__ of a module": (lambda x: x * config.lazy, to(config, "kept", [3.0])),
        "replaced attributes": (lambda x: x * settings.rate, to(settings, "__dict__", {"rate": 3.0})),
        "a property": (hidden, to(hidden, "hidden")),
        "in a decorated function": (lambda x: x * decorated(), to(settings, "rate")),
        "in a differentiated function": (lambda x: slope(x), to(settings, "rate")),
    }


def containers() -> dict[str, Case]:
    """Functions that read a container or an array, and a change of it."""
    own, users, listed, default = (
        Numbers([2.0]),
        UserDict(rate=2.0),
        UserList([2.0]),
        defaultdict(lambda: 1.0, rate=2.0),
    )
    named, zero, waiting, several = {"a": 2.0}, [0.0], deque([2.0]), {2.0}
    view, ordered = named.values(), OrderedDict(a=2.0, b=3.0)
    vector, grid, masked = np.array([2.0, 1.0]), np.ones((2, 3)), np.ma.MaskedArray([2.0, 1.0], [False, False])
    whole, plain = np.arange(12.0).reshape(3, 4), array("d", [2.0])
    column = whole[:, 2]
    return {
        "a subclass of list": (lambda x: x * own[0], item(own, 0)),
        "UserDict": (lambda x: x * users["rate"], item(users, "rate")),
        "UserList": (lambda x: x * sum(listed), lambda: listed.append(1.0)),
        "defaultdict": (lambda x: x * default["rate"], item(default, "rate")),
        "an order": (lambda x: x * next(iter(ordered.values())), lambda: ordered.move_to_end("a")),
        "a dict view": (lambda x: x * sum(view), item(named, "b")),
        "the sign of zero": (lambda x: x / zero[0], item(zero, 0, -0.0)),
        "a deque": (lambda x: x * waiting[0], lambda: waiting.appendleft(3.0)),
        "a set": (lambda x: x * sum(several), lambda: several.add(1.0)),
        "an array": (lambda x: x * float(vector[0]), item(vector, 0)),
        "a column": (lambda x: x * float(column[0]), item(whole, (0, 2))),
        "a shape": (lambda x: x * len(grid), lambda: grid.resize((3, 2), refcheck=False)),
        "a mask": (lambda x: x * float(masked.sum()), item(masked, 0, np.ma.masked)),
        "array.array": (lambda x: x * plain[0], item(plain, 0)),
    }


def moves() -> dict[str, Case]:
    """Functions that read two containers, and a thing that goes from one of them to the other."""
    u, v, w = Value(2.0), Value(3.0), Value(5.0)
    first, second, left, right, one, two = (
        [u, v],
        [w],
        deque([2.0, 3.0]),
        deque([5.0]),
        {"a": 2.0, "b": 3.0},
        {"c": 5.0},
    )
    lists, pair = SimpleNamespace(a=[1.0, 2.0], b=[3.0]), SimpleNamespace(a=doubled, b=None)

    def move_in_dicts() -> None:
        values = [one.pop("b"), two.pop("c")]
        two.update(b=values[0], c=values[1])

    def rename() -> None:
        pair.c = pair.__dict__.pop("a")

    return {
        "Values": (lambda x: x * sum(first) + sum(second) * 7.0, lambda: second.insert(0, first.pop())),
        "numbers": (lambda x: x * sum(lists.a) + sum(lists.b) * 7.0, lambda: lists.b.insert(0, lists.a.pop())),
        "in deques": (lambda x: x * sum(left) + sum(right) * 7.0, lambda: right.appendleft(left.pop())),
        "in dicts": (lambda x: x * sum(one.values()) + sum(two.values()) * 7.0, move_in_dicts),
        "a name": (lambda x: x * 5.0 if hasattr(pair, "c") else pair.a(x), rename),
    }


def doubled(x: Any) -> Any:
    return x * 2.0


def tripled(x: Any) -> Any:
    return x * 3.0


def copy_of(function: Any) -> Any:
    return types.FunctionType(function.__code__, globals())


def codes() -> dict[str, Case]:
    """Functions that run code or read variables, and a change of those."""
    f, helper, kind = copy_of(doubled), copy_of(doubled), type("Kind", (), {"double": staticmethod(copy_of(doubled))})
    method: Any = kind.double  # type: ignore[attr-defined]
    own, neuron, other = Own(1, weight=[2.0]), nn.Neuron(1, weight=[2.0]), nn.Neuron(1, weight=[3.0])
    space: dict[str, Any] = {}
    exec("def f(x): return x * abs(-2.0)", space)
    module: Any = types.ModuleType("imported_inside")
    module.rate = 2.0
    sys.modules["imported_inside"] = module
    os.environ["CHAINRULE_RATE"] = "2.0"
    globals().update(by_globals=2.0, by_eval=2.0)
    context.set(2.0)

    def keyword(x: Any, *, rate: float = 2.0) -> Any:
        return x * rate

    def importing(x: Any) -> Any:
        import imported_inside  # type: ignore[import-not-found]

        return x * imported_inside.rate

    return {
        "__code__": (f, to(f, "__code__", tripled.__code__)),
        "a helper's __code__": (lambda x: helper(x) + 1.0, to(helper, "__code__", tripled.__code__)),
        "a method's __code__": (lambda x: kind.double(x), to(method, "__code__", tripled.__code__)),  # type: ignore[attr-defined]
        "a method": (lambda x: own([x]), to(Own, "forward", lambda self, x: x[0] * 7.0)),
        "a method of one object": (lambda x: neuron([x]), to(neuron, "forward", lambda x: x[0] * 7.0)),
        "attributes of a model": (lambda x: neuron([x]), to(neuron, "__dict__", vars(other))),
        "a keyword's default": (keyword, item(keyword.__kwdefaults__, "rate")),
        "a builtin": (space["f"], item(space, "abs", lambda x: 3.0)),
        "an import": (importing, to(module, "rate")),
        "os.environ": (lambda x: x * float(os.environ["CHAINRULE_RATE"]), item(os.environ, "CHAINRULE_RATE", "3.0")),
        "os.getenv": (lambda x: x * float(os.getenv("CHAINRULE_RATE", "")), item(os.environ, "CHAINRULE_RATE", "3.0")),
        "a ContextVar": (lambda x: x * context.get(), lambda: context.set(3.0)),
        "globals()": (lambda x: x * globals()["by_globals"], item(globals(), "by_globals")),
        "eval": (lambda x: x * eval("by_eval + 1.0"), item(globals(), "by_eval")),
    }


def cases() -> dict[str, Case]:
    return objects() | containers() | codes() | moves()


def clean_up() -> None:
    for kind, name in ((Own, "forward"), (Meta, "rate")):
        if name in vars(kind):
            delattr(kind, name)
    Meta.rate = 2.0
    for name in ("by_globals", "by_eval"):
        globals().pop(name, None)
    os.environ.pop("CHAINRULE_RATE", None)
    sys.modules.pop("imported_inside", None)


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    clean_up()


NAMES = list(cases())
clean_up()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_change_outside_is_noticed(name: str) -> None:
    function, change = cases()[name]
    f = compile(function, backend="numpy")
    before = f(1.0)
    assert before == function(Value(1.0)).data
    assert [f(1.0), f.cache_info().misses] == [before, 1]
    change()
    assert f(1.0) == function(Value(1.0)).data != before


@pytest.mark.parametrize("name", NAMES)
def test_what_did_not_change_is_not_traced_again(name: str) -> None:
    function, _ = cases()[name]
    f = compile(function, backend="numpy")
    f(1.0)
    (traced,) = f._codes.traces.held.values()
    f(2.0)
    assert next(iter(f._codes.traces.held.values())) is traced
    assert traced.environment._is_as_it_was()


def test_tuples_of_numbers_are_not_looked_into() -> None:
    plan = [("add", k, 0.5 * k) for k in range(1000)]
    assert len(Reach(lambda x: x * plan[3][2]).found) < 10
