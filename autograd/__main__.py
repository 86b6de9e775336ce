"""The command line: an expression with its numbers, its value, its gradients, and the walk through them.

python -m autograd "tanh(x1*w1 + x2*w2 + b)" x1=2 x2=0 w1=-3 w2=1 b=6.8813735870195432
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from .drawing.diagram import draw
from .numerals import subscripts
from .parsing import ExpressionError, parse
from .value import Value
from .walking import Walk, walk

OPTIONS = ("--svg", "--html", "--latex", "--help", "-h", "--")  # argparse takes "-x*2" for one more, " -x*2" not


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, 2 for an error, which is told on standard error."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(
        [a if not a.startswith("-") or a.split("=")[0] in OPTIONS else f" {a}" for a in given]
    )
    try:
        _run(options)
    except (ValueError, RuntimeError, ImportError) as error:
        return _fail(str(error))
    return 0


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograd",
        description="An expression's value, its gradients, and the chain rule step by step.",
        epilog='example: python -m autograd "tanh(x1*w1 + x2*w2 + b)" x1=2 x2=0 w1=-3 w2=1 b=6.88',
    )
    parser.add_argument("expression", help="arithmetic, names, and the functions of the table")
    parser.add_argument("values", nargs="*", metavar="name=number", help="a number for each name")
    parser.add_argument("--svg", metavar="FILE", help="also draw the graph")
    parser.add_argument("--html", metavar="FILE", help="also write the walk as an interactive page")
    parser.add_argument("--latex", action="store_true", help="print the walk as LaTeX")
    return parser


def _run(options: argparse.Namespace) -> None:
    values = _assignments(options.values)
    value = parse(options.expression.strip(), values)
    if not isinstance(value, Value):
        print(f"value {value!r}")
        return
    if not value.label:
        value.label = next(name for name in ("f", "L", "out", "result") if name not in values)
    steps = walk(value)
    _print(steps, values, options.latex)
    if options.html:
        _written(steps.save, options.html)
    if options.svg:
        value.backward()  # the gradients belong to nobody else, so this is the real backward pass
        _written(draw(value).save, options.svg)


def _written(save: Callable[[str], object], path: str) -> None:
    try:
        save(path)
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}") from None


def _assignments(texts: Sequence[str]) -> dict[str, Value]:
    """The leaves by their names; a name that is given twice is an error."""
    values: dict[str, Value] = {}
    for name, leaf in map(_assignment, texts):
        if name in values:
            raise ExpressionError(f"{name} is given twice: {values[name].data!r} and {leaf.data!r}")
        values[name] = leaf
    return values


def _assignment(text: str) -> tuple[str, Value]:
    """x1=2 as ("x1", the leaf)."""
    name, sign, number = text.strip().partition("=")
    if not sign or not name.strip().isidentifier():
        raise ExpressionError(f"{text.strip()!r} is not of the form name=number, such as x1=2")
    try:
        return name.strip(), Value(float(number), label=name.strip())
    except ValueError:
        raise ExpressionError(f"{name}={number}: {number!r} is not a number") from None


def _print(steps: Walk, values: dict[str, Value], latex: bool) -> None:
    if latex:
        from .drawing.texts import latex as written

        print(written(steps))
        return
    root, gradients = steps.recording.order[-1], steps.gradients
    print(f"{root.label} = {root.data!r}\n")
    width = max((len(subscripts(name)) for name in values), default=0)
    for name, leaf in values.items():
        print(f"∂{root.label}/∂{subscripts(name):<{width}} = {gradients.get(leaf, 0.0)!r}")
    print(f"\n{steps}")


if __name__ == "__main__":
    sys.exit(main())
