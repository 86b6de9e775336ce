"""A walk by move: a layer's way back taken apart. Of autograd.walking.steps.by_move and autograd.player.recipe."""

import pytest

import nn
from autograd import Value, walk
from autograd.player.recipe import recipe
from autograd.walking.steps.by_layer import LayerStep
from autograd.walking.steps.by_move import Biases, Move, PassOn, Slope, Weights
from autograd.walking.walking import Walk

X, TARGET = [1.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 1.0]


def lesson_c(lr: float | None = None, bias: bool = True, b1: float = 0.1) -> Walk:
    """4 → 3 → 4, with closed gates at h₁ and h₂; every number of it worked out by hand in its text."""
    W = [[0.2, 0.3, 0.1, -0.4], [0.3, 0.5, -0.2, -0.1], [0.1, -0.3, 0.4, 0.2]]
    V = [[0.1, 0.1, 0.1], [0.1, 0.1, -0.2], [-0.1, -0.1, 0.0], [0.0, 0.4, -0.6]]
    b, c = ([b1, -0.1, -0.2], [0.05, 0.0, -0.05, 0.05]) if bias else (False, False)
    model = nn.Sequential(
        nn.Layer(4, 3, "relu", weight=W, bias=b),
        nn.Layer(3, 4, "linear", weight=V, bias=c),
    )
    L = nn.mse(model([Value(x, f"x{i}") for i, x in enumerate(X, 1)]), TARGET)
    L.label = "L"
    parameters = model.parameters() if lr else None
    return walk(L, model=model, by="move", parameters=parameters, lr=lr)


def moves(steps: Walk) -> list[Move]:
    return [step for step in steps if isinstance(step, Move)]


def test_the_moves_come_in_the_recipes_order_and_a_linear_layer_has_no_slope_to_multiply_with() -> None:
    kinds = [type(move) for move in moves(lesson_c())]
    assert kinds == [Weights, Biases, PassOn, Slope, Weights, Biases, PassOn]
    assert [type(move) for move in moves(lesson_c(bias=False))] == [Weights, PassOn, Slope, Weights, PassOn]


def test_the_numbers_are_those_worked_out_by_hand() -> None:
    first, *_, passed, slope, weights, biases, inputs = moves(lesson_c())
    assert first.layer.d_a == pytest.approx([-0.45, -0.55, -0.025, -0.625], abs=1e-12)
    assert [step.after for step in passed.steps] == pytest.approx([0.44, -0.3475, -0.0975], abs=1e-12)
    assert slope.layer.delta == pytest.approx([0.0, 0.0, 0.44], abs=1e-12)
    assert weights.layer.d_W[2] == pytest.approx([0.44, 0.0, 0.44, 0.44], abs=1e-12)
    assert sorted(step.after for step in biases.steps) == pytest.approx([0.0, 0.0, 0.44], abs=1e-12)
    assert inputs.layer.d_x == pytest.approx([0.044, -0.132, 0.176, 0.088], abs=1e-12)


def test_every_node_gets_its_gradient_in_exactly_one_step() -> None:
    steps = lesson_c()
    edges = walk(steps.recording.order[-1], model=None)
    wanted = {step.operand for step in edges if step.kind == "backward" and step.operand is not None}
    totals = [inner for step in steps if isinstance(step, LayerStep) for inner in step.steps if inner.target]
    assert len(totals) == len({inner.operand for inner in totals})
    assert {inner.operand for inner in totals} >= {node for node in wanted if not node.operands}


def test_each_says_its_rule_in_symbols_in_numpy_and_in_words() -> None:
    weights, biases, passed, slope, *_, inputs = moves(lesson_c())
    assert weights.formula == "∂L/∂W⁽²⁾ = δ⁽²⁾·a⁽¹⁾ᵀ"
    assert weights.numpy == "delta2 = dz2\ndW2 = np.outer(delta2, a1)"
    assert (biases.formula, biases.numpy) == ("∂L/∂b⁽²⁾ = δ⁽²⁾", "db2 = delta2")
    assert (passed.formula, passed.numpy) == ("∂L/∂a⁽¹⁾ = W⁽²⁾ᵀ·δ⁽²⁾", "da1 = W2.T @ delta2")
    assert passed.sentence.endswith("That is what layer 1 receives.")
    assert (slope.formula, slope.numpy) == ("δ⁽¹⁾ = ∂L/∂a⁽¹⁾ ⊙ ReLU′(z⁽¹⁾)", "delta1 = da1 * (z1 > 0)")
    assert slope.sentence.endswith("is δ. 2 of 3 gates stop it, where f′(z) = 0.")
    assert inputs.sentence.endswith("These are the inputs.")


def test_the_numpy_lines_run_and_give_the_numbers() -> None:
    np = pytest.importorskip("numpy", reason="numpy is not installed")
    steps = lesson_c(b1=0.15)  # z₁ is off the edge, where the order of a sum would decide
    first, second = (step.layer for step in steps if step.kind == "forward" and isinstance(step, LayerStep))
    names = {"np": np, "x": np.array(X)}
    names |= {f"{name}{i}": np.array(getattr(layer, name)) for i, layer in ((1, first), (2, second)) for name in "Wb"}
    for step in steps:
        if isinstance(step, LayerStep):
            exec(step.numpy, names)
    assert names["dW1"].tolist() == [pytest.approx(row, abs=1e-12) for row in first.d_W]
    assert names["dW2"].tolist() == [pytest.approx(row, abs=1e-12) for row in second.d_W]
    assert names["dx"].tolist() == pytest.approx(first.d_x, abs=1e-12)


def test_the_recipe_names_the_step_that_does_each_move() -> None:
    steps = lesson_c(lr=0.5)
    found = recipe(steps)
    assert found is not None
    assert [layer["name"] for layer in found] == ["layer 2", "layer 1"]
    second, first = ([move["step"] for move in layer["moves"]] for layer in found)
    assert second == [2, None, 3, 4, 5]  # receives with the loss; linear, so nothing to multiply with
    assert first == [5, 6, 7, 8, 9]  # receives what layer 2 passes on
    assert recipe(walk(Value(2.0) * 3.0)) is None


def test_a_residual_path_is_refused_with_what_to_do() -> None:
    model = nn.Sequential(nn.Layer(2, 2, "tanh"), nn.Residual(nn.Layer(2, 2, "tanh")), nn.Layer(2, 1))
    with pytest.raises(ValueError, match=r'needs layers directly on one another, but layer \d .*walk it by="layer"'):
        walk(model([0.5, -0.5]), model=model, by="move")


def test_without_a_model_and_by_another_word() -> None:
    with pytest.raises(ValueError, match=r'by="move" needs the network'):
        walk(Value(2.0) * 3.0, by="move")
    with pytest.raises(ValueError, match=r'"layer" or "move", got "moves"|got \'moves\''):
        walk(Value(2.0) * 3.0, by="moves")  # type: ignore[arg-type]
