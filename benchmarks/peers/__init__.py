"""The contenders of the compiler's table: each module builds the loss and gradient of a `Problem` in its own way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..problems import Array


@dataclass(frozen=True)
class Contender:
    """`step()` computes loss and gradient, from buffers to buffers; `read(what it returned)` gives them to us."""

    step: Callable[[], Any]
    read: Callable[[Any], tuple[float, Array]]
    keep: Any = None  # what must outlive the calls

    def result(self) -> tuple[float, Array]:
        """The loss and the flat gradient."""
        return self.read(self.step())
