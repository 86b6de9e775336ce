# Written by tools/make_stubs.py from the operation table: do not edit, run `make stubs`.
from collections.abc import Callable, Iterable, Sequence
from typing import Any, overload

from .operations.arithmetic import Arithmetic, Number
from .operations.operation import Operation
from .support.pytree import AnyFunction
from .value import Value

__all__ = [
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "cross_entropy",
    "dot",
    "elu",
    "equal",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "exp_difference",
    "expm1",
    "floor",
    "fmod",
    "gelu",
    "greater",
    "greater_equal",
    "hardtanh",
    "heaviside",
    "hypot",
    "identity",
    "leaky_relu",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logistic_density",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "mish",
    "mul",
    "neg",
    "norm",
    "operation",
    "prod",
    "reciprocal",
    "relu",
    "remainder",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinc",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "square",
    "std",
    "sub",
    "take",
    "tan",
    "tanh",
    "truediv",
    "trunc",
    "var",
    "where",
]

VALUES: Arithmetic

def operation(
    name: str,
    forward: AnyFunction,
    partials: Sequence[AnyFunction | None],
    *,
    symbol: str = "",
    operands: Sequence[str] = (),
    samples: Sequence[Sequence[float]] = (),
    doc: str = "",
    **notation: Any,
) -> Callable[..., Any]: ...
def function_of(op: Operation) -> Callable[..., Any]: ...
def evaluate(op: Operation, operands: Sequence[Any]) -> Any: ...
@overload
def softmax(values: Iterable[Value]) -> list[Value]: ...
@overload
def softmax(values: Iterable[Number]) -> list[float]: ...  # type: ignore[overload-overlap]
@overload
def softmax(values: Iterable[Value | Number]) -> list[Value]: ...
@overload
def log_softmax(values: Iterable[Value]) -> list[Value]: ...
@overload
def log_softmax(values: Iterable[Number]) -> list[float]: ...  # type: ignore[overload-overlap]
@overload
def log_softmax(values: Iterable[Value | Number]) -> list[Value]: ...
@overload
def abs(x: Value) -> Value: ...
@overload
def abs(x: Number) -> float:
    """|x|, with derivative sign(x), which is 0 at 0."""

@overload
def acos(x: Value) -> Value: ...
@overload
def acos(x: Number) -> float:
    """The arc cosine in radians, with derivative −1/√(1 − x²); nan outside [−1, 1]."""

@overload
def acosh(x: Value) -> Value: ...
@overload
def acosh(x: Number) -> float:
    """log(x + √(x² − 1)), the inverse of cosh, with derivative 1/√(x² − 1); nan below 1."""

@overload
def add(x: Value, y: Value | Number) -> Value: ...
@overload
def add(x: Number, y: Value) -> Value: ...
@overload
def add(x: Number, y: Number) -> float:
    """x + y."""

@overload
def asin(x: Value) -> Value: ...
@overload
def asin(x: Number) -> float:
    """The arc sine in radians, with derivative 1/√(1 − x²); nan outside [−1, 1]."""

@overload
def asinh(x: Value) -> Value: ...
@overload
def asinh(x: Number) -> float:
    """log(x + √(x² + 1)), the inverse of sinh, with derivative 1/√(1 + x²)."""

@overload
def atan(x: Value) -> Value: ...
@overload
def atan(x: Number) -> float:
    """The arc tangent in radians, with derivative 1/(1 + x²)."""

@overload
def atan2(y: Value, x: Value | Number) -> Value: ...
@overload
def atan2(y: Number, x: Value) -> Value: ...
@overload
def atan2(y: Number, x: Number) -> float:
    """The angle of the point (x, y) in radians, from −π to π, with C's signs of zeros.

    Its derivatives are x/(x² + y²) by y and −y/(x² + y²) by x, nan at the origin."""

@overload
def atanh(x: Value) -> Value: ...
@overload
def atanh(x: Number) -> float:
    """½·log((1 + x)/(1 − x)), the inverse of tanh, with derivative 1/(1 − x²); ±inf at ±1, nan beyond."""

@overload
def cbrt(x: Value) -> Value: ...
@overload
def cbrt(x: Number) -> float:
    """The cube root, of negative numbers as well, with derivative 1/(3·∛x²)."""

@overload
def ceil(x: Value) -> Value: ...
@overload
def ceil(x: Number) -> float:
    """The smallest integer that is at least x. Its derivative is 0."""

@overload
def clip(x: Value, low: Value | Number, high: Value | Number) -> Value: ...
@overload
def clip(x: Number, low: Value, high: Value | Number) -> Value: ...
@overload
def clip(x: Number, low: Number, high: Value) -> Value: ...
@overload
def clip(x: Number, low: Number, high: Number) -> float:
    """x, but at least low and at most high (high where low is above it).

    The derivative goes to the one that is chosen, at a bound to x, as in PyTorch's clamp."""

@overload
def cos(x: Value) -> Value: ...
@overload
def cos(x: Number) -> float:
    """The cosine of x radians, with derivative −sin x."""

@overload
def cosh(x: Value) -> Value: ...
@overload
def cosh(x: Number) -> float:
    """(eˣ + e⁻ˣ)/2, with derivative sinh x."""

@overload
def cross_entropy(logits: Iterable[Value], target: Value | Number) -> Value: ...
@overload
def cross_entropy(logits: Iterable[Number], target: Number) -> float: ...  # type: ignore[overload-overlap]
@overload
def cross_entropy(logits: Iterable[Value | Number], target: Value | Number) -> Value:
    """logsumexp(logits) − logits[target]; the derivatives are softmax − 1 at the target, softmax elsewhere.

    Raises IndexError for a target that is no class, 0 to n − 1.

    >>> import autograd
    >>> round(autograd.cross_entropy([2.0, 1.0, 0.0], 0), 12)
    0.407605964444
    """

@overload
def dot(w: Iterable[Value], x: Iterable[Value | Number], bias: Value | Number | None = None) -> Value: ...
@overload
def dot(w: Iterable[Number], x: Iterable[Number], bias: Number | None = None) -> float: ...  # type: ignore[overload-overlap]
@overload
def dot(w: Iterable[Value | Number], x: Iterable[Value | Number], bias: Value | Number | None = None) -> Value:
    """bias + w₁x₁ + w₂x₂ + …, in this order; the derivatives are xᵢ, wᵢ and 1.

    Raises ValueError for lists of different lengths.

    >>> import autograd
    >>> autograd.dot([2.0, 3.0], [10.0, 100.0], 1.0)
    321.0
    """

@overload
def elu(x: Value, alpha: Value | Number = 1.0) -> Value: ...
@overload
def elu(x: Number, alpha: Value) -> Value: ...
@overload
def elu(x: Number, alpha: Number = 1.0) -> float:
    """x where x > 0, else alpha·(eˣ − 1); its derivative at 0 is alpha."""

@overload
def equal(x: Value, y: Value | Number) -> Value: ...
@overload
def equal(x: Number, y: Value) -> Value: ...
@overload
def equal(x: Number, y: Number) -> float:
    """1 where the numbers are equal, else 0; its derivative is 0."""

@overload
def erf(x: Value) -> Value: ...
@overload
def erf(x: Number) -> float:
    """The error function, with derivative 2/√π · e^(−x²)."""

@overload
def erfc(x: Value) -> Value: ...
@overload
def erfc(x: Number) -> float:
    """1 − erf(x), exact for large x, with derivative −2/√π · e^(−x²)."""

@overload
def exp(x: Value) -> Value: ...
@overload
def exp(x: Number) -> float:
    """eˣ, which is its own derivative; inf beyond 709.78."""

@overload
def exp2(x: Value) -> Value: ...
@overload
def exp2(x: Number) -> float:
    """2ˣ, with derivative log 2 · 2ˣ; inf from 1024 on."""

@overload
def exp_difference(x: Value, y: Value | Number) -> Value: ...
@overload
def exp_difference(x: Number, y: Value) -> Value: ...
@overload
def exp_difference(x: Number, y: Number) -> float:
    """e^(x − y), to 2 units however large x and y are; with derivatives e^(x − y) and −e^(x − y)."""

@overload
def expm1(x: Value) -> Value: ...
@overload
def expm1(x: Number) -> float:
    """eˣ − 1, exact near 0, with derivative eˣ."""

@overload
def floor(x: Value) -> Value: ...
@overload
def floor(x: Number) -> float:
    """The largest integer that is at most x. Its derivative is 0."""

@overload
def fmod(x: Value, y: Value | Number) -> Value: ...
@overload
def fmod(x: Number, y: Value) -> Value: ...
@overload
def fmod(x: Number, y: Number) -> float:
    """x − trunc(x/y)·y, exact, with the sign of x (C's); derivatives 1 and −trunc(x/y); nan where y is 0."""

@overload
def gelu(x: Value) -> Value: ...
@overload
def gelu(x: Number) -> float:
    """x·Φ(x), Φ the normal distribution function (the exact form), with derivative Φ(x) + x·φ(x); nan at −inf.

    Below −37.5 Φ(x) is among the smallest numbers: the result has its few digits."""

@overload
def greater(x: Value, y: Value | Number) -> Value: ...
@overload
def greater(x: Number, y: Value) -> Value: ...
@overload
def greater(x: Number, y: Number) -> float:
    """1 where x > y, else 0; its derivative is 0."""

@overload
def greater_equal(x: Value, y: Value | Number) -> Value: ...
@overload
def greater_equal(x: Number, y: Value) -> Value: ...
@overload
def greater_equal(x: Number, y: Number) -> float:
    """1 where x ≥ y, else 0; its derivative is 0."""

@overload
def hardtanh(x: Value) -> Value: ...
@overload
def hardtanh(x: Number) -> float:
    """x between −1 and 1, with derivative 1 inside and 0 from there on (also at ±1, as in PyTorch)."""

@overload
def heaviside(x: Value) -> Value: ...
@overload
def heaviside(x: Number) -> float:
    """1 where x > 0, else 0 (also at 0); nan stays nan. Its derivative is 0."""

@overload
def hypot(x: Value, y: Value | Number) -> Value: ...
@overload
def hypot(x: Number, y: Value) -> Value: ...
@overload
def hypot(x: Number, y: Number) -> float:
    """√(x² + y²) without overflow, with derivatives x/hypot and y/hypot, which are 0 at the origin."""

@overload
def identity(x: Value) -> Value: ...
@overload
def identity(x: Number) -> float:
    """x itself, as a node of its own."""

@overload
def leaky_relu(x: Value, slope: Value | Number = 0.01) -> Value: ...
@overload
def leaky_relu(x: Number, slope: Value) -> Value: ...
@overload
def leaky_relu(x: Number, slope: Number = 0.01) -> float:
    """x where x > 0, else slope·x; its derivative at 0 is the slope."""

@overload
def less(x: Value, y: Value | Number) -> Value: ...
@overload
def less(x: Number, y: Value) -> Value: ...
@overload
def less(x: Number, y: Number) -> float:
    """1 where x < y, else 0; its derivative is 0."""

@overload
def less_equal(x: Value, y: Value | Number) -> Value: ...
@overload
def less_equal(x: Number, y: Value) -> Value: ...
@overload
def less_equal(x: Number, y: Number) -> float:
    """1 where x ≤ y, else 0; its derivative is 0."""

@overload
def log(x: Value) -> Value: ...
@overload
def log(x: Number) -> float:
    """The natural logarithm, with derivative 1/x; log(0) is −inf, nan below."""

@overload
def log10(x: Value) -> Value: ...
@overload
def log10(x: Number) -> float:
    """The logarithm to base 10, with derivative 1/(x·log 10); log10(0) is −inf, nan below."""

@overload
def log1p(x: Value) -> Value: ...
@overload
def log1p(x: Number) -> float:
    """log(1 + x), exact near 0, with derivative 1/(1 + x)."""

@overload
def log2(x: Value) -> Value: ...
@overload
def log2(x: Number) -> float:
    """The logarithm to base 2, with derivative 1/(x·log 2); log2(0) is −inf, nan below."""

@overload
def log_sigmoid(x: Value) -> Value: ...
@overload
def log_sigmoid(x: Number) -> float:
    """log σ(x) = −softplus(−x), with derivative σ(−x)."""

@overload
def logaddexp(x: Value, y: Value | Number) -> Value: ...
@overload
def logaddexp(x: Number, y: Value) -> Value: ...
@overload
def logaddexp(x: Number, y: Number) -> float:
    """log(eˣ + eʸ) without overflow, with derivatives σ(x − y) and σ(y − x)."""

@overload
def logical_and(x: Value, y: Value | Number) -> Value: ...
@overload
def logical_and(x: Number, y: Value) -> Value: ...
@overload
def logical_and(x: Number, y: Number) -> float:
    """1 where both are true (not 0; nan is true), else 0; its derivative is 0."""

@overload
def logical_not(x: Value) -> Value: ...
@overload
def logical_not(x: Number) -> float:
    """1 where x is 0, else 0 (nan is true, so 0); its derivative is 0."""

@overload
def logical_or(x: Value, y: Value | Number) -> Value: ...
@overload
def logical_or(x: Number, y: Value) -> Value: ...
@overload
def logical_or(x: Number, y: Number) -> float:
    """1 where one is true (not 0; nan is true), else 0; its derivative is 0."""

@overload
def logistic_density(x: Value) -> Value: ...
@overload
def logistic_density(x: Number) -> float:
    """σ′(x) = e⁻ˣ/(1 + e⁻ˣ)², the density of the logistic distribution, with derivative −σ′(x)·tanh(x/2)."""

@overload
def logsumexp(values: Iterable[Value]) -> Value: ...
@overload
def logsumexp(values: Iterable[Number]) -> float: ...  # type: ignore[overload-overlap]
@overload
def logsumexp(values: Iterable[Value | Number]) -> Value:
    """log(e^x₁ + e^x₂ + …) without overflow; the derivatives are the softmax."""

@overload
def max(*values: Iterable[Value] | Value) -> Value: ...
@overload
def max(*values: Iterable[Number] | Number) -> float: ...  # type: ignore[overload-overlap]
@overload
def max(*values: Iterable[Value | Number] | Value | Number) -> Value:
    """The largest; a tie of k shares the derivative, 1/k each."""

@overload
def maximum(x: Value, y: Value | Number) -> Value: ...
@overload
def maximum(x: Number, y: Value) -> Value: ...
@overload
def maximum(x: Number, y: Number) -> float:
    """The larger of two; a tie shares the derivative evenly, nan wins."""

@overload
def mean(values: Iterable[Value]) -> Value: ...
@overload
def mean(values: Iterable[Number]) -> float: ...  # type: ignore[overload-overlap]
@overload
def mean(values: Iterable[Value | Number]) -> Value:
    """(x₁ + … + xₙ)/n; each derivative is 1/n."""

@overload
def min(*values: Iterable[Value] | Value) -> Value: ...
@overload
def min(*values: Iterable[Number] | Number) -> float: ...  # type: ignore[overload-overlap]
@overload
def min(*values: Iterable[Value | Number] | Value | Number) -> Value:
    """The smallest; a tie of k shares the derivative, 1/k each."""

@overload
def minimum(x: Value, y: Value | Number) -> Value: ...
@overload
def minimum(x: Number, y: Value) -> Value: ...
@overload
def minimum(x: Number, y: Number) -> float:
    """The smaller of two; a tie shares the derivative evenly, nan wins."""

@overload
def mish(x: Value) -> Value: ...
@overload
def mish(x: Number) -> float:
    """x·tanh(softplus(x)), with derivative tanh s + x·(1 − tanh² s)·σ(x), s = softplus(x)."""

@overload
def mul(x: Value, y: Value | Number) -> Value: ...
@overload
def mul(x: Number, y: Value) -> Value: ...
@overload
def mul(x: Number, y: Number) -> float:
    """x · y, with derivatives y and x."""

@overload
def neg(x: Value) -> Value: ...
@overload
def neg(x: Number) -> float:
    """−x."""

@overload
def norm(values: Iterable[Value]) -> Value: ...
@overload
def norm(values: Iterable[Number]) -> float: ...  # type: ignore[overload-overlap]
@overload
def norm(values: Iterable[Value | Number]) -> Value:
    """√(x₁² + x₂² + …) without overflow; the derivatives are xᵢ/norm, 0 where all are 0, the second ones nan there."""

@overload
def pow(x: Value, y: Value | Number) -> Value: ...
@overload
def pow(x: Number, y: Value) -> Value: ...
@overload
def pow(x: Number, y: Number) -> float:
    """xʸ, with derivatives y·xʸ⁻¹ (0 where y is 0) and xʸ·log x; a negative x with a fractional y is nan.

    Where y is a half-integer from −3 to 4, it is computed by roots and products, which are at most 2
    units in the last place off; otherwise by C's pow."""

@overload
def prod(values: Iterable[Value]) -> Value: ...
@overload
def prod(values: Iterable[Number]) -> float: ...  # type: ignore[overload-overlap]
@overload
def prod(values: Iterable[Value | Number]) -> Value:
    """x₁ · x₂ · …, left to right; each derivative is the product of the others, right with zeros as well."""

@overload
def reciprocal(x: Value) -> Value: ...
@overload
def reciprocal(x: Number) -> float:
    """1/x, with derivative −1/x²; ±inf at ±0."""

@overload
def relu(x: Value) -> Value: ...
@overload
def relu(x: Number) -> float:
    """max(x, 0), with derivative 1 where x > 0, else 0 (also at 0); nan stays nan."""

@overload
def remainder(x: Value, y: Value | Number) -> Value: ...
@overload
def remainder(x: Number, y: Value) -> Value: ...
@overload
def remainder(x: Number, y: Number) -> float:
    """x % y = x − floor(x/y)·y, with the sign of y, as in Python; derivatives 1 and −floor(x/y); nan where y is 0."""

@overload
def round(x: Value) -> Value: ...
@overload
def round(x: Number) -> float:
    """The nearest integer, of two equally near the even one. Its derivative is 0."""

@overload
def sigmoid(x: Value) -> Value: ...
@overload
def sigmoid(x: Number) -> float:
    """The logistic function σ(x) = 1/(1 + e⁻ˣ), with derivative σ(x)·(1 − σ(x)), see `logistic_density`."""

@overload
def sign(x: Value) -> Value: ...
@overload
def sign(x: Number) -> float:
    """1, 0 or −1; nan stays nan. Its derivative is 0."""

@overload
def silu(x: Value) -> Value: ...
@overload
def silu(x: Number) -> float:
    """x·σ(x), with derivative σ(x)·(1 + x·σ(−x)); nan at −inf.

    Below −708 σ(x) is among the smallest numbers: the result has its few digits."""

@overload
def sin(x: Value) -> Value: ...
@overload
def sin(x: Number) -> float:
    """The sine of x radians, with derivative cos x."""

@overload
def sinc(x: Value) -> Value: ...
@overload
def sinc(x: Number) -> float:
    """sin(πx)/(πx), 1 at 0 (normalised, as NumPy's and PyTorch's), with derivative (cos πx − sinc x)/x."""

@overload
def sinh(x: Value) -> Value: ...
@overload
def sinh(x: Number) -> float:
    """(eˣ − e⁻ˣ)/2, with derivative cosh x."""

@overload
def softplus(x: Value) -> Value: ...
@overload
def softplus(x: Number) -> float:
    """log(1 + eˣ) without overflow, with derivative σ(x)."""

@overload
def sqrt(x: Value) -> Value: ...
@overload
def sqrt(x: Number) -> float:
    """√x, with derivative 1/(2√x); nan for negative x."""

@overload
def square(x: Value) -> Value: ...
@overload
def square(x: Number) -> float:
    """x·x, with derivative 2x."""

@overload
def std(values: Iterable[Value], correction: Value | Number = 1) -> Value: ...
@overload
def std(values: Iterable[Number], correction: Number = 1) -> float: ...  # type: ignore[overload-overlap]
@overload
def std(values: Iterable[Value | Number], correction: Value | Number = 1) -> Value:
    """√var without overflow; the derivatives are (xᵢ − mean)/((n − correction)·std), 0 where all values are equal.

    As in PyTorch, `correction=1` divides by n − 1 (the unbiased estimate); `correction=0` by n, as NumPy does. The
    correction gets no derivative. Raises ValueError where n − correction is not positive.

    >>> import autograd
    >>> autograd.std([1.0, 2.0, 3.0])
    1.0
    """

@overload
def sub(x: Value, y: Value | Number) -> Value: ...
@overload
def sub(x: Number, y: Value) -> Value: ...
@overload
def sub(x: Number, y: Number) -> float:
    """x − y."""

@overload
def sum(values: Iterable[Value]) -> Value: ...
@overload
def sum(values: Iterable[Number]) -> float: ...  # type: ignore[overload-overlap]
@overload
def sum(values: Iterable[Value | Number]) -> Value:
    """x₁ + x₂ + …, left to right; each derivative is 1."""

@overload
def take(values: Iterable[Value], index: Value | Number) -> Value: ...
@overload
def take(values: Iterable[Number], index: Number) -> float: ...  # type: ignore[overload-overlap]
@overload
def take(values: Iterable[Value | Number], index: Value | Number) -> Value:
    """The value at the position `index`; the index gets no derivative.

    Raises IndexError for a number that is no position.

    >>> import autograd
    >>> autograd.take([2.0, 3.0, 5.0], 1)
    3.0
    """

@overload
def tan(x: Value) -> Value: ...
@overload
def tan(x: Number) -> float:
    """The tangent of x radians, with derivative 1 + tan² x."""

@overload
def tanh(x: Value) -> Value: ...
@overload
def tanh(x: Number) -> float:
    """The hyperbolic tangent, with derivative 1 − tanh² x."""

@overload
def truediv(x: Value, y: Value | Number) -> Value: ...
@overload
def truediv(x: Number, y: Value) -> Value: ...
@overload
def truediv(x: Number, y: Number) -> float:
    """x / y, with derivatives 1/y and −x/y²; x/0 is ±inf, 0/0 is nan."""

@overload
def trunc(x: Value) -> Value: ...
@overload
def trunc(x: Number) -> float:
    """x without its decimals: the nearest integer towards 0. Its derivative is 0."""

@overload
def var(values: Iterable[Value], correction: Value | Number = 1) -> Value: ...
@overload
def var(values: Iterable[Number], correction: Number = 1) -> float: ...  # type: ignore[overload-overlap]
@overload
def var(values: Iterable[Value | Number], correction: Value | Number = 1) -> Value:
    """Σ(xᵢ − mean)²/(n − correction); the derivatives are 2·(xᵢ − mean)/(n − correction).

    As in PyTorch, `correction=1` divides by n − 1 (the unbiased estimate); `correction=0` by n, as NumPy does. The
    correction gets no derivative. Raises ValueError where n − correction is not positive.

    >>> import autograd
    >>> autograd.var([1.0, 2.0, 6.0])
    7.0
    """

@overload
def where(condition: Value, x: Value | Number, y: Value | Number) -> Value: ...
@overload
def where(condition: Number, x: Value, y: Value | Number) -> Value: ...
@overload
def where(condition: Number, x: Number, y: Value) -> Value: ...
@overload
def where(condition: Number, x: Number, y: Number) -> float:
    """x where the condition is true (not 0; nan is true), else y; the condition gets no derivative.

    The side not taken is sent 0, whatever arrives. But both sides are computed, and 0·inf is nan: where it has an
    infinite derivative itself, give it an operand that is harmless there. Not `where(greater(x, 0), log(x), 0)`, whose
    gradient at x = 0 is nan, but

        positive = greater(x, 0)
        where(positive, log(where(positive, x, 1.0)), 0.0)"""
