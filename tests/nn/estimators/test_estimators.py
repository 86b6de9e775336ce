"""scikit-learn's own checks, pipelines, searches and pickles. Of nn.estimators.base, nn.estimators.scikit and
nn.estimators.mlp.
"""

import pickle
import subprocess
import sys
import warnings
from typing import Any

import pytest

import nn

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytest.importorskip("numpy", reason="numpy is not installed")

import numpy as np
from sklearn import datasets, neural_network
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [nn.MLPClassifier((20,), max_iter=30), nn.MLPRegressor((20,), learning_rate_init=0.01, max_iter=30)]
)
def test_scikit_learns_checks_pass(estimator: Any, check: Any) -> None:
    check(estimator)


def _loaded(name: str) -> tuple[Any, ...]:
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return tuple(train_test_split(X, y, random_state=0, stratify=y))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iris", "wine", "digits"])
def test_it_is_as_accurate_as_scikit_learns_own_at_the_same_settings(name: str) -> None:
    X, X_test, y, y_test = _loaded(name)
    scaler = StandardScaler().fit(X)
    X, X_test = scaler.transform(X), scaler.transform(X_test)
    scores: dict[str, list[float]] = {"ours": [], "theirs": []}
    for seed in range(3):
        settings: dict[str, Any] = {"max_iter": 150, "learning_rate_init": 0.01, "random_state": seed}
        scores["ours"].append(nn.MLPClassifier((16,), **settings).fit(X, y).score(X_test, y_test))
        scores["theirs"].append(neural_network.MLPClassifier((16,), **settings).fit(X, y).score(X_test, y_test))
    assert max(scores["ours"]) >= max(scores["theirs"]) - 0.02
    assert np.mean(scores["ours"]) >= np.mean(scores["theirs"]) - 0.02


def test_a_regressor_fits_one_target_and_several() -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (200, 2))
    both = np.column_stack([X[:, 0] * X[:, 1], X[:, 0] - X[:, 1]])
    settings: dict[str, Any] = {"learning_rate_init": 0.02, "max_iter": 300, "random_state": 0, "activation": "tanh"}
    one = nn.MLPRegressor((16,), **settings).fit(X, both[:, 0])
    several = nn.MLPRegressor((16,), **settings).fit(X, both)
    assert one.predict(X).shape == (200,)
    assert several.predict(X).shape == (200, 2)
    assert one.score(X, both[:, 0]) > 0.95
    assert several.score(X, both) > 0.95


def test_words_are_labels_and_probabilities_add_up() -> None:
    X, y = datasets.load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    made = nn.MLPClassifier((8,), learning_rate_init=0.05, max_iter=100, random_state=0).fit(X, names)
    assert made.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert set(made.predict(X)) <= {"setosa", "versicolor", "virginica"}
    shares = made.predict_proba(X)
    assert shares.sum(axis=1) == pytest.approx(np.ones(150), abs=1e-12)
    assert np.exp(made.predict_log_proba(X)) == pytest.approx(shares, abs=1e-12)
    assert [w.shape for w in made.coefs_] == [(4, 8), (8, 3)]
    assert [b.shape for b in made.intercepts_] == [(8,), (3,)]


def test_it_works_in_a_pipeline_a_search_with_two_processes_a_clone_and_a_pickle() -> None:
    X, y = datasets.load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), nn.MLPClassifier((4,), max_iter=20, random_state=0))
    grid = {"mlpclassifier__learning_rate_init": [0.001, 0.1]}
    search = GridSearchCV(pipeline, grid, n_jobs=2, cv=2).fit(X, y)
    assert search.best_params_ == {"mlpclassifier__learning_rate_init": 0.1}
    best = search.best_estimator_[-1]
    assert clone(best).get_params() == best.get_params()
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert again.predict_proba(X).tolist() == search.predict_proba(X).tolist()


def test_the_same_random_state_is_the_same_model_and_warm_start_goes_on() -> None:
    X, y = datasets.load_iris(return_X_y=True)
    one, other = (nn.MLPClassifier((4,), max_iter=5, random_state=3).fit(X, y) for _ in range(2))
    assert one.predict_proba(X).tolist() == other.predict_proba(X).tolist()
    first = one.loss_
    one.set_params(warm_start=True).fit(X, y)
    assert one.loss_ < first
    assert other.fit(X, y).loss_ == pytest.approx(first)


def test_early_stopping_holds_rows_out_and_an_unfinished_run_warns() -> None:
    X, y = datasets.load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    settings: dict[str, Any] = {"learning_rate_init": 0.05, "random_state": 0}
    stopped = nn.MLPClassifier((8,), early_stopping=True, n_iter_no_change=3, **settings).fit(X, y)
    assert stopped.n_iter_ < 200
    with pytest.warns(ConvergenceWarning, match="max_iter=2 epochs were made"):
        nn.MLPClassifier((8,), max_iter=2, **settings).fit(X, y)


def test_a_wrong_setting_is_named() -> None:
    X, y = [[0.0], [1.0]], [0, 1]
    with pytest.raises(ValueError, match="'solver' parameter"):
        nn.MLPClassifier(solver="lbfgs").fit(X, y)
    with pytest.raises(ValueError, match="at least 1 each"):
        nn.MLPClassifier(hidden_layer_sizes=(0,)).fit(X, y)


def test_the_network_inside_can_be_drawn_and_scikit_learn_is_loaded_by_those_who_ask() -> None:
    X, y = datasets.load_iris(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = nn.MLPClassifier((4,), max_iter=2, random_state=0).fit(X, y)
    assert "2 layers, 7 neurons" in repr(nn.draw(made.model_, x=X[0]))
    code = "import sys, nn; print('sklearn' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
