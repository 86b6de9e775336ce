"""What an exercise is, and when an answer to it is right."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isclose
from typing import Any


@dataclass(frozen=True)
class Exercise:
    """What is right, what to think of next, and how it is done.

    `truth` computes the right answer, from what the notebook hands over besides the answer (data, say). Where an answer
    is no plain number, word or list, `judge` says instead what is wrong with it, and nothing where it is right.
    """

    hints: tuple[str, ...]
    solution: str
    because: str
    truth: Callable[..., Any] | None = None
    judge: Callable[..., str] | None = None

    def verdict(self, answer: Any, *given: Any) -> str:
        """What is wrong with an answer, in words; empty where it is right."""
        if self.judge:
            return self.judge(answer, *given)
        assert self.truth is not None
        right = self.truth(*given)
        return "" if agree(answer, right) else f"{_short(answer)} is not right{_expected(answer, right)}."


def agree(answer: Any, truth: Any) -> bool:
    """Whether an answer is right: numbers to one part in a hundred, lists number by number, the rest exactly."""
    if hasattr(answer, "tolist"):  # NumPy's numbers and arrays
        answer = answer.tolist()
    if isinstance(truth, (list, tuple)):
        is_list = isinstance(answer, (list, tuple)) and len(answer) == len(truth)
        return is_list and all(map(agree, answer, truth))
    if isinstance(truth, float) and isinstance(answer, (int, float)) and not isinstance(answer, bool):
        return isclose(answer, truth, rel_tol=0.01, abs_tol=1e-9)
    if isinstance(truth, str) and isinstance(answer, str):
        return answer.strip().lower() == truth.lower()
    return isinstance(answer, bool) == isinstance(truth, bool) and bool(answer == truth)


def _expected(answer: Any, truth: Any) -> str:
    """What kind of answer is wanted, where this one is of another."""
    if isinstance(truth, (list, tuple)) and not (isinstance(answer, (list, tuple)) and len(answer) == len(truth)):
        return f" (the answer is a list of {len(truth)})"
    if isinstance(truth, (int, float)) and not isinstance(answer, (int, float)) and not hasattr(answer, "dtype"):
        return " (the answer is a number)"
    return " (the answer is a word in quotes)" if isinstance(truth, str) and not isinstance(answer, str) else ""


def _short(answer: Any) -> str:
    text = repr(answer)
    return text if len(text) <= 60 else text[:57] + "…"
