"""Why a contribution is zero: the gate is closed here, nothing arrived, the other factor is 0; reasons combine."""

from ...operations.arithmetic import NOTHING
from ...operations.reductions import DOT
from ...value import Constant, Value
from .formatting import TEXT
from .step import Reason, Seen

CHOICES = frozenset("max min maximum minimum where take".split())


def slopes(node: Value) -> tuple[float | None, ...]:
    """∂node/∂operand as one reads them: the local derivatives, and 0 where a flat operation sends nothing at all."""
    if node.op is None or not node.op.flat:
        return node.local_grads
    return tuple([None if type(operand) is Constant else NOTHING for operand in node.operands])


def reasons(sender: Seen, index: int, local: float, upstream: float, behind: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Why local · upstream is zero, () where it is not; `behind` says why the sender's own gradient is."""
    if local * upstream != 0.0:
        return ()
    found = []
    if local == 0.0:
        found.append(_local(sender, index))
    if upstream == 0.0:
        found.append(_arrived(sender, behind))
    if not found:
        found.append(Reason("underflow", str(sender.name), "the product is too small for a floating-point number"))
    return tuple(found)


def _arrived(sender: Seen, behind: tuple[Reason, ...]) -> Reason:
    roots = list(dict.fromkeys(_briefly(reason) for reason in behind if reason.kind != "behind"))
    shown = ", ".join(roots[:2]) + (f" and {len(roots) - 2} more such" if len(roots) > 2 else "")
    return Reason("behind", str(sender.name), f"nothing arrived at {sender.name}" + (f": {shown}" if shown else ""))


def _briefly(reason: Reason) -> str:
    return f"the gate at {reason.name} is closed" if reason.kind == "gate" else reason.text


def _local(sender: Seen, index: int) -> Reason:
    """Why the local derivative is 0."""
    op = sender.node.op
    assert op is not None
    x = str(sender.names[index])
    other = _other_factor(sender, index)
    if other is not None:
        return Reason("factor", str(sender.names[other]), _factor(sender, other))
    if op.flat:
        return Reason("flat", str(sender.name), f"{op.name} is flat, its derivative is 0")
    if op.name in CHOICES:
        return Reason("unchosen", x, f"{sender.name} is not {x} but another of its operands")
    at = f"{x} = {TEXT.number(sender.numbers[index])}" if not sender.names[index].literal else x
    if op.name == "relu":
        return Reason("gate", str(sender.name), f"the gate {sender.name} = ReLU({x}) is closed: {at} is not above 0")
    return Reason("gate", str(sender.name), f"{op.symbol}′ is 0 at {at}")


def _other_factor(sender: Seen, index: int) -> int | None:
    """The operand that a product multiplies the one at `index` with."""
    op, n = sender.node.op, len(sender.names)
    assert op is not None
    if op.name == "mul":
        return 1 - index
    if op is DOT and index < n // 2 * 2:
        return (index + n // 2) % (n // 2 * 2)
    return None


def _factor(sender: Seen, other: int) -> str:
    name = sender.names[other]
    return "it is multiplied with 0" if name.literal else f"it is multiplied with {name} = 0"


def remembered(found: tuple[Reason, ...], behind: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """What a zero hands on to the node it reaches: the reasons here and those behind, without mere relays."""
    return tuple(reason for reason in (*found, *behind) if reason.kind != "behind")


CANCELLED = Reason("cancelled", "", "its contributions cancel each other")
