"""`to_onnx`: a network as an ONNX file, which every larger framework and runtime can read."""

import os
from typing import Any, Literal

from autograd.support.files import write_whole

from .stages import Normalized, Skip, Stage, stages

OPERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}), "leaky_relu": ("LeakyRelu", {"alpha": 0.01}), "elu": ("Elu", {"alpha": 1.0}),
    "gelu": ("Gelu", {}), "softplus": ("Softplus", {}), "sigmoid": ("Sigmoid", {}), "tanh": ("Tanh", {}),
    "softmax": ("Softmax", {"axis": -1}), "log_softmax": ("LogSoftmax", {"axis": -1}), "sin": ("Sin", {}),
}  # fmt: skip
OPSET = 20  # the first with Gelu


def to_onnx(model: Any, path: str | os.PathLike[str], *, dtype: Literal["float32", "float64"] = "float32") -> None:
    """Write the network to `path` as an ONNX model, whole or not at all: rows "X" in, rows "Y" out, any number of them.

    Numbers are rounded to `dtype`; "float64" is exact, but not every runtime computes every operator in it. Raises
    ImportError where the package `onnx` is missing, TypeError for layers and activations that ONNX does not have.

    >>> import nn, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "model.onnx")
    >>> nn.to_onnx(nn.MLP(2, [4, 1], "tanh"), path)
    >>> os.path.getsize(path) > 100
    True
    """
    if dtype not in ("float32", "float64"):
        raise ValueError(f'dtype is "float32" or "float64", got {dtype!r}')
    try:
        import onnx
    except ImportError as error:
        raise ImportError("nn.to_onnx needs the package onnx: pip install onnx") from error
    graph = _Graph(onnx, dtype)
    out = graph.chain(stages(model), "X")
    made = graph.model(out)
    onnx.checker.check_model(made)
    write_whole(path, made.SerializeToString())


class _Graph:
    """The nodes of one file, and the numbers that they use."""

    def __init__(self, onnx: Any, dtype: str) -> None:
        self.onnx, self.dtype = onnx, dtype
        self.type = getattr(onnx.TensorProto, "FLOAT" if dtype == "float32" else "DOUBLE")
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []
        self.inputs = self.outputs = 0

    def chain(self, parts: tuple[Stage, ...], x: str) -> str:
        """Stages one after the other; the name of what comes out."""
        for part in parts:
            x = self.stage(part, x)
        return x

    def stage(self, part: Stage, x: str) -> str:
        """One of them."""
        if isinstance(part, str):
            return self.activation(part, x)
        if isinstance(part, Skip):
            return self.node("Add", [self.chain(part.stages, x), x])
        if isinstance(part, Normalized):
            return self.normalized(part, x)
        self.inputs, self.outputs = self.inputs or len(part.weight[0]), len(part.weight)
        z = self.node("Gemm", [x, self.array(part.weight), self.array(part.bias)], transB=1)
        return z if part.activation == "linear" else self.activation(part.activation, z)

    def normalized(self, part: Normalized, x: str) -> str:
        """In single operators: LayerNormalization rounds eps to float32, and this opset has no RMSNormalization."""
        self.inputs, self.outputs = self.inputs or part.inputs, part.inputs
        if part.kind == "LayerNorm":
            x = self.node("Sub", [x, self.mean(x)])
        square = self.mean(self.node("Mul", [x, x]))
        x = self.node("Div", [x, self.node("Sqrt", [self.node("Add", [square, self.array([part.eps])])])])
        x = x if part.weight is None else self.node("Mul", [x, self.array(part.weight)])
        return x if part.bias is None else self.node("Add", [x, self.array(part.bias)])

    def mean(self, x: str) -> str:
        """Of each row."""
        return self.node("ReduceMean", [x, self.array([-1], "int64")], keepdims=1)

    def activation(self, name: str, x: str) -> str:
        """ONNX's operator; x · σ(x) for silu, which it does not have."""
        if name == "silu":
            return self.node("Mul", [x, self.node("Sigmoid", [x])])
        if name not in OPERATORS:
            raise TypeError(f"ONNX has no operator for the activation {name!r}; it has silu, {', '.join(OPERATORS)}")
        operator, settings = OPERATORS[name]
        return self.node(operator, [x], **settings)

    def node(self, operator: str, inputs: list[str], **settings: Any) -> str:
        """An operation; the name of its result."""
        name = f"v{len(self.nodes) + 1}"
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [name], **settings))
        return name

    def array(self, numbers: list[Any], dtype: str = "") -> str:
        """Numbers of the model; their name."""
        from numpy import array

        name = f"p{len(self.numbers) + 1}"
        self.numbers.append(self.onnx.numpy_helper.from_array(array(numbers, dtype or self.dtype), name))
        return name

    def model(self, out: str) -> Any:
        """The whole file's content."""
        helper = self.onnx.helper
        self.nodes.append(helper.make_node("Identity", [out], ["Y"]))
        given = helper.make_tensor_value_info("X", self.type, ["rows", self.inputs])
        result = helper.make_tensor_value_info("Y", self.type, ["rows", self.outputs])
        graph = helper.make_graph(self.nodes, "chainrule", [given], [result], initializer=self.numbers)
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=9, producer_name="chainrule")
