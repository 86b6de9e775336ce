"""scikit-learn's base classes; for type checkers, which know no types of theirs, what is used of them."""

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:

    class BaseEstimator:
        """The settings by their names."""

        n_features_in_: int

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """All settings."""

        def set_params(self, **settings: Any) -> Self:
            """Change some of them."""

        def _validate_params(self) -> None: ...

        def __sklearn_tags__(self) -> Any: ...

    class ClassifierMixin:
        """A classifier's score."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            """The share of rows that are classified right."""

    class RegressorMixin:
        """A regressor's score."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            """The coefficient of determination, R²."""

else:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

__all__ = ["BaseEstimator", "ClassifierMixin", "RegressorMixin"]
