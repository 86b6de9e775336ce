"""C source: one C99 file that computes a row, and its gradient, with nothing but the C library's mathematics.

Any compiler gives the eager numbers: `HEAD` keeps it from fused multiply-adds, which round once where the engine rounds
twice and so decide a kink otherwise.
"""

import re
from collections.abc import Sequence

from ....notation.source.arithmetic import COMMON, ELEMENTARY, Language, calls
from ...ir.arrays import Floats
from ...loops.nests import Schedule
from .loops import LoopWriter

FUNCTIONS = COMMON | calls(f"{ELEMENTARY} exp2 erf erfc fmod pow") | {"abs": "fabs({})", "round": "nearbyint({})"}
LANGUAGES = {
    "float64": Language("const double", "double", "long", "NAN", "INFINITY", FUNCTIONS),
    "float32": Language(
        "const float",
        "float",
        "long",
        "NAN",
        "INFINITY",
        {name: re.sub(r"\b([01]\.0)\b", r"\1f", text) for name, text in FUNCTIONS.items()},
        suffix="f",
    ),
}
"""C by the numbers' type. In float the functions of <tgmath.h> are those of float."""

HEAD = """\
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "this file counts on IEEE arithmetic: compile it without -ffast-math (-Ofast, -ffinite-math-only)"
#endif
#if defined(__clang__) || defined(__INTEL_COMPILER)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__) /* which ignores the standard's pragma */
#pragma GCC optimize("fp-contract=off")
#elif defined(_MSC_VER)
#pragma fp_contract(off)
#else
#pragma STDC FP_CONTRACT OFF
#endif
"""


def c_function(name: str, comment: str, plan: Schedule, dtype: str) -> str:
    """One C function: inputs X, parameters P and a work space U → the outputs Y."""
    language = LANGUAGES[dtype]
    write = LoopWriter(plan, language)
    stores = write.stores(plan.program.outputs.tolist())
    constants = _array("K", plan.constants[: plan.bundled], language, "static ")
    inside = "\n".join(
        "    " + line for line in [*constants, "(void)X; (void)P; (void)U;", *write.steps(plan.once), *stores]
    )
    comment += f"; U holds {_work(name)} numbers"
    return f"/* {comment} */\n{_size(name, plan)}{_head(name, dtype)};\n{_head(name, dtype)}\n{{\n{inside}\n}}\n"


def c_prototype(name: str, comment: str, plan: Schedule, dtype: str) -> str:
    """What a header says of the function."""
    return f"/* {comment}; U holds {_work(name)} numbers */\n{_size(name, plan)}{_head(name, dtype)};\n"


def _head(name: str, dtype: str) -> str:
    kind = LANGUAGES[dtype].variable
    return f"void {name}(const {kind} *X, const {kind} *P, {kind} *Y, {kind} *U)"


def _size(name: str, plan: Schedule) -> str:
    return f"#define {_work(name)} {max(1, plan.sizes['U'])}\n"


def _work(name: str) -> str:
    return f"{name.upper()}_WORK"


def c_file(header: str, functions: Sequence[str], parameters: Floats | None, name: str, dtype: str) -> str:
    """The whole file; with `parameters`, their numbers are in it as an array."""
    numbers = [] if parameters is None else _parameters(name, parameters.tolist(), dtype)
    library = "#include <tgmath.h>" if dtype == "float32" else "#include <math.h>"
    return "\n".join([f"/* {header.replace('*', '')} */", f"{HEAD}{library}", "", *numbers, "", *functions])


def c_header(header: str, prototypes: Sequence[str], parameters: Floats | None, name: str, dtype: str) -> str:
    """The header for such a file: what it defines, for C and C++."""
    guard, kind = f"{name.upper()}_H", LANGUAGES[dtype].constant
    numbers = [] if parameters is None else [f"extern {kind} {name}_parameters[{len(parameters)}];", ""]
    opened = ["#ifdef __cplusplus", 'extern "C" {', "#endif", ""]
    closed = ["#ifdef __cplusplus", "}", "#endif", "", "#endif", ""]
    start = [f"/* {header.replace('*', '')} */", f"#ifndef {guard}", f"#define {guard}", ""]
    return "\n".join([*start, *opened, *numbers, *prototypes, *closed])


def _parameters(name: str, numbers: Sequence[float], dtype: str) -> list[str]:
    language = LANGUAGES[dtype]
    declared = f"extern {language.constant} {name}_parameters[{len(numbers)}];"
    return [declared, *_array(f"{name}_parameters", numbers, language)] if numbers else []


def _array(name: str, numbers: Sequence[float], language: Language, storage: str = "") -> list[str]:
    if not numbers:
        return []
    rows = [", ".join(map(language.literal, numbers[i : i + 8])) for i in range(0, len(numbers), 8)]
    return [f"{storage}{language.constant} {name}[{len(numbers)}] = {{", *(f"    {row}," for row in rows), "};"]
