"""What a loss or `take` requires of its targets: checked when the number is known, handed to the tracer when not."""

import math
from collections.abc import Callable
from typing import Any

import pytest

import autograd
import nn
from autograd import Constant, Value
from autograd.operations.requirement import Requirement
from autograd.requirements import require
from nn.losses import PROBABILITY, SHARE, SIGN, class_of

NAN, INF = math.nan, math.inf
MET = {
    SIGN: ([-1.0, 1.0, 1], [0.0, 0.5, 2.0, -INF, NAN]),
    SHARE: ([0.0, 0.25, 1, 1.0, -0.0], [-1.0, 1.0 + 2**-52, -5e-324, INF, NAN]),
    PROBABILITY: ([0.0, 0.5, 1.0, NAN], [-5e-324, 1.5, -INF, INF]),
    class_of(3): ([0, 1.0, 2, -0.0], [-1, 3, 0.5, 2.5, INF, -INF, NAN]),
}
NUMBERS = [(r, x, x in good) for r, (good, bad) in MET.items() for x in good + bad]


@pytest.mark.parametrize(("requirement", "number", "met"), NUMBERS)
def test_a_number_meets_a_requirement_or_is_named(requirement: Requirement, number: float, met: bool) -> None:
    assert bool(requirement.holds(number)) is met
    for x in (number, Value(number), Constant(number)):
        if met:
            require(x, requirement, lambda: " at row 3")
        else:
            with pytest.raises(ValueError, match=rf"{requirement.name} at row 3 is .*, {requirement.remedy[:12]}"):
                require(x, requirement, lambda: " at row 3")


@pytest.mark.parametrize("requirement", MET)
def test_a_requirement_holds_of_a_whole_column_as_of_each_number(requirement: Requirement) -> None:
    np = pytest.importorskip("numpy")
    numbers = [float(x) for part in MET[requirement] for x in part]
    with np.errstate(invalid="ignore"):
        found = requirement.holds(np.array(numbers)).tolist()
    assert found == [bool(requirement.holds(x)) for x in numbers]


LOSSES: list[tuple[Callable[[Any], Value], float, str]] = [
    (lambda t: nn.hinge([Value(0.5), Value(0.5)], [1, t]), 0.0, r"the target at row 1 is 0\.0, but hinge takes −1 and"),
    (
        lambda t: nn.bce([[Value(0.5), Value(0.5)]], [[1, t]]),
        -1.0,
        r"the target at row 0, column 1 is -1\.0, but it must",
    ),
    (
        lambda p: nn.bce([0.5, p], [1, 1]),
        1.5,
        r"the prediction at row 1 is 1\.5, no probability: logits go to nn\.bce_",
    ),
    (lambda t: nn.bce_with_logits([Value(0.5)], [t]), 2.0, r"the target at row 0 is 2\.0, but it must lie between 0"),
    (
        lambda t: nn.cross_entropy([[Value(0.5)] * 3] * 2, [0, t]),
        3.0,
        r"the target of row 1 is 3\.0, none of the classes",
    ),
    (
        lambda t: autograd.cross_entropy([Value(0.5)] * 3, t),
        3.0,
        r"the index is 3\.0, not one of the 3 positions 0 to 2",
    ),
    (lambda t: autograd.take([Value(0.5)] * 3, t), -1.0, r"the index is -1\.0, not one of the 3 positions 0 to 2"),
]


@pytest.mark.parametrize(("loss", "number", "message"), LOSSES)
@pytest.mark.parametrize("kind", [float, Constant, Value])
def test_targets_are_checked_whether_numbers_or_values(
    kind: Callable[[float], Any], loss: Callable[[Any], Value], number: float, message: str
) -> None:
    with pytest.raises((ValueError, IndexError), match=message):
        loss(kind(number))


@pytest.mark.parametrize("target", [10**400, "1", None])
def test_a_class_that_is_no_such_number_is_named_like_any_other(target: object) -> None:
    with pytest.raises(ValueError, match=r"the target of row 0 is .*, none of the classes 0 to 1"):
        nn.cross_entropy([[Value(0.5), Value(1.0)]], [target])


def test_requirements_are_one_object_for_as_many_classes() -> None:
    assert class_of(3) is class_of(3)
    assert class_of(3) != class_of(4)
