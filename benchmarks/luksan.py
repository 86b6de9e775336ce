"""Compiler, workload H: value and gradient of functions of 400 to 100,000 variables, beside C and libraries."""

from .moons import count_nodes
from .networks import OURS, Field
from .peers.many_variables import Function
from .table import Table, digits, duration, verdict
from .timing import CLOCK, Timing, collector

READY, NANOSECONDS = 0.5, 3.0
REFERENCE = "C, plain"
MAKERS = {
    OURS: "chainrule.differentiated",
    REFERENCE: "c.many_variables",
    "JAX jit": "jax_jit.many_variables",
    "CasADi (gcc)": "casadi_gcc.many_variables",
}
SLOW = "CasADi (gcc)"  # gcc takes a minute for 400 variables; left out with more, and by --quick
HEADER = ["value and gradient", "nodes", "traced in", "ready in", "program", "a pass", "ns a node", "÷ C plain"]
NAMES = {"rosenbrock": "chained Rosenbrock", "luksan_vlcek": "Luksan-Vlcek"}


def entered(function: Function, patient: bool) -> tuple[float, int, Field]:
    """Seconds to trace (build chainrule's graph, list it, and compile the value), its nodes, and all who take part."""
    from .peers.chainrule import traced, variables_graph

    start = CLOCK()
    graph = variables_graph(function)
    ours = traced(graph)
    taken, found = CLOCK() - start, Field()
    for name, maker in MAKERS.items():
        if name != SLOW or patient:
            found.add(name, maker, ours if name == OURS else function)
    found.check(REFERENCE)
    return taken, count_nodes(graph[0], leaves=False), found


def lines(function: Function, rounds: int, patient: bool) -> tuple[list[list[str]], list[str]]:
    """The rows of one function at one size, and what is missing."""
    with collector(False):
        built, nodes, found = entered(function, patient)
    timing = found.timing(rounds)
    label = f"{NAMES[function.name]}, N = {function.variables:,}: "
    rows = [line(label + name, name, built, nodes, found, timing) for name in found.contenders]
    return rows, [f"{label}{reason}" for reason in found.missing]


def line(label: str, name: str, built: float, nodes: int, found: Field, timing: Timing) -> list[str]:
    run, ours = timing.median(name), name == OURS
    wanted = [
        verdict(f"ready in ≤ {READY} s", found.ready[name] <= READY),
        verdict(f"≤ {NANOSECONDS:.0f} ns a node", run <= NANOSECONDS * 1e-9 * nodes),
    ]
    graph = [f"{nodes:,}", duration(built)] if ours else ["", ""]
    ready = [duration(found.ready[name]), f"{program_lines(found)} lines" if ours else ""]
    speed = [duration(run), digits(run / nodes * 1e9), digits(timing.ratio(name, REFERENCE))]
    return [label, *graph, *ready, *speed, "; ".join(wanted) if ours else ""]


def program_lines(found: Field) -> int:
    """The length of the compiled program: the same for every number of variables."""
    return len(str(found.contenders[OURS].keep.program).splitlines())


def run(name: str, quick: bool) -> list[Table]:
    table = Table(
        [f"H: {HEADER[0]}", *HEADER[1:], "target"],
        notes=[
            "Nodes are the operations in chainrule's graph, in all rows. Traced: the graph built, written down as a",
            "list of operations, and compiled for its value alone; ready, with its gradient, beyond that.",
        ],
    )
    for kind in NAMES:
        for variables in (400, 5_000) if quick else (400, 5_000, 100_000):
            rows, missing = lines(Function(kind, variables), 3 if quick else 11, variables == 400 and not quick)
            table.rows += rows
            table.notes += missing
    return [table]
