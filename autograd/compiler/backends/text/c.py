"""C source: one C99 file that computes a row, and its gradient, with nothing but the C library's mathematics.

Any compiler gives the eager numbers: `HEAD` keeps it from fused multiply-adds, which round once where the engine rounds
twice and so decide a kink otherwise.
"""

from collections.abc import Sequence

from ....notation.source.arithmetic import COMMON, ELEMENTARY, Language, calls
from ...ir.arrays import Floats
from ...loops.nests import Schedule
from .loops import LoopWriter

C = Language(
    constant="const double",
    variable="double",
    counter="long",
    nan="NAN",
    infinity="INFINITY",
    functions=COMMON | calls(f"{ELEMENTARY} exp2 erf erfc fmod pow") | {"abs": "fabs({})", "round": "nearbyint({})"},
)

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
#include <math.h>
"""


def c_function(name: str, comment: str, plan: Schedule) -> str:
    """One C function: inputs X, parameters P and a work space U → the outputs Y."""
    write = LoopWriter(plan, C)
    stores = write.stores(plan.program.outputs.tolist())
    constants = _array("K", plan.constants[: plan.bundled])
    arguments = "const double *X, const double *P, double *Y, double *U"
    upper = f"{name.upper()}_WORK"
    inside = "\n".join(
        "    " + line for line in [*constants, "(void)X; (void)P; (void)U;", *write.steps(plan.once), *stores]
    )
    comment += f"; U holds {upper} numbers"
    return f"/* {comment} */\n#define {upper} {max(1, plan.sizes['U'])}\nvoid {name}({arguments})\n{{\n{inside}\n}}\n"


def c_file(header: str, functions: Sequence[str], parameters: Floats | None, name: str) -> str:
    """The whole file; with `parameters`, their numbers are in it as an array."""
    numbers = [] if parameters is None else _array(f"{name}_parameters", parameters.tolist(), "const double")
    return "\n".join([f"/* {header.replace('*', '')} */", HEAD, *numbers, "", *functions])


def _array(name: str, numbers: Sequence[float], kind: str = "static const double") -> list[str]:
    if not numbers:
        return []
    rows = [", ".join(map(C.literal, numbers[i : i + 8])) for i in range(0, len(numbers), 8)]
    return [f"{kind} {name}[{len(numbers)}] = {{", *(f"    {row}," for row in rows), "};"]
