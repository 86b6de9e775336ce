"""The command line: an expression with its numbers, its value, its gradients, and the walk through them.

python -m autograd "tanh(x1*w1 + x2*w2 + b)" x1=2 x2=0 w1=-3 w2=1 b=6.8813735870195432
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from keyword import iskeyword
from math import isinf

from .drawing.diagram import draw
from .graph import topological_order
from .notation.numbers import alike, subscripts
from .notation.parser import ExpressionError, name_of, parse
from .support.printing import printable
from .value import Constant, Value
from .walking.walking import Walk, walk

FILES = ("--svg", "--html")  # the options that are followed by a file
OPTIONS = (*FILES, "--latex", "--help", "-h")


ASSIGNMENT = re.compile(r"\s*[^\W\d]\w*\s*=(?!=)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code, 2 for an error, which is told on standard error."""
    options = _parser().parse_args(_arranged(sys.argv[1:] if arguments is None else arguments))
    try:
        text = _run(options)
    except (ValueError, RuntimeError, ImportError) as error:
        return _fail(str(error))
    return _print(text)


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


def _arranged(given: Iterable[str]) -> list[str]:
    """The options, then `--` and all else: argparse by itself would take the expression "-x*2" for an option."""
    options: list[str] = []
    others: list[str] = []
    rest = iter(given)
    for argument in rest:
        if argument == "--":
            others += rest
        elif argument in FILES:
            options.append("=".join([argument, *[file for file in [next(rest, None)] if file is not None]]))
        else:
            (options if argument.split("=")[0] in OPTIONS else others).append(argument)
    return [*options, "--", *others]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograd",
        description="An expression's value, its gradients, and the chain rule step by step.",
        epilog='example: python -m autograd "tanh(x1*w1 + x2*w2 + b)" x1=2 x2=0 w1=-3 w2=1 b=6.88',
        allow_abbrev=False,
    )
    parser.add_argument("expression", help="arithmetic, names, and the functions of the table")
    parser.add_argument("values", nargs="*", metavar="name=number", help="a number for each name")
    parser.add_argument("--svg", metavar="FILE", action="append", default=[], help="also draw the graph")
    parser.add_argument(
        "--html", metavar="FILE", action="append", default=[], help="also write the walk as an interactive page"
    )
    parser.add_argument("--latex", action="store_true", help="print the walk as LaTeX")
    return parser


def _run(options: argparse.Namespace) -> str:
    """Write the files that are asked for, and return what is to be printed."""
    wanted = [("--svg", path) for path in options.svg] + [("--html", path) for path in options.html]
    for option, path in wanted:
        suffix = option.replace("--", ".")
        if not str(path).lower().endswith(suffix):  # argparse makes [] of the file "--"
            raise ValueError(
                f"{option} writes {suffix[1:].upper()}: the name of the file must end in {suffix}, got {path!r}"
            )
    if ASSIGNMENT.match(options.expression):
        raise ExpressionError(f"the expression comes first, then the numbers: got {options.expression.strip()!r} first")
    values = _assignments(options.values)
    value = parse(options.expression.strip(), values)
    unused = values.keys() - {node.label for node in (topological_order(value) if isinstance(value, Value) else ())}
    for name in (name for name in values if name in unused):
        print(f"remark: {name}={values[name].data!r} is not used in the expression", file=sys.stderr)
    if not isinstance(value, Value) or isinstance(value, Constant):
        if wanted or options.latex:
            raise ValueError(
                f"{wanted[0][0] if wanted else '--latex'}: an expression without names has no graph to show"
            )
        return f"value {value.data if isinstance(value, Value) else value!r}"
    value.label = value.label or next(name for name in _labels() if name not in values)
    steps = walk(value)
    for path in options.html:
        _written(steps.save, path)
    if options.svg:
        value.backward()  # the gradients belong to nobody else, so this is the real backward pass
    for path in options.svg:
        _written(draw(value).save, path)
    return _latex(steps) if options.latex else _report(steps, values)


def _labels() -> Iterable[str]:
    """What the result may be called."""
    return chain(("f", "L", "out", "result"), (f"f{i}" for i in count(1)))


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
    given, sign, number = text.strip().partition("=")
    name = name_of(given.strip())
    if not sign or not name.isidentifier():
        raise ExpressionError(f"{text.strip()!r} is not of the form name=number, such as x1=2")
    if iskeyword(name):
        raise ExpressionError(f"{name} cannot be a name: it is a word of Python's own; choose another, such as {name}_")
    try:
        x = float(number)
    except ValueError:
        raise ExpressionError(f"{name}={number}: {number!r} is not a number") from None
    if isinf(x) and "inf" not in number.lower():
        raise ExpressionError(f"{name}={number}: this number is too large for a float")
    return name, Value(x, label=name)


def _latex(steps: Walk) -> str:
    from .walking.text import latex

    return latex(steps)


def _report(steps: Walk, values: dict[str, Value]) -> str:
    """The value, the gradients by the names that the steps have for them, and the steps."""
    root, gradients, same = steps.recording.order[-1], steps.gradients, alike(values)
    names = {
        leaf: steps.name(leaf) if leaf in gradients else name if name in same else subscripts(name)
        for name, leaf in values.items()
    }
    width = max(map(len, names.values()), default=0)
    lines = [f"∂{steps.name(root)}/∂{name:<{width}} = {gradients.get(leaf, 0.0)!r}" for leaf, name in names.items()]
    return "\n".join([f"{steps.name(root)} = {root.data!r}\n", *lines, f"\n{steps}"])


def _print(text: str) -> int:
    """Print; whoever reads may stop before the end, as `head` does."""
    try:
        print(printable(text), flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python still holds at its exit
        return 0 if isinstance(error, BrokenPipeError) else _fail(f"cannot write to standard output: {error.strerror}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
