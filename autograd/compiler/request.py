"""What is asked of the compiler: a task, and by which inputs."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Task: TypeAlias = Literal["value", "value_and_grad", "jacobian", "hessian", "backward"]


@dataclass(frozen=True)
class Request:
    """What is to be computed: derivatives by the inputs `chosen`, of rows at once or of one row."""

    task: Task
    batched: bool
    chosen: tuple[int, ...] = ()
    inputs: int = 0
    parameters: int = 0
