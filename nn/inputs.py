"""Numbers from outside, checked before anything changes: a row for a model, a table X, the targets y."""

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property
from math import isnan
from numbers import Real
from operator import index
from reprlib import repr as shortened
from typing import Any, Protocol, TypeAlias

from autograd import Constant, Value


class Array(Protocol):
    """What NumPy's arrays and PyTorch's tensors have in common."""

    def tolist(self) -> Any:
        """The numbers in nested lists."""
        ...


class Named(Protocol):
    """What messages need of a layer."""

    def header(self) -> str:
        """What the data frame's columns are called: how frames are known."""
        ...


Numbers: TypeAlias = Value | float | Sequence[Any] | Array
"""A number, a list of numbers, a list of lists, …: Values or plain numbers, or an array."""

NODES: set[type] = {Value, Constant}
REAL = (float, int, Real)  # the usual kinds first: to ask the abstract class takes several times as long

REMEDIES: dict[type, str] = {
    str: "turn text into numbers first",
    type(None): "fill in or drop what is missing (fillna, dropna)",
    complex: "give the real and the imaginary part as two numbers",
    Value: "give the number alone, v.item()",
    list: "a list stands where one number belongs; for many rows use nn.predict(model, X)",
}


def listed(x: object, where: str = "") -> Any:
    """`x`, with a data frame, an array or a tensor turned into (nested) lists of plain numbers.

    Raises ValueError for a gap in a data frame, TypeError for a sparse matrix.
    """
    if hasattr(x, "toarray") and hasattr(x, "nnz"):
        raise TypeError(
            f"{_said(where)}a sparse matrix ({type(x).__name__}) holds no rows of numbers: give X.toarray()"
        )
    if hasattr(x, "to_numpy"):
        return _without_gaps(x, x.to_numpy().tolist(), where)
    return x.tolist() if hasattr(x, "tolist") else x


def _without_gaps(frame: Any, cells: Any, where: str) -> Any:
    """The cells of a data frame, or of one column of it; a float that is nan stands for a missing one there."""
    columns = list(getattr(frame, "columns", ()))
    for i, row in enumerate(cells if isinstance(cells, list) else ()):
        for j, cell in enumerate(row if isinstance(row, list) else [row]):
            if isinstance(cell, float) and isnan(cell):
                column = f", column {columns[j]!r}" if j < len(columns) else ""
                raise ValueError(
                    f"{_said(where)}row {i}{column} is NaN: fill in or drop what is missing (fillna, dropna)"
                )
    return cells


def _said(where: str) -> str:
    return f"{where}: " if where else ""


def items(x: object, where: str) -> Sequence[Any]:
    """The elements of a list, a tuple, an array or whatever else has them in order."""
    x = listed(x, where)
    if isinstance(x, (list, tuple)):
        return x
    if isinstance(x, (str, bytes, Mapping, Set)) or not isinstance(x, Iterable):
        remedy = f": write [{x!r}] for a single one" if isinstance(x, Real) else ""
        raise TypeError(f"{where}: expected a list of numbers, got {described(x)}{remedy}")
    return list(x)


def number(x: object, where: str) -> float:
    """`x` as a float; raises TypeError that says where it stands and how to mend it, ValueError for 10**400."""
    plain = x if isinstance(x, REAL) else listed(x, where)
    if isinstance(plain, REAL):
        try:
            return float(plain)
        except OverflowError:
            raise ValueError(f"{where}: {described(plain)} is beyond the largest float, 1.8e308") from None
    given = type(None) if type(plain).__name__ in ("NAType", "NaTType") else type(plain)  # pandas' gaps
    remedy = next((f": {text}" for kind, text in REMEDIES.items() if issubclass(given, kind)), "")
    raise TypeError(f"{where}: expected a real number, got {described(plain)}{remedy}")


def numbers(x: object, where: str) -> list[float]:
    """A row of plain numbers."""
    cells = items(x, where)
    if not {*map(type, cells)} - {float}:
        return list(cells)
    return [number(cell, f"{where}, column {j}") for j, cell in enumerate(cells)]


def table(X: object, name: str = "X") -> list[list[float]]:
    """Rows of plain numbers, at least one of them and all of one length."""
    rows = _rows_of(X) or [numbers(cells, f"{name}: row {i}") for i, cells in enumerate(items(X, name))]
    if not rows:
        raise ValueError(f"{name} is empty: give at least one row")
    for i, cells in enumerate(rows):
        if len(cells) != len(rows[0]):
            raise ValueError(f"{name}: row {i} has length {len(cells)}, row 0 has {len(rows[0])}: make them alike")
    return rows


def _rows_of(X: object) -> list[list[float]]:
    """The rows of an array of NumPy's, at its speed; nothing for anything else."""
    kind = getattr(getattr(X, "dtype", None), "kind", "")
    if type(X).__module__ != "numpy" or kind not in "fiu" or getattr(X, "ndim", 0) != 2:
        return []
    found: list[list[float]] = X.astype(float).tolist()  # type: ignore[attr-defined]
    return found


def targets(y: object, rows: int, name: str = "y") -> list[Any]:
    """One target for each of so many rows: a number, or a list of numbers."""
    given = [listed(target) for target in items(y, name)]
    if len(given) != rows:
        raise ValueError(f"{name} has {len(given)} targets for {rows} rows of numbers: give one for each row")
    if isinstance(given[0], (list, tuple)):
        return table(given, name)
    return [number(target, f"{name}: row {i}") for i, target in enumerate(given)]


class Rows:
    """A table X and its targets y, checked."""

    y: list[Any]

    def __init__(self, X: object, y: object, name: str = "") -> None:
        self.X = table(X, f"{name}X")
        self.y = targets(y, len(self.X), f"{name}y")

    @cached_property
    def inputs(self) -> list[list[Constant]]:
        """The rows as constants, made once for every use."""
        return [[Constant(x) for x in row] for row in self.X]

    def __len__(self) -> int:
        return len(self.X)

    def array(self) -> Any:
        """X as an array of NumPy's: rows × columns."""
        from numpy import array

        return array(self.X)

    def targets(self) -> Any:
        """y as an array of NumPy's: one number a row, or a row of them."""
        from numpy import array

        return array(self.y)


def nodes(x: Numbers) -> list[Value]:
    """The inputs of one call: plain numbers become constants, once for all neurons; a number alone is one input."""
    if type(x) is list and NODES.issuperset(map(type, x)):
        return x
    given = [x] if isinstance(x, (Value, Real)) else items(x, "inputs")
    return [v if isinstance(v, Value) else Constant(number(v, f"input {i}")) for i, v in enumerate(given)]


def row(x: Numbers, expected: int, taker: Named) -> list[Value]:
    """The inputs of one call, as nodes; raises ValueError when there are not as many as `expected`."""
    inputs = nodes(x)
    if len(inputs) != expected:
        raise ValueError(f"{taker.header()} takes {expected} input{'s' * (expected > 1)}, got {len(inputs)}")
    return inputs


def size(x: object, what: str) -> int:
    """`x` as a whole number of at least 1."""
    whole = index(x) if hasattr(x, "__index__") and not isinstance(x, (bool, Value)) else 0
    if whole < 1:
        raise ValueError(f"{what} must be a whole number of at least 1, got {described(x)}")
    return whole


def shape(x: object) -> tuple[int, ...]:
    """(rows, columns, …) as far as the first element of each tells; () for a number."""
    x = listed(x)
    if not isinstance(x, (list, tuple)):
        return ()
    return (len(x), *shape(x[0])) if x else (0,)


def described(x: object) -> str:
    """`x` as messages show it: shortened, with its type."""
    return "None" if x is None else f"{shortened(x)} ({type(x).__name__})"


def name_of(function: object) -> str:
    """The name of a function, also of one inside functools.partial."""
    return str(getattr(getattr(function, "func", function), "__name__", type(function).__name__))
