"""The exercises: what is right, told by independent computations; hints; bad answers that are sentences.

Of autograd.lesson.exercises.asking, autograd.lesson.exercises.a_layer, autograd.lesson.exercises.b_depth,
autograd.lesson.exercises.c_dead_neurons, autograd.lesson.exercises.d_one_step, autograd.lesson.exercises.e_real_data
and autograd.lesson.exercises.others.
"""

from typing import Any

import pytest

import nn
from autograd import Value, dot
from autograd.lesson import check, solution
from autograd.lesson.exercises.asking import TRIED, exercises
from autograd.lesson.exercises.exercise import agree

ALL = exercises()


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    TRIED.clear()


def said(capsys: pytest.CaptureFixture[str], name: str, answer: Any, *given: Any) -> str:
    check(name, answer, *given)
    return capsys.readouterr().out


@pytest.mark.parametrize("name", ALL)
def test_an_exercise_has_two_hints_a_solution_and_a_reason_none_of_which_repeats_another(name: str) -> None:
    exercise = ALL[name]
    assert len(set(exercise.hints)) == len(exercise.hints) >= 2
    assert exercise.because.endswith((".", ")"))
    assert " = " in exercise.solution
    assert all(hint.endswith((".", "?", ")", "2ε")) for hint in exercise.hints)


def test_what_is_right_by_the_library() -> None:
    def gradients(layer: nn.Layer, arriving: list[float], x: list[float]) -> list[float]:
        inputs = [Value(number) for number in x]
        dot(arriving, layer(inputs)).backward()
        return [node.grad for node in inputs]

    W = [[0.5, -0.2, 0.1], [-0.3, 0.8, -0.4], [0.2, 0.4, 0.9]]
    open_gate = nn.Layer(3, 3, "relu", weight=W, bias=[0.1, 0.2, 0.6])
    wide = nn.Layer(4, 2, "linear", weight=[[1, 2, 3, 4], [10, 20, 30, 40]])
    right = {
        "a-2": gradients(open_gate, [0.5, -1.0, 2.0], [1.0, 0.5, -1.0]),
        "a-4": gradients(wide, [1.0, -0.1], [0.5, -1.0, 2.0, 0.1]),
    }
    for name, truth in right.items():
        assert ALL[name].truth is not None
        assert ALL[name].truth() == pytest.approx(truth, abs=1e-12)  # type: ignore[misc]


def _lesson_d(f: str, steps: int = 0) -> tuple[nn.Sequential, Value]:
    model = nn.Sequential(
        nn.Layer(2, 2, f, weight=[[0.1, 0.3], [0.2, 0.4]], bias=[0.1, 0.1]),
        nn.Layer(2, 1, "linear", weight=[[0.5, 0.6]], bias=[0.1]),
    )
    sgd = nn.SGD(model.parameters(), lr=0.5)
    for _ in range(steps):
        sgd.zero_grad()
        (0.5 * (model([1.0, 0.5]) - 1.0) ** 2).backward()
        sgd.step()
    loss = 0.5 * (model([1.0, 0.5]) - 1.0) ** 2
    return model, loss


def test_lesson_d_by_the_library() -> None:
    model, loss = _lesson_d("relu")
    loss.backward()
    assert ALL["d-3"].truth() == pytest.approx(model.layers[0].neurons[0].b.grad, abs=1e-12)  # type: ignore[misc]
    model, loss = _lesson_d("sigmoid")
    loss.backward()
    assert ALL["d-2"].truth() == pytest.approx(model.layers[1].neurons[0].w[1].grad, abs=1e-9)  # type: ignore[misc]
    assert ALL["d-4"].truth() == pytest.approx(2 * model.layers[0].neurons[0].w[0].grad, abs=1e-9)  # type: ignore[misc]
    assert ALL["d-5"].truth() == pytest.approx(_lesson_d("sigmoid", 2)[1].data, rel=1e-12)  # type: ignore[misc]


def _lesson_c(x: list[float], b1: float = 0.1, activation: str = "relu") -> list[float]:
    W = [[0.2, 0.3, 0.1, -0.4], [0.3, 0.5, -0.2, -0.1], [0.1, -0.3, 0.4, 0.2]]
    V = [[0.1, 0.1, 0.1], [0.1, 0.1, -0.2], [-0.1, -0.1, 0.0], [0.0, 0.4, -0.6]]
    model = nn.Sequential(
        nn.Layer(4, 3, activation, weight=W, bias=[b1, -0.1, -0.2]),
        nn.Layer(3, 4, "linear", weight=V, bias=[0.05, 0.0, -0.05, 0.05]),
    )
    nn.mse(model(x), [1.0, 1.0, 0.0, 1.0]).backward()
    return [p.grad for p in model.parameters()]


def test_lesson_c_by_the_library() -> None:
    flat = [1.0, 0.0, 1.0, 1.0]
    assert ALL["c-1"].truth() == sum(g != 0 for g in _lesson_c(flat)) == 12  # type: ignore[misc]
    assert ALL["c-3"].truth() == sum(g != 0 for g in _lesson_c(flat, b1=0.15)) == 20  # type: ignore[misc]
    bias_2 = 9  # neuron 2's bias: after 5 of neuron 1 and its own 4 weights
    assert _lesson_c([1.0, 0.2 - 1e-9, 1.0, 1.0])[bias_2] == 0.0 != _lesson_c([1.0, 0.2 + 1e-9, 1.0, 1.0])[bias_2]
    assert ALL["c-2"].truth() == 0.2  # type: ignore[misc]
    assert all(_lesson_c([1.0, 1.0, 1.0, 1.0])[k] != 0 for k in (4, 9, 14))  # all three biases: awake
    assert agree(_lesson_c(flat, activation="leaky_relu")[bias_2], ALL["c-6"].truth())  # type: ignore[misc]


@pytest.mark.parametrize("name", ["a-5", "b-4"])
def test_a_readers_function_is_run_and_what_is_wrong_with_it_is_said(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from math import exp

    from autograd.lesson import XOR, xor_start

    names: dict[str, Any] = {"XOR": XOR, "xor_start": xor_start, "sigmoid": lambda z: 1 / (1 + exp(-z))}
    exec(ALL[name].solution, names)
    own = names["answer" if name == "a-5" else "train"]
    assert said(capsys, name, own).startswith("Right. ")
    assert "it raises ZeroDivisionError: division by zero" in said(capsys, name, lambda *given: 1 / 0)
    assert said(capsys, name, 3).startswith("Not yet: it raises TypeError")


def test_lesson_b_tells_a_training_that_does_nothing_from_one_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    from autograd.lesson import xor_start

    assert "have not moved" in said(capsys, "b-4", xor_start)
    elsewhere = said(capsys, "b-4", lambda seed: xor_start(seed + 1))
    assert "should end below 0.01, and yours ends at 0." in elsewhere


def test_hints_come_one_by_one_and_the_solution_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = (said(capsys, "d-2", 0.5) for _ in range(3))
    hints = ALL["d-2"].hints
    assert first == f"Not yet: 0.5 is not right. Hint: {hints[0]}\n"
    assert second == f"Not yet: 0.5 is not right. Hint: {hints[1]}\n"
    assert third.endswith('If you are stuck: solution("d-2").\n')
    assert ALL["d-2"].solution not in first + second + third
    solution("d-2")
    assert ALL["d-2"].solution in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "answer", "said_of_it"),
    [
        ("d-2", "a lot", "'a lot' is not right (the answer is a number)"),
        ("a-2", 0.95, "0.95 is not right (the answer is a list of 3)"),
        ("a-2", [1, 2], "(the answer is a list of 3)"),
        ("d-1", 3, "3 is not right (the answer is a word in quotes)"),
        ("d-2", float("nan"), "nan is not right"),
        ("b-3", ["x", None], "['x', None] is not right"),
    ],
)
def test_an_answer_of_another_kind_is_a_sentence(
    name: str, answer: Any, said_of_it: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said_of_it in said(capsys, name, answer)


def test_none_is_no_answer_yet_and_another_name_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "d-1", None).startswith("No answer yet.")
    with pytest.raises(KeyError, match=r"no exercise 'z-9'; there are a-1, a-2"):
        check("z-9", 1)


def test_numbers_within_a_hundredth_words_in_any_case_and_numpys_numbers_count() -> None:
    np = pytest.importorskip("numpy", reason="numpy is not installed")
    assert agree(1.009, 1.0)
    assert not agree(1.011, 1.0)
    assert not agree(True, 1.0)
    assert agree(" UP ", "up")
    assert agree(np.float64(0.5), 0.5)
    assert agree(np.array([0.6, -0.8]), [0.6, -0.8])
    assert agree((0.6, -0.8), [0.6, -0.8])


def test_lesson_e_computes_its_truths_from_the_data() -> None:
    np = pytest.importorskip("numpy", reason="numpy is not installed")
    rng = np.random.RandomState(1)
    X, y = rng.randn(12, 3), (rng.rand(12, 1) > 0.5).astype(float)
    rng = np.random.RandomState(0)
    W1, W2 = rng.randn(3, 16) * 0.1, rng.randn(16, 1) * 0.1
    model = nn.MLP(3, [16, 1])
    model.load_state_dict({"layers.0.weight": W1.T, "layers.0.bias": np.zeros(16), "layers.1.weight": W2.T,
                           "layers.1.bias": np.zeros(1)})  # fmt: skip
    loss = nn.bce_with_logits([model(row) for row in X], y.ravel())
    loss.backward()
    first = model.layers[0].neurons[0].w[0].grad
    assert ALL["e-2"].truth(X, y) == pytest.approx(first, rel=1e-10)  # type: ignore[misc]
    nn.SGD(model.parameters(), lr=0.1).step()
    after = nn.bce_with_logits([model(row) for row in X], y.ravel()).data
    assert ALL["e-3"].verdict(lambda: after, X, y) == ""
    assert "nothing has moved" in ALL["e-3"].verdict(lambda: loss.data, X, y)
    assert "it rose" in ALL["e-3"].verdict(lambda: loss.data + 0.1, X, y)
    assert ALL["e-5"].truth(X, y) == 4  # type: ignore[misc]
    assert "That is the loss with ReLU" in ALL["e-4"].verdict((loss.data, 0.0), X, y)
    assert "a pair" in ALL["e-4"].verdict(0.69, X, y)
