"""Run the benchmarks: `python -m benchmarks [--quick] [--markdown] [--save FILE] [--against FILE] [NAME ...]`.

Each workload runs in a process of its own, on one thread, so that no library disturbs the measurement of another.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from . import comparison
from .machine import machine
from .table import Table

WORKLOADS = {
    "moons": ("moons", "engine: a training step on the moons data, against micrograd"),
    "chain": ("chain", "engine: a chain of a million multiplications"),
    "fit": ("fit", "training as one writes it, beside PyTorch, scikit-learn and JAX"),
    "estimators": ("estimators", "scikit-learn's estimators, ours beside its own"),
    "sparse": ("sparse", "compiler: sparse and dense Hessians of many variables, beside CasADi"),
    "A": ("networks", "compiler: moons, 2-16-16-1, 100 rows, hinge loss + L2"),
    "B": ("networks", "compiler: 768 rows, 8-16-1, binary cross-entropy"),
    "D": ("networks", "compiler: digits, 64-32-10, softmax cross-entropy"),
    "G": ("networks", "compiler: digits, 64-128-64-10"),
    "E": ("whole_batch", "compiler: A's whole batch as one scalar graph (waits for slow peers; not with --quick)"),
    "F": ("scattered", "compiler: a chain of 1,000,000 nodes; 200,000 nodes without pattern"),
    "H": ("luksan", "compiler: chained Rosenbrock and Luksan-Vlcek, 400 to 100,000 variables"),
}
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {name:8} {what}" for name, (_, what) in WORKLOADS.items()),
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="workloads to run (all, if none is named):")
    parser.add_argument("--quick", action="store_true", help="few repetitions: a look, not a measurement")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables, for the README")
    parser.add_argument("--processor-time", action="store_true", help="for a busy machine: count only our own work")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the figures, to be compared with later")
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="compare with figures that were kept; exit 1 if slower"
    )
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in WORKLOADS]:
        parser.error(f"no workload {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    return options


def measure(name: str, quick: bool, clock: str) -> list[Table]:
    """The tables of one workload, measured in a fresh process."""
    command = [sys.executable, "-m", "benchmarks", "--worker", name, *(["--quick"] if quick else [])]
    done = subprocess.run(
        command, env=os.environ | ONE_THREAD | {"BENCHMARKS_CLOCK": clock}, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        return [Table([f"{name}: failed with exit code {done.returncode}, see above"])]
    return [Table(**fields) for fields in json.loads(done.stdout.splitlines()[-1])]


def work(name: str, quick: bool) -> None:
    """In the fresh process: run the workload, hand its tables over as JSON in the last line."""
    tables = import_module(f"{__package__}.{WORKLOADS[name][0]}").run(name, quick)
    print(json.dumps([asdict(table) for table in tables]))


def main() -> None:
    options = arguments()
    if options.worker:
        work(options.names[0], options.quick)
        return
    clock = "processor" if options.processor_time else "wall clock"
    print(f"Measured on {machine()}; one thread; medians of interleaved runs; {clock} time.", flush=True)
    earlier = comparison.load(options.against) if options.against else {}
    found: comparison.Tables = {}
    changes: list[Table] = []
    for name in options.names or WORKLOADS:
        print(f"\n({name}: measuring)", file=sys.stderr, flush=True)
        found[name] = measure(name, options.quick, clock)
        changed = comparison.compared(earlier.get(name, []), found[name])
        for table in [*found[name], *changed]:
            print("\n" + (table.markdown() if options.markdown else table.text()), flush=True)
        changes += changed
        if options.save:
            comparison.save(options.save, found)
    if comparison.is_slower(changes):
        sys.exit(1)


if __name__ == "__main__":
    main()
