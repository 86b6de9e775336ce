"""Programs as text in other languages: C, JavaScript, and LLVM."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .backends.text.c import c_file, c_function, c_header, c_prototype
from .backends.text.c_names import identifier
from .backends.text.javascript import js_mean, js_module, js_one, js_rows
from .backends.text.javascript_training import js_training
from .ir.arrays import Floats
from .ir.program import Program
from .passes.pipeline import planned
from .request import Request, Task

C_TASKS = {
    "value_and_grad": "the value, then its derivatives by the inputs",
    "jacobian": "the derivatives of each result by the inputs, result by result",
    "hessian": "the second derivatives by the inputs, row by row",
}


def llvm_text(program: Program, request: Request, dtype: str) -> str:
    """The module that the LLVM back end compiles."""
    from .backends.llvm.module import ModuleWriter

    return str(ModuleWriter(planned(program, request), dtype))


def c_text(
    program: Program,
    request: Request,
    function: str,
    name: str,
    leaves: Floats | None,
    task: Task | None,
    dtype: str,
    is_header: bool,
) -> str:
    """One C file, or its header: the results of a row, of a single result its derivatives, and what `task` asks for."""
    if name and name != identifier(name):
        raise ValueError(f"name={name!r} is no name for a function in C; use for instance {identifier(name)!r}")
    name = name or identifier(function)
    write = c_prototype if is_header else c_function
    plans = _c_plans(program, replace(request, task="value", batched=False, chosen=()), name, task)
    functions = [write(called, comment, planned(program, one), dtype) for called, comment, one in plans]
    file = c_header if is_header else c_file
    return file(f"{function}, compiled by chainrule", functions, leaves, name, dtype)


def _c_plans(program: Program, one: Request, name: str, task: Task | None) -> Iterator[tuple[str, str, Request]]:
    """The functions of a C file: their names, what they give, and what is asked of the compiler."""
    yield name, "the results", one
    if len(program.outputs) == 1:
        comment = f"the value, then its derivatives by the {_sources(one)}"
        yield f"{name}_gradient", comment, _gradient(one)
    if task is None:
        return
    if task not in C_TASKS:
        raise ValueError(f"task={task!r}: in C there are {', '.join(C_TASKS)}")
    if task != "jacobian" and len(program.outputs) != 1:
        raise ValueError(f"{task} is of one result, and {name} has {len(program.outputs)}: use task='jacobian'")
    yield f"{name}_{task}", C_TASKS[task], replace(one, task=task, chosen=tuple(range(one.inputs)))


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
