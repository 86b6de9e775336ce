"""A training step in JavaScript: the gradient of the mean loss, and the update by an optimizer's own `step()`."""

from collections.abc import Sequence
from typing import Any

from ....notation.source.javascript import JAVASCRIPT
from ...ir.arrays import Floats
from .javascript import array, js_function
from .loops import LoopWriter


def js_training(update: Any, leaves: Floats, inputs: Any, has_rows: bool = True) -> str:
    """`start()` and `step(state, X)` for a compiled update (see `training.optimizer_step`) that holds these numbers.

    Without inputs there are no rows, and the loss is that of the parameters alone.
    """
    names = ["parameters", "gradient", *update.held.lists]
    if taken := {"parameters", "gradient"} & {*names[2:], *update.states}:
        raise ValueError(f"the optimizer's attribute {min(taken)!r} has the name of a part of the state in JavaScript")
    return "\n".join(
        [_start(update, leaves, inputs, names), _update(update, leaves, names), STEP if has_rows else STEP_ALONE]
    )


STEP = """\
/** One step on these rows; returns the mean loss before it. Where that is no number it throws, and nothing changes. */
export function step(state, X) {
    const found = meanGradient(X, state.parameters);
    if (!Number.isFinite(found.value)) throw new RangeError(`the loss became ${found.value}: lower the learning rate`);
    state.gradient.set(found.gradient);
    update(state);
    return found.value;
}
"""
STEP_ALONE = STEP.replace(" on these rows", "").replace("state, X", "state").replace("meanGradient(X,", "gradient([],")


def _start(update: Any, leaves: Floats, inputs: Any, names: Sequence[str]) -> str:
    arrays = ["parameters: parameters.slice(),", "gradient: new Float64Array(parameters.length),"]
    arrays += [f"{name}: {array(column)}," for name, column in zip(names[2:], inputs[2:].tolist(), strict=True)]
    arrays += [f"{name}: {JAVASCRIPT.literal(x)}," for name, x in zip(update.states, leaves.tolist(), strict=False)]
    inside = ["    return {", *("        " + line for line in "\n".join(arrays).split("\n")), "    };"]
    return "\n".join(
        ["/** What training starts from; `step` changes it. */", "export function start() {", *inside, "}\n"]
    )


def _update(update: Any, leaves: Floats, names: Sequence[str]) -> str:
    """The update of all parameters; each new number is known before the first is written."""
    plan = update.kernel.schedule
    write = LoopWriter(plan, JAVASCRIPT, "X[{}][r]")
    results = [write.result(node) for node in plan.program.outputs.tolist()]
    moved, count = update.moved, len(update.moved)
    each = write.steps(plan.rows)
    each += [f"const new{k} = {result};" for k, result in enumerate(results[:count])]
    each += [f"X[{column}][r] = new{k};" for k, column in enumerate(moved)]
    states = [
        f"state.{update.states[i]} = {result};" for i, result in zip(update.states_moved, results[count:], strict=False)
    ]
    others = leaves[len(update.states) :].tolist()
    numbers = [*(f"state.{name}" for name in update.states), *map(JAVASCRIPT.literal, others)]
    body = [
        f"const P = [{', '.join(numbers)}], X = [{', '.join(f'state.{name}' for name in names)}];",
        *write.steps(plan.once),
        f"for (let r = 0; r < {update.count}; r++) {{",
        *("    " + line for line in each),
        "}",
        *states,
    ]
    return js_function("update", "The optimizer's own step, by the state's gradient.", plan, "state", body)
