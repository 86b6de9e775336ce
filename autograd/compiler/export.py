"""Programs as text in other languages: C, and LLVM."""

from dataclasses import replace

from .backends.c_names import identifier
from .backends.c_source import c_file, c_function
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
        task: Task = "backward" if request.parameters else "value_and_grad"
        gradient = planned(program, replace(one, task=task, chosen=tuple(range(request.inputs))))
        sources = "parameters" if request.parameters else "inputs"
        functions.append(c_function(f"{name}_gradient", f"the value, then its derivatives by the {sources}", gradient))
    return c_file(f"{function}, compiled by chainrule", functions, leaves, name)
