"""Requirements as graphs: what they say of a number that is not known yet."""

from dataclasses import dataclass
from typing import Any

from ...functions import VALUES


@dataclass(frozen=True, eq=False)
class Condition:
    """What a requirement says of a Value, as a Value: 1.0 where it holds."""

    value: Any

    def __ge__(self, other: float) -> "Condition":
        return Condition(VALUES.greater_equal(self.value, other))

    def __le__(self, other: float) -> "Condition":
        return Condition(VALUES.less_equal(self.value, other))

    def __lt__(self, other: float) -> "Condition":
        return Condition(VALUES.less(self.value, other))

    def __eq__(self, other: Any) -> Any:
        return Condition(VALUES.equal(self.value, getattr(other, "value", other)))

    def __ne__(self, other: Any) -> Any:
        return Condition(VALUES.logical_not((self == other).value))

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(VALUES.logical_and(self.value, other.value))

    def __or__(self, other: "Condition") -> "Condition":
        return Condition(VALUES.logical_or(self.value, other.value))

    def __mod__(self, other: float) -> "Condition":
        return Condition(VALUES.remainder(self.value, other))
