"""Every example in a docstring runs and prints what it claims."""

import builtins
import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import autograd
import nn

NEEDED = {"nn.exchange.torch_models": "torch", "nn.exchange.onnx_files": "onnx"}
"""What the examples of these modules use, and a contributor need not have."""


def modules() -> list[str]:
    """All modules of both packages but those that start a program."""
    found = [package.__name__ for package in (autograd, nn)]
    for package in (autograd, nn):
        found += [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    return [name for name in found if not name.endswith("__main__")]


def examples_of(module: ModuleType) -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    shadowing = {name for name in autograd.OPERATIONS if hasattr(builtins, name)}  # autograd.round is not what is meant
    known = {name: thing for name, thing in (vars(autograd) | vars(module)).items() if name not in shadowing}
    return [test for test in finder.find(module, globs=known) if test.examples]


@pytest.fixture(autouse=True)
def _no_operation_stays() -> Iterator[None]:
    """The operations that examples define are gone after them."""
    before = dict(autograd.OPERATIONS)
    yield
    for name in autograd.OPERATIONS.keys() - before.keys():
        del autograd.OPERATIONS[name]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_the_module_hold(name: str) -> None:
    if name in NEEDED:
        pytest.importorskip(NEEDED[name], reason=f"{NEEDED[name]} is not installed")
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    for test in examples_of(importlib.import_module(name)):
        runner.run(test)
    assert runner.failures == 0


@pytest.mark.parametrize("name", sorted(autograd.OPERATIONS))
def test_the_example_of_each_function_holds(name: str) -> None:
    function = getattr(autograd, name)
    [test] = doctest.DocTestFinder().find(function, name, module=False, globs={})
    assert test.examples, f"{name} has no example"
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("name", autograd.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    assert getattr(autograd, name).__doc__
