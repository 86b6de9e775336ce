"""Write autograd/functions.pyi: what the table generates, as type checkers and editors see it.

`python tools/make_stubs.py` rewrites the file; with `--check` it only says whether the file is current.
"""

import inspect
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # the table of this very tree

from autograd import OPERATIONS, Operation, functions  # noqa: E402

STUB = ROOT / "autograd" / "functions.pyi"

HEAD = """# Written by tools/make_stubs.py from the operation table: do not edit, run `make stubs`.
from collections.abc import Callable, Iterable, Sequence
from typing import Any, overload

from .operations.arithmetic import Arithmetic, Number
from .operations.operation import Operation
from .support.pytree import AnyFunction
from .value import Value

__all__ = [
{names}
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
"""

EITHER = "Value | Number"


def signatures(op: Operation) -> list[tuple[str, str]]:
    """(parameters, result) for each overload."""
    return _many(op) if op.many else _fixed(op)


def _fixed(op: Operation) -> list[tuple[str, str]]:
    """A Value where the first Value stands at each place in turn; a float where all are numbers."""
    n = len(op.operands)
    kinds = [["Number"] * i + ["Value"] + [EITHER] * (n - i - 1) for i in range(n)]
    overloads = [(kind, "Value") for kind in kinds] + [(["Number"] * n, "float")]
    return [(_parameters(op, kind), result) for kind, result in overloads]


def _parameters(op: Operation, kinds: list[str]) -> str:
    given = [f"{name}: {kind}" for name, kind in zip(op.operands, kinds, strict=True)]
    for i, name in enumerate(op.operands):
        if name in op.defaults and kinds[i] != "Value":
            given[i] += f" = {op.defaults[name]}"
    return ", ".join(given)


def _many(op: Operation) -> list[tuple[str, str]]:
    assert op.gather is not None
    names = list(inspect.signature(op.gather).parameters.values())
    kinds = (("Value", "Value"), ("Number", "float"), (EITHER, "Value"))  # and a list of both
    return [(_listed(names, kind), result) for kind, result in kinds]


def _listed(parameters: list[inspect.Parameter], kind: str) -> str:
    if parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        return f"*values: Iterable[{kind}] | {kind}"
    lists = {"values", "logits", "w"}
    shown = []
    for p in parameters:
        if p.name in lists:
            shown.append(f"{p.name}: Iterable[{kind}]")
        elif p.name == "x":
            shown.append(f"x: Iterable[{kind if kind == 'Number' else EITHER}]")
        else:
            default = "" if p.default is p.empty else " | None = None" if p.default is None else f" = {p.default}"
            shown.append(f"{p.name}: {kind if kind == 'Number' else EITHER}{default}")
    return ", ".join(shown)


def _natural(name: str) -> list[str | int]:
    """log2 before log10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def stub() -> str:
    names = "\n".join(f'    "{name}",' for name in sorted(functions.__all__, key=_natural))
    parts = [HEAD.replace("{names}", names)]
    for op in sorted(OPERATIONS.values(), key=lambda op: op.name):
        *first, last = signatures(op)
        for parameters, result in first:
            overlaps = "  # type: ignore[overload-overlap]" if op.many and result == "float" else ""
            parts.append(f"@overload\ndef {op.name}({parameters}) -> {result}: ...{overlaps}\n")
        parts.append(f"@overload\ndef {op.name}({last[0]}) -> {last[1]}:\n{_docstring(op)}\n")
    return "".join(parts).rstrip() + "\n"


def _docstring(op: Operation) -> str:
    lines = op.doc.splitlines()
    quoted = [f'    """{lines[0]}', *lines[1:]]
    return "\n".join(quoted) + '"""\n'


def main() -> int:
    if "--check" in sys.argv:
        current = STUB.exists() and STUB.read_text(encoding="utf-8") == stub()
        print("functions.pyi is current" if current else "functions.pyi is stale: run `make stubs`")
        return 0 if current else 1
    STUB.write_text(stub(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
