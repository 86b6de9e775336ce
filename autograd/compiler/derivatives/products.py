"""Derivatives times a vector, compiled: Jacobian and Hessian are never written down."""

from collections.abc import Callable
from typing import Any

from ...transforms import hvp, jvp, vjp

Transform = Callable[[Callable[..., Any]], Callable[..., Any]]


class Products:
    """What a compiled function of one argument has besides its derivatives: their products with vectors.

    Each is a compiled function of its own, made at the first call, with the options of this one.
    """

    function: Any
    products: dict[Any, Any]  # by transform

    def jvp(self, x: Any, v: Any) -> Any:
        """The Jacobian at x times v, which has the structure of x; as `autograd.jvp` has it, for each row."""
        return self._product(jvp)(x, v)

    def vjp(self, x: Any, v: Any) -> Any:
        """v, which has the structure of the results, times the Jacobian at x; as `autograd.vjp`, for each row."""
        return self._product(vjp)(x, v)

    def hvp(self, x: Any, v: Any) -> Any:
        """The Hessian at x times v, which has the structure of x; as `autograd.hvp`, for each row."""
        return self._product(hvp)(x, v)

    def twin(self, function: Any) -> Any:
        """Another function, compiled alike."""
        raise NotImplementedError

    def _product(self, transform: Transform) -> Any:
        if not callable(self.function):
            raise TypeError("a compiled graph has no products with vectors: compile a function of one argument")
        found = self.products.get(transform)
        if found is None:
            found = self.products[transform] = self.twin(transform(self.function))
        return found
