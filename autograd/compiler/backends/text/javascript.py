"""JavaScript source: one ES module without dependencies that computes rows and their gradients, and takes steps.

Each exported function keeps its work space, and makes a new array for what it returns. `GIVEN` reads what it is given.
"""

from collections.abc import Sequence

from ....notation.source.javascript import JAVASCRIPT, needed
from ...loops.nests import Schedule
from .loops import LoopWriter

GIVEN = """\
function given(numbers, what, count) { // as doubles; text that is no number becomes NaN
    const found = numbers instanceof Float64Array ? numbers : Float64Array.from(numbers);
    if (found.length !== count) throw new RangeError(`${what} are ${count} numbers, got ${found.length}`);
    return found;
}

function givenRows(numbers) {
    const rows = Math.ceil(numbers.length / inputs);
    if (!rows) throw new RangeError("the rows are none: give at least one");
    return [given(numbers, `${rows} rows of inputs`, rows * inputs), rows];
}
"""


TAKEN = """\
function taken(Y, rows) { // each row's value, and behind one another the rows' derivatives
    const width = Y.length / rows, values = new Float64Array(rows), gradients = new Float64Array(Y.length - rows);
    for (let r = 0; r < rows; r++) {
        values[r] = Y[r * width];
        gradients.set(Y.subarray(r * width + 1, (r + 1) * width), r * (width - 1));
    }
    return { values, gradients };
}
"""


PARAMETERS = 'P = given(P, "the parameters", parameters.length);'
GRADIENT = "return { value: Y[0], gradient: Y.slice(1) };"


def js_one(name: str, comment: str, plan: Schedule, is_gradient: bool = False) -> str:
    """A function of one row: its results, or a value and its derivatives."""
    write, outputs = LoopWriter(plan, JAVASCRIPT), plan.program.outputs.tolist()
    body = ['X = given(X, "the inputs", inputs);', PARAMETERS, f"const Y = new Float64Array({len(outputs)});"]
    body += write.steps(plan.once) + write.stores(outputs)
    body.append(GRADIENT if is_gradient else "return Y[0];" if len(outputs) == 1 else "return Y;")
    return js_function(name, comment, plan, "X, P = parameters", body)


def js_rows(name: str, comment: str, plan: Schedule, is_gradient: bool = False) -> str:
    """A function of rows, row by row, that returns each row's results, or each row's value and derivatives."""
    write, outputs = LoopWriter(plan, JAVASCRIPT, "X[o + {}]"), plan.program.outputs.tolist()
    body = _of_rows(f"rows * {len(outputs)}") + _all_steps(write, write.stores(outputs, "y"), len(outputs))
    body.append("return taken(Y, rows);" if is_gradient else "return Y;")
    return js_function(name, comment, plan, "X, P = parameters", body)


def js_mean(name: str, comment: str, plan: Schedule) -> str:
    """A function of rows that returns the mean of their values and its derivatives, which are sums over rows."""
    write, outputs = LoopWriter(plan, JAVASCRIPT, "X[o + {}]"), plan.program.outputs.tolist()
    half = len(outputs) // 2
    body = _of_rows(str(half)) + (["G.fill(0);"] if plan.sizes["G"] else [])
    body += _all_steps(write, [], 0) + write.stores(outputs[:half])
    once = [(k, write.result(node)) for k, node in enumerate(outputs[half:])]
    body += [f"for (let k = 0; k < {half}; k++) Y[k] /= rows;"]
    body += [f"Y[{k}] += {number};" for k, number in once if number != "0.0"]
    return js_function(name, comment, plan, "X, P = parameters", [*body, GRADIENT])


def _of_rows(size: str) -> list[str]:
    """How a function of rows begins, with room for so many results."""
    return ["let rows;", "[X, rows] = givenRows(X);", PARAMETERS, f"const Y = new Float64Array({size});"]


def _all_steps(write: LoopWriter, stores: Sequence[str], width: int) -> list[str]:
    """What is computed once, then the loop over the rows: o is where a row's inputs begin, y where its results do."""
    inside = write.steps(write.plan.rows) + list(stores)
    start, ahead = ("let o = 0, y = 0", f"o += inputs, y += {width}") if width else ("let o = 0", "o += inputs")
    loop = f"for ({start}; o < X.length; {ahead}) {{"
    return write.steps(write.plan.once) + ([loop, *("    " + line for line in inside), "}"] if inside else [])


def js_function(name: str, comment: str, plan: Schedule, arguments: str, body: Sequence[str]) -> str:
    """An exported function, which keeps its constants and its work space."""
    spaces = [f"{s} = new Float64Array({n})" for s, n in plan.sizes.items() if n]
    if plan.bundled:
        spaces.insert(0, f"K = {array(plan.constants[: plan.bundled])}")
    keep = [f"    const {', '.join(spaces)};"] if spaces else []
    inside = [*keep, f"    return ({arguments}) => {{", *("        " + line for line in body), "    };"]
    return "\n".join([f"/** {comment} */", f"export const {name} = (() => {{", *inside, "})();", ""])


def array(numbers: Sequence[float]) -> str:
    """An array of doubles."""
    if not len(numbers):
        return "new Float64Array(0)"
    texts = [JAVASCRIPT.literal(float(x)) for x in numbers]
    rows = ["    " + ", ".join(texts[i : i + 8]) + "," for i in range(0, len(texts), 8)]
    return "\n".join(["Float64Array.of(", *rows, ")"]) if len(rows) > 1 else f"Float64Array.of({', '.join(texts)})"


def js_module(header: str, inputs: int, results: int, parameters: Sequence[float], functions: Sequence[str]) -> str:
    """The whole module; of the helpers those that the functions call."""
    text = "\n".join(functions)
    head = [
        "/* " + header.replace("*", "") + " */",
        f"export const inputs = {inputs}, results = {results};",
        "/** The parameters' numbers, and behind them those of other Values that the function uses. */",
        f"export const parameters = {array(parameters)};",
        "",
        GIVEN,
        *([TAKEN] if "return taken(" in text else []),
    ]
    return "\n".join([*head, *(function + "\n" for function in needed(text)), text])
