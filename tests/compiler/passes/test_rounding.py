"""Random programs, compiled, are what the eager engine and PyTorch compute, as nearly as rounding lets them be.

How far rounding alone may take a result r is read from the graph itself: where every node v is off by a few units, r is
off by as many times Σ |∂r/∂v · v|. A gradient or a Hessian is the result of a graph, too.

Of autograd.compiler.passes.sums_of_products, autograd.compiler.passes.batch_sums and
autograd.compiler.backends.numpy_kernel.
"""

import math
from random import Random
from typing import Any

import numpy as np
import pytest
from amount import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import BACKENDS, Steps, run_steps, scalar_program, torch_results
from references import HAS_TORCH, torch_functions

import autograd
from autograd import OPERATIONS, Constant, Value
from autograd.compiler import compile
from autograd.functions import evaluate
from autograd.graph import topological_order

pytestmark = pytest.mark.slow

ROUNDINGS = 16.0  # units of rounding that an operation may be off: eager's GELU at −5; most have 1
OTHERS = 4.0  # so many times that for PyTorch, whose derivatives are other formulas, with roundings of their own
PRECISION = {"float64": (2.0**-53, 1e-9), "float32": (2.0**-24, 1e-3)}  # a unit; what no step is decided by


def in_torch(steps: Steps) -> Any:
    """The same steps in PyTorch.

    Its derivatives 1 − tanh², σ·(1 − σ) and expm1 + 1 have no right digit left where the functions level off: there
    they are written with exp. Its gelu is x·½(1 + erf), all error at −8, and the slopes of its sinc, acosh and atanh
    cancel near 0, 1 and ±1. Flags have no derivative in either.
    """
    import torch

    def flag(test: Any) -> Any:
        return lambda *xs: test(*xs).double()

    def tanh(x: Any) -> Any:
        return torch.where(abs(x) < 1, torch.tanh(x), torch.sign(x) * (1 - 2 / (torch.exp(2 * abs(x)) + 1)))

    def expm1(x: Any) -> Any:
        return torch.where(x < -1, torch.exp(x) - 1, torch.expm1(x))

    def sinc(x: Any) -> Any:
        near = abs(x) < 0.5
        far, square = torch.where(near, 1.0, x), (torch.pi * torch.where(near, x, 0.0)) ** 2
        series = sum((-square) ** k / float(math.factorial(2 * k + 1)) for k in range(14))
        return torch.where(near, series, torch.sin(torch.pi * far) / (torch.pi * far))

    table = torch_functions() | {
        "less": flag(torch.lt), "less_equal": flag(torch.le), "greater": flag(torch.gt), "equal": flag(torch.eq),
        "greater_equal": flag(torch.ge), "heaviside": flag(lambda x: x > 0), "logical_not": flag(torch.logical_not),
        "logical_and": flag(torch.logical_and), "logical_or": flag(torch.logical_or),
        "tanh": tanh, "expm1": expm1, "sigmoid": lambda x: 1 / (1 + torch.exp(-x)),
        "sinc": sinc, "mish": lambda x: x * tanh(torch.logaddexp(x, torch.zeros_like(x))),
        "acosh": lambda x: 2 * torch.asinh(torch.sqrt((x - 1) / 2)),
        "atanh": lambda x: (torch.log1p(x) - torch.log1p(-x)) / 2,
        "elu": lambda x, alpha: torch.where(x > 0, x, alpha * expm1(x)), "gelu": lambda x: x * torch.special.ndtr(x),
    }  # fmt: skip

    def f(xs: Any) -> Any:
        nodes = list(xs.unbind())
        for name, operands in steps:
            nodes.append(table[name](*(nodes[i] for i in operands)))
        return tanh(torch.stack([tanh(x) for x in nodes[-3:]]).sum())

    return f


def roundings(root: Any) -> float:
    """Σ |∂root/∂node · node|: by how many units of rounding the root is off, to first order, if each node is by one."""
    if not isinstance(root, Value) or isinstance(root, Constant):
        return 0.0
    order = topological_order(root)
    for node in order:
        node.grad = 0.0
    root.backward()
    return sum(abs(node.grad * node.data) for node in order)


def check_roundings(seed: int, length: int, dtype: str = "float64", orders: int = 2) -> None:
    """Values, gradients and (orders = 3) Hessians are eager's and PyTorch's, up to what rounding each step makes."""
    random = Random(seed)
    unit, margin = PRECISION[dtype]
    point = [float(np.dtype(dtype).type(random.uniform(-2, 2))) for _ in range(random.randint(1, 4))]
    steps = scalar_program(random, length, point, margin)

    def f(xs: list[Any]) -> Any:
        return run_steps(steps, xs)

    kinds = [f, autograd.grad(f), autograd.hessian(f)][:orders]
    nodes = [flat(kind([Value(x) for x in point])) for kind in kinds]
    off = [ROUNDINGS * unit * np.array([roundings(x) for x in order]) + 1e-300 for order in nodes]
    references = [[[x.data if isinstance(x, Value) else x for x in order] for order in nodes]]
    references += [torch_results(in_torch(steps), point, orders)] if HAS_TORCH else []
    for backend in BACKENDS:
        g = compile(f, backend=backend, dtype=dtype)  # type: ignore[arg-type]
        kinds = [g, lambda xs, g=g: g.value_and_grad(xs)[1], g.hessian][:orders]  # type: ignore[assignment]
        found = [np.array(flat(kind(point))) for kind in kinds]
        for results, share in zip(references, (1.0, OTHERS), strict=False):
            for order in range(orders):
                assert (np.abs(found[order] - results[order]) <= share * off[order]).all(), (backend, order)


def flat(results: Any) -> list[Any]:
    return [x for part in results for x in flat(part)] if isinstance(results, list) else [results]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("seed", range(8))
def test_values_and_gradients_up_to_rounding(seed: int, dtype: str) -> None:
    check_roundings(seed, 10 + 15 * seed if dtype == "float64" else 5 + 7 * seed, dtype)


@pytest.mark.parametrize("seed", range(8))
def test_hessians_up_to_rounding(seed: int) -> None:
    check_roundings(seed, 5 + 4 * seed, orders=3)


@settings(max_examples=tries(40), deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 200))
def test_many_values_and_gradients_up_to_rounding(seed: int, length: int) -> None:
    check_roundings(seed, length)


@settings(max_examples=tries(12), deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_many_hessians_up_to_rounding(seed: int, length: int) -> None:
    check_roundings(seed, length, orders=3)


@settings(max_examples=tries(20), deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_many_programs_in_single_precision_up_to_rounding(seed: int, length: int) -> None:
    check_roundings(seed, length, "float32")


@pytest.mark.skipif(not HAS_TORCH, reason="compares with PyTorch")
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("name", "point"),
    [("relu", [0.0]), ("relu", [-0.0]), ("abs", [0.0]), ("sign", [0.0]), ("norm", [0.0, 0.0]), ("maximum", [1.0, 1.0]),
     ("minimum", [1.0, 1.0]), ("max", [1.0, 1.0, 0.0]), ("max", [2.0, 2.0, 2.0]), ("min", [1.0, 3.0, 1.0])],
)  # fmt: skip
def test_derivatives_at_kinks_are_pytorchs(name: str, point: list[float], backend: Any) -> None:
    gradient = compile(lambda xs: evaluate(OPERATIONS[name], xs), backend=backend).value_and_grad(point)[1]
    assert gradient == torch_results(lambda xs: torch_functions()[name](*xs.unbind()), point)[1].tolist()
