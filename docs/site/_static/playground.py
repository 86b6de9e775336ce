"""What runs in the playground's worker: the reader's code, and what is shown of its last line."""

import ast
import linecache
import traceback

import js

import autograd
import nn
from autograd import Value, draw, walk
from autograd.drawing.diagram import Diagram
from autograd.drawing.render import image
from autograd.player.page import page
from autograd.walking.walking import Walk

FILE = "<playground>"
NEEDS = {"numpy": "NumPy", "llvmlite": "LLVM", "matplotlib": "matplotlib", "sklearn": "scikit-learn"}


def show(thing):
    """A graph as its diagram and its walk, a picture as a picture, all else as text."""
    if isinstance(thing, Value) and thing.operands:
        show(draw(thing))
        show(walk(thing))
    elif isinstance(thing, Diagram):
        js.chainruleShow(image(thing.svg(), "diagram"), None)
    elif isinstance(thing, Walk):
        js.chainruleShow(None, page(thing))
    elif isinstance(thing, nn.LivePage):
        js.chainruleShow(None, thing.text)
    elif thing is not None:
        print(repr(thing))


def run(code):
    """Run it; the error as text, with its line, or nothing."""
    linecache.cache[FILE] = (len(code), None, code.splitlines(True), FILE)
    own = {"autograd": autograd, "nn": nn, "show": show, "__name__": "__main__"}
    names = {name: getattr(autograd, name) for name in autograd.__all__} | own
    try:
        tree = ast.parse(code, FILE)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, FILE, "exec"), names)
        if last is not None:
            show(eval(compile(ast.Expression(last.value), FILE, "eval"), names))
    except BaseException as error:
        return _told(error)


def _told(error):
    if isinstance(error, ImportError) and (error.name or "").split(".")[0] in NEEDS:
        return (
            f"This needs {NEEDS[error.name.split('.')[0]]}, which the playground has not: install chainrule for it.\n"
        )
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    where = f"line {frames[-1].lineno}: {frames[-1].line}\n" if frames else ""
    return where + "".join(traceback.format_exception_only(error))
