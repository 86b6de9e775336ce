"""What both estimators are: settings named as scikit-learn's MLP has them, and `fit` by `nn.fit`."""

from numbers import Integral, Real
from random import Random
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from ..callbacks import EarlyStopping
from ..layers import MLP
from ..optim.optimizer import Optimizer
from ..optim.optimizers import SGD, Adam
from ..training.loop import fit as train
from .scikit import BaseEstimator

ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
BATCH = 200  # rows, at most, where batch_size is "auto"
FOREVER = 10**9  # epochs without improvement: never stop for them


class BaseMLP(BaseEstimator):
    """A multi-layer perceptron as an estimator; what its outputs mean is for the classes below to say."""

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "solver": [StrOptions({"adam", "sgd"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    }

    hidden_layer_sizes: Any
    activation: str
    solver: str
    alpha: float
    batch_size: int | str
    learning_rate_init: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: bool
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: int
    model_: MLP
    n_iter_: int
    loss_curve_: list[float]
    loss_: float
    best_loss_: float
    n_layers_: int
    n_outputs_: int

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
    ) -> None:
        self.hidden_layer_sizes, self.activation = hidden_layer_sizes, activation
        self.solver, self.alpha = solver, alpha
        self.batch_size, self.learning_rate_init, self.max_iter = batch_size, learning_rate_init, max_iter
        self.shuffle, self.random_state, self.tol, self.verbose = shuffle, random_state, tol, verbose
        self.warm_start, self.momentum, self.nesterovs_momentum = warm_start, momentum, nesterovs_momentum
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.beta_1, self.beta_2, self.epsilon, self.n_iter_no_change = beta_1, beta_2, epsilon, n_iter_no_change

    def fit(self, X: Any, y: Any) -> Any:
        """Train on the rows X and their targets y; returns the estimator."""
        self._validate_params()
        X, targets = self._checked(X, y)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        if not (self.warm_start and hasattr(self, "model_")):
            self.model_ = self._network(X.shape[1], Random(int(seed)))
        held_out = None
        if self.early_stopping:
            X, Xv, targets, yv = train_test_split(
                X, targets, test_size=self.validation_fraction, random_state=seed, stratify=self._strata(targets)
            )
            held_out = (Xv, yv)
        self._train(X, targets, held_out, Random(int(seed)))
        return self

    def _train(self, X: Any, targets: Any, held_out: Any, random: Random) -> None:
        batch = min(BATCH, len(X)) if self.batch_size == "auto" else min(int(self.batch_size), len(X))
        stopping = EarlyStopping(self.n_iter_no_change, min_delta=self.tol, restore_best=self.early_stopping)
        history = train(
            self.model_, X, targets, loss=self._loss, optimizer=self._optimizer(batch), epochs=self.max_iter,
            batch_size=batch, validation=held_out, shuffle=self.shuffle, seed=random, callbacks=[stopping],
            progress=bool(self.verbose),
        )  # fmt: skip
        self.n_iter_, self.loss_curve_, self.loss_ = len(history.loss), list(history.loss), history.loss[-1]
        self.best_loss_ = min(history.loss)
        self.n_layers_, self.n_outputs_ = len(self.model_.layers) + 1, len(self.model_.layers[-1].neurons)
        if self.n_iter_ == self.max_iter and not history.stopped:
            self._say_unfinished()

    def _say_unfinished(self) -> None:
        import warnings

        from sklearn.exceptions import ConvergenceWarning

        warnings.warn(
            f"max_iter={self.max_iter} epochs were made and the loss still falls by more than tol={self.tol}: give a "
            "larger max_iter or learning_rate_init",
            ConvergenceWarning,
            stacklevel=4,
        )

    def _network(self, columns: int, random: Random) -> MLP:
        given = self.hidden_layer_sizes
        hidden = [int(size) for size in (given if hasattr(given, "__iter__") else [given])]
        if any(size < 1 for size in hidden):
            raise ValueError(f"hidden_layer_sizes must be at least 1 each, got {given}")
        return MLP(columns, [*hidden, self._outputs()], ACTIVATIONS[self.activation], init="xavier_uniform", rng=random)

    def _optimizer(self, batch: int) -> Optimizer:
        """scikit-learn divides its penalty alpha·‖w‖²/2 by the rows of a batch: a weight decay of alpha/batch."""
        parameters, rate, decay = self.model_.parameters(), self.learning_rate_init, self.alpha / batch
        if self.solver == "adam":
            return Adam(parameters, rate, (self.beta_1, self.beta_2), self.epsilon, weight_decay=decay)
        nesterov = self.nesterovs_momentum and self.momentum > 0
        return SGD(parameters, rate, self.momentum, weight_decay=decay, nesterov=nesterov)

    def _rows(self, X: Any) -> Any:
        """New rows, checked against those of training."""
        check_is_fitted(self)
        return validate_data(self, X, dtype=np.float64, reset=False)

    @property
    def coefs_(self) -> list[Any]:
        """The weights of each layer, as scikit-learn has them: (inputs, neurons)."""
        check_is_fitted(self, "model_")
        return [np.array([[w.data for w in n.w] for n in layer.neurons]).T for layer in self.model_.layers]

    @property
    def intercepts_(self) -> list[Any]:
        """The biases of each layer."""
        check_is_fitted(self, "model_")
        return [np.array([n.b.data for n in layer.neurons]) for layer in self.model_.layers]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    # What a classifier and a regressor say differently

    def _checked(self, X: Any, y: Any) -> tuple[Any, Any]:
        raise NotImplementedError

    def _outputs(self) -> int:
        raise NotImplementedError

    def _loss(self, predictions: Any, targets: Any) -> Any:
        raise NotImplementedError

    def _strata(self, targets: Any) -> Any:
        return None
