"""Estimators: `nn.MLPClassifier` and `nn.MLPRegressor` beside scikit-learn's own, at the same settings; one thread.

Each is trained from three seeds on standardised rows; time is the median of `fit`, the score that of rows held out.
"""

import warnings
from statistics import fmean, median
from typing import Any

import numpy as np

from .table import Table, duration, times
from .timing import CLOCK

HEADER = [
    "estimators",
    "rows",
    "network",
    "epochs",
    "chainrule fit",
    "scikit-learn fit",
    "ratio",
    "scores (ours, theirs)",
]
SEEDS = (0, 1, 2)


def housing_like() -> tuple[Any, Any]:
    """20,000 × 8 with a smooth target and noise."""
    draws = np.random.default_rng(0)
    X = draws.normal(size=(20_000, 8))
    y = np.sin(X[:, 0]) + 0.5 * X[:, 1] * X[:, 2] + np.abs(X[:, 3]) + 0.1 * draws.normal(size=20_000)
    return X, y


def tasks(quick: bool) -> list[tuple[str, Any, Any, tuple[int, ...], int]]:
    from sklearn import datasets

    small = [
        (name, *getattr(datasets, f"load_{name}")(return_X_y=True))
        for name in ("iris", "wine", "breast_cancer", "digits")
    ]
    found = [(name, X, y, (32,), 50 if quick else 200) for name, X, y in small]
    return [*found, ("housing-like", *housing_like(), (32, 32), 5 if quick else 50)]


def measured(kind: Any, task: Any) -> tuple[float, float]:
    """Seconds to fit, and the score of rows that were held out."""
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    _, X, y, hidden, epochs = task
    seconds, scores = [], []
    for seed in SEEDS:
        strata = y if y.dtype.kind == "i" else None
        A, B, a, b = train_test_split(X, y, random_state=seed, stratify=strata)
        scaler = StandardScaler().fit(A)
        model = kind(hidden_layer_sizes=hidden, max_iter=epochs, n_iter_no_change=epochs, random_state=seed)
        rows = scaler.transform(A)
        start = CLOCK()
        model.fit(rows, a)
        seconds.append(CLOCK() - start)
        scores.append(model.score(scaler.transform(B), b))
    return median(seconds), fmean(scores)


def run(name: str, quick: bool) -> list[Table]:
    from sklearn import neural_network

    import nn

    table = Table(HEADER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that they have not converged
        for task in tasks(quick):
            kind = "MLPClassifier" if task[2].dtype.kind == "i" else "MLPRegressor"
            ours, score = measured(getattr(nn, kind), task)
            theirs, other = measured(getattr(neural_network, kind), task)
            sizes = "-".join(map(str, [task[1].shape[1], *task[3]]))
            row = [task[0], f"{len(task[1]):,}", sizes, str(task[4]), duration(ours), duration(theirs)]
            table.rows.append([*row, times(theirs / ours), f"{score:.3f}, {other:.3f}"])
    return [table]
