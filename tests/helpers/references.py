"""What the operations should compute, from independent sources: mpmath (any number of digits) and PyTorch.

Every function here takes the operands of a row in order, `many` operands one by one.
"""

import importlib.util
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

from mpmath import mp, mpf

from autograd import OPERATIONS, Value
from autograd.functions import evaluate

DIGITS = 60
HAS_TORCH = importlib.util.find_spec("torch") is not None

BUILT_IN = tuple(OPERATIONS)
"""The names of all operations that the library brings."""
EVERY_SAMPLE = [(name, sample) for name in BUILT_IN for sample in OPERATIONS[name].samples]
FLAT_ROWS = {"heaviside", "sign", "less", "less_equal", "greater", "greater_equal", "equal"} | {
    "logical_and", "logical_or", "logical_not", "floor", "ceil", "round", "trunc",
}  # fmt: skip
ACTIVATIONS = tuple("tanh sigmoid relu leaky_relu elu gelu silu softplus log_sigmoid hardtanh mish".split())


def wanted(name: str, count: int) -> list[int]:
    """The positions of the operands that have a derivative."""
    last = ("take", "cross_entropy", "var", "std")
    without = [0] if name == "where" else [count - 1] if name in last else []
    return [i for i in range(count) if i not in without]


def arguments(name: str, operands: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments with which the function `name` is called to get these operands."""
    flat, half = list(operands), len(operands) // 2
    if name == "dot":
        return (flat[:half], flat[half : 2 * half], *flat[2 * half :])
    if name in ("take", "cross_entropy", "var", "std"):
        return (flat[:-1], flat[-1])
    return (flat,) if OPERATIONS[name].many else tuple(flat)


def on_values(name: str, sample: Sequence[float]) -> tuple[Value, list[Value]]:
    """The node of an operation on fresh leaves, and the leaves; what has no derivative stays a plain number."""
    chosen = wanted(name, len(sample))
    operands = [Value(x) if i in chosen else x for i, x in enumerate(sample)]
    return evaluate(OPERATIONS[name], operands), [operands[i] for i in chosen]


def bits(x: float) -> str:
    """A float to the bit, all nan alike."""
    return "nan" if math.isnan(x) else struct.pack(">d", x).hex()


def distance_to_a_step(name: str, xs: Sequence[float]) -> float:
    """How far rounding and bounding operations are from numbers at which they jump or bend; inf for all others."""
    x, *others = xs
    if name in ("floor", "ceil", "trunc", "hardtanh"):
        return abs(x - math.floor(x + 0.5))
    if name == "round":
        return abs(x - math.floor(x) - 0.5)
    if name in ("fmod", "remainder"):
        quotient = x / others[0] if others[0] else 0.0
        return abs(quotient - math.floor(quotient + 0.5))
    return min(abs(a - b) for a, b in ((x, others[0]), (x, others[1]), others)) if name == "clip" else math.inf


def reference(name: str, *operands: Any) -> Any:
    """The operation in mpmath, with DIGITS digits."""
    with mp.workdps(DIGITS):
        return MPMATH[name](*map(mpf, operands))


def derivative(name: str, sample: Sequence[float], *positions: int) -> float:
    """The derivative of the mpmath function by the operands at `positions` (repeated for higher orders)."""
    orders = tuple(positions.count(i) for i in range(len(sample)))
    with mp.workdps(DIGITS):
        return float(mp.diff(MPMATH[name], tuple(map(mpf, sample)), orders))


def _truth(condition: Any) -> Any:
    return mpf(1 if condition else 0)


def _leaky_relu(x: Any, slope: Any) -> Any:
    return x if x > 0 else slope * x


def _elu(x: Any, alpha: Any) -> Any:
    return x if x > 0 else alpha * mp.expm1(x)


def _dot(*xs: Any) -> Any:
    half = len(xs) // 2
    return mp.fdot(xs[:half], xs[half : 2 * half]) + mp.fsum(xs[2 * half :])


def _logsumexp(*xs: Any) -> Any:
    return mp.log(mp.fsum(mp.exp(x) for x in xs))


def _variance(*xs: Any) -> Any:
    *values, correction = xs
    mean = mp.fsum(values) / len(values)
    return mp.fsum((x - mean) ** 2 for x in values) / (len(values) - correction)


MPMATH: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "truediv": lambda x, y: x / y,
    "pow": lambda x, y: x**y, "neg": lambda x: -x, "abs": abs, "identity": lambda x: x,
    "exp": mp.exp, "expm1": mp.expm1, "log": mp.log, "log1p": mp.log1p, "sqrt": mp.sqrt,
    "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "asin": mp.asin, "acos": mp.acos, "atan": mp.atan,
    "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "erf": mp.erf, "erfc": mp.erfc,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)), "relu": lambda x: max(x, mpf(0)),
    "leaky_relu": _leaky_relu, "elu": _elu, "gelu": lambda x: x * mp.ncdf(x),
    "silu": lambda x: x / (1 + mp.exp(-x)), "softplus": lambda x: mp.log1p(mp.exp(x)),
    "logistic_density": lambda x: mp.sech(x / 2) ** 2 / 4, "exp_difference": lambda x, y: mp.exp(x - y),
    "heaviside": lambda x: _truth(x > 0), "sign": mp.sign, "maximum": max, "minimum": min,
    "less": lambda x, y: _truth(x < y), "less_equal": lambda x, y: _truth(x <= y),
    "greater": lambda x, y: _truth(x > y), "greater_equal": lambda x, y: _truth(x >= y),
    "equal": lambda x, y: _truth(x == y), "logical_not": lambda x: _truth(not x),
    "logical_and": lambda x, y: _truth(x and y), "logical_or": lambda x, y: _truth(x or y),
    "where": lambda condition, x, y: x if condition else y,
    "sum": lambda *xs: mp.fsum(xs), "mean": lambda *xs: mp.fsum(xs) / len(xs), "prod": lambda *xs: mp.fprod(xs),
    "dot": _dot, "max": lambda *xs: max(xs), "min": lambda *xs: min(xs), "logsumexp": _logsumexp,
    "norm": lambda *xs: mp.sqrt(mp.fsum(x * x for x in xs)), "take": lambda *xs: xs[int(xs[-1])],
    "cross_entropy": lambda *xs: _logsumexp(*xs[:-1]) - xs[int(xs[-1])],
    "floor": mp.floor, "ceil": mp.ceil, "round": mp.nint, "trunc": lambda x: mp.sign(x) * mp.floor(abs(x)),
    "fmod": lambda x, y: x - mp.sign(x / y) * mp.floor(abs(x / y)) * y,
    "remainder": lambda x, y: x - mp.floor(x / y) * y,
    "clip": lambda x, low, high: min(max(x, low), high), "square": lambda x: x * x, "reciprocal": lambda x: 1 / x,
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)), "exp2": lambda x: mpf(2) ** x, "log2": lambda x: mp.log(x) / mp.ln2,
    "log10": lambda x: mp.log(x) / mp.ln10, "logaddexp": _logsumexp, "hypot": lambda x, y: mp.sqrt(x * x + y * y),
    "atan2": mp.atan2, "asinh": mp.asinh, "acosh": mp.acosh, "atanh": mp.atanh, "sinc": mp.sincpi,
    "log_sigmoid": lambda x: -mp.log1p(mp.exp(-x)), "hardtanh": lambda x: min(max(x, mpf(-1)), mpf(1)),
    "mish": lambda x: x * mp.tanh(mp.log1p(mp.exp(x))), "var": _variance, "std": lambda *xs: mp.sqrt(_variance(*xs)),
}  # fmt: skip


def torch_functions() -> dict[str, Callable[..., Any]]:
    """PyTorch's function for each operation that it has, on float64 tensors without dimensions."""
    import torch
    from torch.nn import functional as F

    named = "add sub mul truediv pow neg abs exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh " \
        "sigmoid relu erf erfc sign maximum minimum floor ceil round trunc fmod remainder clip square reciprocal " \
        "exp2 log2 log10 logaddexp hypot atan2 asinh acosh atanh sinc".split()  # fmt: skip
    table = {name: getattr(torch, {"truediv": "div"}.get(name, name)) for name in named}
    stacked = {"sum": torch.sum, "mean": torch.mean, "prod": torch.prod, "max": torch.amax, "min": torch.amin,
               "norm": torch.linalg.vector_norm, "logsumexp": lambda xs: torch.logsumexp(xs, 0)}  # fmt: skip
    table |= {name: lambda *xs, f=function: f(torch.stack(xs)) for name, function in stacked.items()}
    return table | {
        "logistic_density": lambda x: torch.sigmoid(x) * torch.sigmoid(-x),
        "exp_difference": lambda x, y: torch.exp(x - y),
        "identity": torch.clone, "gelu": F.gelu, "silu": F.silu, "softplus": F.softplus,
        "leaky_relu": lambda x, slope: torch.where(x > 0, x, slope * x),
        "elu": lambda x, alpha: torch.where(x > 0, x, alpha * torch.expm1(x)),
        "where": lambda condition, x, y: torch.where(condition != 0, x, y),
        "log_sigmoid": F.logsigmoid, "hardtanh": F.hardtanh, "mish": F.mish,
        "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
        "var": lambda *xs: torch.var(torch.stack(xs[:-1]), correction=int(xs[-1])),
        "std": lambda *xs: torch.std(torch.stack(xs[:-1]), correction=int(xs[-1])),
        "dot": lambda *xs: _dot_of_tensors(*xs), "take": lambda *xs: xs[int(xs[-1])],
        "cross_entropy": lambda *xs: F.cross_entropy(torch.stack(xs[:-1]), xs[-1].long().detach()),
    }  # fmt: skip


def _dot_of_tensors(*xs: Any) -> Any:
    half = len(xs) // 2
    return sum(w * x for w, x in zip(xs[:half], xs[half : 2 * half], strict=True)) + sum(xs[2 * half :])
