"""walk(): the steps of lessons A to D with their numbers, the reasons of zeros, names, and that no node changes.

Of autograd.walking.record_edges, autograd.walking.recording, autograd.walking.sequence,
autograd.walking.steps.by_edge, autograd.walking.steps.updating and autograd.walking.steps.zero_reasons.
"""

import math
import pickle
import random
from dataclasses import FrozenInstanceError

import pytest

import nn
from autograd import Constant, Value, dot, no_grad, relu, walk
from autograd.walking.steps.formatting import TEXT, Pen
from autograd.walking.steps.step import LOSS, Line, Step
from autograd.walking.walking import Walk


def leaves(**numbers: float) -> dict[str, Value]:
    return {label: Value(x, label=label) for label, x in numbers.items()}


@pytest.fixture
def lesson_d() -> dict[str, Value]:
    """The 2-2-1 network of lesson D, with L."""
    v = leaves(x1=1.0, x2=0.5, w11=0.1, w12=0.3, b1=0.1, w21=0.2, w22=0.4, b2=0.1, v1=0.5, v2=0.6, b3=0.1)
    z1, z2 = (dot([v[f"w{i}1"], v[f"w{i}2"]], [v["x1"], v["x2"]], v[f"b{i}"]) for i in (1, 2))
    output = dot([v["v1"], v["v2"]], [z1.sigmoid(), z2.sigmoid()], v["b3"])
    loss = 0.5 * (output - 1.0) ** 2
    return v | {"z1": z1, "z2": z2, "ŷ": output, "L": loss}


def lesson_c() -> tuple[nn.MLP, Value]:
    """The 4-3-4 network of lesson C; the text's layout is W[input][neuron]."""
    W1 = [[0.2, 0.3, 0.1], [0.3, 0.5, -0.3], [0.1, -0.2, 0.4], [-0.4, -0.1, 0.2]]
    W2 = [[0.1, 0.1, -0.1, 0.0], [0.1, 0.1, -0.1, 0.4], [0.1, -0.2, 0.0, -0.6]]
    model = nn.Sequential(
        nn.Layer(4, 3, "relu", weight=[list(row) for row in zip(*W1, strict=True)], bias=[0.1, -0.1, -0.2]),
        nn.Layer(3, 4, "linear", weight=[list(row) for row in zip(*W2, strict=True)], bias=[0.05, 0.0, -0.05, 0.05]),
    )
    return model, nn.mse(model([1.0, 0.0, 1.0, 1.0]), [1.0, 1.0, 0.0, 1.0])  # type: ignore[return-value]


def contributions(steps: Walk) -> list[Step]:
    """The backward steps, those folded into one apart again."""
    return [inner for step in steps if step.kind == "backward" for inner in (step.steps or (step,))]


def test_gradients_of_lesson_d_are_the_textbooks(lesson_d: dict[str, Value]) -> None:
    found = {step.operand: step.after for step in contributions(walk(lesson_d["L"]))}
    expected = {
        "z1": -0.0282770892, "z2": -0.0328839207, "ŷ": -0.2332156118, "w11": -0.0282770892, "w12": -0.0141385446,
        "w21": -0.0328839207, "w22": -0.0164419604, "b1": -0.0282770892, "b2": -0.0328839207, "v1": -0.1368083776,
        "v2": -0.1451672338, "b3": -0.2332156118, "x1": -0.0094044931, "x2": -0.0216366950,
    }  # fmt: skip
    assert {name: found[lesson_d[name]] for name in expected} == pytest.approx(expected, abs=1e-10)


def test_steps_add_up_to_exactly_what_backward_gives(lesson_d: dict[str, Value]) -> None:
    for by in ("edge", "node"):
        steps = walk(lesson_d["L"], by=by)
        lesson_d["L"].backward()
        for step in contributions(steps):
            if step.part == step.parts:
                assert step.after == step.operand.grad
        for leaf in lesson_d.values():
            leaf.grad = 0.0


def test_a_walk_changes_no_node(lesson_d: dict[str, Value]) -> None:
    parameters = [lesson_d[name] for name in ("w11", "w12", "b1")]
    lesson_d["w11"].grad = 7.0
    before = {name: (node.data, node.grad) for name, node in lesson_d.items()}
    steps = walk(lesson_d["L"], parameters=parameters, lr=0.5)
    print(steps, repr(steps), [step.sentence for step in steps])
    assert {name: (node.data, node.grad) for name, node in lesson_d.items()} == before


def test_update_of_lesson_d_ends_with_its_new_loss(lesson_d: dict[str, Value]) -> None:
    names = ["v1", "v2", "b3", "w11", "w12", "w21", "w22", "b1", "b2"]
    steps = walk(lesson_d["L"], parameters=[lesson_d[name] for name in names], lr=0.5)
    updates = [step.after for step in steps if step.kind == "update"]
    assert updates == pytest.approx(
        [0.5684041888, 0.6725836169, 0.2166078059, 0.1141385446, 0.3070692723, 0.2164419604, 0.4082209802,
         0.1141385446, 0.1164419604], abs=1e-10,
    )  # fmt: skip
    assert steps[-1].kind == "loss"
    assert steps[-1].before == pytest.approx(0.0271947608, abs=1e-10)
    assert steps[-1].after == pytest.approx(0.0002227667, abs=1e-10)


def test_a_step_says_rule_numbers_and_result(lesson_d: dict[str, Value]) -> None:
    steps = walk(lesson_d["L"])
    step = next(step for step in steps if step.operand is lesson_d["w12"])
    assert [tuple(line) for line in step.lines()] == [
        ("∂L/∂w₁₂", "=", "∂L/∂z₁ · ∂z₁/∂w₁₂"),
        ("", "≈", "−0.0283 · 0.5"),
        ("", "≈", "−0.0141"),
        ("∂z₁/∂w₁₂", "=", "x₂ = 0.5"),
    ]
    assert step.formula == "∂L/∂w₁₂ = ∂L/∂z₁ · ∂z₁/∂w₁₂"
    assert step.numbers == "−0.0283 · 0.5 ≈ −0.0141"
    assert step.sentence == "Raise w₁₂ by 0.01 and L falls by about 0.00014."
    activation = next(step for step in steps if step.operand is lesson_d["z1"])
    assert activation.lines()[-1] == ("∂a₁/∂z₁", "=", "a₁·(1 − a₁) ≈ 0.5866·(1 − 0.5866) ≈ 0.2425")


def test_several_contributions_accumulate_and_one_does_not(lesson_d: dict[str, Value]) -> None:
    steps = walk(lesson_d["L"])
    first, second = (step for step in steps if step.operand is lesson_d["x1"])
    assert (first.state, second.state) == ("partial (1 of 2)", "final")
    assert [step.lines()[0].sign for step in (first, second)] == ["+=", "+="]
    assert second.before == first.after
    assert second.after == pytest.approx(-0.0094044931, abs=1e-10)
    assert next(step for step in steps if step.operand is lesson_d["w11"]).lines()[0].sign == "="


def test_a_node_sends_only_when_it_is_final(lesson_d: dict[str, Value]) -> None:
    arrived: dict[Value, str] = {lesson_d["L"]: "final"}
    for step in contributions(walk(lesson_d["L"])):
        assert arrived[step.node] == "final"
        arrived[step.operand] = step.state  # type: ignore[index]


def test_by_node_shows_each_neurons_share_of_lesson_a() -> None:
    x = [Value(v, label=f"x{j}") for j, v in enumerate((1.0, 0.5, -1.0), 1)]
    W = [[0.5, -0.2, 0.1], [-0.3, 0.8, -0.4], [0.2, 0.4, 0.9]]
    layer = nn.Layer(3, 3, "relu", weight=W, bias=[0.1, 0.2, -0.1])
    outputs = layer(x)
    value = dot([Constant(0.5), Constant(-1.0), Constant(2.0)], outputs)
    steps = {step.operand: step for step in walk(value, model=layer, by="node") if step.kind == "backward"}
    shares = [sorted(step.sent for step in steps[node].steps) for node in x]  # type: ignore[attr-defined]
    assert shares == [pytest.approx(s) for s in ([0.0, 0.25, 0.3], [-0.8, -0.1, 0.0], [0.0, 0.05, 0.4])]
    assert [steps[node].after for node in x] == pytest.approx([0.55, -0.9, 0.45])


def test_gradients_of_lesson_c_12_of_31_are_not_zero() -> None:
    model, loss = lesson_c()
    gradients = walk(loss, model=model).gradients
    found = [gradients[parameter] for parameter in model.parameters()]
    assert len(found) == 31
    assert sum(grad != 0.0 for grad in found) == 12


def test_zeros_of_lesson_c_say_why() -> None:
    model, loss = lesson_c()
    steps = walk(loss, model=model)
    reasons = {step.operand: step.blocked for step in contributions(steps)}
    hidden = model.layers[0].neurons
    gate = next(step for step in steps if step.kind == "backward" and step.node.op.name == "relu" and step.blocked)
    assert [reason.kind for reason in gate.blocked] == ["gate"]
    assert "is closed: z" in gate.sentence
    assert [reason.kind for reason in reasons[hidden[0].w[0]]] == ["behind"]
    assert "the gate at a₁⁽¹⁾ is closed" in reasons[hidden[0].w[0]][0].text
    assert [reason.kind for reason in reasons[hidden[0].w[1]]] == ["factor", "behind"]
    assert [reason.text for reason in reasons[hidden[2].w[1]]] == ["it is multiplied with x₂ = 0"]


def test_runs_of_zeros_are_one_step() -> None:
    model, loss = lesson_c()
    runs = [step for step in walk(loss, model=model) if step.kind == "backward" and step.steps]
    assert runs
    assert all(inner.blocked for run in runs for inner in run.steps)
    assert "contributions are zero" in runs[0].sentence


def test_contributions_that_cancel_are_named() -> None:
    x = Value(3.0, label="x")
    w = x * 2.0
    y = (w - w) * 5.0
    assert walk(y, by="node")[-1].sentence.endswith("its contributions cancel each other.")


def test_names_come_from_labels_from_the_model_and_never_twice() -> None:
    model = nn.MLP(2, [2, 1], "tanh", rng=random.Random(0))
    loss = (model([0.3, 0.7]) - 1.0) ** 2
    steps = walk(loss, model=model)
    assert [str(step.seen.name) for step in steps if step.kind == "forward"] == [
        "z₁⁽¹⁾", "a₁⁽¹⁾", "z₂⁽¹⁾", "a₂⁽¹⁾", "z₁⁽²⁾", "u₁", "L",
    ]  # fmt: skip
    w, w2 = Value(1.0, label="w"), Value(2.0, label="w")
    assert walk(w * w2)[0].formula == "L = w⁽¹⁾·w⁽²⁾"


def test_a_long_sum_shows_its_ends() -> None:
    n = 20
    value = dot(
        [Value(1.0, label=f"w{i}") for i in range(1, n + 1)], [Value(2.0, label=f"x{i}") for i in range(1, n + 1)]
    )
    assert walk(value)[0].formula == "L = w₁·x₁ + w₂·x₂ + w₃·x₃ + … + w₁₉·x₁₉ + w₂₀·x₂₀"


def test_nan_and_inf_are_shown_as_they_are() -> None:
    x = Value(-1.0, label="x")
    steps = walk(x.log() * 2.0)
    assert "nan" in str(steps)
    assert "u₁ is nan" in steps[-1].sentence
    assert "∞" in str(walk(Value(1000.0, label="x").exp()))


def test_slices_are_walks_and_keep_their_places(lesson_d: dict[str, Value]) -> None:
    steps = walk(lesson_d["L"])
    part = steps[2:5]
    assert isinstance(part, Walk)
    assert [step.number for step in part] == [3, 4, 5]
    assert part[0] is steps[2]
    assert steps[-1] is list(steps)[-1]


@pytest.mark.parametrize(
    ("factor", "lr", "sentence", "loss"),
    [
        (3.0, 0.1, "w falls: its gradient is positive.", "L fell"),
        (-3.0, 0.1, "w rises: its gradient is negative.", "L fell"),
        (3.0, 0.0, "w stays as it is: the step is too small to move it.", "L stayed as it was"),
        (math.inf, 0.1, "w becomes −∞: its gradient is ∞.", "L is lost"),
        (math.nan, 0.1, "w becomes nan: its gradient is nan.", "L is lost"),
    ],
)
def test_an_update_says_what_it_did(factor: float, lr: float, sentence: str, loss: str) -> None:
    w = Value(2.0, label="w")
    *_, update, after = walk(w * factor, parameters=[w], lr=lr)
    assert update.sentence == sentence
    assert after.sentence.startswith(f"After the update {loss}")


def test_steps_are_frozen_and_can_be_pickled(lesson_d: dict[str, Value]) -> None:
    steps = walk(lesson_d["L"])
    with pytest.raises(FrozenInstanceError):
        steps[0].after = 1.0  # type: ignore[misc]
    copied = pickle.loads(pickle.dumps(steps[12]))
    assert str(copied) == str(steps[12])


@pytest.mark.slow
def test_what_cannot_be_walked_is_refused_with_the_remedy() -> None:
    x = Value(1.0, label="x")
    with pytest.raises(TypeError, match="takes a Value"):
        walk(3.0)  # type: ignore[arg-type]
    with no_grad():
        constant = x * 2.0
    with pytest.raises(ValueError, match="no graph"):
        walk(constant)
    with pytest.raises(ValueError, match='needs the network: walk\\(loss, model=model, by="layer"\\)'):
        walk(x * x, by="layer")
    with pytest.raises(ValueError, match="by must be"):
        walk(x * x, by="row")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs both"):
        walk(x * x, lr=0.1)
    for parameters in (nn.MLP(1, [1]), [1.0]):
        with pytest.raises(TypeError, match=r"such as model\.parameters\(\)"):
            walk(x * x, parameters=parameters, lr=0.1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="none of the model's parameters"):
        walk(x * x, model=nn.Layer(1, 1))
    y = x
    for _ in range(6000):
        y = y + 1.0
    with pytest.raises(ValueError, match="max_steps=5000"):
        walk(y)
    assert len(walk(y, max_steps=None)) == 12001


def test_an_operation_that_formulas_cannot_write_still_walks() -> None:
    import autograd
    from autograd.operations.operation import OPERATIONS

    clip = autograd.operation(
        "walk_test_clip",
        lambda m, x: min(x, 2.0),
        [lambda m, x, out: 1.0 if x < 2.0 else 0.0],
    )
    try:
        x = Value(1.0, label="x")
        assert walk(clip(x))[-1].after == 1.0
    finally:
        del OPERATIONS["walk_test_clip"]


def test_the_value_may_be_a_leaf() -> None:
    assert [step.kind for step in walk(Value(2.0, label="x"))] == ["loss"]


def test_gate_reason_names_the_numbers() -> None:
    x = Value(-2.0, label="x")
    step = walk(relu(x) * 3.0)[-1]
    assert step.sentence == "Nothing passes from u₁ to x: the gate u₁ = ReLU(x) is closed: x = −2.0 is not above 0."


def test_a_gradient_that_is_no_longer_zero_hands_on_no_reason_for_a_zero() -> None:
    w, v, u, x = Value(-1.0, label="w"), Value(0.0, label="v"), Value(2.0, label="u"), Value(1.0, label="x")
    h = (w * x).relu()
    steps = str(walk(h * v + h * u))
    blocked = [line for line in steps.splitlines() if "gate" in line]
    assert blocked
    assert not any("v = 0" in line for line in blocked)


def test_a_new_kind_of_step_is_one_class() -> None:
    class Remark(Step):
        """A step that only says something."""

        __slots__ = ()
        phase = LOSS

        def lines(self, pen: Pen = TEXT) -> list[Line]:
            return [Line(pen.word("remark"), "=", pen.number(self.after))]

        @property
        def sentence(self) -> str:
            return "This is worth a remark."

    x = Value(3.0, label="x")
    steps = walk(x * x)
    first = steps[0]
    longer = type(steps)(steps.recording, [*steps, Remark(seen=first.seen, root=first.root, after=9.0, number=5)])
    assert "remark = 9.0" in str(longer)
    assert "This is worth a remark." in longer._repr_html_()
    assert '"k":"l","n":[1],"e":[],"c":[["d1","9.0"]]' in longer._repr_html_()
