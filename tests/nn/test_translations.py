"""What users of other libraries type: an error that names what it is called here, and every such name exists.

Of nn.inputs.
"""

import copy
import pickle
import re
from typing import Any

import pytest

import autograd
import nn
from nn.translations import MEMBERS, NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_another_library_is_an_error_that_names_ours(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"nn has no {name}: .*(nn|autograd)\.") as error:
        getattr(nn, name)
    for package, ours in re.findall(r"\b(nn|autograd)\.(\w+)", str(error.value)):
        assert hasattr({"nn": nn, "autograd": autograd}[package], ours), ours


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Linear", r'nn has no Linear: nn\.Layer\(nin, nout, "linear"\), or nn\.MLP'),
        ("CrossEntropyLoss", r"a loss is a function, nn\.cross_entropy\(logits, classes\)"),
        ("no_grad", r"nn has no no_grad: it is autograd\.no_grad"),
        ("tanh", r"nn has no tanh: it is autograd\.tanh"),
        ("adam", r"module 'nn' has no attribute 'adam': did you mean nn\.Adam\?"),
        ("Layers", r"module 'nn' has no attribute 'Layers': did you mean nn\.Layer\?"),
        ("quux", r"module 'nn' has no attribute 'quux'$"),
        ("__wrapped__", r"module 'nn' has no attribute '__wrapped__'$"),
    ],
)
def test_a_name_that_nn_does_not_have_says_where_to_look(name: str, message: str) -> None:
    with pytest.raises(AttributeError, match=message):
        getattr(nn, name)


def test_our_own_names_are_not_among_those_of_others() -> None:
    assert set(NAMES).isdisjoint(dir(nn))
    layer, model = nn.Layer(1, 1), nn.MLP(1, [1])
    assert [name for name in MEMBERS if hasattr(layer, name) or hasattr(model, name)] == []


@pytest.mark.parametrize("name", MEMBERS)
def test_a_method_of_another_library_is_an_error_that_names_ours(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"'MLP' object has no attribute '{name}': ") as error:
        getattr(nn.MLP(2, [1]), name)
    for package, ours in re.findall(r"\b(nn|autograd)\.(\w+)", str(error.value)):
        assert hasattr({"nn": nn, "autograd": autograd}[package], ours), ours


def test_any_other_missing_attribute_is_the_usual_error() -> None:
    with pytest.raises(AttributeError, match=r"'MLP' object has no attribute 'quux'$"):
        nn.MLP(2, [1]).quux  # type: ignore[attr-defined]  # noqa: B018


def test_a_module_written_with_forward_says_how_it_is_called() -> None:
    class Torchish(nn.Module):
        def forward(self, x: Any) -> Any:
            return x

    with pytest.raises(
        NotImplementedError, match=r"Torchish does not say what it computes: rename its forward to __call"
    ):
        Torchish()(1.0)
    assert isinstance(copy.deepcopy(nn.MLP(2, [1])), nn.MLP)
    assert isinstance(pickle.loads(pickle.dumps(nn.MLP(2, [1]))), nn.MLP)


# Tables


class Frame:
    """What messages need of a data frame."""

    def __init__(self, cells: Any, columns: tuple[str, ...] = ("age", "weight")) -> None:
        self.columns, self.cells = columns, cells

    def to_numpy(self) -> Any:
        return pytest.importorskip("numpy").array(self.cells)


def a_call(X: Any) -> list[Any]:
    model = nn.MLP(2, [1])
    sgd = nn.SGD(model.parameters())
    return [
        lambda: nn.predict(model, X),
        lambda: nn.fit(model, X, [0, 1], loss=nn.mse, optimizer=sgd, epochs=1, progress=False),
        lambda: nn.accuracy(model, X, [0, 1]),
        lambda: nn.mse([[0.0, 0.0]] * 2, X),
    ]


def test_a_gap_in_a_data_frame_is_named_by_row_and_column() -> None:
    for call in a_call(Frame([[1.0, 2.0], [3.0, float("nan")]])):
        with pytest.raises(ValueError, match=r"row 1, column 'weight' is NaN: fill in or drop what is missing"):
            call()
    assert len(nn.predict(nn.MLP(2, [1]), Frame([[1.0, 2.0], [3.0, 4.0]]))) == 2


def test_a_gap_in_a_pandas_frame_is_named_by_row_and_column() -> None:
    pandas = pytest.importorskip("pandas")
    for call in a_call(pandas.DataFrame({"age": [1.0, 2.0], "weight": [3.0, None]})):
        with pytest.raises(ValueError, match=r"row 1, column 'weight' is NaN: fill in or drop what is missing"):
            call()
    with pytest.raises(ValueError, match=r"y: row 0 is NaN"):
        nn.accuracy(nn.MLP(1, [1]), [[1.0], [2.0]], pandas.Series([None, 1.0]))


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_array", "coo_array", "dok_matrix", "lil_matrix"])
def test_a_sparse_matrix_is_an_error_that_names_toarray(kind: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    for call in a_call(getattr(sparse, kind)([[1.0, 0.0], [0.0, 1.0]])):
        with pytest.raises(
            TypeError, match=rf"a sparse matrix \({kind}\) holds no rows of numbers: give X\.toarray\(\)"
        ):
            call()


@pytest.mark.parametrize("name", ["NAType", "NaTType"])
def test_the_gaps_of_data_frames_are_said_to_be_gaps(name: str) -> None:
    gap = type(name, (), {})()
    with pytest.raises(TypeError, match=r"row 1, column 0: .*fill in or drop what is missing \(fillna, dropna\)"):
        nn.predict(nn.MLP(1, [1]), [[1.0], [gap]])
