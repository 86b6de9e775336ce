"""Compiler, workload E: A's whole batch as one scalar graph, built operation by operation."""

import json
import os
import signal
import sys
from subprocess import PIPE, Popen, TimeoutExpired

from .moons import count_nodes
from .networks import OURS, Field
from .problems import Problem, problem
from .table import Table, digits, duration, verdict
from .timing import Timing, take_turns

READY, OVER_PLAIN = 1.5, 2.0
PLAIN, FLOOR = "C, plain", "C, vector"
PEERS = {"heyoka": "heyoka_llvm.batch", "ddx-ad": "ddx_llvm.batch", "CasADi (gcc)": "casadi_gcc.batch"}
PATIENCE = 300.0
HEADER = ["ready in", "a pass", "best", "÷ C plain", "target"]


def peer(maker: str) -> None:
    """In a process of its own: print the seconds to get ready, and the median and the least of a pass."""
    given, entered = problem("A"), Field()
    entered.add("reference", "numpy_by_hand.network", given)
    entered.add("peer", maker, given)
    entered.check("reference")
    timing = take_turns({"peer": entered.contenders["peer"].step}, 7)
    print(json.dumps([entered.ready["peer"], timing.median("peer"), timing.best("peer")]))


def patiently(name: str) -> list[str]:
    """The row of one peer, or how long it was waited for."""
    code = f"from benchmarks.whole_batch import peer; peer({PEERS[name]!r})"
    process = Popen([sys.executable, "-c", code], stdout=PIPE, text=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=PATIENCE)
        seconds = [duration(number) for number in json.loads(output.splitlines()[-1])]
    except TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with the C compiler that it may have started
        process.communicate()
        seconds = [f"> {PATIENCE:.0f} s", "", ""]
    except (IndexError, ValueError):
        seconds = ["failed", "", ""]
    return [name, *seconds, "", ""]


def row(name: str, entered: Field, timing: Timing) -> list[str]:
    ratio = timing.ratio(name, PLAIN)
    wanted = [verdict(f"≤ {OVER_PLAIN:.0f} × plain", ratio <= OVER_PLAIN)] if name == OURS else []
    if name == OURS:
        wanted.append(verdict(f"ready in ≤ {READY} s", entered.ready[name] <= READY))
    seconds = [entered.ready[name], timing.median(name), timing.best(name)]
    return [name, *map(duration, seconds), digits(ratio), "; ".join(wanted)]


def nodes(given: Problem) -> int:
    from .peers.chainrule import whole_batch

    return count_nodes(whole_batch(given)[0])


def run(name: str, quick: bool) -> list[Table]:
    given, entered = problem("A"), Field()
    for contender, maker in {OURS: "chainrule.batch", FLOOR: "c.vector", PLAIN: "c.plain"}.items():
        entered.add(contender, maker, given)
    difference = entered.check(PLAIN)
    timing = entered.timing(3 if quick else 15)
    rows = [row(contender, entered, timing) for contender in entered.contenders]
    rows += [] if quick else [patiently(contender) for contender in PEERS]
    notes = [
        f"Ready in: trace and compile. All agree to {difference:.0e}. C has loops to start with.",
        "The libraries run in processes of their own, one after the other.",
        *entered.missing,
    ]
    return [Table([f"E: A's whole batch as one scalar graph, {nodes(given):,} nodes", *HEADER], rows, notes)]
