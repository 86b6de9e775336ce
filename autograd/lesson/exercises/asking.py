"""Asking: an answer judged in a sentence, a hint after each wrong one, the solution only when it is asked for."""

from collections import Counter
from typing import Any

from ...support.printing import printable
from .a_layer import A
from .b_depth import B
from .c_dead_neurons import C
from .d_one_step import D
from .e_real_data import E
from .exercise import Exercise
from .others import OTHERS


def check(name: str, answer: Any, *given: Any) -> None:
    """Say whether the answer to an exercise is right; where it is not, give its next hint.

    Numbers count within one part in a hundred, lists number by number, words as they are. An answer of None is not
    given yet. `given` is what the exercise needs besides: data that the notebook has loaded. Raises KeyError for a
    `name` that is none of an exercise.

    >>> check("d-2", 0.5)
    Not yet: 0.5 is not right. Hint: v₂ enters ŷ multiplied by a₂, and ŷ enters L: two factors.
    >>> check("d-2", -0.1452)
    Right. ∂L/∂v₂ = ∂L/∂ŷ · ∂ŷ/∂v₂ = (ŷ − y)·a₂ = −0.2332 · 0.6225 ≈ −0.1452. ...
    """
    exercise = exercise_of(name)
    if answer is None:
        print("No answer yet. Replace None in the cell above, run it, then run this cell again.")
        return
    try:
        fault = exercise.verdict(answer, *given)
    except Exception as error:  # the reader's own function: what it raised is what is wrong
        fault = f"it raises {type(error).__name__}: {error}."
    if not fault:
        print(printable(f"Right. {exercise.because}"))
        return
    print(printable(f"Not yet: {fault} Hint: {_next_hint(name, exercise)}"))


TRIED: Counter[str] = Counter()


def _next_hint(name: str, exercise: Exercise) -> str:
    """A further one each time; with the last, where the solution is."""
    place = min(TRIED[name], len(exercise.hints) - 1)
    TRIED[name] += 1
    stuck = f' If you are stuck: solution("{name}").' if TRIED[name] > len(exercise.hints) else ""
    return exercise.hints[place] + stuck


def solution(name: str) -> None:
    """Print how an exercise is done, and why. Raises KeyError for a `name` that is none of an exercise.

    >>> solution("b-2")
    layers_needed = 10
    <BLANKLINE>
    0.25⁹ ≈ 3.8·10⁻⁶ and 0.25¹⁰ ≈ 9.5·10⁻⁷. Ten layers are not many.
    """
    exercise = exercise_of(name)
    print(printable(f"{exercise.solution.strip()}\n\n{exercise.because}"))


def exercise_of(name: str) -> Exercise:
    """The exercise of this name. Raises KeyError, with the names that there are."""
    known = exercises()
    if name not in known:
        raise KeyError(f"no exercise {name!r}; there are {', '.join(known)}")
    return known[name]


def exercises() -> dict[str, Exercise]:
    """All exercises, by lesson and number: "a-1"."""
    return {**A, **B, **C, **D, **E, **OTHERS}
