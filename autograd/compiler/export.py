"""Programs as text in other languages: C, and LLVM."""

import re
from dataclasses import replace

from .arrays import Floats
from .c_source import c_file, c_function
from .pipeline import Request, Task, planned
from .program import Program


def llvm_text(program: Program, request: Request, dtype: str) -> str:
    """The module that the LLVM back end compiles."""
    from .llvm_module import ModuleWriter

    return str(ModuleWriter(planned(program, request), dtype))


def c_text(program: Program, request: Request, function: str, name: str, leaves: Floats | None) -> str:
    """One C file: the results of a row and, of a single result, its derivatives."""
    if name and name != _identifier(name):
        raise ValueError(f"name={name!r} is no name for a function in C; use for instance {_identifier(name)!r}")
    name = name or _identifier(function)
    one = replace(request, task="value", batched=False, chosen=())
    functions = [c_function(name, "the results", planned(program, one))]
    if len(program.outputs) == 1:
        task: Task = "backward" if request.parameters else "value_and_grad"
        gradient = planned(program, replace(one, task=task, chosen=tuple(range(request.inputs))))
        sources = "parameters" if request.parameters else "inputs"
        functions.append(c_function(f"{name}_gradient", f"the value, then its derivatives by the {sources}", gradient))
    return c_file(f"{function}, compiled by chainrule", functions, leaves, name)


TAKEN = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long "
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while "
    "main acos asin atan atan2 cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 expm1 frexp ilogb ldexp log "
    "log10 log1p log2 logb modf scalbn scalbln cbrt fabs hypot pow sqrt erf erfc lgamma tgamma ceil floor nearbyint "
    "rint lrint llrint round lround llround trunc fmod remainder remquo copysign nan nextafter nexttoward fdim fmax "
    "fmin fma".split()
)
"""C99's own words, and its mathematics."""


def _identifier(name: str) -> str:
    """A name that C takes."""
    found = re.sub(r"\W", "_", name)
    found += "_" * (found in TAKEN)
    return found if found.isidentifier() and found.isascii() and found != "_lambda_" else "f"
