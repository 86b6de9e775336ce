"""`MLPClassifier` and `MLPRegressor`: estimators for scikit-learn's pipelines, searches and scores."""

from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from ..losses import bce_with_logits, cross_entropy, mse
from ..training.evaluation import predict
from .base import BaseMLP
from .scikit import ClassifierMixin, RegressorMixin


class MLPClassifier(ClassifierMixin, BaseMLP):
    """A network of scalars as a scikit-learn classifier, with the arguments of `sklearn.neural_network.MLPClassifier`.

    Trained by `nn.fit`, in machine code where that pays: Adam or SGD on the cross-entropy, with the penalty `alpha` as
    weight decay, until `n_iter_no_change` epochs bring less than `tol`; with `early_stopping`, on a part of the rows
    that is held out, and the best parameters are kept. Labels may be numbers or words. After `fit`: `classes_`,
    `model_` (the `nn.MLP`, to be drawn and walked), `coefs_`, `intercepts_`, `loss_curve_`, `loss_` (without the
    penalty), `n_iter_`. There is no solver "lbfgs", no multilabel target, and no `partial_fit`.

    >>> import nn
    >>> X, y = [[0.0], [0.2], [0.8], [1.0]], ["low", "low", "high", "high"]
    >>> clf = nn.MLPClassifier((4,), learning_rate_init=0.1, random_state=0, max_iter=300).fit(X, y)
    >>> clf.predict([[0.1], [0.9]]).tolist()
    ['low', 'high']
    """

    classes_: Any

    def predict(self, X: Any) -> Any:
        """The label of each row."""
        shares = self.predict_proba(X)
        return self.classes_[np.argmax(shares, axis=1)]

    def predict_proba(self, X: Any) -> Any:
        """The probability of each label: rows × `classes_`."""
        rows = self._rows(X)
        scores = predict(self.model_, rows)
        if len(self.classes_) == 2:
            upper = np.exp(-np.logaddexp(0.0, -scores))
            return np.column_stack([np.exp(-np.logaddexp(0.0, scores)), upper])
        if len(self.classes_) == 1:
            return np.ones((len(scores), 1))
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of `predict_proba`."""
        return np.log(self.predict_proba(X))

    def _checked(self, X: Any, y: Any) -> tuple[Any, Any]:
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True)
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        self.classes_, places = np.unique(y, return_inverse=True)
        return X, places.astype(float)

    def _outputs(self) -> int:
        return len(self.classes_) if len(self.classes_) > 2 else 1

    def _loss(self, predictions: Any, targets: Any) -> Any:
        return cross_entropy(predictions, targets) if len(self.classes_) > 2 else bce_with_logits(predictions, targets)

    def _strata(self, targets: Any) -> Any:
        return targets


class MLPRegressor(RegressorMixin, BaseMLP):
    """A network of scalars as a scikit-learn regressor, with the arguments of `sklearn.neural_network.MLPRegressor`.

    Trained by `nn.fit` as `MLPClassifier` is, on half the mean squared error. Targets are one number for each row, or a
    row of them.

    >>> import nn
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]
    >>> reg = nn.MLPRegressor((16,), "tanh", learning_rate_init=0.1, random_state=0, max_iter=900).fit(X, y)
    >>> reg.score(X, y) > 0.99
    True
    """

    def predict(self, X: Any) -> Any:
        """The target of each row: one number, or a row of them."""
        rows = self._rows(X)
        return np.asarray(predict(self.model_, rows))

    def _checked(self, X: Any, y: Any) -> tuple[Any, Any]:
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        self._width = 1 if y.ndim == 1 else y.shape[1]
        return X, y.astype(float)

    def _outputs(self) -> int:
        return int(self._width)

    def _loss(self, predictions: Any, targets: Any) -> Any:
        return 0.5 * mse(predictions, targets)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
