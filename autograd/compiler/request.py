"""What is asked of the compiler: a task, and by which inputs."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Task: TypeAlias = Literal[
    "value", "value_and_grad", "jacobian", "hessian", "backward", "sparse jacobian", "sparse hessian"
]


@dataclass(frozen=True)
class Request:
    """What is to be computed: derivatives by the inputs `chosen`, of rows at once or of one row."""

    task: Task
    batched: bool
    chosen: tuple[int, ...] = ()
    inputs: int = 0
    parameters: int = 0

    @property
    def is_sparse(self) -> bool:
        """Whether results that are always 0 are left out."""
        return self.task.startswith("sparse")

    @property
    def order(self) -> str:
        """What is differentiated how often: "value", "jacobian" or the like."""
        return self.task.removeprefix("sparse ")
