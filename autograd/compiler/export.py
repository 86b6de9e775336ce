"""Programs as text in other languages: C, JavaScript, and LLVM."""

from dataclasses import replace
from typing import Any

from .backends.text.c import c_file, c_function
from .backends.text.c_names import identifier
from .backends.text.javascript import js_mean, js_module, js_one, js_rows
from .backends.text.javascript_training import js_training
from .ir.arrays import Floats
from .ir.program import Program
from .passes.pipeline import planned
from .request import Request, Task


def llvm_text(program: Program, request: Request, dtype: str) -> str:
    """The module that the LLVM back end compiles."""
    from .backends.llvm.module import ModuleWriter

    return str(ModuleWriter(planned(program, request), dtype))


def c_text(program: Program, request: Request, function: str, name: str, leaves: Floats | None) -> str:
    """One C file: the results of a row and, of a single result, its derivatives."""
    if name and name != identifier(name):
        raise ValueError(f"name={name!r} is no name for a function in C; use for instance {identifier(name)!r}")
    name = name or identifier(function)
    one = replace(request, task="value", batched=False, chosen=())
    functions = [c_function(name, "the results", planned(program, one))]
    if len(program.outputs) == 1:
        gradient = planned(program, _gradient(one))
        functions.append(
            c_function(f"{name}_gradient", f"the value, then its derivatives by the {_sources(request)}", gradient)
        )
    return c_file(f"{function}, compiled by chainrule", functions, leaves, name)


def js_text(program: Program, request: Request, function: str, leaves: Floats, training: Any) -> str:
    """One ES module: the results of a row and of rows, of a single result its derivatives, and a step of `training`."""
    one = replace(request, task="value", batched=False, chosen=())
    many = replace(one, batched=True)
    functions = [js_one("value", "The results of one row.", planned(program, one))]
    if request.inputs:
        functions.append(js_rows("values", "The results of each row, one behind the other.", planned(program, many)))
    if len(program.outputs) == 1:
        by = f"derivatives by the {_sources(request)}"
        functions.append(js_one("gradient", f"A row's value and its {by}.", planned(program, _gradient(one)), True))
        if request.parameters and request.inputs:
            plan = planned(program, replace(many, task="backward"))
            functions.append(js_mean("meanGradient", f"The mean of the rows' values and its {by}.", plan))
        elif request.inputs:
            rows = planned(program, _gradient(many))
            functions.append(js_rows("gradients", f"Each row's value and its {by}.", rows, True))
    if training and len(program.outputs) != 1:
        raise ValueError(f"{function} has {len(program.outputs)} results; an optimizer's step needs one, the loss")
    if training:
        update, states, columns = training
        functions.append(js_training(update, states, columns, request.inputs > 0))
    header = f"{function}, compiled by chainrule"
    return js_module(header, request.inputs, len(program.outputs), leaves.tolist(), functions)


def _gradient(request: Request) -> Request:
    """The value and its derivatives: by the parameters, or where there are none by the inputs."""
    task: Task = "backward" if request.parameters else "value_and_grad"
    return replace(request, task=task, chosen=tuple(range(request.inputs)))


def _sources(request: Request) -> str:
    return "parameters" if request.parameters else "inputs"
